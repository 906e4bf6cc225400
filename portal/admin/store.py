"""What administration looks for in the tables of others. Core over a caller's connection; nothing of declarations."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from declarations.participants import Participant, PowerOfAttorney
from declarations.store import aware, participant, power, tariff
from portal.store import Official, official, token, web_session
from portal.views import SignedIn
from risk_gateway.analyst_store import read_analysts
from risk_gateway.store import category

PAGE: Final = 25
SESSIONS_MOST: Final = 20
TARIFFS_MOST: Final = 10


class Page(Struct, frozen=True):
    """One page of a list: its rows, its number from 1, how many pages and how many rows there are."""

    rows: Sequence[Any]
    number: int
    pages: int
    total: int


class ListedPower(Struct, frozen=True):
    power: PowerOfAttorney
    principal_name: str | None
    agent_name: str | None


class Category(Struct, frozen=True):
    """A risk category and the day from which it holds."""

    value: str
    since: date


class User(Struct, frozen=True):
    """Somebody who has signed in for a firm and has a session."""

    iin: str
    name: str
    seen_at: datetime


def said(column: Any, text: str) -> ColumnElement[bool]:
    """Match a part of a text. SQLite folds the letters of English only, so the usual spellings of others are tried."""
    spellings = dict.fromkeys((text, text.lower(), text.upper(), text.title(), text.capitalize()))
    return or_(*(column.icontains(each, autoescape=True) for each in spellings))


def serving_on(today: date) -> ColumnElement[bool]:
    """Match the appointments in force on a day."""
    return and_(
        official.c.ended_at.is_(None),
        official.c.valid_from <= today,
        or_(official.c.valid_to.is_(None), official.c.valid_to >= today),
    )


def page_of_officials(
    connection: Connection, today: date, *, text: str, state: str, role: str, post: str, number: int
) -> Page:
    """Return appointments by name. `state` is serving, coming, ended, or empty for all."""
    columns = official.c
    states: Mapping[str, ColumnElement[bool]] = {
        "serving": serving_on(today),
        "coming": and_(columns.ended_at.is_(None), columns.valid_from > today),
        "ended": or_(columns.ended_at.is_not(None), columns.valid_to < today),
    }
    wanted = select(official)
    if text:
        wanted = wanted.where(or_(columns.iin.startswith(text, autoescape=True), said(columns.name, text)))
    if state in states:
        wanted = wanted.where(states[state])
    if role:
        wanted = wanted.where(columns.role == role)
    if post:
        wanted = wanted.where(columns.post == post)
    page, rows = _page(connection, wanted, (columns.name, columns.valid_from.desc(), columns.id), number)
    return Page([_official(row) for row in rows], *page)


def find_official(connection: Connection, identifier: int) -> Official | None:
    row = connection.execute(select(official).where(official.c.id == identifier)).first()
    return None if row is None else _official(row)


def regions_of(connection: Connection, iin: str) -> tuple[str, ...]:
    """Return the posts of a risk analyst; () for a republican one, and for who is none."""
    return next((tuple(sorted(each.posts)) for each in read_analysts(connection) if each.iin == iin), ())


def count_officials(connection: Connection, today: date) -> Mapping[tuple[str | None, str], int]:
    """Return how many are in office, by post and role."""
    rows = connection.execute(
        select(official.c.post, official.c.role, func.count())
        .where(serving_on(today))
        .group_by(official.c.post, official.c.role)
    )
    return {(post, role): count for post, role, count in rows}


def page_of_participants(connection: Connection, *, text: str, role: str, number: int) -> Page:
    wanted = select(participant)
    columns = participant.c
    if text:
        wanted = wanted.where(or_(columns.identifier.startswith(text, autoescape=True), said(columns.name, text)))
    if role:
        wanted = wanted.where(columns.roles.contains(role, autoescape=True))
    page, rows = _page(connection, wanted, (columns.name, columns.identifier), number)
    found = [Participant(row.identifier, row.name, frozenset(row.roles.split()), row.registered_on) for row in rows]
    return Page(found, *page)


def count_participants(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(participant)).scalar_one())


def read_categories(connection: Connection, identifiers: Sequence[str], today: date) -> Mapping[str, Category]:
    """Return the risk category that each of these has on a day, with the day from which it holds."""
    rows = connection.execute(
        select(category)
        .where(category.c.participant.in_(identifiers), category.c.valid_from <= today)
        .order_by(category.c.valid_from)
    )
    return {row.participant: Category(row.category, row.valid_from) for row in rows}


def read_users(connection: Connection, firm: str) -> list[User]:
    """Return who has a session for a firm, or for themselves, the last seen first."""
    rows = connection.execute(
        select(web_session.c.person, web_session.c.seen_at)
        .where(web_session.c.firm == firm)
        .order_by(web_session.c.seen_at.desc())
        .limit(SESSIONS_MOST)
    )
    found: dict[str, User] = {}
    for row in rows:
        person = msgspec.json.decode(row.person, type=SignedIn)
        found.setdefault(person.iin, User(person.iin, person.name, aware(row.seen_at)))
    return list(found.values())


def count_tokens(connection: Connection, identifier: str, now: datetime) -> int:
    """Return how many API tokens of a participant open something."""
    wanted = (token.c.participant == identifier) & token.c.revoked_at.is_(None) & (token.c.expires_at > now)
    return int(connection.execute(select(func.count()).select_from(token).where(wanted)).scalar_one())


def page_of_powers(connection: Connection, today: date, soon: date, *, text: str, state: str, number: int) -> Page:
    """Return powers of attorney, the first to end first. `state` is a key of words.POWER_STATES, or empty for all."""
    giver, taker = participant.alias(), participant.alias()
    columns = power.c
    not_revoked = or_(columns.revoked_on.is_(None), columns.revoked_on > today)
    valid = and_(columns.valid_from <= today, columns.valid_to >= today, not_revoked)
    ends_soon = or_(columns.valid_to <= soon, columns.revoked_on <= soon)
    over = or_(columns.valid_to < today, columns.revoked_on <= today)
    states: Mapping[str, ColumnElement[bool]] = {
        "valid": valid,
        "soon": and_(valid, ends_soon),
        "future": and_(columns.valid_from > today, not_revoked),
        "ended": over,
    }
    wanted = (
        select(power, giver.c.name.label("principal_name"), taker.c.name.label("agent_name"))
        .outerjoin(giver, giver.c.identifier == columns.principal)
        .outerjoin(taker, taker.c.identifier == columns.agent)
    )
    if text:
        wanted = wanted.where(
            or_(
                *(column.startswith(text, autoescape=True) for column in (columns.principal, columns.agent)),
                *(said(column, text) for column in (columns.number, giver.c.name, taker.c.name)),
            )
        )
    if state in states:
        wanted = wanted.where(states[state])
    order = (columns.valid_to, columns.principal, columns.agent, columns.number)
    page, rows = _page(connection, wanted, order, number)
    return Page([ListedPower(_power(row), row.principal_name, row.agent_name) for row in rows], *page)


class LoadedTariff(Struct, frozen=True):
    source: str
    complete: bool
    loaded_at: datetime


def read_tariffs(connection: Connection) -> list[LoadedTariff]:
    """Return the tariffs loaded last, the newest first."""
    columns = (tariff.c.source, tariff.c.complete, tariff.c.loaded_at)
    rows = connection.execute(select(*columns).order_by(tariff.c.id.desc()).limit(TARIFFS_MOST))
    return [LoadedTariff(row.source, row.complete, aware(row.loaded_at)) for row in rows]


def names_of(connection: Connection, identifiers: Sequence[str]) -> Mapping[str, str]:
    """Return the names of those of these that are recorded participants or officials."""
    officials = select(official.c.iin, official.c.name).where(official.c.iin.in_(identifiers))
    firms = select(participant.c.identifier, participant.c.name).where(participant.c.identifier.in_(identifiers))
    return {row[0]: row[1] for query in (officials, firms) for row in connection.execute(query)}


def _page(
    connection: Connection, wanted: Select[Any], order: Sequence[Any], number: int
) -> tuple[tuple[int, int, int], Sequence[Any]]:
    """Return (number, pages, total) and the rows; a number beyond the last page is the last page."""
    total = int(connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one())
    pages = max(1, -(-total // PAGE))
    shown = min(max(1, number), pages)
    rows = connection.execute(wanted.order_by(*order).limit(PAGE).offset((shown - 1) * PAGE)).all()
    return (shown, pages, total), rows


def _official(row: Any) -> Official:
    names = (name for name in Official.__struct_fields__ if name != "ended_at")
    return Official(
        **{name: getattr(row, name) for name in names}, ended_at=aware(row.ended_at) if row.ended_at else None
    )


def _power(row: Any) -> PowerOfAttorney:
    return PowerOfAttorney(
        principal=row.principal,
        agent=row.agent,
        number=row.number,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        scope=frozenset(row.scope.split()),
        revoked_on=row.revoked_on,
    )
