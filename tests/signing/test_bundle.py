"""A bundle proves a decision years later, and names the part that was tampered with."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import builders
import msgspec
import pki
import proving
import pytest
from cryptography.x509 import ReasonFlags
from proving import Proven

from signing import bundle as bundles
from signing.authority import DemoAuthority
from signing.bundle import Bundle, Findings, Outcome, Part
from signing.errors import EvidenceInvalid
from signing.revocation import Evidence
from signing.seal import seal
from signing.signer import sign
from signing.trust import Anchor, TrustStore
from signing.verdict import Indication, judge_signature

NOW = pki.NOW
LATER = NOW + timedelta(days=3 * 365)


def roots_only(authority: DemoAuthority, evidence: Evidence | None = None) -> TrustStore:
    """Return what a court would have: the root and the issuing authority, and no evidence of its own."""
    anchors = [Anchor(authority.root.certificate)], [Anchor(authority.issuing.certificate)]
    return TrustStore(*anchors, evidence or Evidence())


def check(proven: Proven, at: datetime = NOW, **changes: Any) -> Findings:
    """Check a bundle, in which some parts were changed, with its own declaration and notice."""
    bundle = msgspec.structs.replace(proven.bundle, **changes)
    return bundles.check(bundle, proven.declaration, proven.notice, roots_only(proven.authority), at)


def outcomes(findings: Findings) -> dict[Part, Outcome]:
    return {each.part: each.outcome for each in findings.parts}


def failure(findings: Findings) -> tuple[Part, str]:
    """Return the first part that is wrong, and the code of what is wrong with it."""
    found = findings.first_failure
    assert found is not None
    assert found.error is not None
    assert not findings.ok
    assert len({found.error.text(language) for language in ("kk", "ru", "en")}) == 3
    return found.part, found.error.code


def test_every_part_of_an_untouched_bundle_is_ok() -> None:
    findings = check(proving.proven())
    assert outcomes(findings) == dict.fromkeys(Part, Outcome.OK)
    assert findings.ok
    assert findings.existed_at == NOW
    assert findings.office is not None
    assert findings.office.bin == pki.OFFICE_BIN


def test_a_signature_is_proven_three_years_later_though_its_certificate_has_expired() -> None:
    findings = check(proving.proven(), LATER)
    assert findings.ok
    assert [report.indication for report in findings.signatures] == [Indication.TOTAL_PASSED]
    assert [report.existed_at for report in findings.signatures] == [NOW]


def test_a_signature_is_proven_three_years_later_though_its_certificate_was_revoked_meanwhile() -> None:
    authority = DemoAuthority.create(NOW, "Revoking later")
    signer = proving.person_of(authority)
    proven = proving.prove(authority, signer=signer)
    authority.revoke(signer.certificate, NOW + timedelta(days=30), ReasonFlags.key_compromise)
    trust = roots_only(authority, Evidence(proving.crls_of(authority, LATER)))
    findings = bundles.check(proven.bundle, proven.declaration, proven.notice, trust, LATER)
    assert findings.ok
    assert [report.indication for report in findings.signatures] == [Indication.TOTAL_PASSED]


@pytest.mark.parametrize("days", [60, 3 * 365])
def test_without_its_bundle_a_revoked_or_expired_signature_does_not_pass(days: int) -> None:
    authority, at = DemoAuthority.create(NOW, "Alone"), NOW + timedelta(days=days)
    signer = proving.person_of(authority)
    proven = proving.prove(authority, signer=signer)
    authority.revoke(signer.certificate, NOW + timedelta(days=30), ReasonFlags.key_compromise)
    trust = roots_only(authority, Evidence(proving.crls_of(authority, at)))
    (report,) = judge_signature(proven.declaration, trust, at)
    assert report.indication is not Indication.TOTAL_PASSED
    assert report.existed_at is None


def test_a_signature_made_after_its_certificate_was_revoked_is_not_saved_by_a_bundle() -> None:
    authority = DemoAuthority.create(NOW, "Revoked before")
    signer = proving.person_of(authority)
    authority.revoke(signer.certificate, NOW - timedelta(hours=2), ReasonFlags.key_compromise)
    findings = check(proving.prove(authority, signer=signer), LATER)
    assert failure(findings)[0] is Part.SIGNATURE


def test_a_bundle_proves_nothing_about_a_moment_before_its_time_stamp() -> None:
    findings = check(proving.proven(), NOW - timedelta(seconds=1))
    assert failure(findings) == (Part.TIME_STAMP, "evidence.later")
    assert findings.existed_at is None


def test_the_roots_never_come_from_the_bundle() -> None:
    proven, stranger = proving.proven(), DemoAuthority.create(NOW, "Strange")
    everything = (*proven.bundle.certificates, proving.der(proven.authority.root.certificate))
    bundle = msgspec.structs.replace(proven.bundle, certificates=everything)
    findings = bundles.check(bundle, proven.declaration, proven.notice, roots_only(stranger), NOW)
    found = outcomes(findings)
    assert [found[part] for part in (Part.TIME_STAMP, Part.SIGNATURE, Part.SEAL)] == [Outcome.WRONG] * 3
    assert found[Part.CHECKPOINT] is Outcome.NOT_CHECKED
    assert findings.existed_at is None


def test_without_a_notice_its_parts_are_said_to_be_unchecked() -> None:
    proven = proving.proven()
    findings = bundles.check(proven.bundle, proven.declaration, None, roots_only(proven.authority), LATER)
    assert findings.ok
    assert unchecked(findings) == dict.fromkeys((Part.NOTICE, Part.SEAL), "evidence.notice_missing")


def test_another_declaration_is_not_the_recorded_one() -> None:
    proven = proving.proven()
    other = sign(builders.declaration_xml(reference="OTHER"), proving.person_of(proven.authority), NOW)
    findings = bundles.check(proven.bundle, other, proven.notice, roots_only(proven.authority), LATER)
    assert failure(findings) == (Part.DECLARATION, "evidence.declaration")
    assert findings.existed_at is None
    assert outcomes(findings)[Part.SIGNATURE] is Outcome.WRONG


def test_a_notice_sealed_anew_is_not_the_recorded_one() -> None:
    proven = proving.proven()
    office = proven.authority.office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    other = seal(proving.notice_xml(proven.bundle.declaration), office, NOW)
    findings = bundles.check(proven.bundle, proven.declaration, other, roots_only(proven.authority), NOW)
    assert failure(findings) == (Part.NOTICE, "evidence.notice")
    assert [seal.existed_at for seal in findings.seals] == [None]
    assert [report.existed_at for report in findings.signatures] == [NOW]


@pytest.mark.parametrize(("digest", "index"), [("0" * 64, proving.INDEX), (None, proving.INDEX + 1)])
def test_a_recorded_notice_must_speak_of_this_declaration_and_entry(digest: str | None, index: int) -> None:
    proven = proving.proven()
    office = proven.authority.office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    notice = seal(proving.notice_xml(digest or proven.bundle.declaration, index), office, NOW)
    digest_of = proving.digest_of(notice)
    entry = proving.entry_of(proven.bundle.declaration, digest_of, NOW).decode()
    bundle = msgspec.structs.replace(proven.bundle, notice=digest_of, entry=entry)
    findings = bundles.check(bundle, proven.declaration, notice, roots_only(proven.authority), NOW)
    found = {each.part: each.error for each in findings.parts}[Part.NOTICE]
    assert found is not None
    assert found.code == "evidence.notice_references"


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def other_entry(proven: Proven, **particulars: str) -> str:
    entry = json.loads(proven.bundle.entry)
    entry["particulars"].update(particulars)
    return json.dumps(entry, sort_keys=True, separators=(",", ":"))


TAMPERED: dict[str, tuple[Callable[[Proven], dict[str, Any]], Part, str]] = {
    "declaration": (lambda p: {"declaration": "0" * 64}, Part.DECLARATION, "evidence.declaration"),
    "notice": (lambda p: {"notice": "0" * 64}, Part.NOTICE, "evidence.notice"),
    "no notice": (lambda p: {"notice": None}, Part.NOTICE, "evidence.notice"),
    "entry": (lambda p: {"entry": other_entry(p, outcome="X")}, Part.INCLUSION, "evidence.inclusion"),
    "digest in the entry": (lambda p: {"entry": other_entry(p, digest="0" * 64)}, Part.DECLARATION, "evidence.entry"),
    "notice in the entry": (lambda p: {"entry": other_entry(p, notice="0" * 64)}, Part.NOTICE, "evidence.entry"),
    "event of the entry": (
        lambda p: {"entry": p.bundle.entry.replace("declaration.decided", "token.issued")},
        Part.DECLARATION,
        "evidence.entry",
    ),
    "no entry": (lambda p: {"entry": "{}"}, Part.DECLARATION, "evidence.entry"),
    "index": (lambda p: {"index": p.bundle.index - 1}, Part.DECLARATION, "evidence.entry"),
    "size": (lambda p: {"size": p.bundle.size + 1}, Part.INCLUSION, "evidence.inclusion"),
    "path": (lambda p: {"path": (flip(p.bundle.path[0], 0), *p.bundle.path[1:])}, Part.INCLUSION, "evidence.inclusion"),
    "short path": (lambda p: {"path": p.bundle.path[1:]}, Part.INCLUSION, "evidence.inclusion"),
    "checkpoint": (
        lambda p: {"checkpoint": p.bundle.checkpoint.replace("\ntime 2026", "\ntime 2025")},
        Part.CHECKPOINT,
        "checkpoint.signature",
    ),
    "no checkpoint": (lambda p: {"checkpoint": ""}, Part.CHECKPOINT, "checkpoint.form"),
    "token": (
        lambda p: {"token": flip(p.bundle.token, len(p.bundle.token) - 1)},
        Part.TIME_STAMP,
        "timestamp.signature",
    ),
    "no token": (lambda p: {"token": b""}, Part.TIME_STAMP, "timestamp.unreadable"),
    "certificates": (lambda p: {"certificates": p.bundle.certificates[1:]}, Part.CHECKPOINT, "checkpoint.signer"),
    "certificate": (
        lambda p: {"certificates": (p.bundle.certificates[0][:-9], *p.bundle.certificates[1:])},
        Part.CHECKPOINT,
        "certificate.unreadable",
    ),
    "no lists": (lambda p: {"crls": ()}, Part.TIME_STAMP, "timestamp.revocation_unknown"),
    "lists": (
        lambda p: {"crls": tuple(flip(crl, len(crl) - 1) for crl in p.bundle.crls)},
        Part.TIME_STAMP,
        "timestamp.revocation_unknown",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_part_is_found_and_named(name: str) -> None:
    tamper, part, code = TAMPERED[name]
    proven = proving.proven()
    assert failure(check(proven, LATER, **tamper(proven))) == (part, code)


def test_nothing_is_proven_about_time_when_a_link_of_the_chain_is_broken() -> None:
    proven = proving.proven()
    for name in ("declaration", "entry", "path", "checkpoint", "token"):
        findings = check(proven, LATER, **TAMPERED[name][0](proven))
        assert findings.existed_at is None, name
        assert not any(report.passed for report in findings.signatures), name


def unchecked(findings: Findings) -> dict[Part, str | None]:
    """Return the parts that were not checked, and the code of why."""
    left = [each for each in findings.parts if each.outcome is Outcome.NOT_CHECKED]
    return {each.part: each.error.code if each.error else None for each in left}


def test_a_checkpoint_that_does_not_open_leaves_unchecked_what_needs_it_and_says_so() -> None:
    """The seal is good, but whether it is of the office that keeps the journal nobody can say."""
    findings = check(proving.proven(), checkpoint="")
    assert unchecked(findings) == dict.fromkeys((Part.INCLUSION, Part.SEAL), "evidence.unchecked")


def test_a_token_that_does_not_verify_leaves_the_checkpoint_unchecked_and_says_so() -> None:
    """The signature of the checkpoint fits, but nobody knows whether its certificate was valid when it was made."""
    findings = check(proving.proven(), LATER, token=b"")
    assert unchecked(findings) == {Part.CHECKPOINT: "evidence.unchecked"}
    assert outcomes(findings)[Part.INCLUSION] is Outcome.OK


def test_another_organisation_cannot_attest_the_journal_of_the_office() -> None:
    """A firm with a genuine seal of its own may sign checkpoints of its own: the notice tells the offices apart."""
    proven = proving.proven()
    firm = proven.authority.office("A firm", "150340012340")
    leaves = proving.leaves_of(proven.bundle.entry.encode())
    note = proving.note_of(leaves, firm, NOW)
    changes = {
        "checkpoint": note,
        "token": proving.stamp(note, proven.authority, NOW),
        "certificates": (proving.der(firm.certificate), *proven.bundle.certificates),
    }
    assert failure(check(proven, **changes)) == (Part.SEAL, "evidence.office")


def test_a_checkpoint_of_an_office_that_no_trusted_root_vouches_for_is_not_believed() -> None:
    proven = proving.proven()
    office = DemoAuthority.create(NOW, "Strange").office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    note = proving.note_of(proving.leaves_of(proven.bundle.entry.encode()), office, NOW)
    changes = {
        "checkpoint": note,
        "token": proving.stamp(note, proven.authority, NOW),
        "certificates": (proving.der(office.certificate), *map(proving.der, office.chain)),
    }
    assert failure(check(proven, **changes)) == (Part.CHECKPOINT, "certificate.untrusted")


def test_what_is_written_is_read_again() -> None:
    bundle = proving.proven().bundle
    written = bundles.write(bundle)
    assert bundles.read(written) == bundle
    told = json.loads(written)
    assert (told["format"], told["version"]) == ("shekara-evidence", 1)
    assert list(told) == sorted(told)


def rewritten(change: Callable[[dict[str, Any]], object]) -> bytes:
    told = json.loads(bundles.write(proving.proven().bundle))
    change(told)
    return json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def test_the_way_of_rewriting_in_these_tests_changes_nothing_by_itself() -> None:
    assert bundles.read(rewritten(lambda told: None)) == proving.proven().bundle


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(version=2),
        lambda told: told.update(format="other"),
        lambda told: told.pop("token"),
        lambda told: told.update(roots=[]),
        lambda told: told.update(declaration="ABC"),
        lambda told: told.update(index=-1),
        lambda told: told.update(index="5"),
        lambda told: told.update(token="not base64!"),
        lambda told: told["path"].append("AAAA"),
        lambda told: told.update(path=told["path"] * 20),
        lambda told: told.update(certificates=told["certificates"] * 20),
        lambda told: told.update(entry="x" * 70_000),
    ],
)
def test_what_is_not_a_bundle_of_this_version_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(EvidenceInvalid) as caught:
        bundles.read(rewritten(change))
    assert caught.value.code == "evidence.unreadable"
    assert caught.value.params["reason"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"<xml/>", b"[" * 100_000])
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceInvalid) as caught:
        bundles.read(data)
    assert caught.value.code == "evidence.unreadable"


def test_a_bundle_must_be_just_as_it_was_written() -> None:
    """Two names for one part, or other white space, would be two files with one meaning."""
    written = bundles.write(proving.proven().bundle)
    for other in (written.rstrip(), written.replace(b'"index": 5', b'"index": 4,\n  "index": 5'), b" " + written):
        assert other != written
        with pytest.raises(EvidenceInvalid):
            bundles.read(other)


def test_a_file_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(EvidenceInvalid) as caught:
        bundles.read(b" " * (bundles.BUNDLE_BYTES_MOST + 1))
    assert caught.value.code == "evidence.large"


def test_a_comment_does_not_part_what_a_notice_says() -> None:
    """Comments are covered by no signature: whoever adds one must not shorten the text around it."""
    notice = proving.notice_xml("ab" * 32, 12).replace(b">12<", b">1<!-- -->2<")
    assert bundles.read_notice(notice) == bundles.NoticeReferences("ab" * 32, 12)


def test_a_notice_without_a_number_refers_to_no_entry() -> None:
    notice = proving.notice_xml("ab" * 32).replace(b">5<", "٥".encode().join((b">", b"<")))
    assert bundles.read_notice(notice).index is None


def test_a_bundle_type_has_no_place_for_roots() -> None:
    assert not [name for name in Bundle.__struct_fields__ if "root" in name or "trust" in name]
