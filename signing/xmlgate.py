"""The gate every document passes before anything else looks at it: bytes, parser, shape."""

import re
from dataclasses import dataclass
from functools import cache
from typing import cast

from lxml import etree

from signing.errors import LimitExceeded, MalformedXml, ProfileViolation
from signing.limits import LIMITS, Limits

DECLARATION = "urn:shekara:ccd:1"
NOTICE = "urn:shekara:notice:1"
STATEMENT = "urn:shekara:statement:1"
CONTEST = "urn:shekara:contest:1"
REGISTRY = "urn:shekara:registry:1"
AUDIT = "urn:shekara:audit:1"
PASSENGER = "urn:shekara:passenger:1"
PASSENGER_ACT = "urn:shekara:passenger-act:1"
SIGN_IN = "urn:shekara:sign-in:1"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XADES_141 = "http://uri.etsi.org/01903/v1.4.1#"
XML = "http://www.w3.org/XML/1998/namespace"

SIGNATURES = frozenset({DS, XADES, XADES_141})
# whoever signs in declares nothing: not SIGN_IN
KNOWN_NAMESPACES = SIGNATURES | {DECLARATION, NOTICE, STATEMENT, CONTEST, REGISTRY, AUDIT, PASSENGER, PASSENGER_ACT}

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_XML_DECLARATION_STARTS = (b"<?xml ", b"<?xml\t", b"<?xml\n", b"<?xml\r")
_XML_DECLARATION = re.compile(
    rb"""<\?xml\s+version\s*=\s*["'](?P<version>[^"'<>]*)["']"""
    rb"""(?:\s+encoding\s*=\s*["'](?P<encoding>[^"'<>]*)["'])?"""
    rb"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>"""
)
# Bounded everywhere, so that a text full of "xmlns" costs nothing; what is longer is looked up in the tree.
_NAMESPACE_DECLARATION = re.compile(
    rb"""xmlns[^=<>"']{0,200}=\s{0,200}(?:"([^"]{0,200})"|'([^']{0,200})')""",
)
_RESOURCE_LIMIT = etree.ErrorTypes.ERR_RESOURCE_LIMIT

_ATTRIBUTES = "/descendant-or-self::*/@*"
_count_elements = etree.XPath("count(/descendant-or-self::*)")
_count_attributes = etree.XPath(f"count({_ATTRIBUTES})")
_find_identifiers = etree.XPath(
    f"{_ATTRIBUTES}[name() = 'Id' or name() = 'ID' or name() = 'id' or name() = 'xml:id']", smart_strings=False
)
_has_instructions = etree.XPath("boolean(/descendant::processing-instruction())")
_has_comments = etree.XPath("boolean(/descendant::comment())")
_find_attributes_in_namespaces = etree.XPath(f"{_ATTRIBUTES}[namespace-uri()]")


@dataclass(frozen=True, eq=False)
class Document:
    """A document that passed the gate: the tree, and the bytes it was read from.

    `namespace_declarations` may be too high, when a text speaks of xmlns, and never too low.
    """

    root: etree._Element
    data: bytes
    element_count: int
    attribute_count: int
    namespace_declarations: int

    def has_comments(self) -> bool:
        """Tell whether there are comments in the tree or beside its root."""
        return bool(_has_comments(self.root))


def open_document(data: bytes, limits: Limits = LIMITS, namespaces: frozenset[str] = KNOWN_NAMESPACES) -> Document:
    """Read untrusted bytes into a tree, or refuse them; nothing outside the bytes is ever opened.

    UTF-8 without byte order mark, XML 1.0, no DOCTYPE, no processing instructions, names only in `namespaces` or
    in none, unique identifiers. Raises MalformedXml, LimitExceeded, ProfileViolation.
    """
    _check_bytes(data, limits)
    namespace_declarations = data.count(b"xmlns")
    if namespace_declarations > limits.namespace_declarations:
        raise LimitExceeded("namespaces", limits.namespace_declarations)
    document = _measure(_parse(data, limits), data, namespace_declarations, limits)
    _check_names(document, namespaces)
    return document


def _check_bytes(data: bytes, limits: Limits) -> None:
    """Refuse what can be refused by looking at bytes alone, before the parser spends anything."""
    if len(data) > limits.bytes:
        raise LimitExceeded("bytes", limits.bytes)
    if data.startswith(_BYTE_ORDER_MARKS) or b"\0" in data:
        raise MalformedXml("xml.encoding")
    if data.startswith(_XML_DECLARATION_STARTS):
        _check_xml_declaration(data)
    if b"<!DOCTYPE" in data:
        raise ProfileViolation("xml.doctype")
    if _has_more(data, b"<", 2 * limits.elements):
        raise LimitExceeded("elements", limits.elements)
    if _has_more(data, b"=", 2 * limits.attributes):
        raise LimitExceeded("attributes", limits.attributes)
    if _has_more(data, b"&", limits.references):
        raise LimitExceeded("references", limits.references)


def _has_more(data: bytes, mark: bytes, most: int) -> bool:
    return len(data) > most * len(mark) and data.count(mark) > most


def _check_xml_declaration(data: bytes) -> None:
    declaration = _XML_DECLARATION.match(data[:200])
    if declaration is None:
        raise MalformedXml("xml.malformed", {"line": "1"})
    if declaration["version"] != b"1.0":
        raise MalformedXml("xml.version")
    if (declaration["encoding"] or b"utf-8").lower() != b"utf-8":
        raise MalformedXml("xml.encoding")


def _parse(data: bytes, limits: Limits) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if error.code == _RESOURCE_LIMIT:
            raise LimitExceeded("depth", limits.depth) from None
        raise MalformedXml("xml.malformed", {"line": str(error.lineno or 1)}) from None
    if root.getroottree().docinfo.doctype:
        raise ProfileViolation("xml.doctype")
    return root


def _measure(root: etree._Element, data: bytes, namespace_declarations: int, limits: Limits) -> Document:
    """Count what the tree holds, and refuse what is too large or too costly to canonicalise."""
    document = Document(
        root=root,
        data=data,
        element_count=int(cast(float, _count_elements(root))),
        attribute_count=int(cast(float, _count_attributes(root))),
        namespace_declarations=namespace_declarations,
    )
    if document.element_count > limits.elements:
        raise LimitExceeded("elements", limits.elements)
    if document.attribute_count > limits.attributes:
        raise LimitExceeded("attributes", limits.attributes)
    if _has_more_attributes_than(limits.attributes_of_one_element)(root):
        raise LimitExceeded("attributes_of_one_element", limits.attributes_of_one_element)
    if _is_deeper_than(limits.depth)(root):
        raise LimitExceeded("depth", limits.depth)
    names = document.element_count + document.attribute_count
    if document.namespace_declarations * names > limits.exclusive_cost:
        raise LimitExceeded("namespaces", limits.namespace_declarations)
    return document


@cache
def _has_more_attributes_than(count: int) -> etree.XPath:
    return etree.XPath(f"boolean({_ATTRIBUTES}[{count + 1}])")


@cache
def _is_deeper_than(depth: int) -> etree.XPath:
    return etree.XPath(f"boolean({'/*' * (depth + 1)})")


def _check_names(document: Document, namespaces: frozenset[str]) -> None:
    """Refuse unknown namespaces, processing instructions, and identifiers that are not unique."""
    root = document.root
    if not _speaks_only_of(document, namespaces):
        for node in (*root.itersiblings(preceding=True), *root.iter(), *root.itersiblings()):
            _check_tag(node.tag, namespaces)
    for attribute in cast(list[etree._ElementUnicodeResult], _find_attributes_in_namespaces(root)):
        _check_namespace(str(attribute.attrname), namespaces | {XML})
    identifiers: set[str] = set()
    for identifier in cast(list[str], _find_identifiers(root)):
        if identifier in identifiers:
            raise ProfileViolation("xml.identifier", {"identifier": identifier[:200]})
        identifiers.add(identifier)


def _speaks_only_of(document: Document, namespaces: frozenset[str]) -> bool:
    """Tell without looking at each element whether all must be in a known namespace, and no instruction is there.

    Every "xmlns" must begin a declaration of a known namespace. False means only that the tree has to be looked
    through: a namespace declared but not used does no harm.
    """
    data = document.data
    declared = [double or single for double, single in _NAMESPACE_DECLARATION.findall(data)]
    return (
        len(declared) == document.namespace_declarations
        and namespaces.issuperset(value.decode("ascii", "replace") for value in declared)
        and b"<xml:" not in data
        and not _has_instructions(document.root)
    )


def _check_tag(tag: object, namespaces: frozenset[str]) -> None:
    """Refuse processing instructions and unknown namespaces; comments may pass."""
    if tag is etree.Comment:
        return
    if not isinstance(tag, str):
        raise ProfileViolation("xml.instruction")
    _check_namespace(tag, namespaces)


def _check_namespace(name: str, namespaces: frozenset[str]) -> None:
    namespace = name[1 : name.index("}")] if name[0] == "{" else None
    if namespace is not None and namespace not in namespaces:
        raise ProfileViolation("xml.namespace", {"namespace": namespace[:200]})
