"""A TCP proxy that treats requests as a bad network does: it drops, delays, resets, reorders and truncates them.

A fault is drawn, by a seed, for each request, that is for what a client sends after an answer. Reordered requests are
delivered when their client has given up, behind later ones: the server then takes what nobody waits for any more.
`poison` are bytes that end the connection of every request that holds them, whatever is drawn.
"""

import asyncio
import random
import threading
from collections import Counter
from contextlib import suppress
from enum import StrEnum
from types import TracebackType

CHUNK = 65_536
SWALLOWED_SECONDS = 30.0
DELAY_SECONDS = (0.05, 0.5)
BEHIND_SECONDS = (0.2, 2.0)


class Fault(StrEnum):
    DROP = "dropped"
    DELAY = "delayed"
    RESET = "reset before the server has it"
    RESET_AFTER = "reset when the server has it"
    REORDER = "reordered"
    TRUNCATE = "request truncated"
    TRUNCATE_ANSWER = "answer truncated"


class Proxy:
    """Forwards a port of its own to `target` on this machine, in a thread; `seen` counts what it did to requests."""

    def __init__(self, target: int, share: float, seed: int, poison: bytes | None = None) -> None:
        self.port = 0
        self.share = share
        self.seen: Counter[str] = Counter()
        self._target = target
        self._poison = poison
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        pending = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _take(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            there, on = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            back.transport.abort()
            return
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await _Connection(self, client, back, there, on).run()
        finally:
            for writer in (back, on):
                writer.transport.abort()

    def draw(self) -> Fault | None:
        fault = self._random.choice(list(Fault)) if self._random.random() < self.share else None
        self.seen[fault.value if fault else "passed"] += 1
        return fault

    def between(self, limits: tuple[float, float]) -> float:
        return self._random.uniform(*limits)

    def is_poison(self, data: bytes) -> bool:
        return self._poison is not None and self._poison in data

    async def deliver_late(self, request: bytes) -> None:
        """Give the server a request for which nobody waits any more."""
        await asyncio.sleep(self.between(BEHIND_SECONDS))
        with suppress(OSError):
            there, on = await asyncio.open_connection("127.0.0.1", self._target)
            on.write(request)
            await on.drain()
            await asyncio.wait_for(there.read(CHUNK), 10)
            on.transport.abort()


class _Connection:
    def __init__(
        self,
        proxy: Proxy,
        client: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        on: asyncio.StreamWriter,
    ) -> None:
        self._proxy, self._client, self._back, self._there, self._on = proxy, client, back, there, on
        self._answered = True  # what comes next is a new request
        self._truncating = False

    async def run(self) -> None:
        pumps = [asyncio.create_task(self._answers()), asyncio.create_task(self._requests())]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _answers(self) -> None:
        while data := await self._there.read(CHUNK):
            self._answered = True
            if self._truncating:
                self._back.write(data[: len(data) // 2])
                await self._back.drain()
                self._back.close()
                return
            self._back.write(data)
            await self._back.drain()

    async def _requests(self) -> None:
        carry = b""
        while data := await self._client.read(CHUNK):
            if self._proxy.is_poison(carry + data):
                return
            carry = data[-200:]
            if self._answered:
                self._answered = False
                if await self._ends_by(self._proxy.draw(), data):
                    return
            else:
                await self._pass(data)

    async def _ends_by(self, fault: Fault | None, data: bytes) -> bool:
        """Do to the beginning of a request what was drawn; tell whether the connection has ended by it."""
        match fault:
            case Fault.DROP:
                await asyncio.wait_for(self._swallow(), SWALLOWED_SECONDS)
            case Fault.RESET:
                self._back.transport.abort()
            case Fault.RESET_AFTER:
                await self._pass(data)
                await asyncio.sleep(self._proxy.between(DELAY_SECONDS))
            case Fault.REORDER:
                request = data + await asyncio.wait_for(self._swallow(), SWALLOWED_SECONDS)
                await self._proxy.deliver_late(request)
            case Fault.TRUNCATE:
                await self._pass(data[: len(data) // 2])
                self._on.write_eof()
                await asyncio.sleep(0.05)
            case _:
                if fault is Fault.DELAY:
                    await asyncio.sleep(self._proxy.between(DELAY_SECONDS))
                self._truncating = fault is Fault.TRUNCATE_ANSWER
                await self._pass(data)
                return False
        return True

    async def _pass(self, data: bytes) -> None:
        self._on.write(data)
        await self._on.drain()

    async def _swallow(self) -> bytes:
        """Read until the client gives up."""
        swallowed = b""
        while data := await self._client.read(CHUNK):
            swallowed += data
        return swallowed
