"""What is signed is what was prepared, by the person who prepared it; files are what their content says."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import caseworking
import offices
import pki
import pytest
from caseworking import BROKERS, PDF, RED, YELLOW, Desk, person
from lxml import etree

from declarations.lifecycle import StatementKind, Status
from portal.casework import files, statements
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.model import Prepared, ProfileResult, Upload, Writing
from portal.database import reading
from risk_gateway import archive_store
from risk_gateway.profiles import Motive
from signing import bundle
from signing.errors import SigningError
from signing.verdict import judge_signature

SCHEMA = Path(statements.__file__).parent / "schemas" / "statement-1.0.xsd"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path, YELLOW, BROKERS, RED)


def answer(desk: Desk, name: str = YELLOW, key: str = "anna", *uploads: Upload) -> Prepared:
    writing = Writing(kind=StatementKind.SUBMISSION, expected=desk.status(name), text="Here it is", files=uploads)
    return desk.work.prepare(person(key), desk.numbers[name], writing)


def refused(desk: Desk, prepared: Prepared, signed: bytes, key: str = "anna") -> str:
    with pytest.raises(CaseRefused) as found:
        desk.work.accept(person(key), prepared.id, signed)
    assert desk.status(YELLOW) is Status.DOCUMENTS_REQUESTED
    return found.value.code


def test_a_statement_follows_its_schema_signed_and_unsigned(desk: Desk) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    prepared = answer(desk, YELLOW, "anna", Upload("a.pdf", PDF))
    for document in (prepared.document, pki.sign_as("anna", prepared.document)):
        schema.assertValid(etree.fromstring(document))


def test_an_act_follows_the_schema_and_tells_no_profile(desk: Desk) -> None:
    desk.move(RED, "dana", caseworking.Action.START_INSPECTION)
    act = desk.act()
    writing = Writing(kind=StatementKind.INSPECTION_ACT, expected=desk.status(RED), act=act)
    prepared = desk.work.prepare(person("dana"), desk.numbers[RED], writing)
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.fromstring(prepared.document))
    assert act.results
    assert prepared.annex is not None
    for result in act.results:
        assert result.profile.encode() not in prepared.document
        assert result.profile.encode() in prepared.annex


def test_only_the_person_who_prepared_it_can_sign_it(desk: Desk) -> None:
    prepared = answer(desk)
    assert refused(desk, prepared, pki.sign_as("yerkin", prepared.document)) == "statement.other_signer"
    for key in ("berik", "yerkin", "nurlan"):
        with pytest.raises(CaseNotFound):
            desk.work.accept(person(key), prepared.id, pki.sign_as(key, prepared.document))


def test_another_content_is_refused(desk: Desk) -> None:
    prepared = answer(desk)
    other = prepared.document.replace(b"Here it is", b"Here it was")
    assert refused(desk, prepared, pki.sign_as("anna", other)) == "statement.other_content"
    another = answer(desk)
    assert refused(desk, prepared, pki.sign_as("anna", another.document)) == "statement.other_content"


def test_a_signature_that_does_not_hold_is_refused(desk: Desk) -> None:
    prepared = answer(desk)
    signed = pki.sign_as("anna", prepared.document)
    for broken in (prepared.document, signed.replace(b"Here it is", b"Here it was"), b"<a/>", b"no xml"):
        with pytest.raises(SigningError):
            desk.work.accept(person("anna"), prepared.id, broken)


def test_how_the_signer_writes_the_same_content_plays_no_part(desk: Desk) -> None:
    prepared = answer(desk)
    rewritten = etree.tostring(etree.fromstring(prepared.document))  # no XML declaration, other line ends
    assert rewritten != prepared.document
    assert desk.work.accept(person("anna"), prepared.id, pki.sign_as("anna", rewritten)).target is Status.SUBMITTED


def test_a_statement_is_used_once_and_in_time(desk: Desk) -> None:
    prepared = answer(desk)
    signed = pki.sign_as("anna", prepared.document)
    desk.work.accept(person("anna"), prepared.id, signed)
    again = pki.sign_as("anna", prepared.document, offices.NOW + timedelta(seconds=1))
    with pytest.raises(CaseRefused) as used:
        desk.work.accept(person("anna"), prepared.id, again)
    assert used.value.code == "statement.not_found"
    late = answer(desk, BROKERS, "berik")
    desk.clock.at += timedelta(hours=24, seconds=1)
    with pytest.raises(CaseRefused) as old:
        desk.work.accept(person("berik"), late.id, pki.sign_as("berik", late.document))
    assert old.value.code == "statement.not_found"


def test_a_statement_for_a_case_that_moved_meanwhile_is_refused(desk: Desk) -> None:
    prepared = answer(desk)
    desk.move(YELLOW, "nurlan", caseworking.Action.RELEASE)
    with pytest.raises(CaseRefused) as refusal:
        desk.work.accept(person("anna"), prepared.id, pki.sign_as("anna", prepared.document))
    assert refusal.value.code == "case.moved_meanwhile"


def test_an_answer_needs_words_or_files(desk: Desk) -> None:
    with pytest.raises(CaseRefused) as refusal:
        desk.submit(text=" ", files=())
    assert (refusal.value.code, refusal.value.field) == ("case.answer_empty", "text")


def test_files_come_back_as_they_were_sent_and_to_their_parties_only(desk: Desk) -> None:
    desk.submit(files=(Upload("../../etc/Договор №1.PDF", PDF), Upload("скан\u202efdp.exe", b"\x89PNG\r\n\x1a\n...")))
    (stated,) = desk.work.case(person("nurlan"), desk.numbers[YELLOW]).statements
    assert [file.name for file in stated.files] == ["Договор №1.PDF", "сканfdp.exe.png"]
    for key in ("anna", "nurlan"):
        info, content = desk.work.file(person(key), desk.numbers[YELLOW], stated.files[0].id)
        assert (info.media_type, content) == ("application/pdf", PDF)
    for key, name in (("kairat", YELLOW), ("zarina", YELLOW), ("anna", BROKERS)):
        with pytest.raises(CaseNotFound):
            desk.work.file(person(key), desk.numbers[name], stated.files[0].id)


def test_files_of_what_nobody_signed_are_shown_to_nobody(desk: Desk) -> None:
    prepared = answer(desk, YELLOW, "anna", Upload("a.pdf", PDF))
    with pytest.raises(CaseNotFound):
        desk.work.file(person("nurlan"), desk.numbers[YELLOW], prepared.files[0].id)


def container(*names: str, types: bytes = b"<Types/>", **contents: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        for name in names:
            archive.writestr(name, contents.get(name.rpartition("/")[2].partition(".")[0], b"<x/>"))
    return made.getvalue()


ACCEPTED = (
    (PDF, files.PDF),
    (b"\xff\xd8\xff\xe0JFIF", files.JPEG),
    (b"\x89PNG\r\n\x1a\n", files.PNG),
    (b"II*\x00", files.TIFF),
    (b'<?xml version="1.0"?><invoice/>', files.XML),
    (container("xl/workbook.xml", "xl/printerSettings/printerSettings1.bin"), files.XLSX),
    (container("word/document.xml"), files.DOCX),
)
REFUSED = (
    (b"MZ\x90\x00 this program", "file.type"),
    (b"\x7fELF", "file.type"),
    (b"#!/bin/sh\n", "file.type"),
    (b"plain words", "file.type"),
    (b"<html><script>alert(1)</script></html>", "file.type"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "file.type"),
    (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "file.type"),
    (b"", "file.empty"),
    (b"PK\x03\x04 broken", "file.bomb"),
    (container("readme.txt"), "file.type"),
    (container("xl/workbook.xml", "xl/vbaProject.bin"), "file.macro"),
    (container("word/document.xml", "word/embeddings/oleObject1.bin"), "file.macro"),
    (container("xl/workbook.xml", types=b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "file.macro"),
    (container("xl/workbook.xml", workbook=b"0" * 100_000_001), "file.bomb"),
    (b"%PDF-" + b"0" * 10_000_000, "file.large"),
)


@pytest.mark.parametrize(("content", "media_type"), ACCEPTED, ids=[each[1] for each in ACCEPTED])
def test_a_file_is_what_its_content_says(content: bytes, media_type: str) -> None:
    (kept,) = files.keep([Upload("anything.exe", content)], "0" * 32, offices.NOW)
    assert kept.info.media_type == media_type
    assert kept.info.name.endswith(files.ENDINGS[media_type])


@pytest.mark.parametrize(("content", "code"), REFUSED, ids=range(len(REFUSED)))
def test_what_could_do_harm_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(CaseRefused) as refusal:
        files.keep([Upload("invoice.pdf", content)], "0" * 32, offices.NOW)
    assert (refusal.value.code, refusal.value.field) == (code, "files")
    assert "invoice.pdf" in refusal.value.text("kk")


def test_too_many_files_or_too_much_of_them_is_refused() -> None:
    for uploads, code in (
        ([Upload("a.pdf", PDF)] * 21, "file.many"),
        ([Upload("a.pdf", b"%PDF-" + b"0" * 7_999_999)] * 4, "file.together"),
    ):
        with pytest.raises(CaseRefused) as refusal:
            files.keep(uploads, "0" * 32, offices.NOW)
        assert refusal.value.code == code


def test_an_act_feeds_the_profiles_that_led_to_it(desk: Desk) -> None:
    case = desk.work.case(person("dana"), desk.numbers[RED])
    assert case.assessment is not None
    led = sorted({each.profile for each in case.assessment.findings if each.selected})
    results = tuple(ProfileResult(profile, True) for profile in led)
    desk.inspect(results=results, amount_tiyn=5_000_00, motive=Motive.FALSE_ORIGIN)
    with reading(desk.office.engine) as connection:
        stored = archive_store.find_case(connection, desk.numbers[RED])
    assert stored is not None
    assert stored.result is not None
    assert stored.result.found
    assert dict(stored.result.profiles) == dict.fromkeys(led, True)
    assert stored.result.amount_tiyn == 5_000_00


def test_an_act_has_a_result_for_each_profile(desk: Desk) -> None:
    with pytest.raises(CaseRefused) as refusal:
        desk.inspect(results=())
    assert refusal.value.code == "case.act_result_missing"
    with pytest.raises(CaseRefused) as unsaid:
        desk.state(RED, "dana", StatementKind.INSPECTION_ACT, act=desk.act(amount_tiyn=1))
    assert unsaid.value.code == "control-amount-without-finding"
    assert desk.status(RED) is Status.IN_PROGRESS


def test_the_annex_of_an_act_is_for_officials(desk: Desk) -> None:
    desk.inspect()
    (act,) = desk.work.case(person("anna"), desk.numbers[RED]).statements
    assert desk.work.statement(person("anna"), desk.numbers[RED], act.id)
    assert desk.work.annex(person("erlan"), desk.numbers[RED], act.id)
    with pytest.raises(CaseNotFound):
        desk.work.annex(person("anna"), desk.numbers[RED], act.id)


def test_notices_and_statements_can_be_verified_without_us(desk: Desk) -> None:
    asked = desk.ask()
    desk.submit()
    (stated,) = desk.work.case(person("anna"), desk.numbers[YELLOW]).statements
    signed = desk.work.statement(person("anna"), desk.numbers[YELLOW], stated.id)
    assert asked.notice is not None
    assert bundle.is_notice(asked.notice)
    assert not bundle.is_notice(signed)
    trust = pki.trust_store()
    for document, seal in ((asked.notice, True), (signed, False)):
        (report,) = judge_signature(document, trust, offices.NOW, seal=seal)
        assert report.passed
