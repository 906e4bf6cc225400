"""By when: working hours and working days of the office."""

from datetime import date, datetime, time, timedelta, timezone

from risk_gateway.parameters import DeadlineRule, Parameters, WorkingTime
from risk_gateway.profiles import MeasureCode, Outcome


class Calendar:
    """The deadlines of one decision; each rule is computed once. `start` is the office's local time."""

    def __init__(self, parameters: Parameters, start: datetime) -> None:
        self._rules = parameters.deadlines
        self._working_time = parameters.working_time
        self.start = office_time(start, parameters.working_time)
        self._known: dict[DeadlineRule, datetime] = {}

    def of_measure(self, code: MeasureCode) -> datetime | None:
        """Return the measure's own deadline, or that of the outcome which it needs."""
        return self._at(code.value) or self.of_outcome(code.outcome)

    def of_outcome(self, outcome: Outcome) -> datetime | None:
        return self._at(outcome.value)

    def _at(self, name: str) -> datetime | None:
        rule = self._rules.get(name)
        if rule is not None and rule not in self._known:
            self._known[rule] = deadline(rule, self.start, self._working_time)
        return None if rule is None else self._known[rule]


def deadline(rule: DeadlineRule, start: datetime, working_time: WorkingTime) -> datetime:
    """Return when a rule that starts to run at `start` (aware) ends, in the office's local time, to the second."""
    local = office_time(start, working_time).replace(microsecond=0)
    if rule.working_hours is not None:
        return _after_hours(local, timedelta(hours=rule.working_hours), working_time)
    return _end_of_day(local, rule.working_days or 0, working_time)


def office_time(moment: datetime, working_time: WorkingTime) -> datetime:
    return moment.astimezone(timezone(timedelta(hours=working_time.utc_offset_hours)))


def is_working(day: date, working_time: WorkingTime) -> bool:
    return day.weekday() < 5 and day not in working_time.holidays


def _after_hours(local: datetime, left: timedelta, working_time: WorkingTime) -> datetime:
    """Only time inside opening hours counts."""
    while True:
        opens, closes = _at(local, working_time.opens), _at(local, working_time.closes)
        if is_working(local.date(), working_time):
            begin = max(local, opens)
            if begin + left <= closes:
                return begin + left
            left -= max(closes - begin, timedelta())
        local = _at(local + timedelta(days=1), time())


def _end_of_day(local: datetime, days: int, working_time: WorkingTime) -> datetime:
    """Return the closing time of the `days`-th working day after the day of `local`."""
    while days > 0:
        local += timedelta(days=1)
        days -= is_working(local.date(), working_time)
    return _at(local, working_time.closes)


def _at(local: datetime, moment: time) -> datetime:
    return datetime.combine(local.date(), moment, local.tzinfo)
