"""The trucks of the demonstration: what a new user sees of them, and that the audit finds nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import offices
import pytest

from declarations import store as declarations_store
from declarations.movements import store
from declarations.movements.lifecycle import Status
from portal.app import open_office
from portal.auditing import run
from portal.auditing.archive import Archive
from portal.database import reading
from portal.demo.cast import PARTICIPANTS
from portal.demo.movements import put_movements
from portal.demo.seed import seed
from signing.highwater import read_mark

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the demonstration is on SQLite")

KASPI = PARTICIPANTS["kaspi"].identifier
AFTER_MIDNIGHT = datetime(2026, 12, 1, 21, 0, tzinfo=UTC)  # 02:00 in Kazakhstan: the trucks set out the day before


def test_four_trucks_are_in_four_states_and_seeding_again_adds_none(tmp_path: Path) -> None:
    given, clock = offices.settings(tmp_path), offices.StillClock(AFTER_MIDNIGHT)
    seed(given, clock)
    put_movements(given, clock)
    clock.at += timedelta(minutes=1)
    put_movements(given, clock)
    office = open_office(given, clock)
    with reading(office.engine) as connection:
        made = store.of_carrier(connection, KASPI)
        alarmed = {
            number: len(alarms) for number, alarms in store.alarms_of(connection, [m.number for m in made]).items()
        }
        declared = [
            declarations_store.find_by_number(connection, each.declaration) for each in made if each.declaration
        ]
    assert [each.status for each in made] == [Status.NOTIFIED, Status.MOVING, Status.MOVING, Status.DISCHARGED]
    assert alarmed == {made[2].number: 2}
    assert [each.status for each in declared if each] == ["RELEASED", "CLEARED"]
    assert all(each.limit is None or each.limit > clock.now() for each in made)
    mark = read_mark(office.settings.checkpoint_file)
    archive = Archive(office.engine, office.trust, office.keyring.certificates(), mark, clock.now())
    found = [finding for part in run.audit(archive, run.Wanted()) for finding in part.findings]
    office.engine.dispose()
    assert [each for each in found if each.check != "journal"] == []
