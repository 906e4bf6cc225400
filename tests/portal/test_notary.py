"""The notary keeps the journal signed and time-stamped; while it cannot, the portal says so and then closes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import builders
import offices
import pki
import pytest
from litestar.testing import TestClient
from sqlalchemy import delete, update

from portal import audit, journal
from portal.app import create_app
from portal.authorities import AuthorityUnreachable, DemoAuthorities
from portal.background import notary_of
from portal.database import reading, writing
from portal.errors import Unavailable
from portal.notary import EVENTS_MAX, Notary
from portal.office import Office
from portal.pipeline import lodge
from portal.settings import Settings
from portal.stages import Lodged
from signing import journal as tree
from signing import store, timestamp
from signing.authority import DemoAuthority
from signing.checkpoint import StoredCheckpoint
from signing.demo_tsa import DemoTimestamper
from signing.errors import CheckpointRefused, JournalBroken, SigningError, TimestampInvalid

GRACE = timedelta(seconds=900)


class FailingAuthorities(DemoAuthorities):
    """The demonstration's authorities, whose time-stamps can be made to fail."""

    answer: bytes | Exception | None = None
    meanwhile: Callable[[], None] | None = None  # called while the authority is asked

    def timestamp(self, request: bytes) -> bytes:
        if self.meanwhile is not None:
            self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return super().timestamp(request) if self.answer is None else self.answer


@pytest.fixture
def clock() -> offices.StillClock:
    return offices.StillClock()


@pytest.fixture
def given(tmp_path: Path) -> Settings:
    """Of an office with its keys and the cast, which nobody has opened yet."""
    made = offices.settings(tmp_path)
    offices.keep_keys(tmp_path)
    offices.seed_cast(made)
    return made


@pytest.fixture
def office(tmp_path: Path, clock: offices.StillClock) -> Office:
    return offices.office(tmp_path, clock)


@pytest.fixture
def authorities(clock: offices.StillClock) -> FailingAuthorities:
    return FailingAuthorities(pki.authority(), clock)


@pytest.fixture
def notary(office: Office, authorities: FailingAuthorities) -> Notary:
    return notary_of(office, authorities)


ENTRIES = 2  # of a lodgement that is released: the decision, and what is payable


def lodge_one(office: Office, reference: str = "N-1") -> None:
    document = pki.sign_as("anna", builders.declaration_xml(reference=reference))
    lodge(Lodged(document, office.clock.now()), office)


def newest(office: Office) -> StoredCheckpoint | None:
    with reading(office.engine) as connection:
        return store.read_newest_checkpoint(connection)


def test_what_was_lodged_is_signed_and_stamped_in_one_turn(office: Office, notary: Notary) -> None:
    lodge_one(office)
    notary.turn()
    kept = newest(office)
    assert kept is not None
    assert (kept.size, kept.stamped_at, notary.unstamped_since) == (ENTRIES, office.clock.now(), None)
    stamp = timestamp.verify(kept.token or b"", kept.note.encode(), office.trust)
    assert stamp.at == office.clock.now()


def test_one_token_covers_all_that_was_lodged_since_the_last(office: Office, notary: Notary) -> None:
    for number in range(3):
        lodge_one(office, f"N-{number}")
    notary.attest()
    kept = newest(office)
    assert kept is not None
    assert kept.size == 3 * ENTRIES
    assert kept.token


def test_nothing_is_signed_when_nothing_happened(office: Office, notary: Notary) -> None:
    notary.turn()
    assert newest(office) is None


def test_after_a_second_the_next_checkpoint_is_due_and_not_before(
    office: Office, notary: Notary, clock: offices.StillClock
) -> None:
    lodge_one(office, "N-1")
    notary.turn()
    lodge_one(office, "N-2")
    notary.turn()
    early = newest(office)
    clock.ticks += 1.0
    notary.turn()
    due = newest(office)
    assert early is not None
    assert due is not None
    assert (early.size, due.size) == (ENTRIES, 2 * ENTRIES)


def test_a_thousand_events_do_not_wait_for_the_second(office: Office, notary: Notary) -> None:
    lodge_one(office)
    notary.turn()
    records = [audit.Record(audit.Event.TOKEN_ISSUED, "x", offices.NOW, {}) for _ in range(EVENTS_MAX)]
    with writing(office.engine) as connection:
        audit.append(connection, *store.lock_head(connection), records)
    notary.turn()
    kept = newest(office)
    assert kept is not None
    assert kept.size == ENTRIES + EVENTS_MAX


WRONG = {
    "unreachable": AuthorityUnreachable("no answer"),
    "not a response": b"<html>",
    "an answer to another request": DemoTimestamper(pki.authority().tsa).respond(
        timestamp.request(b"something else").as_bytes(), offices.NOW
    ),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG.keys())
def test_without_a_token_that_fits_the_portal_goes_on_and_says_so_until_it_closes(
    answer: bytes | Exception,
    office: Office,
    notary: Notary,
    authorities: FailingAuthorities,
    clock: offices.StillClock,
) -> None:
    authorities.answer = answer
    lodge_one(office, "N-1")
    with pytest.raises((AuthorityUnreachable, SigningError)):
        notary.turn()
    assert (notary.unstamped_since, bool(notary.trouble)) == (offices.NOW, True)

    clock.at += GRACE
    lodge_one(office, "N-2")
    clock.at += timedelta(seconds=1)
    with pytest.raises(Unavailable) as refusal:
        lodge_one(office, "N-3")
    assert refusal.value.code == "portal.no_timestamp"


class FastAuthorities(DemoAuthorities):
    """The demonstration's authorities, whose time-stamp clock is wrong by `shift`."""

    shift = timedelta()

    def timestamp(self, request: bytes) -> bytes:
        return self._timestamper.respond(request, self._clock.now() + self.shift)


@pytest.mark.parametrize(
    "shift", [timedelta(minutes=-5, seconds=-1), timedelta(minutes=5, seconds=1), timedelta(days=300)]
)
def test_a_token_of_another_time_than_ours_is_not_taken_and_a_good_one_is_later(
    shift: timedelta, office: Office, clock: offices.StillClock
) -> None:
    authorities = FastAuthorities(pki.authority(), clock)
    authorities.shift = shift
    notary = notary_of(office, authorities)
    lodge_one(office)
    with pytest.raises(TimestampInvalid, match=r"timestamp\.clock"):
        notary.attest()
    assert "timestamp.clock" in notary.trouble
    clock.at += GRACE + timedelta(seconds=1)
    assert notary.closed()

    authorities.shift = timedelta(minutes=5)
    notary.attest()
    assert not notary.closed()


def test_a_checkpoint_signed_by_a_clock_that_was_fast_is_not_stamped_by_a_token_that_proves_nothing_of_it(
    office: Office, notary: Notary, authorities: FailingAuthorities, clock: offices.StillClock
) -> None:
    authorities.answer = AuthorityUnreachable("no answer")
    clock.at += timedelta(hours=2)
    lodge_one(office)
    with pytest.raises(AuthorityUnreachable):
        notary.attest()
    authorities.answer = None
    clock.at -= timedelta(hours=2)
    with pytest.raises(TimestampInvalid, match=r"timestamp\.early"):
        notary.attest()


def test_it_opens_again_with_the_first_token(
    office: Office, notary: Notary, authorities: FailingAuthorities, clock: offices.StillClock
) -> None:
    authorities.answer = AuthorityUnreachable("no answer")
    lodge_one(office, "N-1")
    with pytest.raises(AuthorityUnreachable):
        notary.turn()
    clock.at += GRACE + timedelta(seconds=1)
    assert notary.closed()

    authorities.answer = None
    notary.attest()
    lodge_one(office, "N-2")
    assert not notary.closed()


def test_a_stranger_authority_cannot_stamp(office: Office, clock: offices.StillClock) -> None:
    rogue = notary_of(office, DemoAuthorities(DemoAuthority.create(offices.NOW, "Rogue"), clock))
    lodge_one(office)
    with pytest.raises(TimestampInvalid):
        rogue.turn()
    kept = newest(office)
    assert kept is not None
    assert kept.token is None


def test_a_portal_that_starts_anew_knows_what_is_not_stamped(office: Office, notary: Notary) -> None:
    lodge_one(office)
    again = offices.reopen(office.settings, offices.StillClock(offices.NOW + GRACE + timedelta(seconds=1)))
    late = notary_of(again, DemoAuthorities(pki.authority(), again.clock))
    assert (late.unstamped_since, late.closed()) == (offices.NOW, True)


def test_an_authority_that_does_not_answer_does_not_keep_the_portal_open(
    office: Office, notary: Notary, authorities: FailingAuthorities, clock: offices.StillClock
) -> None:
    seen: list[bool] = []

    def wait_long() -> None:
        seen.append(notary.closed())
        clock.at += GRACE + timedelta(seconds=1)
        seen.append(notary.closed())

    authorities.meanwhile = wait_long
    lodge_one(office)
    notary.attest()
    assert seen == [False, True]


def test_the_portal_closes_although_no_turn_is_taken_any_more(
    office: Office, notary: Notary, clock: offices.StillClock
) -> None:
    lodge_one(office)
    clock.at += GRACE + timedelta(seconds=1)
    clock.ticks += 1.0
    assert notary.closed()


def test_the_portal_opens_when_another_process_has_what_was_lodged_stamped(
    office: Office, notary: Notary, authorities: FailingAuthorities, clock: offices.StillClock
) -> None:
    authorities.answer = AuthorityUnreachable("no answer")
    lodge_one(office)
    with pytest.raises(AuthorityUnreachable):
        notary.turn()
    clock.at += GRACE + timedelta(seconds=1)
    assert notary.closed()
    notary_of(offices.reopen(office.settings, clock), DemoAuthorities(pki.authority(), clock)).attest()
    clock.ticks += 1.0
    assert not notary.closed()


# --- events of another time -----------------------------------------------------------------------------------------


def insert_event(office: Office, at: datetime) -> None:
    """Append an event as who has nothing but the database could."""
    with writing(office.engine) as connection:
        audit.record_one(connection, audit.Record(audit.Event.TOKEN_ISSUED, "x", at, {}))


@pytest.mark.parametrize(
    "shift", [timedelta(days=-1000), timedelta(hours=-1, seconds=-1), timedelta(minutes=5, seconds=1)]
)
def test_an_event_of_another_time_is_not_signed_and_closes_the_portal(
    shift: timedelta, office: Office, notary: Notary, clock: offices.StillClock
) -> None:
    lodge_one(office)
    notary.attest()
    insert_event(office, clock.at + shift)
    with pytest.raises(JournalBroken, match=r"journal\.time"):
        notary.attest()
    kept = newest(office)
    assert kept is not None
    assert (kept.size, "journal.time" in notary.trouble, notary.closed()) == (ENTRIES, True, True)


@pytest.mark.parametrize("shift", [timedelta(hours=-1), timedelta(minutes=5)])
def test_an_event_recorded_late_or_by_another_machines_clock_is_signed(
    shift: timedelta, office: Office, notary: Notary, clock: offices.StillClock
) -> None:
    lodge_one(office)
    notary.attest()
    insert_event(office, clock.at + shift)
    notary.attest()
    assert not notary.closed()


def test_a_clock_that_was_fast_and_is_set_right_does_not_end_the_journal(
    office: Office, notary: Notary, authorities: FailingAuthorities, clock: offices.StillClock
) -> None:
    authorities.answer = AuthorityUnreachable("no answer")
    clock.at += timedelta(days=30)
    insert_event(office, clock.at)
    with pytest.raises(AuthorityUnreachable):
        notary.attest()
    authorities.answer = None
    clock.at -= timedelta(days=30)
    assert notary.closed()
    insert_event(office, clock.at)
    notary.attest()
    assert not notary.closed()


def test_a_missing_or_changed_event_is_not_signed(office: Office, notary: Notary) -> None:
    for reference in ("N-1", "N-2"):
        lodge_one(office, reference)
    with writing(office.engine) as connection:
        connection.execute(delete(store.journal).where(store.journal.c.index == 1))
    with pytest.raises(JournalBroken, match=r"journal\.missing"):
        notary.attest()
    with writing(office.engine) as connection:
        connection.execute(update(store.journal).values(entry=b"{}"))
    with pytest.raises(JournalBroken, match=r"journal\.leaf"):
        notary.attest()
    assert newest(office) is None


# --- a database that is not the one we signed -----------------------------------------------------------------------


def restored(office: Office, notary: Notary) -> Office:
    """Return the office on an old copy of its database, without what was signed last."""
    lodge_one(office, "N-1")
    notary.attest()
    lodge_one(office, "N-2")
    notary.attest()
    take_back(office)
    return offices.reopen(office.settings, office.clock)


def take_back(office: Office) -> None:
    """Leave of journal and checkpoints only the first, as an old copy of the database would."""
    with writing(office.engine) as connection:
        first = tree.head_of(store.read_leaves(connection)[:1])
        connection.execute(delete(store.journal).where(store.journal.c.index >= 1))
        connection.execute(delete(store.checkpoint).where(store.checkpoint.c.size > 1))
        connection.execute(update(store.head).values(size=1, frontier=first.frontier_bytes()))


def test_on_an_old_copy_of_the_database_nothing_is_taken_from_the_beginning(
    office: Office, notary: Notary, authorities: FailingAuthorities
) -> None:
    old = restored(office, notary)
    late = notary_of(old, authorities)
    assert late.closed()
    assert "checkpoint.behind" in late.trouble
    with pytest.raises(Unavailable):
        lodge_one(old, "N-3")


def test_on_an_old_copy_of_the_database_the_notary_tries_again_and_goes_on_refusing(
    office: Office, notary: Notary, authorities: FailingAuthorities
) -> None:
    late = notary_of(restored(office, notary), authorities)
    with pytest.raises(CheckpointRefused):
        late.turn()
    assert late.closed()


def test_a_database_that_is_replaced_while_the_portal_runs_closes_it_within_a_second(
    office: Office, notary: Notary, clock: offices.StillClock
) -> None:
    restored(office, notary)
    clock.ticks += 1.0
    assert notary.closed()


def test_without_the_file_of_the_newest_checkpoint_nothing_is_taken_until_the_operator_vouches(
    office: Office, notary: Notary, authorities: FailingAuthorities, clock: offices.StillClock
) -> None:
    lodge_one(office)
    notary.attest()
    office.settings.checkpoint_file.unlink()
    late = notary_of(office, authorities)
    assert late.closed()
    journal.keep_mark(office.engine, office.keyring.certificates(), office.settings.checkpoint_file, None)
    late.turn()
    assert (late.closed(), late.trouble) == (False, "")


def test_a_missing_row_below_what_was_signed_closes_the_portal(
    office: Office, notary: Notary, authorities: FailingAuthorities
) -> None:
    for reference in ("N-1", "N-2", "N-3"):
        lodge_one(office, reference)
        notary.attest()
    lodge_one(office, "N-4")
    with writing(office.engine) as connection:
        connection.execute(delete(store.journal).where(store.journal.c.index == 2))
    assert notary_of(office, authorities).closed()


def test_health_says_that_the_database_is_an_old_copy(given: Settings, clock: offices.StillClock) -> None:
    whole = offices.reopen(given, clock)
    restored(whole, notary_of(whole, DemoAuthorities(pki.authority(), clock)))
    with TestClient(create_app(given, clock)) as client:
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "closed")


def test_health_says_when_declarations_are_not_taken(
    given: Settings, clock: offices.StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.app.OPENS_WITHIN_SECONDS", 0.1)  # it would wait in vain
    lodge_one(offices.reopen(given, clock))
    clock.at += GRACE + timedelta(seconds=1)
    app = create_app(replace(given, timestamp_url="http://127.0.0.1:9/tsa"), clock)
    with TestClient(app) as client:
        answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "closed"
    assert answer.json()["unstamped_since"] == "2026-11-24T05:00:00Z"


def test_what_the_last_run_left_without_a_token_gets_one_before_the_first_request_is_answered(
    given: Settings, clock: offices.StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.app.OPENS_WITHIN_SECONDS", 60.0)
    lodge_one(offices.reopen(given, clock))
    clock.at += GRACE + timedelta(seconds=1)
    with TestClient(create_app(given, clock)) as client:
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
