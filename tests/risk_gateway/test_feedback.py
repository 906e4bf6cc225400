"""What controls tell of profiles: who is counted, who is refused, when a profile has worn out."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from risk_gateway.archive import Result, Share
from risk_gateway.errors import ControlRefused
from risk_gateway.feedback import (
    Alarm,
    Record,
    Tallies,
    Tally,
    TallyKey,
    merged,
    of_act,
    of_assessment,
    of_past,
    records,
    shares,
)
from risk_gateway.precision import Precision, precision
from risk_gateway.profiles import SelectionRates

TODAY = date(2026, 11, 24)
LONG_AGO = TODAY - timedelta(days=200)
RARE = SelectionRates(*[Decimal("1e-60")] * 3)


def tally(day: date, controls: int, findings: int, code: str = "T-1", version: int = 1) -> Tallies:
    return {TallyKey(code, version, day): Tally(hits=controls, selected=controls, controls=controls, findings=findings)}


def record(*parts: Tallies) -> Record:
    (only,) = records(merged(parts), TODAY)
    return only


@pytest.fixture
def assessment(case: Any, known: Any, profile: Any, assess: Any) -> Any:
    """Three profiles fire, the hit of the third is not drawn."""
    return assess(case(), known(profile("T-1"), profile("T-2"), profile("T-3", selection=RARE)))


# --- what an inspector says -----------------------------------------------------------------------------------------


def test_a_profile_that_did_not_fire_is_refused(assessment: Any) -> None:
    with pytest.raises(ControlRefused, match="control-not-fired"):
        shares(assessment, {"T-9": True}, False, 0)


@pytest.mark.parametrize("said", [{}, {"T-1": False}])
def test_an_amount_without_a_finding_is_refused(assessment: Any, said: dict[str, bool]) -> None:
    with pytest.raises(ControlRefused, match="control-amount-without-finding"):
        shares(assessment, said, False, 1)


def test_profiles_that_led_to_the_control_and_are_not_named_have_found_nothing(assessment: Any) -> None:
    assert shares(assessment, {"T-1": True}, False, 500) == (
        Share("", 0, True, 500),
        Share("T-1", 1, True, 500),
        Share("T-2", 1, False),
    )


def test_a_finding_beside_every_profile_is_one_of_the_whole_act_only(assessment: Any) -> None:
    whole, *of_profiles = shares(assessment, {}, True, 500)

    assert whole == Share("", 0, True, 500)
    assert [share.found for share in of_profiles] == [False, False]


def test_a_profile_whose_hit_was_not_drawn_counts_only_when_it_is_named(assessment: Any) -> None:
    assert [share.profile for share in shares(assessment, {"T-3": True}, False, 0)] == ["", "T-1", "T-2", "T-3"]


# --- tallies --------------------------------------------------------------------------------------------------------


def test_hits_are_counted_apart_from_those_acted_upon(assessment: Any) -> None:
    tallies = of_assessment(TODAY, assessment)

    assert tallies[TallyKey("T-1", 1, TODAY)] == Tally(hits=1, selected=1)
    assert tallies[TallyKey("T-3", 1, TODAY)] == Tally(hits=1, selected=0)


def test_an_act_counts_for_its_profiles_and_not_for_itself() -> None:
    tallies = of_act(TODAY, (Share("", 0, True, 500), Share("T-1", 2, True, 500), Share("T-2", 1, False)))

    assert tallies == {
        TallyKey("T-1", 2, TODAY): Tally(controls=1, findings=1, revenue_tiyn=500),
        TallyKey("T-2", 1, TODAY): Tally(controls=1),
    }


def test_a_past_case_counts_its_hits_and_what_its_control_said(assessment: Any) -> None:
    tallies = of_past(TODAY, assessment, Result(True, None, 500, {"T-1": True, "T-2": False, "X-9": True}))

    assert tallies == {
        TallyKey("T-1", 1, TODAY): Tally(1, 1, 1, 1, 500),
        TallyKey("T-2", 1, TODAY): Tally(1, 1, 1, 0, 0),
        TallyKey("T-3", 1, TODAY): Tally(1, 0, 0, 0, 0),
    }
    assert sum(tally.controls for tally in of_past(TODAY, assessment, None).values()) == 0


# --- precision ------------------------------------------------------------------------------------------------------


def test_without_controls_nothing_is_said_of_precision() -> None:
    assert precision(0, 0) == Precision(0, 0)


@pytest.mark.parametrize(
    ("findings", "controls", "low", "high"),
    [
        (0, 10, "0.0000", "0.2775"),
        (10, 10, "0.7225", "1.0000"),
        (1, 2, "0.0945", "0.9055"),
        (30, 100, "0.2189", "0.3958"),
    ],
)
def test_the_interval_is_that_of_wilson(findings: int, controls: int, low: str, high: str) -> None:
    of = precision(findings, controls)

    assert (of.low, of.high) == (Decimal(low), Decimal(high))


# --- decay ----------------------------------------------------------------------------------------------------------


def test_fifty_controls_in_a_row_without_a_finding_raise_an_alarm() -> None:
    assert record(tally(LONG_AGO, 10, 9), tally(TODAY, 50, 0)).alarm is Alarm.NOTHING_FOUND
    assert record(tally(LONG_AGO, 1, 1), tally(TODAY, 19, 0)).alarm is None


def test_a_profile_that_is_right_much_less_often_of_late_has_worn_out() -> None:
    assert record(tally(LONG_AGO, 200, 150), tally(TODAY, 40, 5)).alarm is Alarm.WORN_OUT


def test_a_drop_that_may_be_chance_is_no_alarm() -> None:
    assert record(tally(LONG_AGO, 200, 150), tally(TODAY, 40, 26)).alarm is None
    assert record(tally(LONG_AGO, 200, 150), tally(TODAY, 4, 0)).alarm is None


def test_versions_have_records_of_their_own() -> None:
    found = records(merged([tally(TODAY, 5, 1), tally(TODAY, 5, 4, version=2)]), TODAY)

    assert [(one.version, one.precision.findings) for one in found] == [(1, 1), (2, 4)]
