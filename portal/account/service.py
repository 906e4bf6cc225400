"""What a person may see and change of the own organisation's account. Each method is a transaction of its own."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.participants import Participant, PowerOfAttorney
from interop.partner_store import list_partners
from interop.query_log import list_queries
from interop.store import Message
from portal import audit
from portal.account import store
from portal.database import reading, writing
from portal.office import Office
from portal.store import (
    KeptToken,
    Notification,
    add_token,
    find_notification,
    page_of_notifications,
    read_tokens,
    revoke_token,
    token_hash,
)
from portal.views import SignedIn
from portal.webhooks import signatures
from portal.webhooks import store as webhooks
from portal.webhooks.addresses import NoWay, target_of
from portal.webhooks.messages import Notice, body_of, read_notice
from portal.webhooks.queueing import row_of, row_of_test
from portal.webhooks.store import Attempt, Delivery, Endpoint
from risk_gateway.bases.registry import store as registry_store
from risk_gateway.bases.violations import contest_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.contest_store import Contest
from risk_gateway.bases.violations.model import Violation
from risk_gateway.bases.violations.terms import terms_on
from risk_gateway.days import day_of
from risk_gateway.model import Category
from risk_gateway.packing import unpack

TOKENS_MAX: Final = 20
ENDPOINTS_MAX: Final = 5
LABEL_MAX: Final = 60
LIFETIMES: Final = (30, 90, 365)  # days
OLD_SECRET_FOR: Final = timedelta(hours=24)
NOTICES_ON_PAGE: Final = 25
DELIVERIES_SHOWN: Final = 50
QUERIES_SHOWN: Final = 20


class AccountRefused(Exception):
    """What was asked for cannot be: `code` of portal/account/words.py, beside `field`."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(field, code)
        self.field = field
        self.code = code


class Offence(Struct, frozen=True):
    """A violation on one's own record; `contest` is the newest objection against it."""

    violation: Violation
    counts: bool
    contest: Contest | None


class Asked(Struct, frozen=True):
    """That a partner asked about the organisation, for what purpose, and whether it was told of anything."""

    partner: str
    purpose: str
    at: datetime
    told: bool


class Power(Struct, frozen=True):
    """A power of attorney, with the name of the other side. `state`: valid, future, ended or revoked."""

    power: PowerOfAttorney
    name: str
    state: str


class Record(Struct, frozen=True):
    """What customs holds on record of a participant: never how it judges."""

    number: str
    name: str
    registered_on: date
    category: Category
    declarations: int
    declarations_as_agent: int
    by_status: dict[str, int]
    offences: tuple[Offence, ...]
    asked: tuple[Asked, ...]
    given: tuple[Power, ...]
    held: tuple[Power, ...]


class Told(Struct, frozen=True):
    """A line of the notification log, and what became of it at the own endpoints."""

    kept: Notification
    notice: Notice
    deliveries: tuple[Delivery, ...]


class Log(Struct, frozen=True):
    rows: tuple[Told, ...]
    next_before: int | None
    endpoints: tuple[Endpoint, ...]


class EndpointPage(Struct, frozen=True):
    endpoint: Endpoint
    deliveries: tuple[Delivery, ...]
    attempts: dict[str, list[Attempt]]


class Account:
    def __init__(self, office: Office) -> None:
        self._office = office

    def now(self) -> datetime:
        return self._office.clock.now()

    def record(self, person: SignedIn) -> Record | None:
        """Return what is on record; None for somebody without an organisation, or one that is not recorded."""
        now = self._office.clock.now()
        today, own = day_of(now), person.organisation or ""
        with reading(self._office.engine) as connection:
            participant = declarations_store.read_participant(connection, own)
            if participant is None:
                return None
            given = declarations_store.read_powers(connection, own)
            held = declarations_store.read_powers_held(connection, own)
            others = {each.agent for each in given} | {each.principal for each in held}
            names = {each: _name(declarations_store.read_participant(connection, each), each) for each in others}
            declared, as_agent = store.read_counts(connection, own)
            return Record(
                number=own,
                name=participant.name,
                registered_on=participant.registered_on,
                category=registry_store.category_at(connection, own, now),
                declarations=declared,
                declarations_as_agent=as_agent,
                by_status=declarations_store.count_by_status(connection, [own]),
                offences=_offences(connection, own, today),
                asked=_asked(connection, own, today),
                given=tuple(Power(each, names[each.agent], _state(each, today)) for each in reversed(given)),
                held=tuple(Power(each, names[each.principal], _state(each, today)) for each in reversed(held)),
            )

    # tokens

    def tokens(self, person: SignedIn) -> tuple[KeptToken, ...]:
        with reading(self._office.engine) as connection:
            return read_tokens(connection, _own(person))

    def issue_token(self, person: SignedIn, label: str, days: int) -> str:
        """Return a new token: it is kept nowhere. Raises `AccountRefused`."""
        own, now, label = _own(person), self._office.clock.now(), label.strip()
        if not label or len(label) > LABEL_MAX or not label.isprintable():
            raise AccountRefused("label", "label")
        if days not in LIFETIMES:
            raise AccountRefused("days", "days")
        made, expires_at = secrets.token_urlsafe(32), now + timedelta(days=days)
        with writing(self._office.engine) as connection:
            valid = [each for each in read_tokens(connection, own) if not each.revoked_at and now < each.expires_at]
            if len(valid) >= TOKENS_MAX:
                raise AccountRefused("label", "tokens")
            add_token(connection, token_hash(made), own, label, now, expires_at, person.name)
            particulars = {"label": label, "expires_at": expires_at.isoformat(), "by": person.iin}
            audit.record_one(connection, audit.Record(audit.Event.TOKEN_ISSUED, own, now, particulars))
            declarations_store.bump_revision(connection)
        return made

    def revoke_token(self, person: SignedIn, token_id: str) -> bool:
        """Revoke a token for all processes, within a second; tell whether there was one to revoke."""
        own, now = _own(person), self._office.clock.now()
        with writing(self._office.engine) as connection:
            revoked = revoke_token(connection, own, token_id, now, person.name)
            if revoked:
                particulars = {"token": token_id, "by": person.iin}
                audit.record_one(connection, audit.Record(audit.Event.TOKEN_REVOKED, own, now, particulars))
                declarations_store.bump_revision(connection)
        return revoked

    # what was told

    def log(self, person: SignedIn, before: int | None) -> Log:
        with reading(self._office.engine) as connection:
            kept = page_of_notifications(connection, self._concerned(person), before, NOTICES_ON_PAGE + 1)
            shown = kept[:NOTICES_ON_PAGE]
            endpoints = webhooks.read_endpoints(connection, [_own(person)])
            identifiers = [each.message_id for each in shown]
            sent = webhooks.read_deliveries_of(connection, identifiers, [each.id for each in endpoints])
        rows = tuple(
            Told(each, read_notice(each.body), tuple(one for one in sent if one.message_id == each.message_id))
            for each in shown
        )
        return Log(rows, shown[-1].sequence if len(kept) > len(shown) else None, endpoints)

    def notice(self, person: SignedIn, message_id: str) -> tuple[Notification, bytes] | None:
        """Return a sealed notice exactly as it was sent."""
        with reading(self._office.engine) as connection:
            kept = find_notification(connection, self._concerned(person), message_id)
        return None if kept is None else (kept, unpack(kept.body))

    def resend(self, person: SignedIn, message_id: str) -> int | None:
        """Send a notice again to every own webhook in use; return to how many. None when there is no such notice."""
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            kept = find_notification(connection, self._concerned(person), message_id)
            if kept is None:
                return None
            endpoints = [each for each in webhooks.read_endpoints(connection, [_own(person)]) if not each.disabled_at]
            message = Message(kept.message_id, "", kept.kind, kept.subject, kept.body, kept.sequence, 0)
            body = body_of(kept.kind, read_notice(kept.body), self._office.settings.public_url)
            if endpoints:
                webhooks.queue(connection, [row_of(each, message, body, now) for each in endpoints])
        return len(endpoints)

    # webhooks

    def endpoints(self, person: SignedIn) -> tuple[Endpoint, ...]:
        with reading(self._office.engine) as connection:
            return webhooks.read_endpoints(connection, [_own(person)])

    def endpoint(self, person: SignedIn, identifier: str) -> EndpointPage | None:
        with reading(self._office.engine) as connection:
            found = webhooks.find_endpoint(connection, _own(person), identifier)
            if found is None:
                return None
            sent = webhooks.read_deliveries(connection, found.id, DELIVERIES_SHOWN)
            tried = webhooks.read_attempts(connection, found.id, [each.message_id for each in sent])
        attempts: dict[str, list[Attempt]] = {each.message_id: [] for each in sent}
        for one in tried:
            attempts[one.message_id].append(one)
        return EndpointPage(found, sent, attempts)

    def add_endpoint(self, person: SignedIn, url: str) -> Endpoint:
        """Raises `AccountRefused`."""
        own, url = _own(person), url.strip()
        try:
            target_of(url, loopback=self._office.settings.demo)
        except NoWay as refused:
            raise AccountRefused("url", refused.problem.value) from None
        made = Endpoint(
            id=secrets.token_hex(16),
            participant=own,
            url=url,
            secret=signatures.make_secret(),
            old_secret=None,
            old_until=None,
            created_at=self._office.clock.now(),
            created_by=person.name,
            failing_since=None,
            disabled_at=None,
            disabled_because=None,
        )
        with writing(self._office.engine) as connection:
            there = webhooks.read_endpoints(connection, [own])
            if any(each.url == url for each in there):
                raise AccountRefused("url", "known")
            if len(there) >= ENDPOINTS_MAX:
                raise AccountRefused("url", "endpoints")
            webhooks.add_endpoint(connection, made)
        return made

    def rotate(self, person: SignedIn, identifier: str) -> Endpoint | None:
        """Give an endpoint a new secret; the one before it goes on signing for a day."""
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            found = webhooks.find_endpoint(connection, _own(person), identifier)
            if found is None:
                return None
            webhooks.rotate_secret(connection, found, signatures.make_secret(), now + OLD_SECRET_FOR)
            return webhooks.find_endpoint(connection, _own(person), identifier)

    def test(self, person: SignedIn, identifier: str) -> bool:
        """Send a test message; tell whether there is such an endpoint."""
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            found = webhooks.find_endpoint(connection, _own(person), identifier)
            if found is not None:
                webhooks.queue(connection, [row_of_test(found, f"test_{secrets.token_hex(12)}", now)])
        return found is not None

    def switch(self, person: SignedIn, identifier: str, *, on: bool) -> bool:
        """Use an endpoint again, or no longer; tell whether there is such a one."""
        with writing(self._office.engine) as connection:
            found = webhooks.find_endpoint(connection, _own(person), identifier)
            if found is not None and on:
                webhooks.enable(connection, found.id)
            elif found is not None:
                webhooks.disable(connection, found.id, self._office.clock.now(), "owner")
        return found is not None

    def remove(self, person: SignedIn, identifier: str) -> bool:
        with writing(self._office.engine) as connection:
            found = webhooks.find_endpoint(connection, _own(person), identifier)
            if found is not None:
                webhooks.remove_endpoint(connection, found.id)
        return found is not None

    def _concerned(self, person: SignedIn) -> Sequence[str]:
        """Return the own organisation, and whom it acts for today as a broker."""
        own, today = _own(person), day_of(self._office.clock.now())
        held = self._office.current().directory.powers_held(own)
        return sorted({own, *(each.principal for each in held if _state(each, today) == "valid")})


def _own(person: SignedIn) -> str:
    """Return the organisation of a person; that of somebody without one has nothing."""
    return person.organisation or ""


def _name(participant: Participant | None, number: str) -> str:
    return participant.name if participant else number


def _offences(connection: Connection, own: str, today: date) -> tuple[Offence, ...]:
    """Return what may still be held against the organisation, newest first."""
    held = [each for each in violation_store.of_number(connection, own) if each.held_on(today)]
    contests = contest_store.of_violations(connection, [each.id for each in held])
    newest = {each.violation: each for each in contests if each.participant == own}
    return tuple(Offence(each, each.counts_on(today), newest.get(each.id)) for each in held)


def _asked(connection: Connection, own: str, today: date) -> tuple[Asked, ...]:
    """Return the newest queries about the organisation of which the law lets it know."""
    found = list_queries(connection, own, purposes=terms_on(today).purposes_told, limit=QUERIES_SHOWN)
    names = {each.id: each.name for each in list_partners(connection)}
    return tuple(Asked(names.get(each.partner, each.partner), each.purpose, each.at, bool(each.told)) for each in found)


def _state(power: PowerOfAttorney, today: date) -> str:
    if power.revoked_on is not None and power.revoked_on <= today:
        return "revoked"
    if today < power.valid_from:
        return "future"
    return "valid" if today <= power.valid_to else "ended"
