"""What anybody may know of random selection: the keys of the days; and of a declaration its random draw, once the key
is disclosed. Never a draw of a profile: docs/decisions/0012-random-selection.md says why."""

from datetime import date, timedelta

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.store import Key, Stored
from portal.auditing.day_keys import KeyStory, read_story
from portal.auditing.draws import FIRST_VERSION, share_of
from portal.database import reading
from portal.office import Office
from portal.selection import HORIZON_DAYS, discloses
from portal.views import KeyDay, KeyDays, RandomDraw
from risk_gateway import canonical, selection_store
from risk_gateway import store as risk_store
from risk_gateway.days import day_of
from risk_gateway.model import Assessment, Case
from risk_gateway.packing import unpack
from risk_gateway.selection import RANDOM_DRAW, draw

DAYS_ON_PAGE = 31


class StoredDraws:
    """`Draws` over the office's database: see the protocol in portal/views.py."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def days(self, before: date | None) -> KeyDays:
        last = day_of(self._office.clock.now()) + timedelta(days=HORIZON_DAYS + 1)
        with reading(self._office.engine) as connection:
            kept = selection_store.read_keys(connection, min(before or last, last), DAYS_ON_PAGE)
            days = tuple(_key_day(read_story(connection, key.day)) for key in kept)
        return KeyDays(days, days[-1].day if len(days) == DAYS_ON_PAGE else None)

    def random_draw(self, registration_number: str) -> RandomDraw | None:
        with reading(self._office.engine) as connection:
            stored = declarations_store.find_by_number(connection, registration_number)
            return None if stored is None else _random_draw(connection, stored)


def _key_day(story: KeyStory) -> KeyDay:
    committed, disclosed = story.committed, story.disclosed
    return KeyDay(
        day=story.day,
        commitment=story.commitment or None,
        journal_index=committed.index if committed else None,
        entry=committed.entry.decode() if committed else None,
        late=story.late,
        discloses_at=discloses(story.day),
        key=story.key.hex() if story.key else None,
        disclosed_index=disclosed.index if disclosed else None,
        disclosed_entry=disclosed.entry.decode() if disclosed else None,
    )


def _random_draw(connection: Connection, stored: Stored) -> RandomDraw:
    """Return the random draw of a declaration; only where and when it can be checked while the key is secret."""
    own = stored.key
    first = declarations_store.read_version(connection, Key(own.declarant, own.functional_reference_id, FIRST_VERSION))
    story = read_story(connection, day_of(first.received_at))
    kept = risk_store.read_decision(connection, own.declarant, own.functional_reference_id, own.version)
    series = canonical.loads(unpack(kept.case), Case).series_id
    if story.key is None:
        return RandomDraw(stored.registration_number, series, _key_day(story))
    made = canonical.loads(unpack(kept.assessment), Assessment).selections
    random = next(each for each in made if each.profile == RANDOM_DRAW)
    return RandomDraw(
        stored.registration_number,
        series,
        _key_day(story),
        version=random.profile_version,
        rate=random.rate,
        draw=random.draw,
        share=share_of(random),
        selected=random.selected,
        fits=random == draw(story.key, series, RANDOM_DRAW, random.profile_version, random.rate),
    )
