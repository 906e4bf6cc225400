"""Statements: the XML that somebody signs so that a move may be made, and the confidential annex of an inspection act.

The portal writes them, keeps them as written, and takes them back only with the same content: docs/lifecycle.md.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from msgspec import Struct

from portal.casework.model import FileInfo, InspectionAct, Mover, ProfileResult, Writing
from risk_gateway.profiles import Motive
from signing.c14n import EXCLUSIVE, canonical
from signing.xmlgate import STATEMENT

ANNEX = "urn:shekara:annex:1"


class Subject(Struct, frozen=True):
    """What a statement is about. `digest` is SHA-256 of the declaration's received bytes."""

    number: str
    version: int
    digest: str


class Annex(Struct, frozen=True):
    """What an inspection act keeps inside the office: what was found of each profile that led to it."""

    number: str
    statement: str
    results: tuple[ProfileResult, ...]
    amount_tiyn: int
    motive: Motive | None


class Draft(Struct, frozen=True):
    """A statement that is to be written: by whom, of what, with which files. `act` is the number of an act."""

    id: str
    subject: Subject
    by: Mover
    at: datetime
    writing: Writing
    files: Sequence[FileInfo] = ()
    act: str = ""
    annex_digest: str = ""


def write(draft: Draft) -> bytes:
    """Return the statement, ready to be signed. No profile is named in it."""
    return "".join(_parts(draft)).encode()


def write_annex(annex: Annex, salt: str) -> bytes:
    """Return the annex of an act. The `salt` keeps its digest, which the act shows, from telling its content."""
    results = "".join(
        f'<Result profile={quoteattr(each.profile)} found="{str(each.found).lower()}"/>' for each in annex.results
    )
    motive = _element("Motive", annex.motive.value) if annex.motive else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Annex xmlns="{ANNEX}" schemaVersion="1.0">'
        f"{_element('StatementID', annex.statement)}{_element('ActNumber', annex.number)}{_element('Salt', salt)}"
        f"{results}<AmountTiyn>{annex.amount_tiyn}</AmountTiyn>{motive}</Annex>\n"
    ).encode()


def read_annex(data: bytes) -> Annex:
    """Read an annex that `write_annex` made."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))

    def text(name: str) -> str:
        return root.findtext(f"{{{ANNEX}}}{name}") or ""

    return Annex(
        number=text("ActNumber"),
        statement=text("StatementID"),
        results=tuple(
            ProfileResult(each.get("profile", ""), each.get("found") == "true")
            for each in root.iter(f"{{{ANNEX}}}Result")
        ),
        amount_tiyn=int(text("AmountTiyn")),
        motive=Motive(text("Motive")) if text("Motive") else None,
    )


def digest_of(root: etree._Element) -> str:
    """Return the SHA-256 of the canonical form of a statement without signature: how it was written plays no part."""
    return hashlib.sha256(canonical(root, EXCLUSIVE)).hexdigest()


def digest_of_bytes(document: bytes) -> str:
    return digest_of(etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True)))


def _parts(draft: Draft) -> Iterator[str]:
    writing, by = draft.writing, draft.by
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<Statement xmlns="{STATEMENT}" schemaVersion="1.0">'
    yield _element("ID", draft.id)
    yield _element("Kind", writing.kind.value)
    yield _element("RegistrationNumber", draft.subject.number)
    yield _element("Version", str(draft.subject.version))
    yield f'<DeclarationDigest algorithm="SHA-256">{draft.subject.digest}</DeclarationDigest>'
    yield _element("PreparedAt", draft.at.astimezone(UTC).isoformat())
    yield f"<Maker>{_element('IIN', by.iin)}{_element('Name', by.name)}{_element('Role', by.actor.value)}"
    if by.organisation:
        yield _element("Organisation", by.organisation)
    if by.post:
        yield _element("Post", by.post)
    yield "</Maker>"
    if writing.request is not None:
        yield _element("Request", str(writing.request))
    if writing.text:
        yield _element("Text", writing.text)
    for file in draft.files:
        about = f"name={quoteattr(file.name)} mediaType={quoteattr(file.media_type)} size={quoteattr(str(file.size))}"
        yield f'<File {about}><Digest algorithm="SHA-256">{file.digest}</Digest></File>'
    if writing.act is not None:
        yield from _act(draft, writing.act)
    yield "</Statement>\n"


def _act(draft: Draft, act: InspectionAct) -> Iterator[str]:
    yield f'<InspectionAct number={quoteattr(draft.act)} extent="{act.extent.value}">'
    yield _element("Place", act.place)
    yield _element("Measured", act.measured)
    for each in act.items:
        found = str(each.found).lower()
        yield f'<Item sequence="{each.item}" found="{found}">{escape(each.text)}</Item>'
    if act.amount_tiyn:
        yield f"<AmountTiyn>{act.amount_tiyn}</AmountTiyn>"
    yield f'<AnnexDigest algorithm="SHA-256">{draft.annex_digest}</AnnexDigest>'
    yield "</InspectionAct>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
