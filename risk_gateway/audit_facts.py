"""Gathers the facts of a participant into a `Case` of block "audits": who is to be audited after release.

There is no document: the digest is that of the facts. What is not known is None, and never fires.
"""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import Struct

from risk_gateway import canonical
from risk_gateway.days import day_of
from risk_gateway.facts import FACTS_VERSION
from risk_gateway.model import Case, Category, HeaderFacts
from risk_gateway.profiles import Block

TYPE = "PA"
_CENT = Decimal("0.01")


class Known(Struct, frozen=True, kw_only=True):
    """What is known of a participant's years. Percentages as floats are shares of masses and prices, never money."""

    participant: str
    category: Category
    classification_drift_percent: float | None = None
    origin_shift_percent: float | None = None
    value_to_peers_percent: float | None = None
    vat_return_difference_percent: Decimal | None = None
    invoice_difference_percent: Decimal | None = None
    findings_24_months: int | None = None
    exports_without_exit: int | None = None
    flagged_declarations_36_months: int | None = None
    broker_changes_12_months: int | None = None
    declarations: int | None = None


def series_of(participant: str, moment: datetime) -> str:
    """Return by what the draws of a participant's quarter go: judging again within it re-rolls nothing."""
    day = day_of(moment)
    return f"audit:{participant}:{day.year}Q{(day.month - 1) // 3 + 1}"


def gather(known: Known, moment: datetime) -> Case:
    """Return the case of a participant at an aware moment."""
    header = HeaderFacts(
        type_code=TYPE,
        declarant_category=known.category,
        declarant_declarations=known.declarations,
        declarant_exports_without_exit=known.exports_without_exit,
        classification_drift_percent=_rounded(known.classification_drift_percent),
        vat_return_difference_percent=known.vat_return_difference_percent,
        invoice_difference_percent=known.invoice_difference_percent,
        origin_shift_percent=_rounded(known.origin_shift_percent),
        value_to_peers_percent=_rounded(known.value_to_peers_percent),
        findings_24_months=known.findings_24_months,
        broker_changes_12_months=known.broker_changes_12_months,
        flagged_declarations_36_months=known.flagged_declarations_36_months,
    )
    return Case(
        series_id=series_of(known.participant, moment),
        document_digest=canonical.digest(header),
        block=Block.AUDITS.value,
        lodged_at=moment,
        header=header,
        items=(),
        declarant=known.participant,
        facts_version=FACTS_VERSION,
    )


def _rounded(percent: float | None) -> Decimal | None:
    return None if percent is None else Decimal(str(percent)).quantize(_CENT, ROUND_HALF_EVEN)
