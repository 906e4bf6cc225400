"""What revocation lists and OCSP answers prove of a certificate, at which moment, and what they do not prove."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import pki
import pytest
import revoking
from certifying import IIN, certified
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from revoking import DAY, WEEK, Withdrawn, answer, crl

from signing.authority import DemoAuthority
from signing.revocation import Evidence, genuine_list
from signing.signer import SigningKey
from signing.statements import EXPIRED_CERTIFICATES_ON_CRL, Finding, Genuine, Status

NOW = pki.NOW
HOUR = timedelta(hours=1)
BOUNDS = x509.BasicConstraints(ca=True, path_length=None)
KEY_COMPROMISE = x509.ReasonFlags.key_compromise
GOOD, REVOKED, UNKNOWN = Status.GOOD, Status.REVOKED, Status.UNKNOWN


@cache
def authority() -> DemoAuthority:
    """An authority of which no evidence is known but that of the test."""
    return DemoAuthority.create(NOW - 300 * DAY)


@cache
def issuing() -> SigningKey:
    return authority().issuing


@cache
def holder() -> SigningKey:
    return authority().person("Holder", IIN, since=NOW - 100 * DAY, until=NOW + 100 * DAY)


def find(*crls: bytes, answers: tuple[bytes, ...] = (), at: datetime = NOW, key: SigningKey | None = None) -> Finding:
    return Evidence(crls, answers).finding((key or holder()).certificate, issuing().certificate, at)


def status(*crls: bytes, answers: tuple[bytes, ...] = (), at: datetime = NOW, key: SigningKey | None = None) -> Status:
    return find(*crls, answers=answers, at=at, key=key).status


def withdrawn(at: datetime = NOW - HOUR, reason: x509.ReasonFlags | None = KEY_COMPROMISE) -> list[Withdrawn]:
    return [Withdrawn(holder(), at, reason)]


def answered(at: datetime = NOW - DAY / 2, **changes: object) -> bytes:
    return answer(holder(), issuing(), authority().responder, at, **changes)  # type: ignore[arg-type]


def test_without_evidence_nothing_is_known() -> None:
    assert find() == Finding(UNKNOWN)


def test_a_list_tells_what_it_says_and_of_which_day_it_is() -> None:
    found = find(crl(issuing(), NOW - DAY, withdrawn()))
    assert (found.status, found.revoked_at, found.reason) == (REVOKED, NOW - HOUR, "keyCompromise")
    assert (found.source, found.produced_at, found.next_update) == ("crl", NOW - DAY, NOW + 6 * DAY)
    assert found.digest is not None
    assert len(found.digest) == 64
    assert status(crl(issuing())) is GOOD


def test_an_answer_tells_what_it_says_and_of_which_day_it_is() -> None:
    found = find(answers=(answered(NOW - DAY, revoked_at=NOW - HOUR),))
    assert (found.status, found.revoked_at, found.reason) == (REVOKED, NOW - HOUR, "superseded")
    assert (found.source, found.produced_at, found.next_update) == ("ocsp", NOW - DAY, NOW + 6 * DAY)
    assert status(answers=(answered(),)) is GOOD
    assert status(answers=(answered(names=hashes.SHA1()),)) is GOOD


def test_either_source_is_enough_to_withdraw_a_certificate() -> None:
    good, bad = crl(issuing()), crl(issuing(), withdrawn=withdrawn())
    good_answer, bad_answer = answered(), answered(revoked_at=NOW - HOUR)
    assert status(good, answers=(good_answer,)) is GOOD
    assert status(bad, answers=(good_answer, answered(NOW))) is REVOKED
    assert status(good, crl(issuing(), NOW), answers=(bad_answer,)) is REVOKED


def test_evidence_holds_until_its_next_update_and_no_longer() -> None:
    made = crl(issuing(), NOW - 8 * DAY, lasts=8 * DAY)
    assert status(made, at=NOW) is GOOD
    stale = find(made, at=NOW + timedelta(seconds=1))
    assert (stale.status, stale.produced_at, stale.next_update) == (UNKNOWN, NOW - 8 * DAY, NOW)
    assert status(answers=(answered(NOW - 8 * DAY, lasts=8 * DAY),), at=NOW + timedelta(seconds=1)) is UNKNOWN


def test_a_stale_list_says_nothing_though_it_says_revoked() -> None:
    stale = find(crl(issuing(), NOW - 9 * DAY, withdrawn(NOW - 10 * DAY)))
    assert (stale.status, stale.revoked_at, stale.reason) == (UNKNOWN, None, None)


def test_an_answer_without_next_update_is_about_the_past_only() -> None:
    made = answered(NOW, lasts=None)
    assert status(answers=(made,), at=NOW) is GOOD
    assert status(answers=(made,), at=NOW - HOUR) is GOOD
    assert status(answers=(made,), at=NOW + timedelta(seconds=1)) is UNKNOWN


def test_evidence_produced_later_tells_what_was_already_so_at_the_moment() -> None:
    later = crl(issuing(), NOW + 9 * DAY, withdrawn(NOW + 3 * DAY))
    assert status(later, at=NOW) is GOOD
    assert status(later, at=NOW + 3 * DAY) is REVOKED
    assert status(later, at=NOW + 3 * DAY - timedelta(seconds=1)) is GOOD


def test_later_evidence_overrules_what_the_moment_knew() -> None:
    then, later = crl(issuing(), NOW - HOUR), crl(issuing(), NOW + DAY, withdrawn(NOW - 2 * HOUR))
    assert status(then) is GOOD
    assert status(then, later) is REVOKED


def test_the_newest_list_decides_so_a_lifted_hold_leaves_no_trace() -> None:
    held = crl(issuing(), NOW - DAY, withdrawn(NOW - 2 * DAY, x509.ReasonFlags.certificate_hold))
    assert find(held).reason == "certificateHold"
    assert status(held) is REVOKED
    assert status(held, crl(issuing(), NOW - HOUR)) is GOOD
    assert status(crl(issuing(), NOW - HOUR), held) is GOOD


def test_what_was_withdrawn_is_not_good_by_what_is_older_and_only_holds_longer() -> None:
    list_of_today = crl(issuing(), NOW)
    said = (answered(NOW - DAY, lasts=DAY / 2, revoked_at=NOW - 2 * DAY),)
    assert find(crl(issuing(), NOW - 2 * DAY), answers=said).source == "ocsp"
    assert status(crl(issuing(), NOW - 2 * DAY), answers=said) is REVOKED
    assert status(list_of_today, answers=said) is GOOD  # a hold that was lifted


def test_a_list_that_dropped_the_expired_does_not_take_back_a_withdrawal() -> None:
    key, at = expired(), NOW - 31 * DAY
    long = crl(issuing(), NOW - 50 * DAY, lasts=50 * DAY)
    withdrawal = crl(issuing(), NOW - 45 * DAY, [Withdrawn(key, NOW - 46 * DAY)], lasts=DAY)
    assert status(long, withdrawal, crl(issuing(), NOW - DAY), key=key, at=at) is REVOKED


@pytest.mark.parametrize("reason", [*x509.ReasonFlags, None])
def test_whatever_its_reason_an_entry_is_a_revocation(reason: x509.ReasonFlags | None) -> None:
    assert status(crl(issuing(), withdrawn=withdrawn(reason=reason))) is REVOKED


def expired() -> SigningKey:
    return authority().person("Expired", IIN, since=NOW - 200 * DAY, until=NOW - 30 * DAY)


def keeping(since: datetime) -> tuple[x509.ExtensionType, bool]:
    written = since.astimezone(NOW.tzinfo).strftime("%Y%m%d%H%M%SZ").encode()
    return x509.UnrecognizedExtension(EXPIRED_CERTIFICATES_ON_CRL, b"\x18\x0f" + written), False


def test_a_list_made_after_the_certificate_expired_proves_nothing_good() -> None:
    key, at = expired(), NOW - 60 * DAY
    assert status(crl(issuing()), key=key, at=at) is UNKNOWN
    assert status(crl(issuing()), crl(issuing(), at - DAY), key=key, at=at) is GOOD
    assert status(answers=(answer(key, issuing(), authority().responder),), key=key, at=at) is UNKNOWN


def test_a_list_made_after_the_certificate_expired_still_proves_that_it_was_withdrawn() -> None:
    key, at = expired(), NOW - 60 * DAY
    later = crl(issuing(), withdrawn=[Withdrawn(key, at - DAY)])
    assert status(later, crl(issuing(), at - DAY), key=key, at=at) is REVOKED


@pytest.mark.parametrize(("days", "expected"), [(40, GOOD), (20, UNKNOWN)])
def test_a_list_that_keeps_the_expired_proves_good_what_expired_since(days: int, expected: Status) -> None:
    kept = crl(issuing(), extensions=[keeping(NOW - days * DAY)])
    assert status(kept, key=expired(), at=NOW - 60 * DAY) is expected


def test_an_unreadable_promise_to_keep_the_expired_makes_the_list_unreadable() -> None:
    broken = x509.UnrecognizedExtension(EXPIRED_CERTIFICATES_ON_CRL, b"\x05\x00")
    assert Evidence([crl(issuing(), extensions=[(broken, False)])]).unreadable == 1


def point(**changes: object) -> list[tuple[x509.ExtensionType, bool]]:
    given: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return [(x509.IssuingDistributionPoint(**{**given, **changes}), True)]  # type: ignore[arg-type]


def address(url: str) -> list[x509.UniformResourceIdentifier]:
    return [x509.UniformResourceIdentifier(url)]


def rogue() -> SigningKey:
    """An authority of the same name with another key."""
    return DemoAuthority.create(NOW - 300 * DAY).issuing


SOME = frozenset([KEY_COMPROMISE])
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")

LISTS: list[tuple[str, Status, Callable[[], bytes]]] = [
    ("of an authority of the same name", UNKNOWN, lambda: crl(rogue())),
    ("of the root", UNKNOWN, lambda: crl(authority().root)),
    ("signed by another key", UNKNOWN, lambda: crl(issuing(), signed_by=rogue())),
    ("altered", UNKNOWN, lambda: revoking.altered(crl(issuing()))),
    ("cut", UNKNOWN, lambda: crl(issuing())[:-1]),
    ("followed by more", UNKNOWN, lambda: crl(issuing()) + b"\x00"),
    ("nothing", UNKNOWN, lambda: b""),
    ("made before its issuer was", UNKNOWN, lambda: crl(issuing(), NOW - 400 * DAY, lasts=500 * DAY)),
    ("of changes", UNKNOWN, lambda: crl(issuing(), extensions=[(x509.DeltaCRLIndicator(1), True)])),
    ("of changes, not critical", UNKNOWN, lambda: crl(issuing(), extensions=[(x509.DeltaCRLIndicator(1), False)])),
    ("for others", UNKNOWN, lambda: crl(issuing(), extensions=point(indirect_crl=True))),
    ("of some reasons", UNKNOWN, lambda: crl(issuing(), extensions=point(only_some_reasons=SOME))),
    ("of attributes", UNKNOWN, lambda: crl(issuing(), extensions=point(only_contains_attribute_certs=True))),
    ("of authorities", UNKNOWN, lambda: crl(issuing(), extensions=point(only_contains_ca_certs=True))),
    ("of holders", GOOD, lambda: crl(issuing(), extensions=point(only_contains_user_certs=True))),
    ("of another place", UNKNOWN, lambda: crl(issuing(), extensions=point(full_name=address("http://a.example/")))),
    ("of its place", GOOD, lambda: crl(issuing(), extensions=point(full_name=address(authority().crl_urls[1])))),
    ("with a strange demand", UNKNOWN, lambda: crl(issuing(), extensions=[(STRANGE, True)])),
    ("with a strange remark", GOOD, lambda: crl(issuing(), extensions=[(STRANGE, False)])),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "make"), [case[1:] for case in LISTS], ids=[case[0] for case in LISTS])
def test_only_a_genuine_list_of_the_issuer_that_is_about_the_certificate_counts(
    expected: Status, make: Callable[[], bytes]
) -> None:
    assert status(make()) is expected


def test_a_list_by_an_issuer_whose_key_is_not_for_lists_does_not_count() -> None:
    lists, none = (certified(authority().root, "Lists", BOUNDS, signs_lists=may) for may in (True, False))
    found = [
        Evidence([crl(key)]).finding(certified(key, "Below").certificate, key.certificate, NOW) for key in (lists, none)
    ]
    assert [each.status for each in found] == [GOOD, UNKNOWN]


def responder(**changes: object) -> SigningKey:
    return revoking.responder(issuing(), **changes)  # type: ignore[arg-type]


def by(signer: SigningKey, **changes: object) -> bytes:
    return answer(holder(), issuing(), signer, **changes)  # type: ignore[arg-type]


ANSWERS: list[tuple[str, Status, Callable[[], bytes]]] = [
    ("by a responder", GOOD, lambda: by(responder())),
    ("by the issuer itself", GOOD, lambda: by(issuing())),
    ("by the holder", UNKNOWN, lambda: by(holder())),
    ("by one for time-stamps", UNKNOWN, lambda: by(responder(purpose=ExtendedKeyUsageOID.TIME_STAMPING))),
    ("by one for anything", UNKNOWN, lambda: by(responder(purpose=ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE))),
    ("by one that may not sign", UNKNOWN, lambda: by(responder(digital_signature=False))),
    ("by one of the root", UNKNOWN, lambda: by(revoking.responder(authority().root))),
    ("by one of a rogue", UNKNOWN, lambda: by(revoking.responder(rogue()))),
    ("by a rogue", UNKNOWN, lambda: by(rogue())),
    ("by one that had expired", UNKNOWN, lambda: by(responder(since=NOW - 2 * DAY, until=NOW - DAY))),
    ("by one of which nothing is known", UNKNOWN, lambda: by(responder(no_check=False))),
    ("about another issuer's", UNKNOWN, lambda: answer(holder(), rogue(), responder())),
    ("about another certificate", UNKNOWN, lambda: answer(expired(), issuing(), responder())),
    ("unknown", UNKNOWN, lambda: by(responder(), status=ocsp.OCSPCertStatus.UNKNOWN)),
    ("refused", UNKNOWN, lambda: authority().ocsp(b"", NOW)),
    ("with a strange demand", UNKNOWN, lambda: by(responder(), extension=STRANGE)),
    ("cut", UNKNOWN, lambda: by(responder())[:-1]),
    ("nothing", UNKNOWN, lambda: b""),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "make"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS])
def test_only_a_genuine_answer_by_whom_the_issuer_has_asked_to_answer_counts(
    expected: Status, make: Callable[[], bytes]
) -> None:
    assert status(answers=(make(),)) is expected


def test_an_answer_whose_signature_was_altered_does_not_count() -> None:
    made = by(issuing())
    signature = ocsp.load_der_ocsp_response(made).signature
    forged = made.replace(signature, revoking.altered(signature))
    assert forged != made
    assert (status(answers=(made,)), status(answers=(forged,))) == (GOOD, UNKNOWN)


def test_an_answer_whose_content_was_altered_does_not_count() -> None:
    made = by(issuing(), revoked_at=NOW - HOUR)
    superseded, held = b"\x0a\x01\x04", b"\x0a\x01\x06"
    assert made.count(superseded) == 1
    forged = made.replace(superseded, held)
    assert ocsp.load_der_ocsp_response(forged).revocation_reason is x509.ReasonFlags.certificate_hold
    assert (status(answers=(made,)), status(answers=(forged,))) == (REVOKED, UNKNOWN)


def test_a_responder_without_its_issuers_word_must_be_on_no_list() -> None:
    asked = responder(no_check=False)
    assert find(crl(issuing(), NOW - DAY), answers=(by(asked, revoked_at=NOW - HOUR),)).source == "ocsp"
    assert status(crl(issuing(), NOW - DAY), answers=(by(asked, revoked_at=NOW - HOUR),)) is REVOKED


@pytest.mark.parametrize("no_check", [True, False])
def test_what_a_withdrawn_responder_says_does_not_count(no_check: bool) -> None:
    asked = responder(no_check=no_check)
    listing = crl(issuing(), NOW - DAY, [Withdrawn(asked, NOW - 2 * DAY)])
    assert status(listing, answers=(by(asked, revoked_at=NOW - HOUR),)) is GOOD


def moments() -> list[datetime]:
    return [NOW + number * DAY / 2 for number in range(-30, 31)]


@pytest.mark.parametrize("days", [100, -5])
def test_a_finding_holds_for_all_moments_of_its_window_and_not_beyond(days: int) -> None:
    key = authority().person("Holder", IIN, since=NOW - 100 * DAY, until=NOW + days * DAY)
    certificate, issuer = key.certificate, issuing().certificate
    evidence = Evidence(
        [
            crl(issuing(), NOW - 12 * DAY),
            crl(issuing(), NOW - 8 * DAY, lasts=3 * DAY),
            crl(issuing(), NOW + 2 * DAY, [Withdrawn(key, NOW - 2 * DAY)], lasts=2 * DAY),
        ],
        [answer(key, issuing(), authority().responder, NOW - 3 * DAY, lasts=9 * DAY)],
    )
    seen = {}
    for at in moments():
        seen[at] = evidence.look(certificate, issuer, at)
        assert seen[at][1].holds(at)
    for finding, window in seen.values():
        inside = [*filter(window.holds, moments()), window.since, window.until]
        assert {evidence.finding(certificate, issuer, at) for at in inside} == {finding}
    assert len({finding.status for finding, _ in seen.values()}) > 1


def genuine(der: bytes) -> Genuine | None:
    return genuine_list(der, (authority().root.certificate, issuing().certificate))


FOREIGN = [LISTS[0], *LISTS[2:8]]


@pytest.mark.parametrize("make", [case[2] for case in FOREIGN], ids=[case[0] for case in FOREIGN])
def test_a_list_that_none_of_these_issuers_signed_is_not_genuine(make: Callable[[], bytes]) -> None:
    assert genuine(make()) is None


def test_of_one_issuer_and_scope_is_one_subject_of_another_another() -> None:
    made = [
        crl(issuing()),
        crl(issuing(), NOW, withdrawn()),
        crl(authority().root),
        crl(issuing(), extensions=point(only_contains_user_certs=True)),
    ]
    subjects = [found.subject for each in made if (found := genuine(each))]
    assert subjects[0] == subjects[1]
    assert len(set(subjects)) == 3


def test_what_says_the_same_is_known_to_say_the_same() -> None:
    made = [crl(issuing()), crl(issuing(), NOW), crl(issuing(), NOW, withdrawn())]
    says = [found.says for each in made if (found := genuine(each))]
    assert says[0] == says[1] != says[2]


def answers_of(der: bytes, *crls: bytes) -> Genuine | None:
    return Evidence(crls).genuine_answer(der, holder().certificate, issuing().certificate)


@pytest.mark.parametrize(("expected", "make"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS])
def test_an_answer_is_genuine_exactly_when_it_would_count(expected: Status, make: Callable[[], bytes]) -> None:
    assert (answers_of(make()) is not None) == (expected is GOOD)


def test_an_answer_of_a_withdrawn_responder_is_not_genuine() -> None:
    asked = responder()
    assert answers_of(by(asked), crl(issuing(), NOW - DAY, [Withdrawn(asked, NOW - 2 * DAY)])) is None


def test_an_answer_that_names_a_digest_nobody_knows_counts_for_nothing() -> None:
    made, known, unknown = by(responder(), names=hashes.SHA1()), b"\x2b\x0e\x03\x02\x1a", b"\x2b\x0e\x03\x02\x7f"
    assert known in made
    assert answers_of(made.replace(known, unknown)) is None
    assert status(answers=(made.replace(known, unknown),)) is UNKNOWN


def test_what_cannot_be_read_is_counted_and_does_no_harm() -> None:
    evidence = Evidence([b"no list", crl(issuing())], [b"no answer", b"", answered()])
    assert evidence.unreadable == 3
    assert evidence.finding(holder().certificate, issuing().certificate, NOW).status is GOOD
    assert (len(evidence.crls), len(evidence.ocsp)) == (2, 3)


def test_the_version_is_that_of_the_content_in_any_order() -> None:
    one, other = crl(issuing(), NOW - DAY), crl(issuing(), NOW - 2 * DAY)
    assert Evidence([one, other]).version == Evidence([other, one]).version
    assert len({Evidence(given).version for given in ([], [one], [other], [one, other])}) == 4


def test_a_list_holds_on_to_its_last_second() -> None:
    made = crl(issuing(), NOW - WEEK)
    assert status(made, at=NOW) is GOOD
    assert status(made, at=NOW + timedelta(microseconds=1)) is UNKNOWN
