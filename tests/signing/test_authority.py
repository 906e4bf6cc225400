"""The demonstration's authority: what it issues, withdraws, answers and keeps."""

import stat
from datetime import timedelta
from pathlib import Path

import pki
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from revoking import DAY

from signing.authority import BASE_URL, DemoAuthority
from signing.errors import KeyUnusable, SigningError
from signing.revocation import Evidence
from signing.signer import SigningKey
from signing.statements import Status
from signing.usages import SIGNING_BY_ORGANISATIONS, SIGNING_BY_PERSONS, read_policies

NOW = pki.NOW
IIN = "850412450128"
KEY_COMPROMISE = x509.ReasonFlags.key_compromise


def made() -> DemoAuthority:
    return DemoAuthority.create(NOW)


def request(key: SigningKey, issuer: SigningKey, nonce: bytes | None = None) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(key.certificate, issuer.certificate, hashes.SHA256())
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def refused(authority: DemoAuthority, key: SigningKey) -> str | None:
    try:
        authority.trust_store().judge(key.certificate, key.chain, NOW)
    except SigningError as error:
        return error.code
    return None


def test_whom_it_withdraws_is_on_its_list_with_date_and_reason() -> None:
    authority = made()
    key = authority.person("A", IIN)
    authority.revoke(key.certificate, NOW - DAY / 2, KEY_COMPROMISE)
    listing = x509.load_der_x509_crl(authority.crl(NOW, NOW + DAY))
    entry = listing.get_revoked_certificate_by_serial_number(key.certificate.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == NOW - DAY / 2
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is KEY_COMPROMISE
    assert (listing.last_update_utc, listing.next_update_utc, len(listing)) == (NOW, NOW + DAY, 1)
    assert listing.issuer == authority.issuing.certificate.subject
    assert listing.is_signature_valid(authority.issuing.certificate.public_key())  # type: ignore[arg-type]
    assert refused(authority, key) == "certificate.revoked"
    assert refused(authority, authority.person("B", IIN)) is None


def test_an_issuing_authority_is_withdrawn_by_the_root() -> None:
    authority = made()
    authority.revoke(authority.issuing.certificate, NOW - DAY / 2)
    assert [len(x509.load_der_x509_crl(authority.crl_at(url, NOW))) for url in authority.crl_urls] == [1, 0]
    assert refused(authority, authority.person("A", IIN)) == "certificate.authority_revoked"


def test_a_list_is_got_from_its_address_and_holds_for_a_week() -> None:
    authority = made()
    for url, issuer in zip(authority.crl_urls, (authority.root, authority.issuing), strict=True):
        listing = x509.load_der_x509_crl(authority.crl_at(url, NOW))
        assert listing.is_signature_valid(issuer.certificate.public_key())  # type: ignore[arg-type]
        assert listing.next_update_utc == NOW + 7 * DAY
    with pytest.raises(ValueError, match=r"elsewhere\.crl"):
        authority.crl_at(f"{BASE_URL}/elsewhere.crl", NOW)


def test_certificates_say_where_to_ask_of_them() -> None:
    authority = DemoAuthority.create(NOW, base_url="http://pki.example")
    asked = {}
    for name, key in (("issuing", authority.issuing), ("person", authority.person("A", IIN)), ("tsa", authority.tsa)):
        extensions = key.certificate.extensions
        (point,) = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert point.full_name
        asked[name] = point.full_name[0].value
    assert asked == {
        "issuing": "http://pki.example/root.crl",
        "person": "http://pki.example/issuing.crl",
        "tsa": "http://pki.example/issuing.crl",
    }
    access = authority.person("A", IIN).certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    assert [(each.access_method, each.access_location.value) for each in access.value] == [
        (AuthorityInformationAccessOID.OCSP, "http://pki.example/ocsp")
    ]


def test_certificates_state_the_policy_for_signing_by_their_holders() -> None:
    authority = made()
    assert read_policies(authority.person("A", IIN).certificate) == {SIGNING_BY_PERSONS}
    member = authority.person("B", IIN, "150340012340", "Altyn Dala Trade LLP")
    assert read_policies(member.certificate) == {SIGNING_BY_ORGANISATIONS}
    assert read_policies(authority.office("Office", pki.OFFICE_BIN).certificate) == {SIGNING_BY_ORGANISATIONS}
    assert read_policies(authority.person("C", IIN, policies=[]).certificate) == set()


def test_its_responder_answers_for_a_day_and_by_its_own_certificate() -> None:
    authority = made()
    key = authority.person("A", IIN)
    for expected in (Status.GOOD, Status.REVOKED):
        answer = authority.ocsp(request(key, authority.issuing), NOW)
        found = Evidence(ocsp=[answer]).finding(key.certificate, authority.issuing.certificate, NOW)
        assert (found.status, found.next_update) == (expected, NOW + DAY)
        authority.revoke(key.certificate, NOW - DAY / 2, KEY_COMPROMISE)
    purposes = authority.responder.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(purposes.value) == [ExtendedKeyUsageOID.OCSP_SIGNING]


def test_its_responder_sends_the_asker_s_number_back() -> None:
    authority = made()
    asked = request(authority.person("A", IIN), authority.issuing, b"0123456789abcdef")
    answer = ocsp.load_der_ocsp_response(authority.ocsp(asked, NOW))
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"


def test_its_responder_answers_for_its_own_authority_only() -> None:
    authority, other = made(), made()
    about_other = request(other.person("A", IIN), other.issuing)
    about_issuing = request(authority.issuing, authority.root)
    for asked in (about_other, about_issuing):
        status = ocsp.load_der_ocsp_response(authority.ocsp(asked, NOW)).response_status
        assert status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    malformed = ocsp.load_der_ocsp_response(authority.ocsp(b"no request", NOW)).response_status
    assert malformed is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_what_is_saved_is_the_same_authority_when_it_is_loaded(tmp_path: Path) -> None:
    authority = DemoAuthority.create(NOW, base_url="http://pki.example")
    key = authority.person("A", IIN)
    authority.revoke(key.certificate, NOW - DAY / 2, KEY_COMPROMISE)
    authority.revoke(authority.issuing.certificate, NOW + DAY)
    authority.save(tmp_path / "authority", "demo")
    loaded = DemoAuthority.load(tmp_path / "authority", "demo")
    assert loaded.revoked == authority.revoked
    assert (loaded.made_at, loaded.crl_urls) == (NOW, authority.crl_urls)
    for name in ("root", "issuing", "responder", "tsa"):
        ours, theirs = getattr(authority, name), getattr(loaded, name)
        assert (ours.certificate, ours.chain) == (theirs.certificate, theirs.chain)
    assert refused(loaded, key) == "certificate.revoked"
    assert refused(authority, loaded.person("B", IIN)) is None


def test_what_is_saved_opens_with_its_password_only_and_is_for_nobody_else_s_eyes(tmp_path: Path) -> None:
    made().save(tmp_path, "demo")
    with pytest.raises(KeyUnusable):
        DemoAuthority.load(tmp_path, "other")
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_its_own_trust_store_knows_for_its_whole_life_what_it_withdrew() -> None:
    authority = made()
    key = authority.person("A", IIN, until=NOW + 3000 * DAY)
    store = authority.trust_store()
    for at in (NOW - DAY, NOW, NOW + 2999 * DAY):
        assert store.judge(key.certificate, key.chain, at).iin == IIN
    evidence = authority.evidence(NOW, NOW + timedelta(hours=1))
    finding = evidence.finding(key.certificate, authority.issuing.certificate, NOW + timedelta(hours=2))
    assert finding.status is Status.UNKNOWN
