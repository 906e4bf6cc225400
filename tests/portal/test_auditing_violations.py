"""The audit finds whatever was changed in the base of violations behind the journal's back."""

from datetime import date
from pathlib import Path
from typing import Any

import offices
import pki
import pytest
import violating
from caseworking import person
from cast import PARTICIPANTS
from sqlalchemy import delete, update

from interop.disclosure import ViolationMessage
from portal.auditing.violations import violation_doubts
from portal.database import reading, writing
from portal.office import Office
from portal.violations import service
from portal.violations.base import ViolationBase
from portal.violations.own import OwnViolations
from risk_gateway.bases.violations.contest_store import contest_table
from risk_gateway.bases.violations.store import merge_table, version_table
from risk_gateway.packing import pack, unpack

QORGAN = PARTICIPANTS["qorgan"].identifier
DAY = date(2026, 5, 4)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Return an office with a violation that was contested and annulled, and a merge that was taken back."""
    office = offices.office(tmp_path)
    desk = violating.desk_of(office)
    with writing(office.engine) as connection:
        found = violating.violation(service.NEW, QORGAN, "smuggling", DAY)
        made = service.record(connection, desk, found, person("dana").iin, offices.NOW)
        told = ViolationMessage(
            id="1", version=1, kind="smuggling", state="confirmed", number="N-1", name="Qorgan Import", committed_on=DAY
        )
        service.receive(connection, desk, "kg", told, "0" * 64, offices.NOW)
    own, base = OwnViolations(office), ViolationBase(office)
    contest = own.prepare(person("yerkin"), made.id, "expired", "Too old")
    own.accept(person("yerkin"), contest.id, pki.sign_as("yerkin", unpack(contest.prepared)))
    base.decide(person("gulnar"), contest.id, "upheld", "not_proven", "It is")
    base.answer(person("gulnar"), base.questions()[0].id, "same", "They are")
    with reading(office.engine) as connection:
        [merge] = connection.execute(merge_table.select()).all()
    base.undo(person("gulnar"), merge.sequence, "They are not")
    return office


def doubts(office: Office) -> list[str]:
    with reading(office.engine) as connection:
        return list(violation_doubts(connection))


def test_what_was_done_by_the_book_raises_no_doubt(office: Office) -> None:
    assert doubts(office) == []


def test_what_was_taken_over_from_before_the_journal_raises_none(office: Office) -> None:
    with writing(office.engine) as connection:
        violating.put(connection, "KZ-CRV-OLD", QORGAN, "smuggling", DAY)
    assert doubts(office) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "alleged"),
        ("amount_tiyn", 1),
        ("number", "150340012340"),
        ("hold_until", date(2020, 1, 1)),
        ("name", "x"),
    ],
)
def test_a_changed_version_is_found(office: Office, column: str, value: Any) -> None:
    first = (version_table.c.version == 1) & version_table.c.id.like("KZ%")
    with writing(office.engine) as connection:
        connection.execute(update(version_table).where(first).values({column: value}))
    assert len(doubts(office)) == 1


def test_a_version_that_is_gone_and_one_that_was_slipped_in_are_found(office: Office) -> None:
    with writing(office.engine) as connection:
        connection.execute(delete(version_table).where(version_table.c.appeal == "upheld"))
        late = {"recorded_at": offices.NOW}
        violating.put(connection, "KZ-CRV-FORGED", QORGAN, "smuggling", DAY, **late)
    assert [each.partition(" of the violation ")[0] for each in doubts(office)] == ["version 1", "version 3"]


@pytest.mark.parametrize(
    "values",
    [
        {"outcome": "denied"},
        {"outcome": None},
        {"decided_text": "Because"},
        {"reason": "other_person"},
        {"signed": pack(b"<Contest/>")},
        {"ground": "other_person"},
        {"participant": "150340012340"},
    ],
)
def test_a_changed_objection_or_decision_is_found(office: Office, values: dict[str, Any]) -> None:
    with writing(office.engine) as connection:
        connection.execute(update(contest_table).values(**values))
    assert len(doubts(office)) == 1


@pytest.mark.parametrize("values", [{"into": "BIN:KZ:150340012340"}, {"undone_at": None}])
def test_a_changed_merge_is_found(office: Office, values: dict[str, Any]) -> None:
    with writing(office.engine) as connection:
        connection.execute(update(merge_table).values(**values))
    assert doubts(office)
