"""Who is trusted, when, and as whom."""

from datetime import datetime, timedelta

import pki
import pytest
from certifying import IIN, authority, certified, subject
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from ruling import LENIENT

from signing.authority import P256, P384, RSA_2048, DemoAuthority
from signing.errors import SigningError
from signing.holders import Signer
from signing.signer import SigningKey
from signing.trust import Anchor, TrustStore
from signing.usages import EMPLOYEE, HEAD, OIDS, ORGANISATION, PERSON, RIGHT_TO_SIGN

DAY = timedelta(days=1)
BIN = "150340012340"


def refusal(key: SigningKey, at: datetime = pki.NOW, store: TrustStore | None = None, chain: bool = True) -> str:
    """Return the code with which a certificate is refused."""
    with pytest.raises(SigningError) as error:
        (store or pki.trust_store()).judge(key.certificate, key.chain if chain else (), at)
    assert error.value.text("ru")
    return error.value.code


def judge(key: SigningKey, at: datetime = pki.NOW) -> Signer:
    return pki.trust_store().judge(key.certificate, key.chain, at)


def test_an_expired_certificate_is_called_expired() -> None:
    key = pki.authority().person("Late", IIN, since=pki.NOW - 9 * DAY, until=pki.NOW - DAY / 2)
    assert refusal(key) == "certificate.expired"
    assert judge(key, pki.NOW - DAY + timedelta(hours=1)).iin == IIN


def test_a_certificate_that_is_not_yet_valid_is_called_so() -> None:
    key = pki.authority().person("Early", IIN, since=pki.NOW + DAY)
    assert refusal(key) == "certificate.not_yet_valid"
    assert judge(key, pki.NOW + 2 * DAY).iin == IIN


def test_a_certificate_of_a_rogue_root_is_untrusted_even_when_all_names_are_right() -> None:
    rogue = DemoAuthority.create(pki.NOW)
    assert refusal(rogue.person("Anna Demo", IIN)) == "certificate.untrusted"
    assert refusal(rogue.person("Anna Demo", IIN), chain=False) == "certificate.untrusted"


def test_an_expired_certificate_of_a_rogue_root_is_untrusted_first_of_all() -> None:
    rogue = DemoAuthority.create(pki.NOW)
    assert refusal(rogue.person("A", IIN, since=pki.NOW - 9 * DAY, until=pki.NOW - DAY)) == "certificate.untrusted"


def test_a_self_signed_certificate_is_untrusted() -> None:
    key = certified(None, "Self")
    assert refusal(SigningKey(key.private_key, key.certificate)) == "certificate.untrusted"


def test_a_person_cannot_issue_certificates() -> None:
    anna = pki.key_of("berik")
    assert refusal(certified(anna, "Evil")) == "certificate.untrusted"


def test_an_authority_below_the_demanded_length_of_path_is_untrusted() -> None:
    root = certified(None, "Root", authority(1))
    upper = certified(root, "Upper", authority(0))
    lower = certified(upper, "Lower", authority())
    store = TrustStore([Anchor(root.certificate)], rules=LENIENT)
    assert store.judge(*credentials(certified(upper, "Good")), pki.NOW).iin == IIN
    assert refusal(certified(lower, "Evil"), store=store) == "certificate.untrusted"


@pytest.mark.parametrize(
    ("constraints", "signs_certificates"),
    [(authority(ca=False), True), (authority(), False), (authority(ca=False), False)],
)
def test_an_intermediate_without_the_marks_of_an_authority_is_untrusted(
    constraints: x509.BasicConstraints, signs_certificates: bool
) -> None:
    root = certified(None, "Root", authority())
    weak = certified(root, "Weak", constraints, signs_certificates)
    assert refusal(certified(weak, "Evil"), store=TrustStore([Anchor(root.certificate)])) == "certificate.untrusted"


def test_a_path_of_many_authorities_is_untrusted() -> None:
    root = certified(None, "Root", authority())
    last = root
    for number in range(6):
        last = certified(last, f"Authority {number}", authority())
    assert refusal(certified(last, "Far"), store=TrustStore([Anchor(root.certificate)])) == "certificate.untrusted"


def test_an_authority_does_not_sign_documents_even_with_a_person_s_usages() -> None:
    made = pki.authority()
    key = ec.generate_private_key(ec.SECP256R1())
    both = (
        x509.CertificateBuilder()
        .subject_name(subject((NameOID.SERIAL_NUMBER, f"IIN{IIN}")))
        .issuer_name(made.root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(6)
        .not_valid_before(pki.NOW - DAY / 2)
        .not_valid_after(pki.NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.KeyUsage(True, True, False, False, False, True, True, False, False), True)
        .add_extension(x509.ExtendedKeyUsage([OIDS[PERSON]]), False)
        .sign(made.root.private_key, hashes.SHA256())
    )
    assert refusal(SigningKey(key, both)) == "certificate.usage"


def test_an_unknown_critical_extension_is_not_overlooked() -> None:
    root = certified(None, "Root", authority())
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    store = TrustStore([Anchor(root.certificate)])
    assert refusal(certified(root, "Strange", extra=strange), store=store) == "certificate.untrusted"
    intermediate = certified(root, "Strange authority", authority(), extra=strange)
    assert refusal(certified(intermediate, "Below"), store=store) == "certificate.untrusted"


def test_names_that_the_authority_may_not_use_are_untrusted() -> None:
    root = certified(None, "Root", authority())
    elsewhere = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "XX")]))
    bounded = certified(root, "Bounded", authority(), extra=x509.NameConstraints([elsewhere], None))
    assert refusal(certified(bounded, "Out"), store=TrustStore([Anchor(root.certificate)])) == "certificate.untrusted"


def test_a_forged_signature_of_the_authority_is_untrusted() -> None:
    der = bytearray(pki.key_of("berik").certificate.public_bytes(Encoding.DER))
    der[-1] ^= 1
    with pytest.raises(SigningError) as error:
        pki.trust_store().judge(x509.load_der_x509_certificate(bytes(der)), pki.key_of("berik").chain, pki.NOW)
    assert error.value.code == "certificate.untrusted"


def test_without_roots_nobody_is_trusted() -> None:
    assert refusal(pki.key_of("berik"), store=TrustStore([])) == "certificate.untrusted"


def credentials(key: SigningKey) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    return key.certificate, key.chain


def test_the_path_is_found_with_the_intermediates_of_the_store_or_of_the_document() -> None:
    made, berik = pki.authority(), pki.key_of("berik")
    root_only = TrustStore.from_pem(made.root_pem()).with_rules(LENIENT)
    assert root_only.judge(berik.certificate, berik.chain, pki.NOW).iin == "791103300451"
    assert refusal(berik, store=root_only.with_rules(LENIENT), chain=False) == "certificate.untrusted"
    both = TrustStore.from_pem(made.root_pem(), made.intermediate_pem()).with_rules(LENIENT)
    assert both.judge(berik.certificate, (), pki.NOW).iin == "791103300451"


def test_an_intermediate_that_comes_with_the_document_is_no_root() -> None:
    rogue = DemoAuthority.create(pki.NOW)
    evil = rogue.person("Evil", IIN)
    everything = SigningKey(evil.private_key, evil.certificate, (*evil.chain, rogue.root.certificate))
    assert refusal(everything) == "certificate.untrusted"


@pytest.mark.parametrize(
    "anchor_dates", [(pki.NOW + DAY, None), (None, pki.NOW - DAY), (pki.NOW - 3 * DAY, pki.NOW - DAY)]
)
def test_a_root_or_intermediate_is_relied_on_only_between_its_dates(
    anchor_dates: tuple[datetime | None, datetime | None],
) -> None:
    made = pki.authority()
    root, issuing = made.root.certificate, made.issuing.certificate
    old_root = TrustStore([Anchor(root, *anchor_dates)], [Anchor(issuing)])
    assert refusal(pki.key_of("berik"), store=old_root) == "certificate.untrusted"
    old_issuing = TrustStore([Anchor(root)], [Anchor(issuing, *anchor_dates)])
    assert refusal(pki.key_of("berik"), store=old_issuing) == "certificate.untrusted"


def test_what_is_remembered_of_a_certificate_still_ends_with_its_dates() -> None:
    made = pki.authority()
    anchors = [Anchor(made.root.certificate, until=pki.NOW + 9 * DAY)], [Anchor(made.issuing.certificate)]
    store = TrustStore(*anchors, pki.trust_store().evidence)
    key = made.person("Short", IIN, since=pki.NOW - DAY, until=pki.NOW + DAY)
    assert store.judge(*credentials(key), pki.NOW) is store.judge(*credentials(key), pki.NOW)
    assert refusal(key, pki.NOW + 2 * DAY, store) == "certificate.expired"
    assert refusal(key, pki.NOW - 2 * DAY, store) == "certificate.not_yet_valid"
    long = made.person("Long", IIN)
    assert store.judge(*credentials(long), pki.NOW).iin == IIN
    assert refusal(long, pki.NOW + 10 * DAY, store) == "certificate.untrusted"
    assert store.judge(*credentials(key), pki.NOW).iin == IIN


@pytest.mark.parametrize("kind", [P256, P384, RSA_2048])
def test_a_person_is_read_from_the_subject(kind: str) -> None:
    signer = judge(pki.authority().person("Дана Demo", IIN, kind=kind))
    assert (signer.iin, signer.bin, signer.name, signer.organisation) == (IIN, None, "Дана Demo", None)
    assert signer.usages == {PERSON}
    assert not signer.may_sign_for_organisation
    assert len(signer.fingerprint) == 64
    assert int(signer.serial, 16) > 0


@pytest.mark.parametrize(
    ("usages", "may_sign"),
    [
        ((ORGANISATION, HEAD), True),
        ((ORGANISATION, RIGHT_TO_SIGN), True),
        ((ORGANISATION, EMPLOYEE), False),
        ((ORGANISATION,), False),
        ((PERSON, ORGANISATION, HEAD, EMPLOYEE), True),
    ],
)
def test_only_the_head_and_those_with_the_right_to_sign_sign_for_an_organisation(
    usages: tuple[str, ...], may_sign: bool
) -> None:
    signer = judge(pki.authority().person("A", IIN, BIN, "Altyn Dala Trade LLP", usages))
    assert signer.usages == frozenset(usages)
    assert (signer.bin, signer.organisation) == (BIN, "Altyn Dala Trade LLP")
    assert signer.may_sign_for_organisation is may_sign


@pytest.mark.parametrize("usages", [(), (HEAD,), (RIGHT_TO_SIGN, EMPLOYEE)])
def test_a_certificate_without_the_usage_of_a_person_or_organisation_does_not_sign(usages: tuple[str, ...]) -> None:
    assert refusal(pki.authority().person("A", IIN, BIN, usages=usages)) == "certificate.usage"


def test_a_certificate_for_authentication_does_not_sign() -> None:
    root = certified(None, "Root", authority())
    key = ec.generate_private_key(ec.SECP256R1())
    authentication = (
        x509.CertificateBuilder()
        .subject_name(subject((NameOID.SERIAL_NUMBER, f"IIN{IIN}")))
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(pki.NOW - DAY)
        .not_valid_after(pki.NOW + DAY)
        .add_extension(x509.KeyUsage(True, False, True, False, False, False, False, False, False), True)
        .add_extension(x509.ExtendedKeyUsage([OIDS[PERSON]]), False)
        .sign(root.private_key, hashes.SHA256())
    )
    store = TrustStore([Anchor(root.certificate)])
    assert refusal(SigningKey(key, authentication), store=store) == "certificate.usage"


@pytest.mark.parametrize(
    "number",
    [
        "IIN",
        "IIN85041245012",
        "IIN8504124501288",
        "IIN85041245012A",
        "iin850412450128",
        "850412450128",
        "IIN 850412450128",
    ],
)
def test_an_iin_of_another_form_is_refused(number: str) -> None:
    key = pki.authority().issue(subject((NameOID.SERIAL_NUMBER, number)), [PERSON])
    assert refusal(key) == "certificate.subject"


@pytest.mark.parametrize("number", ["BIN", "BIN15034001234", "BIN1503400123400", "BIN15034001234X", "BIN١٥٠٣٤٠٠١٢٣٤٠"])
def test_a_bin_of_another_form_is_refused(number: str) -> None:
    parts = ((NameOID.SERIAL_NUMBER, f"IIN{IIN}"), (NameOID.ORGANIZATIONAL_UNIT_NAME, number))
    assert refusal(pki.authority().issue(subject(*parts), [ORGANISATION, HEAD])) == "certificate.subject"


@pytest.mark.parametrize(
    ("parts", "usages"),
    [
        ([], [PERSON]),
        ([(NameOID.SERIAL_NUMBER, f"IIN{IIN}"), (NameOID.SERIAL_NUMBER, "IIN791103300451")], [PERSON]),
        (
            [
                (NameOID.SERIAL_NUMBER, f"IIN{IIN}"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{BIN}"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "BIN110540007770"),
            ],
            [ORGANISATION, HEAD],
        ),
        ([(NameOID.SERIAL_NUMBER, f"IIN{IIN}")], [ORGANISATION, HEAD]),
        ([(NameOID.SERIAL_NUMBER, f"IIN{IIN}"), (NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{BIN}")], [PERSON]),
        ([(NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{BIN}")], [ORGANISATION, HEAD]),
    ],
    ids=["nobody", "two persons", "two organisations", "usage without BIN", "BIN without usage", "no person"],
)
def test_a_subject_that_does_not_fit_its_usages_is_refused(
    parts: list[tuple[x509.ObjectIdentifier, str]], usages: list[str]
) -> None:
    assert refusal(pki.authority().issue(subject(*parts), usages)) == "certificate.subject"


def test_a_unit_that_is_no_bin_does_no_harm() -> None:
    parts = ((NameOID.SERIAL_NUMBER, f"IIN{IIN}"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "Accounts"))
    assert judge(pki.authority().issue(subject(*parts), [PERSON])).bin is None
