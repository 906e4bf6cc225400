"""Look for private keys and passwords where they must not be, in every form in which they are likely to be written."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping

import zstandard
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine
from sqlmodel import SQLModel

from portal.database import reading
from signing.signer import PrivateKey

WHITE_SPACE = b" \r\n\t"


def forms_of_key(key: PrivateKey) -> Mapping[str, bytes]:
    """Return what betrays a private key: its scalar, or the exponent and first prime of RSA, and its PKCS#8."""
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = {"d": key.private_numbers().d, "p": key.private_numbers().p}
    else:
        numbers = {"scalar": key.private_numbers().private_value}
    forms = {"pkcs8": pkcs8, "pkcs8 in base64": b64encode(pkcs8)}
    for name, number in numbers.items():
        forms |= {
            f"{name} {form}": data for form, data in _forms(number.to_bytes(-(-number.bit_length() // 8))).items()
        }
        forms[f"{name} in digits"] = str(number).encode()
    return forms


def forms_of_text(secret: str) -> Mapping[str, bytes]:
    """Return what betrays a password or PIN; PKCS#12 spells it in UTF-16."""
    return {**_forms(secret.encode()), "in UTF-16": secret.encode("utf-16-be")}


def traces(forms: Mapping[str, bytes], data: bytes) -> list[str]:
    """Return the forms that occur in the data, or would if its white space were left out."""
    joined = data.translate(None, WHITE_SPACE)
    return [name for name, form in forms.items() if form in data or form.translate(None, WHITE_SPACE) in joined]


def contents(engine: Engine) -> bytes:
    """Return every value of every table, and what is packed in it; of SQLite also every byte of its files."""
    parts = []
    with reading(engine) as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(table.select()):
                parts += [part for value in row for part in _unpacked(value)]
    if engine.dialect.name == "sqlite":
        path = str(engine.url.database)
        for suffix in ("", "-wal", "-shm"):
            with open(path + suffix, "rb") as file:
                parts.append(file.read())
    return b"\0".join(parts)


def _forms(secret: bytes) -> dict[str, bytes]:
    return {
        "as it is": secret,
        "in hex": secret.hex().encode(),
        "in capital hex": secret.hex().upper().encode(),
        **{f"in base64 after {before} bytes": _in_base64(b64encode, secret, before) for before in range(3)},
        **{
            f"in base64 of URLs after {before} bytes": _in_base64(urlsafe_b64encode, secret, before)
            for before in (0, 1, 2)
        },
    }


def _in_base64(encode, secret: bytes, before: int) -> bytes:
    """Return the letters that the secret makes in the base64 of something longer, whatever stands around it."""
    text = encode(bytes(before) + secret)
    return text[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]


def _unpacked(value: object) -> list[bytes]:
    if not isinstance(value, bytes):
        return [str(value).encode()]
    try:
        return [value, zstandard.decompress(value)]
    except zstandard.ZstdError:
        return [value]
