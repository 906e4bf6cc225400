"""A checkpoint: the office's signed statement that at a moment the journal had this size and this root.

It is text that other tools read: the body of a C2SP tlog-checkpoint (origin, size, root, and three extension lines: the
time, the size of the checkpoint before, and that of the newest stamped one) inside a C2SP signed note. The signature is
of type 0x02, ECDSA, as Sigstore's Rekor makes it: over the SHA-256 of the text, in DER, behind the first four bytes of
the SHA-256 of the public key (DER, SubjectPublicKeyInfo). The name of the key is the origin. Ours carry exactly one
signature; a note with any other line is not what the office signed.
Source: c2sp.org/tlog-checkpoint, c2sp.org/signed-note.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.algorithms import ECDSA_SHA256
from signing.certificates import public_key
from signing.errors import AlgorithmForbidden, CheckpointInvalid, KeyUnusable, SignerNotAuthorised
from signing.signer import SigningKey
from signing.usages import read_bin

KEY_HASH_BYTES = 4
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_NOTE = re.compile(
    r"(?P<text>(?P<origin>[^\s+]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"time (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)\n"
    r"previous (?P<previous>0|[1-9][0-9]{0,18})\nstamped (?P<stamped>0|[1-9][0-9]{0,18})\n)"
    r"\n— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})\n"
)


@dataclass(frozen=True)
class Checkpoint:
    """`root` is the Merkle tree hash over the first `size` entries of the journal `origin`; `at` is aware.

    `previous` is the size of the checkpoint before, so that none can be taken out unseen; `stamped` that of the newest
    one with a time-stamp token, so that no token can; each 0 when there is none.
    """

    origin: str
    size: int
    root: bytes
    at: datetime
    previous: int = 0
    stamped: int = 0

    def text(self) -> str:
        """Return what is signed."""
        moment = self.at.astimezone(UTC).strftime(_TIME)
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), f"time {moment}")
        return "\n".join((*lines, f"previous {self.previous}", f"stamped {self.stamped}", ""))


@dataclass(frozen=True)
class StoredCheckpoint:
    """A checkpoint as it is stored: the note as signed, and the time-stamp token over it once there is one."""

    size: int
    root: bytes
    note: str
    signed_at: datetime
    token: bytes | None
    stamped_at: datetime | None


def origin_of(certificate: x509.Certificate) -> str:
    """Return the name of the journal of the office with this certificate: it stays when the key is changed.

    Raises SignerNotAuthorised when the certificate names no organisation.
    """
    number = read_bin(certificate)
    if number is None:
        raise SignerNotAuthorised("certificate.subject", {"part": "BIN"})
    return f"shekara.example/journal/{number}"


def sign(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the signed note. Raises KeyUnusable when the key is not on P-256."""
    if key.algorithm != ECDSA_SHA256:
        raise KeyUnusable("seal.key")
    text = checkpoint.text()
    value = key.sign(text.encode())
    width = len(value) // 2
    der = encode_dss_signature(int.from_bytes(value[:width], "big"), int.from_bytes(value[width:], "big"))
    return f"{text}\n— {checkpoint.origin} {b64encode(key_hash(key.certificate) + der).decode()}\n"


def read_note(note: str) -> Checkpoint:
    """Return what a note says, whoever signed it. Raises CheckpointInvalid when it is not written as ours are."""
    return _read(note)[0]


def open_note(note: str, certificates: Iterable[x509.Certificate]) -> Checkpoint:
    """Return what a note says, signed by one of these certificates, of the office whose journal it names.

    Whether the certificates are to be trusted is the caller's business. Raises CheckpointInvalid.
    """
    checkpoint, signature = _read(note)
    for certificate in certificates:
        if _is_named(certificate, signature) and origin_of(certificate) == checkpoint.origin:
            _verify(certificate, signature[KEY_HASH_BYTES:], checkpoint.text().encode())
            return checkpoint
    raise CheckpointInvalid("checkpoint.signer", {"origin": checkpoint.origin, "key": signature[:4].hex()})


def _is_named(certificate: x509.Certificate, signature: bytes) -> bool:
    """Tell whether the note names this certificate's key; one that cannot be read is named by nobody."""
    try:
        return key_hash(certificate) == signature[:KEY_HASH_BYTES]
    except AlgorithmForbidden:
        return False


def key_hash(certificate: x509.Certificate) -> bytes:
    """Return the four bytes by which a note names the key that signed it. Raises AlgorithmForbidden."""
    public = public_key(certificate).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(public).digest()[:KEY_HASH_BYTES]


def _read(note: str) -> tuple[Checkpoint, bytes]:
    """Return what a note says, and its signature with the hash of the key before it.

    What is read is written again and compared, so that there is one way to write a checkpoint.
    """
    match = _NOTE.fullmatch(note)
    if match is None or match["name"] != match["origin"]:
        raise CheckpointInvalid("checkpoint.form")
    try:
        at = datetime.strptime(match["at"], _TIME).replace(tzinfo=UTC)
        signature = b64decode(match["signature"], validate=True)
    except ValueError:
        raise CheckpointInvalid("checkpoint.form") from None
    sizes = {name: int(match[name]) for name in ("size", "previous", "stamped")}
    checkpoint = Checkpoint(origin=match["origin"], root=b64decode(match["root"]), at=at, **sizes)
    if checkpoint.text() != match["text"] or b64encode(signature).decode() != match["signature"]:
        raise CheckpointInvalid("checkpoint.form")
    return checkpoint, signature


def _verify(certificate: x509.Certificate, signature: bytes, text: bytes) -> None:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CheckpointInvalid("checkpoint.signature")
    try:
        key.verify(signature, text, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise CheckpointInvalid("checkpoint.signature") from None
