"""Proof of time: an RFC 3161 authority states that certain bytes existed at a certain moment.

Protocol and signature are judged by `rfc3161-client`, at the moment that the token states; the authority's certificate
by our own trust store at the same moment, so that a token keeps its worth when that certificate has expired.
Source: RFC 3161, RFC 5816.
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, parser, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from signing.certificates import read_certificate
from signing.errors import (
    AlgorithmForbidden,
    CertificateExpired,
    CertificateRevoked,
    CertificateUntrusted,
    MalformedXml,
    RevocationUnknown,
    SignerNotAuthorised,
    TimestampInvalid,
)
from signing.trust import TrustStore

ANSWER_BYTES_MOST = 65_536
_DIGESTS = ("sha256", "sha384", "sha512")
_GRANTED = (0, 1)  # PKIStatus granted, grantedWithMods
_GRANTED_DER = bytes.fromhex("3003020100")  # PKIStatusInfo with status granted, and nothing else

# What the two decoders raise on bytes that are not what they claim to be.
_BROKEN = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)

CLOCKS_DIFFER_MOST = timedelta(minutes=5)  # between an authority's clock and the office's


@dataclass(frozen=True)
class Stamp:
    """What a token proves: the data existed `at` (UTC); `name` is the authority's, `serial` the token's, in hex."""

    at: datetime
    name: str
    serial: str


@dataclass(frozen=True)
class _Token:
    """A token taken apart; nothing is verified. `imprint` is the digest of what was stamped, by `algorithm`."""

    at: datetime
    serial: int
    nonce: int | None
    algorithm: str
    imprint: bytes
    certificates: tuple[x509.Certificate, ...]
    signer_digest: bytes
    signer_algorithm: str


def request(data: bytes) -> TimeStampRequest:
    """Return a request to stamp the SHA-256 of the data, with a nonce, asking for the authority's certificate."""
    return TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256, nonce=True, cert_req=True).build()


def read(answer: bytes, asked: TimeStampRequest) -> bytes:
    """Return the token (DER) of an authority's answer, once it answers this request. Raises TimestampInvalid.

    Who signed the token, and whether the signature fits, is left to `verify`.
    """
    if len(answer) > ANSWER_BYTES_MOST:
        raise TimestampInvalid("timestamp.unreadable")
    response = _decode(answer)
    if response.status not in _GRANTED:
        raise TimestampInvalid("timestamp.refused", {"status": str(response.status)})
    try:
        der = response.time_stamp_token()
    except _BROKEN:
        raise TimestampInvalid("timestamp.unreadable") from None
    token = _take_apart(der)
    if token.nonce != asked.nonce:
        raise TimestampInvalid("timestamp.nonce")
    if token.imprint != asked.message_imprint.message:
        raise TimestampInvalid("timestamp.imprint")
    return der


def verify(token: bytes, data: bytes, trust: TrustStore) -> Stamp:
    """Return what a token (DER) proves of the data.

    The authority's certificate must have been trusted, in its dates and not revoked when it stamped. Raises
    TimestampInvalid.
    """
    parts = _take_apart(token)
    if parts.algorithm not in _DIGESTS:
        raise TimestampInvalid("timestamp.algorithm", {"algorithm": parts.algorithm[:200]})
    if hashlib.new(parts.algorithm, data).digest() != parts.imprint:
        raise TimestampInvalid("timestamp.imprint")
    leaf, chain = _find_signer(parts)
    name = _judge(leaf, chain, parts.at, trust)
    _verify_signature(token, data, leaf, trust)
    return Stamp(parts.at, name, f"{parts.serial:x}")


def demand_now(at: datetime, now: datetime) -> None:
    """Make sure that a token just got states our time, as far as clocks agree. Raises TimestampInvalid."""
    if abs(at - now) > CLOCKS_DIFFER_MOST:
        raise TimestampInvalid("timestamp.clock", {"stated": _written(at), "ours": _written(now)})


def demand_after(at: datetime, signed_at: datetime) -> None:
    """Make sure that a token is not older than what it stamps, as far as clocks agree. Raises TimestampInvalid."""
    if at < signed_at - CLOCKS_DIFFER_MOST:
        raise TimestampInvalid("timestamp.early", {"stated": _written(at), "signed": _written(signed_at)})


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def certificates(token: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates that came with a token (DER). Raises TimestampInvalid."""
    return _take_apart(token).certificates


def _decode(answer: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(answer)
    except _BROKEN:
        raise TimestampInvalid("timestamp.unreadable") from None


def _take_apart(der: bytes) -> _Token:
    """Return the parts of a token that are needed here. Raises TimestampInvalid."""
    try:
        signed = cms.ContentInfo.load(der, strict=True)["content"]
        content = signed["encap_content_info"]
        if content["content_type"].native != "tst_info":
            raise TimestampInvalid("timestamp.unreadable")
        statement = content["content"].parse(tsp.TSTInfo).native
        digest, algorithm = _read_signer_digest(signed["signer_infos"][0]["signed_attrs"])
        return _Token(
            at=statement["gen_time"].astimezone(UTC),
            serial=statement["serial_number"],
            nonce=statement["nonce"],
            algorithm=statement["message_imprint"]["hash_algorithm"]["algorithm"],
            imprint=statement["message_imprint"]["hashed_message"],
            certificates=tuple(_read_certificate(each.chosen.dump()) for each in signed["certificates"]),
            signer_digest=digest,
            signer_algorithm=algorithm,
        )
    except _BROKEN:
        raise TimestampInvalid("timestamp.unreadable") from None


def _read_signer_digest(attributes: Any) -> tuple[bytes, str]:
    """Return digest and algorithm by which the signed attributes name the signer's certificate (ESSCertIDv2).

    The older ESSCertID is not accepted: it is bound to SHA-1.
    """
    for attribute in attributes:
        if attribute["type"].native == "signing_certificate_v2":
            own = attribute["values"][0]["certs"][0].native
            return own["cert_hash"], own["hash_algorithm"]["algorithm"]
    raise TimestampInvalid("timestamp.certificate")


def _read_certificate(der: bytes) -> x509.Certificate:
    try:
        return read_certificate(b2a_base64(der, newline=False).decode())
    except MalformedXml:
        raise TimestampInvalid("timestamp.unreadable") from None


def _find_signer(token: _Token) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """Return the certificate that the signed attributes name, and the others that came with the token."""
    if token.signer_algorithm in _DIGESTS:
        for certificate in token.certificates:
            digest = hashlib.new(token.signer_algorithm, certificate.public_bytes(Encoding.DER)).digest()
            if digest == token.signer_digest:
                return certificate, tuple(other for other in token.certificates if other is not certificate)
    raise TimestampInvalid("timestamp.certificate")


def _judge(leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime, trust: TrustStore) -> str:
    """Return the authority's name, once the trust store accepts its certificate at that moment."""
    try:
        return trust.judge_timestamper(leaf, chain, at)
    except CertificateUntrusted:
        raise TimestampInvalid("timestamp.untrusted", {"issuer": leaf.issuer.rfc4514_string()[:200]}) from None
    except CertificateExpired:
        raise TimestampInvalid("timestamp.expired") from None
    except CertificateRevoked:
        raise TimestampInvalid("timestamp.revoked") from None
    except RevocationUnknown:
        raise TimestampInvalid("timestamp.revocation_unknown") from None
    except (SignerNotAuthorised, AlgorithmForbidden):
        raise TimestampInvalid("timestamp.usage") from None


def _verify_signature(token: bytes, data: bytes, leaf: x509.Certificate, trust: TrustStore) -> None:
    """Verify the token's signature, made by this certificate over the statement that we have read.

    `rfc3161-client` looks for a path of its own, at the time of the token, and takes answers only: so the token is made
    one again. It demands DER and exactly one signer, so that nothing can be read here in two ways.
    """
    response = _decode(parser.emit(0, 1, 16, _GRANTED_DER + token))
    verifier = VerifierBuilder(roots=list(trust.certificates()), tsa_certificate=leaf)
    try:
        verifier.build().verify_message(response, data)
    except (VerificationError, *_BROKEN):
        raise TimestampInvalid("timestamp.signature") from None
