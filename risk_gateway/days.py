"""The days of Kazakhstan, by which everything here goes."""

from datetime import date, datetime, time, timedelta, timezone

KAZAKHSTAN = timezone(timedelta(hours=5), "UTC+5")  # one zone for the whole country since 1 March 2024


def day_of(moment: datetime) -> date:
    """Return the day of an aware moment."""
    return moment.astimezone(KAZAKHSTAN).date()


def begins(day: date) -> datetime:
    """Return the first moment of a day."""
    return datetime.combine(day, time(), KAZAKHSTAN)
