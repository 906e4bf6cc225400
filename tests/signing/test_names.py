"""The gate's quick look at the bytes never lets pass a name that a look at the tree would refuse."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from lxml import etree

from signing.errors import MalformedXml, ProfileViolation
from signing.xmlgate import KNOWN_NAMESPACES, XML, open_document

PIECES = [
    *(
        "<a>",
        "</a>",
        "<b/>",
        "<p:a/>",
        "<p:a>",
        "</p:a>",
        "<xml:a/>",
        '<a xml:lang="kk"/>',
        "<p:a p:b='1'/>",
        "<a e:b=''/>",
    ),
    *('<a xmlns="urn:evil"/>', "<a xmlns='urn:evil'>", '<a xmlns = "urn:shekara:ccd:1">', "<a xmlns\n=\n'urn:evil'/>"),
    *('<p:a xmlns:p="urn:evil"/>', '<p:a xmlns:p="urn:shekara:notice:1"/>', "<p:a xmlns:p='urn:shekara:ccd&#58;1'/>"),
    *('<a xmlns:e="urn:evil" e:b="1"/>', '<a xmlns=""/>', "<a b=\"xmlns='urn:evil'\"/>", '<a b="xmlns="/>'),
    *("xmlns", "xmlns=", 'xmlns="urn:shekara:ccd:1"', "xmlns='urn:evil'", "=", '"', "'", "x", " "),
    *("<?go?>", "<?xml?>", "<!--<?go?>-->", "<!-- xmlns='urn:evil' -->", "<![CDATA[<?go?>]]>", "<![CDATA[ xmlns= ]]>"),
    f"<p:a xmlns:p='urn:evil' {' ' * 300}/>",
    f"<p:a xmlns:p{' ' * 300}='urn:evil'/>",
    f"<a xmlns='urn:{'x' * 300}'/>",
]


def is_harmless(data: bytes) -> bool:
    """Judge by the tree alone."""
    root = etree.fromstring(data)
    for node in (*root.itersiblings(preceding=True), *root.iter(), *root.itersiblings()):
        if node.tag is etree.Comment:
            continue
        if not isinstance(node.tag, str):
            return False
        if etree.QName(node.tag).namespace not in {None, *KNOWN_NAMESPACES}:
            return False
        if any(etree.QName(str(name)).namespace not in {None, XML, *KNOWN_NAMESPACES} for name in node.attrib):
            return False
    return True


@given(some.lists(some.sampled_from(PIECES), max_size=8), some.lists(some.sampled_from(PIECES), max_size=2))
@settings(max_examples=3_000)
@example(["xmlns ", '<p:a xmlns:p="urn:evil"/>'], [])
@example(['xmlns="urn:shekara:ccd:1"', '<a xmlns="urn:evil"/>'], [])
def test_the_quick_look_and_the_tree_agree(inside: list[str], before: list[str]) -> None:
    data = f"{''.join(before)}<r xmlns:p='urn:shekara:ccd:1' xmlns:e='urn:evil'>{''.join(inside)}</r>".encode()
    try:
        open_document(data)
    except MalformedXml:
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(data)
    except ProfileViolation:
        assert not is_harmless(data)
    else:
        assert is_harmless(data)
