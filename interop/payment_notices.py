"""Notices of payments, for the seal: 13 what is due or a debt, 14 the balance does not reach, 15 a reminder."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

from msgspec import Struct

from interop.notices import NAMESPACE

KIND = "PAYMENT_NOTICE"
DUE, SHORT, REMINDER = "13", "14", "15"  # WCO response codes


class PaymentLine(Struct, frozen=True):
    """`state` is payable, debt or interest."""

    state: str
    code: str
    tiyn: int


class PaymentTold(Struct, frozen=True, kw_only=True):
    """What a holder is told of a document. `event` is CHARGED, SHORT, REMINDER or OVERDUE; amounts are tiyn."""

    code: str
    event: str
    document: str
    holder: str
    made_at: datetime
    journal_index: int
    due: date
    charged: int
    owed: tuple[PaymentLine, ...]
    prepaid: int = 0


def payment_notice(told: PaymentTold) -> bytes:
    """Return the notice, ready to be sealed."""
    return "".join(_parts(told)).encode()


def _parts(told: PaymentTold) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<PaymentNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    yield f"<ResponseCode>{told.code}</ResponseCode>"
    yield f"<ParticipantID>{escape(told.holder)}</ParticipantID>"
    yield f"<Event>{told.event}</Event>"
    yield f"<Subject>{escape(told.document)}</Subject>"
    yield f"<MadeAt>{told.made_at.isoformat()}</MadeAt>"
    yield f"<JournalIndex>{told.journal_index}</JournalIndex>"
    yield f"<LimitDate>{told.due.isoformat()}</LimitDate>"
    yield _amount("Charged", told.charged)
    for line in told.owed:
        yield _amount("Owed", line.tiyn, f' state="{line.state}" type="{escape(line.code)}"')
    yield _amount("Open", sum(line.tiyn for line in told.owed))
    yield _amount("Prepaid", told.prepaid)
    yield "</PaymentNotice>\n"


def _amount(name: str, tiyn: int, attributes: str = "") -> str:
    return f'<{name}{attributes} currencyID="KZT">{Decimal(tiyn).scaleb(-2)}</{name}>'
