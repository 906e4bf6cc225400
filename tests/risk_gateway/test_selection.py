"""The draw can be verified from the key, cannot be re-rolled, and is never switched off."""

import hashlib
import hmac
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from risk_gateway.errors import ParametersRefused
from risk_gateway.profiles import SelectionRates
from risk_gateway.selection import draw

KEY = bytes(range(32))


def test_a_draw_is_the_hmac_of_series_profile_and_version_below_the_rate() -> None:
    by_hand = hmac.new(KEY, b"150340012340/A-1|random|1", hashlib.sha256).digest()
    share = Fraction(int.from_bytes(by_hand, "big"), 2**256)
    for rate in (Decimal("0.005"), Decimal("0.5"), Decimal("0.999")):
        drawn = draw(KEY, "150340012340/A-1", "random", 1, rate)
        assert drawn.draw == by_hand.hex()
        assert drawn.selected is (share < Fraction(rate))
        assert drawn.rate == rate


def test_a_rate_of_one_always_selects() -> None:
    assert all(draw(KEY, f"series/{n}", "random", 1, Decimal(1)).selected for n in range(50))


def test_about_one_in_two_hundred_is_drawn_at_half_a_per_cent() -> None:
    selected = sum(draw(KEY, f"150340012340/{n}", "random", 1, Decimal("0.005")).selected for n in range(20_000))
    assert 70 <= selected <= 130


def test_amending_cannot_re_roll(case: Any, shipped: Any, assess: Any) -> None:
    first = assess(case(), shipped)
    amended = case({"is_amendment": True}, items=[{"price_zero": False}], document_digest="f" * 64)
    assert assess(amended, shipped).selections == first.selections
    assert assess(case(series_id="150340012340/A-2"), shipped).selections != first.selections


def test_every_assessment_keeps_the_random_draw_and_its_propensity(case: Any, shipped: Any, assess: Any) -> None:
    (only,) = assess(case(), shipped).selections
    assert (only.profile, only.rate) == ("random", shipped.parameters.random_rates.medium)


@pytest.mark.parametrize("rate", ["0", "-0.01", "1.01"])
def test_the_minimum_random_rate_never_reaches_zero(rate: str, known: Any, parameters: Any, profile: Any) -> None:
    off = replace(parameters, random_rates=SelectionRates(low=Decimal(rate)))
    with pytest.raises(ParametersRefused, match="parameters-random-rate"):
        known(profile(), parameters=off)


def test_a_short_day_key_is_refused(known: Any, profile: Any) -> None:
    with pytest.raises(ParametersRefused, match="parameters-day-key"):
        known(profile(), day_key=b"short")
