"""What travellers declared is kept as long as the terms say; then who it was is gone, and the record still adds up."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from caseworking import person
from sqlalchemy import select, update
from travelling import ASAN, LI, Border, border, declared, goods, heavy

from declarations.passengers.model import Corridor
from portal.auditing.passengers import passenger_doubts
from portal.database import reading, writing
from portal.passengers import retaining, store
from portal.passengers.desk import PassengerDesk
from portal.passengers.errors import PassengerNotFound, PassengerRefused
from portal.passengers.keeping import PAUSE_SECONDS, PassengerKeeper
from portal.passengers.model import Result, Status
from portal.passengers.retaining import retention_on
from risk_gateway.errors import ParametersRefused
from signing import store as signing_store

TABLES = (store.declaration, store.statement, store.assessment, store.crossing)


@pytest.fixture
def at_border(tmp_path: Path) -> Border:
    return border(tmp_path)


def kept(at: Border, reference: str) -> str:
    """Return all that the tables of travellers have of a reference, as text, blobs too."""
    with reading(at.office.engine) as connection:
        rows = [connection.execute(select(table).where(table.c.reference == reference)).all() for table in TABLES]
    return repr(rows)


def doubts(at: Border) -> list[str]:
    with reading(at.office.engine) as connection:
        return list(passenger_doubts(connection))


def row(at: Border, reference: str) -> Any:
    with reading(at.office.engine) as connection:
        return connection.execute(select(store.declaration).where(store.declaration.c.reference == reference)).one()


def inspected(at: Border) -> str:
    reference = at.declare(declared(goods(), traveller=LI)).record.reference
    at.assess(reference)
    at.act(reference, result=Result.AS_DECLARED)
    at.release(reference)
    return reference


def test_who_crossed_is_erased_after_its_term_and_not_before(at_border: Border) -> None:
    reference = at_border.cross(declared(goods())).reference
    at_border.clock.at = at_border.clock.at.replace(year=2029) - timedelta(days=1)
    assert at_border.desk.erase() == 0
    at_border.clock.at += timedelta(days=2)
    assert at_border.desk.erase() == 1
    assert at_border.desk.erase() == 0
    left = kept(at_border, reference)
    for told in (ASAN.iin, ASAN.document_number, ASAN.family_name):
        assert str(told) not in left
    assert row(at_border, reference).content == b""
    assert row(at_border, reference).status == Status.LEFT
    assert doubts(at_border) == []


def test_an_inspection_is_kept_longer_and_what_was_signed_and_seen_goes_with_it(at_border: Border) -> None:
    reference = inspected(at_border)
    at_border.clock.at = at_border.clock.at.replace(year=2030)
    assert at_border.desk.erase() == 0
    at_border.clock.at = at_border.clock.at.replace(year=2032)
    assert at_border.desk.erase() == 1
    left = kept(at_border, reference)
    assert LI.document_number not in left
    with reading(at_border.office.engine) as connection:
        (seen,) = store.assessments(connection, reference)
        statement = connection.execute(select(store.statement)).one()
    assert (seen.text, seen.by_iin) == ("", person("madina").iin)  # the officer answers for it
    assert (statement.signed, statement.prepared, statement.by_iin) == (b"", b"", person("madina").iin)
    assert doubts(at_border) == []


def test_what_nobody_came_with_goes_after_days(at_border: Border) -> None:
    reference = at_border.declare(declared(heavy(), corridor=Corridor.RED)).record.reference
    at_border.clock.at += timedelta(days=3)
    keeper = PassengerKeeper(at_border.office)
    assert keeper.turn() == PAUSE_SECONDS
    assert row(at_border, reference).status == Status.EXPIRED
    at_border.clock.at += timedelta(days=retention_on(at_border.clock.at.date()).unused_days)
    keeper.turn()
    found = row(at_border, reference)
    assert (found.name, found.iin, found.document, found.cro_notice) == ("", None, "", None)
    assert found.cro == f"CRO-{reference}"  # the ledger still leads to it
    assert doubts(at_border) == []


def test_what_waits_for_its_traveller_is_never_erased(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.clock.at = at_border.clock.at.replace(year=2040)
    assert at_border.desk.erase() == 0
    assert row(at_border, reference).iin == ASAN.iin


def test_what_was_erased_is_found_by_nobody(at_border: Border) -> None:
    made = at_border.cross(declared(goods()))
    with writing(at_border.office.engine) as connection:
        retaining.erase(connection, made.reference, at_border.clock.at)
    with pytest.raises(PassengerNotFound):
        at_border.desk.file(person("madina"), made.reference, "en")
    with pytest.raises(PassengerRefused, match="not_open"):
        at_border.travellers.open(made.reference, ASAN.document_number, "198.51.100.7")
    with pytest.raises(PassengerRefused, match="not_open"):
        at_border.travellers.open(made.reference, "", "198.51.100.7")
    assert at_border.desk.lane(person("madina"), Status.LEFT).records == ()


def test_the_journal_says_that_it_was_erased_and_under_which_terms(at_border: Border) -> None:
    reference = at_border.cross(declared(goods())).reference
    for _ in range(2):
        with writing(at_border.office.engine) as connection:
            retaining.erase(connection, reference, at_border.clock.at)
    with reading(at_border.office.engine) as connection:
        entries = [entry for _, event, entry in signing_store.read_entries(connection, reference) if "erased" in event]
    assert len(entries) == 1
    assert b"2018-01-01" in bytes(entries[0])


@pytest.mark.parametrize(
    ("values", "doubt"),
    [
        ({"content": b""}, "is not what the journal says"),
        ({"erased_at": None}, "was erased and the journal does not say so, or the other way round"),
        ({"name": "Somebody Else"}, "was not erased"),
        ({"digest": "0" * 64}, "is not what the journal says"),
    ],
)
def test_who_erases_or_brings_back_behind_the_journal_is_found(
    at_border: Border, values: dict[str, Any], doubt: str
) -> None:
    reference = at_border.cross(declared(goods())).reference
    if "content" not in values:
        with writing(at_border.office.engine) as connection:
            retaining.erase(connection, reference, at_border.clock.at)
    with writing(at_border.office.engine) as connection:
        connection.execute(update(store.declaration).values(**values))
    assert any(doubt in each for each in doubts(at_border))


def test_a_crash_while_it_is_erased_leaves_all_of_it(at_border: Border) -> None:
    reference = at_border.cross(declared(goods())).reference
    before = kept(at_border, reference)
    at_border.clock.at = at_border.clock.at.replace(year=2030)

    def strike(reached: str) -> None:
        raise KeyboardInterrupt(reached)

    with pytest.raises(KeyboardInterrupt):
        PassengerDesk(at_border.office, strike).erase()
    assert kept(at_border, reference) == before
    assert doubts(at_border) == []


def test_a_day_before_all_terms_has_none() -> None:
    with pytest.raises(ParametersRefused):
        retention_on(date(2017, 12, 31))
