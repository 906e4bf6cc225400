"""An appeal against an audit is upheld: what was found counts nowhere any more, and stays on record as it was."""

from datetime import timedelta
from pathlib import Path

import auditing_after
import msgspec
import pki
import pytest
from auditing_after import QORGAN, Desk
from builders import declaration_xml
from caseworking import person
from sqlalchemy import delete, select, update
from tampering import found

from declarations import store as declarations_store
from declarations.audits.lifecycle import Action, Status
from portal.audits import returning, rows_store
from portal.audits.service import Audits
from portal.database import reading, writing
from portal.feedback import Feedback
from portal.pipeline import lodge
from portal.registry import categories
from portal.stages import Lodged
from risk_gateway import archive_store, feedback_store, store
from risk_gateway.annulment_store import annulment, control_result
from risk_gateway.archive import Result
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.feedback import Tally, merged
from risk_gateway.tables import ParticipantGoodsRow
from signing import store as signing_store

GOODS = declarations_store.declaration.metadata.tables[ParticipantGoodsRow.__tablename__]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return auditing_after.desk(tmp_path)


def result(desk: Desk, number: str = "") -> Result | None:
    with reading(desk.office.engine) as connection:
        case = archive_store.find_case(connection, number or desk.number)
    assert case is not None
    return case.result


def precedents(desk: Desk) -> int:
    with reading(desk.office.engine) as connection:
        rows = connection.execute(select(GOODS.c.findings).where(GOODS.c.participant == QORGAN)).scalars()
        return sum(rows)


def tally(desk: Desk) -> Tally:
    """Return what all profiles together brought."""
    counting = Feedback(desk.office.engine, desk.clock)
    counting.turn()
    with reading(desk.office.engine) as connection:
        by_profile = feedback_store.read_tallies(connection)
    whole = Tally()
    for each in merged([by_profile]).values():
        whole.add(each)
    return whole


def category(desk: Desk) -> str | None:
    with reading(desk.office.engine) as connection:
        return store.read_category(connection, QORGAN, desk.clock.now().date() + timedelta(days=1))


def another(desk: Desk) -> str:
    """Return the number of a second declaration of Qorgan."""
    now = desk.clock.now()
    document = declaration_xml(reference="QORGAN-BESIDE", declarant="qorgan", signatory="yerkin")
    number = lodge(Lodged(pki.sign_as("yerkin", document, now), now), desk.office).stored.registration_number
    auditing_after.release(desk.office, number)
    return number


def upheld(desk: Desk, number: str) -> None:
    desk.sign("yerkin", Action.APPEAL, number, text="The goods were lamps")
    desk.sign("bolat", Action.UPHOLD_APPEAL, number, text="They were")
    assert desk.audit(number).status is Status.ANNULLED


def test_what_was_found_is_no_label_no_precedent_and_no_finding_on_record(desk: Desk) -> None:
    before = precedents(desk)
    number = desk.debt()
    assert result(desk) is not None
    assert precedents(desk) > before
    upheld(desk, number)
    assert result(desk) is None
    assert precedents(desk) == before
    with reading(desk.office.engine) as connection:
        record = rows_store.on_record(connection, QORGAN, desk.clock.now().date() - timedelta(days=99))
        counting = violation_store.counting(connection, QORGAN, desk.clock.now().date())
    assert record.findings == 0
    assert counting == ()


def test_profiles_lose_what_they_were_credited_with_whether_counted_before_or_not(desk: Desk) -> None:
    before = tally(desk)
    number = desk.debt()
    credited = tally(desk)
    upheld(desk, number)
    assert tally(desk) == before
    assert tally(desk) == before  # once
    assert (credited.controls, credited.findings) >= (before.controls, before.findings)


def test_what_was_found_stays_on_record_and_the_journal_says_that_it_does_not_stand(desk: Desk) -> None:
    number = desk.debt()
    upheld(desk, number)
    with reading(desk.office.engine) as connection:
        kept = connection.execute(select(control_result.c.act).where(control_result.c.act == f"{number}/1")).all()
        entries = [(event, entry) for _, event, entry in signing_store.read_entries(connection, desk.number)]
    assert kept
    assert [event for event, _ in entries if event.startswith("control.")] == ["control.closed", "control.annulled"]
    said = msgspec.json.decode(entries[-1][1])["particulars"]
    assert (said["act"], said["reason"]) == (f"{number}/1", number)
    assert found(desk.office) == {}


def test_where_nothing_was_found_beside_it_that_stays(desk: Desk) -> None:
    other = another(desk)
    number = desk.open()
    desk.act(number, declarations=(desk.number, other))
    desk.notify(number)
    upheld(desk, number)
    assert result(desk) is None
    beside = result(desk, other)
    assert beside is not None
    assert not beside.found


def test_a_denied_appeal_takes_nothing_back(desk: Desk) -> None:
    number = desk.debt()
    desk.sign("yerkin", Action.APPEAL, number)
    desk.sign("bolat", Action.DENY_APPEAL, number)
    kept = result(desk)
    assert kept is not None
    assert kept.found


def test_the_category_that_followed_from_the_finding_alone_is_taken_back(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        store.put_category(connection, QORGAN, desk.clock.now().date() - timedelta(days=50), "medium")
    number = desk.debt()
    categories.recompute(desk.office.engine, desk.clock)
    assert category(desk) == "high"
    desk.clock.at += timedelta(days=2)
    upheld(desk, number)
    assert category(desk) == "medium"
    assert found(desk.office) == {}


def test_who_was_high_before_stays_so(desk: Desk) -> None:
    number = desk.debt()
    assert category(desk) == "high"
    upheld(desk, number)
    assert category(desk) == "high"


def test_a_crash_while_an_appeal_is_upheld_takes_nothing_back(desk: Desk) -> None:
    number = desk.debt()
    desk.sign("yerkin", Action.APPEAL, number)
    prepared = desk.prepare("bolat", Action.UPHOLD_APPEAL, number)

    def strike(reached: str) -> None:
        if reached == "after annulled result":
            raise KeyboardInterrupt(reached)

    signed = pki.sign_as("bolat", prepared.document, desk.clock.now())
    with pytest.raises(KeyboardInterrupt):
        Audits(desk.office, strike).accept(person("bolat"), prepared.id, signed)
    assert result(desk) is not None
    desk.audits.accept(person("bolat"), prepared.id, signed)
    assert result(desk) is None
    with reading(desk.office.engine) as connection:
        (violation,) = returning.violations_of(connection, desk.audit(number))
    assert violation.state == "annulled"


def test_an_annulment_that_is_taken_out_or_changed_behind_the_journals_back_is_found(desk: Desk) -> None:
    upheld(desk, desk.debt())
    with writing(desk.office.engine) as connection:
        connection.execute(update(annulment).values(reason="PA-0000000"))
    assert "annulments" in found(desk.office).get(None, set())
    with writing(desk.office.engine) as connection:
        connection.execute(delete(annulment))
    assert "annulments" in found(desk.office).get(None, set())
