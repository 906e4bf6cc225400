"""What comes back from components/sign.html: the signed bytes, verified, and who signed them.

A form asks for one kind of document, known by the namespace of its root: what was signed for one purpose is refused for
every other.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from litestar.datastructures import UploadFile
from lxml import etree
from msgspec import Struct

from portal.office import Office
from portal.trusting import algorithms_of
from signing.algorithms import Algorithms
from signing.errors import SigningError
from signing.holders import Signer
from signing.limits import LIMITS
from signing.trust import TrustStore
from signing.verify import verify
from signing.xmlgate import SIGNATURES, STATEMENT, open_document

BYTES_MAX = LIMITS.bytes


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return the texts of the codes that only forms and signing in have, by language."""
    return tomllib.loads((Path(__file__).parent / "signing_forms.toml").read_text(encoding="utf-8"))


class FormRefused(SigningError):
    """What was sent is not what the form asked for."""

    def text(self, language: str) -> str:
        return words()[self.code][language].format_map(self.params)


class Genuine(Struct, frozen=True):
    """A document that is genuine, with its signer. `payload` is what was signed, canonical; `root` the same as a tree.

    `data` are the bytes as they came: the evidence.
    """

    data: bytes
    payload: bytes
    root: etree._Element
    signer: Signer
    signing_time: datetime | None


async def signed_bytes(upload: UploadFile | None, most: int = BYTES_MAX) -> bytes:
    """Return what was sent, one byte more than `most` at the most, so that the gate sees that it is too long.

    Raises FormRefused when nothing was sent.
    """
    data = b""
    if upload is not None:
        data = await upload.read(most + 1)
        await upload.close()
    if not data.strip():
        raise FormRefused("form.empty")
    return data


def signed_file(given: Mapping[str, Any]) -> UploadFile | None:
    """Return the file in the field "signed"; a text there is none."""
    found = given.get("signed")
    return found if isinstance(found, UploadFile) else None


async def hand_in(given: Mapping[str, Any], accept: Callable[..., Any], *about: Any) -> None:
    """Read what was signed, and have it accepted, after what it is about, in a thread.

    Raises FormRefused when nothing was sent, and what accepting raises.
    """
    content = await signed_bytes(signed_file(given))
    await anyio.to_thread.run_sync(partial(accept, *about, content))


def verified(data: bytes, office: Office, now: datetime, namespace: str = STATEMENT) -> Genuine:
    """Return the document once its one signature fits, its signer is trusted now, and its root is in `namespace`.

    Raises SigningError. Whether the signer may say what it says is for the caller to judge.
    """
    return examined(data, office.current().trust, algorithms_of(office.settings), now, namespace)


def examined(data: bytes, trust: TrustStore, algorithms: Algorithms, now: datetime, namespace: str) -> Genuine:
    """Do what `verified` does with a given trust store."""
    document = open_document(data, namespaces=SIGNATURES | {namespace})
    if etree.QName(document.root).namespace != namespace:
        raise FormRefused("form.other_document")
    signature = verify(document, algorithms)
    signer = trust.judge(signature.certificate, signature.chain, now)
    return Genuine(data, signature.payload, signature.root, signer, signature.signing_time)
