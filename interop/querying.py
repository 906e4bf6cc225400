"""What partners ask each other about somebody, and what is answered: POST /exchange/v1/queries."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from interop.disclosure import ViolationMessage
from interop.envelope import PRINTED, Received


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """About whom: `number` with its `country` (of ISO 3166), or the HMAC of the number; for what, and by which law."""

    purpose: Annotated[str, Meta(min_length=1, max_length=64, pattern=PRINTED)]
    legal_basis: Annotated[str, Meta(min_length=1, max_length=500, pattern=PRINTED)]
    number: Annotated[str, Meta(max_length=40, pattern=PRINTED)] = ""
    number_hash: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    country: Annotated[str, Meta(pattern=r"^([A-Z]{2})?$")] = ""


class Told(Struct, frozen=True):
    """What policy lets be told: none may mean that there is nothing, or nothing that may be told."""

    asked_at: datetime
    violations: list[ViolationMessage]


class Page(Struct, frozen=True):
    """Violations since a cursor. `more` tells that another page waits behind `cursor`.

    `received` is how many messages of the asking partner were ever received, as in the answer to a submission.
    """

    violations: list[ViolationMessage]
    cursor: Annotated[str, Meta(max_length=120, pattern=PRINTED)]
    more: bool
    received: Received
