"""The registry of minimal-risk participants: who may apply, what is verified, who decides, and what follows at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import asking
import msgspec
import offices
import pki
import pytest
import registering
import tampering
import violating
from builders import declaration_xml
from caseworking import person
from lxml import etree
from registering import ALTYN, KASPI, QORGAN, TENGRI, ZHIBEK, Desk, application

from declarations import store as declarations_store
from portal import audit
from portal.access import Role
from portal.asking.breaker import REST_SECONDS
from portal.commands.replay import replay_one
from portal.database import reading, writing
from portal.office import Office
from portal.pipeline import lodge
from portal.registry import statements
from portal.registry.errors import RegistryNotFound, RegistryRefused
from portal.registry.model import Intent, Kind
from portal.registry.service import Registry
from portal.stages import Lodged
from portal.store import page_of_notifications
from portal.views import SignedIn
from portal.words import REGISTRY_SCOPE
from portal.worker import Worker
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.bases.partner_facts.model import Answer, Question
from risk_gateway.bases.registry import application_store, criteria, store
from risk_gateway.bases.registry.applying import ApplicationState
from risk_gateway.bases.registry.model import Status, Step
from risk_gateway.bases.violations.model import State
from risk_gateway.model import Case, Category, Outcome
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing.errors import SigningError
from signing.xmlgate import REGISTRY


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return registering.desk(tmp_path)


def refused(desk: Desk, key: str, intent: Intent, signer: str | None = None) -> str:
    with pytest.raises(RegistryRefused) as found:
        desk.sign(key, intent, signer)
    return found.value.code


def lodged(
    desk: Desk, reference: str, office: str = "20201", at: Office | None = None
) -> tuple[Category, Outcome, str]:
    """Lodge cheap lamps of Tengri's at a post; return as what it was judged, what was decided, and the number."""
    cheap = declaration_xml(
        reference=reference, office=office, declarant="tengri", signatory="zarina", price=Decimal(150)
    )
    where = at or desk.office
    answer = lodge(Lodged(pki.sign_as("zarina", cheap, desk.clock.at), desk.clock.at), where)
    key = answer.stored.key
    with reading(where.engine) as connection:
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    case = canonical.loads(unpack(kept.case), Case)
    return case.header.declarant_category, answer.decision.outcome, answer.stored.registration_number


def events(desk: Desk) -> list[str]:
    """Return the events of the registry in the journal, in order."""
    with reading(desk.office.engine) as connection:
        size, _ = signing_store.read_head(connection)
        rows = [signing_store.read_row(connection, index) for index in range(size)]
    names = [msgspec.json.decode(row[3])["event"] for row in rows if row]
    return [name for name in names if name.startswith("registry.")]


# --- who may apply --------------------------------------------------------------------------------------------------


def test_what_is_signed_follows_its_schema_signed_and_unsigned(desk: Desk) -> None:
    schema = etree.XMLSchema(etree.parse(Path(statements.__file__).parent / "schemas" / "registry-1.0.xsd"))
    desk.partners.answers[Question.TAX_DEBT] = Answer.UNKNOWN
    number = desk.apply()
    decision = desk.decision(number, granted=True, waiver="by_order", text="Order 3")
    prepared = [desk.registry.prepare(person("gulnar"), decision)]
    prepared.append(
        desk.registry.prepare(person("gulnar"), desk.decision(number, granted=False, reasons=("declarations",)))
    )
    desk.take("gulnar", prepared[0])
    desk.later()
    stepping = Intent(kind=Kind.STEP, participant=TENGRI, step=Step.EXCLUDE, after=1, reasons=("own_request",))
    prepared.append(desk.registry.prepare(person("gulnar"), stepping))
    desk.take("gulnar", prepared[-1])
    prepared.append(
        desk.registry.prepare(person("zarina"), Intent(kind=Kind.APPEAL, participant=TENGRI, text="<No> & no"))
    )
    ruling = Intent(
        kind=Kind.APPEAL_DECISION, participant="", appeal=desk.take("zarina", prepared[-1]).number, text="No"
    )
    prepared.append(desk.registry.prepare(as_officer("marat"), ruling))
    prepared.append(desk.registry.prepare(person("zarina"), application()))
    for each in prepared:
        schema.assertValid(etree.fromstring(each.document))
        schema.assertValid(etree.fromstring(pki.sign_as("zarina", each.document)))


def test_an_application_is_signed_by_the_person_who_prepared_it(desk: Desk) -> None:
    assert refused(desk, "zarina", application(), signer="anna") == "registry.other_signer"
    assert events(desk) == []


def test_what_was_signed_for_another_purpose_is_no_application(desk: Desk) -> None:
    prepared = desk.registry.prepare(person("zarina"), application())
    for document in (
        prepared.document.replace(REGISTRY.encode(), b"urn:shekara:statement:1"),
        prepared.document.replace(b"committee", b"20201"),
    ):
        with pytest.raises((RegistryRefused, SigningError)):
            desk.registry.accept(person("zarina"), prepared.id, pki.sign_as("zarina", document))
    assert desk.take("zarina", prepared).number


def test_another_participants_application_is_not_found(desk: Desk) -> None:
    desk.apply()
    for key in ("anna", "yerkin", "berik", "aigerim"):
        with pytest.raises(RegistryNotFound):
            desk.registry.standing(person(key), TENGRI)
        with pytest.raises(RegistryNotFound):
            desk.registry.prepare(person(key), application())


def test_a_statement_of_another_person_is_not_found(desk: Desk) -> None:
    prepared = desk.registry.prepare(person("zarina"), application())
    with pytest.raises(RegistryNotFound):
        desk.registry.prepared(person("anna"), prepared.id)
    with pytest.raises(RegistryNotFound):
        desk.take("anna", prepared)


def test_a_broker_applies_only_with_a_power_of_attorney_that_covers_the_registry(desk: Desk) -> None:
    with pytest.raises(RegistryNotFound):
        desk.sign("berik", application())
    desk.empower(frozenset({"EX", REGISTRY_SCOPE}))
    number = desk.apply("berik")
    with reading(desk.office.engine) as connection:
        found = application_store.find_application(connection, number)
    assert found is not None
    assert (found.participant, found.agent) == (TENGRI, ZHIBEK)


def test_a_power_of_attorney_that_ended_before_signing_is_none(desk: Desk) -> None:
    desk.empower(frozenset({REGISTRY_SCOPE}), valid_to=offices.NOW.date())
    prepared = desk.registry.prepare(person("berik"), application())
    desk.later(timedelta(hours=20))
    with pytest.raises((RegistryRefused, RegistryNotFound)):
        desk.take("berik", prepared)
    assert events(desk) == []


def test_a_participant_has_one_application_at_a_time(desk: Desk) -> None:
    number = desk.apply()
    assert refused(desk, "zarina", application()) == "registry.already_open"
    desk.sign("zarina", Intent(kind=Kind.WITHDRAWAL, participant=TENGRI, application=number))
    assert desk.apply() != number


def test_the_same_signed_bytes_again_file_nothing_more(desk: Desk) -> None:
    prepared = desk.registry.prepare(person("zarina"), application())
    signed = pki.sign_as("zarina", prepared.document)
    for _ in range(2):
        desk.registry.accept(person("zarina"), prepared.id, signed)
    assert events(desk) == ["registry.applied"]


def test_who_is_in_the_registry_can_apply_for_a_renewal_only_near_the_end(desk: Desk) -> None:
    assert refused(desk, "anna", application(ALTYN)) == "registry.is_in"
    desk.clock.at = offices.NOW.replace(year=2027, month=11, day=20)
    assert desk.registry.prepare(person("anna"), application(ALTYN)).intent.renewal


# --- what is verified -----------------------------------------------------------------------------------------------


def outcomes(desk: Desk, number: str) -> dict[str, criteria.Outcome]:
    page = desk.registry.application(person("gulnar"), number)
    return {each.criterion: each.outcome for each in page.rounds[-1]}


def test_each_criterion_is_found_with_its_source_and_time(desk: Desk) -> None:
    page = desk.registry.application(person("gulnar"), desk.apply())
    found = {each.criterion: (each.outcome, each.value, each.source, each.at) for each in page.rounds[-1]}
    now = desk.clock.at
    assert found == {
        "years_of_activity": (criteria.Outcome.MET, "8", "customs", now),
        "declarations": (criteria.Outcome.MET, "188", "customs", now),
        "no_violations": (criteria.Outcome.MET, "0", "customs", now),
        "no_overdue_payments": (criteria.Outcome.MET, "0", "customs", now),
        "taxes_settled": (criteria.Outcome.MET, "NO", "tax", now),
        "no_law_enforcement_notice": (criteria.Outcome.MET, "NO", "police", now),
    }


def test_who_did_not_answer_is_unknown_and_never_met(desk: Desk) -> None:
    desk.partners.answers[Question.TAX_DEBT] = Answer.UNKNOWN
    del desk.partners.answers[Question.POLICE_NOTICE]
    number = desk.apply()
    found = outcomes(desk, number)
    assert found["taxes_settled"] is criteria.Outcome.UNKNOWN
    assert found["no_law_enforcement_notice"] is criteria.Outcome.UNKNOWN
    assert refused(desk, "gulnar", desk.decision(number, granted=True)) == "registry.waiver_needed"
    waived = desk.decision(number, granted=True, waiver="confirmed_on_paper")
    assert refused(desk, "gulnar", waived) == "registry.waiver_needed"  # without words
    desk.sign("gulnar", desk.decision(number, granted=True, waiver="confirmed_on_paper", text="Letter 17 of 23.11"))
    assert desk.status(TENGRI) is Status.ACTIVE


def test_an_officer_asks_again_and_decides_on_the_newest_answer_only(desk: Desk) -> None:
    desk.partners.answers[Question.TAX_DEBT] = Answer.UNKNOWN
    number = desk.apply()
    prepared = desk.registry.prepare(
        person("gulnar"), desk.decision(number, granted=True, waiver="by_order", text="Order 3")
    )
    desk.partners.answers[Question.TAX_DEBT] = Answer.YES
    desk.registry.verify_again(person("gulnar"), number)
    with pytest.raises(RegistryRefused, match=r"registry\.moved_meanwhile"):
        desk.take("gulnar", prepared)
    assert refused(desk, "gulnar", desk.decision(number, granted=True, round=2)) == "registry.criteria_unmet"
    desk.sign("gulnar", desk.decision(number, granted=False, round=2, reasons=("taxes_settled",)))
    assert desk.status(TENGRI) is None


def test_the_partners_themselves_are_asked_and_one_that_is_dead_is_unknown_until_it_is_asked_again(
    desk: Desk, tmp_path: Path
) -> None:
    edge = asking.with_partners(desk.office, tmp_path)
    edge.dead.add(asking.POLICE)
    registry, number = Registry(desk.office), desk.sign("zarina", application()).number
    registry.verify_waiting()
    found = {each.criterion: each for each in registry.application(person("gulnar"), number).rounds[-1]}
    taxes, police = found["taxes_settled"], found["no_law_enforcement_notice"]
    assert (taxes.outcome, taxes.source, taxes.at) == (criteria.Outcome.MET, asking.TAX, desk.clock.at)
    assert (police.outcome, police.source, police.at) == (criteria.Outcome.UNKNOWN, asking.POLICE, None)
    edge.dead.clear()
    desk.clock.ticks += REST_SECONDS + 1
    registry.verify_again(person("gulnar"), number)
    desk.sign("gulnar", desk.decision(number, granted=True, round=2))
    assert desk.status(TENGRI) is Status.ACTIVE


def test_who_has_declared_little_does_not_meet_the_criteria(desk: Desk) -> None:
    assert outcomes(desk, desk.apply("aigerim", KASPI))["declarations"] is criteria.Outcome.NOT_MET


def test_a_violation_confirmed_after_the_verification_keeps_out_until_it_is_annulled(desk: Desk) -> None:
    number = desk.apply()
    prepared = desk.registry.prepare(person("gulnar"), desk.decision(number, granted=True))
    desk.later(timedelta(hours=3))
    violation = violating.record(desk.office, violating.violation("", TENGRI, "false_code", date(2026, 10, 1)))
    with pytest.raises(RegistryRefused, match=r"registry\.unmet_meanwhile"):
        desk.take("gulnar", prepared)
    assert refused(desk, "gulnar", desk.decision(number, granted=True)) == "registry.unmet_meanwhile"
    page = desk.registry.application(person("gulnar"), number)
    assert page.obstacle is not None
    assert (page.admissible, page.obstacle.code) == (False, "registry.unmet_meanwhile")  # it is not even offered
    assert desk.status(TENGRI) is None
    violating.record(desk.office, msgspec.structs.replace(violation, state=State.ANNULLED))
    desk.take("gulnar", prepared)
    assert desk.status(TENGRI) is Status.ACTIVE


def test_nobody_is_admitted_on_findings_that_are_too_old(desk: Desk) -> None:
    number = desk.apply()
    desk.later(timedelta(days=30))
    prepared = desk.registry.prepare(person("gulnar"), desk.decision(number, granted=True))
    desk.later()
    with pytest.raises(RegistryRefused, match=r"registry\.findings_old"):
        desk.take("gulnar", prepared)
    assert not desk.registry.application(person("gulnar"), number).admissible
    desk.registry.verify_again(person("gulnar"), number)
    desk.sign("gulnar", desk.decision(number, granted=True, round=2))
    assert desk.status(TENGRI) is Status.ACTIVE


def test_findings_that_are_too_old_do_not_keep_from_refusing(desk: Desk) -> None:
    number = desk.apply()
    desk.later(timedelta(days=40))
    desk.refuse(number)
    assert desk.registry.standing(person("zarina")).applications[0].state is ApplicationState.REFUSED


# --- who decides ----------------------------------------------------------------------------------------------------


def test_nothing_is_decided_before_it_was_verified(desk: Desk) -> None:
    number = desk.sign("zarina", application()).number
    assert refused(desk, "gulnar", desk.decision(number, granted=True, round=0)) == "registry.not_verified"


def test_only_a_registry_officer_decides(desk: Desk) -> None:
    number = desk.apply()
    for key in ("zarina", "anna"):
        with pytest.raises(RegistryNotFound):
            desk.registry.prepare(person(key), desk.decision(number, granted=True))
    for key in ("erlan", "saule", "asel"):
        with pytest.raises(RegistryNotFound):
            desk.registry.application(person(key), number)


def test_of_two_who_decide_at_once_the_second_is_told(desk: Desk) -> None:
    number = desk.apply()
    first = desk.registry.prepare(person("gulnar"), desk.decision(number, granted=True))
    second = desk.registry.prepare(person("gulnar"), desk.decision(number, granted=False, reasons=("not_confirmed",)))
    desk.take("gulnar", first)
    with pytest.raises(RegistryRefused, match=r"registry\.decided_meanwhile"):
        desk.take("gulnar", second)
    assert [each.step for each in desk.steps(TENGRI)] == [Step.ADMIT]


def test_of_many_who_decide_in_the_same_moment_one_decides(desk: Desk) -> None:
    number = desk.apply()
    intents = [desk.decision(number, granted=bool(n % 2), reasons=("not_confirmed",)) for n in range(4)]
    prepared = [desk.registry.prepare(person("gulnar"), intent) for intent in intents]
    signed = [pki.sign_as("gulnar", each.document) for each in prepared]

    def decide(place: int) -> str:
        try:
            return desk.registry.accept(person("gulnar"), prepared[place].id, signed[place]).number
        except RegistryRefused as refused:
            return refused.code

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(decide, range(4)))
    assert sorted(said) == sorted([number, *["registry.decided_meanwhile"] * 3])
    assert events(desk).count("registry.decided") == 1
    assert tampering.found(desk.office) == {}


def test_a_refusal_has_coded_reasons_and_is_told_with_the_way_to_appeal(desk: Desk) -> None:
    number = desk.apply()
    assert refused(desk, "gulnar", desk.decision(number, granted=False)) == "registry.reason_needed"
    assert refused(desk, "gulnar", desk.decision(number, granted=False, reasons=("nonsense",))) == (
        "registry.reason_needed"
    )
    other = desk.decision(number, granted=False, reasons=("other",))
    assert refused(desk, "gulnar", other) == "registry.text_needed"
    desk.refuse(number, "taxes_settled", text="Ask the tax service for a certificate")
    root = etree.fromstring(notices(desk, TENGRI)[-1])
    said = {etree.QName(each).localname: each.text for each in root}
    assert (said["Event"], said["ResponseCode"], said["AnswerCode"]) == ("REFUSED", "11", "41")
    assert root.find("{*}Reason").get("code") == "taxes_settled"  # type: ignore[union-attr]
    assert len(root.findall("{*}Appeal/{*}Text")) == 3
    assert desk.registry.standing(person("zarina")).applications[0].state is ApplicationState.REFUSED


def notices(desk: Desk, participant: str) -> list[bytes]:
    """Return what a participant finds in its notification log, oldest first."""
    Worker(desk.office.engine, desk.clock).deliver_due()
    with reading(desk.office.engine) as connection:
        rows = page_of_notifications(connection, [participant], None, 50)
    return [unpack(each.body) for each in reversed(rows)]


# --- what follows at once -------------------------------------------------------------------------------------------


def test_a_second_after_the_admission_another_post_judges_by_it_and_after_the_exclusion_no_longer(desk: Desk) -> None:
    before = lodged(desk, "BEFORE")
    moment = desk.clock.at
    desk.later()
    desk.admit()
    desk.later()
    admitted = lodged(desk, "AT-ANOTHER-POST", office="60601")
    desk.later()
    desk.step(TENGRI, Step.EXCLUDE, "criteria_unmet")
    desk.later()
    after = lodged(desk, "AFTER", office="60601")
    assert before[:2] == after[:2] == (Category.MEDIUM, Outcome.DOCUMENTARY_CHECK)
    assert admitted[:2] == (Category.LOW, Outcome.SIMPLIFIED_RELEASE)

    facts = desk.office.current().directory.risk_facts
    as_of = [facts(TENGRI, moment + seconds * registering.SECOND).category for seconds in range(5)]
    assert as_of == [Category.MEDIUM, Category.LOW, Category.LOW, Category.MEDIUM, Category.MEDIUM]
    for _, _, number in (before, admitted, after):
        replayed = replay_one(desk.office.settings.database_url, number)
        assert replayed is not None
        assert replayed.same
    assert tampering.found(desk.office) == {}


def test_what_was_received_before_the_exclusion_and_recorded_after_it_is_judged_as_of_its_receipt(desk: Desk) -> None:
    desk.admit()
    desk.later()
    received = desk.clock.at
    desk.later()
    desk.step(TENGRI, Step.EXCLUDE, "criteria_unmet")
    data = declaration_xml(reference="LATE", declarant="tengri", signatory="zarina", price=Decimal(150))
    answer = lodge(Lodged(pki.sign_as("zarina", data, received), received), desk.office)
    assert answer.decision.outcome is Outcome.SIMPLIFIED_RELEASE


def test_another_process_judges_by_the_admission_too(desk: Desk) -> None:
    other = offices.reopen(desk.office.settings, desk.clock)
    desk.admit()
    desk.later()
    assert lodged(desk, "HERE", at=other)[:2] == (Category.LOW, Outcome.SIMPLIFIED_RELEASE)


def test_an_entry_lapses_at_the_end_of_its_last_day(desk: Desk) -> None:
    desk.admit()
    last = desk.steps(TENGRI)[-1].valid_to
    assert last == date(2027, 11, 24)
    desk.clock.at = offices.NOW.replace(year=2027, month=11, day=24, hour=18, minute=59)
    assert desk.status(TENGRI) is Status.ACTIVE
    desk.later(timedelta(minutes=1))
    assert desk.status(TENGRI) is Status.LAPSED
    assert desk.office.current().directory.risk_facts(TENGRI, desk.clock.at).category is Category.MEDIUM


def test_a_renewal_adds_to_the_end_of_the_entry(desk: Desk) -> None:
    desk.admit()
    desk.clock.at = offices.NOW.replace(year=2027, month=11, day=1)
    number = desk.apply()
    desk.sign("gulnar", desk.decision(number, granted=True))
    assert [(each.step, each.valid_to) for each in desk.steps(TENGRI)] == [
        (Step.ADMIT, date(2027, 11, 24)),
        (Step.RENEW, date(2028, 11, 24)),
    ]


def test_an_officer_suspends_and_gives_back(desk: Desk) -> None:
    desk.admit()
    desk.later()
    stale = Intent(kind=Kind.STEP, participant=TENGRI, step=Step.EXCLUDE, after=0, reasons=("own_request",))
    assert refused(desk, "gulnar", stale) == "registry.moved_meanwhile"
    desk.step(TENGRI, Step.SUSPEND, "under_examination")
    assert desk.status(TENGRI) is Status.SUSPENDED
    assert refused(desk, "zarina", application()) == "registry.suspended"
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    assert desk.status(TENGRI) is Status.ACTIVE
    with pytest.raises(RegistryRefused, match=r"registry\.step"):
        desk.step(TENGRI, Step.RESTORE, "cleared")
    told = [etree.fromstring(each).findtext("{*}Event") for each in notices(desk, TENGRI)]
    assert told == ["ADMIT", "SUSPEND", "RESTORE"]


# --- appeals --------------------------------------------------------------------------------------------------------


def appeal(desk: Desk, key: str = "zarina", participant: str = TENGRI) -> str:
    return desk.sign(key, Intent(kind=Kind.APPEAL, participant=participant, text="This is not so")).number


def as_officer(key: str) -> SignedIn:
    """Return somebody of the cast as another registry officer than Gulnar."""
    return msgspec.structs.replace(person(key), role=Role.REGISTRY_OFFICER)


def test_an_appeal_is_decided_by_another_officer_and_gives_the_entry_back(desk: Desk) -> None:
    assert refused(desk, "zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="?")) == (
        "registry.nothing_to_appeal"
    )
    desk.admit()
    desk.later()
    desk.step(TENGRI, Step.EXCLUDE, "false_information")
    desk.later()
    number = appeal(desk)
    assert refused(desk, "zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="Again")) == "registry.appeal_open"
    decision = Intent(kind=Kind.APPEAL_DECISION, participant="", appeal=number, granted=True, text="He is right")
    assert refused(desk, "gulnar", decision) == "registry.own_decision"
    prepared = desk.registry.prepare(as_officer("marat"), decision)
    desk.registry.accept(as_officer("marat"), prepared.id, pki.sign_as("marat", prepared.document))
    assert desk.status(TENGRI) is Status.ACTIVE
    assert desk.steps(TENGRI)[-1].reason == "appeal_upheld"


def test_an_upheld_appeal_against_a_refusal_has_the_application_decided_anew(desk: Desk) -> None:
    number = desk.apply()
    desk.refuse(number)
    desk.later()
    decision = Intent(kind=Kind.APPEAL_DECISION, participant="", appeal=appeal(desk), granted=True, text="He is right")
    prepared = desk.registry.prepare(as_officer("marat"), decision)
    desk.registry.accept(as_officer("marat"), prepared.id, pki.sign_as("marat", prepared.document))
    assert refused(desk, "gulnar", desk.decision(number, granted=True)) == "registry.not_verified"
    assert desk.registry.verify_waiting() == 1
    assert refused(desk, "gulnar", desk.decision(number, granted=True)) == "registry.moved_meanwhile"
    desk.sign("gulnar", desk.decision(number, granted=True, round=2))
    assert desk.status(TENGRI) is Status.ACTIVE
    assert len(desk.registry.application(person("gulnar"), number).rounds) == 2
    assert tampering.found(desk.office) == {}


def test_what_was_appealed_against_once_is_not_again(desk: Desk) -> None:
    desk.refuse(desk.apply())
    desk.later()
    decision = Intent(kind=Kind.APPEAL_DECISION, participant="", appeal=appeal(desk), text="No")
    prepared = desk.registry.prepare(as_officer("marat"), decision)
    desk.registry.accept(as_officer("marat"), prepared.id, pki.sign_as("marat", prepared.document))
    assert refused(desk, "zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="Again")) == (
        "registry.nothing_to_appeal"
    )


def test_the_time_for_an_appeal_ends(desk: Desk) -> None:
    desk.refuse(desk.apply())
    desk.later(timedelta(days=91))
    assert desk.registry.standing(person("zarina")).contestable is None


# --- crashes --------------------------------------------------------------------------------------------------------

POINTS = (
    "after statement",
    "after decision",
    "after decision entry",
    "after step",
    "after step entry",
    "after step message",
    "before commit",
)


class Struck(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_on_the_way_leaves_nothing_of_an_admission(tmp_path: Path, point: str) -> None:
    armed = []

    def mark(reached: str) -> None:
        if armed and reached == point:
            raise Struck

    desk = registering.desk(tmp_path, mark)
    number = desk.apply()
    before = events(desk), revision(desk)
    prepared = desk.registry.prepare(person("gulnar"), desk.decision(number, granted=True))
    armed.append(point)
    with pytest.raises(Struck):
        desk.take("gulnar", prepared)
    armed.clear()
    assert (events(desk), revision(desk)) == before
    assert desk.status(TENGRI) is None
    desk.take("gulnar", prepared)
    assert desk.status(TENGRI) is Status.ACTIVE
    assert notices(desk, TENGRI)


def revision(desk: Desk) -> int:
    with reading(desk.office.engine) as connection:
        return declarations_store.read_revision(connection)


def test_an_application_is_verified_after_a_crash_between_filing_and_verifying(desk: Desk) -> None:
    number = desk.sign("zarina", application()).number
    again = registering.Registry(offices.reopen(desk.office.settings, desk.clock), desk.partners)
    assert again.verify_waiting() == 1
    assert again.verify_waiting() == 0
    assert outcomes(desk, number)["taxes_settled"] is criteria.Outcome.MET


def test_whatever_happens_is_in_the_journal(desk: Desk) -> None:
    number = desk.admit()
    desk.registry.application(person("gulnar"), number)
    desk.registry.entry(person("gulnar"), TENGRI)
    assert events(desk) == [
        "registry.applied",
        "registry.verified",
        "registry.decided",
        "registry.moved",
        "registry.read",
        "registry.read",
    ]
    assert audit.Event.REGISTRY_MOVED.value in events(desk)


def test_a_participant_of_low_category_on_record_without_an_entry_counts_as_medium(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        risk_store.put_category(connection, QORGAN, date(2026, 11, 1), "low")
        assert store.category_at(connection, QORGAN, desk.clock.at) is Category.MEDIUM
        assert store.category_at(connection, ALTYN, desk.clock.at) is Category.LOW
