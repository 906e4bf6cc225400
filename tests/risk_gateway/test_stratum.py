"""What was drawn at random tells of all declarations: the interval holds the truth, at small counts too."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from risk_gateway import canonical
from risk_gateway.archive import Result, StoredCase
from risk_gateway.packing import pack
from risk_gateway.stratum import Sample, Stratum, drawn_at_random, estimate_rate

RATES = (0.005, 0.01, 0.02)
SHARES = (0.3, 0.5, 0.2)
SEEDS = 100


def drawn(seed: int, truth: tuple[float, float, float], size: int = 20_000) -> tuple[list[Stratum], float]:
    """Return the strata of so many declarations of three categories, and the true rate of violations among them."""
    chance = np.random.default_rng(seed)
    category = chance.choice(3, size, p=SHARES)
    violated = chance.random(size) < np.array(truth)[category]
    selected = chance.random(size) < np.array(RATES)[category]
    strata = []
    for number, rate in enumerate(RATES):
        own = category == number
        counts = (own, own & selected, own & selected & violated)
        strata.append(Stratum(Decimal(str(rate)), *(int(each.sum()) for each in counts)))
    return strata, float(violated.mean())


@pytest.mark.parametrize(
    "truth",
    [
        (0.01, 0.04, 0.12),
        (0.0005, 0.001, 0.002),  # of 200 inspected none, as a rule
        (0.0, 0.0, 0.01),
        (0.12, 0.04, 0.01),  # most where least is drawn
        (0.3, 0.4, 0.5),
    ],
    ids=str,
)
def test_the_interval_holds_the_truth_in_93_of_100_seeds(truth: tuple[float, float, float]) -> None:
    held = 0
    for seed in range(SEEDS):
        strata, true_rate = drawn(seed, truth)
        found = estimate_rate(strata)
        held += found.low <= true_rate <= found.high
    assert held >= 93


def test_the_estimate_is_right_on_average() -> None:
    both = [
        (estimate_rate(strata).rate, truth)
        for strata, truth in (drawn(seed, (0.01, 0.04, 0.12)) for seed in range(400))
    ]
    estimates, truths = np.array(both).T
    assert abs(estimates.mean() - truths.mean()) < 3 * estimates.std() / 20


def test_the_interval_is_narrower_the_more_was_drawn() -> None:
    small, large = (estimate_rate(drawn(1, (0.01, 0.04, 0.12), size)[0]) for size in (20_000, 2_000_000))
    assert large.high - large.low < (small.high - small.low) / 6


def test_nothing_found_says_at_most_and_never_nothing() -> None:
    found = estimate_rate([Stratum(Decimal("0.01"), 10_000, 100, 0)])
    assert (found.rate, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.0369, abs=1e-4)  # 3.69 of 100: the exact bound of Poisson


def test_the_bounds_of_an_equal_sample_are_those_of_the_tables() -> None:
    found = estimate_rate([Stratum(Decimal("0.1"), 10_000, 1_000, 10)])
    assert found.rate == pytest.approx(0.01)
    assert (found.low, found.high) == (pytest.approx(0.004795, abs=1e-6), pytest.approx(0.018390, abs=1e-6))
    assert found.effective_size == pytest.approx(1_000)


def test_without_a_result_everything_is_possible() -> None:
    found = estimate_rate([Stratum(Decimal("0.01"), 10_000, 0, 0)])
    assert (found.low, found.high, found.inspected, found.population_left_out) == (0.0, 1.0, 0, 10_000)


def test_a_stratum_without_a_result_is_left_out_and_told() -> None:
    found = estimate_rate([Stratum(Decimal("0.01"), 10_000, 100, 5), Stratum(Decimal("0.02"), 300, 0, 0)])
    assert found.rate == pytest.approx(0.05)
    assert (found.population, found.population_left_out) == (10_000, 300)


def test_cases_that_were_drawn_and_closed_are_counted_by_their_rate() -> None:
    cases = [
        stored("0.005", selected=True, found=True),
        stored("0.005", selected=True, found=False),
        stored("0.005", selected=True, found=None),  # not inspected to the end yet
        stored("0.005", selected=False, found=True),  # inspected for another reason
        stored("0.02", selected=False, found=None),
    ]
    sample = drawn_at_random(cases)
    assert sample.drawn == 3
    assert sample.strata == (Stratum(Decimal("0.005"), 4, 2, 1, 1), Stratum(Decimal("0.02"), 1, 0, 0))
    assert (sample.unanswered, sample.response) == (1, pytest.approx(2 / 3))
    assert sample.bounds() == pytest.approx((1 / 3, 2 / 3))


def test_where_nothing_was_drawn_there_is_no_response_and_nothing_to_bound() -> None:
    sample = drawn_at_random([stored("0.02", selected=False, found=None)])
    assert (sample.response, sample.bounds()) == (None, None)


def test_the_bounds_hold_what_a_full_response_would_have_told() -> None:
    """Guilty controls drag on: the estimate of those closed is too low, and the bounds tell how far it may be off."""
    closed = Stratum(Decimal("0.01"), 10_000, 60, 0, 40)
    low, high = Sample((closed,)).bounds() or (1.0, 0.0)
    assert (low, high) == (0.0, pytest.approx(0.4))
    assert estimate_rate([closed]).high < high


def stored(rate: str, *, selected: bool, found: bool | None) -> StoredCase:
    random: dict[str, Any] = {
        "profile": "random",
        "profile_version": 1,
        "rate": rate,
        "draw": "0" * 64,
        "selected": selected,
    }
    return StoredCase(
        number="P-1",
        day=date(2026, 11, 24),
        block="imports",
        office="20201",
        declarant="150340012340",
        outcome="SIMPLIFIED_RELEASE",
        knowledge_version="0" * 64,
        case=b"",
        assessment=pack(canonical.dumps({"selections": [random, {**random, "profile": "IM-16"}], "score": "0"})),
        decision=b"",
        result=None if found is None else Result(found=found),
    )
