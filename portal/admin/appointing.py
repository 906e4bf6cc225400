"""Appointing officials, and ending appointments: each in the journal, nobody by themselves."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from declarations.identifiers import is_iin
from declarations.reference import Reference
from portal import audit, profile_desk
from portal.access import Role
from portal.admin import store
from portal.admin.errors import Refused
from portal.database import reading, writing
from portal.errors import NotFound
from portal.office import Office
from portal.people import OFFICIAL_ROLES
from portal.store import Official, add_official, end_official, read_officials
from portal.views import SignedIn
from risk_gateway.days import day_of
from risk_gateway.desk import Analyst
from signing import store as signing_store

NAME_MOST: Final = 120
AT_A_POST: Final = frozenset({Role.DOCUMENT_OFFICER, Role.INSPECTOR, Role.CHIEF_OF_POST, Role.PASSENGER_INSPECTOR})
ALONE: Final = frozenset(
    {Role.ADMINISTRATOR, Role.AUDITOR, Role.CHIEF_OF_AUDIT}
)  # who holds one of these holds no other office


class Wish(Struct, frozen=True):
    """Whom to appoint to what. `regions` are the posts of a risk analyst; without any, the analyst is republican."""

    iin: str
    name: str
    role: str
    post: str | None
    valid_from: date
    valid_to: date | None = None
    regions: frozenset[str] = frozenset()


class Shown(Struct, frozen=True):
    """A person's appointments, the newest first, and who made and ended each."""

    official: Official
    all: tuple[Official, ...]
    names: dict[str, str]
    regions: tuple[str, ...]


def appoint(connection: Connection, wish: Wish, by: str, now: datetime) -> int:
    """Appoint an official and return the id of the appointment. Raises Refused; MoveRefused never.

    The caller has made sure that `by` may, and holds the lock of the journal, so that nobody appoints twice.
    """
    _demand(connection, wish, by, day_of(now))
    identifier = add_official(
        connection,
        Official(
            iin=wish.iin,
            name=wish.name,
            role=wish.role,
            post=wish.post,
            valid_from=wish.valid_from,
            valid_to=wish.valid_to,
            appointed_by=by,
        ),
    )
    particulars = {
        "name": wish.name,
        "role": wish.role,
        "post": wish.post or "",
        "from": wish.valid_from.isoformat(),
        "to": wish.valid_to.isoformat() if wish.valid_to else "",
        "by": by,
    }
    audit.record_one(connection, audit.Record(audit.Event.OFFICIAL_APPOINTED, wish.iin, now, particulars))
    if wish.role == Role.RISK_ANALYST:
        profile_desk.appoint(connection, Analyst(wish.iin, wish.name, wish.regions), by, now)
    return identifier


def end(connection: Connection, identifier: int, by: str, now: datetime) -> Official:
    """End an appointment at once. Raises Refused, and NotFound."""
    found = store.find_official(connection, identifier)
    if found is None:
        raise NotFound("request.not_found")
    if found.iin == by:
        raise Refused("end-himself", "end")
    over = found.valid_to is not None and found.valid_to < day_of(now)
    if over or not end_official(connection, identifier, now):
        raise Refused("ended", "end")
    particulars = {"role": found.role, "post": found.post or "", "by": by}
    audit.record_one(connection, audit.Record(audit.Event.OFFICIAL_ENDED, found.iin, now, particulars))
    return found


def _demand(connection: Connection, wish: Wish, by: str, today: date) -> None:
    if not is_iin(wish.iin):
        raise Refused("iin", "iin")
    if wish.iin == by:
        raise Refused("himself", "iin")
    if not wish.name or len(wish.name) > NAME_MOST or not wish.name.isprintable():
        raise Refused("name", "name")
    if wish.role not in OFFICIAL_ROLES:
        raise Refused("role", "role")
    offices = Reference.shipped().on(today).offices
    if wish.role in AT_A_POST and wish.post not in offices:
        raise Refused("post", "post")
    if wish.role not in AT_A_POST and wish.post:
        raise Refused("no-post", "post")
    if wish.regions and (wish.role != Role.RISK_ANALYST or wish.regions - offices.keys()):
        raise Refused("regions", "regions")
    if wish.valid_from < today:
        raise Refused("from", "valid_from")
    if wish.valid_to is not None and wish.valid_to < wish.valid_from:
        raise Refused("to", "valid_to")
    _demand_compatible(wish, [each for each in read_officials(connection, wish.iin) if _meets(each, wish)])


def _demand_compatible(wish: Wish, others: Sequence[Official]) -> None:
    """Raise Refused when the person holds, on some of the days, the same office or one that does not go with it."""
    if any((each.role, each.post) == (wish.role, wish.post) for each in others):
        raise Refused("twice", "iin")
    if others and ALONE & {wish.role, *(each.role for each in others)}:
        raise Refused("alone", "role")


def _meets(held: Official, wish: Wish) -> bool:
    """Tell whether an appointment that was not ended holds on a day of the other."""
    begins_in_time = wish.valid_to is None or held.valid_from <= wish.valid_to
    return held.ended_at is None and begins_in_time and (held.valid_to is None or held.valid_to >= wish.valid_from)


def demand_administrator(connection: Connection, by: str, today: date) -> None:
    """Raise Refused unless this person is an administrator now: two may be ending each other's appointments."""
    held = read_officials(connection, by)
    if not any(each.role == Role.ADMINISTRATOR and each.in_office(today) for each in held):
        raise Refused("not-in-office", "iin")


class Appointments:
    """What the pages of officials and posts need."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def today(self) -> date:
        return day_of(self._office.clock.now())

    def page(self, *, text: str, state: str, role: str, post: str, number: int) -> store.Page:
        with reading(self._office.engine) as connection:
            return store.page_of_officials(
                connection, self.today(), text=text, state=state, role=role, post=post, number=number
            )

    def find(self, identifier: int) -> Shown:
        """Return an appointment with all others of the person. Raises NotFound."""
        with reading(self._office.engine) as connection:
            found = store.find_official(connection, identifier)
            if found is None:
                raise NotFound("request.not_found")
            every = tuple(reversed(read_officials(connection, found.iin)))
            names = store.names_of(connection, [each.appointed_by for each in every])
            regions = store.regions_of(connection, found.iin)
        return Shown(found, every, dict(names), regions)

    def appoint(self, by: SignedIn, wish: Wish) -> int:
        """Appoint somebody. Raises Refused."""
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)
            now = self._office.clock.now()
            demand_administrator(connection, by.iin, day_of(now))
            return appoint(connection, wish, by.iin, now)

    def end(self, by: SignedIn, identifier: int) -> Official:
        """End an appointment at once. Raises Refused, NotFound."""
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)
            now = self._office.clock.now()
            demand_administrator(connection, by.iin, day_of(now))
            return end(connection, identifier, by.iin, now)
