"""A stored case judged anew says the same; whatever was changed behind it is named with its place."""

from typing import Any

import pytest
from archives import judged, reader
from msgspec.structs import replace

from risk_gateway import canonical, gateway
from risk_gateway.archive import StoredCase
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.model import Knowledge
from risk_gateway.packing import pack, unpack
from risk_gateway.replay import replay


@pytest.fixture
def knowledge(known: Any, profile: Any) -> Knowledge:
    return known(profile())


@pytest.fixture
def stored(case: Any, knowledge: Knowledge) -> StoredCase:
    return judged(case(), knowledge)


def rewritten(blob: bytes, old: bytes, new: bytes) -> bytes:
    content = unpack(blob)
    assert old in content
    return pack(content.replace(old, new, 1))


def test_without_its_knowledge_a_case_cannot_be_replayed(stored: StoredCase) -> None:
    replayed = replay(stored, reader())

    assert not replayed.same
    assert replayed.difference is None
    assert stored.knowledge_version in (replayed.problem or "")


def test_with_knowledge_that_is_not_what_its_version_says_a_case_cannot_be_replayed(
    stored: StoredCase, knowledge: Knowledge
) -> None:
    forged = replace(knowledge, day_key=b"\x07" * 32)

    assert "does not match its version" in (replay(stored, reader(forged)).problem or "")


@pytest.mark.parametrize("name", ["case", "assessment", "decision"])
@pytest.mark.parametrize("blob", [b"no zstd at all", pack(b"{"), pack(b'{"no":"such struct"}')])
def test_what_cannot_be_read_is_a_problem_and_no_crash(
    stored: StoredCase, knowledge: Knowledge, name: str, blob: bytes
) -> None:
    assert not replay(replace(stored, **{name: blob}), reader(knowledge)).same


def test_a_changed_assessment_is_named_with_both_values(stored: StoredCase, knowledge: Knowledge) -> None:
    changed = replace(stored, assessment=rewritten(stored.assessment, b'"weight":40', b'"weight":41'))

    difference = replay(changed, reader(knowledge)).difference
    assert difference is not None
    assert (difference.part, difference.path) == ("assessment", "findings[0].weight")
    assert (difference.stored, difference.anew) == ("41", "40")


def test_a_changed_fact_shows_in_the_assessment(case: Any, known: Any, profile: Any) -> None:
    knowledge = known(profile(condition={"field": "commodity_code", "op": "prefix", "value": ["8539"]}))
    stored = judged(case(), knowledge)
    changed = replace(stored, case=rewritten(stored.case, b"8539229000", b"9401610000"))

    difference = replay(changed, reader(knowledge)).difference
    assert difference is not None
    assert difference.part == "assessment"


def test_a_changed_decision_is_named(stored: StoredCase, knowledge: Knowledge) -> None:
    changed = replace(stored, decision=rewritten(stored.decision, b"DOCUMENTARY_CHECK", b"SIMPLIFIED_RELEASE"))

    difference = replay(changed, reader(knowledge)).difference
    assert difference is not None
    assert difference.part == "decision"


def test_a_column_that_says_otherwise_is_named(stored: StoredCase, knowledge: Knowledge) -> None:
    difference = replay(replace(stored, outcome="INSPECTION_ORDER"), reader(knowledge)).difference

    assert difference is not None
    assert (difference.part, difference.path) == ("columns", "outcome")


def test_the_same_values_in_other_bytes_are_not_the_same(stored: StoredCase, knowledge: Knowledge) -> None:
    spaced = pack(unpack(stored.assessment).replace(b'":', b'": ', 1))

    difference = replay(replace(stored, assessment=spaced), reader(knowledge)).difference
    assert difference is not None
    assert str(difference) == "the assessment says the same in other bytes"


def test_what_was_not_touched_is_the_same(stored: StoredCase, knowledge: Knowledge) -> None:
    assert replay(stored, reader(knowledge)).same


def test_knowledge_read_back_from_its_canonical_json_replays(stored: StoredCase, knowledge: Knowledge) -> None:
    again = canonical.loads(canonical.dumps(knowledge), Knowledge)

    assert replay(stored, reader(again)).same


def test_a_case_that_ran_out_of_time_stops_at_the_same_place(case: Any, known: Any, profile: Any) -> None:
    knowledge, facts = known(profile("T-1"), profile("T-2")), case()
    hurried = gateway.assess(facts, knowledge, Budget.replaying(1))
    assert hurried.stopped_at == 1
    decision = decide(hurried, facts, knowledge)
    stored = replace(
        judged(facts, knowledge),
        outcome=decision.outcome.value,
        assessment=pack(canonical.dumps(hurried)),
        decision=pack(canonical.dumps(decision)),
    )

    assert replay(stored, reader(knowledge)).same
