"""Who writes, in one process: first come, first served. SQLite alone lets whoever asks at the right moment go first."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from portal import database
from portal.database import Turns, make_engine, reading, turns_of, writing

WAIT = 30.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path / 'shekara.db'}")
    with writing(made) as connection:
        connection.execute(text("CREATE TABLE written (number INTEGER PRIMARY KEY, by_whom TEXT)"))
    yield made
    made.dispose()


def write(engine: Engine, by_whom: str) -> None:
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO written (by_whom) VALUES (:by_whom)"), {"by_whom": by_whom})


def written(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(text("SELECT by_whom FROM written ORDER BY number")).scalars())


def waiting(engine: Engine, number: int, enough: threading.Event | None = None) -> None:
    """Return when so many wait for their turn to write, or when it is enough."""
    enough = enough or threading.Event()
    for _ in range(int(WAIT * 100)):
        if (turns := turns_of(engine)) is not None and turns.waiting == number:
            return
        if enough.wait(0.01):
            return
    raise AssertionError("nobody came to wait")


def test_who_came_first_writes_first(engine: Engine) -> None:
    names = [f"writer {number}" for number in range(8)]
    with writing(engine):
        threads = []
        for place, name in enumerate(names, 1):
            threads.append(threading.Thread(target=write, args=(engine, name)))
            threads[-1].start()
            waiting(engine, place)
    for thread in threads:
        thread.join(WAIT)
    assert written(engine) == names


def test_who_writes_again_and_again_lets_others_in_between(engine: Engine) -> None:
    """The busy one holds each of its turns until the other has come to wait, and asks for the next one at once."""
    begun, enough = threading.Event(), threading.Event()

    def busy() -> None:
        while not enough.is_set():
            with writing(engine) as connection:
                connection.execute(text("INSERT INTO written (by_whom) VALUES ('busy')"))
                begun.set()
                waiting(engine, 1, enough)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        assert begun.wait(WAIT)
        for _ in range(5):
            write(engine, "lodgement")
    finally:
        enough.set()
        thread.join(WAIT)
    between = "".join("L" if each == "lodgement" else "." for each in written(engine)).strip(".").split("L")
    assert len(between) == 6
    assert max(map(len, between)) == 1, between


def test_a_writer_that_fails_lets_the_next_one_in(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine):
        _ = 1 / 0
    write(engine, "next")
    assert written(engine) == ["next"]


def test_a_writer_whom_another_process_keeps_from_beginning_lets_the_next_one_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0)
    made = make_engine(f"sqlite:///{tmp_path / 'shekara.db'}")
    with writing(made) as connection:
        connection.execute(text("CREATE TABLE written (number INTEGER PRIMARY KEY, by_whom TEXT)"))
    with closing(sqlite3.connect(tmp_path / "shekara.db", isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            write(made, "kept")
    write(made, "next")
    assert written(made) == ["next"]
    made.dispose()


@pytest.mark.parametrize("ends", [False, KeyboardInterrupt])
@pytest.mark.parametrize("at_the_last_moment", [False, True])
def test_whoever_stops_waiting_keeps_nobody_from_writing(
    ends: Any, at_the_last_moment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns()
    holder = turns.turn()
    holder.__enter__()

    class Waiting:
        """A lock on which the wait ends at once; the holder may leave in the same moment."""

        def acquire(self, timeout: float | None = None) -> bool:
            if timeout is None:
                return True
            if at_the_last_moment:
                holder.__exit__(None, None, None)
            if ends is False:
                return False
            raise ends

        def release(self) -> None:
            pass

    with monkeypatch.context() as patched:
        patched.setattr(database, "threading", SimpleNamespace(Lock=Waiting))
        refused = ends or (None if at_the_last_moment else OperationalError)
        with pytest.raises(refused) if refused else nullcontext(), turns.turn():
            pass
    if not at_the_last_moment:
        holder.__exit__(None, None, None)
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0)  # whoever had to wait now would be refused
    with turns.turn():
        assert turns.waiting == 0


def test_who_has_waited_too_long_is_told_and_keeps_nobody_from_writing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine):
        monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.05)
        refused: list[OperationalError] = []

        def impatient() -> None:
            try:
                write(engine, "impatient")
            except OperationalError as error:
                refused.append(error)

        thread = threading.Thread(target=impatient)
        thread.start()
        thread.join(WAIT)
        assert "locked" in str(refused[0])
        waiting(engine, 0)
    write(engine, "next")
    assert written(engine) == ["next"]
