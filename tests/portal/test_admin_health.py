"""What administration says of the portal's health: when it is time to act, and that messages tell nothing."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import caseworking
import msgspec
import offices
import pytest
import things
from caseworking import YELLOW
from sqlalchemy import delete, update

from interop import exchange_store
from interop import store as outbox
from interop.partner_store import lease, put_partner, read_partner
from portal.admin.condition import Health, State
from portal.database import writing
from portal.worker import Worker


@pytest.fixture
def desk(tmp_path: Path) -> caseworking.Desk:
    return caseworking.desk(tmp_path, YELLOW)


def test_messages_that_nobody_takes_call_for_the_operator_and_tell_nothing(desk: caseworking.Desk) -> None:
    desk.clock.at += timedelta(minutes=2)
    found = Health(desk.office).examine()
    assert (found.outbox.waiting > 0, found.states["outbox"], found.worst) == (True, State.ACT, State.ACT)
    assert desk.numbers[YELLOW].encode() not in msgspec.json.encode(found.outbox)
    assert b"participant:" not in msgspec.json.encode(found.outbox)


def test_messages_that_were_tried_are_watched(desk: caseworking.Desk) -> None:
    desk.clock.at += timedelta(minutes=2)
    with writing(desk.office.engine) as connection:
        connection.execute(update(outbox.outbox).values(attempts=3))
    found = Health(desk.office).examine()
    assert (found.states["outbox"], found.outbox.attempts) == (State.WATCH, 3)


def test_delivered_messages_wait_no_more(desk: caseworking.Desk) -> None:
    Worker(desk.office.engine, desk.clock).deliver_due()
    found = Health(desk.office).examine()
    assert (found.outbox.waiting, found.outbox.oldest, found.states["outbox"]) == (0, None, State.WELL)


def test_keys_that_are_not_committed_ahead_and_missing_evidence_are_told(desk: caseworking.Desk) -> None:
    assert Health(desk.office).examine().states["keys"] is State.WELL
    desk.clock.at += timedelta(days=3)
    assert Health(desk.office).examine().states["keys"] is State.WATCH
    desk.clock.at += timedelta(days=30)
    found = Health(desk.office).examine()
    assert (found.states["keys"], found.keys_until) == (State.ACT, None)
    assert found.states["evidence"] is State.ACT


def test_the_first_page_counts_what_is_on_record(desk: caseworking.Desk) -> None:
    overview = Health(desk.office).overview()
    assert (overview.officials, overview.participants, overview.powers_soon) == (14, 5, 0)
    assert overview.tariff_partial
    assert overview.condition.bytes > 0
    assert overview.condition.database in ("SQLite", "PostgreSQL")
    assert overview.condition.at >= offices.NOW


def test_partners_who_do_not_answer_are_watched_and_dead_letters_call_for_somebody(desk: caseworking.Desk) -> None:
    desk.office.settings = replace(desk.office.settings, public_url="https://customs.example")
    found = Health(desk.office).examine()
    assert (found.partners.active, found.states["partners"]) == (0, State.WELL)
    things.made_partner(desk.office)
    assert Health(desk.office).examine().states["partners"] is State.WELL  # it is switched off
    with writing(desk.office.engine) as connection:
        partner = read_partner(connection, "neighbour")
        assert partner is not None
        put_partner(connection, msgspec.structs.replace(partner, active=True), offices.NOW)
        connection.execute(update(lease).values(failures=2))
    found = Health(desk.office).examine()
    assert (found.partners.failing, found.partners.dead, found.states["partners"]) == (1, 1, State.ACT)
    with writing(desk.office.engine) as connection:
        connection.execute(delete(exchange_store.outbox))
    assert Health(desk.office).examine().states["partners"] is State.WATCH
    desk.office.settings = replace(desk.office.settings, public_url="", demo=False)
    found = Health(desk.office).examine()
    assert (found.exchange_open, found.states["partners"]) == (False, State.ACT)  # nothing of them is taken
