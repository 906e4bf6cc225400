"""Starter profiles act, and do not act, at the limits that the tables in tests/cases/profiles name.

Whole declarations for each of them are in tests/cases/lodgements.
"""

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from risk_gateway.knowledge import shipped_profiles
from risk_gateway.model import HeaderFacts, ItemFacts
from risk_gateway.profiles import AT_LODGEMENT, Block
from risk_gateway.words import LANGUAGES

CASES = Path(__file__).parents[1] / "cases" / "profiles"
SITUATIONS = [
    (file.stem, situation)
    for file in sorted(CASES.glob("*.toml"))
    for situation in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]
USUAL = {
    "imports": {"type_code": "IM", "procedure": "40", "declarant_category": "medium"},
    "exports": {"type_code": "EX", "procedure": "10", "declarant_category": "medium"},
    "deliveries": {"type_code": "TT", "declarant_category": "medium"},
    "passengers": {"type_code": "PD", "declarant_category": "medium"},
    "audits": {"type_code": "PA", "declarant_category": "medium"},
}


@pytest.mark.parametrize(
    ("block", "situation"), SITUATIONS, ids=[f"{entry['profile']}: {entry['title']}" for _, entry in SITUATIONS]
)
def test_a_starter_profile_acts_as_its_table_says(
    block: str, situation: dict[str, Any], case: Any, assess: Any, shipped: Any
) -> None:
    header = msgspec.convert({**USUAL[block], **situation.get("header", {})}, HeaderFacts)
    item = msgspec.convert({"sequence": 1, "commodity_code": "0000000000", **situation.get("item", {})}, ItemFacts)
    facts = msgspec.structs.replace(case(), block=block, header=header, items=(item,))
    fired = {finding.profile for finding in assess(facts, shipped).findings}
    assert (situation["profile"] in fired) == situation["fires"]


def test_every_table_is_of_a_starter_profile() -> None:
    assert {entry["profile"] for _, entry in SITUATIONS} <= {profile.code for profile in shipped_profiles()}


def test_every_starter_profile_of_what_is_not_lodged_has_a_situation_that_fires_it_and_a_near_one_that_does_not() -> (
    None
):
    """Those of imports and exports have whole declarations as well: tests/cases/lodgements."""
    told = {(entry["profile"], entry["fires"]) for _, entry in SITUATIONS}
    of_blocks = [profile.code for profile in shipped_profiles() if profile.block not in AT_LODGEMENT]
    assert {(code, fires) for code in of_blocks for fires in (True, False)} <= told


def test_every_one_of_the_twenty_five_starter_profiles_is_shipped_with_both() -> None:
    """The numbers of the list are those at the end of the codes."""
    told: dict[int, set[bool]] = {}
    for _, entry in SITUATIONS:
        told.setdefault(int(re.search(r"[0-9]+", entry["profile"]).group()), set()).add(entry["fires"])  # type: ignore[union-attr]
    assert {number for number, fires in told.items() if fires == {True, False}} >= set(range(1, 26))


@pytest.mark.parametrize("block", [block for block in Block if block not in AT_LODGEMENT])
def test_where_no_fact_is_known_no_profile_of_the_block_fires(
    block: Block, case: Any, assess: Any, shipped: Any
) -> None:
    header = msgspec.convert(USUAL[block], HeaderFacts)
    facts = msgspec.structs.replace(case(), block=block.value, header=header, items=())
    assessment = assess(facts, shipped)
    assert assessment.findings == ()
    assert assessment.degraded is None


def test_each_profile_ends_and_was_approved_by_another_analyst() -> None:
    for profile in shipped_profiles():
        assert profile.valid_to - profile.valid_from < timedelta(days=3 * 366)
        assert profile.author != profile.approver


def test_what_a_declarant_reads_holds_no_figure_and_is_written_in_each_language() -> None:
    for profile in shipped_profiles():
        for words in (profile.declarant_text, profile.title, profile.legal_basis):
            assert len({words.into(language) for language in LANGUAGES}) == 3
        for language in LANGUAGES:
            assert not re.search(r"\d|%", profile.declarant_text.into(language))
        assert re.search(r"[әіңғүұқөһ]", profile.declarant_text.kk.lower())
