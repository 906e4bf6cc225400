"""The verdict on each kind of signer, now, at a past day, and with a proof that the signature existed on that day."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import forgery
import pki
import pytest
from cryptography import x509
from forgery import PLAIN
from revoking import DAY, Withdrawn, crl
from ruling import LENIENT

from signing.authority import P256, DemoAuthority
from signing.holders import Sealer, Signer
from signing.revocation import Evidence
from signing.seal import seal
from signing.signer import SigningKey, sign, sign_like_ncalayer
from signing.statements import Status
from signing.trust import UNCHECKED, TrustStore
from signing.usages import AUTHENTICATION_OF_PERSONS
from signing.verdict import Indication, Report, SubIndication, judge_signature

NOW = pki.NOW
PAST = NOW - 100 * DAY
IIN = "850412450128"
PASSED, FAILED, OPEN = Indication
NOTICE = b'<?xml version="1.0"?><DecisionNotice xmlns="urn:shekara:notice:1"><Number>1</Number></DecisionNotice>'

Verdict = tuple[Indication, SubIndication | None]
PASS: Verdict = (PASSED, None)
NOT_YET_VALID: Verdict = (FAILED, SubIndication.NOT_YET_VALID)
FORGED: Verdict = (FAILED, SubIndication.SIG_CRYPTO_FAILURE)
CHAIN: Verdict = (OPEN, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
NO_CHAIN: Verdict = (OPEN, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
REVOKED: Verdict = (OPEN, SubIndication.REVOKED_NO_POE)
EXPIRED: Verdict = (OPEN, SubIndication.OUT_OF_BOUNDS_NO_POE)
LATER: Verdict = (OPEN, SubIndication.TRY_LATER)


@cache
def authority() -> DemoAuthority:
    return DemoAuthority.create(NOW - 700 * DAY)


def person(by: DemoAuthority | None = None, **changes: object) -> SigningKey:
    given = {"since": NOW - 200 * DAY, "until": NOW + 165 * DAY, "kind": P256, **changes}
    return (by or authority()).person("Signer", IIN, **given)  # type: ignore[arg-type]


def trust(withdrawn: tuple[Withdrawn, ...] = (), fresh: bool = True) -> TrustStore:
    """Return a store with the lists of the past day, good for a week, and with today's unless it is to be stale."""
    days = [PAST - DAY, *([NOW - DAY] if fresh else [])]
    roots = [crl(authority().root, at) for at in days]
    return authority().trust_store().with_evidence(
        Evidence([*roots, *(crl(authority().issuing, at, [w for w in withdrawn if w.at <= at]) for at in days)])
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A signed document, and whom to trust."""

    data: bytes
    trust: TrustStore


def case(key: SigningKey, **changes: object) -> Case:
    return Case(sign(PLAIN, key, PAST), trust(**changes))  # type: ignore[arg-type]


def revoked(reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise) -> Case:
    key = person()
    return case(key, withdrawn=(Withdrawn(key, NOW - 50 * DAY, reason),))


def revoked_long_ago() -> Case:
    key = person()
    return case(key, withdrawn=(Withdrawn(key, PAST - 2 * DAY),))


def revoked_authority() -> Case:
    key = person()
    withdrawn = crl(authority().root, NOW - DAY, [Withdrawn(authority().issuing, NOW - 50 * DAY)])
    known = trust()
    crls = [each for each in known.evidence.crls if x509.load_der_x509_crl(each).last_update_utc < NOW - 2 * DAY]
    lists = [*crls, withdrawn, crl(authority().issuing, NOW - DAY)]
    return Case(sign(PLAIN, key, PAST), known.with_evidence(Evidence(lists)))


def forged() -> Case:
    """The true certificate, and a signature of zeros."""
    signed = case(person())
    zeros = base64.b64encode(bytes(64))
    data, count = re.subn(rb"(?<=<ds:SignatureValue>)[^<]*", zeros, signed.data)
    assert count == 1
    return Case(data, signed.trust)


# Kind of signer, how it is made, and the verdict: now; at the past day; now, with a proof that it existed on that day.
SIGNERS: list[tuple[str, Callable[[], Case], Verdict, Verdict, Verdict]] = [
    ("clean", lambda: case(person()), PASS, PASS, PASS),
    ("clean, of NCALayer", lambda: Case(sign_like_ncalayer(PLAIN, person()), trust()), PASS, PASS, PASS),
    ("revoked", revoked, REVOKED, PASS, PASS),
    ("revoked before that day", revoked_long_ago, REVOKED, REVOKED, REVOKED),
    ("suspended", lambda: revoked(x509.ReasonFlags.certificate_hold), LATER, PASS, PASS),
    ("authority revoked", revoked_authority, (OPEN, SubIndication.REVOKED_CA_NO_POE), PASS, PASS),
    ("expired", lambda: case(person(until=NOW - 10 * DAY)), EXPIRED, PASS, PASS),
    ("expired before that day", lambda: case(person(until=PAST - DAY)), EXPIRED, EXPIRED, EXPIRED),
    ("not yet valid", lambda: case(person(since=NOW + DAY)), NOT_YET_VALID, NOT_YET_VALID, NOT_YET_VALID),
    ("not yet valid on that day", lambda: case(person(since=PAST + DAY)), PASS, NOT_YET_VALID, NOT_YET_VALID),
    ("wrong usage", lambda: case(person(usages=())), CHAIN, CHAIN, CHAIN),
    ("wrong policy", lambda: case(person(policies=[AUTHENTICATION_OF_PERSONS])), CHAIN, CHAIN, CHAIN),
    ("rogue root", lambda: case(person(DemoAuthority.create(NOW - 700 * DAY))), NO_CHAIN, NO_CHAIN, NO_CHAIN),
    ("forged with zero signature", forged, FORGED, FORGED, FORGED),
    ("stale CRL", lambda: case(person(), fresh=False), LATER, PASS, PASS),
    ("no CRL", lambda: Case(case(person()).data, trust().with_evidence(Evidence())), LATER, LATER, LATER),
]  # fmt: skip


def judged(given: Case, at: object = NOW, **changes: object) -> Report:
    (report,) = judge_signature(given.data, given.trust, at, **changes)  # type: ignore[arg-type]
    return report


def verdict(report: Report) -> Verdict:
    return report.indication, report.sub_indication


@pytest.mark.parametrize(("make", "now", "past", "proven"), [each[1:] for each in SIGNERS], ids=[s[0] for s in SIGNERS])
def test_each_kind_of_signer_gets_its_verdict_now_and_at_a_past_day(
    make: Callable[[], Case], now: Verdict, past: Verdict, proven: Verdict
) -> None:
    given = make()
    reports = [judged(given), judged(given, PAST), judged(given, NOW, existed_at=PAST)]
    assert [verdict(report) for report in reports] == [now, past, proven]
    assert [report.passed for report in reports] == [each is PASS for each in (now, past, proven)]
    assert [report.error is None for report in reports] == [report.passed for report in reports]
    assert [report.existed_at for report in reports] == [None, None, PAST]
    assert [report.judged_at for report in reports] == [NOW, PAST, NOW]


def test_a_report_names_the_signer_even_when_the_certificate_no_longer_holds() -> None:
    report = judged(revoked())
    assert isinstance(report.signer, Signer)
    assert (report.signer.iin, report.signer.issuer) == (IIN, "Shekara Demo Issuing (not for real use)")
    assert report.revocation is not None
    assert (report.revocation.status, report.revocation.revoked_at) == (Status.REVOKED, NOW - 50 * DAY)
    assert (report.profile, report.claimed_at) == ("xades-b", PAST)
    assert report.algorithm is not None
    assert report.algorithm.endswith("ecdsa-sha256")


def test_a_report_on_a_stranger_s_or_a_forged_signature_names_nobody() -> None:
    assert judged(case(person(DemoAuthority.create(NOW - 700 * DAY)))).signer is None
    assert judged(forged()).signer is None


def test_a_proof_of_a_later_moment_than_the_one_judged_says_nothing() -> None:
    report = judged(revoked(), PAST, existed_at=NOW)
    assert (verdict(report), report.existed_at) == (PASS, None)


DOCUMENTS: list[tuple[str, str, Verdict, Callable[[], bytes]]] = [
    ("changed", "signature.digest", (FAILED, SubIndication.HASH_FAILURE), forgery.changed(">100.00<", ">1.00<")),
    ("value", "signature.value", FORGED, forgery.rewritten("(?<=<ds:SignatureValue>)....", "AAAA")),
    ("no XML", "xml.malformed", (FAILED, SubIndication.FORMAT_FAILURE), lambda: b"<a>"),
    ("unsigned", "signature.missing", (FAILED, SubIndication.FORMAT_FAILURE), lambda: PLAIN),
    ("too deep", "xml.limit", (FAILED, SubIndication.FORMAT_FAILURE), lambda: b"<a>" * 1000 + b"</a>" * 1000),
    (
        "SHA-1",
        "signature.algorithm",
        (OPEN, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
        forgery.changed("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-sha1"),
    ),
    (
        "other certificate",
        "signature.certificate",
        (OPEN, SubIndication.SIG_CONSTRAINTS_FAILURE),
        forgery.rewritten("(?<=<xades:CertDigest>)(.*?<ds:DigestValue[^>]*>)....", r"\1AAAA"),
    ),
]


@pytest.mark.parametrize(("code", "expected", "make"), [each[1:] for each in DOCUMENTS], ids=[d[0] for d in DOCUMENTS])
def test_a_document_that_is_not_what_was_signed_has_one_report(
    code: str, expected: Verdict, make: Callable[[], bytes]
) -> None:
    report = judged(Case(make(), pki.trust_store()))
    assert verdict(report) == expected
    assert report.error is not None
    assert report.error.code == code
    assert (report.signer, report.profile, report.revocation) == (None, None, None)


def test_each_of_several_signatures_has_its_report_in_the_order_in_which_they_were_made() -> None:
    withdrawn = person()
    known = trust(withdrawn=(Withdrawn(withdrawn, NOW - 50 * DAY),))
    data = sign(sign(PLAIN, withdrawn, PAST), person(), PAST, again=True)
    reports = judge_signature(data, known, NOW)
    assert [verdict(report) for report in reports] == [REVOKED, PASS]


def test_a_seal_is_judged_as_a_seal_and_a_person_s_signature_as_a_person_s() -> None:
    office = authority().office("Office", pki.OFFICE_BIN)
    sealed, signed = Case(seal(NOTICE, office, NOW), trust()), case(person())
    report = judged(sealed, seal=True)
    assert report.passed
    assert isinstance(report.signer, Sealer)
    assert verdict(judged(sealed)) == CHAIN
    assert verdict(judged(signed, seal=True)) == CHAIN


def test_what_a_lenient_rule_lets_pass_is_indeterminate_and_the_report_says_so() -> None:
    report = judged(Case(case(person()).data, trust(fresh=False).with_rules(LENIENT)))
    assert verdict(report) == (Indication.INDETERMINATE, SubIndication.TRY_LATER)
    assert report.caution == UNCHECKED
    assert report.revocation is not None
    assert (report.revocation.status, report.revocation.produced_at) == (Status.UNKNOWN, PAST - DAY)
    texts = {report.as_json(language)["caution"]["text"] for language in ("kk", "ru", "en")}
    assert len(texts) == 3


def test_a_report_for_the_wire_has_all_its_keys_whatever_the_verdict() -> None:
    reports = [judged(make()) for make in (lambda: case(person()), revoked, forged)]
    written = [json.loads(json.dumps(report.as_json("en"))) for report in reports]
    assert {tuple(each) for each in written} == {
        (
            "indication",
            "sub_indication",
            "judged_at",
            "existed_at",
            "code",
            "text",
            "signer",
            "certificate",
            "profile",
            "algorithm",
            "claimed_at",
            "revocation",
            "caution",
        )
    }
    passed, withdrawn, _ = written
    assert (passed["indication"], passed["sub_indication"], passed["text"]) == ("TOTAL-PASSED", None, None)
    assert passed["judged_at"] == "2026-11-24T10:00:00+05:00"
    assert passed["signer"].pop("serial")
    assert passed["signer"] == {
        "name": "Signer",
        "iin": IIN,
        "bin": None,
        "organisation": None,
        "issuer": "Shekara Demo Issuing (not for real use)",
    }
    assert passed["certificate"].pop("serial")
    assert passed["certificate"] == {
        "subject": "Signer",
        "issuer": "Shekara Demo Issuing (not for real use)",
        "valid_from": "2026-05-08T05:00:00+00:00",
        "valid_until": "2027-05-08T05:00:00+00:00",
    }
    assert withdrawn["code"] == "certificate.revoked"
    assert withdrawn["revocation"] == {
        "status": "revoked",
        "source": "crl",
        "produced_at": "2026-11-23T05:00:00+00:00",
        "next_update": "2026-11-30T05:00:00+00:00",
        "revoked_at": "2026-10-05T05:00:00+00:00",
        "reason": "keyCompromise",
    }


@pytest.mark.parametrize("make", [each[1] for each in SIGNERS], ids=[each[0] for each in SIGNERS])
def test_what_is_wrong_is_said_in_three_languages(make: Callable[[], Case]) -> None:
    report = judged(make())
    texts = {report.as_json(language)["text"] for language in ("kk", "ru", "en")}
    assert len(texts) == (1 if report.passed else 3)


def test_a_certificate_is_judged_to_the_second_of_its_revocation() -> None:
    given, at = revoked(), NOW - 50 * DAY
    before = judged(given, NOW, existed_at=at - timedelta(seconds=1))
    assert (verdict(before), verdict(judged(given, NOW, existed_at=at))) == (PASS, REVOKED)
