"""What is known of certificates, in the database: revocation lists and OCSP answers, genuine ones only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import zstandard
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, exists, insert, or_, select, update
from sqlmodel import SQLModel

from signing.revocation import Evidence
from signing.tables import EvidenceRow, KnownCertificateRow

CRL = "crl"
OCSP = "ocsp"
OLDEST = timedelta(days=40)  # what no longer holds is of interest for as long
AHEAD = timedelta(minutes=5)  # how far an authority's clock may be ahead of ours
WITHOUT_NEXT = timedelta(days=1)  # how long an answer without a next update stands for the next ones

evidence = SQLModel.metadata.tables[EvidenceRow.__tablename__]
known = SQLModel.metadata.tables[KnownCertificateRow.__tablename__]


def add_evidence(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Keep these rows, but for what is kept or adds nothing; return how many were kept.

    A row adds nothing when it is older than the newest of its subject, or says the same before half of that one's time
    is over. Nothing is ever deleted or replaced.
    """
    new = 0
    for row in rows:
        there = select(evidence.c.digest).where(evidence.c.digest == row["digest"])
        if connection.execute(there).first() is None and _adds(connection, row):
            connection.execute(insert(evidence), row)
            new += 1
    return new


def _adds(connection: Connection, row: Mapping[str, Any]) -> bool:
    newest = connection.execute(
        select(evidence.c.this_update, evidence.c.next_update, evidence.c.says)
        .where(evidence.c.kind == row["kind"], evidence.c.subject == row["subject"])
        .order_by(evidence.c.this_update.desc(), evidence.c.fetched_at.desc())
    ).first()
    if newest is None:
        return True
    since = _aware(newest.this_update)
    until = _aware(newest.next_update) if newest.next_update else since + WITHOUT_NEXT
    if newest.says != row["says"]:
        return bool(row["this_update"] >= since)
    return bool(row["this_update"] > since and row["fetched_at"] >= since + (until - since) / 2)


def newest_evidence(connection: Connection, at: datetime) -> frozenset[str]:
    """Return the digests of what was, at that moment, the newest list or answer on each subject.

    Two of the same moment are both the newest. What had not held for `OLDEST` is left out, but for a withdrawal.
    """
    moment = at.astimezone(UTC)  # SQLite compares what is written, without the zone
    newer = evidence.alias()
    overtaken = exists().where(
        newer.c.kind == evidence.c.kind,
        newer.c.subject == evidence.c.subject,
        newer.c.this_update > evidence.c.this_update,
        newer.c.this_update <= moment + AHEAD,
    )
    of_interest = or_(
        evidence.c.next_update >= moment, evidence.c.this_update >= moment - OLDEST, evidence.c.revoked.is_(True)
    )
    rows = select(evidence.c.digest).where(evidence.c.this_update <= moment + AHEAD, of_interest, ~overtaken)
    return frozenset(connection.execute(rows).scalars())


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


def _aware(moment: datetime) -> datetime:
    """Return the moment with its zone, which SQLite forgets: UTC is stored."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
