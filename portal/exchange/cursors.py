"""Cursors in the base of violations that notice when the base was restored from an older copy.

A cursor names a place and says what stands there (a digest of that version). A base that was restored lacks the place,
or has something else there: then the cursor is lost, and its holder begins anew, which repeats but never misses.
"""

import re
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from interop.disclosure import ViolationMessage, disclose
from interop.partners import Partner
from portal.errors import CursorLost
from risk_gateway import canonical
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Violation
from risk_gateway.days import day_of

BEGINNING = ""
PAGE_MAX = 200
LOOKED_AT_MAX = 2_000  # versions, for one page
_FORM = re.compile(r"([0-9]{1,18})\.([0-9a-f]{16})")
_DIGITS = 16


class Found(Struct, frozen=True):
    """A page: what may be told, and where it ends."""

    violations: list[ViolationMessage]
    cursor: str
    more: bool


def read_page(connection: Connection, partner: Partner, after: str, limit: int, now: datetime) -> Found:
    """Return what a partner may be told of the versions written after a cursor. Raises `CursorLost`."""
    place = _place(connection, after)
    told: list[ViolationMessage] = []
    cursor, today = after, day_of(now)
    rows = violation_store.changed_since(connection, place, LOOKED_AT_MAX)
    for place, violation in rows:
        shown = disclose(violation, partner.policy) if violation.held_on(today) else None
        if shown is not None:
            if len(told) == limit:
                return Found(told, cursor, more=True)
            told.append(msgspec.convert(shown, ViolationMessage))
        cursor = cursor_at(place, violation)
    return Found(told, cursor, more=len(rows) == LOOKED_AT_MAX)


def cursor_at(place: int, violation: Violation) -> str:
    return f"{place}.{canonical.digest(violation)[:_DIGITS]}"


def _place(connection: Connection, cursor: str) -> int:
    if cursor == BEGINNING:
        return 0
    form = _FORM.fullmatch(cursor)
    if form is None:
        raise CursorLost
    place = int(form[1])
    there = violation_store.changed_since(connection, place - 1, 1)
    if not there or there[0][0] != place or cursor_at(place, there[0][1]) != cursor:
        raise CursorLost
    return place
