"""Certificates and keys of the cast, for tests: made once per process by a throw-away authority."""

from datetime import datetime, timedelta, timezone
from functools import cache

from cast import PARTICIPANTS, PERSONS

from signing.authority import P256, RSA_2048, DemoAuthority
from signing.signer import SigningKey, sign
from signing.trust import TrustStore

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=timezone(timedelta(hours=5)))

OFFICE_BIN = "940240000021"


@cache
def authority() -> DemoAuthority:
    """The authority that everybody in the cast trusts."""
    return DemoAuthority.create(NOW)


@cache
def key_of(person_key: str) -> SigningKey:
    """Return the signing key of a person of the cast: Anna's is RSA-2048, the others' are P-256.

    Members of a firm have its BIN and the right to sign; officials have neither.
    """
    person = PERSONS[person_key]
    firm = next((each for each in PARTICIPANTS.values() if each.identifier == person.organisation), None)
    return authority().person(
        name=person.name,
        iin=person.iin,
        organisation_bin=person.organisation,
        organisation=firm.name if firm else None,
        kind=RSA_2048 if person_key == "anna" else P256,
    )


@cache
def office_key() -> SigningKey:
    """Return the key with which the office seals its notices."""
    return authority().office("State Revenue Committee (demo)", OFFICE_BIN)


@cache
def trust_store() -> TrustStore:
    """Return the store that trusts the cast's authority and no other."""
    return authority().trust_store()


def sign_as(person_key: str, xml: bytes, at: datetime = NOW) -> bytes:
    """Return the document signed by a person of the cast."""
    return sign(xml, key_of(person_key), at)
