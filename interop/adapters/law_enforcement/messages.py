"""What law enforcement and we say to each other: XML after schema/law-enforcement-1.0.xsd."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from lxml import etree
from msgspec import Struct

from interop.calls import ANSWER_BYTES_MOST
from signing import xmlgate
from signing.errors import SigningError
from signing.limits import Limits

XML = "application/xml"
NAMESPACE = "urn:shekara:law-enforcement:1"
QUERY_PATH, REPORT_PATH = "/notices/query", "/reports"
SCHEMA_FILE = Path(__file__).parent / "schema" / "law-enforcement-1.0.xsd"
LIMITS = Limits(bytes=ANSWER_BYTES_MOST, elements=500, attributes=100, references=2_000, depth=8)
_of_thread = threading.local()


class NotValid(Exception):
    """Bytes are not one of these messages."""


class NoticeQuery(Struct, frozen=True):
    query_id: str
    subject: str
    purpose: str
    legal_basis: str
    asked_at: datetime


class NoticeAnswer(Struct, frozen=True):
    """`notices` are number and ground of each notice about the subject, none when there is none."""

    query_id: str
    subject: str
    notices: tuple[tuple[str, str], ...]
    as_of: datetime


class Report(Struct, frozen=True):
    """A message of one side to the other, of `kind` decision or violation. `fields` are texts by their names."""

    message_id: str
    kind: str
    fields: Mapping[str, str]


class Receipt(Struct, frozen=True):
    """`digest` is SHA-256 of the report's bytes as received, in hex."""

    message_id: str
    digest: str


Message = NoticeQuery | NoticeAnswer | Report | Receipt


def write(message: Message) -> bytes:
    """Return a message as XML. Raises `NotValid` for what the schema does not allow."""
    match message:
        case NoticeQuery():
            root = _element(
                "NoticeQuery",
                ("QueryId", message.query_id),
                ("Subject", message.subject),
                ("Purpose", message.purpose),
                ("LegalBasis", message.legal_basis),
                ("AskedAt", message.asked_at.isoformat()),
            )
        case NoticeAnswer():
            root = _element("NoticeAnswer", ("QueryId", message.query_id), ("Subject", message.subject))
            root.extend(_element("Notice", ("Number", number), ("Ground", why)) for number, why in message.notices)
            root.append(_leaf("AsOf", message.as_of.isoformat()))
        case Report():
            root = _element("Report", ("MessageId", message.message_id), ("Kind", message.kind))
            for name, value in sorted(message.fields.items()):
                root.append(field := _leaf("Field", value))
                field.set("name", name)
        case Receipt():
            root = _element("Receipt", ("MessageId", message.message_id), ("Digest", message.digest))
    if not _schema().validate(root):
        raise NotValid
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read(data: bytes) -> Message:
    """Read a message. Raises `NotValid` for anything that does not follow the schema, or that is made to hurt."""
    try:
        root = xmlgate.open_document(data, LIMITS, frozenset({NAMESPACE})).root
    except SigningError:
        raise NotValid from None
    if not _schema().validate(root):
        raise NotValid
    name, said = etree.QName(root).localname, {etree.QName(each).localname: each.text or "" for each in root}
    try:
        return _READERS[name](root, said)
    except ValueError:  # a moment that the schema accepts and no calendar holds
        raise NotValid from None


def _query(_root: etree._Element, said: Mapping[str, str]) -> NoticeQuery:
    asked_at = datetime.fromisoformat(said["AskedAt"])
    return NoticeQuery(said["QueryId"], said["Subject"], said["Purpose"], said["LegalBasis"], asked_at)


def _answer(root: etree._Element, said: Mapping[str, str]) -> NoticeAnswer:
    notices = tuple(
        (each.findtext(f"{{{NAMESPACE}}}Number", ""), each.findtext(f"{{{NAMESPACE}}}Ground", ""))
        for each in root.iter(f"{{{NAMESPACE}}}Notice")
    )
    return NoticeAnswer(said["QueryId"], said["Subject"], notices, datetime.fromisoformat(said["AsOf"]))


def _report(root: etree._Element, said: Mapping[str, str]) -> Report:
    fields = {str(each.get("name")): each.text or "" for each in root.iter(f"{{{NAMESPACE}}}Field")}
    return Report(said["MessageId"], said["Kind"], fields)


def _receipt(_root: etree._Element, said: Mapping[str, str]) -> Receipt:
    return Receipt(said["MessageId"], said["Digest"])


_READERS: Mapping[str, Callable[[etree._Element, Mapping[str, str]], Message]] = {
    "NoticeQuery": _query,
    "NoticeAnswer": _answer,
    "Report": _report,
    "Receipt": _receipt,
}


def _element(name: str, *leaves: tuple[str, str]) -> etree._Element:
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={None: NAMESPACE})
    element.extend(_leaves(leaves))
    return element


def _leaves(leaves: Iterable[tuple[str, str]]) -> list[etree._Element]:
    return [_leaf(name, text) for name, text in leaves]


def _leaf(name: str, text: str) -> etree._Element:
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={None: NAMESPACE})
    try:
        element.text = text
    except ValueError:  # characters that XML cannot hold
        raise NotValid from None
    return element


def _schema() -> etree.XMLSchema:
    """Return this thread's own validator: libxml2's keeps its error log in itself."""
    schema: etree.XMLSchema | None = getattr(_of_thread, "schema", None)
    if schema is None:
        schema = _of_thread.schema = etree.XMLSchema(etree.parse(SCHEMA_FILE))
    return schema
