"""Documents with several signatures: each covers those made before it, and none counts unless all verify."""

import pki
import pytest
from countersigning import HOSTILE, PAIRS, Signing, by_ncalayer, by_xades, signatures, signed_times, signed_twice
from forgery import PLAIN, Attack
from lxml import etree

from signing.errors import ProfileViolation, SigningError
from signing.signer import sign
from signing.verify import VerifiedSignature, verify, verify_all
from signing.xmlgate import open_document

ODD = (
    "<!-- a --><r xmlns:b='urn:shekara:ccd:1' a='1'>\r\n x<b:c xml:lang='kk'>𠀀&#13;</b:c><![CDATA[<d>]]> \n"
    "<e xmlns='urn:shekara:notice:1'/> y\n</r><!-- z -->\n"
).encode()


def canonical(data: bytes) -> bytes:
    return etree.tostring(etree.fromstring(data), method="c14n", exclusive=True, with_comments=False)


@pytest.mark.parametrize("attack", HOSTILE, ids=lambda attack: attack.name)
def test_a_hostile_document_with_several_signatures_is_refused_with_its_code(attack: Attack) -> None:
    data = attack.make()
    with pytest.raises(SigningError) as refusal:
        verify_all(open_document(data))
    assert refusal.value.code == attack.code


@pytest.mark.parametrize("pair", PAIRS, ids=", then ".join)
def test_both_signatures_verify_in_the_order_in_which_they_were_made(pair: tuple[str, str]) -> None:
    first, second = verify_all(open_document(signed_twice(*pair)))
    assert first.certificate == pki.key_of("anna").certificate
    assert second.certificate == pki.key_of("berik").certificate
    assert (first.profile, second.profile) == pair


@pytest.mark.parametrize("pair", PAIRS, ids=", then ".join)
@pytest.mark.parametrize("plain", [PLAIN, ODD], ids=["plain", "odd"])
def test_what_is_handed_on_holds_no_signature_whichever_is_asked(pair: tuple[str, str], plain: bytes) -> None:
    first, second = verify_all(open_document(signed_twice(*pair, plain)))
    assert first.root is second.root
    assert first.payload == second.payload
    assert etree.tostring(first.root, method="c14n", exclusive=True) == canonical(plain)
    assert b"Signature" not in first.payload


def test_one_signature_is_verified_by_either_function_alike() -> None:
    data = sign(PLAIN, pki.key_of("anna"), pki.NOW)
    (of_all,) = verify_all(open_document(data))
    alone = verify(open_document(data))
    assert comparable(of_all) == comparable(alone)


def comparable(signature: VerifiedSignature) -> tuple[object, ...]:
    return (signature.profile, signature.payload, signature.certificate, signature.chain, signature.signature_value)


def test_where_one_signature_is_expected_two_are_refused() -> None:
    with pytest.raises(ProfileViolation) as refusal:
        verify(open_document(signed_twice("xades-b", "xades-b")))
    assert refusal.value.code == "signature.several"


def test_the_last_signature_taken_away_leaves_a_document_signed_by_the_first() -> None:
    data = signed_twice("xades-b", "kz-xmldsig")
    first = data.replace(signatures(data)[1], b"")
    assert verify(open_document(first)).certificate == pki.key_of("anna").certificate


def test_four_signatures_are_accepted() -> None:
    assert len(verify_all(open_document(signed_times(4)))) == 4


@pytest.mark.parametrize("comment", [b"<!-- between -->", b"<!--</ds:Signature>-->"])
def test_a_comment_between_two_signatures_changes_nothing(comment: bytes) -> None:
    data = signed_twice("xades-b", "xades-b")
    first, second = signatures(data)
    data = data.replace(first + second, first + comment + second)
    assert len(verify_all(open_document(data))) == 2


@pytest.mark.parametrize("signing", [by_xades, by_ncalayer])
def test_a_signature_is_added_only_when_that_is_said(signing: Signing) -> None:
    signed = sign(PLAIN, pki.key_of("anna"), pki.NOW)
    with pytest.raises(ProfileViolation) as refusal:
        signing(signed, "berik", False)
    assert refusal.value.code == "sign.signed"
    assert len(verify_all(open_document(signing(signed, "berik", True)))) == 2


def test_the_second_signature_leaves_every_byte_of_the_first_in_place() -> None:
    once = sign(PLAIN, pki.key_of("anna"), pki.NOW)
    twice = sign(once, pki.key_of("berik"), pki.NOW, again=True)
    assert twice.replace(signatures(twice)[1], b"") == once
