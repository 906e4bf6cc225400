"""The floor: what nobody who takes a signed declaration can leave out, done by the bare libraries."""

import hashlib
import sqlite3
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from declarations.grammar import SCHEMA_FILE
from signing.signer import SigningKey


class Floor:
    """Parse, validate, canonicalise, digest and verify one RSA signature; then commit one blob durably."""

    def __init__(self, path: Path, key: SigningKey) -> None:
        public = key.certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise TypeError("the floor is measured with an RSA key")
        self._public = public
        self._message = b"as long as a SignedInfo".ljust(1_200)
        self._signature = key.sign(self._message)
        self._schema = etree.XMLSchema(etree.parse(SCHEMA_FILE))
        self._database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY, content BLOB NOT NULL)")

    def judge(self, data: bytes) -> None:
        """Raises when the document is not valid: then the floor would measure something else."""
        root = etree.fromstring(data)
        self._schema.assertValid(root)
        hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True)).digest()
        self._public.verify(self._signature, self._message, padding.PKCS1v15(), hashes.SHA256())

    def commit(self, data: bytes) -> None:
        self._database.execute("INSERT INTO kept (content) VALUES (?)", (data,))

    def close(self) -> None:
        self._database.close()
