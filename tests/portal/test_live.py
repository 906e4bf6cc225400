"""Live updates: who is told of what, that reading is no change, and that every stream ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any

import offices
import pytest
from evidencing import browsing_stored, decided

from portal import audit, live
from portal.database import writing
from portal.live import Live
from portal.office import Office

NUMBER, OTHER = "20201/241126/0000001", "10101/241126/0000001"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def record(office: Office, *numbers: str, event: audit.Event = audit.Event.CONTROL_CLOSED) -> None:
    with writing(office.engine) as connection:
        for number in numbers:
            audit.record_one(connection, audit.Record(event, number, offices.NOW, {}))


async def heard(stream: AsyncGenerator[bytes, None]) -> str:
    return (await asyncio.wait_for(anext(stream), 10)).decode()


def play(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 20))


async def listening(made: Live, stream: AsyncGenerator[bytes, None]) -> None:
    """Wait until the stream has begun and the watcher knows where the journal stands."""
    assert "event: ready" in await heard(stream)
    while not made.watching:
        await asyncio.sleep(0)


def test_a_page_is_told_the_number_of_what_changed_and_nothing_else(office: Office) -> None:
    async def scene() -> None:
        made = Live(office.engine, looks_every=0)
        stream = made.stream(lambda number: number.startswith("20201/"))
        await listening(made, stream)
        record(office, OTHER, NUMBER)
        told = await heard(stream)
        assert told.split() == ["event:", "changed", "data:", NUMBER]
        await stream.aclose()

    play(scene)


def test_what_an_official_reads_is_no_change(office: Office) -> None:
    async def scene() -> None:
        made = Live(office.engine, looks_every=0)
        stream = made.stream(lambda number: True)
        await listening(made, stream)
        record(office, OTHER, event=audit.Event.DECLARATION_READ)
        record(office, NUMBER)
        assert NUMBER in await heard(stream)
        await stream.aclose()

    play(scene)


def test_many_changes_at_once_are_told_as_everything(office: Office) -> None:
    async def scene() -> None:
        made = Live(office.engine, looks_every=0)
        stream = made.stream(lambda number: True)
        await listening(made, stream)
        record(office, *(f"20201/241126/{each:07}" for each in range(live.TOLD_ONE_BY_ONE + 1)))
        assert (await heard(stream)).split() == ["event:", "changed", "data:", "*"]
        await stream.aclose()

    play(scene)


def test_all_streams_end_when_the_server_stops_and_no_new_one_lasts(office: Office) -> None:
    async def scene() -> None:
        made = Live(office.engine, looks_every=0)
        streams = [made.stream(lambda number: True) for _ in range(3)]
        for stream in streams:
            assert "ready" in await heard(stream)
        made.close()
        for stream in (*streams, made.stream(lambda number: True)):
            assert [each async for each in stream][-1:] != [b"event: changed"]

    play(scene)


def test_nobody_looks_at_the_journal_when_nobody_listens(office: Office) -> None:
    async def scene() -> None:
        made = Live(office.engine, looks_every=0)
        stream = made.stream(lambda number: True)
        await listening(made, stream)
        await stream.aclose()
        while made.watching:
            await asyncio.sleep(0)

    play(scene)


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        (None, "/live/desk", 303),
        ("anna", "/live/desk", 403),
        ("saule", "/live/desk", 403),
        ("kairat", f"/live/desk/{NUMBER}", 404),
        ("anna", f"/live/desk/{NUMBER}", 403),
        ("yerkin", f"/live/declarations/{NUMBER}", 404),
        ("dana", f"/live/declarations/{NUMBER}", 403),
        ("asel", f"/live/declarations/{NUMBER}", 403),
    ],
)
def test_a_stream_is_for_those_whose_declarations_it_tells_of(
    tmp_path: Path, person: str | None, path: str, status: int
) -> None:
    anna = decided(tmp_path)
    assert anna.stored.registration_number == NUMBER
    with browsing_stored(anna.office, person) as browser:
        assert browser.get(path).status_code == status


def test_a_page_whose_session_has_ended_is_told_nothing_and_no_page(tmp_path: Path) -> None:
    """A browser that waits for events complains of a page; after 204 the connection is over."""
    with browsing_stored(decided(tmp_path).office, None) as browser:
        for path in ("/live/desk", f"/live/declarations/{NUMBER}"):
            assert browser.get(path, Accept="text/event-stream").status_code == 204


def test_of_too_many_pages_of_one_person_the_oldest_falls_silent(office: Office) -> None:
    async def scene() -> None:
        made = Live(office.engine, looks_every=0)
        other = made.stream(lambda number: True, "another")
        streams = [made.stream(lambda number: True, "one") for _ in range(live.OF_ONE_PERSON_MOST + 1)]
        for stream in (other, *streams):
            assert "ready" in await heard(stream)
        assert [each async for each in streams[0]][-1:] != [b"event: changed"]
        while not made.watching:
            await asyncio.sleep(0)
        record(office, NUMBER)
        assert NUMBER in await heard(other)
        assert NUMBER in await heard(streams[1])
        for stream in (other, *streams):
            await stream.aclose()

    play(scene)
