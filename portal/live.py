"""Live updates: one watcher of the journal tells open pages which declarations have changed, as server-sent events.

A page is told the number only, and asks for the rest as always, so a stream shows nothing that the person may not see.
What an official reads changes nothing and is not told. One task reads the journal for everybody, and only while
somebody listens; a listener is a task of the event loop, never a thread. A stream ends by itself after `LASTS_SECONDS`:
the browser comes back with its cookie, and is then asked anew who it is (nobody gets 204, and the connection is over).
All end at once when the server is to stop, since the server waits for open answers before it does anything else.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final, Protocol, runtime_checkable

import structlog
from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.response import Stream
from litestar.response.sse import ServerSentEventMessage
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from portal import audit
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.database import reading
from portal.views import SignedIn
from signing import store as signing_store

EVENT_STREAM: Final = "text/event-stream"
LASTS_SECONDS: Final = 300.0
LOOKS_EVERY_SECONDS: Final = 0.5
SILENT_MOST_SECONDS: Final = 20.0  # what stands between us and the browser may cut a silent connection
COMES_BACK_AFTER_MS: Final = 3_000
OF_ONE_PERSON_MOST: Final = 20
TOLD_ONE_BY_ONE: Final = 50  # more at a time are told as "everything"
SILENT: Final = frozenset({audit.Event.DECLARATION_READ.value})

Wants = Callable[[str], bool]
PersonRequest = Request[SignedIn, None, State]


class Listener:
    """One open page. `wants` says of which registration numbers it may be told."""

    def __init__(self, wants: Wants, who: str = "") -> None:
        self._wants = wants
        self.who = who
        self._numbers: set[str] = set()
        self._told = asyncio.Event()
        self.over = False

    def tell(self, numbers: set[str]) -> None:
        self._numbers.update(filter(self._wants, numbers))
        if self._numbers:
            self._told.set()

    def end(self) -> None:
        self.over = True
        self._told.set()

    async def hear(self, seconds: float) -> set[str]:
        """Return what changed since the last time, waiting at most so long for it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), seconds)
        self._told.clear()
        heard, self._numbers = self._numbers, set()
        return heard


class Live:
    """Who listens, and the one watcher. All but `end_when_stopped` belongs to the event loop's thread."""

    def __init__(self, engine: Engine, looks_every: float = LOOKS_EVERY_SECONDS) -> None:
        self._engine = engine
        self._looks_every = looks_every
        self._listeners: dict[Listener, None] = {}  # the oldest first
        self._watcher: asyncio.Task[None] | None = None
        self._closed = False
        self.watching = False  # whether the watcher knows where the journal stands

    async def stream(self, wants: Wants, who: str = "") -> AsyncGenerator[bytes, None]:
        """Yield the events of one page until it has lasted long enough, or the server stops. `who` has it open: of too
        many pages of one person the oldest falls silent."""
        listener = Listener(wants, who)
        own = [each for each in self._listeners if each.who == who and not each.over]
        if who and len(own) >= OF_ONE_PERSON_MOST:
            own[0].end()
        self._listeners[listener] = None
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        try:
            yield ServerSentEventMessage(event="ready", retry=COMES_BACK_AFTER_MS).encode()
            ends = asyncio.get_running_loop().time() + LASTS_SECONDS
            while not (self._closed or listener.over) and asyncio.get_running_loop().time() < ends:
                yield _event(await listener.hear(SILENT_MOST_SECONDS))
        finally:
            self._listeners.pop(listener, None)

    def close(self) -> None:
        """End every stream, and let no new one last."""
        self._closed = True
        for listener in self._listeners:
            listener.end()

    def end_when_stopped(self) -> Callable[[], None]:
        """Have the streams end as soon as the process is asked to stop; return what undoes that."""
        if threading.current_thread() is not threading.main_thread():
            return lambda: None
        loop = asyncio.get_running_loop()
        before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

        def stop(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.close)
            handler = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for each in before:
            signal.signal(each, stop)

        def undo() -> None:
            for each, handler in before.items():
                signal.signal(each, handler)

        return undo

    async def _watch(self) -> None:
        """Look at the journal as long as somebody listens. What cannot be read now is read the next time."""
        position: int | None = None
        while self._listeners and not self._closed:
            try:
                position, changed = await asyncio.to_thread(self._changed_since, position)
                self.watching = True
            except SQLAlchemyError as error:
                structlog.get_logger().warning("live.unread", error=str(error))
                changed = set()
            if changed:
                for listener in self._listeners:
                    listener.tell(changed)
            await asyncio.sleep(self._looks_every)
        self.watching = False

    def _changed_since(self, position: int | None) -> tuple[int, set[str]]:
        """Return how far the journal goes, and what has happened to which declarations since `position`."""
        with reading(self._engine) as connection:
            size, _ = signing_store.read_head(connection)
            if position is None or size <= position:
                return size, set()
            happened = signing_store.read_happened(connection, position, size)
        return size, {subject for event, subject in happened if event not in SILENT}


def _event(numbers: set[str]) -> bytes:
    """Return what a page is told: nothing is a comment that keeps the connection open."""
    if not numbers:
        return ServerSentEventMessage(data=None, comment="still here").encode()
    told = " ".join(sorted(numbers)) if len(numbers) <= TOLD_ONE_BY_ONE else "*"
    return ServerSentEventMessage(event="changed", data=told).encode()


@runtime_checkable
class Holds(Protocol):
    """Whose declarations somebody may see: `portal.declarant.own.OwnDeclarations`."""

    def holds(self, person: SignedIn, registration_number: str) -> bool: ...


class LivePages(Controller):
    """`changed` events name the declarations that changed; a page then asks for itself again."""

    path = "/live"
    dependencies = ADDRESS

    @get("/desk", name="live-desk", opt={"need": Permission.WORK_CASES})
    async def desk(self, request: PersonRequest, live: NamedDependency[Live]) -> Stream:
        """Tell an officer of every change at the own post."""
        return answer(live, request.user, _of_post(request.user))

    @get(f"/desk{DECLARATION}", name="live-case", opt={"need": Permission.WORK_CASES})
    async def case(
        self, request: PersonRequest, address: NamedDependency[Address], live: NamedDependency[Live]
    ) -> Stream:
        """Tell an officer of every change of one declaration of the own post."""
        if not _of_post(request.user)(address.number):
            raise NotFoundException
        return answer(live, request.user, address.number.__eq__)

    @get(f"/declarations{DECLARATION}", name="live-declaration", opt={"need": Permission.READ_DECLARATIONS})
    async def declaration(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        live: NamedDependency[Live],
        own: NamedDependency[Holds],
    ) -> Stream:
        """Tell a declarant or broker of every change of one of the own declarations."""
        if not await asyncio.to_thread(own.holds, request.user, address.number):
            raise NotFoundException
        return answer(live, request.user, address.number.__eq__)


def _of_post(person: SignedIn) -> Wants:
    begins = f"{person.post}/"
    return lambda number: person.post is not None and number.startswith(begins)


def answer(live: Live, person: SignedIn, wants: Wants) -> Stream:
    """Return the stream of what changes of what a person may be told of."""
    headers: dict[str, Any] = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(live.stream(wants, person.iin), media_type=EVENT_STREAM, headers=headers)
