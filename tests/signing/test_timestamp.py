"""A token proves the time of the bytes it was made for, and of no others; what is no such token is refused by name."""

import random
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path

import pki
import pytest
from asn1crypto import cms, tsp
from asn1crypto.core import ParsableOctetString
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from stamping import NOTE, timestamp_key, timestamper, token_of

from signing import timestamp
from signing.authority import DemoAuthority
from signing.demo_tsa import POLICY, DemoTimestamper
from signing.errors import KeyUnusable, SigningError, TimestampInvalid

NOW = pki.NOW
RANDOM_CHANGES = 2_000


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(TimestampInvalid) as caught:
        act()
    assert {caught.value.text(language) for language in ("kk", "ru", "en")}
    return caught.value.code


def verify_code(token: bytes, data: bytes = NOTE) -> str:
    return code_of(lambda: timestamp.verify(token, data, pki.trust_store()))


def test_a_token_proves_when_its_data_existed() -> None:
    at = NOW.replace(microsecond=123_000)
    stamp = timestamp.verify(token_of(NOTE, at), NOTE, pki.trust_store())
    assert stamp.at == at
    assert stamp.at.tzinfo is UTC
    assert "Shekara Demo" in stamp.name
    assert int(stamp.serial, 16) > 0


def test_each_token_has_a_number_of_its_own() -> None:
    serials = {timestamp.verify(token_of(NOTE), NOTE, pki.trust_store()).serial for _ in range(5)}
    assert len(serials) == 5


def test_a_token_keeps_its_worth_when_the_certificate_of_its_authority_has_expired() -> None:
    """The trust store is asked about the moment that the token states, never about today."""
    old = timestamp_key(since=NOW - timedelta(days=1), until=NOW + timedelta(seconds=1))
    assert timestamp.verify(token_of(NOTE, NOW, old), NOTE, pki.trust_store()).at == NOW


def test_other_data_are_not_what_was_stamped() -> None:
    assert verify_code(token_of(NOTE), NOTE + b" ") == "timestamp.imprint"


@pytest.mark.parametrize("token", [b"", b"\x30", b"not a token", NOTE, bytes(100), b"\x30\x80" * 5_000])
def test_what_is_no_token_cannot_be_read(token: bytes) -> None:
    assert verify_code(token) == "timestamp.unreadable"
    assert code_of(lambda: timestamp.read(token, timestamp.request(NOTE))) == "timestamp.unreadable"


def test_a_token_that_is_cut_or_has_a_tail_cannot_be_read() -> None:
    token = token_of(NOTE)
    assert verify_code(token[:-1]) == "timestamp.unreadable"
    assert verify_code(token + b"\0") == "timestamp.unreadable"


def test_an_answer_beyond_the_limit_is_not_read() -> None:
    asked = timestamp.request(NOTE)
    answer = bytes(timestamp.ANSWER_BYTES_MOST + 1)
    assert code_of(lambda: timestamp.read(answer, asked)) == "timestamp.unreadable"


def test_a_token_with_two_signers_is_refused() -> None:
    content, second = cms.ContentInfo.load(token_of(NOTE)), cms.ContentInfo.load(token_of(NOTE))
    content["content"]["signer_infos"].append(second["content"]["signer_infos"][0])
    assert verify_code(content.dump(force=True)) == "timestamp.signature"


def test_the_token_of_a_strange_authority_is_not_trusted() -> None:
    stranger = DemoAuthority.create(NOW, "Strange")
    assert verify_code(token_of(NOTE, key=stranger.tsa)) == "timestamp.untrusted"


@pytest.mark.parametrize("days", [-2, 366])
def test_a_token_made_outside_the_dates_of_its_certificate_is_refused(days: int) -> None:
    assert verify_code(token_of(NOTE, NOW + timedelta(days=days), timestamp_key())) == "timestamp.expired"


@pytest.mark.parametrize(
    ("purposes", "critical"),
    [
        ((), False),
        ((ExtendedKeyUsageOID.TIME_STAMPING,), False),
        ((ExtendedKeyUsageOID.EMAIL_PROTECTION,), True),
        ((ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,), True),
    ],
)
def test_a_certificate_without_the_critical_usage_time_stamping_cannot_stamp(purposes, critical) -> None:  # type: ignore[no-untyped-def]
    assert verify_code(token_of(NOTE, key=timestamp_key(purposes=purposes, critical=critical))) == "timestamp.usage"


def test_a_signers_certificate_cannot_stamp() -> None:
    assert verify_code(token_of(NOTE, key=pki.key_of("zarina"))) == "timestamp.usage"


def test_a_revoked_authority_cannot_stamp() -> None:
    authority = DemoAuthority.create(NOW, "Revoking")
    authority.revoke(authority.tsa.certificate, NOW - timedelta(hours=1), ReasonFlags.cessation_of_operation)
    token = token_of(NOTE, NOW, authority.tsa)
    assert code_of(lambda: timestamp.verify(token, NOTE, authority.trust_store())) == "timestamp.revoked"


def test_a_token_whose_signature_was_altered_is_refused() -> None:
    token = token_of(NOTE)
    signature = cms.ContentInfo.load(token)["content"]["signer_infos"][0]["signature"].native
    altered = signature[:-1] + bytes([signature[-1] ^ 1])
    assert verify_code(token.replace(signature, altered)) == "timestamp.signature"


def test_a_token_whose_time_was_altered_is_refused() -> None:
    token = token_of(NOTE)
    assert token.count(b"20261124050000Z") == 1
    assert verify_code(token.replace(b"20261124050000Z", b"20261124040000Z")) == "timestamp.signature"


def test_a_token_without_its_authoritys_certificate_is_refused() -> None:
    asked = TimestampRequestBuilder(data=NOTE, hash_algorithm=HashAlgorithm.SHA256, cert_req=False).build()
    token = timestamp.read(timestamper().respond(asked.as_bytes(), NOW), asked)
    assert verify_code(token) == "timestamp.certificate"


def test_a_token_that_names_another_certificate_is_refused() -> None:
    """The key is the same and so the signature fits: only the signed attribute tells the certificates apart."""
    token, other = token_of(NOTE), timestamp_key().certificate.public_bytes(Encoding.DER)
    content = cms.ContentInfo.load(token)
    content["content"]["certificates"] = [cms.Certificate.load(other)]
    assert verify_code(content.dump(force=True)) == "timestamp.certificate"


def test_a_token_over_a_weak_digest_is_refused() -> None:
    content = cms.ContentInfo.load(token_of(NOTE))
    stamped = content["content"]["encap_content_info"]["content"]
    statement = stamped.parse(tsp.TSTInfo)
    statement["message_imprint"] = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": sha1(NOTE).digest()}
    content["content"]["encap_content_info"]["content"] = ParsableOctetString(statement.dump())
    assert verify_code(content.dump(force=True)) == "timestamp.algorithm"


def test_the_answer_to_another_request_is_not_taken() -> None:
    first, second = timestamp.request(NOTE), timestamp.request(NOTE)
    answer = timestamper().respond(first.as_bytes(), NOW)
    assert code_of(lambda: timestamp.read(answer, second)) == "timestamp.nonce"


def test_the_answer_for_other_data_is_not_taken() -> None:
    asked = timestamp.request(NOTE)
    wanted = tsp.TimeStampReq.load(timestamp.request(b"other").as_bytes())
    wanted["nonce"] = asked.nonce
    answer = timestamper().respond(wanted.dump(), NOW)
    assert code_of(lambda: timestamp.read(answer, asked)) == "timestamp.imprint"


def test_a_refusal_of_the_authority_is_told_as_one() -> None:
    answer = timestamper().respond(b"not a request", NOW)
    assert code_of(lambda: timestamp.read(answer, timestamp.request(NOTE))) == "timestamp.refused"


def test_no_random_change_of_a_byte_gives_another_time_or_another_error() -> None:
    token, chance = token_of(NOTE), random.Random(3161)
    for _ in range(RANDOM_CHANGES):
        place, change = chance.randrange(len(token)), chance.randrange(1, 256)
        changed = token[:place] + bytes([token[place] ^ change]) + token[place + 1 :]
        try:
            assert timestamp.verify(changed, NOTE, pki.trust_store()).at == NOW
        except SigningError as error:
            assert isinstance(error, TimestampInvalid)  # noqa: PT017 most changes are refused, some touch nothing signed


def test_no_random_change_of_an_answer_gives_another_error() -> None:
    asked, chance = timestamp.request(NOTE), random.Random(3161)
    answer = timestamper().respond(asked.as_bytes(), NOW)
    refused = 0
    for _ in range(RANDOM_CHANGES // 4):
        place, change = chance.randrange(len(answer)), chance.randrange(1, 256)
        try:
            timestamp.read(answer[:place] + bytes([answer[place] ^ change]) + answer[place + 1 :], asked)
        except TimestampInvalid:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_the_demo_authority_satisfies_the_librarys_verifier(algorithm: HashAlgorithm) -> None:
    asked = TimestampRequestBuilder(data=NOTE, hash_algorithm=algorithm).build()
    answer = decode_timestamp_response(timestamper().respond(asked.as_bytes(), NOW))
    root = pki.authority().root.certificate
    verifier = VerifierBuilder.from_request(asked).add_root_certificate(root).build()
    assert verifier.verify_message(answer, NOTE)
    assert answer.tst_info.accuracy.seconds == 1
    assert answer.tst_info.policy.dotted_string == POLICY


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the command openssl")
def test_the_demo_authority_satisfies_openssl(tmp_path: Path) -> None:
    asked = timestamp.request(NOTE)
    files = {
        "query": asked.as_bytes(),
        "answer": timestamper().respond(asked.as_bytes(), NOW),
        "root": pki.authority().root_pem(),
        "issuing": pki.authority().intermediate_pem(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    at = str(int(NOW.timestamp()))
    files_given = ["-queryfile", "query", "-in", "answer", "-CAfile", "root", "-untrusted", "issuing"]
    command = ["openssl", "ts", "-verify", *files_given, "-attime", at]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def rejected(request: bytes) -> set[str]:
    """Return why the demo authority rejects a request, in the names of PKIFailureInfo."""
    answer = timestamper().respond(request, NOW)
    assert decode_timestamp_response(answer).status == 2
    status = tsp.PKIStatusInfo.load(answer[2:])
    return set(status["fail_info"].native)


def changed_request(**changes: object) -> bytes:
    wanted = tsp.TimeStampReq.load(timestamp.request(NOTE).as_bytes())
    for name, value in changes.items():
        wanted[name] = value
    return bytes(wanted.dump())


@pytest.mark.parametrize("request_", [b"", b"\x30\x00", b"\x30\x80" * 1_000, bytes(50), b"<xml/>", bytes(5_000)])
def test_the_demo_authority_rejects_what_is_no_request(request_: bytes) -> None:
    assert rejected(request_) == {"bad_data_format"}


def test_the_demo_authority_rejects_what_it_does_not_offer() -> None:
    short = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(31)}
    weak = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}
    unknown = [{"extn_id": "2.999.1", "extn_value": b"\x05\x00"}]
    assert rejected(changed_request(message_imprint=short)) == {"bad_data_format"}
    assert rejected(changed_request(message_imprint=weak)) == {"bad_alg"}
    assert rejected(changed_request(req_policy="2.999.1")) == {"unaccepted_policy"}
    assert rejected(changed_request(extensions=unknown)) == {"unaccepted_extensions"}
    assert rejected(changed_request(version="v2")) == {"bad_request"}


def test_the_demo_authority_stamps_without_nonce_when_none_was_sent() -> None:
    asked = TimestampRequestBuilder(data=NOTE, hash_algorithm=HashAlgorithm.SHA256, nonce=False).build()
    token = timestamp.read(timestamper().respond(asked.as_bytes(), NOW), asked)
    assert timestamp.verify(token, NOTE, pki.trust_store()).at == NOW


def test_no_random_change_of_a_request_upsets_the_demo_authority() -> None:
    request, chance = timestamp.request(NOTE).as_bytes(), random.Random(3161)
    for _ in range(500):
        place = chance.randrange(len(request))
        changed = request[:place] + bytes([chance.randrange(256)]) + request[place + 1 :]
        assert decode_timestamp_response(timestamper().respond(changed, NOW)).status in (0, 2)


def test_the_demo_authority_needs_a_key_on_p256() -> None:
    with pytest.raises(KeyUnusable) as caught:
        DemoTimestamper(pki.key_of("anna"))
    assert caught.value.code == "timestamp.key"


def test_the_time_is_stated_in_utc_whatever_the_zone_it_was_given_in() -> None:
    token = token_of(NOTE, datetime(2026, 11, 24, 5, 0, tzinfo=UTC))
    assert timestamp.verify(token, NOTE, pki.trust_store()).at == NOW
