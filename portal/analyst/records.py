"""What profiles have brought, from the tallies of real decisions and from past cases, and what they cost in hours."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from portal.analyst import store
from risk_gateway import archive_store, canonical, feedback_store
from risk_gateway.dated import in_force
from risk_gateway.feedback import Record, Tallies, Tally, merged, of_past, records
from risk_gateway.model import Assessment
from risk_gateway.packing import unpack
from risk_gateway.precision import Precision, precision
from risk_gateway.profiles import Profile
from risk_gateway.simulation import Effort

PAST_MOST: Final = 20_000  # past cases that a page goes through
MONTHS_SHOWN: Final = 24


class Month(Struct, frozen=True):
    """What a profile brought in a month, all versions together."""

    begins: date
    hits: int
    controls: int
    findings: int


class Health(Struct, frozen=True, kw_only=True):
    """What all versions of a profile have brought; `hours` are what its measures cost where its hits were acted upon.

    `by_version` is in order; `past` tells whether past cases are counted.
    """

    whole: Record
    by_version: tuple[Record, ...]
    months: tuple[Month, ...]
    hours: Decimal
    past: bool


class PastTallies:
    """The tallies of past cases, which change only when more of them come: counted once for each number of them."""

    def __init__(self) -> None:
        self._count = -1
        self._tallies: Tallies = {}

    def read(self, connection: Connection) -> Tallies | None:
        """Return their tallies; None when there are none, or too many for a page."""
        count = store.count_past(connection)
        if not 0 < count <= PAST_MOST:
            return None
        if count != self._count:
            self._tallies = merged(
                of_past(case.day, canonical.loads(unpack(case.assessment), Assessment), case.result)
                for case in archive_store.read_past_cases(connection)
            )
            self._count = count
        return self._tallies


def tallies_of(connection: Connection, past: PastTallies, code: str | None = None) -> tuple[Tallies, bool]:
    """Return the tallies of a profile or of all, and whether past cases are counted in."""
    own = feedback_store.read_tallies(connection, code)
    before = past.read(connection)
    if before is None:
        return own, False
    wanted = before if code is None else {key: tally for key, tally in before.items() if key.code == code}
    return merged((own, wanted)), True


def by_code(tallies: Tallies, today: date) -> Mapping[str, Record]:
    """Return the record of each profile over all its versions; the alarm is that of the newest version."""
    found: dict[str, list[Record]] = {}
    for record in records(tallies, today):
        found.setdefault(record.code, []).append(record)
    return {code: _together(each) for code, each in found.items()}


def health_of(profile: Profile, tallies: Tallies, today: date, past: bool) -> Health:
    versions = records(tallies, today) or [_nothing(profile)]
    whole = _together(versions)
    effort = in_force(Effort, "effort", today)
    hours = sum((effort.hours[each.code] for each in profile.measures), Decimal(0))
    months = tuple(_months(tallies))[-MONTHS_SHOWN:]
    return Health(whole=whole, by_version=tuple(versions), months=months, hours=hours * whole.selected, past=past)


def _nothing(profile: Profile) -> Record:
    none = precision(0, 0)
    return Record(
        code=profile.code, version=profile.version, hits=0, selected=0, revenue_tiyn=0, precision=none, recent=none
    )


def _together(versions: list[Record]) -> Record:
    newest = versions[-1]
    return Record(
        code=newest.code,
        version=newest.version,
        hits=sum(each.hits for each in versions),
        selected=sum(each.selected for each in versions),
        revenue_tiyn=sum(each.revenue_tiyn for each in versions),
        precision=_summed([each.precision for each in versions]),
        recent=_summed([each.recent for each in versions]),
        alarm=newest.alarm,
    )


def _summed(parts: Sequence[Precision]) -> Precision:
    return precision(sum(each.findings for each in parts), sum(each.controls for each in parts))


def _months(tallies: Tallies) -> Iterable[Month]:
    summed: dict[date, Tally] = {}
    for key, tally in tallies.items():
        summed.setdefault(key.day.replace(day=1), Tally()).add(tally)
    for begins, tally in sorted(summed.items()):
        yield Month(begins, tally.hits, tally.controls, tally.findings)
