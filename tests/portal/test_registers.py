"""What registers say of permits and contracts counts; who is silent or lies is not known, and never taken for clean."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import offices
import pki
import pytest
import registers
import tampering
from asking import Lie
from builders import declaration_xml, export_xml
from msgspec.structs import replace
from offices import StillClock
from registers import ACCOUNT, ALTYN, CONTRACTS, LICENCE, PERMITS, TENGRI, Edge, contract, permit, scrap

from interop import partner_store
from interop.calls import Reply
from interop.disclosure import Policy
from portal.asking.refreshing import Refresher
from portal.asking.service import Asking
from portal.audit import Event
from portal.commands.replay import replay_one
from portal.database import reading, writing
from portal.demo.registers import entries_of
from portal.office import Office
from portal.partners.store import last_facts
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.bases.registers import store
from risk_gateway.bases.registers.model import Named, Register, RegisterFact, rules_of
from risk_gateway.model import Assessment, Case
from risk_gateway.packing import unpack
from signing.store import journal

BOTH = (f"01011 {LICENCE}", f"03031 {ACCOUNT}")
RULES = rules_of(offices.NOW.date())
NAMED = Named(TENGRI, Register.PERMIT, LICENCE)


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
    return registers.with_registers(office, tmp_path)


def judged(office: Office, reference: str, *documents: str, **changes: Any) -> tuple[Case, set[str]]:
    """Lodge an export of scrap, and return the stored case and the profiles that fired."""
    data = pki.sign_as("zarina", export_xml([scrap(*documents, **changes)], reference=reference))
    key = lodge(Lodged(data, office.clock.now()), office).stored.key
    return stored(office, key)


def stored(office: Office, key: Any) -> tuple[Case, set[str]]:
    with reading(office.engine) as connection:
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    fired = canonical.loads(unpack(kept.assessment), Assessment).findings
    return canonical.loads(unpack(kept.case), Case), {finding.profile for finding in fired}


def kept(office: Office, named: Named = NAMED) -> tuple[RegisterFact, ...]:
    with reading(office.engine) as connection:
        return store.read(connection, [named])


def asked_about(office: Office) -> list[dict[str, str]]:
    with reading(office.engine) as connection:
        rows = connection.execute(journal.select().where(journal.c.event == Event.PARTNER_ASKED.value))
        return [{"subject": row.subject, **msgspec.json.decode(row.entry)["particulars"]} for row in rows]


# --- silence and lies -----------------------------------------------------------------------------------------------


def said(**changes: Any) -> Lie:
    """Change what the register says."""

    def lie(reply: Reply) -> Reply:
        return Reply(200, reply.media_type, msgspec.json.encode({**msgspec.json.decode(reply.body), **changes}))

    return lie


def of_first(**changes: Any) -> Lie:
    """Change what the register says of the first permit."""

    def lie(reply: Reply) -> Reply:
        told = msgspec.json.decode(reply.body)
        told["permits"][0] = {**told["permits"][0], **changes}
        return Reply(200, reply.media_type, msgspec.json.encode(told))

    return lie


LIES: dict[str, Lie] = {
    "an error": lambda reply: Reply(500, reply.media_type, reply.body),
    "not found": lambda reply: Reply(404, reply.media_type, reply.body),
    "garbage": lambda reply: Reply(200, reply.media_type, b"\x00\xff<html>"),
    "half of it": lambda reply: Reply(200, reply.media_type, reply.body[:-9]),
    "a page": lambda reply: Reply(200, "text/html", reply.body),
    "very much": lambda reply: Reply(200, reply.media_type, reply.body + b" " * 70_000),
    "deep nesting": lambda reply: Reply(200, reply.media_type, b"[" * 20_000),
    "about another number": of_first(number="LIC-26/8"),
    "about no number": said(permits=[]),
    "of another holder": said(holder=ALTYN),
    "to another question": said(queryId="another"),
    "of last week": said(asOf="2026-11-16T05:00:00Z"),
    "of tomorrow": said(asOf="2026-11-25T05:00:00Z"),
    "for no goods": of_first(commodities=[]),
    "ends before it begins": of_first(validTo="2025-01-01"),
    "less than nothing is left": of_first(gramsLeft=-1),
    "tells of what is another's": of_first(standing="other_party"),
    "a field too many": of_first(owner=ALTYN),
    "an answer of contracts": lambda reply: Reply(200, reply.media_type, reply.body.replace(b"permits", b"contracts")),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_is_no_answer_about_these_numbers_is_not_known(office: Office, edge: Edge, lie: Lie) -> None:
    edge.stub.put(permit())
    edge.lies[PERMITS] = lie

    (fact,) = office.asking.registers.ask([NAMED], "tests", 1.0)

    assert (fact.said, fact.answered_at) == (None, None)
    assert fact.detail


def test_a_dead_register_leaves_the_permit_not_known_and_the_lodgement_goes_on(office: Office, edge: Edge) -> None:
    edge.dead.update((PERMITS, CONTRACTS))

    case, fired = judged(office, "DEAD", *BOTH)

    assert (case.items[0].permit_register, case.header.currency_contract_register) == (None, None)
    assert case.header.registers_unknown == ("currency_contract", "permit")
    assert not fired & {"EX-40", "EX-41"}
    assert {fact.detail for fact in case.register_facts or ()} == {"not reached: ConnectError"}


def test_a_slow_register_is_not_waited_for_and_the_other_counts(office: Office, edge: Edge) -> None:
    edge.slow.add(PERMITS)
    edge.stub.put(contract(cents_left=999_999))

    case, fired = judged(office, "SLOW", *BOTH)

    assert case.header.registers_unknown == ("permit",)
    assert case.header.currency_contract_register == "exceeded"
    assert "EX-41" in fired


def test_without_registers_a_named_permit_is_not_known_and_nothing_is_kept(office: Office) -> None:
    case, fired = judged(office, "NOBODY", *BOTH)

    assert case.header.registers_unknown == ("currency_contract", "permit")
    assert case.register_facts == ()
    assert not fired & {"EX-40", "EX-41"}
    assert kept(office) == ()


def test_a_register_that_may_not_be_told_the_number_of_the_firm_is_not_asked(office: Office, edge: Edge) -> None:
    with writing(office.engine) as connection:
        closed = msgspec.structs.replace(partner_store.read_partner(connection, PERMITS), policy=Policy())
        partner_store.put_partner(connection, closed, offices.NOW)

    (fact,) = office.asking.registers.ask([NAMED], "tests", 1.0)

    assert edge.calls == []
    assert fact.said is None
    assert asked_about(office) == []


# --- what counts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "result"),
    [
        (None, "not_found"),
        (permit(ALTYN), "other_party"),
        (permit(revoked_on=date(2026, 11, 1)), "revoked"),
        (permit(valid_to=date(2026, 11, 23)), "not_valid"),
        (permit(valid_from=date(2026, 11, 25)), "not_valid"),
        (permit(commodities=["7404"]), "other_goods"),
        (permit(grams_left=19_999_999), "exhausted"),
        (permit(grams_left=None), "confirmed"),
        (permit(grams_left=20_000_000), "confirmed"),
    ],
)
def test_what_the_register_says_of_a_permit_is_a_fact_of_the_goods(
    office: Office, edge: Edge, entry: Any, result: str
) -> None:
    if entry is not None:
        edge.stub.put(entry)

    case, fired = judged(office, "PERMIT", BOTH[0])

    assert case.items[0].permit_register == result
    assert case.header.registers_unknown == ()
    assert ("EX-40" in fired) == (result != "confirmed")


def test_of_a_permit_of_another_firm_the_register_tells_nothing_and_nothing_is_stored(
    office: Office, edge: Edge
) -> None:
    edge.stub.put(permit(ALTYN))

    case, _ = judged(office, "OTHERS", BOTH[0])

    (fact,) = case.register_facts or ()
    assert fact.said is not None
    assert canonical.dumps(fact.said) == b'{"standing":"other_party"}'


def test_all_goods_that_name_a_permit_together_use_it_up(office: Office, edge: Edge) -> None:
    edge.stub.put(permit(grams_left=39_999_999))
    two = [scrap(BOTH[0]), scrap(BOTH[0])]
    data = pki.sign_as("zarina", export_xml(two, reference="TOGETHER"))

    case, _ = stored(office, lodge(Lodged(data, office.clock.now()), office).stored.key)

    assert [item.permit_register for item in case.items] == ["exhausted", "exhausted"]


def test_a_number_is_the_same_however_it_is_written(office: Office, edge: Edge) -> None:
    edge.stub.put(permit(number="lic-26/7"))

    case, _ = judged(office, "WRITTEN", "01011 LIС - 26/7")  # with a Cyrillic letter

    assert case.items[0].permit_register == "confirmed"


def test_a_number_too_long_to_keep_is_not_known_rather_than_not_found(office: Office, edge: Edge) -> None:
    case, fired = judged(office, "LONG", f"01011 {'ﬃ' * 50}")  # three letters each

    assert case.header.registers_unknown == ("permit",)
    assert "EX-40" not in fired
    assert edge.calls == []


def test_an_import_that_names_a_permit_is_checked_too(office: Office, edge: Edge) -> None:
    goods = {"documents": ({"type": "01011", "id": LICENCE, "date": "2026-11-12"},)}
    data = pki.sign_as("anna", declaration_xml([goods], reference="IMPORT"))

    case, fired = stored(office, lodge(Lodged(data, office.clock.now()), office).stored.key)

    assert case.items[0].permit_register == "not_found"
    assert "IM-40" in fired


# --- who is asked, and when -----------------------------------------------------------------------------------------


def test_a_declaration_that_names_nothing_asks_nobody_and_stores_nothing_of_it(office: Office, edge: Edge) -> None:
    case, _ = judged(office, "PLAIN", "04021 INV-1")

    assert edge.calls == []
    assert b"register" not in canonical.dumps(case)


def test_what_is_known_is_not_asked_again_until_it_is_too_old(office: Office, edge: Edge, clock: StillClock) -> None:
    edge.stub.put(permit())
    judged(office, "FIRST", BOTH[0])
    clock.at += timedelta(hours=RULES.usable_hours)
    case, _ = judged(office, "SECOND", BOTH[0])
    assert (case.items[0].permit_register, edge.calls) == ("confirmed", [PERMITS])

    clock.at += timedelta(seconds=1)
    edge.dead.add(PERMITS)
    clock.ticks += 60
    case, _ = judged(office, "THIRD", BOTH[0])

    assert (case.items[0].permit_register, edge.calls) == (None, [PERMITS, PERMITS])
    assert case.header.registers_unknown == ("permit",)


def test_a_silent_register_is_not_asked_about_the_same_number_within_a_minute(
    office: Office, edge: Edge, clock: StillClock
) -> None:
    edge.dead.add(PERMITS)
    judged(office, "ONE", BOTH[0])
    clock.ticks += 30  # it has rested since
    judged(office, "TWO", BOTH[0])

    assert edge.calls == [PERMITS]


def test_the_journal_says_who_was_asked_about_whom_and_never_about_what_or_what_was_answered(
    office: Office, edge: Edge
) -> None:
    judged(office, "JOURNAL", *BOTH)

    (entry,) = asked_about(office)
    assert entry.pop("salt")
    assert entry == {
        "subject": TENGRI,
        "partners": f"{CONTRACTS} {PERMITS}",
        "purpose": "customs_control",
        "legal_basis": "Customs Code, article 18 [?]",
    }
    assert edge.stub.questions() == [(TENGRI, "customs_control")] * 2


def test_the_administrators_see_when_a_register_answered_last(office: Office, edge: Edge) -> None:
    edge.dead.add(CONTRACTS)
    judged(office, "LAST", *BOTH)

    with reading(office.engine) as connection:
        assert last_facts(connection) == {PERMITS: offices.NOW}


def test_what_is_answered_after_the_wait_is_there_for_the_next_lodgement(
    office: Office, edge: Edge, patience: pytest.MonkeyPatch
) -> None:
    patience.undo()
    answered, call = asyncio.Event(), edge.call

    async def late(*given: Any) -> Reply:
        await answered.wait()
        return await call(*given)

    async def lodging() -> bool:
        office.asking = Asking(office.engine, office.clock, late)
        told = await office.asking.registers.before_judging([NAMED])
        answered.set()
        await asyncio.gather(*office.asking.registers._under_way)
        return told

    assert asyncio.run(lodging()) is False
    (fact,) = kept(office)
    assert fact.said is not None


def test_fifty_numbers_go_with_one_question_and_two_hundred_with_a_declaration(office: Office, edge: Edge) -> None:
    wanted = [Named(TENGRI, Register.PERMIT, f"P-{number:03}") for number in range(201)]

    facts = office.asking.registers.ask(wanted, "tests", 5.0)

    assert edge.calls == [PERMITS] * 4
    assert [fact.number for fact in facts if fact.said is None] == ["P-200"]


def test_in_the_background_a_silent_register_is_asked_again_soon_and_an_answer_later(
    office: Office, edge: Edge, clock: StillClock
) -> None:
    refresher = Refresher(office.engine, clock, office.asking)
    edge.dead.add(PERMITS)
    judged(office, "SILENT", BOTH[0])
    refresher.turn()
    assert edge.calls == [PERMITS]

    edge.dead.clear()
    edge.stub.put(permit())
    clock.at, clock.ticks = clock.at + timedelta(minutes=5), clock.ticks + 300
    refresher.turn()
    refresher.turn()
    assert edge.calls == [PERMITS, PERMITS]
    assert kept(office)[0].said is not None

    clock.at += timedelta(hours=RULES.refresh_hours)
    refresher.turn()
    assert edge.calls == [PERMITS] * 3


def test_what_nobody_needs_any_more_is_forgotten(office: Office, edge: Edge, clock: StillClock) -> None:
    judged(office, "ONCE", BOTH[0])
    clock.at += timedelta(days=RULES.lately_days, seconds=1)

    Refresher(office.engine, clock, office.asking).turn()

    assert kept(office) == ()


# --- replay ---------------------------------------------------------------------------------------------------------


def test_what_was_known_then_is_in_the_case_and_replays_whatever_the_register_says_now(
    office: Office, edge: Edge, clock: StillClock
) -> None:
    edge.stub.put(permit())
    data = pki.sign_as("zarina", export_xml([scrap(*BOTH)], reference="REPLAY"))
    answer = lodge(Lodged(data, clock.now()), office)
    edge.stub.set(TENGRI, yes=True, now=clock.now())
    office.asking.registers.ask([NAMED], "tests", 1.0)

    replayed = replay_one(office.settings.database_url, answer.stored.registration_number)
    assert replayed is not None
    assert replayed.same
    case, _ = stored(office, answer.stored.key)
    assert case.items[0].permit_register == "confirmed"


def test_the_audit_finds_nothing_in_declarations_that_name_permits(
    office: Office, edge: Edge, clock: StillClock
) -> None:
    edge.stub.put(permit(grams_left=1))
    judged(office, "AUDIT-1", *BOTH)
    edge.dead.add(CONTRACTS)
    clock.at, clock.ticks = clock.at + timedelta(hours=RULES.usable_hours, seconds=1), clock.ticks + 60
    judged(office, "AUDIT-2", *BOTH)

    assert {found: checks for found, checks in tampering.found(office).items() if "case" in checks} == {}


def test_a_result_that_was_changed_in_the_stored_case_is_found(office: Office, edge: Edge) -> None:
    data = pki.sign_as("zarina", export_xml([scrap(*BOTH)], reference="CHANGED"))
    answer = lodge(Lodged(data, office.clock.now()), office)
    swap = tampering.swap(b'"permit_register":"not_found"', b'"permit_register":"confirmed"')

    tampering.rewrite(office, risk_store.decision, tampering.of(answer.stored.key), "case", swap)

    assert "case" in tampering.found(office)[answer.stored.registration_number]


def test_a_case_of_before_registers_were_asked_is_read_and_written_as_the_same_bytes(
    office: Office, edge: Edge
) -> None:
    case, _ = judged(office, "BEFORE", "04021 INV-1")
    written = canonical.dumps(replace(case, facts_version=3))

    assert canonical.dumps(canonical.loads(written, Case)) == written
    assert canonical.loads(written, Case).register_facts is None


# --- the demonstration ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("documents", "permitted", "covered"),
    [
        (("01011 KZ-LIC-1001", "03031 1/26090001"), "confirmed", "confirmed"),
        (("01011 KZ-LIC-1002", "03031 1/26090002"), "not_valid", "exceeded"),
        (("01011 KZ-LIC-1003", "03031 1/26090003"), "exhausted", "not_valid"),
        (("01011 KZ-LIC-2001", "03031 1/26090009"), "other_party", "not_found"),
    ],
)
def test_the_demonstrations_registers_know_what_docs_partners_lists(
    office: Office, edge: Edge, documents: tuple[str, ...], permitted: str, covered: str
) -> None:
    for kind in registers.KINDS.values():
        for entry in entries_of(kind, offices.NOW.date()):
            edge.stub.put(entry)

    case, _ = judged(office, "DEMO", *documents)

    assert (case.items[0].permit_register, case.header.currency_contract_register) == (permitted, covered)
