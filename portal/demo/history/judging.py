"""One generated declaration after the other: made up, perhaps falsified, judged by the gateway, perhaps controlled."""

from typing import NamedTuple

from declarations.reference import Codes
from portal.demo.history.chance import Chance
from portal.demo.history.controls import Control, control
from portal.demo.history.drafts import draft
from portal.demo.history.making import Made, case_of, make
from portal.demo.history.planning import Event, Plan
from portal.demo.history.record import Memory
from portal.demo.history.world import Broker
from risk_gateway import canonical, gateway
from risk_gateway.archive import StoredCase
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.model import Assessment, Case, Decision, Knowledge, Outcome
from risk_gateway.packing import pack
from risk_gateway.profiles import Motive

_EVENTS = 3  # which stream of chance
LATE_EXITS = 0.003  # of honest exports: the proof comes 30 days too late
COMPLICIT = 0.35  # how often a broker without any integrity is held liable with his principal
AMENDED = {True: 0.15, False: 0.01}  # of those asked for documents, by whether something was wrong


class Judged(NamedTuple):
    """A generated case, ready to be kept, and what the summary counts."""

    stored: StoredCase
    items: int


def number_of(seed: int, shard: int, serial: int) -> str:
    """Return the number of a generated case: nobody can take it for a registration number."""
    return f"GEN{seed}-{shard}-{serial:07d}"


class Shard:
    """The declarations of the firms of one shard, day after day."""

    def __init__(self, made: Plan, shard: int, motives: dict[str, Motive]) -> None:
        self._plan = made
        self._shard = shard
        self._motives = motives
        self._chance = Chance(made.world.seed, _EVENTS, shard)
        self._memory = Memory()
        self._serial = 0

    def judge(self, event: Event, knowledge: Knowledge, codes: Codes) -> Judged:
        """Make up, judge and control one declaration. Events must come in the order of their days."""
        self._serial += 1
        number = number_of(self._plan.world.seed, self._shard, self._serial)
        memory, chance = self._memory, self._chance
        memory.take_in(event.day)
        honest = draft(event.firm, event.day, number, memory.of(event.firm).invoice, chance)
        made = make(honest, self._plan.cheating, codes, chance)
        case = case_of(made, memory, knowledge.reference_values, codes)
        assessment = gateway.assess(case, knowledge, Budget.replaying(None))
        decision = decide(assessment, case, knowledge)
        closed = control(made.truth, assessment, decision, event.day, self._motives, chance)
        self._remember(made, decision, closed)
        known = closed if closed is not None and closed.closed_on <= self._plan.world.last else None
        return Judged(_stored(made, case, assessment, decision, known), len(case.items))

    def _remember(self, made: Made, decision: Decision, closed: Control | None) -> None:
        memory, chance = self._memory, self._chance
        motive, touched = made.truth.motive, made.truth.items
        memory.lodged(made.draft, made.declaration)
        if closed is not None and motive is not None and closed.result.found:
            lines, liable = made.declaration.items, self._is_liable(made.draft.broker)
            goods = {(lines[number - 1].commodity_code, lines[number - 1].origin_country or "") for number in touched}
            memory.will_know(made.draft, closed.closed_on, motive, frozenset(goods), with_broker=liable)
        if decision.outcome is Outcome.DOCUMENTARY_CHECK and chance.happens(AMENDED[motive is not None]):
            memory.of(made.draft.firm).amendments += 1
        never_left = motive is Motive.FALSE_EXPORT
        if made.draft.firm.exports and (never_left or chance.happens(LATE_EXITS)):
            memory.will_miss_exit(made.draft, late=not never_left)

    def _is_liable(self, broker: Broker | None) -> bool:
        return broker is not None and self._chance.happens(COMPLICIT * (1 - broker.integrity))


def _stored(made: Made, case: Case, assessment: Assessment, decision: Decision, closed: Control | None) -> StoredCase:
    return StoredCase(
        number=made.draft.reference,
        day=made.draft.at.date(),
        block=case.block,
        office=made.draft.post,
        declarant=made.draft.firm.identifier,
        outcome=decision.outcome.value,
        knowledge_version=decision.knowledge_version,
        case=pack(canonical.dumps(case)),
        assessment=pack(canonical.dumps(assessment)),
        decision=pack(canonical.dumps(decision)),
        result=closed.result if closed else None,
        truth=made.truth,
    )
