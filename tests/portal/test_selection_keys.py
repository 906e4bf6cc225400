"""The keys of random selection: committed to before the day, disclosed after it, made once whoever asks first."""

import hashlib
import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import offices
import pytest
from committing_apart import commit_apart
from sqlalchemy import Engine
from sqlalchemy import select as select_rows
from typer.testing import CliRunner

from portal import cli, selection
from portal.auditing.day_keys import all_key_misfits, read_story
from portal.database import make_engine, reading, writing
from portal.selection import DisclosedTooEarly, KeyKeeper, commit, commit_ahead, disclose, disclose_due, key_of
from risk_gateway import selection_store
from risk_gateway.days import begins, day_of
from signing import store as signing_store

pytestmark = pytest.mark.usefixtures("real_keys")

DAY = date(2026, 11, 24)
BEFORE = datetime(2026, 11, 23, 18, 59, 59, tzinfo=UTC)  # a second before the day begins in Kazakhstan


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = make_engine(offices.settings(tmp_path).database_url)
    offices.opened.append(made)
    return made


def committed(engine: Engine, day: date = DAY, at: datetime = BEFORE, key: bytes | None = None) -> bytes:
    with writing(engine) as connection:
        return commit(connection, day, at, key).key


def story(engine: Engine, day: date = DAY):
    with reading(engine) as connection:
        return read_story(connection, day)


def codes(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [misfit.code for _, misfit in all_key_misfits(connection)]


def change(engine: Engine, **values: object) -> None:
    with writing(engine) as connection:
        connection.execute(selection_store.selection_key.update().values(**values))


# --- disclosing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at",
    [
        begins(DAY),
        begins(DAY + timedelta(days=1)),  # the day is over, and still some of it is being lodged
        begins(DAY + timedelta(days=2)) - timedelta(seconds=1),
    ],
)
def test_a_key_is_not_disclosed_before_its_day_is_well_over(engine: Engine, at: datetime) -> None:
    committed(engine)
    with writing(engine) as connection, pytest.raises(DisclosedTooEarly):
        disclose(connection, DAY, at)
    assert disclose_due(engine, at) == []
    assert story(engine).disclosed is None


def test_days_end_when_they_end_in_kazakhstan() -> None:
    assert begins(DAY).astimezone(UTC) == datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    assert day_of(BEFORE) == DAY - timedelta(days=1)
    assert day_of(BEFORE + timedelta(seconds=1)) == DAY


def test_a_key_is_disclosed_once_with_what_was_committed_to(engine: Engine) -> None:
    key = committed(engine)
    at = begins(DAY + timedelta(days=2))

    assert disclose_due(engine, at) == [DAY]
    assert disclose_due(engine, at + timedelta(hours=1)) == []
    told = story(engine)
    assert told.key == key
    assert told.commitment == hashlib.sha256(key).hexdigest()
    assert told.committed.index < told.disclosed.index
    assert codes(engine) == []


def test_a_secret_key_is_nowhere_in_the_journal(engine: Engine) -> None:
    key = committed(engine)
    with reading(engine) as connection:
        entries = [bytes(row) for row in connection.execute(select_rows(signing_store.journal.c.entry)).scalars()]
    assert entries
    assert not any(key.hex().encode() in entry for entry in entries)


def test_a_day_without_a_key_has_nothing_to_disclose(engine: Engine) -> None:
    with writing(engine) as connection:
        assert disclose(connection, DAY, begins(DAY + timedelta(days=9))) is None


# --- committing -----------------------------------------------------------------------------------------------------


def test_a_day_nobody_committed_to_gets_its_key_at_once_and_it_says_late(engine: Engine) -> None:
    with writing(engine) as connection:
        key = key_of(connection, DAY, begins(DAY))
    told = story(engine)
    assert told.late
    assert told.committed.particulars["late"] == "yes"
    assert told.commitment == hashlib.sha256(key).hexdigest()


def test_a_key_made_before_the_day_is_not_late_and_stays(engine: Engine) -> None:
    key = committed(engine)
    with writing(engine) as connection:
        assert key_of(connection, DAY, begins(DAY) + timedelta(hours=3)) == key
    assert not story(engine).late
    with reading(engine) as connection:
        assert len(signing_store.read_entries(connection, selection.subject_of(DAY))) == 1


def test_a_week_ahead_is_committed_to_and_only_what_is_missing_is_made(engine: Engine) -> None:
    first = commit_ahead(engine, BEFORE)
    assert [key.day for key in first] == [date(2026, 11, 23) + timedelta(days=number) for number in range(8)]
    assert len({key.key for key in first}) == 8
    assert commit_ahead(engine, BEFORE) == []
    assert [key.day for key in commit_ahead(engine, BEFORE + timedelta(days=1))] == [date(2026, 12, 1)]


def test_the_worker_commits_ahead_and_discloses_what_is_due(engine: Engine) -> None:
    clock = offices.StillClock(BEFORE)
    keeper = KeyKeeper(engine, clock)
    assert keeper.turn() > 0
    clock.at = begins(DAY + timedelta(days=2))
    keeper.turn()
    assert story(engine).key is not None
    assert story(engine, DAY + timedelta(days=1)).key is None
    assert not story(engine, DAY + timedelta(days=9)).late


def test_a_key_that_could_not_be_journalled_is_not_made(engine: Engine) -> None:
    with writing(engine) as connection:
        commit(connection, DAY, BEFORE)
        connection.rollback()
    assert story(engine).committed is None
    with reading(engine) as connection:
        assert selection_store.read_key(connection, DAY) is None


def test_threads_that_want_a_key_at_once_get_the_same(engine: Engine) -> None:
    barrier = Barrier(6)

    def want(_: int) -> bytes:
        own = make_engine(engine.url.render_as_string(hide_password=False))
        barrier.wait()
        with writing(own) as connection:
            key = key_of(connection, DAY, BEFORE)
        own.dispose()
        return key

    with ThreadPoolExecutor(6) as threads:
        keys = set(threads.map(want, range(6)))
    assert len(keys) == 1
    with reading(engine) as connection:
        assert len(signing_store.read_entries(connection, selection.subject_of(DAY))) == 1


def test_two_processes_that_commit_at_once_make_each_key_once(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.starmap(commit_apart, [(url, BEFORE)] * 2)
    assert sorted(day for days in made for day in days) == [date(2026, 11, 23) + timedelta(days=n) for n in range(8)]
    assert codes(engine) == []


# --- tampering ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (lambda engine: change(engine, key=bytes(32)), "selection.key_changed"),
        (lambda engine: change(engine, commitment="0" * 64), "selection.key_changed"),
        (
            lambda engine: change(engine, key=bytes(32), commitment=hashlib.sha256(bytes(32)).hexdigest()),
            "selection.key_changed",
        ),
        (lambda engine: change(engine, disclosed_at=BEFORE), "selection.undisclosed"),
        (lambda engine: change(engine, day=DAY + timedelta(days=1)), "selection.uncommitted"),
    ],
    ids=["the key", "the commitment", "both", "disclosed in the table only", "the day"],
)
def test_what_is_changed_in_the_table_is_found(engine: Engine, tamper: Callable[[Engine], None], code: str) -> None:
    committed(engine)
    tamper(engine)
    assert code in codes(engine)


def test_a_key_that_was_taken_away_is_found(engine: Engine) -> None:
    committed(engine)
    with writing(engine) as connection:
        connection.execute(selection_store.selection_key.delete())
    assert codes(engine) == ["selection.no_key"]


def test_a_key_changed_before_it_is_disclosed_is_found_in_the_journal(engine: Engine) -> None:
    committed(engine)
    change(engine, key=bytes(32))
    disclose_due(engine, begins(DAY + timedelta(days=2)))
    assert "selection.disclosed_wrong" in codes(engine)


def test_a_key_disclosed_too_early_by_another_program_is_found(engine: Engine) -> None:
    key = committed(engine)
    early = begins(DAY) + timedelta(hours=1)
    particulars = {"commitment": hashlib.sha256(key).hexdigest(), "key": key.hex()}
    with writing(engine) as connection:
        event = selection.audit.Event.SELECTION_DISCLOSED
        record = selection.audit.Record(event, selection.subject_of(DAY), early, particulars)
        selection.audit.record_one(connection, record)
    assert "selection.disclosed_early" in codes(engine)


# --- the commands ---------------------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given = offices.settings(tmp_path)
    offices.keep_keys(tmp_path)
    offices.for_commands(monkeypatch, given, tmp_path)
    return lambda *words: CliRunner().invoke(cli.app, ["selection", *words])


def test_the_commands_commit_list_and_disclose(command) -> None:
    assert command("commit", "--days", "2").exit_code == 0
    listed = json.loads(command("keys", "--json").stdout)
    assert len(listed) == 3
    assert all(line["key"] is None and len(line["commitment"]) == 64 for line in listed)
    assert [line["journal_index"] for line in listed] == [2, 1, 0]
    assert [line["late"] for line in listed] == [False, False, True]

    refused = command("disclose", listed[0]["day"], "--language", "ru")
    assert refused.exit_code == 1
    assert "нельзя раскрыть" in refused.stderr
    assert command("disclose").exit_code == 0
    assert command("disclose", "yesterday").exit_code == 2


def test_the_list_of_keys_says_which_was_changed(command, tmp_path: Path) -> None:
    command("commit", "--days", "0")
    engine = make_engine(offices.Settings.load().database_url)
    change(engine, key=bytes(32))
    engine.dispose()
    listed = command("keys", "--json")
    assert listed.exit_code == 1
    assert "was changed" in json.loads(listed.stdout)[0]["problem"]
