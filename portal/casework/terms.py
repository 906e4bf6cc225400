"""How long things may take in case work: dated numbers of bases/parameters/casework.toml, in working days."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from risk_gateway.dated import in_force
from risk_gateway.days import day_of
from risk_gateway.deadlines import deadline
from risk_gateway.knowledge import shipped_parameters
from risk_gateway.parameters import DeadlineRule


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[casework]]` table: working days to answer a request, days until a missing exit is told."""

    valid_from: date
    valid_to: date
    source: str
    request_working_days: int
    exit_days: int


def terms_on(day: date) -> Terms:
    return in_force(Terms, "casework", day)


def request_limit(now: datetime) -> datetime:
    """Return the usual limit date of a request: closing time of a working day in Kazakhstan."""
    day = day_of(now)
    rule = DeadlineRule(working_days=terms_on(day).request_working_days)
    return deadline(rule, now, shipped_parameters(day).working_time)


def exits_before(now: datetime) -> datetime:
    """Return since when an export must have been awaited to count as missing now."""
    return now - timedelta(days=terms_on(day_of(now)).exit_days)
