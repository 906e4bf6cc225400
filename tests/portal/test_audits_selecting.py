"""Whom to audit: judged once a quarter, recorded and told to nobody; by profiles, or by the draw."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import auditing_after
import msgspec
import offices
import pytest
from auditing_after import QORGAN, Desk
from caseworking import person

from declarations.audits.lifecycle import Status
from declarations.audits.model import Chosen
from interop.store import outbox
from portal import judging
from portal.audits.market_store import Market
from portal.audits.selecting import Run, Selecting, subject_of
from portal.database import reading
from risk_gateway import judgement_store
from risk_gateway.audit_facts import Known, gather, series_of
from risk_gateway.model import Category, Outcome
from signing import store as signing_store

MARKET = Market(QORGAN, None, None, None, 0, 0, 1, 100_00, 1000)
KNOWN = Known(participant=QORGAN, category=Category.MEDIUM)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return auditing_after.desk(tmp_path)


class Knowing(Selecting):
    """Selects by what a test says is known."""

    def __init__(self, desk: Desk, **known: Any) -> None:
        super().__init__(desk.office)
        self._said = msgspec.structs.replace(KNOWN, **known)

    def known(self, market: Market, now: Any) -> Known:
        return self._said


def outcome(desk: Desk, **known: Any) -> tuple[Outcome, list[str]]:
    """Return what is judged of somebody of whom this is known, and which profiles fired."""
    case = gather(msgspec.structs.replace(KNOWN, **known), desk.clock.now())
    judged = judging.judge(desk.office, case)
    assert not judged.decision.degraded
    return judged.decision.outcome, [each.profile for each in judged.assessment.findings]


@pytest.mark.parametrize(
    ("fires", "silent", "profile"),
    [
        ({"classification_drift_percent": 25.0}, {"classification_drift_percent": 24.99}, "PA-24"),
        ({"vat_return_difference_percent": Decimal("15.01")}, {"vat_return_difference_percent": Decimal(15)}, "PA-25"),
        ({"flagged_declarations_36_months": 3}, {"flagged_declarations_36_months": 2}, "PA-26"),
        ({"exports_without_exit": 1}, {"exports_without_exit": 0}, "PA-27"),
        ({"findings_24_months": 2}, {"findings_24_months": 1}, "PA-28"),
    ],
)
def test_a_profile_fires_at_its_limit_and_is_silent_below(
    desk: Desk, fires: dict[str, Any], silent: dict[str, Any], profile: str
) -> None:
    assert profile in outcome(desk, **fires)[1]
    assert outcome(desk, **silent) == (Outcome.SIMPLIFIED_RELEASE, [])


def test_who_is_judged_worth_an_audit_becomes_a_candidate_and_is_not_told(desk: Desk) -> None:
    run = Knowing(desk, vat_return_difference_percent=Decimal(40), classification_drift_percent=60.0).run()
    assert (run.judged, len(run.chosen), run.left) == (1, 1, 0)
    audit = desk.audit(run.chosen[0])
    assert (audit.status, audit.chosen, audit.participant) == (Status.SELECTED, Chosen.JUDGED, QORGAN)
    assert audit.objective == "PA-24, PA-25"
    page, why = desk.audits.page(person("marat"), audit.number, "kk")
    assert page.offered
    assert why is not None
    assert why.view is not None
    assert desk.audits.own(person("yerkin")) == ()
    with reading(desk.office.engine) as connection:
        told = connection.execute(outbox.select().where(outbox.c.kind != "MOVE_NOTICE")).all()
        events = [event for _, event, _ in signing_store.read_entries(connection, audit.judgement)]
    assert [row.subject for row in told if row.subject.startswith("PA-")] == []
    assert events == ["judgement.made"]


def test_who_is_passed_is_recorded_and_no_candidate(desk: Desk) -> None:
    assert Knowing(desk).run() == Run(1, (), 0)
    with reading(desk.office.engine) as connection:
        kept = judgement_store.of_subject(connection, subject_of(QORGAN, desk.clock.now()))
    assert [each.outcome for each in kept] == ["SIMPLIFIED_RELEASE"]


def test_nobody_is_judged_twice_in_a_quarter_and_everybody_again_in_the_next(desk: Desk) -> None:
    selecting = Knowing(desk)
    assert [selecting.run().judged, selecting.run().judged] == [1, 0]
    desk.clock.at += timedelta(days=60)
    assert selecting.run().judged == 1


def test_who_is_being_audited_is_not_judged(desk: Desk) -> None:
    desk.choose()
    assert Knowing(desk, findings_24_months=9).run() == Run(0, (), 0)


def test_what_could_not_be_judged_in_full_is_left_for_the_next_run(desk: Desk, monkeypatch: Any) -> None:
    offices.suspend_profiles(desk.office)
    real: Callable[..., judging.Judged] = judging.judge

    def degraded(office: Any, case: Any) -> judging.Judged:
        judged = real(office, case)
        decision = msgspec.structs.replace(judged.decision, degraded=True, outcome=Outcome.DOCUMENTARY_CHECK)
        return msgspec.structs.replace(judged, decision=decision)

    monkeypatch.setattr(judging, "judge", degraded)
    assert Knowing(desk).run() == Run(0, (), 1)
    with reading(desk.office.engine) as connection:
        assert judgement_store.of_subject(connection, subject_of(QORGAN, desk.clock.now())) == ()


def test_the_draws_of_a_quarter_are_those_of_its_series(desk: Desk) -> None:
    now = desk.clock.now()
    assert series_of(QORGAN, now) == f"audit:{QORGAN}:2026Q4"
    assert series_of(QORGAN, now + timedelta(days=60)) == f"audit:{QORGAN}:2027Q1"
    assert subject_of(QORGAN, now) == f"PA-{QORGAN}-2026Q4"


def test_what_is_really_known_of_qorgan_is_gathered(desk: Desk) -> None:
    known = Selecting(desk.office).known(MARKET, desk.clock.now())
    assert (known.findings_24_months, known.exports_without_exit, known.declarations) == (0, 0, 1)
    assert known.vat_return_difference_percent is None  # nobody was asked
