"""How long violations count, are held and may be contested: dated numbers of bases/parameters/violations.toml."""

import calendar
from datetime import date, datetime

from msgspec import Struct

from risk_gateway.dated import in_force
from risk_gateway.days import day_of
from risk_gateway.deadlines import deadline
from risk_gateway.knowledge import shipped_parameters
from risk_gateway.parameters import DeadlineRule


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[violations]]` table; scores are 0-100. Queries for other purposes than `purposes_told` stay untold."""

    valid_from: date
    valid_to: date
    source: str
    expires_after_months: int
    held_for_years: int
    contest_working_days: int
    similar_score_min: int
    search_score_min: int
    legal_basis_of_acts: str
    legal_basis_of_partners: str
    purposes_told: tuple[str, ...]


def terms_on(day: date) -> Terms:
    """Return what is in force on a day. Raises ParametersRefused when nothing is."""
    return in_force(Terms, "violations", day)


def expiry_of(committed_on: date) -> date:
    """Return the first day on which a violation no longer counts."""
    return months_after(committed_on, terms_on(committed_on).expires_after_months)


def held_until(committed_on: date) -> date:
    """Return the last day on which a violation may be held."""
    return months_after(committed_on, terms_on(committed_on).held_for_years * 12)


def contest_due(raised_at: datetime) -> datetime:
    """Return by when an objection is decided: closing time of a working day in Kazakhstan."""
    day = day_of(raised_at)
    rule = DeadlineRule(working_days=terms_on(day).contest_working_days)
    return deadline(rule, raised_at, shipped_parameters(day).working_time)


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month, or its last when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
