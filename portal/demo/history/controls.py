"""What a control finds of what was planted, and what the state was to lose."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from declarations.model import Declaration
from declarations.reference import Codes
from declarations.tariff import DUTY, payable
from portal.demo.history.chance import Chance
from risk_gateway.archive import Result, Truth
from risk_gateway.model import Assessment, Decision, Extent, Outcome
from risk_gateway.profiles import Motive

INSPECTION_FINDS = {Extent.FULL: 0.95, Extent.PARTIAL: 0.8, Extent.RANDOM: 0.6, Extent.VISUAL: 0.4}
PAPERS_FIND = 0.5
PAPERS_FIND_OTHERS = 0.08
ON_PAPER = frozenset(
    {
        Motive.UNDERSTATED_VALUE,
        Motive.OVERSTATED_VALUE,
        Motive.CAPITAL_FLIGHT,
        Motive.FALSE_ORIGIN,
        Motive.FALSE_DOCUMENTS,
    }
)
ALIKE = frozenset({Motive.OVERSTATED_VALUE, Motive.FALSE_EXPORT, Motive.CAPITAL_FLIGHT})  # one profile looks for all
AVERAGE_DUTY = Decimal("0.08")
CONCEALED_SHARE = Decimal("0.3")  # of the declared value, in goods that are not declared


class Control(NamedTuple):
    """A closed control."""

    closed_on: date
    result: Result


def control(
    truth: Truth, assessment: Assessment, decision: Decision, day: date, motives: dict[str, Motive], chance: Chance
) -> Control | None:
    """Return what the control that was ordered found, None when none was. A control never finds what is not there."""
    if decision.outcome is Outcome.SIMPLIFIED_RELEASE:
        return None
    inspected = decision.outcome is Outcome.INSPECTION_ORDER
    found = truth.motive is not None and chance.happens(_finds(truth.motive, decision))
    closed_on = day + timedelta(days=chance.whole(0, 4) if inspected else chance.whole(1, 12))
    acted_upon = [finding.profile for finding in assessment.findings if finding.selected]
    return Control(
        closed_on,
        Result(
            found=found,
            motive=truth.motive if found else None,
            amount_tiyn=truth.amount_tiyn if found else 0,
            profiles={code: found and _right(motives[code], truth.motive) for code in acted_upon},
        ),
    )


def _finds(motive: Motive, decision: Decision) -> float:
    on_paper = PAPERS_FIND if motive in ON_PAPER else PAPERS_FIND_OTHERS
    extent = decision.inspection_extent
    return on_paper if extent is None else max(on_paper, INSPECTION_FINDS[extent])


def _right(of_profile: Motive, found: Motive | None) -> bool:
    return of_profile is found or (of_profile in ALIKE and found in ALIKE)


def loss(motive: Motive, true: Declaration, declared: Declaration, touched: tuple[int, ...], codes: Codes) -> int:
    """Return what the state would lose by a fraud, in tiyn, never negative; 0 where no payment is at stake."""
    if motive in (Motive.OVERSTATED_VALUE, Motive.FALSE_EXPORT):
        before = Decimal(0) if motive is Motive.FALSE_EXPORT else _invoice_tenge(true, codes)
        amount = (_invoice_tenge(declared, codes) - before) * codes.vat_rate
    elif declared.type_code != "IM" or motive in (Motive.CAPITAL_FLIGHT, Motive.FALSE_DOCUMENTS, Motive.PROHIBITION):
        amount = Decimal(0)
    elif motive is Motive.CONCEALMENT:
        value = declared.customs_value.value if declared.customs_value else Decimal(0)
        amount = value * CONCEALED_SHARE * (AVERAGE_DUTY + codes.vat_rate)
    elif motive is Motive.FALSE_ORIGIN:
        amount = _duty(true, touched, codes) * (1 + codes.vat_rate)
    else:
        amount = payable(true, codes).total - payable(declared, codes).total
    return max(0, int(amount * 100))


def _duty(declaration: Declaration, touched: tuple[int, ...], codes: Codes) -> Decimal:
    lines = (owed.line(DUTY) for owed in payable(declaration, codes).items if owed.item in touched)
    return sum((line.amount for line in lines if line and line.amount is not None), Decimal(0))


def _invoice_tenge(declaration: Declaration, codes: Codes) -> Decimal:
    invoice = declaration.invoice_amount
    rate = codes.rate(invoice.currency) if invoice else None
    return Decimal(0) if invoice is None or rate is None else invoice.value * rate
