"""The archive gives every case of some days in order, with what became of it, and never another."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import offices
import pki
import pytest
from archives import judged
from builders import declaration_xml, export_xml
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError

from declarations.store import declaration
from portal.database import reading, writing
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import archive_store
from risk_gateway.archive import Result, StoredCase, Truth
from risk_gateway.knowledge import shipped
from risk_gateway.model import Case, HeaderFacts, ItemFacts
from risk_gateway.profiles import Category, Motive

TODAY = offices.NOW.date()
BEFORE, AFTER = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def past(number: str, day: date = TODAY, **changes: Any) -> StoredCase:
    header = HeaderFacts(type_code="IM", declarant_category=Category.MEDIUM)
    facts = Case(
        series_id=number,
        document_digest="0" * 64,
        block="imports",
        lodged_at=offices.NOW,
        header=header,
        items=(ItemFacts(sequence=1, commodity_code="8539229000"),),
    )
    return replace(judged(facts, shipped(TODAY, bytes(32)), number, day=day), **changes)


def lodged(office: Office, reference: str, at: datetime = offices.NOW, **changes: Any) -> str:
    office.clock.at = at
    xml = declaration_xml(reference=reference, **changes)
    return lodge(Lodged(pki.sign_as("anna", xml), at), office).stored.registration_number


def add(office: Office, *cases: StoredCase) -> None:
    with writing(office.engine) as connection:
        archive_store.add_past_cases(connection, cases)


def read(office: Office, first: date = BEFORE, last: date = AFTER, block: str | None = None) -> list[StoredCase]:
    with reading(office.engine) as connection:
        return list(archive_store.read_cases(connection, first, last, block))


def test_an_empty_archive_has_no_case_and_no_span(office: Office) -> None:
    with reading(office.engine) as connection:
        assert archive_store.span(connection) is None
        assert archive_store.count_days(connection, BEFORE, AFTER) == []
        assert archive_store.find_case(connection, "PAST-1") is None
    assert read(office) == []


def test_a_number_is_taken_over_once(office: Office) -> None:
    add(office, past("PAST-1"))

    with pytest.raises(IntegrityError):
        add(office, past("PAST-1"))


def test_past_cases_come_back_as_they_were_added(office: Office) -> None:
    result = Result(True, Motive.FALSE_CODE, 500, {"T-1": True})
    given = past("PAST-1", result=result, truth=Truth(Motive.FALSE_CODE, (1,), 500))
    add(office, given, past("PAST-2"))

    first, second = read(office)
    assert first == given
    assert (second.result, second.truth) == (None, None)


def test_cases_of_every_origin_come_by_day_and_number(office: Office) -> None:
    numbers = [lodged(office, "A-1"), lodged(office, "A-2", at=offices.NOW + timedelta(days=1))]
    add(office, past("00000/past", day=AFTER), past("99999/past", day=BEFORE), past("99999/later", day=TODAY))

    assert [(case.day, case.number) for case in read(office)] == [
        (BEFORE, "99999/past"),
        (TODAY, numbers[0]),
        (TODAY, "99999/later"),
        (AFTER, "00000/past"),
        (AFTER, numbers[1]),
    ]


def test_the_day_is_that_of_kazakhstan(office: Office) -> None:
    """At 19:00 UTC it is midnight there."""
    at = datetime(2026, 11, 24, 19, 30, tzinfo=offices.NOW.tzinfo)
    number = lodged(office, "LATE", at=at)

    assert read(office, last=TODAY) == []
    (only,) = read(office, first=AFTER)
    assert (only.number, only.day) == (number, AFTER)
    assert number.split("/")[1] == f"{AFTER:%d%m%y}"


def test_only_the_block_that_is_wanted_comes(office: Office) -> None:
    lodged(office, "A-1")
    export = lodge(Lodged(pki.sign_as("zarina", export_xml()), offices.NOW), office).stored.registration_number
    add(office, past("PAST-1", block="exports"), past("PAST-2"))

    assert {case.number for case in read(office, block="exports")} == {export, "PAST-1"}
    with reading(office.engine) as connection:
        assert archive_store.count_days(connection, BEFORE, AFTER, "exports") == [(TODAY, 2)]


def test_many_cases_of_a_day_are_read_in_pieces_and_all_come_once(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr(archive_store, "BLOBS_AT_ONCE", 2)
    monkeypatch.setattr(archive_store, "ROWS_AT_ONCE", 3)
    numbers = [lodged(office, f"A-{number}") for number in range(5)]
    add(office, *(past(f"PAST-{number}") for number in range(7)))

    assert [case.number for case in read(office)] == sorted([*numbers, *(f"PAST-{number}" for number in range(7))])
    with reading(office.engine) as connection:
        assert archive_store.count_days(connection, BEFORE, AFTER) == [(TODAY, 12)]
        assert archive_store.span(connection) == (TODAY, TODAY)


def test_a_case_is_found_by_its_number(office: Office) -> None:
    number = lodged(office, "A-1")
    add(office, past("PAST-1"))

    with reading(office.engine) as connection:
        found = [archive_store.find_case(connection, each) for each in (number, "PAST-1", "PAST-2")]
    assert [case and case.number for case in found] == [number, "PAST-1", None]
    assert found[0] == read(office)[0]


def test_a_declaration_without_its_decision_is_left_out(office: Office) -> None:
    number = lodged(office, "A-1")
    with writing(office.engine) as connection:
        connection.execute(archive_store.decision.delete())
        assert connection.execute(declaration.select()).first() is not None

    assert read(office) == []
    with reading(office.engine) as connection:
        assert archive_store.find_case(connection, number) is None
