"""Five blocks share one gateway: one list, one catalogue, and no fact of one in the cases of another."""

from typing import Any

import pytest
from msgspec import json
from msgspec.structs import fields as struct_fields
from msgspec.structs import replace

from risk_gateway import canonical, gateway
from risk_gateway.catalog import OF_DECLARATIONS, Level, fields
from risk_gateway.decision import decide
from risk_gateway.model import HeaderFacts, ItemFacts, Outcome
from risk_gateway.profiles import AT_LODGEMENT, AT_OTHER_MOMENTS, Block, Kind
from risk_gateway.validation import DIRECTIONS


def test_every_block_judges_and_has_its_type_of_document() -> None:
    assert set(gateway.BLOCKS) == set(map(str, Block)) == set(map(str, DIRECTIONS))
    assert set(AT_LODGEMENT) | set(AT_OTHER_MOMENTS) == set(Block)


def test_the_catalogue_names_every_fact_and_no_other() -> None:
    facts = {
        Level.HEADER: {fact.name for fact in struct_fields(HeaderFacts)},
        Level.ITEM: {fact.name for fact in struct_fields(ItemFacts)} - {"sequence"},
    }
    for level, names in facts.items():
        assert {field.name for field in fields().values() if field.level is level} == names


@pytest.mark.parametrize("block", AT_OTHER_MOMENTS)
def test_a_block_of_another_moment_has_facts_of_its_own_that_declarations_do_not_have(block: Block) -> None:
    own = [field for field in fields().values() if field.blocks == {block}]
    assert len(own) >= 8
    assert all(not field.blocks & set(AT_LODGEMENT) for field in own)


def test_what_a_declaration_is_judged_by_is_what_it_was_before() -> None:
    """A profile of imports that was approved before there were other blocks is as sound as it was."""
    assert all(field.blocks >= OF_DECLARATIONS or not field.blocks & set(AT_LODGEMENT) for field in fields().values())


def test_facts_that_a_case_does_not_have_are_not_in_its_bytes(case: Any) -> None:
    written = json.decode(canonical.dumps(case()))["header"]
    assert written.keys() == {"declarant_category", "procedure", "type_code"}


@pytest.mark.parametrize("block", AT_OTHER_MOMENTS)
def test_a_block_says_what_to_do_next_in_words_of_its_own(
    block: Block, case: Any, known: Any, profile: Any, assess: Any, shipped: Any
) -> None:
    condition = {"field": "type_code", "op": "in", "value": [DIRECTIONS[block]]}
    red = profile("T-1", kind=Kind.DIRECT, block=block, condition=condition, measures=("INSPECT_FULL",))
    knowledge = known(red)
    facts = replace(case({"type_code": DIRECTIONS[block]}), block=block.value)
    (entry,) = decide(assess(facts, knowledge), facts, knowledge).explanation

    assert entry.next_step == shipped.phrases[f"next.INSPECTION_ORDER.{block.value}"]
    assert entry.next_step != shipped.phrases["next.INSPECTION_ORDER"]


def test_knowledge_of_before_says_it_in_the_common_words(case: Any, known: Any, profile: Any, assess: Any) -> None:
    """It has no words of blocks; a replay must give the same bytes."""
    condition = {"field": "above_allowance", "op": "is", "value": True}
    of_block = profile(block=Block.PASSENGERS, condition=condition)
    common = {key: words for key, words in known(of_block).phrases.items() if not key.endswith(".passengers")}
    knowledge = known(of_block, phrases=common)
    facts = replace(case({"type_code": "PD"}), block="passengers")
    assessment = assess(facts, knowledge)
    (entry,) = decide(assessment, facts, knowledge).explanation

    assert assessment.outcome is Outcome.SIMPLIFIED_RELEASE
    assert entry.next_step == common["next.SIMPLIFIED_RELEASE"]
