"""The notary keeps the journal signed and time-stamped; while it cannot, the portal says so and then closes."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import builders
import offices
import pki
import pytest
from litestar.testing import TestClient

from portal import audit
from portal.app import create_app
from portal.authorities import AuthorityUnreachable, DemoAuthorities
from portal.background import notary_of
from portal.database import reading, writing
from portal.errors import Unavailable
from portal.notary import EVENTS_MAX, Notary
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from signing import store, timestamp
from signing.authority import DemoAuthority
from signing.checkpoint import StoredCheckpoint
from signing.demo_tsa import DemoTimestamper
from signing.errors import SigningError, TimestampInvalid

GRACE = timedelta(seconds=900)


class FailingAuthorities(DemoAuthorities):
    """The demonstration's authorities, whose time-stamps can be made to fail."""

    answer: bytes | Exception | None = None

    def timestamp(self, request: bytes) -> bytes:
        if isinstance(self.answer, Exception):
            raise self.answer
        return super().timestamp(request) if self.answer is None else self.answer


@pytest.fixture
def clock() -> offices.StillClock:
    return offices.StillClock()


@pytest.fixture
def office(tmp_path: Path, clock: offices.StillClock) -> Office:
    return offices.office(tmp_path, clock)


@pytest.fixture
def authorities(clock: offices.StillClock) -> FailingAuthorities:
    return FailingAuthorities(pki.authority(), clock)


@pytest.fixture
def notary(office: Office, authorities: FailingAuthorities) -> Notary:
    return notary_of(office, authorities)


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
    assert (kept.size, kept.stamped_at, notary.unstamped_since) == (1, office.clock.now(), None)
    stamp = timestamp.verify(kept.token or b"", kept.note.encode(), office.trust)
    assert stamp.at == office.clock.now()


def test_one_token_covers_all_that_was_lodged_since_the_last(office: Office, notary: Notary) -> None:
    for number in range(3):
        lodge_one(office, f"N-{number}")
    notary.attest()
    kept = newest(office)
    assert kept is not None
    assert kept.size == 3
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
    assert (early.size, due.size) == (1, 2)


def test_a_thousand_events_do_not_wait_for_the_second(office: Office, notary: Notary) -> None:
    lodge_one(office)
    notary.turn()
    records = [audit.Record(audit.Event.TOKEN_ISSUED, "x", offices.NOW, {}) for _ in range(EVENTS_MAX)]
    with writing(office.engine) as connection:
        audit.append(connection, *store.lock_head(connection), records)
    notary.turn()
    kept = newest(office)
    assert kept is not None
    assert kept.size == 1 + EVENTS_MAX


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


def test_health_says_when_declarations_are_not_taken(tmp_path: Path) -> None:
    clock = offices.StillClock()
    given = offices.settings(tmp_path)
    offices.keep_keys(tmp_path)
    offices.seed_cast(given)
    lodge_one(offices.reopen(given, clock))
    clock.at += GRACE + timedelta(seconds=1)
    app = create_app(replace(given, timestamp_url="http://127.0.0.1:9/tsa"), clock)
    with TestClient(app) as client:
        answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "closed"
    assert answer.json()["unstamped_since"] == "2026-11-24T05:00:00Z"
