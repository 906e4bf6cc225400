"""Whom a certificate of the Kazakh profile names: a person who signs, an organisation that seals, or a time-stamper."""

from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from signing.errors import SignerNotAuthorised
from signing.usages import (
    HEAD,
    ORGANISATION,
    PERSON,
    RIGHT_TO_SIGN,
    may_sign_documents,
    may_stamp,
    read_bin,
    read_iin,
    read_name,
    read_usages,
)


@dataclass(frozen=True)
class Signer:
    """The person a certificate names. `bin` and `organisation` are of the organisation they belong to, if any.

    `caution` is the code of what a dated rule let pass.
    """

    iin: str
    bin: str | None
    name: str
    organisation: str | None
    usages: frozenset[str]
    may_sign_for_organisation: bool
    serial: str
    issuer: str
    fingerprint: str
    caution: str | None = None


@dataclass(frozen=True)
class Sealer:
    """The organisation whose seal a certificate is: no person is named in it. `caution` as of a Signer."""

    bin: str
    name: str
    serial: str
    issuer: str
    fingerprint: str
    caution: str | None = None


@dataclass(frozen=True)
class Stamper:
    """A time-stamp authority."""

    name: str
    caution: str | None = None


Holder = TypeVar("Holder", Signer, Sealer, Stamper)


def read_signer(leaf: x509.Certificate) -> Signer:
    """Return whom a certificate of the Kazakh profile names. Raises SignerNotAuthorised."""
    usages = read_usages(leaf)
    if not may_sign_documents(leaf) or not usages & {PERSON, ORGANISATION}:
        raise SignerNotAuthorised("certificate.usage")
    iin, organisation_bin = read_iin(leaf), read_bin(leaf)
    if iin is None:
        raise SignerNotAuthorised("certificate.subject", {"part": "IIN"})
    if (organisation_bin is not None) != (ORGANISATION in usages):
        raise SignerNotAuthorised("certificate.subject", {"part": "BIN"})
    return Signer(
        iin=iin,
        bin=organisation_bin,
        name=read_name(leaf.subject, NameOID.COMMON_NAME),
        organisation=read_name(leaf.subject, NameOID.ORGANIZATION_NAME) or None,
        usages=usages,
        may_sign_for_organisation=organisation_bin is not None and bool(usages & {HEAD, RIGHT_TO_SIGN}),
        serial=f"{leaf.serial_number:x}",
        issuer=read_name(leaf.issuer, NameOID.COMMON_NAME),
        fingerprint=leaf.fingerprint(SHA256()).hex(),
    )


def read_sealer(leaf: x509.Certificate) -> Sealer:
    """Return the organisation whose seal this is. Raises SignerNotAuthorised."""
    if not may_sign_documents(leaf) or ORGANISATION not in read_usages(leaf):
        raise SignerNotAuthorised("certificate.usage")
    organisation_bin = read_bin(leaf)
    if organisation_bin is None:
        raise SignerNotAuthorised("certificate.subject", {"part": "BIN"})
    if read_iin(leaf) is not None:
        raise SignerNotAuthorised("certificate.usage")
    return Sealer(
        bin=organisation_bin,
        name=read_name(leaf.subject, NameOID.ORGANIZATION_NAME),
        serial=f"{leaf.serial_number:x}",
        issuer=read_name(leaf.issuer, NameOID.COMMON_NAME),
        fingerprint=leaf.fingerprint(SHA256()).hex(),
    )


def read_stamper(leaf: x509.Certificate) -> Stamper:
    """Return the time-stamp authority that a certificate names. Raises SignerNotAuthorised."""
    if not may_stamp(leaf):
        raise SignerNotAuthorised("certificate.usage")
    return Stamper(read_name(leaf.subject, NameOID.COMMON_NAME))
