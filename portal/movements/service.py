"""What pages, seals and the timer call: each method is one transaction of its own, or one look at the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from declarations import store as declarations_store
from declarations.movements import store
from declarations.movements.events import State
from declarations.movements.lifecycle import ENDED, UNDER_WAY, Action, Actor, Move, Status, moves_from
from declarations.movements.model import Movement, Notified
from declarations.movements.store import Alarm
from interop.adapters.seals.messages import Answers
from interop.partner_store import list_partners
from interop.partners import PartnerKind
from portal.access import Permission, may
from portal.casework.desk import Desk
from portal.casework.model import FileInfo
from portal.database import reading as looking
from portal.database import writing as changing
from portal.errors import Outdated, Unavailable
from portal.exchange.callers import PartnerCaller
from portal.judging import views as judgement_views
from portal.movements import acting, judged, moving, notifying, recovering, taking, transit, views
from portal.movements.errors import MOVED_MEANWHILE, MovementNotFound, MovementRefused
from portal.movements.model import By, Change, Notice, Wanted
from portal.office import Office
from portal.views import SignedIn
from risk_gateway import judgement_store
from risk_gateway.coded_facts import MovementEvent
from risk_gateway.days import day_of
from risk_gateway.judgement_store import Judgement
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing.errors import KeyUnusable

_TRIES: Final = 3
_NOTIFYING: Final = next(moves_from(None))
Made = TypeVar("Made")


class Movements:
    """Raises `MovementRefused` (words by language; `field` names the input) and `MovementNotFound` (404).

    `mark` is told each point of a transaction at which a crash test may strike.
    """

    def __init__(self, office: Office, mark: Callable[[str], None] = lambda point: None) -> None:
        self._office = office
        self._mark = mark
        self._desk = Desk(office.clock, office.keyring, mark)

    def now(self) -> datetime:
        return self._office.clock.now()

    # --- moves ------------------------------------------------------------------------------------------------------

    def notify(self, person: SignedIn, typed: Notice) -> str:
        """Take a carrier's notification; the same again gets the same number. Raises `MovementRefused`."""
        by = by_of(person)
        if by.actor is not Actor.CARRIER:
            raise MovementNotFound
        self._office.demand_open()
        return self._again(lambda: self._notify(by, typed))

    def do(self, person: SignedIn, wanted: Wanted) -> int:
        """Make a move, and return the index of its entry. Raises `MovementRefused`, `MovementNotFound`."""
        self._office.demand_open()
        return self._again(lambda: self.act(by_of(person), wanted))

    def act(self, by: By, wanted: Wanted) -> int:
        """Make a move. The gateway judges before the transaction begins, and is recorded in it. Raises `Outdated`."""
        with looking(self._office.engine) as connection:
            seen = moving.own(connection, wanted.number, by)
            plan = acting.plan(connection, seen, wanted, by, self.now())
        made = None
        if plan.event is not None:
            made = judged.judge(self._office, plan.change.after, plan.event, plan.change.at, plan.scan_mismatch)
            acting.demand(plan, made)
        with self._changing() as connection:
            signing_store.lock_head(connection)
            if moving.own(connection, wanted.number, by) != seen:
                raise MovementRefused(MOVED_MEANWHILE)
            acting.demand_free(connection, plan)
            sequence = moving.write(connection, self._desk, plan.change)
            acting.follow(connection, self._desk, plan, sequence)
            if made is not None and plan.event is not None:
                judged.record(connection, self._desk, made, plan.change.after, plan.event)
            return sequence

    def take_events(self, caller: PartnerCaller, number: str) -> Answers:
        """Take what a seal operator tells. Raises `ClientException` for what is no batch, `MovementNotFound`."""
        return taking.take(self._office, self._desk, caller, number)

    def judge_waiting(self) -> int:
        """Judge the alarms that nobody has judged; return of how many movements."""
        return taking.judge_waiting(self._office, self._desk)

    def due(self, most: int) -> list[Wanted]:
        """Return the moves that are due because a time has passed."""
        now = self.now()
        with looking(self._office.engine) as connection:
            late = [(each, Action.MISS_LIMIT) for each in store.past_limit(connection, now, most)]
            lost = [(each, Action.RECOVER) for each in store.past_answer(connection, now, most)]
        return [
            Wanted(number=each.number, action=action, expected=each.status.value) for each, action in (*late, *lost)
        ]

    def _notify(self, by: By, typed: Notice) -> str:
        now = self.now()
        codes = self._office.current().reference.on(day_of(now))
        with looking(self._office.engine) as connection:
            notified = notifying.read(connection, typed, by.organisation, codes)
            if (known := _known(connection, notified)) is not None:
                return known
            name = declarations_store.read_participant(connection, by.organisation)
        draft = acting.movement_of(notified, name.name if name else by.organisation, now)
        made = judged.judge(self._office, draft, MovementEvent.DECLARATION, now)
        with self._changing() as connection:
            signing_store.lock_head(connection)
            if (known := _known(connection, notified)) is not None:
                return known
            transit.demand_free(connection, draft)
            day = f"{day_of(now):%d%m%y}"
            number, serial = store.next_number(connection, draft.departure, draft.destination, day)
            movement = replace(draft, number=number)
            store.add_movement(connection, movement, day, serial)
            self._mark("after movement added")
            change = Change(before=None, after=movement, move=_NOTIFYING, by=by, at=now)
            moving.write(connection, self._desk, change)
            judged.record(connection, self._desk, made, movement, MovementEvent.DECLARATION)
            return number

    # --- looking ----------------------------------------------------------------------------------------------------

    def of_carrier(self, person: SignedIn) -> tuple[views.Line, ...]:
        by = by_of(person)
        if by.actor is not Actor.CARRIER:
            raise MovementNotFound
        with looking(self._office.engine) as connection:
            return self._lines(connection, store.of_carrier(connection, by.organisation))

    def of_post(self, person: SignedIn) -> tuple[views.Line, ...]:
        """Return the movements that leave or reach the official's post, those with alarms first."""
        by = by_of(person)
        if by.actor is not Actor.INSPECTOR:
            raise MovementNotFound
        with looking(self._office.engine) as connection:
            found = self._lines(connection, store.of_post(connection, by.post))
        return tuple(sorted(found, key=lambda line: not line.alarms))

    def dossier(self, person: SignedIn, number: str) -> views.Dossier:
        by = by_of(person)
        with looking(self._office.engine) as connection:
            movement = moving.own(connection, number, by)
            return views.Dossier(
                movement=movement,
                moves=_offered(connection, movement, by),
                happened=tuple(views.happened(row) for row in store.read_moves(connection, number)),
                alarms=store.read_alarms(connection, number),
                state=judged.state_of(connection, movement),
                files=tuple(views.file_info(row) for row in store.list_files(connection, number)),
                judgements=judgement_store.of_subject(connection, number),
                inspection=judged.demands_inspection(connection, number),
                overdue=_overdue(movement, self.now()),
                changed=transit.is_changed(connection, movement),
            )

    def holds(self, person: SignedIn, number: str) -> bool:
        with looking(self._office.engine) as connection:
            found = store.find_movement(connection, number)
        return found is not None and moving.is_of(found, by_of(person))

    def judgement_file(self, judgement: Judgement, language: str) -> judgement_views.JudgementFile:
        """Return a judgement for an official: confidential."""
        with looking(self._office.engine) as connection:
            return judgement_views.file_of(connection, judgement, language)

    def notice(self, person: SignedIn, number: str, sequence: int) -> bytes:
        with looking(self._office.engine) as connection:
            moving.own(connection, number, by_of(person))
            row = store.find_move(connection, number, sequence)
        if row is None or row.notice is None:
            raise MovementNotFound
        return unpack(bytes(row.notice))

    def file(self, person: SignedIn, number: str, identifier: str) -> tuple[FileInfo, bytes]:
        """Return a file, to officials only."""
        by = by_of(person)
        with looking(self._office.engine) as connection:
            moving.own(connection, number, by)
            row = store.find_file(connection, number, identifier)
        if row is None or by.actor is not Actor.INSPECTOR:
            raise MovementNotFound
        return views.file_info(row), unpack(bytes(row.content))

    def operators(self) -> dict[str, str]:
        """Return the operators of electronic seals by id."""
        with looking(self._office.engine) as connection:
            partners = list_partners(connection, active=True)
        return {each.id: each.name for each in partners if each.kind is PartnerKind.SEAL_OPERATOR}

    def _lines(self, connection: Connection, found: tuple[Movement, ...]) -> tuple[views.Line, ...]:
        now = self.now()
        alarms = store.alarms_of(connection, [each.number for each in found])
        return tuple(
            views.Line(
                movement=each,
                alarms=tuple(alarm for alarm in alarms.get(each.number, ()) if _concerns(each, alarm)),
                state=judged.state_of(connection, each) if each.status in UNDER_WAY else State(),
                overdue=_overdue(each, now),
            )
            for each in found
        )

    def _again(self, make: Callable[[], Made]) -> Made:
        """Do something again when what it was judged with has changed meanwhile."""
        for _ in range(_TRIES - 1):
            try:
                return make()
            except Outdated:
                continue
        return make()

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Open a transaction; the database's own trouble, and a key that cannot be used, mean: not now."""
        try:
            with changing(self._office.engine) as connection:
                yield connection
                self._mark("before commit")
        except (OperationalError, InterfaceError, KeyUnusable):
            raise Unavailable from None
        # COMMIT POINT: from here a crash loses nothing
        self._mark("after commit")


def by_of(person: SignedIn) -> By:
    """Return as whom a person acts. Raises `MovementNotFound` for who has no part in movements."""
    if may(person, Permission.WORK_MOVEMENTS) and person.post:
        return By(Actor.INSPECTOR, person.iin, person.name, post=person.post)
    if may(person, Permission.CARRY) and person.organisation:
        return By(Actor.CARRIER, person.iin, person.name, organisation=person.organisation)
    raise MovementNotFound


def _offered(connection: Connection, movement: Movement, by: By) -> tuple[Move, ...]:
    """Return the moves that may be made now; a violation is confirmed only where one waits for that."""
    moves = moving.moves_of(movement, by)
    if any(each.action is Action.CONFIRM for each in moves) and recovering.alleged(connection, movement) is None:
        return tuple(each for each in moves if each.action is not Action.CONFIRM)
    return moves


def _known(connection: Connection, notified: Notified) -> str | None:
    """Return the number under which the same was notified before. Raises `MovementRefused` for something else."""
    before = store.find_by_reference(connection, notified.carrier, notified.reference)
    if before is None:
        return None
    if acting.notified_of(before) != notified:
        raise MovementRefused("movement.reference_used", "reference", number=before.number)
    return before.number


def _concerns(movement: Movement, alarm: Alarm) -> bool:
    """Whether an alarm is still to be looked at: of what has ended, only one that came after it."""
    if movement.status is Status.DISCHARGED:
        return movement.arrived_at is not None and alarm.raised_at > movement.arrived_at
    return movement.status not in ENDED


def _overdue(movement: Movement, now: datetime) -> bool:
    return movement.limit is not None and movement.arrived_at is None and now > movement.limit
