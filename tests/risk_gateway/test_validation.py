"""A wrong profile is refused with the code, the place and the words that tests/cases/refused_profiles.toml says."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused_profiles import CASES, SOUND, changed

from risk_gateway import consistency
from risk_gateway.catalog import FieldType, fields
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.profiles import Condition, Profile, prefixes
from risk_gateway.validation import LEAVES_MAX, problems
from risk_gateway.words import LANGUAGES, message

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_a_wrong_profile_is_refused_with_its_code_and_place_in_three_languages(case: dict[str, Any]) -> None:
    found = list(problems(changed(case), TODAY))
    assert [problem.code for problem in found] == [case["code"]]
    assert found[0].place == case.get("place", "IM-90")
    texts = {found[0].text(language) for language in LANGUAGES}
    assert len(texts) == 3
    assert all(found[0].place in text and "{" not in text for text in texts)


def test_the_sound_profile_of_the_table_breaks_no_rule() -> None:
    assert list(problems(SOUND, TODAY)) == []


@pytest.mark.parametrize(("asked", "codes"), [(LEAVES_MAX, []), (LEAVES_MAX + 1, ["condition-too-long"])])
def test_a_condition_of_more_questions_than_a_person_reads_is_refused(asked: int, codes: list[str]) -> None:
    branches = tuple(
        Condition(
            all=(Condition(field="unit", op="in", value=("796",)), Condition(field="net_mass_kg", op=">", value=kg))
        )
        for kg in range(1, asked // 2 + 1)
    )
    odd = (Condition(field="gross_mass_kg", op=">", value=1),) * (asked % 2)
    profile = msgspec.structs.replace(SOUND, condition=Condition(any=(*branches, *odd)))
    found = list(problems(profile, TODAY))
    assert [problem.code for problem in found] == codes
    assert list(problems(profile)) == []  # approved before this was a rule: it judges on
    assert all(str(LEAVES_MAX + 1) in problem.text(language) for problem in found for language in LANGUAGES)


def test_every_rule_of_a_profile_is_in_the_table() -> None:
    elsewhere = {
        "profile-shape",
        "profile-twice",
        "profile-status",
        "profile-tampered",
        "profile-unapproved",
        "condition-too-complicated",
        "condition-too-long",
    }
    folder = Path(__file__).parents[2] / "risk_gateway"
    known = tomllib.loads((folder / "messages.toml").read_text(encoding="utf-8"))
    rules = {code for code in known if code.startswith(("profile-", "condition-"))}
    assert rules - {case["code"] for case in CASES} == elsewhere


def test_every_message_of_the_desk_has_three_languages() -> None:
    folder = Path(__file__).parents[2] / "risk_gateway"
    known = tomllib.loads((folder / "messages.toml").read_text(encoding="utf-8"))
    for code in known:
        if code.startswith(("profile-", "condition-", "move-")):
            assert len(set(known[code].values())) == 3
            assert set(known[code]) == set(LANGUAGES)


@pytest.mark.parametrize("profile", shipped_profiles(), ids=lambda profile: profile.code)
def test_every_starter_profile_keeps_every_rule(profile: Profile) -> None:
    assert list(problems(profile, TODAY)) == []


def test_a_contradiction_names_only_what_contradicts() -> None:
    leaves = [("price_zero", "is", True), ("usd_per_kg", "<", 5), ("item_count", ">", 3), ("usd_per_kg", ">", 10)]
    condition = Condition(all=tuple(Condition(field=name, op=op, value=value) for name, op, value in leaves))
    (found,) = problems(msgspec.structs.replace(SOUND, condition=condition), TODAY)
    assert found.params["parts"] == "usd_per_kg < 5; usd_per_kg > 10"


def test_a_condition_that_cannot_be_tried_through_is_refused_not_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name, field in fields().items() if field.type is FieldType.NUMBER]

    def either(salt: int) -> Condition:
        leaves = ((name, ">" if salt >> place & 1 else "<=") for place, name in enumerate(names[:4]))
        return Condition(any=tuple(Condition(field=name, op=op, value=5) for name, op in leaves))

    condition = Condition(all=tuple(either(salt) for salt in range(16)))
    monkeypatch.setattr(consistency, "WORK_MAX", 50)
    found = list(problems(msgspec.structs.replace(SOUND, condition=condition), TODAY))
    assert [problem.code for problem in found] == ["condition-too-complicated"]
    assert len({found[0].text(language) for language in LANGUAGES}) == 3


def test_a_profile_may_last_from_a_leap_day_to_three_years_later() -> None:
    leap = msgspec.structs.replace(SOUND, valid_from=date(2028, 2, 29), valid_to=date(2031, 3, 1))
    assert list(problems(leap, TODAY)) == []


@pytest.mark.parametrize(
    ("given_ranges", "expected"),
    [
        (["8501-8504"], ("8501", "8502", "8503", "8504")),
        (["84-85"], ("84", "85")),
        (["9401"], ("9401",)),
        (["8400-8499"], ("84",)),
        (["840199-840300"], ("840199", "8402", "840300")),
    ],
)
def test_a_range_becomes_the_fewest_prefixes(given_ranges: list[str], expected: tuple[str, ...]) -> None:
    assert prefixes(given_ranges) == expected


@given(st.integers(0, 999_999), st.integers(0, 999_999), st.integers(0, 999_999))
@settings(max_examples=200)
def test_a_range_covers_what_lies_in_it_and_nothing_else(one: int, other: int, code: int) -> None:
    low, high = sorted((one, other))
    covered = f"{code:06}".startswith(prefixes([f"{low:06}-{high:06}"]))
    assert covered == (low <= code <= high)


def test_a_message_asks_for_nothing_that_its_refusal_does_not_give() -> None:
    with pytest.raises(KeyError):
        message("profile-unknown-code", {"place": "IM-90"})
