"""What a test lets another process do: commit to keys of random selection."""

from datetime import date, datetime

from portal.database import make_engine
from portal.selection import commit_ahead


def commit_apart(url: str, now: datetime) -> list[date]:
    """Return the days whose keys this process made."""
    engine = make_engine(url)
    days = [key.day for key in commit_ahead(engine, now)]
    engine.dispose()
    return days
