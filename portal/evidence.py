"""Gather from the database what proves one decision, as a bundle that is verified without us."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.store import Stored
from portal.database import reading
from portal.office import Office
from risk_gateway import store as risk_store
from risk_gateway.packing import unpack
from signing import evidence_store, journal, timestamp, verify, xmlgate
from signing import store as signing_store
from signing.bundle import Bundle
from signing.errors import SigningError
from signing.revocation import Evidence


def read_documents(connection: Connection, stored: Stored) -> tuple[bytes, bytes]:
    """Return the declaration as it was received, and the sealed notice. Raises `NoResultFound`."""
    key = stored.key
    kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    return unpack(declarations_store.read_document(connection, key)), unpack(kept.notice)


def gather(office: Office, stored: Stored) -> Bundle | None:
    """Return the bundle of a declaration's decision, or None while no time-stamp covers it.

    What has been altered in the database goes into it as it is: whoever checks the bundle will find it.
    """
    index = stored.sequence
    with reading(office.engine) as connection:
        covering = signing_store.covering(connection, index)
        row = signing_store.read_row(connection, index)
        if covering is None or covering.token is None or covering.stamped_at is None or row is None:
            return None
        path = journal.prove_inclusion(index, covering.size, signing_store.subtree(connection))
        declaration, notice = read_documents(connection, stored)
        evidence = _known(connection, office, covering.stamped_at)
    leaves = [*_signers(declaration), *_signers(notice), *_stampers(covering.token)]
    certificates = _upwards([*leaves, *office.keyring.certificates()], office.trust.certificates())
    crls, ocsp = _about(certificates, evidence, covering.stamped_at)
    return Bundle(
        declaration=hashlib.sha256(declaration).hexdigest(),
        notice=hashlib.sha256(notice).hexdigest(),
        entry=row[3].decode(errors="replace"),
        index=index,
        size=covering.size,
        path=path,
        checkpoint=covering.note,
        token=covering.token,
        certificates=tuple(each.public_bytes(Encoding.DER) for each in certificates if each.subject != each.issuer),
        crls=crls,
        ocsp=ocsp,
    )


def _known(connection: Connection, office: Office, stamped_at: datetime) -> Evidence:
    """Return all that is known of certificates: what was the newest when the time-stamp was made, and what is now."""
    newest = {*evidence_store.newest_evidence(connection, stamped_at)}
    newest |= evidence_store.newest_evidence(connection, office.clock.now())
    kept, given = evidence_store.read_evidence(connection, newest), office.trust.evidence
    return Evidence(dict.fromkeys((*kept.crls, *given.crls)), dict.fromkeys((*kept.ocsp, *given.ocsp)))


def _signers(document: bytes) -> list[x509.Certificate]:
    """Return the certificates in the signatures of a document; none when it has been altered since we stored it."""
    try:
        signatures = verify.verify_all(xmlgate.open_document(document))
    except SigningError:
        return []
    return [each for signature in signatures for each in (signature.certificate, *signature.chain)]


def _stampers(token: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates in a time-stamp; none when it has been altered since we stored it."""
    try:
        return timestamp.certificates(token)
    except SigningError:
        return ()


def _upwards(certificates: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Return these certificates and all above them, each once."""
    found = list(dict.fromkeys(certificates))
    for certificate in found:  # grows while it is gone through
        found += [each for each in trusted if each.subject == certificate.issuer and each not in found]
    return found


def _about(
    certificates: Sequence[x509.Certificate], evidence: Evidence, at: datetime
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the revocation lists and OCSP answers by which these certificates are judged at that moment, no others.

    The list goes with an answer that is newer: it may tell whether the answer's responder was withdrawn.
    """
    pairs = [(each, above) for each in certificates for above in certificates if each.issuer == above.subject]
    known = (evidence, Evidence(evidence.crls))
    used = {by.finding(each, above, at).digest for each, above in pairs if each != above for by in known}
    crls, ocsp = (
        tuple(each for each in kept if hashlib.sha256(each).hexdigest() in used)
        for kept in (evidence.crls, evidence.ocsp)
    )
    return crls, ocsp
