"""What we sign is the original text with a signature in it, and independent verifiers accept it."""

from functools import cache

import pki
import pytest
from forgery import PLAIN, signed
from lxml import etree
from oracles import signxml_accepts, xmlsec_accepts

from signing.authority import P256, P384, RSA_2048, RSA_3072
from signing.errors import ProfileViolation, SigningError
from signing.signer import SigningKey, sign, sign_like_ncalayer
from signing.verify import verify
from signing.xmlgate import open_document

DOCUMENTS = {
    "default namespace": PLAIN,
    "no namespace": b"<login><nonce>abc</nonce></login>",
    "prefix": b'<c:Declaration xmlns:c="urn:shekara:ccd:1"><c:Name>x</c:Name></c:Declaration>',
    "namespace declared and not used": b'<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><a/></r>',
    "prefix ds means something else": b'<ds:r xmlns:ds="urn:shekara:ccd:1" ds:a="1"><ds:b/></ds:r>',
    "prefix xades means something else": b'<r xmlns:xades="urn:shekara:notice:1"><xades:b/></r>',
    "namespace undone": b'<r xmlns="urn:shekara:ccd:1"><a xmlns=""><b xmlns="urn:shekara:notice:1"/></a></r>',
    "standalone": b"<?xml version='1.0' standalone='yes'?><r>x</r>",
    "comments around": b"<!-- a --><r>x</r><!-- </r> --> <!--<r>-->\n",
    "comments around a default namespace": (
        b'<!-- a --><r xmlns="urn:shekara:ccd:1"><a><b xmlns=""><c/></b><d><e>x</e></d></a></r><!-- z -->'
    ),
    "comments inside": b"<r>a<!-- b -->c<d><!-- <e/> --></d><!-- last --></r>",
    "root ends like a comment": b"<r-->x</r--><!-- </r--> <!-- -->",
    "closing tag with space": b"<r>x</r \t\n>\n",
    "element of the root's name inside": b"<r><r><r>x</r></r></r>",
    "CDATA": b"<r><![CDATA[</r> & <b>]]></r>",
    "carriage return": b"<r a='&#13;&#10;&#9;'>x&#13;\ny</r>",
    "raw carriage return": b"<r>\r\n  <a>x\r\ny</a>\r\n</r>\r\n",
    "language": b'<r xml:lang="kk" xml:space="preserve"> <a xml:lang="ru">x</a> </r>',
    "non-BMP text": "<r a='𝒳'>𠀀😀 Әлем ԱՎՏՈ</r>".encode(),
    "references": b"<r a='&quot;&apos;&lt;&amp;'>&#x1F600;&gt;&#1178;</r>",
    "order of attributes": (
        b'<r xmlns:b="urn:shekara:ccd:1" xmlns:a="urn:shekara:notice:1" b:z="1" a:z="2" z="3" a="4"></r>'
    ),
    "white space only": b"<r> \n </r>",
}
KINDS = (P256, P384, RSA_2048, RSA_3072)


@cache
def key_of_kind(kind: str) -> SigningKey:
    return pki.authority().person("Variety Demo", "850412450128", kind=kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_we_sign_is_accepted_by_us_and_by_both_oracles(name: str, kind: str) -> None:
    original, key = DOCUMENTS[name], key_of_kind(kind)
    data = sign(original, key, pki.NOW)
    verified = verify(open_document(data))
    canonical = etree.tostring(etree.fromstring(original), method="c14n", exclusive=True, with_comments=False)
    assert verified.payload == canonical
    assert verified.certificate == key.certificate
    assert verified.signing_time == pki.NOW
    assert signxml_accepts(data, key) == canonical
    xmlsec_accepts(data, key)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_original_text_is_never_written_anew(name: str) -> None:
    original = DOCUMENTS[name]
    data = sign(original, key_of_kind(P256), pki.NOW)
    start = data.index(b"<ds:Signature ")
    end = data.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    assert data[:start] + data[end:] == original


@pytest.mark.parametrize("name", sorted(DOCUMENTS.keys() - {"comments inside", "language"}))
def test_what_is_signed_like_ncalayer_is_accepted_by_all_three(name: str) -> None:
    key = key_of_kind(P256)
    data = sign_like_ncalayer(DOCUMENTS[name], key)
    verified = verify(open_document(data))
    assert (verified.profile, verified.signing_time, verified.chain) == ("kz-xmldsig", None, ())
    assert signxml_accepts(data, key, xades=False, references=1) == verified.payload
    xmlsec_accepts(data, key)


def test_what_ncalayer_would_leave_unsigned_is_not_signed() -> None:
    """The form is named with comments, yet no verifier but signxml digests them: so there may be none."""
    with pytest.raises(ProfileViolation) as refusal:
        sign_like_ncalayer(DOCUMENTS["comments inside"], key_of_kind(P256))
    assert refusal.value.code == "signature.comments"


def test_names_beyond_ascii_are_signed_too() -> None:
    """Here only xmlsec is asked: signxml writes such names as character references and cannot read them again."""
    key = key_of_kind(P256)
    data = sign("<𠀀 𠀁='1' б='2'><тауар/></𠀀>".encode(), key, pki.NOW)
    assert verify(open_document(data)).payload == '<𠀀 б="2" 𠀁="1"><тауар></тауар></𠀀>'.encode()
    xmlsec_accepts(data, key)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"<r/>", "sign.empty"),
        (b"<r a='1' />\n<!-- </r> -->", "sign.empty"),
        (b"<!DOCTYPE r><r></r>", "xml.doctype"),
        (b"<r>", "xml.malformed"),
        (b"<r>x</r><?go?>", "xml.instruction"),
        (b'<r xmlns="urn:evil">x</r>', "xml.namespace"),
    ],
)
def test_what_could_not_be_verified_is_not_signed(document: bytes, code: str) -> None:
    with pytest.raises(SigningError) as refusal:
        sign(document, key_of_kind(P256), pki.NOW)
    assert refusal.value.code == code


def test_a_signed_document_is_not_signed_again() -> None:
    with pytest.raises(ProfileViolation) as refusal:
        sign(signed(), key_of_kind(P256), pki.NOW)
    assert refusal.value.code == "sign.signed"
