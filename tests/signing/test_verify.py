"""What is accepted, and what the caller is handed: only what was signed."""

import pki
import pytest
from forgery import PLAIN, resigned, signature, signed, signed_by_ncalayer
from lxml import etree
from oracles import signxml_accepts, xmlsec_accepts

from signing.algorithms import SHIPPED, Algorithms
from signing.errors import AlgorithmForbidden, ProfileViolation
from signing.signer import sign
from signing.verify import verify
from signing.xmlgate import open_document


def canonical(root: etree._Element) -> bytes:
    return etree.tostring(root, method="c14n", exclusive=True)


def test_a_signed_document_is_verified_down_to_its_particulars() -> None:
    verified = verify(open_document(signed()))
    assert verified.profile == "xades-b"
    assert verified.algorithm.endswith("rsa-sha256")
    assert verified.certificate == pki.key_of("anna").certificate
    assert verified.chain == (pki.authority().issuing.certificate,)
    assert verified.signing_time == pki.NOW
    assert len(verified.signature_value) == 256


def test_the_tree_handed_on_is_the_signed_payload_and_nothing_else() -> None:
    verified = verify(open_document(signed()))
    assert canonical(verified.root) == verified.payload == canonical(etree.fromstring(PLAIN))


def test_a_comment_inside_a_value_does_not_change_what_is_read() -> None:
    document = b"<r><Amount>1<!-- . -->00<!-- x -->.00</Amount><!-- y --></r>"
    verified = verify(open_document(sign(document, pki.key_of("berik"), pki.NOW)))
    assert verified.root.findtext("Amount") == "100.00"
    assert not list(verified.root.iter(etree.Comment))
    assert b"<Amount>100.00</Amount>" in verified.payload


def test_a_comment_added_after_signing_changes_nothing() -> None:
    data = signed().replace(b"100.00", b"10<!-- </Amount> -->0.00")
    verified = verify(open_document(data))
    assert verified.root.findtext("{urn:shekara:ccd:1}Amount") == "100.00"


@pytest.mark.parametrize("place", [b"\n  <Name>", b"<Amount>", b"\n</Declaration>"])
def test_the_text_after_the_signature_stays_where_it_was(place: bytes) -> None:
    own = signature(signed())
    data = signed().replace(own, b"").replace(place, own + place, 1)
    assert verify(open_document(data)).payload == canonical(etree.fromstring(PLAIN))
    signxml_accepts(data, pki.key_of("anna"))
    xmlsec_accepts(data, pki.key_of("anna"))


def test_the_root_may_be_referred_to_by_its_identifier() -> None:
    data = resigned(lambda text: text.replace('URI=""', 'URI="#all"'))()
    assert verify(open_document(data)).payload == canonical(etree.fromstring(PLAIN))
    signxml_accepts(data, pki.key_of("anna"))
    xmlsec_accepts(data, pki.key_of("anna"))


def test_base64_may_be_broken_into_lines_as_ncalayer_on_windows_does() -> None:
    data = signed_by_ncalayer()
    text = pki.key_of("berik").certificate_texts[0].encode()
    data = data.replace(text, b"&#13;\n".join(text[start : start + 76] for start in range(0, len(text), 76)))
    assert verify(open_document(data)).profile == "kz-xmldsig"


def test_a_document_can_be_verified_only_once_because_its_tree_is_used_up() -> None:
    document = open_document(signed())
    verify(document)
    with pytest.raises(ProfileViolation) as refusal:
        verify(document)
    assert refusal.value.code == "signature.missing"


def test_an_algorithm_taken_out_of_the_registry_is_refused() -> None:
    without = {uri: scheme for uri, scheme in SHIPPED.signatures.items() if "rsa" not in uri}
    with pytest.raises(AlgorithmForbidden):
        verify(open_document(signed()), Algorithms(without, SHIPPED.digests))


def test_the_gate_counts_what_the_tree_holds() -> None:
    document = open_document(b'<r a="1"><b c="2" d="3"/><!-- e --></r>')
    assert (document.element_count, document.attribute_count, document.namespace_declarations) == (2, 3, 0)


@pytest.mark.parametrize(
    "document",
    [
        b"<r>xmlns='urn:evil' is only text</r>",
        b'<r xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>',
        b"<r><!-- <?go?> --><![CDATA[<?go?>]]></r>",
        b"<r>" + b"<a>" * 62 + b"</a>" * 62 + b"</r>",
        b"<r " + b" ".join(b"a%d=''" % number for number in range(64)) + b"/>",
        b"<?xml version='1.0' encoding='utf-8' standalone='no' ?><r/>",
        b" \n<r/>",
    ],
)
def test_the_gate_lets_pass_what_only_looks_suspicious(document: bytes) -> None:
    assert open_document(document).root.tag == "r"


def test_the_gate_takes_its_namespaces_as_a_parameter() -> None:
    assert open_document(b'<r xmlns="urn:other"/>', namespaces=frozenset({"urn:other"})).element_count == 1
    with pytest.raises(ProfileViolation):
        open_document(PLAIN, namespaces=frozenset({"urn:other"}))
