"""Measures are merged to the strictest; the declarant reads what is ordered and why, never how risk was measured."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from risk_gateway.decision import decide
from risk_gateway.model import Load, Outcome
from risk_gateway.officer_view import for_officer
from risk_gateway.profiles import (
    AT_OTHER_MOMENTS,
    Category,
    Extent,
    Kind,
    MeasureCode,
    RiskCategory,
    SelectionRates,
)
from risk_gateway.words import LANGUAGES, Words

ZERO = {"field": "price_zero", "op": "is", "value": True}
QUOTA = {"field": "quota_claimed", "op": "is", "value": True}
OWN_REASONS = ("release", "random", "unfinished", "amended", "amended-after-release")
KEYS = {"id", "outcome", "inspection_extent", "measures", "explanation", "degraded", "decided_at"}


def codes(decision: Any) -> list[MeasureCode]:
    return [measure.code for measure in decision.measures]


def test_a_release_has_no_measure_and_still_says_why(case: Any, known: Any, profile: Any, decided: Any) -> None:
    decision = decided(case(), known(profile(weight=1)))
    assert (decision.outcome, decision.inspection_extent) == (Outcome.SIMPLIFIED_RELEASE, None)
    answer = decision.as_json("en")
    assert answer["measures"] == []
    (entry,) = answer["explanation"]
    assert entry["text"].startswith("No risk requiring control was found")
    assert (entry["deadline"], entry["items"]) == (None, [])


@pytest.mark.parametrize(
    ("hits", "rate", "version", "flagged"),
    [
        (1, "1", 2, True),
        (1, "0.999999", 2, True),
        (1, "0.000001", 2, False),  # it was not drawn, so the cap took nothing away
        (0, "1", 2, False),
        (1, "1", 1, False),  # a case of before, which replays to the same
    ],
)
def test_a_hit_that_a_daily_cap_cuts_off_is_flagged_for_audit(
    hits: int, rate: str, version: int, flagged: bool, case: Any, known: Any, profile: Any, decided: Any
) -> None:
    selection = SelectionRates(medium=Decimal(rate))
    knowledge = known(profile("T-1", daily_cap=1, weight=90, selection=selection, measures=("INSPECT_FULL",)))
    decision = decided(replace(case(load=Load(capped={"T-1": hits})), facts_version=version), knowledge)
    assert (MeasureCode.POST_AUDIT_FLAG in codes(decision)) is flagged
    assert "POST_AUDIT_FLAG" not in json.dumps(decision.as_json("en"))


def test_the_strictest_inspection_stays_with_the_items_of_all(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    partial = profile("T-1", weight=50, condition=ZERO, measures=("INSPECT_PARTIAL", "WEIGH"))
    visual = profile("T-2", weight=50, condition=QUOTA, measures=("INSPECT_VISUAL", "SCAN"))
    facts = case({"declarant_category": Category.HIGH}, items=[{"price_zero": True}, {}, {"quota_claimed": True}])
    decision = decided(facts, known(partial, visual))
    assert decision.inspection_extent is Extent.PARTIAL
    assert {measure.code: measure.items for measure in decision.measures} == {
        MeasureCode.INSPECT_PARTIAL: (1, 3),
        MeasureCode.SCAN: (3,),
        MeasureCode.WEIGH: (1,),
    }


def test_a_finding_on_the_whole_declaration_swallows_single_items(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    knowledge = known(
        profile("T-1", weight=70, condition=ZERO, measures=("INSPECT_FULL",)),
        profile("T-2", weight=70, measures=("INSPECT_VISUAL",)),
    )
    (measure,) = decided(case(items=[{"price_zero": True}]), knowledge).measures
    assert (measure.code, measure.extent, measure.items) == (MeasureCode.INSPECT_FULL, Extent.FULL, ())


def test_a_documentary_check_orders_nothing_physical(case: Any, known: Any, profile: Any, decided: Any) -> None:
    knowledge = known(profile(weight=40, measures=("INSPECT_FULL", "SCAN", "VALUE_CONTROL", "POST_AUDIT_FLAG")))
    decision = decided(case(), knowledge)
    assert codes(decision) == [
        MeasureCode.POST_AUDIT_FLAG,
        MeasureCode.DOCUMENTARY_CONTROL,
        MeasureCode.VALUE_CONTROL,
    ]
    assert decision.inspection_extent is None


def test_an_inspection_without_a_named_extent_takes_the_one_of_the_parameters(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    decision = decided(case(), known(profile(weight=80, measures=("VALUE_CONTROL",))))
    assert decision.inspection_extent is Extent.PARTIAL
    assert "inspection of a part of the goods" in decision.as_json("en")["explanation"][0]["text"]


def test_a_weak_indicator_is_not_given_as_a_reason_beside_a_prohibition(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    ban = profile("T-1", kind=Kind.DIRECT, measures=("INSPECT_FULL",), category=RiskCategory.NON_TARIFF)
    weak = profile("T-2", weight=5, measures=("INSPECT_VISUAL", "DOCUMENTARY_CONTROL"))
    decision = decided(case(), known(ban, weak))
    assert codes(decision) == [MeasureCode.INSPECT_FULL]
    assert [entry.category_code for entry in decision.explanation] == ["non_tariff"]


def test_reasons_of_the_same_words_are_one_entry_and_the_strictest_comes_first(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    value = {"category": RiskCategory.CUSTOMS_VALUE, "declarant_text": Words("құн", "стоимость", "value")}
    facts = case(items=[{"price_zero": True}, {"quota_claimed": True}])
    decision = decided(
        facts,
        known(
            profile("A-1", weight=50, measures=("DOCUMENTARY_CONTROL",), condition=ZERO, **value),
            profile("A-2", weight=50, measures=("VALUE_CONTROL",), condition=QUOTA, **value),
            profile("B-1", weight=50, measures=("INSPECT_FULL",)),
        ),
    )
    assert [(entry.category_code, entry.items) for entry in decision.explanation] == [
        ("goods", ()),
        ("customs_value", (1, 2)),
    ]
    assert decision.explanation[1].text.en == "value Ordered: check of the documents, control of the customs value."


def test_the_answer_has_the_agreed_shape_with_times_in_their_zone(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    answer = decided(case(items=[{"price_zero": True}]), known(profile(weight=40, condition=ZERO))).as_json("en")
    assert set(answer) == KEYS
    assert answer["measures"] == [
        {
            "code": "DOCUMENTARY_CONTROL",
            "extent": None,
            "items": [1],
            "deadline": "2026-11-24T14:00:00+05:00",
        }
    ]
    (entry,) = answer["explanation"]
    assert set(entry) == {"category", "text", "items", "next_step", "deadline"}
    assert "Ordered: check of the documents." in entry["text"]
    assert "basis" in entry["text"]
    assert "appeal" in entry["next_step"]
    assert entry["deadline"] == "2026-11-24T14:00:00+05:00"
    assert datetime.fromisoformat(answer["decided_at"]).utcoffset() is not None
    assert json.loads(json.dumps(answer)) == answer


def test_an_inspection_is_due_by_the_end_of_the_next_working_day(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    decision = decided(case(), known(profile(weight=80, measures=("INSPECT_FULL", "EXPERTISE"))))
    due = {measure.code.value: measure.deadline.isoformat() for measure in decision.measures}
    assert due == {"INSPECT_FULL": "2026-11-25T18:30:00+05:00", "EXPERTISE": "2026-12-08T18:30:00+05:00"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("category", Category)
def test_the_declarant_never_reads_a_profile_a_weight_a_score_or_a_threshold(
    language: str, category: Category, case: Any, shipped: Any, known: Any, decided: Any
) -> None:
    """Every shipped profile fires by itself, with a weight, code and limit that could not be there by chance."""
    for position, original in enumerate(shipped.profiles):
        secret = replace(
            original,
            code=f"SECRET-{7700 + position}",
            weight=97,
            family="secret-family",
            condition=replace(
                original.condition, all=None, any=None, negated=None, field="item_count", op=">=", value=8642
            ),
            area=type(original.area)(),
        )
        knowledge = known(secret)
        facts = case({"declarant_category": category, "item_count": 8643}, block=original.block.value)
        answer = json.dumps(decided(facts, knowledge).as_json(language), ensure_ascii=False)
        told = re.sub(r'"(id|decided_at|deadline)": "[^"]*"', "", answer)
        for confidential in (
            "SECRET",
            "secret",
            str(7700 + position),
            "97",
            "8642",
            "8643",
            "POST_AUDIT",
            original.title.into(language),
        ):
            assert confidential not in told
        assert not re.search(r"(?i)\b(profile|score|weight|threshold|профил|балл|порог|вес профиля|бейін|ұпай)", told)


def test_the_officer_reads_the_profile_and_the_expected_and_the_actual_value(
    case: Any, known: Any, profile: Any, assess: Any
) -> None:
    low = profile(
        "T-7",
        weight=40,
        condition={
            "all": [{"field": "usd_per_kg", "op": "<", "value": "2.5"}, {"field": "item_count", "op": ">", "value": 1}]
        },
    )
    facts = case(
        {"item_count": 3},
        items=[{"usd_per_kg": Decimal("1.10")}, {"usd_per_kg": Decimal(9)}, {"usd_per_kg": Decimal(2)}],
    )
    knowledge = known(low)
    (note,) = for_officer(assess(facts, knowledge), knowledge, "en").notes
    assert (note.profile, note.weight, note.items) == ("T-7", 40, (1, 3))
    told = [(row.item, row.label, row.op, row.expected, row.actual) for row in note.comparisons]
    assert told == [
        (1, "Value per kilogram, USD", "<", "2.5", "1.10"),
        (1, "Number of items", ">", "1", "3"),
        (3, "Value per kilogram, USD", "<", "2.5", "2"),
        (3, "Number of items", ">", "1", "3"),
    ]


def test_every_category_measure_and_outcome_has_its_words(shipped: Any) -> None:
    wanted = {f"category.{category.value}" for category in RiskCategory}
    wanted |= {f"category.{own}" for own in OWN_REASONS}
    wanted |= {f"text.{own}" for own in OWN_REASONS}
    wanted |= {f"next.{outcome.value}" for outcome in Outcome}
    for block in AT_OTHER_MOMENTS:
        wanted |= {f"text.release.{block.value}", f"text.random.{block.value}"}
        wanted |= {f"next.{outcome.value}.{block.value}" for outcome in Outcome}
    silent = {MeasureCode.NONE, MeasureCode.POST_AUDIT_FLAG}
    wanted |= {f"measure.{code.value}" for code in MeasureCode if code not in silent}
    assert set(shipped.phrases) == wanted | {"ordered", "legal-basis", "appeal"}


def test_without_another_moment_the_deadlines_run_from_lodgement(
    case: Any, known: Any, profile: Any, assess: Any, at: datetime
) -> None:
    facts, knowledge = case(), known(profile(weight=40))
    assessment = assess(facts, knowledge)
    assert facts.lodged_at.utcoffset() == timedelta(0)
    assert decide(assessment, facts, knowledge) == decide(assessment, facts, knowledge, at)
    later = decide(assessment, facts, knowledge, at + timedelta(hours=1))
    assert later.measures[0].deadline == at + timedelta(hours=5)
    assert later.as_json("en")["decided_at"] == "2026-11-24T11:00:00+05:00"


def test_an_unnamed_inspection_concerns_only_the_items_that_led_to_it(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    knowledge = known(
        profile("T-1", kind=Kind.DIRECT, condition=ZERO, measures=("DETAIN",)),
        profile("T-2", weight=40, condition=QUOTA, measures=("VALUE_CONTROL",)),
    )
    decision = decided(case(items=[{"price_zero": True}, {"quota_claimed": True}]), knowledge)
    assert {measure.code: measure.items for measure in decision.measures} == {
        MeasureCode.DETAIN: (1,),
        MeasureCode.INSPECT_PARTIAL: (1,),
        MeasureCode.VALUE_CONTROL: (2,),
    }
