"""What was typed into the forms of partners, as what it stands for."""

import re
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from babel import Locale

from interop.disclosure import ALWAYS, FIELDS, HASHABLE, Policy
from interop.partners import Partner, PartnerKind
from portal import form_fields
from portal.form_fields import Given
from portal.partners.errors import Refused
from risk_gateway.bases.violations.kinds import kinds

TYPED_MOST: Final = 500
PEM_MOST: Final = 20_000
NAME_MOST: Final = 120
SALT_LEAST: Final = 16
PURPOSES_MOST: Final = 50
OPEN, HASHED, KEPT = "open", "hashed", "kept"
_ID = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_OF_A_PAGE = "new"  # stands in the address of the form
_PURPOSE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_OF_NOBODY = re.compile("X[A-Z]")  # ISO 3166 keeps these free: for countries that are none of the world's
_HERE = ("localhost", "127.0.0.1", "::1")
_COUNTRIES = frozenset(code for code in map(str, Locale("en").territories) if re.fullmatch("[A-Z]{2}", code))

one: Final = partial(form_fields.one, most=TYPED_MOST)


def many(given: Given, name: str) -> frozenset[str]:
    return frozenset(form_fields.many(given, name, TYPED_MOST))


def new_partner(given: Given) -> Partner:
    """Return a partner as the form asks for: switched off, without keys, told nothing. Raises Refused."""
    identifier, kind = one(given, "id"), one(given, "kind")
    if not _ID.fullmatch(identifier) or identifier == _OF_A_PAGE:
        raise Refused("id", "id")
    if kind not in set(PartnerKind):
        raise Refused("kind", "kind")
    partner = Partner(
        id=identifier,
        kind=PartnerKind(kind),
        name="",
        country="",
        address="",
        keys=(),
        policy=Policy(),
        active=False,
    )
    return with_particulars(partner, given)


def with_particulars(partner: Partner, given: Given) -> Partner:
    """Return a partner with name, country, address and rate as typed. Raises Refused."""
    name, country = " ".join(one(given, "partner_name").split()), one(given, "country").upper()
    address = one(given, "address").rstrip("/")
    if not name or len(name) > NAME_MOST or not name.isprintable():
        raise Refused("partner-name", "partner_name")
    if country not in _COUNTRIES and not _OF_NOBODY.fullmatch(country):
        raise Refused("country", "country")
    if not address_is_right(address):
        raise Refused("address", "address")
    rate = _number(given, "per_minute", 60_000)
    if rate is None:
        raise Refused("rate", "per_minute")
    return msgspec.structs.replace(partner, name=name, country=country, address=address, per_minute=rate)


def address_is_right(address: str) -> bool:
    """Tell whether messages may go there: by https, or to this very machine, and nothing but a base address."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    bare = not (parts.query or parts.fragment or "@" in parts.netloc or "?" in address or "#" in address)
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)
    return plain and bare and bool(host) and secure and len(address) <= TYPED_MOST


def with_policy(partner: Partner, given: Given) -> Partner:
    """Return a partner with the policy as typed; an empty secret stands for the one that it has. Raises Refused."""
    ways = {name: one(given, f"{name}_as") or KEPT for name in HASHABLE}
    chosen = many(given, "fields")
    if chosen - FIELDS or set(ways.values()) - {OPEN, HASHED, KEPT}:
        raise Refused("fields", "fields")
    told = many(given, "kinds")
    if told - kinds().keys():
        raise Refused("kinds", "kinds")
    hashed = frozenset(name for name, way in ways.items() if way == HASHED)
    salt = one(given, "salt") or partner.policy.salt
    if (hashed or one(given, "salt")) and len(salt) < SALT_LEAST:
        raise Refused("salt", "salt")
    days = _number(given, "retention_days", 36_500)
    if days is None:
        raise Refused("retention", "retention_days")
    policy = Policy(
        fields=ALWAYS | (chosen - HASHABLE) | {name for name, way in ways.items() if way == OPEN},
        hash_fields=hashed,
        kinds=told,
        purposes=_purposes(one(given, "purposes", most=4_000)),
        retention_days=days,
        salt=salt,
    )
    return msgspec.structs.replace(partner, policy=policy)


def typed_policy(policy: Policy) -> dict[str, Any]:
    """Return what a form holds that asks for this policy; the secret is never shown."""
    ways = {f"{name}_as": _way(policy, name) for name in HASHABLE}
    return {
        **ways,
        "fields": sorted(policy.fields - ALWAYS - HASHABLE),
        "kinds": sorted(policy.kinds),
        "purposes": "\n".join(sorted(policy.purposes)),
        "retention_days": str(policy.retention_days),
    }


def _way(policy: Policy, name: str) -> str:
    if name in policy.hash_fields:
        return HASHED
    return OPEN if name in policy.fields else KEPT


def typed_particulars(partner: Partner) -> dict[str, Any]:
    return {
        "partner_name": partner.name,
        "country": partner.country,
        "address": partner.address,
        "per_minute": str(partner.per_minute),
    }


def pem_of(given: Given) -> str:
    """Return the certificate or key that was pasted. Raises Refused for more than one and for none."""
    text = one(given, "pem", most=PEM_MOST).replace("\r\n", "\n")
    if text.count("-----BEGIN ") != 1 or "PRIVATE" in text:
        raise Refused("key", "pem")
    return text + "\n"


def _purposes(text: str) -> frozenset[str]:
    found = frozenset(line.strip() for line in text.splitlines() if line.strip())
    if len(found) > PURPOSES_MOST or not all(_PURPOSE.fullmatch(each) for each in found):
        raise Refused("purposes", "purposes")
    return found


def _number(given: Given, name: str, most: int) -> int | None:
    typed = one(given, name)
    value = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 6 else 0
    return value if 1 <= value <= most else None
