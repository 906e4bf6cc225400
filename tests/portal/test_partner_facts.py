"""What partners said counts in the next decision; silence keeps no lodgement waiting, and is never taken for "no"."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asking
import offices
import pki
import pytest
import tampering
from asking import POLICE, TAX, Edge
from builders import declaration_xml
from cast import PARTICIPANTS
from offices import StillClock

from portal.asking.breaker import REST_SECONDS
from portal.asking.refreshing import BATCH_MOST, CLAIMED, RETRY, Refresher
from portal.asking.service import Asking
from portal.commands.replay import replay_one
from portal.database import reading, writing
from portal.entry import Answer as Answered
from portal.office import Office
from portal.pipeline import lodge, lodge_while_serving
from portal.stages import Lodged
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.bases.partner_facts import store
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question, rules_of
from risk_gateway.model import Assessment, Case
from risk_gateway.packing import unpack

ALTYN, QORGAN = PARTICIPANTS["altyn"].identifier, PARTICIPANTS["qorgan"].identifier
RULES = rules_of(offices.NOW.date())
WAIT_SECONDS = RULES.lodgement_wait_milliseconds / 1000


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


def lodged(office: Office, reference: str, signer: str = "anna", **changes: Any) -> Answered:
    data = pki.sign_as(signer, declaration_xml(reference=reference, **changes))
    return lodge(Lodged(data, office.clock.now()), office)


def judged(office: Office, answer: Answered) -> tuple[Case, set[str]]:
    """Return the stored case, and the profiles that fired."""
    key = answer.stored.key
    with reading(office.engine) as connection:
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    fired = canonical.loads(unpack(kept.assessment), Assessment).findings
    return canonical.loads(unpack(kept.case), Case), {finding.profile for finding in fired}


def put(office: Office, question: Question, answer: Answer, age: timedelta, participant: str = ALTYN) -> None:
    at = office.clock.now() - age
    partner = {Question.TAX_DEBT: TAX, Question.POLICE_NOTICE: POLICE}[question]
    with writing(office.engine) as connection:
        store.put(connection, participant, [PartnerFact(partner, question, answer, at, at)])


def put_clean(office: Office, participant: str = ALTYN) -> None:
    for question in (Question.TAX_DEBT, Question.POLICE_NOTICE):
        put(office, question, Answer.NO, timedelta(hours=1), participant)


# --- judging --------------------------------------------------------------------------------------------------------


def test_what_is_cached_is_a_fact_and_nobody_is_asked(office: Office, edge: Edge) -> None:
    put_clean(office)
    put(office, Question.TAX_DEBT, Answer.YES, timedelta(minutes=30))

    case, fired = judged(office, lodged(office, "CACHED"))

    assert (case.header.declarant_tax_debt, case.header.declarant_police_notice) == (True, False)
    assert case.header.partner_facts_unknown == ()
    assert "IM-39" in fired
    assert edge.calls == []


def test_a_declarant_of_whom_nothing_is_known_is_asked_about_before_it_is_judged(office: Office, edge: Edge) -> None:
    edge.stubs[POLICE].set(ALTYN, yes=True, now=offices.NOW)

    case, fired = judged(office, lodged(office, "FIRST"))

    assert case.header.declarant_police_notice is True
    assert "IM-39P" in fired
    assert sorted(edge.calls) == [POLICE, TAX]


def test_what_is_too_old_is_unknown_and_asked_for_anew(office: Office, edge: Edge) -> None:
    edge.dead.update((TAX, POLICE))
    put(office, Question.TAX_DEBT, Answer.NO, timedelta(hours=RULES.usable_hours, seconds=1))

    case, _ = judged(office, lodged(office, "OLD"))

    assert case.header.declarant_tax_debt is None
    assert case.header.partner_facts_unknown == ("police_notice", "tax_debt")
    assert TAX in edge.calls


def test_an_old_yes_fires_no_more_but_is_not_taken_for_a_no(office: Office, edge: Edge) -> None:
    edge.dead.update((TAX, POLICE))
    put(office, Question.TAX_DEBT, Answer.YES, timedelta(days=30))

    case, fired = judged(office, lodged(office, "OLD-YES"))

    assert "IM-39" not in fired
    assert case.header.declarant_tax_debt is None


def test_an_office_without_partners_says_that_nothing_is_known(office: Office) -> None:
    case, fired = judged(office, lodged(office, "NO-PARTNERS"))

    assert case.header.partner_facts_unknown == ("police_notice", "tax_debt")
    assert not fired & {"IM-39", "IM-39P"}


def test_one_partner_of_two_that_says_yes_is_enough_and_one_that_is_silent_leaves_it_unknown(office: Office) -> None:
    put_clean(office)
    now = office.clock.now()
    other = PartnerFact("another", Question.TAX_DEBT, Answer.UNKNOWN, now)
    with writing(office.engine) as connection:
        store.put(connection, ALTYN, [other])
    unknown, _ = judged(office, lodged(office, "SILENT"))
    with writing(office.engine) as connection:
        store.put(connection, ALTYN, [PartnerFact("another", Question.TAX_DEBT, Answer.YES, now, now)])
    known, _ = judged(office, lodged(office, "YES"))

    assert unknown.header.declarant_tax_debt is None
    assert known.header.declarant_tax_debt is True


# --- within the budget ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["dead", "slow"])
def test_with_every_partner_in_trouble_lodgements_answer_within_the_budget_and_say_what_is_unknown(
    office: Office, edge: Edge, trouble: str
) -> None:
    getattr(edge, trouble).update((TAX, POLICE))
    for number in range(5):
        signer, declarant = (("anna", "altyn"), ("yerkin", "qorgan"))[number % 2]
        case, _ = judged(office, lodged(office, f"LATE-{number}", signer, declarant=declarant, signatory=signer))

        assert case.header.partner_facts_unknown == ("police_notice", "tax_debt")
        assert case.problem is None

    assert max(edge.waits) <= WAIT_SECONDS
    assert sorted(edge.calls) == [POLICE, TAX]  # they rest: nobody waits for them again


def test_a_partner_that_never_ends_its_answer_is_not_waited_for(
    office: Office, edge: Edge, patience: pytest.MonkeyPatch
) -> None:
    patience.undo()

    async def never(*_: Any) -> Any:
        await asyncio.sleep(60)

    office.asking = Asking(office.engine, office.clock, never)
    began = time.monotonic()

    lodged(office, "NEVER")

    assert time.monotonic() - began < 30


def test_while_every_partner_rests_there_is_no_news_to_judge_again_with(
    office: Office, edge: Edge, clock: StillClock
) -> None:
    edge.dead.update((TAX, POLICE))

    def news(participant: str) -> bool:
        return asyncio.run(office.asking.before_judging(participant))

    assert [news(ALTYN), news(QORGAN)] == [True, False]
    with reading(office.engine) as connection:
        assert store.read(connection, QORGAN) == ()
    clock.ticks += REST_SECONDS + 1
    assert news(QORGAN)


def test_lodgements_while_serving_share_one_question(office: Office, edge: Edge) -> None:
    edge.stubs[TAX].set(ALTYN, yes=True, now=offices.NOW)

    async def several() -> list[Answered]:
        office.recorder.start()
        documents = [pki.sign_as("anna", declaration_xml(reference=f"MANY-{number}")) for number in range(6)]
        return await asyncio.gather(
            *(lodge_while_serving(Lodged(data, office.clock.now()), office) for data in documents)
        )

    answers = asyncio.run(several())

    assert sorted(edge.calls) == [POLICE, TAX]
    assert {judged(office, answer)[0].header.declarant_tax_debt for answer in answers} == {True}


# --- afterwards -----------------------------------------------------------------------------------------------------


def test_every_decision_replays_and_the_audit_finds_nothing(office: Office, edge: Edge) -> None:
    edge.stubs[TAX].set(ALTYN, yes=True, now=offices.NOW)
    edge.dead.add(POLICE)
    number = lodged(office, "AUDITED").stored.registration_number
    put(office, Question.TAX_DEBT, Answer.NO, timedelta(0))  # what they say later changes nothing of before

    replayed = replay_one(office.settings.database_url, number)
    assert replayed is not None
    assert replayed.same
    assert {found: checks for found, checks in tampering.found(office).items() if "case" in checks} == {}


def test_a_fact_that_was_changed_in_the_stored_case_is_found(office: Office, edge: Edge) -> None:
    edge.stubs[TAX].set(ALTYN, yes=True, now=offices.NOW)
    answer = lodged(office, "CHANGED")
    where = tampering.of(answer.stored.key)
    swap = tampering.swap(b'"declarant_tax_debt":true', b'"declarant_tax_debt":false')
    tampering.rewrite(office, risk_store.decision, where, "case", swap)

    assert "case" in tampering.found(office)[answer.stored.registration_number]


# --- in the background ----------------------------------------------------------------------------------------------


def refresher(office: Office) -> Refresher:
    return Refresher(office.engine, office.clock, office.asking)


def test_whoever_lodged_is_asked_about_in_the_background_once(office: Office, edge: Edge, clock: StillClock) -> None:
    edge.dead.update((TAX, POLICE))
    lodged(office, "SEEN")
    edge.dead.clear()
    edge.calls.clear()
    clock.ticks += REST_SECONDS + 1
    one, other = refresher(office), refresher(office)
    one.turn()
    other.turn()

    assert edge.calls.count(TAX) == edge.calls.count(POLICE) > 0
    with reading(office.engine) as connection:
        assert {fact.answer for fact in store.read(connection, ALTYN)} == {Answer.NO}


def test_only_what_is_not_fresh_is_asked_again(office: Office, edge: Edge, clock: StillClock) -> None:
    edge.dead.add(POLICE)
    lodged(office, "HALF")
    edge.calls.clear()
    edge.dead.clear()
    clock.ticks += REST_SECONDS + 1
    refresher(office).turn()

    with reading(office.engine) as connection:
        assert {fact.answer for fact in store.read(connection, ALTYN)} == {Answer.NO}
    assert edge.calls.count(POLICE) == edge.calls.count(TAX) + 1  # nothing of Altyn was asked of the tax service


def test_answers_are_refreshed_before_they_grow_old_while_the_participant_is_at_work(
    office: Office, edge: Edge, clock: StillClock
) -> None:
    lodged(office, "AT-WORK")
    refresher(office).turn()
    edge.calls.clear()
    clock.at += timedelta(hours=RULES.refresh_hours, minutes=1)
    refresher(office).turn()
    refreshed = len(edge.calls)
    clock.at += timedelta(days=RULES.lately_days + 1)
    with writing(office.engine) as connection:  # the registry keeps Altyn at work for ever: ask for another
        connection.execute(store.watch.delete().where(store.watch.c.participant == ALTYN))
        store.see(connection, [QORGAN], clock.at - timedelta(days=RULES.lately_days, seconds=1))
    edge.calls.clear()
    lately = refresher(office)
    lately._looked = 0.0
    lately.turn()

    assert refreshed >= 2
    assert edge.calls == []


def test_an_entry_in_the_registry_is_kept_fresh_without_any_lodgement(office: Office, edge: Edge) -> None:
    refresher(office).turn()

    with reading(office.engine) as connection:
        assert {fact.answer for fact in store.read(connection, ALTYN)} == {Answer.NO}


def test_who_takes_a_participant_keeps_others_from_it_until_it_could_have_crashed(
    office: Office, clock: StillClock
) -> None:
    since = clock.at - timedelta(days=1)
    with writing(office.engine) as connection:
        store.see(connection, [ALTYN], clock.at)
        first = store.claim_due(connection, clock.at, since, clock.at + CLAIMED, BATCH_MOST)
        second = store.claim_due(connection, clock.at, since, clock.at + CLAIMED, BATCH_MOST)
        later = clock.at + CLAIMED
        third = store.claim_due(connection, later, since, later + CLAIMED, BATCH_MOST)

    assert (first, second, third) == ([ALTYN], [], [ALTYN])


def test_what_is_not_known_is_asked_for_again_soon(office: Office, edge: Edge, clock: StillClock) -> None:
    edge.dead.update((TAX, POLICE))
    refresher(office).turn()
    edge.dead.clear()
    edge.calls.clear()
    clock.at += RETRY
    clock.ticks += REST_SECONDS + 1
    refresher(office).turn()

    assert TAX in edge.calls


def test_what_a_partner_said_that_is_none_any_more_is_forgotten(office: Office, edge: Edge) -> None:
    now = office.clock.now()
    with writing(office.engine) as connection:
        store.put(connection, ALTYN, [PartnerFact("former", Question.TAX_DEBT, Answer.YES, now, now)])
    refresher(office).turn()

    with reading(office.engine) as connection:
        assert {fact.partner for fact in store.read(connection, ALTYN)} == {TAX, POLICE}


def test_whoever_was_asked_about_until_the_last_day_is_forgotten_later(office: Office, clock: StillClock) -> None:
    """The fact is younger than the last sight of the participant, whose watch is over before the fact is old."""
    said = [PartnerFact(TAX, Question.TAX_DEBT, Answer.YES, clock.at, clock.at)]
    with writing(office.engine) as connection:
        store.see(connection, [QORGAN], clock.at - timedelta(days=1))
        store.put(connection, QORGAN, said)
        store.forget(connection, [TAX], clock.at)
        assert store.read(connection, QORGAN) != ()
        store.forget(connection, [TAX], clock.at + timedelta(days=1))
        assert store.read(connection, QORGAN) == ()


def test_who_was_not_seen_for_long_is_forgotten(office: Office, edge: Edge, clock: StillClock) -> None:
    lodged(office, "LONG-AGO", "yerkin", declarant="qorgan", signatory="yerkin")
    refresher(office).turn()
    clock.at += timedelta(days=RULES.lately_days + 1)
    refresher(office).turn()

    with reading(office.engine) as connection:
        assert store.read(connection, QORGAN) == ()
        assert store.read(connection, ALTYN) != ()  # it stands in the registry
