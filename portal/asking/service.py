"""Asks partners about a participant, all at once and within a time budget. What has not answered is unknown."""

import asyncio
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Engine

from interop import partner_store
from interop.calls import NotUnderstood, Query, Reply, Request
from interop.partners import Partner
from portal import audit
from portal.asking.adapters import ADAPTERS
from portal.asking.line import LEGAL_BASIS, NOT_ASKED, PURPOSE, Lately, Line, asked_record, log_failure, was_asked
from portal.asking.naming import named_as_allowed
from portal.asking.registers import Registers
from portal.asking.transport import Call
from portal.clock import Clock
from portal.database import reading, writing
from risk_gateway.bases.partner_facts import store
from risk_gateway.bases.partner_facts.model import JUDGED, Answer, PartnerFact, rules_of
from risk_gateway.days import day_of
from signing import store as signing_store

AT_ONCE: Final = 16  # participants about whom one round asks together
_JUDGED = frozenset(JUDGED)

Facts = tuple[PartnerFact, ...]


class Asking:
    """`call` is the edge to the partners: tests give it the partners' own stubs."""

    def __init__(self, engine: Engine, clock: Clock, call: Call) -> None:
        self._engine = engine
        self._clock = clock
        self._line = Line(clock, call)
        self._lately = Lately(clock, self.judged_partners)
        self._asking: dict[str, asyncio.Task[bool]] = {}
        self.registers = Registers(engine, clock, self._line)

    # --- for whoever can wait ---------------------------------------------------------------------------------------

    def ask(self, participant: str, purpose: str, legal_basis: str, budget_seconds: float) -> Facts:
        """Return what each partner answers now; one that does not, or not in time, is UNKNOWN, and `detail` says why.

        What was answered is kept for lodgements; that it was asked is in the journal. Waits, so it is not for the
        thread of an event loop.
        """
        partners = self.partners()
        if not partners:
            return ()
        return asyncio.run(self._ask_and_keep((participant,), partners, purpose, legal_basis, budget_seconds))[
            participant
        ]

    def refresh(
        self, participants: Sequence[str], seconds: float, fresh: Collection[tuple[str, str]]
    ) -> Mapping[str, Facts]:
        """Ask about several, up to `AT_ONCE` together, for so many seconds each, and return what came of it.

        `fresh` are pairs of participant and partner that need not be asked.
        """
        partners = self.judged_partners()
        return asyncio.run(self._ask_and_keep(participants, partners, PURPOSE, LEGAL_BASIS, seconds, frozenset(fresh)))

    def partners(self) -> tuple[Partner, ...]:
        """Return the active partners that can be asked about a participant."""
        with reading(self._engine) as connection:
            known = partner_store.list_partners(connection, active=True)
        return tuple(each for each in known if each.kind in ADAPTERS)

    def judged_partners(self) -> tuple[Partner, ...]:
        """Return those by whose answers lodgements are judged: customs abroad are not asked about everybody."""
        return tuple(each for each in self.partners() if not _JUDGED.isdisjoint(ADAPTERS[each.kind].QUESTIONS))

    def post(self, partner: Partner, query: Query, make: Callable[[Query], Request], seconds: float) -> Reply:
        """Post an area's own question, made of a query as the partner's policy lets it name the participant.

        Waits, so it is not for the thread of an event loop. Raises `NoAnswer`, `NotUnderstood`.
        """

        async def once() -> Reply:
            return await self._line.call(partner, make(named_as_allowed(partner, query)), seconds)

        return asyncio.run(once())

    # --- for lodgements ---------------------------------------------------------------------------------------------

    async def before_judging(self, participant: str) -> bool:
        """Wait a moment for what partners say of a declarant; tell whether it is known now, be it only that they are
        silent.

        Never raises, and never waits longer than the rules of the day allow: what comes later is there for the next
        lodgement. Those who ask about the same participant meanwhile wait for the same answers.
        """
        return await self._line.known_soon(
            lambda: rules_of(day_of(self._clock.now())).lodgement_wait_milliseconds,
            self._lately,
            lambda partners, seconds: self._shared(participant, partners, seconds),
        )

    def _shared(self, participant: str, partners: Sequence[Partner], seconds: float) -> "asyncio.Task[bool]":
        found = self._asking.get(participant)
        if found is None or found.get_loop() is not asyncio.get_running_loop():
            found = self._asking[participant] = asyncio.create_task(self._first(participant, partners, seconds))
            found.add_done_callback(lambda task: self._forget(participant, task))
        return found

    def _forget(self, participant: str, task: "asyncio.Task[bool]") -> None:
        if self._asking.get(participant) is task:
            del self._asking[participant]
        log_failure(task)

    async def _first(self, participant: str, partners: Sequence[Partner], seconds: float) -> bool:
        asked = await self._ask_and_keep((participant,), partners, PURPOSE, LEGAL_BASIS, seconds)
        return bool(asked[participant])

    # --- the asking -------------------------------------------------------------------------------------------------

    async def _ask_and_keep(
        self,
        participants: Sequence[str],
        partners: Sequence[Partner],
        purpose: str,
        legal_basis: str,
        seconds: float,
        without: frozenset[tuple[str, str]] = frozenset(),
    ) -> Mapping[str, Facts]:
        places = asyncio.Semaphore(AT_ONCE)

        async def about(participant: str) -> Facts:
            wanted = [each for each in partners if (participant, each.id) not in without]
            async with places:
                query = Query(secrets.token_hex(16), participant, purpose, legal_basis, self._clock.now())
                each = await asyncio.gather(*(self._ask_one(partner, query, seconds) for partner in wanted))
            return tuple(fact for facts in each for fact in facts)

        found = await asyncio.gather(*map(about, participants))
        asked = dict(zip(participants, found, strict=True))
        await asyncio.to_thread(self._keep, asked, purpose, legal_basis)
        return asked

    async def _ask_one(self, partner: Partner, query: Query, seconds: float) -> Facts:
        return await self._line.ask(
            partner,
            seconds,
            lambda: self._answers(partner, query, seconds),
            lambda detail: _unknown(partner, query, detail),
        )

    async def _answers(self, partner: Partner, query: Query, seconds: float) -> Facts:
        """Raises `NoAnswer`, after which the partner rests, or `NotUnderstood`, which costs nobody any time."""
        adapter = ADAPTERS[partner.kind]
        try:
            query = named_as_allowed(partner, query)
            request = adapter.ask(query)
        except NotUnderstood as error:
            return _unknown(partner, query, f"{NOT_ASKED}: {str(error).removeprefix(f'{NOT_ASKED}: ')}")
        reply = await self._line.post(partner, request, seconds)
        return tuple(
            PartnerFact(
                partner=partner.id,
                question=said.question,
                answer=Answer.YES if said.yes else Answer.NO,
                asked_at=query.asked_at,
                answered_at=min(said.as_of, self._clock.now()),
                detail=said.detail,
            )
            for said in adapter.read(query, reply)
        )

    def _keep(self, asked: Mapping[str, Facts], purpose: str, basis: str) -> None:
        """Keep what was answered, and journal who was asked about whom."""
        with writing(self._engine) as connection:
            for participant in sorted(asked):  # in one order, and before the journal: nobody waits in a circle
                store.put(connection, participant, asked[participant])
            spoken = {
                participant: {fact.partner for fact in asked[participant] if _was_asked(fact)} for participant in asked
            }
            if records := [
                asked_record(participant, partners, purpose, basis, self._clock.now())
                for participant, partners in sorted(spoken.items())
                if partners
            ]:
                audit.append(connection, *signing_store.lock_head(connection), records)
            # COMMIT POINT: from here lodgements know


def _was_asked(fact: PartnerFact) -> bool:
    return fact.answered_at is not None or was_asked(fact.detail)


def _unknown(partner: Partner, query: Query, detail: str) -> Facts:
    questions = ADAPTERS[partner.kind].QUESTIONS
    return tuple(
        PartnerFact(partner.id, question, Answer.UNKNOWN, query.asked_at, detail=detail) for question in questions
    )
