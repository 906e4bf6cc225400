"""A decision with all that proves it, made without a database: for the tests of evidence bundles."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import builders
import pki
from cast import PARTICIPANTS, PERSONS
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from portal import audit
from signing import journal, timestamp
from signing.authority import DemoAuthority
from signing.bundle import Bundle
from signing.checkpoint import Checkpoint, origin_of, sign
from signing.demo_tsa import DemoTimestamper
from signing.seal import seal
from signing.signer import SigningKey
from signing.signer import sign as sign_document

INDEX, SIZE = 5, 11
NUMBER = "20201/241126/0000001"


@dataclass(frozen=True)
class Proven:
    """A declaration, the notice of the decision on it, and the bundle that proves both."""

    declaration: bytes
    notice: bytes
    bundle: Bundle
    authority: DemoAuthority


@cache
def proven() -> Proven:
    """Return a decision whose signers nobody revokes."""
    return prove(DemoAuthority.create(pki.NOW, "Proving"))


def prove(authority: DemoAuthority, at: datetime = pki.NOW, signer: SigningKey | None = None) -> Proven:
    """Return a decision of this moment under a fresh authority: signed, sealed, journalled, attested and stamped."""
    office = authority.office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    declaration = sign_document(builders.declaration_xml(), signer or person_of(authority), at)
    notice = seal(notice_xml(digest_of(declaration)), office, at)
    entry = entry_of(digest_of(declaration), digest_of(notice), at)
    leaves = leaves_of(entry)
    note = note_of(leaves, office, at)
    bundle = Bundle(
        declaration=digest_of(declaration),
        notice=digest_of(notice),
        entry=entry.decode(),
        index=INDEX,
        size=SIZE,
        path=journal.prove_inclusion(INDEX, SIZE, journal.subtree_of(leaves)),
        checkpoint=note,
        token=stamp(note, authority, at),
        certificates=(der(office.certificate), *map(der, office.chain)),
        crls=crls_of(authority, at),
    )
    return Proven(declaration, notice, bundle, authority)


def person_of(authority: DemoAuthority) -> SigningKey:
    """Return a signing key of Zarina of Tengri, valid for a year."""
    zarina, tengri = PERSONS["zarina"], PARTICIPANTS["tengri"]
    return authority.person(zarina.name, zarina.iin, tengri.identifier, tengri.name)


def notice_xml(digest: str, index: int = INDEX) -> bytes:
    return (
        f'<DecisionNotice xmlns="urn:shekara:notice:1"><DeclarationDigest>{digest}</DeclarationDigest>'
        f"<JournalIndex>{index}</JournalIndex></DecisionNotice>"
    ).encode()


def entry_of(digest: str, notice: str, at: datetime) -> bytes:
    particulars = {"digest": digest, "notice": notice}
    return audit.encode(INDEX, audit.Record(audit.Event.DECLARATION_DECIDED, NUMBER, at, particulars))


def leaves_of(entry: bytes) -> list[journal.LeafHash]:
    """Return the leaves of a journal in which the entry stands among others."""
    others = [journal.leaf_hash(f"entry {number}".encode()) for number in range(SIZE)]
    return [*others[:INDEX], journal.leaf_hash(entry), *others[INDEX + 1 :]]


def note_of(leaves: Sequence[journal.LeafHash], office: SigningKey, at: datetime) -> str:
    root = journal.root(journal.head_of(leaves))
    return sign(Checkpoint(origin_of(office.certificate), SIZE, root, at), office)


def stamp(note: str, authority: DemoAuthority, at: datetime) -> bytes:
    asked = timestamp.request(note.encode())
    return timestamp.read(DemoTimestamper(authority.tsa).respond(asked.as_bytes(), at), asked)


def crls_of(authority: DemoAuthority, at: datetime) -> tuple[bytes, ...]:
    """Return the revocation lists of both authorities, as they were at that moment, good for a week."""
    return tuple(authority.crl_at(url, at) for url in authority.crl_urls)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
