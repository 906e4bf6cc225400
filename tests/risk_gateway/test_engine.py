"""The engine finds what a person would find who goes through every profile by hand; and it is asked in order."""

from collections import Counter
from decimal import Decimal
from typing import Any

import naive
import pytest
from arbitrary import Chance

from risk_gateway import canonical, index
from risk_gateway import engine as engine_module
from risk_gateway.budget import Budget
from risk_gateway.catalog import FieldType
from risk_gateway.columns import Answer, Columns
from risk_gateway.engine import Engine
from risk_gateway.errors import OutOfTime
from risk_gateway.leaves import Leaf
from risk_gateway.model import Finding
from risk_gateway.profiles import Area, Kind

CASES = 2_500  # for each of four seeds
PROFILES = 600
AT_ONCE = 8


def judged(engine: Engine, case: Any, stopped_at: int | None = None) -> list[Finding]:
    return list(engine.judge(case, Budget.replaying(stopped_at)))


def watched(engine: Engine, case: Any) -> tuple[list[Finding], Counter[str]]:
    """Judge, and count by field what was asked of all items at once."""
    looks = Counter[str]()

    class Watched(Columns):
        def answer(self, asked: Leaf) -> Answer:
            looks[asked.name] += 1
            return super().answer(asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "Columns", Watched)
        return judged(engine, case), looks


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_it_finds_what_is_found_by_hand_in_any_case(seed: int) -> None:
    chance = Chance(seed)
    profiles = [chance.profile(f"P-{number}") for number in range(PROFILES)]
    direct = indirect = on_items = 0
    for number in range(CASES):
        chosen = [profiles[place] for place in {chance.below(PROFILES) for _ in range(AT_ONCE)}]
        case = chance.case()
        found, by_hand = judged(Engine(chosen), case), naive.judge(chosen, case)
        assert found == by_hand, f"seed {seed}, case {number}"
        assert canonical.dumps(found) == canonical.dumps(by_hand)
        direct += sum(finding.kind is Kind.DIRECT for finding in found)
        indirect += sum(finding.kind is Kind.INDIRECT for finding in found)
        on_items += sum(bool(finding.items) for finding in found)
    assert min(direct, indirect, on_items) > CASES / 4  # not vacuous


@pytest.mark.parametrize("seed", [5, 6])
def test_asked_of_all_items_at_once_profiles_find_what_is_found_by_hand(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((engine_module, "MUCH"), (engine_module, "FEW_ITEMS"), (index, "TURNED_FROM")):
        monkeypatch.setattr(module, name, 0)
    chance, asked = Chance(seed), Counter[str]()
    answer = Columns.answer
    monkeypatch.setattr(Columns, "answer", lambda self, leaf: asked.update([leaf.op]) or answer(self, leaf))
    profiles = [chance.profile(f"P-{number}") for number in range(PROFILES)]
    for _ in range(CASES):
        chosen = [profiles[place] for place in {chance.below(PROFILES) for _ in range(AT_ONCE)}]
        case = chance.case()
        assert judged(Engine(chosen), case) == naive.judge(chosen, case)
    assert set(asked) == {op for type_ in FieldType for op in type_.operators}  # not vacuous


def test_many_profiles_that_nothing_rules_out_are_asked_of_all_items_at_once(case: Any, profile: Any) -> None:
    """Thousands of such profiles would take seconds if each were asked about each item."""
    cheap = {"field": "usd_per_kg", "op": "<", "value": 2}
    either = {"any": [cheap, {"field": "net_gross_percent", "op": "<", "value": 50}]}
    known = [profile(f"T-{number}", condition=either) for number in range(40)]
    goods = case(items=[{"usd_per_kg": Decimal(number % 4)} for number in range(200)])
    found, looks = watched(Engine(known), goods)
    assert found == naive.judge(known, goods)
    assert [len(finding.items) for finding in found] == [100] * 40
    assert looks == {"usd_per_kg": 40, "net_gross_percent": 40}  # once a profile, not once an item


def test_profiles_of_a_few_goods_each_are_not_asked_of_all_however_many_they_are(case: Any, profile: Any) -> None:
    papers = {"any": [{"field": "item_documents", "op": "present", "value": [kind]} for kind in ("01011", "02015")]}
    known = [
        profile(f"T-{number:03}", condition=papers, area=Area(commodities=(f"85{number % 50:02}",)))
        for number in range(1_000)
    ]
    goods = case(
        items=[{"commodity_code": f"85{number % 50:02}000000", "item_documents": ("01011",)} for number in range(200)]
    )
    found, looks = watched(Engine(known), goods)
    assert found == naive.judge(known, goods)
    assert len(found) == 1_000
    assert not looks


@pytest.mark.parametrize("profiles", [3, 70])
def test_a_fact_that_is_no_number_troubles_only_those_who_ask_about_its_item(
    profiles: int, case: Any, profile: Any
) -> None:
    numbers = [{"field": field, "op": "<", "value": 2} for field in ("usd_per_unit", "usd_per_kg")]
    known = [
        profile(f"T-{number}", condition={"any": numbers}, area=Area(commodities=("85",))) for number in range(profiles)
    ]
    cheap = {"commodity_code": "8539000000", "usd_per_unit": Decimal(1)}
    goods = case(items=[*[cheap] * 9, {"commodity_code": "0101000000", "usd_per_unit": Decimal("sNaN")}])
    assert len(judged(Engine(known), goods)) == profiles


@pytest.mark.parametrize("items", [0, 1, 129, 999])
def test_it_finds_what_is_found_by_hand_of_many_profiles_and_items(items: int) -> None:
    chance = Chance(items)
    profiles = [chance.profile(f"P-{number}") for number in range(150)]
    engine = Engine(profiles)
    for _ in range(3):
        case = chance.case(items)
        assert judged(engine, case) == naive.judge(profiles, case)


@pytest.mark.parametrize("turned_from", [index.TURNED_FROM, 0])
def test_what_was_found_before_time_ran_out_is_what_comes_first_by_hand(
    turned_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "TURNED_FROM", turned_from)
    chance = Chance(7)
    profiles = [chance.profile(f"P-{number}") for number in range(60)]
    engine, case = Engine(profiles), chance.case(40)
    by_hand = naive.judge(profiles, case)
    in_time = Budget.replaying(None)
    assert list(engine.judge(case, in_time)) == by_hand
    counts = []
    for stopped_at in range(1, in_time.checks + 1):
        found: list[Finding] = []
        with pytest.raises(OutOfTime) as stopped:
            found.extend(engine.judge(case, Budget.replaying(stopped_at)))
        assert stopped.value.check == stopped_at
        assert found == by_hand[: len(found)]
        counts.append(len(found))
    assert counts == sorted(counts)
    assert len(set(counts)) > 3


def test_a_direct_profile_is_asked_before_any_other(case: Any, profile: Any) -> None:
    ban = profile("Z-9", kind=Kind.DIRECT)
    findings = Engine([*(profile(f"A-{number}") for number in range(2_000)), ban]).judge(case(), Budget.replaying(3))
    assert next(findings).profile == "Z-9"
    with pytest.raises(OutOfTime):
        next(findings)


def test_profiles_that_the_header_or_the_goods_rule_out_cost_no_look_at_the_clock(case: Any, profile: Any) -> None:
    ruled_out = [
        profile(f"A-{number}", condition={"field": field, "op": op, "value": ["X", "7204"][op == "prefix" :][:1]})
        for number, (field, op) in enumerate([("procedure", "in"), ("commodity_code", "prefix")] * 500)
    ]
    budget = Budget.replaying(None)
    (finding,) = Engine([*ruled_out, profile("T-1")]).judge(case(), budget)
    assert finding.profile == "T-1"
    assert budget.checks == 2


def test_a_commodity_of_fewer_digits_than_a_prefix_is_not_let_in_and_no_item_is_twice(case: Any, profile: Any) -> None:
    by_prefixes = [
        profile(code, condition={"field": "commodity_code", "op": "prefix", "value": value})
        for code, value in (("T-1", ["85"]), ("T-2", ["8539"]), ("T-3", ["8539", "85"]))
    ]
    goods = case(items=[{"commodity_code": "85"}, {"commodity_code": "8539000000"}])
    assert [finding.items for finding in judged(Engine(by_prefixes), goods)] == [(1, 2), (2,), (1, 2)]


def test_goods_without_a_code_are_asked_about_once(case: Any, profile: Any) -> None:
    cheap = profile("T-1", condition={"field": "usd_per_kg", "op": "<", "value": 1})
    goods = case(items=[{"commodity_code": "", "usd_per_kg": Decimal("0.5")}])
    assert [finding.items for finding in judged(Engine([cheap]), goods)] == [(1,)]


def test_items_that_a_profile_finds_in_several_chapters_are_told_in_their_order(case: Any, profile: Any) -> None:
    goods = case(items=[{"commodity_code": code} for code in ("8539000000", "0702000000", "8501000000", "0701000000")])
    of_both = profile("T-1", condition={"field": "commodity_code", "op": "prefix", "value": ["07", "85"]})
    assert [finding.items for finding in judged(Engine([of_both]), goods)] == [(1, 2, 3, 4)]


def test_a_bound_is_meant_or_not_as_the_operator_says_also_where_others_share_it(case: Any, profile: Any) -> None:
    operators = ("<", "<=", ">", ">=")
    known = [
        profile(f"T-{number}", condition={"field": "usd_per_kg", "op": op, "value": 2})
        for number, op in enumerate(operators)
    ]
    fired = {
        kg: [operators[int(finding.profile[-1])] for finding in judged(Engine(known), case(items=[{"usd_per_kg": kg}]))]
        for kg in (Decimal(1), Decimal(2), Decimal(3), None)
    }
    assert fired == {Decimal(1): ["<", "<="], Decimal(2): ["<=", ">="], Decimal(3): [">", ">="], None: []}
