"""What the bank and we say to each other; `schema/` has the same as JSON Schema, for those who speak to us."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9:._/-]{1,60}$")]
Payer = Annotated[str, Meta(pattern=r"^[A-Za-z0-9:._/-]{0,40}$")]
Reference = Annotated[str, Meta(pattern=r"^[A-Za-z0-9:._/-]{0,60}$")]
Account = Annotated[str, Meta(pattern=r"^KZ[0-9A-Z]{18}$")]
Tiyn = Annotated[int, Meta(ge=1, le=10**15 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Moment = Annotated[datetime, Meta(tz=True)]

JSON = "application/json"
STATEMENT_PATH, ORDER_PATH = "/v1/statement", "/v1/orders"
PAGE_MOST = 100


class StatementQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What came in and went out behind movement `after`?"""

    after: Count


class Payment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Money that came in. The same `id` is the same payment. `payer` is a BIN, an IIN or "document:COUNTRY:NUMBER".

    `reference` is the number of the document that is paid, or empty: then it is for the payer's balance.
    """

    id: Key
    payer: Payer
    reference: Reference
    tiyn: Tiyn
    paid_at: Moment


class PaidOut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A refund that has gone out; `order_id` is the number of the refund."""

    order_id: Key
    paid_at: Moment


class Statement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Movements behind `after` up to `last`, oldest first; `more` tells that there are others behind them."""

    after: Count
    last: Count
    more: bool
    payments: tuple[Payment, ...]
    paid_out: tuple[PaidOut, ...]


class RefundOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Pay a refund out. The same `order_id` again is the same order."""

    order_id: Key
    payee: Payer
    account: Account
    tiyn: Tiyn


class Accepted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The receipt for an order; `digest` is SHA-256 of its bytes as received, in hex."""

    order_id: Key
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


SHAPES = {
    "statement-query": StatementQuery,
    "statement": Statement,
    "refund-order": RefundOrder,
    "accepted": Accepted,
}
