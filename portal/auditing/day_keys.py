"""What the journal proves of the key of a day's random selection: committed to before the day, disclosed after it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Connection

from portal.audit import Event
from portal.auditing.archive import Archive
from portal.selection import discloses, subject_of
from risk_gateway import selection_store
from risk_gateway.days import begins
from risk_gateway.selection_store import DayKey, commitment_of
from signing import journal, journal_check, store
from signing.errors import SigningError


class Misfit(Struct, frozen=True):
    """What does not fit, or (`caution`) what is not proved: its code and what fills the words of problems.toml."""

    code: str
    params: dict[str, str] = {}
    caution: bool = False


class Said(Struct, frozen=True):
    """An event of a day's key in the journal: where, when by our clock, and its canonical bytes."""

    index: int
    at: datetime
    particulars: dict[str, str]
    entry: bytes


class KeyStory(Struct, frozen=True):
    """What the journal says of a day's key, first event of each kind; None where it says nothing."""

    day: date
    committed: Said | None
    disclosed: Said | None

    @property
    def commitment(self) -> str:
        return self.committed.particulars.get("commitment", "") if self.committed else ""

    @property
    def key(self) -> bytes | None:
        """The key as disclosed; None while it is secret, or when what was disclosed is no key."""
        try:
            return bytes.fromhex(self.disclosed.particulars.get("key", "")) if self.disclosed else None
        except ValueError:
            return None

    @property
    def late(self) -> bool:
        """Whether the key was committed to only after its day had begun, by our clock."""
        return self.committed is not None and self.committed.at >= begins(self.day)


def read_story(connection: Connection, day: date) -> KeyStory:
    """Return what the journal says of the key of a day. Entries that cannot be read say nothing."""
    said: dict[str, Said] = {}
    for index, event, entry in store.read_entries(connection, subject_of(day)):
        try:
            read = journal_check.read_entry(entry)
        except ValueError:
            continue
        said.setdefault(event, Said(index, read.at, read.particulars, entry))
    return KeyStory(day, said.get(Event.SELECTION_COMMITTED), said.get(Event.SELECTION_DISCLOSED))


def key_misfits(story: KeyStory, kept: DayKey | None) -> Iterator[Misfit]:
    """Yield what does not fit between what the journal says of a day's key and what is stored."""
    day = story.day.isoformat()
    if kept is None:
        yield Misfit("selection.no_key", {"day": day})
    if story.committed is None:
        yield Misfit("selection.uncommitted", {"day": day})
    elif kept and not story.commitment == kept.commitment == commitment_of(kept.key):
        yield Misfit("selection.key_changed", {"day": day})
    if story.disclosed is None:
        if kept and kept.disclosed_at:
            yield Misfit("selection.undisclosed", {"day": day})
        return
    if story.key is None or commitment_of(story.key) != story.commitment or (kept and story.key != kept.key):
        yield Misfit("selection.disclosed_wrong", {"day": day})
    if story.disclosed.at < discloses(story.day):
        yield Misfit("selection.disclosed_early", {"day": day, "due": discloses(story.day).isoformat()})


def time_misfits(story: KeyStory, archive: Archive) -> Iterator[Misfit]:
    """Yield what keeps the journal from proving that the key was committed to before its day."""
    if story.committed is None:
        return
    day, index = story.day.isoformat(), str(story.committed.index)
    try:
        attested = archive.attested(story.committed.index)
    except (SigningError, IndexError):
        yield Misfit("selection.entry", {"day": day, "index": index})
        return
    leaf = journal.leaf_hash(story.committed.entry)
    if not journal.includes(attested.root, attested.size, story.committed.index, leaf, attested.path):
        yield Misfit("selection.entry", {"day": day, "index": index})
    elif attested.at is None:
        yield Misfit("selection.unstamped", {"day": day}, caution=True)
    if story.late or (attested.at is not None and attested.at >= begins(story.day)):
        yield Misfit("selection.late", {"day": day}, caution=True)


def all_key_misfits(connection: Connection) -> Iterator[tuple[date, Misfit]]:
    """Yield what does not fit of any day's key that is stored, or that the journal tells of."""
    kept = {key.day: key for key in selection_store.read_keys(connection, date.max)}
    for day in sorted(kept.keys() | days_told_of(connection)):
        for misfit in key_misfits(read_story(connection, day), kept.get(day)):
            yield day, misfit


def days_told_of(connection: Connection) -> set[date]:
    """Return the days to whose keys the journal commits. A subject that is no day is for the check of the journal."""
    days = set()
    for subject in store.read_subjects(connection, Event.SELECTION_COMMITTED.value):
        with suppress(ValueError):
            days.add(date.fromisoformat(subject))
    return days


def is_sound(misfits: Sequence[Misfit]) -> bool:
    return all(misfit.caution for misfit in misfits)
