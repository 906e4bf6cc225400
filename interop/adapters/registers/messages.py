"""What registers and we say to each other; `schema/` has the same as JSON Schema, for those who speak to us.

One question names one holder and up to 50 numbers. Of an entry that is another's nothing is told but that it is.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

NUMBERS_MOST = 50

Identifier = Annotated[str, Meta(pattern=r"^[0-9]{12}$")]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9:._/-]{1,64}$")]
Number = Annotated[str, Meta(min_length=1, max_length=50)]
Numbers = Annotated[list[Number], Meta(min_length=1, max_length=NUMBERS_MOST)]
Commodity = Annotated[str, Meta(pattern=r"^[0-9]{2,10}$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Left = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]
Standing = Literal["entered", "other_party", "not_found"]

JSON = "application/json"
PERMITS_PATH, CONTRACTS_PATH = "/v1/permits", "/v1/contracts"


class NumbersQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What are these numbers, if they are this holder's?"""

    query_id: Key
    holder: Identifier
    numbers: Numbers
    purpose: Text
    legal_basis: Text
    asked_at: Moment


class Permit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """A permit; all but `number` and `standing` only where it is the holder's own (`entered`). It is for goods whose
    codes begin with one of `commodities`. `grams_left` is left out where it has no quantity."""

    number: Number
    standing: Standing
    valid_from: date | None = None
    valid_to: date | None = None
    revoked_on: date | None = None
    commodities: Annotated[list[Commodity], Meta(max_length=50)] = []
    grams_left: Left | None = None


class Contract(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """A currency contract, as `Permit`. `cents_left` are hundredths of `currency`, left out where it has no amount."""

    number: Number
    standing: Standing
    valid_from: date | None = None
    valid_to: date | None = None
    closed_on: date | None = None
    currency: Currency | None = None
    cents_left: Left | None = None


class PermitsAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Each number that was asked about, once; `as_of` is the moment of which the answer speaks."""

    query_id: Key
    holder: Identifier
    permits: Annotated[list[Permit], Meta(max_length=NUMBERS_MOST)]
    as_of: Moment


class ContractsAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Each number that was asked about, once; `as_of` is the moment of which the answer speaks."""

    query_id: Key
    holder: Identifier
    contracts: Annotated[list[Contract], Meta(max_length=NUMBERS_MOST)]
    as_of: Moment


SHAPES = {
    "numbers-query": NumbersQuery,
    "permits-answer": PermitsAnswer,
    "contracts-answer": ContractsAnswer,
}
