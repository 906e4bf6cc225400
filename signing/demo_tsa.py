"""A time-stamp authority, FOR DEMONSTRATION AND TESTS ONLY: nobody vouches for its clock.

Source: RFC 3161 (the protocol), RFC 5652 (CMS), RFC 5816 (ESSCertIDv2).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signing.errors import KeyUnusable
from signing.signer import SigningKey

POLICY = "2.999.3161.1"  # under the arc that ITU-T keeps for examples
_ACCURACY_SECONDS = 1
_IMPRINT_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}


class _StatusOnly(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp without a token, which asn1crypto's own class demands."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 the form that asn1crypto wants


class _Rejected(Exception):
    """The request cannot be granted: `failure` is a PKIFailureInfo by its name in asn1crypto."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True)
class DemoTimestamper:
    """Stamps with a P-256 key whose certificate has the critical usage timeStamping. Raises KeyUnusable at once."""

    key: SigningKey

    def __post_init__(self) -> None:
        private_key = self.key.private_key
        if not isinstance(private_key, ec.EllipticCurvePrivateKey) or private_key.key_size != 256:
            raise KeyUnusable("timestamp.key")

    def respond(self, request: bytes, at: datetime) -> bytes:
        """Return the answer (DER TimeStampResp) to a request (DER TimeStampReq): a token, or a rejection.

        `at` must be aware; the token states it to the millisecond.
        """
        try:
            wanted = _read_request(request)
        except _Rejected as rejection:
            status = {"status": "rejection", "status_string": [rejection.failure], "fail_info": {rejection.failure}}
            return bytes(_StatusOnly({"status": status}).dump())
        answer = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": self._token(wanted, at)})
        return bytes(answer.dump())

    def _token(self, wanted: tsp.TimeStampReq, at: datetime) -> cms.ContentInfo:
        stamped = _statement(wanted, at).dump()
        certificates = (self.key.certificate, *self.key.chain) if wanted["cert_req"].native else ()
        signed_data = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(stamped)},
            "signer_infos": [self._signer_info(stamped)],
        }
        if certificates:
            signed_data["certificates"] = [_as_asn1(each) for each in certificates]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed_data)})

    def _signer_info(self, stamped: bytes) -> cms.SignerInfo:
        certificate = _as_asn1(self.key.certificate)
        own = {"cert_hash": hashlib.sha256(certificate.dump()).digest(), "issuer_serial": _issuer_serial(certificate)}
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(stamped).digest()]},
                {"type": "signing_certificate_v2", "values": [{"certs": [own]}]},
            ]
        )
        private_key = self.key.private_key
        assert isinstance(private_key, ec.EllipticCurvePrivateKey)  # noqa: S101 looked at when it was made
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": {"issuer_and_serial_number": _issuer_and_number(certificate)},
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": private_key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
            }
        )


def _read_request(data: bytes) -> tsp.TimeStampReq:
    """Return a request that can be granted. Raises _Rejected."""
    try:
        request = tsp.TimeStampReq.load(data, strict=True)
        request.native  # noqa: B018 decodes every part, whose faults would come later
        algorithm = request["message_imprint"]["hash_algorithm"]["algorithm"].native
        imprint = request["message_imprint"]["hashed_message"].native
        version, policy, extensions = (request[name].native for name in ("version", "req_policy", "extensions"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _Rejected("bad_data_format") from None
    if version != "v1":
        raise _Rejected("bad_request")
    if algorithm not in _IMPRINT_BYTES:
        raise _Rejected("bad_alg")
    if len(imprint) != _IMPRINT_BYTES[algorithm]:
        raise _Rejected("bad_data_format")
    if policy not in (None, POLICY):
        raise _Rejected("unaccepted_policy")
    if extensions:
        raise _Rejected("unaccepted_extensions")
    return request


def _statement(wanted: tsp.TimeStampReq, at: datetime) -> tsp.TSTInfo:
    """Return what is stamped: this imprint, at this moment, under a number that nobody can guess."""
    moment = at.astimezone(UTC)
    statement = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": wanted["message_imprint"],
        "serial_number": secrets.randbits(64) or 1,
        "gen_time": moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        "accuracy": {"seconds": _ACCURACY_SECONDS},
    }
    if wanted["nonce"].native is not None:
        statement["nonce"] = wanted["nonce"].native
    return tsp.TSTInfo(statement)


def _as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _issuer_and_number(certificate: asn1_x509.Certificate) -> cms.IssuerAndSerialNumber:
    return cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})


def _issuer_serial(certificate: asn1_x509.Certificate) -> tsp.IssuerSerial:
    issuer = asn1_x509.GeneralName("directory_name", certificate.issuer)
    return tsp.IssuerSerial({"issuer": [issuer], "serial_number": certificate.serial_number})
