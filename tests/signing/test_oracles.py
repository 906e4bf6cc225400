"""On two hundred generated documents, and on changed ones: whatever we accept, signxml and xmlsec accept as well."""

import random
from collections import Counter

import pytest
from generated import CHANGES, COUNT, KINDS, Change, Generated, documents
from lxml import etree
from oracles import signxml_accepts, xmlsec_accepts

from signing.errors import SigningError
from signing.verify import verify
from signing.xmlgate import open_document

MUTANTS_OF_EACH = 5


def canonical(data: bytes, exclusive: bool) -> bytes:
    return etree.tostring(etree.fromstring(data).getroottree(), method="c14n", exclusive=exclusive, with_comments=False)


def test_every_kind_of_key_signs_by_either_profile() -> None:
    made = Counter((document.kind, document.profile) for document in documents())
    assert len(documents()) == COUNT == 200
    assert set(made.values()) == {COUNT // (2 * len(KINDS))}


@pytest.mark.parametrize(
    "mark",
    [b"<!--", b"<![CDATA[", b"&#13;", b"\r\n", b"xml:lang", "𠀀".encode(), b"xmlns:a", b'xmlns=""', b"xml:space"],
)
def test_what_canonical_form_treats_in_a_way_of_its_own_occurs_often(mark: bytes) -> None:
    assert sum(mark in document.plain for document in documents()) >= 20


@pytest.mark.parametrize("number", range(COUNT))
def test_what_we_sign_is_accepted_by_us_and_by_both_oracles(number: int) -> None:
    document = documents()[number]
    expected = canonical(document.plain, exclusive=document.profile == "xades-b")
    verified = verify(open_document(document.signed))
    assert (verified.profile, verified.certificate) == (document.profile, document.key.certificate)
    assert verified.payload == expected
    assert signxml(document, document.signed) == expected
    xmlsec_accepts(document.signed, document.key)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.lstrip("_"))
def test_whatever_we_accept_of_changed_documents_both_oracles_accept(change: Change) -> None:
    accepted = 0
    for document in documents():
        honest = verify(open_document(document.signed)).payload
        chance = random.Random(f"{change.__name__} {document.number}")
        for _ in range(MUTANTS_OF_EACH):
            mutant = change(document.signed, chance)
            payload = payload_or_none(mutant)
            if payload is not None and mutant != document.signed:
                accepted += 1
                assert payload == honest == signxml(document, mutant)
                xmlsec_accepts(mutant, document.key)
    assert 0 < accepted < 0.9 * MUTANTS_OF_EACH * COUNT


def payload_or_none(data: bytes) -> bytes | None:
    try:
        return verify(open_document(data)).payload
    except SigningError:
        return None


def signxml(document: Generated, data: bytes) -> bytes:
    return signxml_accepts(data, document.key, xades=document.profile == "xades-b", references=document.references)
