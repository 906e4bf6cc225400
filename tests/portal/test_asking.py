"""Asking partners: who is silent, slow or lies is unknown, and nobody waits longer than the budget."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asking
import msgspec
import offices
import pytest
from asking import ASKED, POLICE, TAX, Edge
from cast import PARTICIPANTS
from msgspec.structs import replace
from offices import StillClock

from interop import partner_store
from interop.calls import Reply
from interop.disclosure import Policy
from interop.partners import PartnerKind
from portal.asking.breaker import REST_SECONDS, Breaker
from portal.asking.line import RESTING
from portal.audit import Event
from portal.database import reading, writing
from portal.office import Office
from risk_gateway.bases.partner_facts import store
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question
from signing import store as signing_store

ALTYN, QORGAN = PARTICIPANTS["altyn"].identifier, PARTICIPANTS["qorgan"].identifier
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def office(tmp_path: Path, clock: StillClock) -> Iterator[Office]:
    made = offices.office(tmp_path, clock)
    yield made
    made.recorder.stop()


@pytest.fixture
def edge(office: Office, tmp_path: Path) -> Edge:
    return asking.with_partners(office, tmp_path)


def asked(office: Office, participant: str = ALTYN, seconds: float = 1.0) -> dict[Question, Answer]:
    return {fact.question: fact.answer for fact in office.asking.ask(participant, *ASKED, seconds)}


def kept(office: Office, participant: str = ALTYN) -> dict[Question, PartnerFact]:
    with reading(office.engine) as connection:
        return {fact.question: fact for fact in store.read(connection, participant)}


def said(**changes: Any) -> Callable[[Reply], Reply]:
    """Change what the tax service says."""

    def lie(reply: Reply) -> Reply:
        return Reply(200, reply.media_type, msgspec.json.encode({**msgspec.json.decode(reply.body), **changes}))

    return lie


def test_partners_say_yes_and_no_and_both_are_kept(office: Office, edge: Edge) -> None:
    edge.stubs[TAX].set(ALTYN, yes=True, now=offices.NOW)

    assert asked(office) == {Question.TAX_DEBT: YES, Question.POLICE_NOTICE: NO}
    assert {question: fact.answer for question, fact in kept(office).items()} == asked(office)
    assert kept(office)[Question.TAX_DEBT].detail == "125000 KZT"


def test_without_partners_nothing_is_asked_and_nothing_is_known(office: Office) -> None:
    assert office.asking.ask(ALTYN, *ASKED, 1.0) == ()
    assert kept(office) == {}


def test_a_dead_partner_is_unknown_and_the_other_still_answers(office: Office, edge: Edge) -> None:
    edge.dead.add(TAX)

    assert asked(office) == {Question.TAX_DEBT: UNKNOWN, Question.POLICE_NOTICE: NO}
    assert kept(office)[Question.TAX_DEBT].detail == "not reached: ConnectError"


def test_slow_partners_cost_the_budget_and_no_more(office: Office, edge: Edge) -> None:
    edge.slow.update((TAX, POLICE))

    assert set(asked(office, seconds=0.2).values()) == {UNKNOWN}
    assert max(edge.waits) <= 0.2


LIES: dict[str, Callable[[Reply], Reply]] = {
    "an error": lambda reply: Reply(500, reply.media_type, reply.body),
    "not found": lambda reply: Reply(404, reply.media_type, reply.body),
    "no content": lambda reply: Reply(204, reply.media_type, b""),
    "garbage": lambda reply: Reply(200, reply.media_type, b"\x00\xff<html>"),
    "nothing": lambda reply: Reply(200, reply.media_type, b""),
    "half of it": lambda reply: Reply(200, reply.media_type, reply.body[:-9]),
    "a page": lambda reply: Reply(200, "text/html", reply.body),
    "very much": lambda reply: Reply(200, reply.media_type, reply.body + b" " * 70_000),
    "deep nesting": lambda reply: Reply(200, reply.media_type, b"[" * 20_000),
}


@pytest.mark.parametrize("who", [TAX, POLICE])
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_is_no_answer_is_unknown(office: Office, edge: Edge, who: str, lie: Callable[[Reply], Reply]) -> None:
    edge.lies[who] = lie
    question = Question.TAX_DEBT if who == TAX else Question.POLICE_NOTICE

    found = asked(office)

    assert found.pop(question) is UNKNOWN
    assert set(found.values()) == {NO}


@pytest.mark.parametrize(
    "lie",
    [
        said(taxpayer=QORGAN),
        said(queryId="of-yesterday"),
        said(asOf="2026-11-20T00:00:00Z"),
        said(asOf="2027-11-20T00:00:00Z"),
        said(asOf="2026-11-24T05:00:00"),
        said(owes=True),
        said(debtTiyn=5),
        said(debtTiyn=-5, owes=True),
        said(owes="no"),
        said(owes=None),
        said(more="than agreed"),
    ],
    ids=[
        "about somebody else",
        "to another question",
        "too old",
        "of the future",
        "without a zone",
        "owes nothing",
        "a debt that is none",
        "a debt below zero",
        "a word",
        "nothing said",
        "a field too many",
    ],
)
def test_an_answer_that_does_not_fit_is_unknown_never_clean(
    office: Office, edge: Edge, lie: Callable[[Reply], Reply]
) -> None:
    edge.lies[TAX] = lie

    assert asked(office)[Question.TAX_DEBT] is UNKNOWN


def test_a_doctype_of_law_enforcement_is_never_opened(office: Office, edge: Edge) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    edge.lies[POLICE] = lambda reply: Reply(200, reply.media_type, bomb)

    assert asked(office)[Question.POLICE_NOTICE] is UNKNOWN


def test_a_failure_keeps_the_answer_of_before_with_its_age(office: Office, edge: Edge, clock: StillClock) -> None:
    edge.stubs[TAX].set(ALTYN, yes=True, now=offices.NOW)
    asked(office)
    answered_at = kept(office)[Question.TAX_DEBT].answered_at
    clock.at += timedelta(hours=1)
    edge.dead.add(TAX)

    assert asked(office)[Question.TAX_DEBT] is UNKNOWN
    fact = kept(office)[Question.TAX_DEBT]
    assert (fact.answer, fact.answered_at, fact.asked_at) == (YES, answered_at, clock.at)


def test_a_partner_that_failed_rests_before_it_is_asked_again(office: Office, edge: Edge, clock: StillClock) -> None:
    edge.dead.add(TAX)
    asked(office)
    edge.dead.clear()

    resting = office.asking.ask(QORGAN, *ASKED, 1.0)
    clock.ticks += REST_SECONDS + 1

    assert {fact.detail for fact in resting if fact.question is Question.TAX_DEBT} == {RESTING}
    assert asked(office, QORGAN)[Question.TAX_DEBT] is NO
    assert edge.calls.count(TAX) == 2


def test_after_its_rest_only_one_tries_a_partner(clock: StillClock) -> None:
    breaker = Breaker(clock.monotonic)
    breaker.failed(TAX, 1)
    clock.ticks += REST_SECONDS + 1

    assert [breaker.may_ask(TAX, 1) for _ in range(3)] == [True, False, False]
    breaker.answered(TAX, 1)
    assert breaker.may_ask(TAX, 1)


def test_who_was_too_slow_for_a_short_wait_is_asked_by_those_who_have_more_time(clock: StillClock) -> None:
    breaker = Breaker(clock.monotonic)
    breaker.failed(TAX, 0.3)

    assert [breaker.may_ask(TAX, seconds) for seconds in (0.2, 0.3, 4)] == [False, False, True]
    breaker.answered(TAX, 4)
    assert not breaker.is_well(TAX, 0.3)  # it is as slow as before
    breaker.failed(TAX, 4)
    assert [breaker.may_ask(TAX, seconds) for seconds in (0.3, 4, 10)] == [False, False, True]
    breaker.answered(TAX, 0.3)
    assert breaker.may_ask(TAX, 4)


def test_the_registry_hears_a_partner_that_is_too_slow_for_lodgements(office: Office, edge: Edge) -> None:
    edge.slow.add(TAX)
    assert asked(office, seconds=0.05)[Question.TAX_DEBT] is UNKNOWN
    edge.slow.clear()  # it answers in two seconds, say
    assert asked(office, seconds=0.05)[Question.TAX_DEBT] is UNKNOWN
    assert asked(office, seconds=4.0)[Question.TAX_DEBT] is NO


def test_the_journal_tells_who_was_asked_and_not_what_was_said(office: Office, edge: Edge) -> None:
    edge.stubs[POLICE].set(ALTYN, yes=True, now=offices.NOW)
    asked(office)

    said = journalled(office)
    assert len(said.pop("salt")) == 32  # or the leaf's public hash would tell who was asked about, to whoever guesses
    assert said == {"partners": "police tax", "purpose": ASKED[0], "legal_basis": ASKED[1]}


def journalled(office: Office) -> dict[str, str]:
    with reading(office.engine) as connection:
        ((_, event, content),) = signing_store.read_entries(connection, ALTYN)
    assert event == Event.PARTNER_ASKED
    particulars: dict[str, str] = msgspec.json.decode(content)["particulars"]
    return particulars


HASHED = frozenset({"number"})


@pytest.mark.parametrize("who", [TAX, POLICE])
@pytest.mark.parametrize(
    "policy",
    [Policy(), Policy(hash_fields=HASHED, salt="of both"), Policy(fields=HASHED, hash_fields=HASHED, salt="of both")],
    ids=["kept", "hashed", "open and hashed"],
)
def test_an_identifier_that_may_not_travel_as_it_is_is_told_to_nobody(
    office: Office, edge: Edge, who: str, policy: Policy
) -> None:
    kind, question = {
        TAX: (PartnerKind.TAX_SERVICE, Question.TAX_DEBT),
        POLICE: (PartnerKind.LAW_ENFORCEMENT, Question.POLICE_NOTICE),
    }[who]
    with writing(office.engine) as connection:
        partner_store.put_partner(connection, replace(asking.partner(who, kind), policy=policy), offices.NOW)

    found = asked(office)

    assert found.pop(question) is UNKNOWN
    assert set(found.values()) == {NO}
    assert who not in edge.calls
    assert who not in journalled(office)["partners"].split()


def test_a_question_that_a_partner_refuses_does_not_keep_it_from_others(office: Office, edge: Edge) -> None:
    edge.lies[TAX] = lambda reply: Reply(400, reply.media_type, b"{}")
    refused = asked(office)[Question.TAX_DEBT]
    edge.lies.clear()

    assert refused is UNKNOWN
    assert asked(office, QORGAN)[Question.TAX_DEBT] is NO
