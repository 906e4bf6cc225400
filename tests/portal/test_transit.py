"""A transit declaration is judged by the block deliveries when it is lodged, and by the rules of their day for ever."""

from datetime import date
from pathlib import Path

import offices
import pki
import pytest
import tampering
from builders import transit_xml

from portal.database import reading
from portal.entry import Answer
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import archive_store, canonical, facts, knowledge_store, replay
from risk_gateway.archive import StoredCase
from risk_gateway.model import Case, MeasureCode
from risk_gateway.packing import unpack
from risk_gateway.profiles import Outcome


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = offices.office(tmp_path)
    offices.journal_keys(made)
    offices.journal_profiles(made)
    return made


def lodged(office: Office, person: str = "anna", **changes: object) -> Answer:
    data = pki.sign_as(person, transit_xml(**changes))  # type: ignore[arg-type]
    return lodge(Lodged(data, office.clock.now()), office)


def stored(office: Office, answer: Answer) -> StoredCase:
    with reading(office.engine) as connection:
        found = archive_store.find_case(connection, answer.stored.registration_number)
    assert found is not None
    return found


def replayed(office: Office, answer: Answer) -> replay.Replayed:
    with reading(office.engine) as connection:
        return replay.replay(stored(office, answer), lambda version: knowledge_store.read(connection, version))


def test_a_transit_is_released_at_once_where_nothing_is_wrong(office: Office) -> None:
    answer = lodged(office)
    assert (answer.decision.outcome, answer.decision.degraded) == (Outcome.SIMPLIFIED_RELEASE, False)
    assert answer.stored.status == "RELEASED"
    assert stored(office, answer).block == "deliveries"
    assert replayed(office, answer).same
    assert tampering.findings(office) == []


def test_a_guarantee_that_is_short_is_found_at_the_lodgement(office: Office) -> None:
    answer = lodged(office, guarantee="1000.00")
    assert answer.decision.outcome is Outcome.DOCUMENTARY_CHECK
    assert not answer.decision.degraded
    assert MeasureCode.SECURITY in {each.code for each in answer.decision.measures}
    assert tampering.findings(office) == []


def test_a_transit_of_which_much_is_not_known_is_not_degraded(office: Office) -> None:
    answer = lodged(office, code="853922", carrier=None, destination=None, guarantee=None, value=None)
    assert not answer.decision.degraded
    assert tampering.findings(office) == []


def test_a_transit_that_no_block_judged_once_replays_as_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.delitem(facts.BLOCK_OF_TYPE, "TT")
        before.setattr(facts, "FACTS_VERSION", 3)
        answer = lodged(office)
    assert answer.decision.degraded
    old = stored(office, answer)
    assert (old.block, canonical.loads(unpack(old.case), Case).facts_version) == ("TT", 3)
    assert replayed(office, answer).same
    assert tampering.findings(office) == []
    assert cases_of_deliveries(office) == []
    new = lodged(office, reference="TRANSIT-2")
    assert cases_of_deliveries(office) == [new.stored.registration_number]


def cases_of_deliveries(office: Office) -> list[str]:
    with reading(office.engine) as connection:
        found = archive_store.read_cases(connection, date(2026, 1, 1), date(2027, 1, 1), "deliveries")
        return [each.number for each in found]
