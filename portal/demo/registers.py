"""The permits and the currency contracts that the demonstration's registers know: docs/partners.md lists them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from interop.adapters.registers.messages import Contract, Permit
from interop.adapters.registers.stub import Entry
from interop.partners import PartnerKind
from portal.demo.cast import PARTICIPANTS

EXPORTER: Final = PARTICIPANTS["tengri"].identifier
OTHER: Final = PARTICIPANTS["qorgan"].identifier
TONNE: Final = 1_000_000  # grams


def entries_of(kind: PartnerKind, day: date) -> Iterator[Entry]:
    """Yield what a register knows on the day on which the demonstration begins."""
    ends = day + timedelta(days=365)
    if kind is PartnerKind.PERMIT_REGISTER:
        yield _permit(EXPORTER, "KZ-LIC-1001", day, ends, ["7204", "1001"], 600 * TONNE)
        yield _permit(EXPORTER, "KZ-LIC-1002", day, day - timedelta(days=1), ["7204"], 600 * TONNE)
        yield _permit(EXPORTER, "KZ-LIC-1003", day, ends, ["7204"], TONNE)
        yield _permit(OTHER, "KZ-LIC-2001", day, ends, ["7204", "9401"], None)
    if kind is PartnerKind.CURRENCY_REGISTER:
        yield _contract(EXPORTER, "1/26090001", ends, 500_000_00)
        yield _contract(EXPORTER, "1/26090002", ends, 1_000_00)
        yield _contract(EXPORTER, "1/26090003", day - timedelta(days=1), 500_000_00)


def _permit(holder: str, number: str, day: date, ends: date, commodities: list[str], grams: int | None) -> Entry:
    return Entry(
        holder,
        permit=Permit(
            number=number,
            standing="entered",
            valid_from=day - timedelta(days=200),
            valid_to=ends,
            commodities=commodities,
            grams_left=grams,
        ),
    )


def _contract(holder: str, number: str, ends: date, cents: int) -> Entry:
    return Entry(
        holder, contract=Contract(number=number, standing="entered", valid_to=ends, currency="USD", cents_left=cents)
    )
