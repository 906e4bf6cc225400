"""Asks registers what the permits and contracts are that declarations name. What has not answered is unknown."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from interop import partner_store
from interop.adapters.registers import client
from interop.adapters.registers.messages import NUMBERS_MOST
from interop.calls import Query
from interop.partners import Partner
from portal import audit
from portal.asking.adapters import KEEPERS
from portal.asking.line import LEGAL_BASIS, NOT_ASKED, PURPOSE, Lately, Line, asked_record, log_failure, was_asked
from portal.asking.naming import named_as_allowed
from portal.clock import Clock
from portal.database import reading, writing
from risk_gateway.bases.registers import store
from risk_gateway.bases.registers.model import Named, Register, RegisterFact, Said, rules_of
from risk_gateway.days import day_of
from risk_gateway.kept_numbers import is_digest
from signing import store as signing_store

BATCHES_MOST: Final = 4  # questions about one declaration to one register
RETRY: Final = timedelta(minutes=5)
CLAIMED: Final = timedelta(minutes=5)  # longer than a round of refreshing can take
DUE_MOST: Final = 200
FORGET_SECONDS: Final = 600.0
ANSWER_SECONDS: Final = 10.0
TOO_MANY: Final = f"{NOT_ASKED}: too many at once"

_Batch = tuple[Partner, Register, str, tuple[str, ...]]  # whom to ask, and about which numbers of which holder


class Registers:
    """`line` is shared with the other questions to partners."""

    def __init__(self, engine: Engine, clock: Clock, line: Line) -> None:
        self._engine = engine
        self._clock = clock
        self._line = line
        self._lately = Lately(clock, self.keepers)
        self._forgot = float("-inf")
        self._under_way: set[asyncio.Task[Sequence[RegisterFact]]] = set()

    def keepers(self) -> tuple[Partner, ...]:
        """Return the active partners that keep a register."""
        with reading(self._engine) as connection:
            known = partner_store.list_partners(connection, active=True)
        return tuple(each for each in known if each.kind in KEEPERS)

    async def before_judging(self, wanted: Sequence[Named]) -> bool:
        """Wait a moment for what registers say of numbers; tell whether more is known now, be it that they are silent.

        Never raises, and never waits longer than the rules of the day allow: what comes later is there for the next
        lodgement.
        """
        if not wanted:
            return False
        return await self._line.known_soon(
            lambda: rules_of(day_of(self._clock.now())).lodgement_wait_milliseconds,
            self._lately,
            lambda partners, seconds: self._begin(wanted, partners, seconds),
        )

    def _begin(
        self, wanted: Sequence[Named], partners: Sequence[Partner], seconds: float
    ) -> "asyncio.Task[Sequence[RegisterFact]]":
        asking = asyncio.create_task(self._ask_and_keep(wanted, partners, seconds, PURPOSE, self._clock.now()))
        self._under_way.add(asking)
        asking.add_done_callback(self._end)
        return asking

    def kept(self) -> frozenset[Register]:
        """Return the registers that an active partner keeps."""
        return frozenset(KEEPERS[each.kind] for each in self.keepers())

    def ask(self, wanted: Sequence[Named], purpose: str, seconds: float) -> tuple[RegisterFact, ...]:
        """Ask now, for somebody who waits, and return what is known then; not for the thread of an event loop."""
        if wanted and (partners := self.keepers()):
            asyncio.run(self._ask_and_keep(wanted, partners, seconds, purpose, self._clock.now()))
        with reading(self._engine) as connection:
            return store.read(connection, wanted)

    def refresh(self) -> int:
        """Ask again what is due: soon where a register was silent, else when its answers are no longer fresh. Return
        about how many numbers it asked."""
        now, partners = self._clock.now(), self.keepers()
        if self._clock.monotonic() - self._forgot >= FORGET_SECONDS:
            self._forgot = self._clock.monotonic()
            self._forget(partners, now)
        seen_since = now - timedelta(days=rules_of(day_of(now)).lately_days)
        with reading(self._engine) as connection:
            due = store.find_due(connection, now, seen_since, DUE_MOST) if partners else ()
        if not due:
            return 0
        with writing(self._engine) as connection:
            taken = store.claim(connection, due, now, CLAIMED)
        if taken:
            asyncio.run(self._ask_and_keep(taken, partners, ANSWER_SECONDS, PURPOSE, None))
        return len(taken)

    def _end(self, task: "asyncio.Task[Sequence[RegisterFact]]") -> None:
        self._under_way.discard(task)
        log_failure(task)

    def _forget(self, partners: Sequence[Partner], now: datetime) -> None:
        """Forget what former partners said, and what nobody needs any more."""
        before = now - timedelta(days=rules_of(day_of(now)).lately_days)
        with writing(self._engine) as connection:
            store.forget(connection, [each.id for each in partners], before)

    # --- the asking -------------------------------------------------------------------------------------------------

    async def _ask_and_keep(
        self,
        wanted: Iterable[Named],
        partners: Sequence[Partner],
        seconds: float,
        purpose: str,
        seen_at: datetime | None,
    ) -> Sequence[RegisterFact]:
        asked_at = self._clock.now()
        batches, left_out = _batches(wanted, partners)
        answered = await asyncio.gather(*(self._ask_one(batch, asked_at, purpose, seconds) for batch in batches))
        facts = [fact for facts in answered for fact in facts]
        facts += [fact for batch in left_out for fact in _silent(batch, asked_at, TOO_MANY)]
        await asyncio.to_thread(self._keep, facts, purpose, seen_at)
        return facts

    async def _ask_one(self, batch: _Batch, asked_at: datetime, purpose: str, seconds: float) -> Sequence[RegisterFact]:
        return await self._line.ask(
            batch[0],
            seconds,
            lambda: self._answers(batch, asked_at, purpose, seconds),
            lambda detail: _silent(batch, asked_at, detail),
        )

    async def _answers(self, batch: _Batch, asked_at: datetime, purpose: str, seconds: float) -> Sequence[RegisterFact]:
        """Raises `NoAnswer`, after which the register rests, or `NotUnderstood`."""
        partner, register, holder, numbers = batch
        query = Query(secrets.token_hex(16), holder, purpose, LEGAL_BASIS, asked_at)
        request = client.ask(named_as_allowed(partner, query), register, numbers)
        reply = await self._line.post(partner, request, seconds)
        said, as_of = client.read(query, register, numbers, reply)
        return [_fact(batch, number, asked_at, min(as_of, self._clock.now()), said[number]) for number in numbers]

    def _keep(self, facts: Sequence[RegisterFact], purpose: str, seen_at: datetime | None) -> None:
        """Keep what was answered, and journal who was asked about whom: never what was answered."""
        now = self._clock.now()
        due = store.DueAt(now + timedelta(hours=rules_of(day_of(now)).refresh_hours), now + RETRY)
        with writing(self._engine) as connection:
            store.put(connection, facts, due, seen_at)
            if records := list(self._records(facts, purpose, now)):
                audit.append(connection, *signing_store.lock_head(connection), records)
            # COMMIT POINT: from here lodgements know

    def _records(self, facts: Sequence[RegisterFact], purpose: str, now: datetime) -> Iterable[audit.Record]:
        asked: dict[str, set[str]] = defaultdict(set)
        for fact in facts:
            if fact.said is not None or was_asked(fact.detail):
                asked[fact.holder].add(fact.partner)
        for holder, partners in sorted(asked.items()):
            yield asked_record(holder, partners, purpose, LEGAL_BASIS, now)


def _batches(wanted: Iterable[Named], partners: Sequence[Partner]) -> tuple[list[_Batch], list[_Batch]]:
    """Return the questions that are asked, and those that are too many for one holder and register. A number that is
    kept by its digest cannot be asked about."""
    numbers: Mapping[tuple[Register, str], list[str]] = defaultdict(list)
    for each in sorted(one for one in set(wanted) if not is_digest(one.number)):
        numbers[each.register, each.holder].append(each.number)
    asked: list[_Batch] = []
    left_out: list[_Batch] = []
    for partner in partners:
        for (register, holder), named in numbers.items():
            if KEEPERS[partner.kind] is register:
                places = range(0, len(named), NUMBERS_MOST)
                few = [tuple(named[place : place + NUMBERS_MOST]) for place in places]
                made = [(partner, register, holder, each) for each in few]
                asked += made[:BATCHES_MOST]
                left_out += made[BATCHES_MOST:]
    return asked, left_out


def _fact(batch: _Batch, number: str, asked_at: datetime, answered_at: datetime, said: Said) -> RegisterFact:
    partner, register, holder, _ = batch
    return RegisterFact(
        partner=partner.id,
        register=register,
        number=number,
        holder=holder,
        asked_at=asked_at,
        answered_at=answered_at,
        said=said,
    )


def _silent(batch: _Batch, asked_at: datetime, detail: str) -> list[RegisterFact]:
    partner, register, holder, numbers = batch
    return [
        RegisterFact(
            partner=partner.id, register=register, number=each, holder=holder, asked_at=asked_at, detail=detail
        )
        for each in numbers
    ]
