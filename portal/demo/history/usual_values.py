"""The reference values of a generated world: what an office would have computed from the year before the history."""

from collections.abc import Iterator

from declarations.reference import Codes
from portal.demo.history.chance import Chance
from portal.demo.history.drafts import draft
from portal.demo.history.making import case_of, make
from portal.demo.history.planning import Plan
from portal.demo.history.record import Memory
from risk_gateway import canonical
from risk_gateway.archive import StoredCase
from risk_gateway.knowledge import shipped_reference_values
from risk_gateway.model import Outcome
from risk_gateway.packing import pack
from risk_gateway.parameters import ReferenceValues
from risk_gateway.reference_values import compute, method_on

DECLARATIONS_MAX = 6000  # of the year before, evenly of all firms
_BEFORE = 4  # which stream of chance


def usual_values(made: Plan, codes: Codes) -> ReferenceValues:
    """Return values computed by the product's own method, frauds that nobody noticed included; the shipped routes."""
    first, shipped = made.world.first, shipped_reference_values()
    computed = compute(_before(made, codes), first, first, method_on(made.world.last))
    return ReferenceValues(computed.unit_values, shipped.routes, computed.mass_per_unit)


def _before(made: Plan, codes: Codes) -> Iterator[StoredCase]:
    chance, memory = Chance(made.world.seed, _BEFORE), Memory()
    declarations = min(DECLARATIONS_MAX, sum(made.counts))
    for number in range(max(1, declarations // len(made.world.firms))):
        for firm in made.world.firms:
            honest = draft(firm, made.world.first, f"BEFORE-{firm.index}-{number}", None, chance)
            case = case_of(make(honest, made.cheating, codes, chance), memory, ReferenceValues(), codes)
            yield StoredCase(
                number=honest.reference,
                day=made.world.first,
                block=case.block,
                office=honest.post,
                declarant=firm.identifier,
                outcome=Outcome.SIMPLIFIED_RELEASE.value,
                knowledge_version="",
                case=pack(canonical.dumps(case)),
                assessment=b"",
                decision=b"",
            )
