"""`shekara verify` and `shekara evidence`: what a court sees on another machine, with the cable out."""

import json
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders
import offices
import pki
import proving
import pytest
from cast import PARTICIPANTS
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from sqlalchemy import text
from typer.testing import CliRunner, Result

from declarations.store import Stored
from portal.authorities import DemoAuthorities
from portal.background import notary_of
from portal.cli import app
from portal.commands.evidence import write_bundle
from portal.database import writing
from portal.evidence import gather
from portal.keys import OFFICE
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.terminal_signatures import Printer, read_decision
from portal.trusting import Keeper
from signing import bundle as bundles
from signing.authority import DemoAuthority
from signing.bundle import Bundle
from signing.revocation import Evidence
from signing.seal import seal

NOW = offices.NOW
LATER = f"{(NOW + timedelta(days=3 * 365)).date()}"
TODAY = f"{NOW.date()}"


@dataclass(frozen=True)
class Decided:
    """A decision as its declarant has it, and the office that made it."""

    office: Office
    stored: Stored
    declaration: bytes
    notice: bytes

    def bundle(self) -> Bundle:
        notary_of(self.office, DemoAuthorities(pki.authority(), self.office.clock)).attest()
        found = gather(self.office, self.stored)
        assert found is not None
        return found


@pytest.fixture
def decided(tmp_path: Path) -> Decided:
    office = offices.office(tmp_path / "office")
    declaration = signed()
    answer = lodge(Lodged(declaration, NOW, PARTICIPANTS["altyn"].identifier), office)
    return Decided(office, answer.stored, declaration, answer.notice)


@pytest.fixture
def court(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a machine that has the trusted roots and lists of today, no database, and no network."""
    home = tmp_path / "court"
    trust_only(home)
    for number, crl in enumerate(proving.crls_of(pki.authority(), NOW)):
        (home / "trust" / "evidence" / f"{number}.crl").write_bytes(crl)
    monkeypatch.setattr(socket, "socket", no_network)
    return home


def no_network(*_: object, **__: object) -> None:
    raise AssertionError("a socket was asked for")


def trust_only(home: Path) -> None:
    authority = pki.authority()
    for name, pem in (("roots", authority.root_pem()), ("intermediates", authority.intermediate_pem())):
        (home / "trust" / name).mkdir(parents=True)
        (home / "trust" / name / "demo.pem").write_bytes(pem)
    (home / "trust" / "evidence").mkdir()
    (home / "trust" / OFFICE).write_text(f"{pki.OFFICE_BIN}\n", encoding="ascii")


def signed(reference: str = "COURT-1") -> bytes:
    return pki.sign_as("anna", builders.declaration_xml(reference=reference))


def run(home: Path, *arguments: str) -> Result:
    """Run the command on a machine where the database's address leads nowhere."""
    environment = {"SHEKARA_HOME": str(home), "SHEKARA_DATABASE_URL": "sqlite:////nowhere/at/all.db"}
    result = CliRunner().invoke(app, list(arguments), env=environment)
    assert not list(home.rglob("*.db"))
    return result


def verify(home: Path, *arguments: str, **files: bytes) -> Result:
    """Verify these files on that machine; each is named in the command by its name here."""
    names = []
    for name, content in files.items():
        (home / name).write_bytes(content)
        names.append(str(home / name))
    return run(home, "verify", *names, *arguments)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def line_with(key: str, result: Result) -> dict[str, Any]:
    (found,) = (line for line in lines(result) if key in line)
    return found


def with_bundle(home: Path, bundle: Bundle) -> tuple[str, str]:
    (home / "bundle.json").write_bytes(bundles.write(bundle))
    return "--evidence", str(home / "bundle.json")


@pytest.mark.parametrize("turned", [False, True])
def test_a_notice_and_its_declaration_verify_with_no_network_and_no_database(
    decided: Decided, court: Path, turned: bool
) -> None:
    files = {"declaration": decided.declaration, "notice": decided.notice}
    result = verify(court, "--at", TODAY, **dict(sorted(files.items(), reverse=turned)))
    assert result.exit_code == 0, result.output
    assert result.stdout.count("TOTAL-PASSED") == 2
    assert decided.stored.registration_number in result.stdout
    assert decided.stored.outcome in result.stdout
    assert f"({pki.OFFICE_BIN})" in result.stdout


def test_the_decision_is_shown_with_its_legal_basis_in_the_readers_language(decided: Decided, court: Path) -> None:
    files = {"declaration": decided.declaration, "notice": decided.notice}
    told = {}
    for language in ("kk", "ru", "en"):
        result = verify(court, "--at", TODAY, "--json", "--language", language, **files)
        (reason, *_) = line_with("decision", result)["decision"]["reasons"]
        told[language] = (reason["text"], reason["legal_basis"])
        assert all(told[language])
    assert len(set(told.values())) == 3


def test_a_declaration_changed_after_it_was_signed_fails(decided: Decided, court: Path) -> None:
    changed = decided.declaration.replace(b"COURT-1", b"COURT-2")
    result = verify(court, "--at", TODAY, "--json", declaration=changed)
    assert result.exit_code == 1
    (signature,) = line_with("signatures", result)["signatures"]
    assert (signature["indication"], signature["sub_indication"]) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_a_notice_beside_another_declaration_is_a_mismatch(decided: Decided, court: Path) -> None:
    result = verify(court, "--at", TODAY, declaration=signed("OTHER"), notice=decided.notice)
    assert result.exit_code == 1
    assert result.stdout.count("TOTAL-PASSED") == 2
    assert "MISMATCH" in result.stdout


def test_the_decision_of_a_forged_notice_is_not_shown(decided: Decided, court: Path) -> None:
    forged = decided.notice.replace(decided.stored.outcome.encode(), b"SIMPLIFIED_RELEASF")
    result = verify(court, "--at", TODAY, declaration=decided.declaration, notice=forged)
    assert result.exit_code == 1
    assert "SIMPLIFIED_RELEASF" not in result.stdout


def test_the_decision_of_an_office_that_nobody_vouches_for_is_not_shown(decided: Decided, court: Path) -> None:
    stranger = DemoAuthority.create(NOW, "Strange").office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    unsealed = decided.notice.partition(b"<ds:Signature")[0] + b"</DecisionNotice>\n"
    result = verify(court, "--at", TODAY, declaration=decided.declaration, notice=seal(unsealed, stranger, NOW))
    assert result.exit_code == 1
    assert "NO_CERTIFICATE_CHAIN_FOUND" in result.stdout
    assert decided.stored.outcome not in result.stdout


def test_the_decision_of_a_strange_notice_is_not_shown_beside_a_bundle_either(decided: Decided, court: Path) -> None:
    stranger = DemoAuthority.create(NOW, "Strange").office("State Revenue Committee (demo)", pki.OFFICE_BIN)
    unsealed = decided.notice.partition(b"<ds:Signature")[0] + b"</DecisionNotice>\n"
    files = {"declaration": decided.declaration, "notice": seal(unsealed, stranger, NOW)}
    result = verify(court, "--at", LATER, *with_bundle(court, decided.bundle()), **files)
    assert result.exit_code == 1
    assert decided.stored.outcome not in result.stdout


def test_what_is_no_xml_fails_and_upsets_nothing(court: Path) -> None:
    result = verify(court, "--json", file=b"not xml")
    assert result.exit_code == 1
    (signature,) = line_with("signatures", result)["signatures"]
    assert signature["sub_indication"] == "FORMAT_FAILURE"


def test_without_knowledge_of_revocations_a_signature_is_indeterminate(tmp_path: Path, decided: Decided) -> None:
    trust_only(tmp_path / "bare")
    result = verify(tmp_path / "bare", "--at", TODAY, declaration=decided.declaration)
    assert result.exit_code == 1
    assert "INDETERMINATE TRY_LATER" in result.stdout


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-11-24", "2026-11-24T23:59:59+05:00"),
        ("2026-11-24T12:30", "2026-11-24T12:30:00+05:00"),
        ("2026-11-24T12:30:00Z", "2026-11-24T17:30:00+05:00"),
    ],
)
def test_at_a_date_existence_is_assumed_and_said_to_be(decided: Decided, court: Path, given: str, meant: str) -> None:
    result = verify(court, "--at", given, "--json", declaration=decided.declaration)
    told = line_with("existence", result)
    assert (told["existence"], told["at"]) == ("assumed", meant)
    texts = {verify(court, "--at", given, "--language", each, d=decided.declaration).stdout for each in ("kk", "ru")}
    assert len(texts) == 2


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01", "24.11.2026", "2026-11-24T25:00"])
def test_what_is_no_date_is_misuse(court: Path, given: str) -> None:
    result = verify(court, "--at", given, declaration=signed())
    assert result.exit_code == 2
    assert "--at" in result.output


def test_a_certificate_is_judged_at_the_date_asked_about(decided: Decided, court: Path) -> None:
    for at in (LATER, f"{(NOW - timedelta(days=30)).date()}"):
        assert verify(court, "--at", at, declaration=decided.declaration).exit_code == 1


def test_three_years_later_the_bundle_proves_what_is_no_longer_valid_without_it(decided: Decided, court: Path) -> None:
    files = {"declaration": decided.declaration, "notice": decided.notice}
    option = with_bundle(court, decided.bundle())
    with_it = verify(court, "--at", LATER, *option, **files)
    assert with_it.exit_code == 0, with_it.output
    assert with_it.stdout.count("TOTAL-PASSED") == 2
    assert "proven" in with_it.stdout
    without = verify(court, "--at", LATER, **files)
    assert without.exit_code == 1
    assert "TOTAL-PASSED" not in without.stdout
    assert "assumed, not proven" in without.stdout


def test_a_bundle_is_told_as_json(decided: Decided, court: Path) -> None:
    option = with_bundle(court, decided.bundle())
    files = {"declaration": decided.declaration, "notice": decided.notice}
    result = verify(court, "--at", LATER, "--json", *option, **files)
    told = line_with("evidence", result)
    assert told["valid"]
    assert told["office"]["bin"] == pki.OFFICE_BIN
    assert {each["part"]: each["outcome"] for each in told["findings"]} == {part.value: "ok" for part in bundles.Part}
    assert line_with("existence", result)["at"] == "2026-11-24T10:00:00+05:00"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_what_does_not_fit_in_a_bundle_is_named(decided: Decided, court: Path, language: str) -> None:
    bundle = decided.bundle()
    (court / "bundle.json").write_bytes(bundles.write(bundle).replace(b"COURT-1", b"COURT-9"))
    option = ("--evidence", str(court / "bundle.json"))
    files = {"declaration": decided.declaration, "notice": decided.notice}
    result = verify(court, "--at", LATER, *option, "--language", language, **files)
    assert result.exit_code == 1
    assert "evidence.inclusion" in result.stdout
    assert "TOTAL-PASSED" not in result.stdout


def test_a_comment_in_a_notice_hides_nothing_of_the_decision() -> None:
    """Comments are covered by no signature: whoever adds one must not shorten the text around it."""
    notice = (
        b'<DecisionNotice xmlns="urn:shekara:notice:1"><RegistrationNumber>12<!-- -->34</RegistrationNumber>'
        b"<Decision><Outcome>DOCUMENTARY<!-- -->_CHECK</Outcome></Decision></DecisionNotice>"
    )
    decision = read_decision(notice, "en")
    assert (decision["registration_number"], decision["outcome"]) == ("1234", "DOCUMENTARY_CHECK")


def test_a_bundle_that_cannot_be_read_is_refused(decided: Decided, court: Path) -> None:
    (court / "bundle.json").write_bytes(b"{}")
    option = ("--evidence", str(court / "bundle.json"))
    files = {"declaration": decided.declaration, "notice": decided.notice}
    result = verify(court, *option, **files)
    assert result.exit_code == 1
    assert "evidence.unreadable" in result.stdout
    assert line_with("evidence", verify(court, *option, "--json", **files))["valid"] is False


def test_a_bundle_is_about_one_declaration(decided: Decided, court: Path) -> None:
    option = with_bundle(court, decided.bundle())
    for files in ({"notice": decided.notice}, {"one": decided.declaration, "two": decided.declaration}):
        assert verify(court, *option, **files).exit_code == 2


def test_a_bundle_without_the_notice_is_misuse(decided: Decided, court: Path) -> None:
    result = verify(court, *with_bundle(court, decided.bundle()), declaration=decided.declaration)
    assert result.exit_code == 2


@pytest.mark.parametrize("with_evidence", [False, True])
@pytest.mark.parametrize(("expected", "told"), [(None, "was not checked"), ("110540007770", "This is no decision")])
def test_a_decision_is_shown_only_when_the_office_that_is_meant_has_sealed_it(
    decided: Decided, court: Path, expected: str | None, told: str, with_evidence: bool
) -> None:
    (court / "trust" / OFFICE).unlink()
    option = with_bundle(court, decided.bundle()) if with_evidence else ()
    office = ("--office", expected) if expected else ()
    files = {"declaration": decided.declaration, "notice": decided.notice}
    result = verify(court, *option, *office, "--at", TODAY, **files)
    assert result.exit_code == 1
    assert told in result.stdout
    assert decided.stored.outcome not in result.stdout
    assert "It is proven" not in result.stdout


def test_the_office_may_be_named_in_the_command(decided: Decided, court: Path) -> None:
    (court / "trust" / OFFICE).unlink()
    files = {"declaration": decided.declaration, "notice": decided.notice}
    assert verify(court, "--office", pki.OFFICE_BIN, "--at", TODAY, **files).exit_code == 0


@pytest.mark.parametrize("name", ["declaration", "notice"])
def test_a_damaged_exhibit_beside_a_bundle_is_called_damaged_and_proves_nothing(
    decided: Decided, court: Path, name: str
) -> None:
    files = {"declaration": decided.declaration, "notice": decided.notice}
    files[name] = files[name].replace(b"</", b"<", 1)
    evidence = with_bundle(court, decided.bundle())
    result = verify(court, *evidence, "--at", LATER, **files)
    assert result.exit_code == 1, result.output
    assert f"FORMAT_FAILURE  {name}" in result.stdout
    assert "NOT PROVEN" in result.stdout
    assert "It is proven" not in result.stdout


def test_a_bundle_asked_about_an_earlier_date_proves_nothing(decided: Decided, court: Path) -> None:
    files = {"declaration": decided.declaration, "notice": decided.notice}
    evidence = with_bundle(court, decided.bundle())
    result = verify(court, *evidence, "--at", "2026-11-23", **files)
    assert result.exit_code == 1
    assert "NOT PROVEN" in result.stdout
    assert "Give --evidence" not in result.stdout


def test_an_unknown_language_is_misuse(court: Path) -> None:
    assert verify(court, "--language", "de", declaration=signed()).exit_code == 2


def test_a_bundle_is_written_once_a_time_stamp_covers_the_decision(
    decided: Decided, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, number = tmp_path / "bundle.json", decided.stored.registration_number
    assert not write_bundle(decided.office, number, output, Printer(False, "en"))
    assert "No time-stamp covers" in capsys.readouterr().out
    assert not output.exists()
    decided.bundle()
    assert write_bundle(decided.office, number, output, Printer(False, "en"))
    assert bundles.read(output.read_bytes()) == decided.bundle()


def test_the_command_says_that_no_time_stamp_covers_the_decision_yet(decided: Decided, tmp_path: Path) -> None:
    offices.keep_keys(decided.office.settings.home)
    environment = {
        "SHEKARA_HOME": str(decided.office.settings.home),
        "SHEKARA_DATABASE_URL": decided.office.settings.database_url,
    }
    for number, code in ((decided.stored.registration_number, 1), ("20201/241126/0009999", 1), ("nonsense", 2)):
        arguments = ["evidence", number, "-o", str(tmp_path / "bundle.json"), "--language", "ru"]
        assert CliRunner().invoke(app, arguments, env=environment).exit_code == code, number
    assert not (tmp_path / "bundle.json").exists()


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("UPDATE journal SET entry = CAST(x'ff' || entry AS BLOB)", "declaration"),
        ("UPDATE journal_checkpoint SET token = x'00'", "time_stamp"),
        ("UPDATE journal_checkpoint SET note = 'x'", "checkpoint"),
    ],
)
@pytest.mark.skipif(bool(offices.POSTGRESQL), reason="writes bytes as SQLite does")
def test_what_was_altered_in_the_database_goes_into_the_bundle_and_is_named(
    decided: Decided, statement: str, part: str
) -> None:
    decided.bundle()
    with writing(decided.office.engine) as connection:
        connection.execute(text(statement))
    bundle = gather(decided.office, decided.stored)
    assert bundle is not None
    findings = bundles.check(bundle, decided.declaration, decided.notice, decided.office.trust, NOW)
    assert findings.first_failure is not None
    assert findings.first_failure.part == part


def test_a_bundle_gathered_late_holds_what_was_known_when_the_time_stamp_was_made(tmp_path: Path) -> None:
    """The newest lists no longer tell anything of a certificate that has expired; those kept from then do."""
    bare, clock = pki.authority().trust_store().with_evidence(Evidence()), offices.StillClock()
    office = offices.office(tmp_path / "office", clock, trust=bare)
    keeper = Keeper(office, DemoAuthorities(pki.authority(), clock))
    keeper.refresh()
    office.current()
    declaration = signed()
    answer = lodge(Lodged(declaration, NOW, PARTICIPANTS["altyn"].identifier), office)
    keeper.refresh()
    decided = Decided(office, answer.stored, declaration, answer.notice)
    early = decided.bundle()
    assert len(set(early.crls)) == len(early.crls)
    clock.at += timedelta(days=2 * 365)
    keeper.refresh()
    office.current()
    findings = bundles.check(decided.bundle(), declaration, answer.notice, bare, clock.at)
    assert findings.ok, findings.first_failure


def test_a_bundle_holds_the_list_beside_newer_answers(decided: Decided) -> None:
    """An OCSP answer is signed by a responder, and only the list tells whether that one was withdrawn."""
    authority, office = pki.authority(), decided.office
    leaves = (pki.key_of("anna").certificate, pki.office_key().certificate, authority.tsa.certificate)
    answers = [authority.ocsp(ocsp_request(leaf), NOW) for leaf in leaves]
    lists = proving.crls_of(authority, NOW - timedelta(hours=1))
    office.trust = office.trust.with_evidence(Evidence(lists, answers))
    bundle = decided.bundle()
    assert set(bundle.ocsp) == set(answers)
    assert set(bundle.crls) == set(lists)


def ocsp_request(certificate: x509.Certificate) -> bytes:
    issuer = pki.authority().issuing.certificate
    request = OCSPRequestBuilder().add_certificate(certificate, issuer, SHA256()).build()
    return request.public_bytes(Encoding.DER)


def test_a_bundle_holds_only_what_concerns_its_own_signers(decided: Decided) -> None:
    """Lists of both authorities are needed, and none of others; roots are never in it."""
    others = proving.crls_of(DemoAuthority.create(NOW, "Strange"), NOW)
    known = decided.office.trust.evidence
    decided.office.trust = decided.office.trust.with_evidence(Evidence((*others, *known.crls), known.ocsp))
    bundle = decided.bundle()
    assert not set(others) & set(bundle.crls)
    roots = {proving.der(pki.authority().root.certificate)}
    assert not roots & set(bundle.certificates)
    assert proving.der(pki.key_of("anna").certificate) in bundle.certificates
    assert proving.der(pki.office_key().certificate) in bundle.certificates
    assert proving.der(pki.key_of("berik").certificate) not in bundle.certificates
    assert 0 < len(bundle.crls) + len(bundle.ocsp) <= 6
