"""What leaves of a violation: over generated records and policies, nothing that the policy does not allow."""

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from interop.disclosure import ALWAYS, FIELDS, HASHABLE, Policy, ViolationMessage, disclose, hash_of
from risk_gateway.bases.violations.model import Appeal, Identity, Scheme, Source, State, Violation

KINDS = ("found_by_control", "undervaluation", "smuggling")
DAYS = st.dates(date(2000, 1, 1), date(2040, 1, 1))
TEXTS = st.text(min_size=1, max_size=12)
UNMISTAKABLE = st.uuids().map(lambda each: each.hex)  # a value that is not part of another by chance

violations = st.builds(
    Violation,
    id=UNMISTAKABLE,
    version=st.integers(1, 99),
    identity=st.builds(
        Identity, scheme=st.sampled_from(Scheme), number=UNMISTAKABLE, country=st.just("KZ"), name=UNMISTAKABLE
    ),
    kind=st.sampled_from(KINDS),
    article=UNMISTAKABLE,
    committed_on=DAYS,
    place=UNMISTAKABLE,
    declaration=st.none() | UNMISTAKABLE,
    amount_tiyn=st.integers(0, 10**15),
    decision_number=UNMISTAKABLE,
    decided_on=st.none() | DAYS,
    state=st.sampled_from(State),
    appeal=st.sampled_from(Appeal),
    expires_on=st.none() | DAYS,
    source=st.sampled_from((Source.ACT, Source.AUDIT)),
    source_name=UNMISTAKABLE,
    legal_basis=UNMISTAKABLE,
    hold_until=DAYS,
    recorded_at=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    provenance=UNMISTAKABLE,
)
policies = st.builds(
    Policy,
    fields=st.sets(st.sampled_from(sorted(FIELDS)) | TEXTS).map(lambda some: frozenset(some | ALWAYS)),
    hash_fields=st.frozensets(st.sampled_from(sorted(FIELDS))),
    kinds=st.frozensets(st.sampled_from(KINDS)),
    retention_days=st.integers(0, 4000),
    salt=st.text(max_size=20),
)
any_policies = policies | st.builds(
    Policy, fields=st.frozensets(st.sampled_from(sorted(FIELDS))), kinds=st.just(frozenset(KINDS))
)


def texts_of(violation: Violation) -> dict[str, str]:
    """Return the texts of a violation that can be told from all others, by field."""
    identity = violation.identity
    named = {"number": identity.number, "name": identity.name, "provenance": violation.provenance}
    names = ("id", "article", "place", "declaration", "decision_number", "source_name", "legal_basis")
    return named | {name: text for name in names if (text := getattr(violation, name))}


@settings(max_examples=400)
@given(violation=violations, policy=any_policies)
def test_no_field_leaves_that_the_policy_does_not_allow(violation: Violation, policy: Policy) -> None:
    told = disclose(violation, policy)
    if told is None:
        return
    assert violation.kind in policy.kinds
    hashed = {f"{name}_hash" for name in policy.hash_fields & HASHABLE}
    assert set(told) <= ((policy.fields & FIELDS) - policy.hash_fields) | hashed
    written = json.dumps(told, ensure_ascii=False)
    for name, text in texts_of(violation).items():
        if name not in policy.fields or name in policy.hash_fields:
            assert text not in written, f"{name} has left"


@settings(max_examples=200)
@given(violation=violations, policy=policies)
def test_what_leaves_is_a_message_that_the_other_side_can_read(violation: Violation, policy: Policy) -> None:
    told = disclose(violation, policy)
    if told is not None:
        message = msgspec.json.decode(msgspec.json.encode(told), type=ViolationMessage)
        assert message.id == violation.id
        assert message.retain_until is None or message.retain_until <= violation.hold_until


@settings(max_examples=100)
@given(violation=violations, policy=policies)
def test_what_a_partner_told_us_leaves_to_nobody(violation: Violation, policy: Policy) -> None:
    assert disclose(replace(violation, source=Source.PARTNER), policy) is None


def usual(**changes: Any) -> Policy:
    return Policy(**{"fields": FIELDS, "kinds": frozenset(KINDS), "salt": "salt", **changes})


def example(**changes: Any) -> Violation:
    made = Violation(
        id="KZ-CRV-1",
        identity=Identity(Scheme.BIN, "150340012340", "KZ", "Altyn Dala"),
        kind=KINDS[0],
        committed_on=date(2026, 1, 1),
        state=State.CONFIRMED,
        source=Source.ACT,
        legal_basis="law",
        hold_until=date(2031, 1, 1),
        recorded_at=datetime(2026, 1, 2, tzinfo=UTC),
        provenance="0" * 64,
    )
    return replace(made, **changes)


@pytest.mark.parametrize("missing", sorted(ALWAYS))
def test_without_what_a_message_needs_nothing_is_told(missing: str) -> None:
    assert disclose(example(), usual(fields=FIELDS - {missing})) is None
    assert disclose(example(), usual(hash_fields=frozenset({missing}))) is None


def test_a_policy_that_says_nothing_lets_nothing_leave() -> None:
    assert disclose(example(), Policy()) is None


def test_a_hashed_identifier_leaves_only_as_its_hash_and_without_a_salt_not_at_all() -> None:
    told = disclose(example(), usual(hash_fields=frozenset({"number"})))
    assert told is not None
    assert "number" not in told
    assert told["number_hash"] == hash_of("150340012340", "salt")
    bare = disclose(example(), usual(hash_fields=frozenset({"number"}), salt=""))
    assert bare is not None
    assert {"number", "number_hash"} & set(bare) == set()


def test_each_partner_gets_another_hash_and_spelling_makes_no_difference() -> None:
    assert hash_of("150340012340", "one") != hash_of("150340012340", "two")
    assert hash_of(" 1503-4001 2340", "one") == hash_of("150340012340", "one")
    assert hash_of("ALTYN DALA", "one") == hash_of("Altyn Dala", "one")


def test_it_may_be_kept_as_long_as_agreed_and_never_longer_than_here() -> None:
    short = disclose(example(), usual(retention_days=30))
    long = disclose(example(), usual(retention_days=9000))
    assert short is not None
    assert long is not None
    assert (short["retain_until"], long["retain_until"]) == ("2026-02-01", "2031-01-01")
