"""What a bank has to be told for a customs receipt order to be paid: as lines, and as the text of a code."""

from decimal import Decimal

from msgspec import Struct

from declarations.passengers.allowances import allowances_on
from portal.passengers.model import Record
from risk_gateway.days import day_of


class ForBank(Struct, frozen=True):
    """The number goes into the purpose of the payment; `payer` is an IIN or "document:COUNTRY:NUMBER"."""

    number: str
    payment_code: str
    payer: str
    tiyn: int

    @property
    def tenge(self) -> Decimal:
        return Decimal(self.tiyn).scaleb(-2)

    @property
    def text(self) -> str:
        """Return what stands in the code. The form is ours: docs/divergences.md."""
        told = {"number": self.number, "code": self.payment_code, "payer": self.payer, "sum": f"{self.tenge:f}"}
        return "\n".join(["KZT", *(f"{name}={value}" for name, value in told.items())])


def for_bank(record: Record, open_tiyn: int) -> ForBank | None:
    """Return what is still to be paid; None where nothing is."""
    if record.cro is None or not open_tiyn:
        return None
    code = allowances_on(day_of(record.declared_at)).payment_code
    return ForBank(record.cro, code, record.holder, open_tiyn)
