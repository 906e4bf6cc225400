"""What participants did before: kept with each lodgement, read at the moment of the next, and checked at its commit."""

import pickle
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import offices
import pki
import pytest
import tampering
import violating
from builders import declaration_xml, export_xml
from cast import PARTICIPANTS
from msgspec.structs import replace
from sqlalchemy import Table, select
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from declarations import store as declarations_store
from declarations.errors import DeclarationRefused
from portal import control, errors, pipeline
from portal.auditing import run
from portal.database import reading, writing
from portal.entry import Entry
from portal.office import Office
from portal.pipeline import judge, lodge
from portal.stages import Lodged
from risk_gateway import canonical, history_store, repeated_goods_store
from risk_gateway import store as risk_store
from risk_gateway.model import Case, Extent, Outcome
from risk_gateway.packing import unpack
from risk_gateway.repeated_goods import Mark
from risk_gateway.tables import (
    CertificateRow,
    DayCountRow,
    InvoiceUseRow,
    OpenControlRow,
    ParticipantGoodsRow,
    ParticipantHistoryRow,
)

ALTYN, QORGAN, TENGRI, ZHIBEK = (PARTICIPANTS[key].identifier for key in ("altyn", "qorgan", "tengri", "zhibek"))
LAMPS = "8539229000"


def table(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


HISTORY, GOODS, INVOICES = table(ParticipantHistoryRow), table(ParticipantGoodsRow), table(InvoiceUseRow)
CERTIFICATES, COUNTS, CONTROLS = table(CertificateRow), table(DayCountRow), table(OpenControlRow)


class Points:
    """The hook of a recorder that strikes at the point it is armed for."""

    armed: str | None = None

    def __call__(self, point: str) -> None:
        if point == self.armed:
            raise OperationalError("COMMIT", {}, OSError("disk"))


@pytest.fixture
def points() -> Points:
    return Points()


@pytest.fixture
def office(tmp_path: Path, points: Points) -> Iterator[Office]:
    made = offices.office(tmp_path, mark=points)
    yield made
    made.recorder.stop()


def by_anna(reference: str, **changes: Any) -> bytes:
    return pki.sign_as("anna", declaration_xml(reference=reference, **changes))


def by_yerkin(reference: str, **changes: Any) -> bytes:
    return pki.sign_as(
        "yerkin", declaration_xml(reference=reference, declarant="qorgan", signatory="yerkin", **changes)
    )


def by_berik(reference: str, **changes: Any) -> bytes:
    return pki.sign_as("berik", declaration_xml(reference=reference, agent="zhibek", signatory="berik", **changes))


def lodged(data: bytes, days: int = 0) -> Lodged:
    return Lodged(data, offices.NOW + timedelta(days=days))


def prepare(given: Lodged, office: Office) -> Entry:
    entry = pipeline.prepare(given, office)
    assert isinstance(entry, Entry)
    return entry


def rows(office: Office, of: Table) -> list[dict[str, Any]]:
    with reading(office.engine) as connection:
        return [dict(row) for row in connection.execute(select(of).order_by(*of.primary_key)).mappings()]


def counted(office: Office) -> dict[str, tuple[int, int]]:
    """Return (as declarant, as agent) by participant."""
    return {row["participant"]: (row["declarations"], row["declarations_as_agent"]) for row in rows(office, HISTORY)}


def case_of(office: Office, data: bytes) -> Case:
    return judge(lodged(data), office.snapshot, office.clock.monotonic, 10_000).case


def stored_case(office: Office, reference: str, declarant: str = ALTYN) -> Case:
    with reading(office.engine) as connection:
        kept = risk_store.read_decision(connection, declarant, reference, 1)
    return canonical.loads(unpack(kept.case), Case)


def put_certificate(office: Office, number: str, grams: int, holder: str = ALTYN) -> None:
    with writing(office.engine) as connection:
        history_store.put_certificate(connection, number, holder, grams, "test")
        declarations_store.bump_revision(connection)
    office.refresh()


def with_certificate(number: str = "ST1-7") -> dict[str, Any]:
    invoice = {"type": "04021", "id": f"INV-{number}-{next(_numbers)}", "date": "2026-11-12"}
    return {"documents": (invoice, {"type": "06011", "id": number, "date": "2026-11-01"})}


_numbers = iter(range(1_000_000))


# --- nothing is added that was not lodged ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "point", ["after declaration", "after decision", "after history", "after journal", "before commit"]
)
def test_a_write_that_fails_leaves_no_history(office: Office, points: Points, point: str) -> None:
    put_certificate(office, "ST1-7", 1_000_000)
    data = by_anna("FAILS", **with_certificate())
    points.armed = point
    with pytest.raises(errors.Unavailable):
        lodge(lodged(data), office)
    assert [rows(office, each) for each in (HISTORY, GOODS, INVOICES, COUNTS)] == [[], [], [], []]
    assert rows(office, CERTIFICATES)[0]["used_g"] == 0

    points.armed = None
    lodge(lodged(data), office)
    assert counted(office) == {ALTYN: (1, 0)}


def test_a_write_that_is_stored_and_yet_fails_counts_once(office: Office, points: Points) -> None:
    put_certificate(office, "ST1-7", 1_000_000)
    data = by_anna("STORED", **with_certificate())
    points.armed = "after commit"
    with pytest.raises(errors.Unavailable):
        lodge(lodged(data), office)

    points.armed = None
    assert lodge(lodged(data), office).repeated
    assert counted(office) == {ALTYN: (1, 0)}
    assert rows(office, CERTIFICATES)[0]["used_g"] == 150_000


def test_the_same_bytes_again_count_once_and_reuse_no_invoice(office: Office) -> None:
    data = by_anna("TWICE")
    lodge(lodged(data), office)
    assert lodge(lodged(data), office).repeated
    assert counted(office) == {ALTYN: (1, 0)}
    assert case_of(office, data).header.invoice_reused is False


def test_what_is_refused_counts_nowhere(office: Office) -> None:
    with pytest.raises(DeclarationRefused):
        lodge(lodged(by_anna("REFUSED", origin="XX")), office)
    assert rows(office, HISTORY) == []


def test_two_declarations_of_one_participant_in_one_batch_both_count(office: Office) -> None:
    entries = [prepare(lodged(data), office) for data in (by_anna("A"), by_berik("B"), by_anna("A"))]
    futures = [office.recorder.submit(entry) for entry in entries]
    office.recorder.start()
    answers = [future.result(30) for future in futures]
    assert answers[0].stored == answers[2].stored
    assert counted(office) == {ALTYN: (2, 0), ZHIBEK: (0, 1)}
    assert [(row["commodity"], row["origin"], row["declarations"]) for row in rows(office, GOODS)] == [(LAMPS, "CN", 2)]


# --- what the next lodgement is told --------------------------------------------------------------------------------


def test_a_first_declaration_has_no_history_and_the_second_has_one(office: Office) -> None:
    lodge(lodged(by_anna("FIRST")), office)
    lodge(lodged(by_anna("SECOND", items=[{}, {}])), office)
    first, second = stored_case(office, "FIRST"), stored_case(office, "SECOND")
    assert (first.header.declarant_declarations, second.header.declarant_declarations) == (0, 1)
    assert [item.first_commodity for item in (*first.items, *second.items)] == [True, False, True]
    assert [item.first_origin for item in second.items] == [False, True]
    assert (first.declarant, first.agent) == (ALTYN, None)


def test_a_known_code_from_another_country_is_a_first_origin(office: Office) -> None:
    lodge(lodged(by_anna("FROM-CHINA")), office)
    item = case_of(office, by_anna("FROM-TURKEY", origin="TR")).items[0]
    assert (item.first_commodity, item.first_origin) == (False, True)
    assert case_of(office, by_anna("FROM-NOWHERE", origin="00")).items[0].first_origin is None


def test_a_broker_has_its_own_count(office: Office) -> None:
    for reference in ("ONE", "TWO"):
        lodge(lodged(by_berik(reference)), office)
    header = case_of(office, by_berik("THREE")).header
    assert (header.agent_declarations, header.declarant_declarations) == (2, 2)
    assert case_of(office, by_anna("ALONE")).header.agent_declarations is None


def test_an_invoice_number_is_reused_by_another_reference_of_the_same_declarant_only(office: Office) -> None:
    def invoice(number: str) -> dict[str, Any]:
        return {"documents": ({"type": "04021", "id": number, "date": "2026-11-12"},)}

    lodge(lodged(by_anna("FIRST", **invoice("INV 118-a"))), office)
    reused = {number: case_of(office, by_anna("SECOND", **invoice(number))).header.invoice_reused for number in
              ("INV 118-a", "inv118-A", "\u0406NV118\u2013\u0430\u200d", "INV-118-b")}  # fmt: skip
    assert list(reused.values()) == [True, True, True, False]
    assert case_of(office, by_yerkin("OTHERS", **invoice("INV 118-a"))).header.invoice_reused is False


def test_a_certificate_is_written_off_until_nothing_is_left(office: Office) -> None:
    put_certificate(office, "ST1-7", 300_000)
    exceeded = []
    for number in range(3):
        lodge(lodged(by_anna(f"PART-{number}", net="150.000", **with_certificate())), office)
        exceeded.append(stored_case(office, f"PART-{number}").items[0].certificate_exceeded)
    assert exceeded == [False, False, True]
    assert rows(office, CERTIFICATES)[0]["used_g"] == 450_000


def test_on_anothers_certificate_there_is_nothing_and_it_is_not_used_up(office: Office) -> None:
    put_certificate(office, "ST1-7", 1_000_000, holder=TENGRI)
    lodge(lodged(by_anna("FOREIGN", **with_certificate())), office)
    assert stored_case(office, "FOREIGN").items[0].certificate_exceeded is True
    assert rows(office, CERTIFICATES)[0]["used_g"] == 0


def test_of_a_certificate_that_nobody_recorded_it_is_told_that_nothing_is_known(office: Office) -> None:
    lodge(lodged(by_anna("UNRECORDED", **with_certificate("UNKNOWN-1"))), office)
    item = stored_case(office, "UNRECORDED").items[0]
    assert (item.certificate_exceeded, item.certificate_unknown) == (None, True)


def test_a_certificate_is_the_same_in_look_alike_letters_on_record_and_in_the_declaration(office: Office) -> None:
    put_certificate(office, "\u0405T1\u20117", 200_000)  # a Cyrillic S, and a hyphen that does not break
    lodge(lodged(by_anna("LATIN", net="150.000", **with_certificate("ST1-7"))), office)
    lodge(lodged(by_anna("VARIED", net="150.000", **with_certificate("S\u0422\u200b1-7"))), office)
    assert [stored_case(office, name).items[0].certificate_exceeded for name in ("LATIN", "VARIED")] == [False, True]


def test_a_number_that_grows_when_its_letters_become_capitals_is_taken(office: Office) -> None:
    papers = {"documents": ({"type": "04021", "id": "ß" * 50}, {"type": "06011", "id": "ß" * 49 + "7"})}
    lodge(lodged(by_anna("GROWS", **papers)), office)
    assert case_of(office, by_anna("AGAIN", **papers)).header.invoice_reused is True
    assert max(len(row["invoice"]) for row in rows(office, INVOICES)) <= 50


def test_a_finding_is_a_precedent_for_the_same_goods_of_the_same_declarant(office: Office) -> None:
    lodge(lodged(by_anna("FOUND")), office)
    with writing(office.engine) as connection:
        history_store.add_findings(connection, ALTYN, [(LAMPS, "CN")], offices.NOW.date())
        history_store.add_findings(connection, ALTYN, [(LAMPS, "CN")], offices.NOW.date())
    precedents = [
        case_of(office, data).items[0].exact_precedent
        for data in (by_anna("SAME"), by_anna("TURKISH", origin="TR"), by_yerkin("OTHER"))
    ]
    assert precedents == [2, 0, 0]


def test_inspections_of_the_day_are_counted_by_post(office: Office) -> None:
    with writing(office.engine) as connection:
        risk_store.put_category(connection, QORGAN, date(2026, 1, 1), "high")
    korean = {"country": "KP", "origin": "KP"}  # a prohibition: inspected whoever declares
    answer = lodge(lodged(by_yerkin("KP-1", **korean)), office)
    assert answer.decision.outcome is Outcome.INSPECTION_ORDER
    assert case_of(office, by_anna("NEXT")).load.inspections == 1
    assert case_of(office, by_anna("ELSEWHERE", office="10101")).load.inspections == 0
    assert (
        judge(lodged(by_anna("LATER"), days=1), office.snapshot, office.clock.monotonic, 1000).case.load.inspections
        == 0
    )
    assert [(row["name"], row["count"]) for row in rows(office, COUNTS)] == [("inspections:20201", 1)]


def test_exports_without_exit_and_amendments_come_from_the_record(office: Office) -> None:
    data = pki.sign_as("zarina", export_xml())
    assert case_of(office, data).header.declarant_exports_without_exit == 0
    with writing(office.engine) as connection:
        history_store.add_to_record(connection, TENGRI, exports_without_exit=2, amendments_after_notice=1)
        history_store.add_to_record(connection, TENGRI, exports_without_exit=-1)
    header = case_of(office, data).header
    assert (header.declarant_exports_without_exit, header.declarant_amendments_after_notice) == (1, 1)


def test_what_is_audited_fits_what_was_known_then(office: Office) -> None:
    put_certificate(office, "ST1-7", 100_000)
    for number in range(2):
        lodge(lodged(by_berik(f"AUDITED-{number}", **with_certificate())), office)
    assert [item.certificate_exceeded for item in stored_case(office, "AUDITED-1").items] == [True]
    assert {number: checks for number, checks in tampering.found(office).items() if "case" in checks} == {}


# --- what the commit checks -----------------------------------------------------------------------------------------


def test_an_invoice_that_another_used_between_judging_and_recording_is_judged_again(office: Office) -> None:
    same = {"documents": ({"type": "04021", "id": "INV-1", "date": "2026-11-12"},)}
    waiting = prepare(lodged(by_anna("WAITING", **same)), office)
    lodge(lodged(by_anna("FASTER", **same)), office)
    with pytest.raises(errors.Outdated):
        office.recorder.record(waiting)
    lodge(lodged(by_anna("WAITING", **same)), office)
    assert stored_case(office, "WAITING").header.invoice_reused is True


def test_of_two_in_one_batch_with_one_invoice_the_second_is_judged_again(office: Office) -> None:
    same = {"documents": ({"type": "04021", "id": "INV-1", "date": "2026-11-12"},)}
    entries = [prepare(lodged(by_anna(name, **same)), office) for name in ("FIRST", "SECOND")]
    futures = [office.recorder.submit(entry) for entry in (*entries, entries[1])]
    office.recorder.start()
    assert futures[0].result(30).stored.key.functional_reference_id == "FIRST"
    assert [isinstance(future.exception(30), errors.Outdated) for future in futures[1:]] == [True, True]
    assert counted(office) == {ALTYN: (1, 0)}


def test_of_two_in_one_batch_that_exceed_a_certificate_together_the_second_is_judged_again(office: Office) -> None:
    put_certificate(office, "ST1-7", 200_000)
    entries = [prepare(lodged(by_anna(f"C-{n}", net="150.000", **with_certificate())), office) for n in range(2)]
    futures = [office.recorder.submit(entry) for entry in entries]
    office.recorder.start()
    assert futures[0].result(30)
    assert isinstance(futures[1].exception(30), errors.Outdated)
    again = prepare(lodged(by_anna("C-1", net="150.000", **with_certificate())), office)
    office.recorder.record(again)
    assert stored_case(office, "C-1").items[0].certificate_exceeded is True


def test_many_that_share_a_certificate_with_enough_left_are_judged_once(office: Office) -> None:
    put_certificate(office, "ST1-7", 10_000_000)
    entries = [prepare(lodged(by_anna(f"C-{n}", net="150.000", **with_certificate())), office) for n in range(20)]
    futures = [office.recorder.submit(entry) for entry in entries]
    office.recorder.start()
    assert all(future.result(30) for future in futures)
    assert rows(office, CERTIFICATES)[0]["used_g"] == 20 * 150_000


# --- profiles that hang on history ----------------------------------------------------------------------------------


def fired(office: Office, data: bytes) -> set[str]:
    assessment = judge(lodged(data), office.snapshot, office.clock.monotonic, 10_000).assessment
    return {finding.profile for finding in assessment.findings}


def test_a_new_importer_through_a_broker_with_a_violation_is_noticed_until_its_tenth_declaration(
    office: Office,
) -> None:
    with writing(office.engine) as connection:
        violating.put(connection, "V-1", ZHIBEK, "false declaration", date(2026, 3, 10))
        declarations_store.bump_revision(connection)
    office.refresh()
    noticed = []
    for number in range(11):
        noticed.append("IM-20" in fired(office, by_berik(f"N-{number}")))
        lodge(lodged(by_berik(f"N-{number}")), office)
    assert noticed == [True] * 10 + [False]


def test_a_violation_of_the_broker_is_not_the_declarants_own_business(office: Office) -> None:
    with writing(office.engine) as connection:
        violating.put(connection, "V-1", ZHIBEK, "false declaration", date(2026, 3, 10))
        declarations_store.bump_revision(connection)
    office.refresh()
    assert "IM-20" not in fired(office, by_anna("ALONE"))


def test_a_reused_invoice_number_and_an_exceeded_certificate_are_noticed(office: Office) -> None:
    put_certificate(office, "ST1-7", 200_000)
    papers = with_certificate()
    lodge(lodged(by_anna("FIRST", net="150.000", **papers)), office)
    assert {"IM-22", "IM-23"} <= fired(office, by_anna("SECOND", net="150.000", **papers))
    assert not {"IM-22", "IM-23"} & fired(office, by_anna("THIRD", net="50.000", **with_certificate()))


def test_a_first_duty_free_code_beside_goods_with_duty_is_noticed_once(office: Office) -> None:
    goods = [{"code": "8471300000"}, {"code": LAMPS}]
    assert "IM-19" in fired(office, by_yerkin("COVER-1", items=goods))
    lodge(lodged(by_yerkin("COVER-1", items=goods)), office)
    assert "IM-19" not in fired(office, by_yerkin("COVER-2", items=goods))


def test_exports_without_exit_are_noticed(office: Office) -> None:
    data = pki.sign_as("zarina", export_xml())
    assert not {"EX-12", "EX-12R"} & fired(office, data)
    with writing(office.engine) as connection:
        history_store.add_to_record(connection, TENGRI, exports_without_exit=3)
    assert {"EX-12", "EX-12R"} <= fired(office, data)


def test_a_large_body_is_judged_by_the_same_history_in_another_process(tmp_path: Path) -> None:
    """The other process opens its own office on the same database; here the second office stands for it."""
    here = offices.office(tmp_path)
    there = offices.reopen(here.settings)
    same = {"documents": ({"type": "04021", "id": "INV-1", "date": "2026-11-12"},)}
    waiting = prepare(lodged(by_anna("LARGE", **same)), there)
    lodge(lodged(by_anna("SMALL", **same)), here)
    with pytest.raises(errors.Outdated):
        here.recorder.record(pickle.loads(pickle.dumps(waiting)))
    here.recorder.record(pickle.loads(pickle.dumps(prepare(lodged(by_anna("LARGE", **same)), there))))
    assert stored_case(here, "LARGE").header.invoice_reused is True
    assert stored_case(here, "LARGE").header.declarant_declarations == 1


# --- goods declared again while their inspection is open -------------------------------------------------------------

KOREAN = {"country": "KP", "origin": "KP"}  # a prohibition: inspected in full whoever declares
LAMPS_AGAIN = {"code": LAMPS, "net": "150.000"}


def repeated(office: Office, data: bytes) -> set[str]:
    return fired(office, data) & {"IM-38", "IM-38F"}


def order_inspection(office: Office, reference: str, **changes: Any) -> str:
    answer = lodge(lodged(by_anna(reference, **KOREAN, **changes)), office)
    assert answer.decision.outcome is Outcome.INSPECTION_ORDER
    return answer.stored.registration_number


def test_goods_under_inspection_that_are_lodged_anew_are_inspected_alike_whoever_lodges_them_now(
    office: Office,
) -> None:
    order_inspection(office, "FIRST", **LAMPS_AGAIN)
    answer = lodge(lodged(by_anna("ANEW", origin="CN", **LAMPS_AGAIN)), office)
    assert answer.decision.outcome is Outcome.INSPECTION_ORDER  # though Altyn is a minimal-risk participant
    assert answer.decision.inspection_extent is Extent.FULL
    assert repeated(office, by_berik("BY-A-BROKER", **LAMPS_AGAIN)) == {"IM-38", "IM-38F"}
    assert repeated(office, by_anna("LESS", **{**LAMPS_AGAIN, "net": "75.000", "price": "600.00"})) == set()
    assert repeated(office, by_yerkin("OTHERS", **LAMPS_AGAIN)) == set()
    assert case_of(office, by_anna("LESS", **{**LAMPS_AGAIN, "net": "75.000"})).header.control_pending is True  # value


def test_a_split_of_the_goods_is_known_by_the_waybill_and_the_invoice(office: Office) -> None:
    papers = ({"type": "04021", "id": "INV-1"}, {"type": "02015", "id": "CMR 7"})
    order_inspection(office, "FIRST", documents=papers)
    half = {"net": "70.000", "price": "400.00"}
    told = [
        case_of(office, by_anna("HALF", documents=(paper,), **half)).header.control_pending
        for paper in (
            papers[0],
            {"type": "02099", "id": "cmr-7"},
            {"type": "02099", "id": "cmr7"},
            {"type": "04021", "id": "INV-2"},
        )
    ]
    assert told == [True, False, True, False]


def test_goods_that_are_not_inspected_leave_no_mark(office: Office) -> None:
    lodge(lodged(by_anna("RELEASED", **LAMPS_AGAIN)), office)
    assert case_of(office, by_anna("ANEW", **LAMPS_AGAIN)).header.control_pending is False
    assert rows(office, CONTROLS) == []


def test_the_same_declaration_again_meets_no_inspection_of_its_own(office: Office) -> None:
    order_inspection(office, "FIRST", **LAMPS_AGAIN)
    assert case_of(office, by_anna("FIRST", **LAMPS_AGAIN)).header.control_pending is False


def test_goods_declared_again_and_again_are_read_as_few_controls_and_still_not_as_ones_own(office: Office) -> None:
    """Whoever does that would make every lodgement of his slower than the one before, behind the journal's lock."""
    for reference in ("FIRST", "SECOND", "THIRD"):
        order_inspection(office, reference, **LAMPS_AGAIN)
    anew, third = (prepare(lodged(by_anna(name, **LAMPS_AGAIN)), office).addition for name in ("ANEW", "THIRD"))
    with reading(office.engine) as connection:
        (found,) = repeated_goods_store.read_open(connection, [anew, third]).values()
    lamps = [control for control in found if control.mark == LAMPS]
    assert [control.reference for control in lamps] == ["FIRST", "THIRD"]
    assert case_of(office, by_anna("ANEW", **LAMPS_AGAIN)).header.control_pending is True


def test_more_papers_than_a_database_takes_in_one_question_are_looked_for(office: Office) -> None:
    """They would stop whatever else is recorded in the same batch."""
    order_inspection(office, "FIRST", documents=({"type": "02015", "id": "CMR-69999"},))
    anew = prepare(lodged(by_anna("ANEW", **LAMPS_AGAIN)), office).addition
    many = replace(anew, marks=tuple(Mark(f"02:CMR-{number}") for number in range(70_000)))
    with reading(office.engine) as connection:
        (found,) = repeated_goods_store.read_open(connection, [many]).values()
    assert [(control.mark, control.reference) for control in found] == [("02:CMR-69999", "FIRST")]


def test_an_inspection_that_is_closed_or_given_up_is_no_longer_open(office: Office) -> None:
    for reference, end in (("CLOSED", close), ("GIVEN-UP", give_up)):
        number = order_inspection(office, reference, **LAMPS_AGAIN)
        assert case_of(office, by_anna("ANEW", **LAMPS_AGAIN)).header.control_pending is True
        end(office, number)
        assert case_of(office, by_anna("ANEW", **LAMPS_AGAIN)).header.control_pending is False


def close(office: Office, number: str) -> None:
    with writing(office.engine) as connection:
        control.close(connection, violating.desk_of(office), number, control.Closing(act="A-1", by="Dana"), offices.NOW)


def give_up(office: Office, number: str) -> None:
    milder = control.Mildening(
        to_outcome=Outcome.DOCUMENTARY_CHECK, reason_code="DOCUMENTS_SUFFICE", officer="Dana", approver="Erlan"
    )
    with writing(office.engine) as connection:
        control.override(connection, number, milder, offices.NOW)


def test_an_inspection_is_remembered_for_as_long_as_goods_may_be_stored(office: Office) -> None:
    order_inspection(office, "FIRST", **LAMPS_AGAIN)
    told = [
        judge(
            lodged(by_anna("LATER", issued_at="2026-11-24T09:00:00+05:00", **LAMPS_AGAIN), days=days),
            office.snapshot,
            office.clock.monotonic,
            10_000,
        ).case.header.control_pending
        for days in (1, 7)
    ]
    assert told == [True, True]


def test_of_goods_lodged_twice_at_once_the_second_is_judged_again_when_the_first_is_inspected(office: Office) -> None:
    papers = {"documents": ({"type": "02015", "id": "CMR-7"},)}
    entries = [prepare(lodged(by_anna(name, **KOREAN, **papers)), office) for name in ("FIRST", "SECOND")]
    futures = [office.recorder.submit(entry) for entry in entries]
    office.recorder.start()
    assert futures[0].result(30)
    assert isinstance(futures[1].exception(30), errors.Outdated)


def test_what_is_audited_fits_an_inspection_that_was_open_then(office: Office) -> None:
    number = order_inspection(office, "FIRST", **LAMPS_AGAIN)
    lodge(lodged(by_anna("ANEW", **LAMPS_AGAIN)), office)
    close(office, number)
    assert {number: checks for number, checks in tampering.found(office).items() if "case" in checks} == {}


def test_facts_that_earlier_rules_gathered_are_not_gathered_anew_by_the_rules_of_today(office: Office) -> None:
    stored = lodge(lodged(by_anna("EARLIER-RULES")), office).stored
    where = tampering.of(stored.key)
    tampering.rewrite(office, risk_store.decision, where, "case", tampering.swap(b'"facts_version":4,', b""))
    tampering.rewrite(
        office, risk_store.decision, where, "case", tampering.swap(b'"container":false', b'"container":true')
    )
    (part,) = run.audit(tampering.archive_of(office), run.Wanted(number=stored.registration_number))
    assert part.tally.unfounded["case"] == 1
    assert "entry" in {finding.check for finding in part.findings}  # what was changed is told by the journal


# --- a history from before ------------------------------------------------------------------------------------------


def test_a_history_that_is_taken_over_counts_and_changes_nothing_that_is_kept_here(office: Office) -> None:
    def take_over(participant: str) -> None:
        past = history_store.TakenOver(
            participant, date(2022, 2, 1), 412, goods={(LAMPS, "CN"): (96, 1)}, invoices={"inv 7": "OLD-7"}
        )
        with writing(office.engine) as connection:
            history_store.take_over(connection, past)

    lodge(lodged(by_anna("HERE")), office)
    for _ in range(2):
        take_over(ALTYN)
        take_over(QORGAN)
    assert counted(office) == {ALTYN: (1, 0), QORGAN: (412, 0)}
    case = case_of(office, by_yerkin("NEW", documents=({"type": "04021", "id": "INV 7", "date": "2026-11-12"},)))
    assert (case.header.declarant_declarations, case.header.invoice_reused) == (412, True)
    assert (case.items[0].first_origin, case.items[0].exact_precedent) == (False, 1)
