"""Reference values: what released declarations give, and that nobody sets them alone."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from math import exp, log
from typing import Any

import numpy as np
import pytest
from cast import PARTICIPANTS
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_gateway import canonical
from risk_gateway.archive import Result, StoredCase
from risk_gateway.model import Case, Category, HeaderFacts, ItemFacts
from risk_gateway.packing import pack
from risk_gateway.parameters import MassPerUnit, ReferenceValues, UnitValue
from risk_gateway.profiles import Motive
from risk_gateway.reference_values import (
    NORMAL_OF_MAD,
    Method,
    Seen,
    arrange,
    bounds_of,
    compute,
    method_on,
    quantile,
    released,
)
from risk_gateway.usual import usual_of

ALTYN, QORGAN = PARTICIPANTS["altyn"].identifier, PARTICIPANTS["qorgan"].identifier
FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
METHOD = method_on(date(2026, 11, 24))
PIECES = "796"


def item(**facts: Any) -> ItemFacts:
    usual = {"sequence": 1, "commodity_code": "9401610000", "origin_country": "CN", "usd_per_kg": Decimal(4)}
    return ItemFacts(**{**usual, **facts})


def stored(
    *items: ItemFacts, declarant: str = ALTYN, outcome: str = "SIMPLIFIED_RELEASE", result: Result | None = None
) -> StoredCase:
    case = Case(
        series_id="S",
        document_digest="0" * 64,
        block="imports",
        lodged_at=datetime(2026, 3, 1, tzinfo=UTC),
        header=HeaderFacts(type_code="IM", declarant_category=Category.MEDIUM),
        items=items or (item(),),
    )
    return StoredCase(
        number="N",
        day=date(2026, 3, 1),
        block="imports",
        office="20201",
        declarant=declarant,
        outcome=outcome,
        knowledge_version="",
        case=pack(canonical.dumps(case)),
        assessment=b"",
        decision=b"",
        result=result,
    )


def market(participants: int = 12, each: int = 8, seed: int = 7, **facts: Any) -> Iterator[StoredCase]:
    """Yield released cases of many participants whose prices lie around 4 USD per kilogram."""
    prices = np.exp(np.random.default_rng(seed).normal(log(4), 0.2, (participants, each)))
    for number, row in enumerate(prices):
        for price in row:
            yield stored(item(usd_per_kg=Decimal(f"{price:.4f}"), **facts), declarant=f"{number:012}")


def values_of(*cases: StoredCase) -> dict[tuple[str, str, str], UnitValue]:
    found = compute(cases, FIRST, LAST, METHOD).unit_values
    return {(value.commodity, value.origin, value.measure): value for value in found}


# --- which declarations count ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "result", "counts"),
    [
        ("SIMPLIFIED_RELEASE", None, True),
        ("SIMPLIFIED_RELEASE", Result(True, Motive.UNDERSTATED_VALUE), False),
        ("DOCUMENTARY_CHECK", None, False),
        ("INSPECTION_ORDER", None, False),
        ("INSPECTION_ORDER", Result(False), True),
        ("INSPECTION_ORDER", Result(True, Motive.UNDERSTATED_VALUE), False),
        ("DOCUMENTARY_CHECK", Result(True, Motive.CONCEALMENT), False),
    ],
)
def test_only_goods_count_that_left_with_nothing_found(outcome: str, result: Result | None, counts: bool) -> None:
    assert released(stored(outcome=outcome, result=result)) is counts


def test_a_price_under_control_changes_nothing() -> None:
    understated = [
        stored(item(usd_per_kg=Decimal("0.1")), declarant=f"9{number:011}", outcome="INSPECTION_ORDER")
        for number in range(40)
    ]
    assert values_of(*market(), *understated) == values_of(*market())


# --- what comes out -------------------------------------------------------------------------------------------------


def test_a_bound_is_given_for_ten_six_and_four_digits_with_origin_and_with_any() -> None:
    found = values_of(*market())
    assert sorted(found) == [
        (code, origin, "kg") for code in ("9401", "940161", "9401610000") for origin in ("*", "CN")
    ]
    value = found["9401610000", "CN", "kg"]
    assert value.count == 96
    assert value.period == "2026-01-01/2026-06-30"
    assert Decimal("2.5") < value.low_usd < Decimal("3.3") < value.median_usd < Decimal("4.4")


def test_two_origins_that_are_too_few_each_share_the_bound_for_any_origin() -> None:
    cases = [*market(6, 3, origin_country="CN"), *market(6, 3, seed=8, origin_country="TR")]
    assert {origin for _, origin, _ in values_of(*cases)} == {"*"}


def test_two_codes_that_are_too_few_each_share_the_bound_of_the_broader_code() -> None:
    cases = [*market(6, 3), *market(6, 3, seed=8, commodity_code="9401710000")]
    assert {code for code, _, _ in values_of(*cases)} == {"9401"}


def test_goods_counted_in_pieces_have_a_value_per_piece_and_a_mass() -> None:
    facts = {"unit": PIECES, "usd_per_unit": Decimal(40), "mass_per_unit_kg": Decimal(10)}
    cases = list(market(12, 1, **facts))
    varied = [
        stored(item(unit=PIECES, usd_per_unit=Decimal(35 + n), mass_per_unit_kg=Decimal(8 + n)), declarant=f"{p:012}")
        for p in range(12)
        for n in range(6)
    ]
    computed = compute([*cases, *varied], FIRST, LAST, METHOD)
    assert any(value.measure == PIECES for value in computed.unit_values)
    mass = next(mass for mass in computed.mass_per_unit if mass.commodity == "9401610000" and mass.origin == "CN")
    assert Decimal(7) < mass.low_kg <= mass.median_kg <= mass.high_kg < Decimal(14)


def test_the_same_price_of_the_same_participant_counts_once() -> None:
    assert values_of(*list(market()) * 5)["9401", "CN", "kg"].count == 96


@pytest.mark.parametrize("price", [None, Decimal(0)])
def test_an_unknown_or_zero_price_counts_as_none(price: Decimal | None) -> None:
    odd = [stored(item(usd_per_kg=price), declarant=f"8{number:011}") for number in range(40)]
    assert values_of(*market(), *odd) == values_of(*market())


def test_where_nearly_all_prices_are_the_same_the_bound_stays_below_them() -> None:
    seen = [Seen(f"{p:012}", log(4) + n * 1e-9) for p in range(12) for n in range(8)]
    bounds = bounds_of(seen, METHOD)
    assert bounds is not None
    assert bounds.low == pytest.approx(4 * METHOD.near)


def test_nothing_comes_of_nothing() -> None:
    assert compute([], FIRST, LAST, METHOD).unit_values == ()


# --- nobody sets a bound alone --------------------------------------------------------------------------------------


def test_one_participant_alone_gives_no_bound() -> None:
    cases = [stored(item(usd_per_kg=Decimal(100 + number) / 50)) for number in range(500)]
    assert values_of(*cases) == {}


def test_four_participants_beside_a_large_one_give_no_bound() -> None:
    large = [stored(item(usd_per_kg=Decimal(100 + number) / 50)) for number in range(500)]
    assert values_of(*large, *market(4, 20)) == {}


def set_by(seen: Iterable[Seen], method: Method = METHOD) -> float:
    """Return the lower bound that these participants' values give, nobody left out.

    It is a low quantile, but not far below the median of the participants (each has one vote), nor close to it.
    """
    given = arrange(seen, method)
    place = (len(given.centres) - 1) // 2
    median = given.centres[place]
    deviation = sorted(abs(given.centres - median))[place]
    low = max(quantile(given.logs, given.weights, method.quantile), median - method.spread * NORMAL_OF_MAD * deviation)
    return exp(min(low, median + log(method.near)))


def test_a_participant_that_slowly_lowers_its_prices_cannot_lower_the_bound_below_what_others_set() -> None:
    draw = np.random.default_rng(7).normal(log(4), 0.2, (12, 8))
    others = [Seen(f"{number:012}", logarithm) for number, row in enumerate(draw) for logarithm in row]
    lowered = [Seen(QORGAN, log(4 * 0.99**step)) for step in range(400)]  # from 4 USD down to 7 cents
    for steps in range(0, 400, 20):
        bounds = bounds_of([*others, *lowered[:steps]], METHOD)
        assert bounds is not None
        assert set_by(others) <= bounds.low <= 1.2 * set_by(others)


prices = st.floats(min_value=-3, max_value=3)


@settings(max_examples=60)
@given(
    others=st.lists(st.tuples(st.integers(0, 8), prices), min_size=20, max_size=30),
    own=st.lists(prices, min_size=1, max_size=20),
)
def test_whatever_one_participant_declares_the_bound_is_no_lower_than_without_it(
    others: list[tuple[int, float]], own: list[float]
) -> None:
    small = Method(METHOD.since, "test", METHOD.quantile, METHOD.spread, METHOD.near, METHOD.weight_max, 10, 3)
    seen = [Seen(str(who), price) for who, price in others]
    bounds = bounds_of([*seen, *(Seen(QORGAN, price) for price in own)], small)
    assert bounds is None or bounds.low >= set_by(seen, small) - 1e-9


# --- the closest of many --------------------------------------------------------------------------------------------


def usual(commodity: str, origin: str = "*", measure: str = "kg") -> UnitValue:
    return UnitValue(commodity, origin, measure, Decimal(1), Decimal(2), "test")


@pytest.mark.parametrize(
    ("known", "closest"),
    [
        ((usual("9401"), usual("940161"), usual("9401610000")), usual("9401610000")),
        ((usual("9401", "CN"), usual("940161")), usual("940161")),
        ((usual("9401", "CN"), usual("9401")), usual("9401", "CN")),
        ((usual("9401", "TR"), usual("9401")), usual("9401")),
        ((usual("9401"), usual("9401", measure=PIECES)), usual("9401", measure=PIECES)),
        ((usual("9401"), usual("940161", measure="112")), usual("9401")),
        ((usual("9403"), usual("94")), None),
    ],
)
def test_the_longest_code_counts_then_the_exact_origin_then_the_unit(
    known: tuple[UnitValue, ...], closest: UnitValue | None
) -> None:
    for order in (known, known[::-1]):
        assert usual_of(ReferenceValues(unit_values=order)).unit_value("9401610000", "CN", PIECES) == closest


def test_goods_without_a_supplementary_unit_have_no_usual_mass() -> None:
    mass = MassPerUnit("9401", "*", PIECES, Decimal(1), Decimal(2), Decimal(3), "test")
    known = usual_of(ReferenceValues(mass_per_unit=(mass,)))
    assert known.mass("9401610000", None, None) is None
    assert known.mass("9401610000", "CN", PIECES) == mass


def test_the_index_is_made_once_for_the_same_values() -> None:
    values = ReferenceValues(unit_values=(usual("9401"),))
    assert usual_of(values) is usual_of(values)
