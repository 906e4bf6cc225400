"""Keeping the partners: who they are, by which keys they are known, what they may be told; how the exchange goes."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from interop import exchange_store, outbox
from interop.errors import KeyRefused
from interop.outbox import PartnerHealth
from interop.partner_store import list_partners, read_partner
from interop.partners import KnownKey, Partner, PartnerKind, read_key
from portal import audit
from portal.access import Role
from portal.database import reading, writing
from portal.errors import NotFound
from portal.exchange.keeping import change_partner
from portal.office import Office
from portal.partners import proposal_store, proposing, store
from portal.partners.errors import Refused
from portal.partners.forms import address_is_right
from portal.partners.proposal_store import Proposal
from portal.store import read_officials
from portal.views import SignedIn
from risk_gateway.days import day_of
from signing import store as signing_store

LATE: Final = timedelta(minutes=5)  # a message that waits longer is worth a look
_UNSUPPORTED: Final = "exchange.key_unsupported"


class Condition(StrEnum):
    """How the exchange with a partner goes: those that need somebody first."""

    DEAD = "dead"
    KEYS = "keys"  # foreign customs signs whatever it says; authorities of this country need not send anything
    FAILS = "fails"
    WAITS = "waits"
    WELL = "well"
    OFF = "off"


class Key(Struct, frozen=True):
    """A key of a partner as it is shown: its fingerprint, and between which moments it holds."""

    fingerprint: str
    since: datetime | None
    until: datetime | None
    holds: bool


class Listed(Struct, frozen=True):
    """A partner, and how the exchange with it goes. `answered_at` is when it answered us last, whatever we asked;
    `proposed` tells that a change waits for a second administrator."""

    partner: Partner
    condition: Condition
    waiting: int
    dead: int
    oldest: datetime | None
    answered_at: datetime | None
    trouble: str
    proposed: bool


class Shown(Struct, frozen=True):
    """All that is shown of a partner. `seen` stands for it as it is now: a form brings it back."""

    listed: Listed
    keys: tuple[Key, ...]
    health: PartnerHealth
    seen: str
    proposal: Proposal | None


class PartnerDesk:
    """What the pages of partners need."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def now(self) -> datetime:
        return self._office.clock.now()

    def listed(self) -> tuple[Listed, ...]:
        """Return all partners, those that need somebody first."""
        with reading(self._office.engine) as connection:
            found = tuple(self._listed(connection))
        order = list(Condition)
        return tuple(sorted(found, key=lambda each: order.index(each.condition)))

    def partner(self, identifier: str) -> Partner:
        """Raises NotFound."""
        with reading(self._office.engine) as connection:
            return _read(connection, identifier)

    def shown(self, identifier: str) -> Shown:
        """Raises NotFound."""
        now = self.now()
        with reading(self._office.engine) as connection:
            partner = _read(connection, identifier)
            listed = next(each for each in self._listed(connection) if each.partner.id == identifier)
            health = next(each for each in outbox.health(connection) if each.partner == identifier)
            proposal = proposal_store.open_of(connection, identifier)
        known = (read_key(pem) for pem in partner.keys)
        keys = tuple(Key(key.id, key.since, key.until, key.valid_at(now)) for key in known)
        return Shown(listed, keys, health, seen_as(partner), proposal)

    # --- changes ----------------------------------------------------------------------------------------------------

    def add(self, by: SignedIn, wish: Partner) -> None:
        """Record a new partner, switched off. Raises Refused."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            if read_partner(connection, wish.id) is not None:
                raise Refused("known", "id")
            _demand_address(wish)
            change_partner(connection, wish, by.iin, now)

    def change(self, by: SignedIn, wish: Partner, seen: str) -> bool:
        """Let a partner be as it shall, if it is still as `seen`; tell whether that waits for a second administrator.

        Raises Refused, NotFound; so do the other changes.
        """
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            before = _read(connection, wish.id)
            if seen_as(before) != seen:
                raise Refused("changed", "partner_name")
            if before.address != wish.address:
                _demand_address(wish)
            return _put(connection, before, wish, by, now)

    def add_key(self, by: SignedIn, identifier: str, pem: str) -> bool:
        """Put a key before those that a partner has, which go on to count."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            partner = _read(connection, identifier)
            new = _new_key(pem, now)
            known = {read_key(key).id for each in list_partners(connection) for key in each.keys}
            if new.id in known:
                raise Refused("key-known", "pem")
            return _put(connection, partner, msgspec.structs.replace(partner, keys=(pem, *partner.keys)), by, now)

    def remove_key(self, by: SignedIn, identifier: str, fingerprint: str) -> None:
        """Let a key of a partner count no more. Raises NotFound for one that it does not have."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            partner = _read(connection, identifier)
            kept = tuple(pem for pem in partner.keys if read_key(pem).id != fingerprint)
            if kept == partner.keys:
                raise NotFound("request.not_found")
            _put(connection, partner, msgspec.structs.replace(partner, keys=kept), by, now)

    def switch(self, by: SignedIn, identifier: str, *, on: bool) -> bool:
        """Let the exchange with a partner begin or rest."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            partner = _read(connection, identifier)
            if on and partner.kind is PartnerKind.FOREIGN_CUSTOMS and not partner.keys:
                raise Refused("no-keys", "pem")
            return partner.active != on and _put(
                connection, partner, msgspec.structs.replace(partner, active=on), by, now
            )

    def confirm(self, by: SignedIn, identifier: str) -> None:
        """Put into force what another administrator asked for. Raises Refused, NotFound."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            partner = _read(connection, identifier)
            proposing.confirm(connection, _proposed(connection, identifier), partner, seen_as(partner), by, now)

    def decline(self, by: SignedIn, identifier: str) -> None:
        """Leave a partner as it is, against what was asked for. Raises Refused, NotFound."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            partner = _read(connection, identifier)
            proposing.decline(connection, _proposed(connection, identifier), partner, by, now)

    # --- messages ---------------------------------------------------------------------------------------------------

    def messages(self, identifier: str, state: str, number: int) -> store.Page:
        """Return a page of what waits for a partner, or of its dead letters. Raises NotFound."""
        with reading(self._office.engine) as connection:
            _read(connection, identifier)
            return store.page_of_messages(connection, identifier, state, number)

    def dead_letter(self, identifier: str, message: str) -> store.Message:
        """Raises NotFound for one that is dead no more, and for one of another partner."""
        with reading(self._office.engine) as connection:
            found = store.find_dead(connection, identifier, message)
        if found is None:
            raise NotFound("request.not_found")
        return found

    def replay(self, by: SignedIn, identifier: str, message: str) -> None:
        """Let a dead letter be sent again. Raises Refused when it is dead no more, NotFound for an unknown partner."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            _read(connection, identifier)
            if store.find_dead(connection, identifier, message) is None:
                raise Refused("gone", "message")
            self._replay(connection, by, identifier, [message], now)

    def replay_all(self, by: SignedIn, identifier: str) -> int:
        """Let all dead letters of a partner be sent again, and return how many. Raises NotFound."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            _read(connection, identifier)
            dead = store.dead_of(connection, identifier)
            self._replay(connection, by, identifier, dead, now)
        return len(dead)

    def _replay(self, connection: Connection, by: SignedIn, partner: str, messages: list[str], now: datetime) -> None:
        for message in messages:
            outbox.replay(connection, message, now)
            particulars = {"message": message, "by": by.iin}
            audit.record_one(connection, audit.Record(audit.Event.EXCHANGE_REPLAYED, partner, now, particulars))
        if messages:
            exchange_store.wake(connection, partner)

    # --- the log ----------------------------------------------------------------------------------------------------

    def queries(self, by: SignedIn, wanted: "Wanted", number: int) -> "Log":
        """Return a page of who asked about whom. That it was read, and for what was searched, is in the journal."""
        with writing(self._office.engine) as connection:
            page = store.page_of_queries(
                connection,
                text=wanted.text,
                partner=wanted.partner,
                answer=wanted.answer,
                first=wanted.first,
                number=number,
            )
            own = store.own_questions(connection, wanted.text) if page.number == 1 else []
            about = [each.about for each in (*page.rows, *own)]
            names = dict(store.names_of(connection, [*about, wanted.text]))
            partners = {each.id: each for each in list_partners(connection)}
            particulars = {"officer": by.iin, "role": by.role.value, "searched": wanted.text, "page": str(page.number)}
            record = audit.Record(audit.Event.EXCHANGE_LOG_READ, "exchange", self.now(), particulars)
            audit.record_one(connection, record)
        return Log(page, tuple(own), names, partners)

    # ----------------------------------------------------------------------------------------------------------------

    def _listed(self, connection: Connection) -> Iterator[Listed]:
        now = self.now()
        health = {each.partner: each for each in outbox.health(connection)}
        facts = store.last_facts(connection)
        proposed = proposal_store.waiting(connection)
        for partner in list_partners(connection):
            its = health[partner.id]
            moments = (its.sending.answered_at, its.pulling.answered_at, facts.get(partner.id))
            yield Listed(
                partner=partner,
                condition=_condition(partner, its, now),
                waiting=its.waiting,
                dead=its.dead,
                oldest=its.oldest,
                answered_at=max((each for each in moments if each is not None), default=None),
                trouble=its.sending.trouble or its.pulling.trouble,
                proposed=partner.id in proposed,
            )

    def _begin(self, connection: Connection, by: SignedIn) -> datetime:
        """Wait for the lock of the journal, then look at the clock and at who wants the change: so all is in order."""
        signing_store.lock_head(connection)
        now = self._office.clock.now()
        held = read_officials(connection, by.iin)
        if not any(each.role == Role.ADMINISTRATOR and each.in_office(day_of(now)) for each in held):
            raise Refused("not-in-office", "partner_name")
        return now


class Wanted(Struct, frozen=True):
    """To what the log is narrowed: empty for nothing. `first` is the first moment."""

    text: str = ""
    partner: str = ""
    answer: str = ""
    first: datetime | None = None


class Log(Struct, frozen=True):
    """A page of queries; on the first also what this office asked partners: about whom is searched, or lately."""

    page: store.Page
    own: tuple[store.OwnQuestion, ...]
    names: dict[str, str]
    partners: dict[str, Partner]


def seen_as(partner: Partner) -> str:
    """Return what stands for a partner as it is now."""
    return hashlib.sha256(msgspec.json.encode(partner, order="sorted")).hexdigest()


def _read(connection: Connection, identifier: str) -> Partner:
    found = read_partner(connection, identifier)
    if found is None:
        raise NotFound("request.not_found")
    return found


def _proposed(connection: Connection, identifier: str) -> Proposal:
    found = proposal_store.open_of(connection, identifier)
    if found is None:
        raise NotFound("request.not_found")
    return found


def _put(connection: Connection, before: Partner, after: Partner, by: SignedIn, now: datetime) -> bool:
    """Record a changed partner, or let the change wait for a second administrator; tell whether it waits."""
    if proposing.opens(before, after):
        proposing.propose(connection, before, after, seen_as(before), by, now)
        return True
    proposing.overtake(connection, before.id, by, now)
    change_partner(connection, after, by.iin, now)
    return False


def _demand_address(wish: Partner) -> None:
    if not address_is_right(wish.address):
        raise Refused("address", "address")


def _new_key(pem: str, now: datetime) -> KnownKey:
    try:
        found = read_key(pem)
    except KeyRefused as refused:
        raise Refused("key-weak" if refused.code == _UNSUPPORTED else "key", "pem") from None
    if found.until is not None and found.until < now:
        raise Refused("key-ended", "pem")
    return found


def _condition(partner: Partner, health: PartnerHealth, now: datetime) -> Condition:
    if not partner.active:
        return Condition.OFF
    if health.dead:
        return Condition.DEAD
    if partner.kind is PartnerKind.FOREIGN_CUSTOMS and not any(partner.known_keys(now)):
        return Condition.KEYS
    if health.sending.failures or health.pulling.failures:
        return Condition.FAILS
    return Condition.WAITS if health.oldest is not None and now - health.oldest > LATE else Condition.WELL
