"""The office's seal on its notices."""

import pki
import pytest
from oracles import signxml_accepts, xmlsec_accepts

from signing.authority import P384, RSA_2048
from signing.errors import CertificateUntrusted, SignerNotAuthorised, SigningError
from signing.seal import seal
from signing.verify import verify
from signing.xmlgate import open_document

NOTICE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Notice xmlns="urn:shekara:notice:1">\n'
    "  <Outcome>SIMPLIFIED_RELEASE</Outcome><Text xml:lang='kk'>Тауарлар шығарылды 😀</Text>\n</Notice>\n"
).encode()


def test_a_sealed_notice_is_accepted_by_us_and_by_both_oracles() -> None:
    sealed = seal(NOTICE, pki.office_key(), pki.NOW)
    verified = verify(open_document(sealed))
    assert (verified.profile, verified.signing_time) == ("xades-b", pki.NOW)
    assert signxml_accepts(sealed, pki.office_key()) == verified.payload
    xmlsec_accepts(sealed, pki.office_key())


def test_the_seal_names_the_office_and_no_person() -> None:
    verified = verify(open_document(seal(NOTICE, pki.office_key(), pki.NOW)))
    sealer = pki.trust_store().judge_seal(verified.certificate, verified.chain, pki.NOW)
    assert (sealer.bin, sealer.name) == (pki.OFFICE_BIN, "State Revenue Committee (demo)")


def test_the_office_cannot_sign_as_a_person_nor_a_person_seal_as_the_office() -> None:
    office, anna = pki.office_key(), pki.key_of("anna")
    with pytest.raises(SignerNotAuthorised):
        pki.trust_store().judge(office.certificate, office.chain, pki.NOW)
    with pytest.raises(SignerNotAuthorised):
        pki.trust_store().judge_seal(anna.certificate, anna.chain, pki.NOW)
    with pytest.raises(SignerNotAuthorised):
        pki.trust_store().judge_seal(pki.key_of("dana").certificate, (), pki.NOW)


def test_what_was_found_of_a_person_is_not_taken_for_a_seal() -> None:
    store, anna = pki.authority().trust_store(), pki.key_of("anna")
    store.judge(anna.certificate, anna.chain, pki.NOW)
    with pytest.raises(SignerNotAuthorised):
        store.judge_seal(anna.certificate, anna.chain, pki.NOW)


def test_an_authority_cannot_seal() -> None:
    with pytest.raises((SignerNotAuthorised, CertificateUntrusted)):
        pki.trust_store().judge_seal(pki.authority().issuing.certificate, (), pki.NOW)


@pytest.mark.parametrize(
    ("notice", "code"),
    [
        (b"<Notice", "xml.malformed"),
        (b"<Notice>x</Notice>", "seal.notice"),
        (b'<Declaration xmlns="urn:shekara:ccd:1">x</Declaration>', "seal.notice"),
        (b'<Notice xmlns="urn:shekara:notice:1"/>', "sign.empty"),
    ],
)
def test_only_a_notice_is_sealed(notice: bytes, code: str) -> None:
    with pytest.raises(SigningError) as refusal:
        seal(notice, pki.office_key(), pki.NOW)
    assert refusal.value.code == code


def test_a_sealed_notice_is_not_sealed_again() -> None:
    with pytest.raises(SigningError) as refusal:
        seal(seal(NOTICE, pki.office_key(), pki.NOW), pki.office_key(), pki.NOW)
    assert refusal.value.code == "sign.signed"


@pytest.mark.parametrize("kind", [P384, RSA_2048])
def test_only_a_key_on_p_256_seals(kind: str) -> None:
    key = pki.authority().person("Slow", "850412450128", kind=kind)
    with pytest.raises(SigningError) as refusal:
        seal(NOTICE, key, pki.NOW)
    assert refusal.value.code == "seal.key"
