"""The demonstration's partners: recorded once, switched off, and answering when their stands are started."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import offices
import pytest
from cast import PARTICIPANTS

from interop.partner_store import list_partners, put_partner
from interop.query_log import list_queries
from portal.database import make_engine, reading, writing
from portal.demo.lodgements import LODGEMENTS
from portal.demo.partners import PARTNERS, WITH_A_RECORD, start_stands
from portal.demo.seals import OPERATOR
from portal.demo.seed import seed

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the demonstration is on SQLite")


def test_seeding_again_changes_nothing_that_somebody_changed(tmp_path: Path) -> None:
    given = offices.settings(tmp_path)
    clock = offices.StillClock(datetime.now(UTC))
    seed(given, clock)
    engine = make_engine(given.database_url)
    with writing(engine) as connection:
        first, *others = list_partners(connection)
        assert {each.id for each in (first, *others)} == {OPERATOR, *(each.id for each in PARTNERS)}
        assert {each.id for each in (first, *others) if each.active} <= {OPERATOR}  # it calls us, and is never called
        changed = msgspec.structs.replace(first, name="Another name")
        put_partner(connection, changed, clock.at)
    clock.at += timedelta(minutes=1)
    seed(given, clock)
    with reading(engine) as connection:
        assert list_partners(connection) == (changed, *others)
        assert {each.about for each in list_queries(connection)} == {PARTICIPANTS["qorgan"].identifier}
        assert len(list_queries(connection)) == 2
    engine.dispose()


def test_the_stands_are_started_and_their_partners_switched_on_at_their_addresses(tmp_path: Path) -> None:
    given = offices.settings(tmp_path)
    clock = offices.StillClock(datetime.now(UTC))
    seed(given, clock)
    stands = start_stands(given, clock, 0 - PARTNERS[0].next_to)  # the first at a free port, the others at taken ones
    try:
        engine = make_engine(given.database_url)
        with reading(engine) as connection:
            on = {each.id: each.address for each in list_partners(connection, active=True)}
        engine.dispose()
        assert on[PARTNERS[0].id] == stands[0].address
    finally:
        for stand in stands:
            stand.end()


def test_only_a_firm_that_lodges_nothing_has_a_record_abroad() -> None:
    """Or the decisions that the demonstration prints would depend on who is faster."""
    assert WITH_A_RECORD not in {PARTICIPANTS[lodgement.sender].identifier for lodgement in LODGEMENTS}
