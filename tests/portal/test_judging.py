"""Judging at other moments than a lodgement: safe whatever breaks, recorded whole or not at all, drawn once."""

import hashlib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import judgings
import offices
import pytest
from judgings import KASPI, MOVEMENT, case, firing, record
from lxml import etree
from sqlalchemy import func, select
from violating import desk_of

from interop.notices import NAMESPACE
from interop.store import outbox
from portal import judging
from portal.audit import Event
from portal.control import Closing
from portal.database import reading, writing
from portal.errors import Outdated
from portal.feedback import Feedback
from portal.judging import views
from portal.office import Office
from portal.pages import Pages
from portal.worker import Worker
from risk_gateway import archive_store, feedback_store, gateway, judgement_store
from risk_gateway.errors import ControlRefused
from risk_gateway.feedback import Tally
from risk_gateway.judgement_store import judgement_table
from risk_gateway.model import Case, Degraded, Outcome
from risk_gateway.packing import unpack
from risk_gateway.profiles import Motive
from risk_gateway.selection import RANDOM_DRAW
from signing import store as signing_store
from signing.journal_check import read_entry
from signing.verdict import judge_signature

INSPECTOR = "870214300608"
LATER = offices.NOW + timedelta(days=20)  # beyond the days whose keys the tests share


class SlowClock(offices.StillClock):
    """A clock on which every look takes a second."""

    def monotonic(self) -> float:
        self.ticks += 1
        return self.ticks


class Crash(Exception):
    """What a process that dies looks like to its database: nothing is committed."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def counts(office: Office) -> dict[str, int]:
    tables = {"judgements": judgement_table, "entries": signing_store.journal, "messages": outbox}
    with reading(office.engine) as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }


# --- one judgement --------------------------------------------------------------------------------------------------


def test_a_judgement_is_kept_with_a_sealed_notice_an_entry_and_a_message(office: Office) -> None:
    kept = record(office, case(limit_date_missed=True, movement_event="deadline"), "deadline")

    assert kept.number == f"{MOVEMENT}/J1"
    assert kept.judged.decision.outcome is Outcome.DOCUMENTARY_CHECK
    with reading(office.engine) as connection:
        row = judgement_store.find(connection, kept.number)
        entry = signing_store.read_row(connection, kept.sequence)
        sent = connection.execute(select(outbox)).one()
    assert row is not None
    assert entry is not None
    assert (row.subject, row.moment, row.participant, row.outcome) == (
        MOVEMENT, "deadline", KASPI, "DOCUMENTARY_CHECK",
    )  # fmt: skip
    assert (entry[1], entry[2]) == (Event.JUDGEMENT_MADE.value, kept.number)
    said = read_entry(entry[3]).particulars
    assert said["case"] == hashlib.sha256(unpack(row.case)).hexdigest()
    assert said["notice"] == hashlib.sha256(kept.notice).hexdigest()
    assert (sent.kind, sent.recipient, sent.subject) == ("JUDGEMENT_NOTICE", f"participant:{KASPI}", MOVEMENT)
    assert unpack(bytes(sent.body)) == kept.notice
    (report,) = judge_signature(kept.notice, office.trust, offices.NOW, seal=True)
    assert report.error is None
    notice = etree.fromstring(kept.notice)
    assert notice.findtext(f"{{{NAMESPACE}}}JudgementNumber") == kept.number
    assert notice.findtext(f"{{{NAMESPACE}}}ResponseCode") == "06"


def test_the_message_reaches_the_account_of_the_carrier(office: Office) -> None:
    record(office, case(seal_broken=True))

    assert Worker(office.engine, office.clock).deliver_due() == 1


def test_what_is_chosen_for_an_audit_is_told_to_nobody(office: Office) -> None:
    record(office, case("audits", vat_return_difference_percent=Decimal(20)), "selection")

    assert counts(office) == {"judgements": 1, "entries": counts(office)["entries"], "messages": 0}


@pytest.mark.parametrize("changes", [{"participant": None}, {"tell": False}], ids=["no number", "told otherwise"])
def test_nobody_is_told_where_nobody_is_to_be_told(office: Office, changes: dict[str, Any]) -> None:
    kept = record(office, case("passengers", cash_above_limit=True, cash_declared=False), "declaration", **changes)

    assert counts(office)["messages"] == 0
    with reading(office.engine) as connection:
        row = judgement_store.find(connection, kept.number)
    assert row is not None
    assert not row.told


@pytest.mark.parametrize("point", ["after judgement", "after judgement entry", "after judgement message"])
def test_a_crash_between_two_writes_leaves_nothing(office: Office, point: str) -> None:
    judged, before = judging.judge(office, case(off_route=True)), counts(office)

    def strike(reached: str) -> None:
        if reached == point:
            raise Crash

    desk = type(desk_of(office))(office.clock, office.keyring, strike)
    with pytest.raises(Crash), writing(office.engine) as connection:
        judging.record(connection, desk, judged, subject=MOVEMENT, moment="seal_event", participant=KASPI)

    assert counts(office) == before


# --- the safe answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", ["deliveries", "passengers", "audits"])
def test_when_judging_breaks_down_there_is_a_check_of_documents_and_no_release(
    office: Office, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gateway.assess

    def broken(made: Case, known: Any, budget: Any) -> Any:
        if known.profiles:
            raise RuntimeError("a bug of the gateway")
        return whole(made, known, budget)

    monkeypatch.setattr(gateway, "assess", broken)
    judged = judging.judge(office, case(block))

    assert judged.decision.degraded
    assert judged.decision.outcome is Outcome.DOCUMENTARY_CHECK


def test_out_of_time_is_a_check_of_documents(office: Office) -> None:
    kept = record(offices.reopen(office.settings, SlowClock()), case(seal_broken=True))

    assert kept.judged.assessment.degraded is Degraded.OUT_OF_TIME
    assert kept.judged.decision.outcome is Outcome.DOCUMENTARY_CHECK


def test_facts_that_could_not_be_gathered_are_a_check_of_documents(office: Office) -> None:
    judged = judging.judge(office, case("passengers", problem="the value of item 2"))

    assert judged.assessment.degraded is Degraded.OUT_OF_KNOWLEDGE
    assert judged.decision.outcome is Outcome.DOCUMENTARY_CHECK


def test_without_profiles_of_the_block_there_is_a_check_of_documents(office: Office) -> None:
    offices.journal_profiles(office)
    offices.suspend_profiles(office)
    office.refresh()

    assert judging.judge(office, case("passengers")).decision.degraded


def test_no_fact_that_is_not_known_fires_and_the_goods_go_on(office: Office) -> None:
    judged = judging.judge(office, case())

    assert judged.assessment.findings == ()
    assert judged.decision.outcome is Outcome.SIMPLIFIED_RELEASE


# --- judged again ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("real_keys")
def test_the_same_subject_judged_again_weeks_later_is_drawn_as_it_was(office: Office) -> None:
    first = record(office, case(), "crossing")
    office.clock.at = LATER
    again = record(office, case(at=LATER, unplanned_stop=True), "arrival")
    other = record(office, case(at=LATER, series="DC-OTHER"), "arrival", subject="DC-OTHER")

    def random_draw(kept: judging.Kept) -> str:
        (drawn,) = (each.draw for each in kept.judged.assessment.selections if each.profile == RANDOM_DRAW)
        return drawn

    assert again.number == f"{MOVEMENT}/J2"
    assert random_draw(again) == random_draw(first)
    assert again.judged.knowledge.key_day == offices.NOW.date()
    assert again.judged.knowledge.day == LATER.date()
    assert other.judged.knowledge.key_day is None
    assert other.judged.knowledge.day_key != first.judged.knowledge.day_key


def test_who_was_overtaken_by_the_first_judgement_of_another_day_has_to_judge_again(office: Office) -> None:
    office.clock.at = LATER
    late = judging.judge(office, case(at=LATER))
    record(office, case())

    with pytest.raises(Outdated), writing(office.engine) as connection:
        judging.record(connection, desk_of(office), late, subject=MOVEMENT, moment="arrival", participant=KASPI)
    assert record(office, case(at=LATER)).number == f"{MOVEMENT}/J2"


# --- what may be read -----------------------------------------------------------------------------------------------


def test_the_officer_reads_every_indicator_with_what_was_expected_and_found(office: Office) -> None:
    kept = record(office, case(remote_post=True, carrier_non_deliveries_24_months=2), "crossing")

    with reading(office.engine) as connection:
        file = judging.read_file(connection, kept.number, "en")
    assert file is not None
    assert file.view is not None
    (note,) = file.view.notes
    assert (note.profile, note.weight, file.view.score) == ("TT-01", 40, Decimal(40))
    assert [(row.label, row.op, row.expected, row.actual) for row in note.comparisons] == [
        ("Post of destination far from the border", "is", "true", "true"),
        ("Carrier's non-deliveries in 24 months", ">=", "1", "2"),
    ]
    assert [order.code for order in file.orders] == ["DOCUMENTARY_CONTROL", "ELECTRONIC_SEAL", "FIX_ROUTE"]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_part_of_an_officer_s_page_shows_profile_weight_and_score(office: Office, language: str) -> None:
    kept = record(office, case(remote_post=True, carrier_non_deliveries_24_months=2), "crossing")
    with reading(office.engine) as connection:
        file = judging.read_file(connection, kept.number, language)
    page = Pages(demo=False).render("judging/_officer.html", language, {"file": file})

    assert "TT-01 v1" in page
    assert 'class="score__number"' in page
    assert {"kk": "шекарадан өткенде", "ru": "при пересечении", "en": "at the crossing"}[language] in page


def test_a_judgement_that_is_not_there_has_no_file(office: Office) -> None:
    with reading(office.engine) as connection:
        assert judging.read_file(connection, f"{MOVEMENT}/J9", "en") is None


def test_a_judgement_whose_knowledge_is_gone_is_still_shown_with_its_orders(office: Office) -> None:
    kept = record(office, case(seal_mismatch=True))
    with writing(office.engine) as connection:
        connection.execute(judgement_table.update().values(knowledge_version="0" * 64))
    with reading(office.engine) as connection:
        file = judging.read_file(connection, kept.number, "en")

    assert file is not None
    assert file.view is None
    assert "INSPECT_FULL" in {order.code for order in file.orders}


def test_a_traveller_is_told_where_to_go_and_not_to_present_goods_at_a_post(office: Office) -> None:
    kept = record(office, case("passengers", identical_articles_max=12), "declaration")
    with reading(office.engine) as connection:
        row = judgement_store.find(connection, kept.number)
    assert row is not None
    told = views.for_participant(row, "en")

    assert "red corridor" in str(told["explanation"]).lower()
    assert "customs post" not in str(told["explanation"])


# --- results --------------------------------------------------------------------------------------------------------


def test_the_result_of_a_control_returns_to_the_profile_that_led_to_it(office: Office) -> None:
    kept = record(office, case("passengers", identical_articles_max=12), "declaration")
    closing = Closing(act="A-1", by=INSPECTOR, said={"PD-09": True}, motive=Motive.UNPAID_DUTIES, amount_tiyn=700)
    with writing(office.engine) as connection:
        judging.close(connection, desk_of(office), kept.number, closing, offices.NOW)
    Feedback(office.engine, office.clock).turn()

    with reading(office.engine) as connection:
        tallies = feedback_store.read_tallies(connection, "PD-09")
        stored = archive_store.find_case(connection, kept.number)
    (tally,) = tallies.values()
    assert tally == Tally(hits=1, selected=1, controls=1, findings=1, revenue_tiyn=700)
    assert stored is not None
    assert stored.result is not None
    assert (stored.result.found, stored.result.motive) == (True, Motive.UNPAID_DUTIES)


@pytest.mark.parametrize(
    ("number", "act", "said", "code"),
    [
        (f"{MOVEMENT}/J7", "A-2", {}, "control-no-declaration"),
        (f"{MOVEMENT}/J1", "A-1", {}, "control-act-used"),
        (f"{MOVEMENT}/J1", "A-2", {"PD-09": True}, "control-not-fired"),
        (f"{MOVEMENT}/J1", "A" * 37, {}, "control-act-long"),
    ],
)
def test_a_result_that_fits_nothing_is_refused(
    office: Office, number: str, act: str, said: dict[str, bool], code: str
) -> None:
    kept = record(office, case(seal_broken=True))
    with writing(office.engine) as connection:
        judging.close(connection, desk_of(office), kept.number, Closing(act="A-1", by=INSPECTOR), offices.NOW)

    with pytest.raises(ControlRefused) as refused, writing(office.engine) as connection:
        judging.close(connection, desk_of(office), number, Closing(act=act, by=INSPECTOR, said=said), offices.NOW)
    assert refused.value.code == code


def test_a_declaration_of_the_same_name_does_not_take_the_result(office: Office) -> None:
    """A trader chooses his references: none of them is the key of a judgement."""
    kept = record(office, case(seal_broken=True))
    with reading(office.engine) as connection:
        row = judgement_store.find(connection, kept.number)
    assert row is not None
    assert row.key.version < 0


# --- every starter profile ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("block", "situation"), firing(), ids=[each["title"] for _, each in firing()])
def test_whatever_fires_stops_the_release_and_orders_something(
    office: Office, block: str, situation: dict[str, Any]
) -> None:
    judged = judging.judge(office, judgings.case(block, **situation["header"]))

    assert situation["profile"] in {finding.profile for finding in judged.assessment.findings}
    assert judged.decision.outcome is not Outcome.SIMPLIFIED_RELEASE
    assert judged.decision.measures
