"""The calm clock: how a case stands against its time limit, without a ticking second."""

from datetime import datetime, timedelta

from portal.desk.views import CaseClock, Pace

SOON = timedelta(hours=1)


def clock_of(due_at: datetime | None, open_: bool, now: datetime) -> CaseClock:
    """Return how far the limit is. A closed case has none any more; neither has one that nobody has to act upon."""
    if not open_ or due_at is None:
        return CaseClock(Pace.DONE, due_at if open_ else None, None)
    left = due_at - now
    pace = Pace.OVERDUE if left < timedelta() else Pace.DUE_SOON if left <= SOON else Pace.ON_TIME
    return CaseClock(pace, due_at, int(left.total_seconds() // 60))
