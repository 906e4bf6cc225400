"""The registers of participants and of powers of attorney; each change is in the journal, and in force at once."""

from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.identifiers import is_bin, is_iin
from declarations.participants import Participant, PowerOfAttorney
from declarations.power_store import change_power, find_power
from portal import audit
from portal.admin import store
from portal.admin.appointing import demand_administrator
from portal.admin.errors import Refused
from portal.admin.words import FIRM_ROLES
from portal.database import reading, writing
from portal.errors import NotFound
from portal.office import Office
from portal.views import SignedIn
from portal.words import SCOPES
from risk_gateway.days import day_of
from signing import store as signing_store

NAME_MOST: Final = 250
NUMBER_MOST: Final = 50
SOON: Final = timedelta(days=30)


class Record(Struct, frozen=True):
    """What the portal knows of a participant, but for what it declared."""

    participant: Participant
    category: store.Category | None
    given: tuple[PowerOfAttorney, ...]
    held: tuple[PowerOfAttorney, ...]
    names: dict[str, str]
    users: tuple[store.User, ...]
    tokens: int


def state_of(power: PowerOfAttorney, today: date) -> str:
    """Return what a power of attorney is today: a key of words.POWER_STATES."""
    if power.valid_to < today or (power.revoked_on is not None and power.revoked_on <= today):
        return "ended"
    if power.valid_from > today:
        return "future"
    ends = min(power.valid_to, power.revoked_on or power.valid_to)
    return "soon" if ends <= today + SOON else "valid"


class Registers:
    """What the pages of participants and powers of attorney need."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def today(self) -> date:
        return day_of(self._office.clock.now())

    # --- participants -----------------------------------------------------------------------------------------------

    def participants(self, *, text: str, role: str, number: int) -> tuple[store.Page, dict[str, store.Category]]:
        """Return a page of participants, and the risk categories of those on it."""
        with reading(self._office.engine) as connection:
            page = store.page_of_participants(connection, text=text, role=role, number=number)
            shown = [each.identifier for each in page.rows]
            return page, dict(store.read_categories(connection, shown, self.today()))

    def record(self, identifier: str) -> Record:
        """Raises NotFound."""
        with reading(self._office.engine) as connection:
            found = declarations_store.read_participant(connection, identifier)
            if found is None:
                raise NotFound("request.not_found")
            given = declarations_store.read_powers(connection, identifier)
            held = declarations_store.read_powers_held(connection, identifier)
            others = [each.agent for each in given] + [each.principal for each in held]
            return Record(
                participant=found,
                category=store.read_categories(connection, [identifier], self.today()).get(identifier),
                given=given,
                held=held,
                names=dict(store.names_of(connection, others)),
                users=tuple(store.read_users(connection, identifier)),
                tokens=store.count_tokens(connection, identifier, self._office.clock.now()),
            )

    def add(self, by: SignedIn, wish: Participant) -> None:
        """Record a new participant. Raises Refused."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            if not (is_bin(wish.identifier) or is_iin(wish.identifier)):
                raise Refused("identifier", "identifier")
            if wish.identifier == by.iin:
                raise Refused("own", "identifier")
            if declarations_store.read_participant(connection, wish.identifier) is not None:
                raise Refused("known", "identifier")
            _put(connection, wish, by.iin, now, new=True)

    def change(self, by: SignedIn, wish: Participant) -> None:
        """Change name, roles and day of registration of a participant. Raises Refused, NotFound."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            if declarations_store.read_participant(connection, wish.identifier) is None:
                raise NotFound("request.not_found")
            if wish.identifier == by.iin:
                raise Refused("own", "name")
            _put(connection, wish, by.iin, now, new=False)

    # --- powers of attorney -----------------------------------------------------------------------------------------

    def powers(self, *, text: str, state: str, number: int) -> store.Page:
        today = self.today()
        with reading(self._office.engine) as connection:
            return store.page_of_powers(connection, today, today + SOON, text=text, state=state, number=number)

    def power(self, principal: str, agent: str, number: str) -> tuple[PowerOfAttorney, dict[str, str]]:
        """Return a power of attorney and the names of those between whom it is. Raises NotFound."""
        with reading(self._office.engine) as connection:
            found = find_power(connection, principal, agent, number)
            if found is None:
                raise NotFound("request.not_found")
            return found, dict(store.names_of(connection, [principal, agent]))

    def grant(self, by: SignedIn, wish: PowerOfAttorney) -> None:
        """Record a power of attorney. Raises Refused."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            _demand_power(connection, wish, by.iin, day_of(now))
            declarations_store.put_power(connection, wish)
            _tell(connection, wish, by.iin, now, new=True)

    def set_end(self, by: SignedIn, power: PowerOfAttorney, last: date | None) -> None:
        """Give `power`, as the administrator saw it, another last day. Raises Refused, NotFound."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            _demand_unchanged(connection, power, "valid_to", day_of(now))
            if last is None or last < max(day_of(now), power.valid_from):
                raise Refused("power-to", "valid_to")
            _alter(connection, power, last, power.revoked_on, by.iin, now)

    def revoke(self, by: SignedIn, power: PowerOfAttorney, first: date | None) -> None:
        """Let `power` hold no more from a day on; from today, it is over at once. Raises Refused, NotFound."""
        with writing(self._office.engine) as connection:
            now = self._begin(connection, by)
            _demand_unchanged(connection, power, "revoked_on", day_of(now))
            if first is None or not day_of(now) <= first <= power.valid_to:
                raise Refused("revoked-on", "revoked_on")
            _alter(connection, power, power.valid_to, first, by.iin, now)

    def _begin(self, connection: Connection, by: SignedIn) -> datetime:
        """Wait for the lock of the journal, then look at the clock and at who wants the change: so all is in order."""
        signing_store.lock_head(connection)
        now = self._office.clock.now()
        demand_administrator(connection, by.iin, day_of(now))
        return now


def _put(connection: Connection, wish: Participant, by: str, now: datetime, *, new: bool) -> None:
    if not wish.name or len(wish.name) > NAME_MOST or not wish.name.isprintable():
        raise Refused("name", "name")
    if not wish.roles or wish.roles - FIRM_ROLES.keys():
        raise Refused("roles", "roles")
    if wish.registered_on > day_of(now):
        raise Refused("registered", "registered_on")
    declarations_store.put_participant(connection, wish)
    particulars = {
        "name": wish.name,
        "roles": " ".join(sorted(wish.roles)),
        "registered_on": wish.registered_on.isoformat(),
        "new": "yes" if new else "no",
        "by": by,
    }
    audit.record_one(connection, audit.Record(audit.Event.PARTICIPANT_CHANGED, wish.identifier, now, particulars))
    declarations_store.bump_revision(connection)


def _demand_power(connection: Connection, wish: PowerOfAttorney, by: str, today: date) -> None:
    if by in (wish.principal, wish.agent):
        raise Refused("own", "principal" if wish.principal == by else "agent")
    if declarations_store.read_participant(connection, wish.principal) is None:
        raise Refused("principal", "principal")
    known = is_iin(wish.agent) or declarations_store.read_participant(connection, wish.agent) is not None
    if not known or wish.agent == wish.principal:
        raise Refused("agent", "agent")
    if not wish.number or len(wish.number) > NUMBER_MOST or not wish.number.isprintable():
        raise Refused("number", "number")
    if find_power(connection, wish.principal, wish.agent, wish.number) is not None:
        raise Refused("number-used", "number")
    if not wish.scope or wish.scope - SCOPES.keys():
        raise Refused("scope", "scope")
    if wish.valid_to < max(today, wish.valid_from):
        raise Refused("power-to", "valid_to")


def _demand_unchanged(connection: Connection, seen: PowerOfAttorney, field: str, today: date) -> None:
    found = find_power(connection, seen.principal, seen.agent, seen.number)
    if found is None:
        raise NotFound("request.not_found")
    if found != seen:
        raise Refused("changed", field)
    if state_of(found, today) == "ended":
        raise Refused("power-over", field)


def _alter(
    connection: Connection, power: PowerOfAttorney, valid_to: date, revoked_on: date | None, by: str, now: datetime
) -> None:
    sequence, _frontier = signing_store.lock_head(connection)
    change_power(connection, power, valid_to, revoked_on, sequence)
    changed = find_power(connection, power.principal, power.agent, power.number)
    if changed is not None:
        _tell(connection, changed, by, now, new=False)


def _tell(connection: Connection, power: PowerOfAttorney, by: str, now: datetime, *, new: bool) -> None:
    particulars = {
        "agent": power.agent,
        "number": power.number,
        "from": power.valid_from.isoformat(),
        "to": power.valid_to.isoformat(),
        "scope": " ".join(sorted(power.scope)),
        "revoked_on": power.revoked_on.isoformat() if power.revoked_on else "",
        "new": "yes" if new else "no",
        "by": by,
    }
    audit.record_one(connection, audit.Record(audit.Event.POWER_CHANGED, power.principal, now, particulars))
    declarations_store.bump_revision(connection)
