"""What the portal says of the signatures of a stored declaration, to programs and to the pages."""

import json
from datetime import timedelta
from pathlib import Path

import builders
import offices
import pki
import pytest
from evidencing import Decided, decided, evidence_api, give_token
from litestar.testing import TestClient

from portal.access import Role
from portal.database import reading
from portal.errors import EvidenceLost
from portal.signatures import StoredSignatures, examine, write_evidence
from portal.views import Overall, ReadPart, SignaturesPage, SignedIn
from risk_gateway.packing import pack
from signing import bundle as bundles
from signing import store as signing_store
from signing.authority import DemoAuthority
from signing.bundle import Outcome, Part
from signing.revocation import Evidence
from signing.statements import Status
from signing.trust import TrustStore

LANGUAGES = ("kk", "ru", "en")
YEARS = timedelta(days=3 * 365)
DANA = SignedIn(iin="900523450679", name="Dana Demo", role=Role.INSPECTOR, post="20201")


@pytest.fixture
def anna(tmp_path: Path) -> Decided:
    """A declaration that Anna lodged, and that no time-stamp covers yet."""
    return decided(tmp_path)


def verdicts(page: SignaturesPage) -> list[tuple[str, str | None]]:
    return [(report.indication, report.sub_indication) for report in (*page.signatures, *page.seals)]


def outcomes(page: SignaturesPage) -> dict[Part, Outcome]:
    return {each.part: each.outcome for each in page.journal.parts}


# --- what is found --------------------------------------------------------------------------------------------------


def test_without_a_time_stamp_signatures_are_judged_at_receipt_and_nothing_is_proven(anna: Decided) -> None:
    anna.office.clock.at += YEARS
    page = examine(anna.office, anna.stored)
    assert verdicts(page) == [("TOTAL-PASSED", None)] * 2
    assert (page.judged_at, page.existed_at, page.overall) == (offices.NOW, None, Overall.WELL)
    assert (page.journal.index, page.journal.recorded) == (0, "TOTAL-PASSED")
    assert (page.journal.size, page.journal.stamp, page.journal.parts, page.journal.trouble) == (None, None, (), None)


def test_a_time_stamp_proves_when_the_signatures_existed(anna: Decided) -> None:
    page = examine(anna.office, anna.attest().stored)
    assert verdicts(page) == [("TOTAL-PASSED", None)] * 2
    assert page.existed_at == offices.NOW
    assert (page.journal.size, page.journal.signed_at) == (2, offices.NOW)
    assert page.journal.stamp is not None
    assert "Shekara Demo" in page.journal.stamp.name
    assert set(outcomes(page)) == set(Part)
    assert set(outcomes(page).values()) == {Outcome.OK}


def test_the_report_names_who_signed_and_with_what(anna: Decided) -> None:
    page = examine(anna.office, anna.stored)
    (report,), (seal,) = page.signatures, page.seals
    assert report.signer is not None
    assert (report.signer.name, report.signer.organisation) == ("Anna Demo", "Altyn Dala Trade LLP")
    assert report.certificate == pki.key_of("anna").certificate
    assert report.revocation is not None
    assert (report.revocation.status, report.revocation.source) == (Status.GOOD, "crl")
    assert seal.signer is not None
    assert seal.signer.bin == pki.OFFICE_BIN


def test_years_later_the_time_stamp_still_lets_the_signatures_pass(anna: Decided) -> None:
    anna.attest().office.clock.at += YEARS
    page = examine(anna.office, anna.stored)
    assert verdicts(page) == [("TOTAL-PASSED", None)] * 2
    assert (page.judged_at, page.existed_at) == (offices.NOW + YEARS, offices.NOW)


def test_a_signer_whose_authority_is_not_trusted_is_reported(anna: Decided) -> None:
    stranger = DemoAuthority.create(pki.NOW, "Stranger").trust_store()
    page = examine(anna.seen_with(stranger), anna.stored)
    assert verdicts(page) == [("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")] * 2
    assert page.overall is Overall.OPEN
    assert [report.certificate is not None for report in page.signatures] == [True]


def test_a_time_stamp_that_is_not_trusted_proves_nothing(anna: Decided) -> None:
    stranger = DemoAuthority.create(pki.NOW, "Stranger").trust_store()
    page = examine(anna.attest().seen_with(stranger), anna.stored)
    assert (page.existed_at, page.journal.stamp) == (None, None)
    assert outcomes(page)[Part.TIME_STAMP] is Outcome.WRONG
    assert outcomes(page)[Part.INCLUSION] is Outcome.OK


def test_without_revocation_evidence_the_verdict_is_open(anna: Decided) -> None:
    page = examine(anna.seen_with(pki.trust_store().with_evidence(Evidence())), anna.stored)
    assert verdicts(page) == [("INDETERMINATE", "TRY_LATER")] * 2
    assert page.journal.recorded == "TOTAL-PASSED"


@pytest.mark.parametrize("stamped", [False, True], ids=["unstamped", "stamped"])
def test_a_declaration_that_was_altered_afterwards_is_found_out(anna: Decided, stamped: bool) -> None:
    if stamped:
        anna.attest()
    anna.change_document(lambda data: data.replace(b"SIGN-1", b"SIGN-9"))
    page = examine(anna.office, anna.stored)
    assert verdicts(page) == [("TOTAL-FAILED", "HASH_FAILURE"), ("TOTAL-PASSED", None)]
    assert page.existed_at is None
    if stamped:
        assert outcomes(page)[Part.DECLARATION] is Outcome.WRONG
        assert outcomes(page)[Part.TIME_STAMP] is Outcome.OK


def test_a_signature_that_was_put_in_the_place_of_the_first_is_found_out(anna: Decided) -> None:
    anna.attest()
    signed_again = pki.sign_as("berik", builders.declaration_xml(reference="SIGN-1"))
    anna.replace_document(pack(signed_again))
    page = examine(anna.office, anna.stored)
    assert verdicts(page)[0] == ("TOTAL-PASSED", None)
    assert outcomes(page)[Part.DECLARATION] is Outcome.WRONG
    assert (page.existed_at, page.overall) == (None, Overall.WRONG)


@pytest.mark.parametrize("damage", [b"", b"not zstd", pack(b""), pack(b"<no xml")])
def test_a_document_that_cannot_be_read_is_reported_and_not_raised(anna: Decided, damage: bytes) -> None:
    anna.attest().replace_document(damage)
    page = examine(anna.office, anna.stored)
    assert verdicts(page)[0] == ("TOTAL-FAILED", "FORMAT_FAILURE")
    assert page.existed_at is None
    assert page.journal.trouble is not None or outcomes(page)[Part.DECLARATION] is Outcome.WRONG


def test_a_decision_whose_entry_is_gone_is_reported_and_not_raised(anna: Decided) -> None:
    anna.attest().drop_entry()
    page = examine(anna.office, anna.stored)
    assert (page.journal.recorded, page.journal.stamp) == (None, None)
    assert page.journal.trouble is not None
    assert len(set(page.journal.trouble.texts.values())) == 3
    with pytest.raises(EvidenceLost):
        write_evidence(anna.office, anna.stored)


def test_what_an_officer_opens_stands_in_the_journal(anna: Decided) -> None:
    StoredSignatures(anna.office).record_reading(DANA, anna.stored.registration_number, ReadPart.SIGNATURES)
    with reading(anna.office.engine) as connection:
        _, (_, event, entry) = signing_store.read_entries(connection, anna.stored.registration_number)
    assert event == "declaration.read"
    assert json.loads(entry)["particulars"] == {"officer": DANA.iin, "role": "inspector", "part": "signatures"}


def test_of_a_number_that_does_not_exist_nothing_is_known(anna: Decided) -> None:
    signatures, number = StoredSignatures(anna.office), "20201/241126/0009999"
    found = (signatures.examine, signatures.evidence, signatures.declaration, signatures.notice)
    assert [each(number) for each in found] == [None] * 4


def test_the_files_are_the_ones_that_were_received_and_sealed(anna: Decided) -> None:
    signatures, number = StoredSignatures(anna.office), anna.stored.registration_number
    assert (signatures.declaration(number), signatures.notice(number)) == (anna.declaration, anna.notice)


# --- for programs ---------------------------------------------------------------------------------------------------


def address(given: Decided, what: str) -> str:
    return f"/api/v1/declarations/{given.stored.registration_number}/{what}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_reads_the_reports_in_its_language(anna: Decided, language: str) -> None:
    anna.attest().change_document(lambda data: data.replace(b"SIGN-1", b"SIGN-9"))
    headers = give_token(anna.office, "altyn") | {"Accept-Language": language}
    with TestClient(evidence_api(anna.office)) as client:
        answer = client.get(address(anna, "signatures"), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told = answer.json()
    page = examine(anna.office, anna.stored)
    (report,) = told["declaration"]
    assert (report["indication"], report["sub_indication"]) == ("TOTAL-FAILED", "HASH_FAILURE")
    assert page.signatures[0].error is not None
    assert report["text"] == page.signatures[0].error.text(language)
    assert told["notice"][0]["signer"]["bin"] == pki.OFFICE_BIN
    assert told["journal"]["index"] == 0
    assert told["journal"]["checkpoint"]["size"] == 2
    assert told["journal"]["time_stamp"]["at"] == "2026-11-24T05:00:00Z"
    wrong = next(each for each in told["journal"]["parts"] if each["part"] == "declaration")
    assert (wrong["outcome"], bool(wrong["text"])) == ("wrong", True)


def test_before_the_time_stamp_the_reports_say_that_there_is_none(anna: Decided) -> None:
    with TestClient(evidence_api(anna.office)) as client:
        told = client.get(address(anna, "signatures"), headers=give_token(anna.office, "altyn")).json()
    assert (told["existed_at"], told["judged_at"]) == (None, "2026-11-24T05:00:00Z")
    assert (told["journal"]["checkpoint"], told["journal"]["time_stamp"]) == (None, None)
    assert told["journal"]["recorded"] == "TOTAL-PASSED"


def test_a_program_gets_the_bundle_that_verifies_offline(anna: Decided) -> None:
    with TestClient(evidence_api(anna.attest().office)) as client:
        answer = client.get(address(anna, "evidence"), headers=give_token(anna.office, "altyn"))
    name = anna.stored.registration_number.replace("/", "-")
    assert answer.headers["content-disposition"] == f'attachment; filename="evidence-{name}.json"'
    assert answer.headers["content-type"] == "application/json"
    bundle = bundles.read(answer.content)
    assert bundles.check(bundle, anna.declaration, anna.notice, pki.trust_store(), offices.NOW + YEARS).ok


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_time_stamp_there_is_no_bundle_and_the_answer_says_what_to_do(anna: Decided, language: str) -> None:
    headers = give_token(anna.office, "altyn") | {"Accept-Language": language}
    with TestClient(evidence_api(anna.office)) as client:
        answer = client.get(address(anna, "evidence"), headers=headers)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (404, "evidence.not_stamped")
    assert anna.stored.registration_number in told["detail"]
    assert told["detail"] == told["texts"][language]
    assert len(set(told["texts"].values())) == 3


def test_a_record_that_is_lost_is_the_portals_trouble(anna: Decided) -> None:
    anna.attest().drop_entry()
    with TestClient(evidence_api(anna.office)) as client:
        answer = client.get(address(anna, "evidence"), headers=give_token(anna.office, "altyn"))
    assert (answer.status_code, answer.json()["code"]) == (500, "evidence.stored")


@pytest.mark.parametrize("what", ["signatures", "evidence"])
def test_others_numbers_are_not_found(anna: Decided, what: str) -> None:
    headers = give_token(anna.attest().office, "qorgan")
    with TestClient(evidence_api(anna.office)) as client:
        foreign = client.get(address(anna, what), headers=headers)
        absent = client.get(f"/api/v1/declarations/20201/241126/0009999/{what}", headers=headers)
        nobody = client.get(address(anna, what))
    assert [(each.status_code, each.json()["code"]) for each in (foreign, absent, nobody)] == [
        (404, "declaration.not_found"),
        (404, "declaration.not_found"),
        (401, "token.missing"),
    ]


def test_trust_in_nobody_leaves_a_report_and_no_error(anna: Decided) -> None:
    page = examine(anna.attest().seen_with(TrustStore([])), anna.stored)
    assert {indication for indication, _ in verdicts(page)} == {"INDETERMINATE"}
