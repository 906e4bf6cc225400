"""Whether the portal is well, and what to do where it is not."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from portal.admin import condition_store, store
from portal.admin.registers import SOON
from portal.database import reading
from portal.exchange.callers import is_open
from portal.office import Office
from portal.selection import HORIZON_DAYS
from risk_gateway import selection_store
from risk_gateway.days import day_of
from signing import store as signing_store

PRODUCT: Final = "shekara"
LATE: Final = timedelta(minutes=1)  # a message that waits longer was not seen by a worker, or cannot leave
BEHIND: Final = timedelta(minutes=5)  # a journal that grows is signed and stamped within seconds
EVIDENCE_AHEAD: Final = timedelta(hours=1)
KEYS_FEW: Final = 2


class State(StrEnum):
    WELL = "well"
    WATCH = "watch"
    ACT = "act"


class Journal(Struct, frozen=True):
    """`signed_at` and `stamped_at` are of the newest checkpoint, and of the newest with a time-stamp."""

    size: int
    unsigned: int
    signed_size: int
    signed_at: datetime | None
    stamped_at: datetime | None


class Condition(Struct, frozen=True):
    """What was found at `at`. Every question has its `State`; templates/admin/health.html says what to do."""

    at: datetime
    states: dict[str, State]
    outbox: condition_store.Outbox
    webhooks: condition_store.Webhooks
    partners: condition_store.Partners
    exchange_open: bool
    journal: Journal
    unstamped_since: datetime | None
    closed: bool
    lists: Sequence[condition_store.RevocationList]
    last_answer: datetime | None
    keys_until: date | None
    keys_ahead: int
    revision: int
    bytes: int
    database: str
    version: str

    @property
    def worst(self) -> State:
        return next((state for state in (State.ACT, State.WATCH) if state in self.states.values()), State.WELL)


class Overview(Struct, frozen=True):
    """What the first page of administration counts."""

    condition: Condition
    officials: int
    participants: int
    powers_soon: int
    tariff_partial: bool


class Health:
    """What the pages of health and the first page need."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def overview(self) -> Overview:
        today = day_of(self._office.clock.now())
        with reading(self._office.engine) as connection:
            officials = sum(store.count_officials(connection, today).values())
            participants = store.count_participants(connection)
            soon = store.page_of_powers(connection, today, today + SOON, text="", state="soon", number=1).total
        return Overview(
            condition=self.examine(),
            officials=officials,
            participants=participants,
            powers_soon=soon,
            tariff_partial=not self._office.current().reference.tariff.complete,
        )

    def examine(self) -> Condition:
        office = self._office
        now = office.clock.now()
        today = day_of(now)
        with reading(office.engine) as connection:
            outbox = condition_store.read_outbox(connection)
            webhooks = condition_store.read_webhooks(connection)
            partners = condition_store.read_partners(connection)
            lists = condition_store.read_lists(connection)
            answer = condition_store.last_answer(connection)
            ahead = _keys_ahead(connection, today)
            newest = signing_store.read_newest_checkpoint(connection)
            stamped = signing_store.read_newest_stamped(connection)
            journal = Journal(
                size=signing_store.read_head(connection)[0],
                unsigned=signing_store.count_unsigned(connection),
                signed_size=newest.size if newest else 0,
                signed_at=newest.signed_at if newest else None,
                stamped_at=stamped.stamped_at if stamped else None,
            )
            size = condition_store.database_bytes(connection)
            dialect = connection.dialect.name
        notary = office.notary
        unstamped = notary.unstamped_since if notary else None
        closed = notary is not None and notary.closed()
        exchange_open = is_open(office.settings)
        return Condition(
            at=now,
            states={
                "lodging": State.ACT if closed else State.WELL,
                "outbox": _outbox(outbox, now),
                "webhooks": State.WATCH if webhooks.failing or webhooks.off else State.WELL,
                "partners": _partners(partners, exchange_open),
                "journal": _journal(journal, unstamped, closed, now),
                "evidence": _evidence(lists, now),
                "knowledge": State.ACT if office.snapshot.degraded else State.WELL,
                "keys": State.WELL
                if len(ahead) > HORIZON_DAYS
                else State.WATCH
                if len(ahead) > KEYS_FEW
                else State.ACT,
            },
            outbox=outbox,
            webhooks=webhooks,
            partners=partners,
            exchange_open=exchange_open,
            journal=journal,
            unstamped_since=unstamped,
            closed=closed,
            lists=lists,
            last_answer=answer,
            keys_until=ahead[-1] if ahead else None,
            keys_ahead=len(ahead),
            revision=office.snapshot.revision,
            bytes=size,
            database="PostgreSQL" if dialect == "postgresql" else "SQLite",
            version=version(PRODUCT),
        )


def _keys_ahead(connection: Connection, today: date) -> list[date]:
    """Return the days from today on, without a gap, whose keys are committed to."""
    days = [today + timedelta(days=number) for number in range(HORIZON_DAYS + 1)]
    found = []
    for day in days:
        if selection_store.read_key(connection, day) is None:
            break
        found.append(day)
    return found


def _outbox(outbox: condition_store.Outbox, now: datetime) -> State:
    if outbox.oldest is None or now - outbox.oldest <= LATE:
        return State.WELL
    return State.WATCH if outbox.postponed else State.ACT  # what nobody even tried waits for a worker


def _partners(partners: condition_store.Partners, exchange_open: bool) -> State:
    if partners.dead or (partners.active and not exchange_open):
        return State.ACT
    return State.WATCH if partners.failing else State.WELL


def _journal(journal: Journal, unstamped: datetime | None, closed: bool, now: datetime) -> State:
    if closed:
        return State.ACT
    return State.WATCH if unstamped is not None and now - unstamped > BEHIND else State.WELL


def _evidence(lists: Sequence[condition_store.RevocationList], now: datetime) -> State:
    ends = [each.next_update for each in lists if each.next_update is not None]
    if not lists or any(end <= now for end in ends):
        return State.ACT
    return State.WATCH if any(end <= now + EVIDENCE_AHEAD for end in ends) else State.WELL
