"""Whether a condition can hold is found exactly: an exhaustive search over all kinds of facts says the same."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, combinations, product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from risk_gateway.catalog import Field
from risk_gateway.consistency import Grid, core
from risk_gateway.profiles import Condition

Facts = dict[str, Any]
NUMBERS = [Decimal(half) / 2 for half in range(10)]
KINDS = ("01011", "0102", "0301")
LISTS = [frozenset(chosen) for chosen in chain.from_iterable(combinations(KINDS, n) for n in range(4))]


def leaf(field: str, op: str, value: Any) -> Condition:
    return Condition(field=field, op=op, value=value)


LEAVES = st.one_of(
    st.builds(leaf, st.just("usd_per_kg"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 4)),
    st.builds(leaf, st.just("usd_per_kg"), st.just("between"), st.sampled_from([(0, 1), (1, 3), (2, 2), (3, 4)])),
    st.builds(leaf, st.just("item_count"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 4)),
    st.builds(leaf, st.just("container"), st.just("is"), st.booleans()),
    st.builds(
        leaf,
        st.just("declarant_category"),
        st.sampled_from(["in", "not_in"]),
        st.sampled_from([("low",), ("low", "high"), ("medium",)]),
    ),
    st.builds(
        leaf,
        st.just("commodity_code"),
        st.sampled_from(["prefix", "not_prefix"]),
        st.sampled_from([("84",), ("8401", "72"), ("840110", "73"), ("72", "84")]),
    ),
    st.builds(
        leaf,
        st.just("documents"),
        st.sampled_from(["present", "absent"]),
        st.sampled_from([("01",), ("01011",), ("0102", "03"), ("0301",)]),
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.builds(lambda group: Condition(all=tuple(group)), st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda group: Condition(any=tuple(group)), st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda part: Condition(negated=part), parts),
    ),
    max_leaves=6,
)


def every_case() -> Iterator[Facts]:
    """Yield one of each kind of case that the leaves above can tell apart."""
    goods = ("8401100000", "8401990000", "8499990000", "7200000000", "7300000000", "9900000000")
    for price, count, boxed, category, code, documents in product(
        NUMBERS, range(6), (True, False), ("low", "medium", "high"), goods, LISTS
    ):
        yield {
            "usd_per_kg": price,
            "item_count": count,
            "container": boxed,
            "declarant_category": category,
            "commodity_code": code,
            "documents": documents,
        }


def fields_of(condition: Condition) -> set[str]:
    children = [*(condition.all or ()), *(condition.any or ()), *([condition.negated] if condition.negated else [])]
    return {condition.field} if condition.field else set().union(*map(fields_of, children))


def cases_for(condition: Condition) -> list[Facts]:
    """Return the cases that differ in what the condition looks at."""
    wanted = sorted(fields_of(condition))
    seen = {tuple(case[name] for name in wanted): case for case in _EVERY}
    return list(seen.values())


_EVERY = list(every_case())


def holds(condition: Condition, case: Facts) -> bool:
    """Judge a case, in the plainest way there is."""
    if condition.all is not None:
        return all(holds(child, case) for child in condition.all)
    if condition.any is not None:
        return any(holds(child, case) for child in condition.any)
    if condition.negated is not None:
        return not holds(condition.negated, case)
    fact, value = case[str(condition.field)], condition.value
    values: Any = value if isinstance(value, tuple) else (value,)
    answers = {
        "<": lambda: fact < value,
        "<=": lambda: fact <= value,
        ">": lambda: fact > value,
        ">=": lambda: fact >= value,
        "between": lambda: values[0] <= fact <= values[1],
        "is": lambda: fact is value,
        "in": lambda: fact in values,
        "not_in": lambda: fact not in values,
        "prefix": lambda: fact.startswith(values),
        "not_prefix": lambda: not fact.startswith(values),
        "present": lambda: any(kind.startswith(values) for kind in fact),
        "absent": lambda: not any(kind.startswith(values) for kind in fact),
    }
    return bool(answers[str(condition.op)]())


def universe(field: Field) -> tuple[str, ...] | None:
    return ("low", "medium", "high") if field.codes == "category" else None


LICENCE_WITHOUT_PERMIT = Condition(all=(leaf("documents", "present", ("01011",)), leaf("documents", "absent", ("01",))))


@given(TREES)
@example(LICENCE_WITHOUT_PERMIT)
@settings(max_examples=150)
def test_a_condition_is_found_possible_exactly_when_some_case_meets_it(condition: Condition) -> None:
    grid, cases = Grid([condition], universe), cases_for(condition)
    assert grid.possible([grid.formula(condition)]) == any(holds(condition, case) for case in cases)
    assert grid.possible([grid.formula(condition, wanted=False)]) == any(not holds(condition, case) for case in cases)


@given(st.lists(LEAVES, min_size=2, max_size=6))
@settings(max_examples=100)
def test_what_is_named_as_contradicting_does_and_each_part_of_it_is_needed(conditions: list[Condition]) -> None:
    grid = Grid(conditions, universe)
    formulas = [grid.formula(condition) for condition in conditions]
    if grid.possible(formulas):
        return
    needed = core(grid, conditions)
    assert not grid.possible([grid.formula(one) for one in needed])
    for one in needed:
        assert len(needed) == 1 or grid.possible([grid.formula(other) for other in needed if other is not one])
