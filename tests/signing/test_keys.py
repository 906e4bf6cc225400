"""Key files, and the throw-away authority that makes them for demonstration and tests."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import asdict

import cast as demo_cast
import leaks
import pki
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12
from forgery import PLAIN, certificate_of

from signing.authority import P256, P384, RSA_2048, RSA_3072, DemoAuthority
from signing.errors import AlgorithmForbidden, KeyUnusable
from signing.signer import SigningKey, sign
from signing.verify import verify
from signing.xmlgate import open_document


@pytest.mark.parametrize("kind", [P256, P384, RSA_2048, RSA_3072])
def test_a_key_file_opens_again_and_signs(kind: str) -> None:
    key = pki.authority().person("Anna Demo", "850412450128", kind=kind)
    opened = SigningKey.from_pkcs12(key.to_pkcs12("құпия 😀"), "құпия 😀")
    assert (opened.certificate, opened.chain) == (key.certificate, key.chain)
    assert verify(open_document(sign(PLAIN, opened, pki.NOW))).certificate == key.certificate


def test_a_key_file_is_encrypted_with_pbes2() -> None:
    data = pki.key_of("berik").to_pkcs12("demo")
    encoded = bytes.fromhex("06092a864886f70d01050d")
    assert data.count(encoded) == 2
    assert b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01" not in data


@pytest.mark.parametrize("password", ["", "Demo", "demo "])
def test_a_wrong_password_opens_nothing(password: str) -> None:
    with pytest.raises(KeyUnusable) as refusal:
        SigningKey.from_pkcs12(pki.key_of("berik").to_pkcs12("demo"), password)
    assert refusal.value.code == "key.unreadable"


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x30\x82\x01\x00" + bytes(256)])
def test_what_is_no_key_file_is_refused(data: bytes) -> None:
    with pytest.raises(KeyUnusable) as refusal:
        SigningKey.from_pkcs12(data, "demo")
    assert refusal.value.code == "key.unreadable"


def test_a_file_without_key_is_refused() -> None:
    data = pkcs12.serialize_key_and_certificates(
        None, None, None, [pki.authority().root.certificate], BestAvailableEncryption(b"demo")
    )
    with pytest.raises(KeyUnusable) as refusal:
        SigningKey.from_pkcs12(data, "demo")
    assert refusal.value.code == "key.unsupported"


def test_a_key_of_an_unknown_kind_is_refused() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    data = pkcs12.serialize_key_and_certificates(None, key, certificate_of(key), None, BestAvailableEncryption(b"demo"))
    with pytest.raises(KeyUnusable) as refusal:
        SigningKey.from_pkcs12(data, "demo")
    assert refusal.value.code == "key.unsupported"


def test_a_weak_key_does_not_sign() -> None:
    key = ec.generate_private_key(ec.SECP521R1())
    with pytest.raises(AlgorithmForbidden):
        SigningKey(key, certificate_of(key))


def test_a_key_does_not_sign_with_the_certificate_of_another() -> None:
    berik, yerkin = pki.key_of("berik"), pki.key_of("yerkin")
    with pytest.raises(KeyUnusable) as refusal:
        SigningKey(berik.private_key, yerkin.certificate)
    assert refusal.value.code == "key.mismatch"


def test_the_root_in_a_key_file_is_left_out_of_the_chain() -> None:
    made, berik = pki.authority(), pki.key_of("berik")
    others = [made.root.certificate, made.issuing.certificate]
    data = pkcs12.serialize_key_and_certificates(None, berik.private_key, berik.certificate, others, NoEncryption())
    assert SigningKey.from_pkcs12(data, "").chain == (made.issuing.certificate,)


def test_a_key_does_not_show_itself() -> None:
    key = pki.key_of("berik")
    assert repr(key).startswith("SigningKey(OU=BIN110540007770,")
    assert leaks.traces(leaks.forms_of_key(key.private_key), f"{key!r} {key} {vars(key)}".encode()) == []


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, asdict])
def test_a_key_is_neither_written_nor_copied(write: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        write(pki.key_of("berik"))


def test_two_authorities_share_nothing() -> None:
    one, other = DemoAuthority.create(pki.NOW), DemoAuthority.create(pki.NOW)
    assert one.root.certificate.public_key() != other.root.certificate.public_key()
    assert one.issuing.certificate.public_key() != other.issuing.certificate.public_key()


def test_the_authority_says_that_it_is_not_for_real_use() -> None:
    for certificate in x509.load_pem_x509_certificates(pki.authority().root_pem() + pki.authority().intermediate_pem()):
        assert "not for real use" in certificate.subject.rfc4514_string()


@pytest.mark.parametrize("person", demo_cast.PERSONS.values(), ids=lambda person: person.key)
def test_everybody_in_the_cast_signs_as_themselves(person: demo_cast.DemoPerson) -> None:
    verified = verify(open_document(pki.sign_as(person.key, PLAIN)))
    signer = pki.trust_store().judge(verified.certificate, verified.chain, pki.NOW)
    assert (signer.iin, signer.bin, signer.name) == (person.iin, person.organisation, person.name)
    assert signer.may_sign_for_organisation is (person.organisation is not None)
