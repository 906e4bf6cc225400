"""What a form accepts: one genuine signature over a document for its own purpose."""

import string
from pathlib import Path

import anyio
import offices
import pki
import pytest
from litestar.datastructures import UploadFile

from portal.office import Office
from portal.signing_forms import FormRefused, signed_bytes, verified, words
from signing.authority import DemoAuthority
from signing.errors import CertificateUntrusted, LimitExceeded, SigningError
from signing.signer import sign
from signing.xmlgate import DECLARATION, SIGN_IN, STATEMENT, open_document

STATED = f'<Statement xmlns="{STATEMENT}"><Text>Тауар &amp; құжат</Text></Statement>'.encode()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def upload(data: bytes) -> UploadFile:
    return UploadFile(content_type="application/xml", filename="signed.xml", file_data=data)


def test_a_signed_statement_is_given_back_with_who_signed_it(office: Office) -> None:
    data = pki.sign_as("anna", STATED)
    found = verified(data, office, offices.NOW)
    assert found.data == data
    assert found.payload == STATED
    assert [(part.tag, part.text) for part in found.root] == [(f"{{{STATEMENT}}}Text", "Тауар & құжат")]
    assert (found.signer.iin, found.signing_time) == ("850412450128", pki.NOW)


@pytest.mark.parametrize("wanted", [DECLARATION, SIGN_IN])
def test_a_statement_is_nothing_else(office: Office, wanted: str) -> None:
    with pytest.raises(SigningError):
        verified(pki.sign_as("anna", STATED), office, offices.NOW, wanted)


@pytest.mark.parametrize("namespace", [DECLARATION, "urn:shekara:notice:1"])
def test_nothing_else_is_a_statement(office: Office, namespace: str) -> None:
    with pytest.raises(SigningError):
        verified(
            pki.sign_as("anna", STATED.replace(STATEMENT.encode(), namespace.encode())), office, offices.NOW, STATEMENT
        )


def test_a_root_without_namespace_is_for_no_purpose(office: Office) -> None:
    with pytest.raises(FormRefused, match=r"form\.other_document"):
        verified(pki.sign_as("anna", b"<Statement><Text>x</Text></Statement>"), office, offices.NOW)


def test_who_signs_in_declares_nothing() -> None:
    with pytest.raises(SigningError, match=r"xml\.namespace"):
        open_document(f'<SignIn xmlns="{SIGN_IN}">x</SignIn>'.encode())


def test_a_stranger_is_refused(office: Office) -> None:
    stranger = DemoAuthority.create(pki.NOW, "Another").person("Anna Demo", "850412450128")
    with pytest.raises(CertificateUntrusted):
        verified(sign(STATED, stranger, pki.NOW), office, offices.NOW)


@pytest.mark.parametrize("given", [None, upload(b""), upload(b" \r\n")])
def test_nothing_sent_is_told(given: UploadFile | None) -> None:
    with pytest.raises(FormRefused, match=r"form\.empty"):
        anyio.run(signed_bytes, given)


def test_what_is_too_large_is_read_no_further_than_the_gate_needs(office: Office) -> None:
    data = anyio.run(signed_bytes, upload(b"x" * 5000), 1000)
    assert len(data) == 1001
    whole = b"<" + b"x" * 8_000_001
    with pytest.raises(LimitExceeded):
        verified(anyio.run(signed_bytes, upload(whole)), office, offices.NOW)


@pytest.mark.parametrize("code", words())
def test_every_refusal_is_told_in_three_languages(code: str) -> None:
    names = {name for _, name, _, _ in string.Formatter().parse(words()[code]["en"]) if name}
    refused = FormRefused(code, dict.fromkeys(names, "120"))
    texts = {refused.text(language) for language in ("kk", "ru", "en")}
    assert len(texts) == 3
    assert all(text and "{" not in text for text in texts)
