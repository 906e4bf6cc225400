"""Tokens of SoftHSM for tests, in a folder of this test process: made by its own tool, filled through PKCS#11."""

import os
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pkcs11
import pki
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters
from pkcs11.util.x509 import decode_x509_certificate

from signing.signer import SigningKey

PIN = "pin-of-271828"
PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
MODULE = next((place for place in PLACES if Path(place).exists()), "")
needs_softhsm = pytest.mark.skipif(not MODULE, reason="SoftHSM is not installed: make test installs it")
_numbers = count(1)


@cache
def folder() -> Path:
    """The folder of all tokens of this process. SoftHSM reads where it is whenever it is initialised."""
    made = Path(tempfile.mkdtemp(prefix="shekara-tokens-"))
    (made / "tokens").mkdir()
    (made / "softhsm2.conf").write_text(f"directories.tokendir = {made / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(made / "softhsm2.conf")
    return made


def make_token(label: str | None = None) -> str:
    """Make an empty token and return its label."""
    label = label or f"office {next(_numbers)}"
    config = str(folder() / "softhsm2.conf")
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "officer"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "SOFTHSM2_CONF": config})
    initialise()
    return label


def initialise() -> None:
    """Start the module anew, which closes every session: as when a token was pulled and put in again."""
    pkcs11.lib(MODULE).reinitialize()


def put(label: str, *objects: dict[Attribute, Any]) -> None:
    """Store objects on a token; nobody else is logged in afterwards."""
    initialise()
    with pkcs11.lib(MODULE).get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
        for each in objects:
            session.create_object({Attribute.TOKEN: True, **each})


def private_object(key: SigningKey, name: str = "seal", number: bytes = b"\x01") -> dict[Attribute, Any]:
    """Return a P-256 key as an object that a token does not give away."""
    private = key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1" if private.key_size == 256 else "secp384r1"),
        Attribute.VALUE: private.private_numbers().private_value.to_bytes(private.key_size // 8, "big"),
        Attribute.LABEL: name,
        Attribute.ID: number,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.SIGN: True,
    }


def certificate_object(
    certificate: x509.Certificate, name: str = "seal", number: bytes = b"\x01"
) -> dict[Attribute, Any]:
    decoded = decode_x509_certificate(certificate.public_bytes(Encoding.DER))
    return {**decoded, Attribute.LABEL: name, Attribute.ID: number}


def token_with(key: SigningKey | None = None) -> str:
    """Make a token with an office's key, its certificate and its issuer's; return the token's label."""
    key, label = key or pki.office_key(), make_token()
    issuers = [certificate_object(each, "issuer", b"\xff") for each in key.chain]
    put(label, private_object(key), certificate_object(key.certificate), *issuers)
    return label


def address(label: str, rest: str = "id=%01") -> str:
    return f"pkcs11:token={label.replace(' ', '%20')};{rest}?module-path={MODULE}"
