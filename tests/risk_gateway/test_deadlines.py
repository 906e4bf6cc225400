"""Deadlines count the office's working hours and days, in Kazakhstan's time."""

from datetime import datetime
from typing import Any

import pytest

from risk_gateway.deadlines import deadline
from risk_gateway.parameters import DeadlineRule

HOURS_4, NEXT_DAY, TEN_DAYS = (
    DeadlineRule(working_hours=4),
    DeadlineRule(working_days=1),
    DeadlineRule(working_days=10),
)


@pytest.mark.parametrize(
    ("rule", "start", "end"),
    [
        (HOURS_4, "2026-11-24T10:00:00+05:00", "2026-11-24T14:00:00+05:00"),
        (HOURS_4, "2026-11-24T05:00:00+00:00", "2026-11-24T14:00:00+05:00"),
        (HOURS_4, "2026-11-24T07:10:00+05:00", "2026-11-24T13:00:00+05:00"),
        (HOURS_4, "2026-11-24T14:30:00+05:00", "2026-11-24T18:30:00+05:00"),
        (HOURS_4, "2026-11-24T17:00:00+05:00", "2026-11-25T11:30:00+05:00"),
        (HOURS_4, "2026-11-27T20:00:00+05:00", "2026-11-30T13:00:00+05:00"),
        (HOURS_4, "2026-12-15T16:30:00+05:00", "2026-12-17T11:00:00+05:00"),
        (NEXT_DAY, "2026-11-24T10:00:00+05:00", "2026-11-25T18:30:00+05:00"),
        (NEXT_DAY, "2026-11-27T10:00:00+05:00", "2026-11-30T18:30:00+05:00"),
        (NEXT_DAY, "2026-12-31T23:59:59+05:00", "2027-01-05T18:30:00+05:00"),
        (TEN_DAYS, "2026-11-24T10:00:00+05:00", "2026-12-08T18:30:00+05:00"),
    ],
    ids=[
        "within one day",
        "given in universal time",
        "before the office opens",
        "until closing time",
        "carried over the night",
        "after closing on a Friday",
        "over Independence Day",
        "by the next day",
        "by Monday",
        "over the New Year holidays",
        "ten working days",
    ],
)
def test_a_deadline_falls_when_the_office_works(rule: Any, start: str, end: str, parameters: Any) -> None:
    assert deadline(rule, datetime.fromisoformat(start), parameters.working_time).isoformat() == end
