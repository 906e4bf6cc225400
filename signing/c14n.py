"""Canonical form: the one byte string that two parties hash when they mean the same XML."""

from lxml import etree

from signing.errors import LimitExceeded, MalformedXml, ProfileViolation
from signing.limits import Limits
from signing.xmlgate import XML, Document

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_WITH_COMMENTS = f"{INCLUSIVE}#WithComments"


def canonical(element: etree._Element, algorithm: str) -> bytes:
    """Return the canonical form of an element, always without comments.

    Comments are left out even by `#WithComments`: a reference within the document (URI="" or "#...") selects none, and
    so does Apache Santuario, which NCALayer signs with. Source: XML Signature 1.1, section 4.4.3.3.
    Not for the inclusive form of a part that has elements without prefix: see `check_prefixes`.
    """
    tree = element.getroottree()
    # A root with comments beside it would be taken for a part; as a tree it is not.
    whole = tree if element is tree.getroot() else element
    try:
        return etree.tostring(whole, method="c14n", exclusive=algorithm == EXCLUSIVE, with_comments=False)
    except etree.C14NError:
        raise MalformedXml("xml.malformed", {"line": str(element.sourceline or 1)}) from None


def check_prefixes(part: etree._Element) -> None:
    """Refuse a part whose inclusive form lxml 6.1 gets wrong: it adds xmlns="" to elements in a default namespace.

    Two different documents would come to one form. NCALayer writes prefixes. Raises ProfileViolation.
    """
    if any(element.prefix is None for element in part.iter()):
        raise ProfileViolation("signature.profile", {"place": "ds:SignedInfo/@xmlns"})


def check_no_comments(document: Document) -> None:
    """Refuse comments where the form `#WithComments` is named: they are not signed although it says so.

    Verifiers disagree about them (xmlsec leaves them out, signxml digests them). Raises ProfileViolation.
    """
    if document.has_comments() and any(True for _ in document.root.iter(etree.Comment)):
        raise ProfileViolation("signature.comments")


def check_inclusive_cost(document: Document, limits: Limits) -> None:
    """Refuse a document whose inclusive canonical form would be explosive, or would depend on its surroundings.

    libxml2 does not carry xml:* attributes from the root into a part below it, as inclusive canonical form demands.
    Raises LimitExceeded, ProfileViolation.
    """
    declarations = document.namespace_declarations
    if declarations > limits.inclusive_namespace_declarations:
        raise LimitExceeded("namespaces", limits.inclusive_namespace_declarations)
    if declarations**2 * document.element_count > limits.inclusive_cost:
        raise LimitExceeded("namespaces", limits.inclusive_namespace_declarations)
    if any(name.startswith(f"{{{XML}}}") for name in document.root.attrib):
        raise ProfileViolation("signature.profile", {"place": f"{etree.QName(document.root).localname}/@xml:*"})
