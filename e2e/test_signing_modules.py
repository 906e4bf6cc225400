"""What the browser signs with, in Chromium itself: canonical form against lxml, key files, signatures and oracles."""

import base64
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pki
import pytest
from asn1crypto.pkcs12 import Pfx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from generated import Writer
from lxml import etree
from oracles import signxml_accepts, xmlsec_accepts
from playwright.sync_api import Browser, Page

from e2e.keys import bench
from signing.authority import P256, P384, RSA_2048, RSA_3072
from signing.c14n import EXCLUSIVE, canonical
from signing.signer import SigningKey
from signing.verify import verify
from signing.xmlgate import open_document

DOCUMENTS = 600
EC_KEY = bytes.fromhex("06072a8648ce3d0201")  # 1.2.840.10045.2.1
GOST_KEY = bytes.fromhex("06072a830e030a0101")  # 1.2.398.3.10.1.1, of the same length
KINDS = (RSA_2048, RSA_3072, "RSA-4096", P256, P384)
SIGN = """async ([file, password, documents, now]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const opened = await signing.openKeyFile(bytes(file), password);
  const identity = await signing.chooseIdentity(opened, "", new Date(now));
  const signed = [];
  for (const each of documents) {
    const read = signing.readDocument(bytes(each));
    const whole = signing.splice(read, await signing.signatureOver(read.canonical, identity, new Date(now)));
    signed.push(Array.from(whole, (byte) => String.fromCharCode(byte)).join(""));
  }
  return [signed.map(btoa), identity.key.extractable, identity.certificates.length];
}"""
FAIL = """async ([file, password, iin, now]) => {
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  try {
    await signing.chooseIdentity(await signing.openKeyFile(bytes, password), iin, new Date(now));
  } catch (failure) {
    return failure.code ?? String(failure.stack);
  }
  return "none";
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    opened = bench(chromium)
    yield opened
    opened.close()


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def signed_by(page: Page, key_file: bytes, documents: list[bytes], password: str = "demo") -> list[bytes]:
    given = [text_of(key_file), password, [text_of(each) for each in documents], pki.NOW.isoformat()]
    signed, extractable, _ = page.evaluate(SIGN, given)
    assert extractable is False
    return [base64.b64decode(each) for each in signed]


def failure(page: Page, key_file: bytes, password: str = "demo", iin: str = "", now: str = "") -> Any:
    return page.evaluate(FAIL, [text_of(key_file), password, iin, now or pki.NOW.isoformat()])


def test_canonical_form_is_lxmls_on_random_documents(page: Page) -> None:
    plain = [Writer(random.Random(10_000 + number), "xades-b").document().encode() for number in range(DOCUMENTS)]
    ours = page.evaluate(
        """(documents) => documents.map((text) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          return signing.readDocument(bytes).canonical;
        })""",
        [text_of(each) for each in plain],
    )
    for data, found in zip(plain, ours, strict=True):
        assert found.encode() == canonical(etree.fromstring(data), EXCLUSIVE), data


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_browser_signs_is_accepted_here_and_by_two_others(page: Page, kind: str) -> None:
    key = pki.authority().person("Қайрат Әлімұлы", "850412450128", kind=kind)
    plain = [Writer(random.Random(number), "xades-b").document().encode() for number in range(30)]
    for before, after in zip(plain, signed_by(page, key.to_pkcs12("demo"), plain), strict=True):
        verified = verify(open_document(after))
        assert verified.certificate == key.certificate
        assert verified.chain == key.chain
        assert verified.payload == canonical(etree.fromstring(before), EXCLUSIVE)
        assert verified.signing_time == pki.NOW
        at = after.index(b"<ds:Signature ")
        end = after.rindex(b"</ds:Signature>") + len(b"</ds:Signature>")
        assert after[:at] + after[end:] == before
        signxml_accepts(after, key)
        xmlsec_accepts(after, key)


def test_the_largest_declaration_is_signed(page: Page) -> None:
    root = etree.Element("{urn:shekara:ccd:1}Declaration", nsmap={None: "urn:shekara:ccd:1"})
    for number in range(999):
        item = etree.SubElement(root, "{urn:shekara:ccd:1}Item")
        for part in range(40):
            etree.SubElement(item, "{urn:shekara:ccd:1}Part").text = f"Тауар № {number}, бөлік {part} & <әлем>"
    plain = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    assert len(plain) > 2_000_000
    key = pki.key_of("berik")
    [after] = signed_by(page, key.to_pkcs12("demo"), [plain])
    assert verify(open_document(after)).payload == canonical(root, EXCLUSIVE)


def written(key: SigningKey, algorithm: pkcs12.PBES, digest: hashes.HashAlgorithm, password: str = "demo") -> bytes:
    encryption = (
        PrivateFormat.PKCS12.encryption_builder().kdf_rounds(3000).key_cert_algorithm(algorithm).hmac_hash(digest)
    ).build(password.encode())
    return pkcs12.serialize_key_and_certificates(b"k", key.private_key, key.certificate, key.chain, encryption)


PASSWORDS = ("demo", "", "Құпия сөз 42", "пароль", "😀 a")


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),
        (pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
        (pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA512()),
    ],
)
@pytest.mark.parametrize("password", [each for each in PASSWORDS if each])
def test_key_files_of_every_age_open(
    page: Page, algorithm: pkcs12.PBES, digest: hashes.HashAlgorithm, password: str
) -> None:
    key = pki.key_of("berik")
    data = written(key, algorithm, digest, password)
    assert failure(page, data, password) == "none"
    assert failure(page, data, password + "x") == "password"


OPENSSL = ("PBE-SHA1-RC2-40", "PBE-SHA1-RC2-128", "PBE-SHA1-3DES", "PBE-SHA1-2DES", "AES-128-CBC", "AES-192-CBC")


@pytest.mark.parametrize("cipher", OPENSSL)
@pytest.mark.parametrize("person", ["anna", "berik"])
def test_key_files_of_openssl_open(page: Page, tmp_path: Path, cipher: str, person: str) -> None:
    data = by_openssl(tmp_path, pki.key_of(person), "-certpbe", cipher, "-keypbe", cipher)
    assert failure(page, data) == "none"
    assert failure(page, data, "wrong") == "password"


@pytest.mark.parametrize("rounds", [1, 600_000])
def test_rounds_few_or_many(page: Page, tmp_path: Path, rounds: int) -> None:
    data = by_openssl(tmp_path, pki.key_of("anna"), "-iter", str(rounds), "-keypbe", "AES-256-CBC")
    assert failure(page, data) == "none"


def test_a_file_without_check_of_its_own_is_opened_and_a_wrong_password_told(page: Page, tmp_path: Path) -> None:
    data = by_openssl(tmp_path, pki.key_of("anna"), "-nomac")
    assert failure(page, data) == "none"
    assert failure(page, data, "wrong") == "password"


def test_a_file_of_certificates_only_has_no_key(page: Page, tmp_path: Path) -> None:
    assert failure(page, by_openssl(tmp_path, pki.key_of("anna"), "-nokeys")) == "no_key"


def test_a_key_without_its_certificate_is_told(page: Page) -> None:
    key, other = pki.key_of("anna"), pki.key_of("berik")
    data = pkcs12.serialize_key_and_certificates(
        b"k", key.private_key, None, [other.certificate], BestAvailableEncryption(b"demo")
    )
    assert failure(page, data) == "no_certificate"


def test_a_file_that_is_no_key_file_is_told(page: Page) -> None:
    pem = pki.key_of("anna").certificate.public_bytes(Encoding.PEM)
    der = pki.key_of("anna").certificate.public_bytes(Encoding.DER)
    whole = pki.key_of("anna").to_pkcs12("demo")
    for data in (b"", b"\x30", b"\x30\x80", b"hello", pem, der, whole[:40], b"\x30\x84\xff\xff\xff\xff" * 9):
        assert failure(page, data) == "not_a_key_file", data[:20]


def test_a_cut_or_spoilt_file_never_opens(page: Page) -> None:
    whole = pki.key_of("berik").to_pkcs12("demo")
    for at in range(60, len(whole) - 1, 97):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x55
        assert failure(page, bytes(spoilt)) != "none", at


def test_a_gost_key_is_told(page: Page) -> None:
    assert failure(page, gost_key_file()) == "gost"


def test_dates_are_told(page: Page) -> None:
    data = pki.key_of("anna").to_pkcs12("demo")
    assert failure(page, data, now="2036-01-01T00:00:00Z") == "expired"
    assert failure(page, data, now="2016-01-01T00:00:00Z") == "not_yet_valid"


def test_a_key_of_another_person_is_told(page: Page) -> None:
    data = pki.key_of("anna").to_pkcs12("demo")
    assert failure(page, data, iin="791103300451") == "other_person"
    assert failure(page, data, iin="850412450128") == "none"


def test_a_key_that_is_not_for_signing_is_told(page: Page) -> None:
    assert failure(page, pki.authority().issuing.to_pkcs12("demo")) == "not_for_signing"


def by_openssl(folder: Path, key: SigningKey, *options: str) -> bytes:
    pem, target = folder / "key.pem", folder / "key.p12"
    private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    pem.write_bytes(private + b"".join(each.public_bytes(Encoding.PEM) for each in (key.certificate, *key.chain)))
    command = ["openssl", "pkcs12", "-export", "-legacy", "-in", str(pem), "-passin", "pass:x", "-passout", "pass:demo"]
    subprocess.run([*command, "-out", str(target), *options], check=True, capture_output=True)
    return target.read_bytes()


def gost_key_file() -> bytes:
    """Return a key file whose key says that it is of the arc of Kazakhstan's GOST algorithms."""
    key = pki.key_of("berik")
    plain = pkcs12.serialize_key_and_certificates(b"k", key.private_key, key.certificate, None, NoEncryption())
    assert EC_KEY in plain
    parts = Pfx.load(plain.replace(EC_KEY, GOST_KEY))
    without_code = Pfx({"version": parts["version"], "auth_safe": parts["auth_safe"]})
    return bytes(without_code.dump())
