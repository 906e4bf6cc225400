"""What the tax service and we say to each other; `schema/` has the same as JSON Schema, for those who speak to us."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Identifier = Annotated[str, Meta(pattern=r"^[0-9]{12}$")]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9:._/-]{1,64}$")]
Tiyn = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]

Kind = Literal["decision", "violation"]

JSON = "application/json"
QUERY_PATH, NOTICE_PATH, RETURNS_PATH = "/v1/debts", "/v1/notices", "/v1/returns"


class DebtQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Does this taxpayer owe anything?"""

    query_id: Key
    taxpayer: Identifier
    purpose: Text
    legal_basis: Text
    asked_at: Moment


class DebtAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """`debt_tiyn` is more than nothing exactly when `owes`; `as_of` is the moment of which the answer speaks."""

    query_id: Key
    taxpayer: Identifier
    owes: bool
    debt_tiyn: Tiyn
    as_of: Moment


class ReturnsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What did this taxpayer return for VAT, and put on electronic invoices, in the months from `first` to `last`?"""

    query_id: Key
    taxpayer: Identifier
    first: date
    last: date
    purpose: Text
    legal_basis: Text
    asked_at: Moment


class ReturnedMonth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """`month` is its first day, `import_base_tiyn` the base of VAT on imports that was returned for it, and
    `invoiced_grams` the net mass of imported goods on electronic invoices."""

    month: date
    import_base_tiyn: Tiyn
    invoiced_grams: Tiyn


class ReturnsAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The months for which there is a return; `as_of` is the moment of which the answer speaks."""

    query_id: Key
    taxpayer: Identifier
    months: Annotated[list[ReturnedMonth], Meta(max_length=120)]
    as_of: Moment


class Notice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A message of customs: of `kind` "decision" or "violation". The same `message_id` again is the same message."""

    message_id: Key
    kind: Kind
    content: dict[str, Any]


class Accepted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The receipt for a notice; `digest` is SHA-256 of its bytes as received, in hex."""

    message_id: Key
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


SHAPES = {
    "debt-query": DebtQuery,
    "debt-answer": DebtAnswer,
    "returns-query": ReturnsQuery,
    "returns-answer": ReturnsAnswer,
    "notice": Notice,
    "accepted": Accepted,
}
