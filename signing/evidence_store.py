"""What is known of certificates, in the database: revocation lists and OCSP answers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import zstandard
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import SQLModel

from signing.revocation import Evidence
from signing.tables import EvidenceRow, KnownCertificateRow

CRL = "crl"
OCSP = "ocsp"
OLDEST = timedelta(days=40)  # a list is renewed long before

evidence = SQLModel.metadata.tables[EvidenceRow.__tablename__]
known = SQLModel.metadata.tables[KnownCertificateRow.__tablename__]


def add_evidence(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Keep what is new among these rows, by its digest, and of each subject the last of a day; return how many were."""
    given = {row["digest"]: row for row in rows}
    statement = select(evidence.c.digest).where(evidence.c.digest.in_(given))
    there = set(connection.execute(statement).scalars())
    new = [row for digest, row in given.items() if digest not in there]
    for row in new:
        day = row["this_update"].replace(hour=0, minute=0, second=0, microsecond=0)
        same_day = evidence.c.this_update.between(day, row["this_update"])
        connection.execute(delete(evidence).where(evidence.c.subject == row["subject"], same_day))
        connection.execute(insert(evidence), row)
    return len(new)


def newest_evidence(connection: Connection, at: datetime) -> frozenset[str]:
    """Return the digests of what was, at that moment, the newest list or answer on each subject."""
    rows = (
        select(evidence.c.digest, evidence.c.kind, evidence.c.subject)
        .where(evidence.c.this_update.between(at - OLDEST, at))
        .order_by(evidence.c.this_update)
    )
    return frozenset({(row.kind, row.subject): row.digest for row in connection.execute(rows)}.values())


def read_evidence(connection: Connection, digests: Iterable[str]) -> Evidence:
    """Return the lists and answers with these digests."""
    rows = select(evidence.c.kind, evidence.c.content).where(evidence.c.digest.in_(digests))
    found = [(row.kind, zstandard.decompress(bytes(row.content))) for row in connection.execute(rows)]
    return Evidence([each for kind, each in found if kind == CRL], [each for kind, each in found if kind == OCSP])


def keep_certificates(connection: Connection, certificates: Iterable[x509.Certificate], at: datetime) -> None:
    """Note that these certificates were met, so that their OCSP answers are kept fresh."""
    for certificate in certificates:
        fingerprint = certificate.fingerprint(SHA256()).hex()
        found = connection.execute(update(known).where(known.c.fingerprint == fingerprint).values(seen_at=at))
        if not found.rowcount:
            content = certificate.public_bytes(Encoding.DER)
            connection.execute(insert(known).values(fingerprint=fingerprint, content=content, seen_at=at))


def read_certificates(connection: Connection, since: datetime, most: int) -> list[x509.Certificate]:
    """Return the certificates met since then, the latest first."""
    statement = select(known.c.content).where(known.c.seen_at >= since).order_by(known.c.seen_at.desc()).limit(most)
    return [x509.load_der_x509_certificate(bytes(content)) for content in connection.execute(statement).scalars()]
