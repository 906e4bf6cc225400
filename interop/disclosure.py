"""What of a violation a partner may be told: the only way in which one leaves."""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from risk_gateway.bases.violations.model import Source, Violation

ALWAYS = frozenset({"id", "version", "kind", "state"})  # without these a partner could neither match nor correct it
FIELDS = ALWAYS | {
    "scheme",
    "number",
    "country",
    "name",
    "article",
    "committed_on",
    "place",
    "declaration",
    "amount_tiyn",
    "decision_number",
    "decided_on",
    "appeal",
    "expires_on",
    "source",
    "source_name",
    "legal_basis",
    "retain_until",
    "recorded_at",
}
HASHABLE = frozenset({"number", "name"})


class Policy(Struct, frozen=True, kw_only=True):
    """What a partner may be told. `fields` are of `FIELDS`; what stands in `hash_fields` leaves only as its HMAC.

    `kinds` are kinds of violation, `purposes` those for which it may ask. It may keep what it learns
    `retention_days`. `salt` is the secret, shared with this partner alone, that keys the HMAC; without one nothing is
    hashed.
    """

    fields: frozenset[str] = frozenset()
    hash_fields: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    retention_days: int = 365
    salt: str = ""


class ViolationMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A violation as partners tell each other of it. All but the first four may be missing, as policies have it."""

    id: str
    version: int
    kind: str
    state: str
    scheme: str = ""
    number: str = ""
    number_hash: str = ""
    country: str = ""
    name: str = ""
    name_hash: str = ""
    article: str = ""
    committed_on: date | None = None
    place: str = ""
    declaration: str | None = None
    amount_tiyn: int | None = None
    decision_number: str = ""
    decided_on: date | None = None
    appeal: str = ""
    expires_on: date | None = None
    source: str = ""
    source_name: str = ""
    legal_basis: str = ""
    retain_until: date | None = None
    recorded_at: datetime | None = None


def disclose(violation: Violation, policy: Policy) -> dict[str, Any] | None:
    """Return what a partner with this policy may be told of a violation, ready for JSON; None when nothing.

    What another partner told us is not ours to tell. A hashed field `number` leaves as `number_hash`, and only so.
    """
    open_fields = (policy.fields & FIELDS) - policy.hash_fields
    if violation.kind not in policy.kinds or violation.source is Source.PARTNER or not open_fields >= ALWAYS:
        return None
    known = {**_plain(violation), "retain_until": _retain_until(violation, policy).isoformat()}
    told = {name: known[name] for name in sorted(open_fields) if known[name] not in (None, "")}
    if policy.salt:
        hashed = {name: known[name] for name in sorted(policy.hash_fields & HASHABLE)}
        told |= {f"{name}_hash": hash_of(value, policy.salt) for name, value in hashed.items() if value}
    return told


def allows(policy: Policy, told: Mapping[str, Any]) -> bool:
    """Tell whether everything in a message whose record is not at hand may be told under a policy."""
    open_fields = (policy.fields & FIELDS) - policy.hash_fields
    hashed = {f"{name}_hash" for name in policy.hash_fields & HASHABLE}
    return told.get("kind") in policy.kinds and told.keys() <= open_fields | hashed


def hash_of(value: str, salt: str) -> str:
    """Return the HMAC-SHA256, in hex, of an identifier or name: of its letters and digits in NFKC, case-folded."""
    plain = "".join(each for each in unicodedata.normalize("NFKC", value).casefold() if each.isalnum())
    return hmac.new(salt.encode(), plain.encode(), hashlib.sha256).hexdigest()


def _plain(violation: Violation) -> dict[str, Any]:
    """Return everything that has a name in `FIELDS`, in the types of JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(violation)
    return {**plain, **plain.pop("identity")}


def _retain_until(violation: Violation, policy: Policy) -> date:
    """Return the last day on which the partner may keep it: never longer than we may ourselves."""
    last = violation.recorded_at.date() + timedelta(days=policy.retention_days)
    return last if violation.hold_until is None else min(last, violation.hold_until)
