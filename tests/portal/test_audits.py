"""Audits after release: who may do what and when, what is signed, and what follows from it elsewhere."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import auditing_after
import msgspec
import offices
import pki
import pytest
from auditing_after import QORGAN, Desk
from caseworking import person
from cast import PERSONS
from lxml import etree
from sqlalchemy.exc import IntegrityError
from tampering import found

from declarations import store as declarations_store
from declarations.audits import store
from declarations.audits.lifecycle import Action, Status
from declarations.audits.model import Direction
from interop.store import outbox
from portal.account.service import Account
from portal.audits import returning, statements
from portal.audits.errors import AuditNotFound, AuditRefused
from portal.audits.model import Intent
from portal.audits.service import Audits
from portal.database import reading, writing
from portal.office import Office
from portal.words import AUDIT_SCOPE
from portal.worker import Worker
from risk_gateway import archive_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Appeal, Source, State
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing.errors import SigningError
from signing.xmlgate import AUDIT


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return auditing_after.desk(tmp_path)


def refused(desk: Desk, key: str, action: Action, number: str, **particulars: Any) -> str:
    with pytest.raises(AuditRefused) as found:
        desk.sign(key, action, number, **particulars)
    return found.value.code


def moves(desk: Desk, number: str) -> list[str]:
    """Return the moves of an audit that the journal tells of, in order."""
    with reading(desk.office.engine) as connection:
        entries = signing_store.read_entries(connection, number)
    told = [msgspec.json.decode(entry) for _, event, entry in entries if event == "audit.moved"]
    return [each["particulars"]["action"] for each in told]


def notices(desk: Desk, number: str) -> list[etree._Element]:
    with reading(desk.office.engine) as connection:
        rows = connection.execute(outbox.select().where(outbox.c.subject == number).order_by(outbox.c.sequence))
        return [etree.fromstring(unpack(bytes(row.body))) for row in rows if row.kind == "AUDIT_NOTICE"]


def said(notice: etree._Element, name: str) -> str:
    return notice.findtext(f"{{urn:shekara:notice:1}}{name}") or ""


# --- who may, and when ----------------------------------------------------------------------------------------------


def test_nobody_opens_an_audit_that_he_planned_himself(desk: Desk) -> None:
    number = desk.choose()
    desk.plan(number, key="bolat")
    assert refused(desk, "bolat", Action.OPEN, number) == "audits.own_plan"
    assert refused(desk, "bolat", Action.RETURN_PLAN, number) == "audits.own_plan"
    assert desk.audit(number).status is Status.PREPARED


def test_the_database_itself_refuses_an_audit_that_is_opened_by_who_planned_it(desk: Desk) -> None:
    number = desk.open()
    opened = desk.audit(number)
    with pytest.raises(IntegrityError), writing(desk.office.engine) as connection:
        store.put(connection, msgspec.structs.replace(opened, opened_iin=opened.plan_iin))


def test_an_auditor_does_not_open_an_audit(desk: Desk) -> None:
    number = desk.choose()
    desk.plan(number)
    assert refused(desk, "marat", Action.OPEN, number) == "audits.not_yours"


def test_a_debt_is_not_notified_before_an_act_is_signed(desk: Desk) -> None:
    number = desk.open()
    code = refused(desk, "marat", Action.NOTIFY_DEBT, number, kind="false_code", lines=(desk.line(),))
    assert code == "audits.not_now"


def test_who_is_no_official_of_audits_sees_no_audit(desk: Desk) -> None:
    number = desk.open()
    for key in ("anna", "berik", "zarina"):
        with pytest.raises(AuditNotFound):
            desk.audits.own_page(person(key), number)
    for key in ("dana", "saule", "gulnar", "asel"):
        with pytest.raises(AuditNotFound):
            desk.audits.worklist(person(key))
    with pytest.raises(AuditNotFound):
        desk.audits.page(person("yerkin"), number, "en")


def test_the_participant_knows_nothing_of_an_audit_before_it_is_opened(desk: Desk) -> None:
    number = desk.choose()
    desk.plan(number)
    assert desk.audits.own(person("yerkin")) == ()
    with pytest.raises(AuditNotFound):
        desk.audits.own_page(person("yerkin"), number)
    assert notices(desk, number) == []


def test_the_participant_never_reads_the_plan_nor_why_it_was_chosen(desk: Desk) -> None:
    number = desk.open()
    page = desk.audits.own_page(person("yerkin"), number)
    assert [each.made.action for each in page.documents] == [Action.OPEN]
    with reading(desk.office.engine) as connection:
        plan = next(each for each in store.moves_of(connection, number) if each.action is Action.PREPARE)
    assert plan.statement is not None
    with pytest.raises(AuditNotFound):
        desk.audits.statement(person("yerkin"), plan.statement)
    assert desk.audits.statement(person("bolat"), plan.statement)


def test_a_participant_is_audited_once_at_a_time(desk: Desk) -> None:
    desk.choose()
    with pytest.raises(AuditRefused) as found:
        desk.choose()
    assert found.value.code == "audits.at_work_already"


# --- what is signed -------------------------------------------------------------------------------------------------


def test_what_is_signed_follows_its_schema_signed_and_unsigned(desk: Desk) -> None:
    schema = etree.XMLSchema(etree.parse(Path(statements.__file__).parent / "schemas" / "audit-1.0.xsd"))
    number = desk.choose()
    prepared = [
        desk.prepare(
            "marat",
            Action.PREPARE,
            number,
            directions=(Direction.VALUE,),
            first=date(2025, 1, 1),
            last=desk.clock.now().date(),
        )
    ]
    desk.take("marat", prepared[0])
    prepared.append(desk.prepare("bolat", Action.OPEN, number, text=""))
    desk.take("bolat", prepared[-1])
    act = {"specialists": "A. Expert, customs laboratory", "declarations": (desk.number,)}
    prepared.append(desk.prepare("marat", Action.SIGN_COMPLETE_ACT, number, **act))
    desk.take("marat", prepared[-1])
    prepared.append(
        desk.prepare("marat", Action.ORDER_ELIMINATION, number, kind="false_code", declarations=(desk.number,))
    )
    prepared.append(desk.prepare("marat", Action.NOTIFY_DEBT, number, kind="false_code", lines=(desk.line(),)))
    desk.take("marat", prepared[-1])
    prepared.append(desk.prepare("yerkin", Action.APPEAL, number, text="<No> & no"))
    for each in prepared:
        schema.assertValid(etree.fromstring(each.document))
        schema.assertValid(etree.fromstring(pki.sign_as("marat", each.document)))


def test_a_statement_is_signed_by_the_person_who_prepared_it(desk: Desk) -> None:
    number = desk.choose()
    with pytest.raises(AuditRefused) as found:
        desk.plan(number, signer="saule")
    assert found.value.code == "audits.other_signer"
    assert desk.audit(number).status is Status.SELECTED


def test_what_was_signed_for_another_purpose_or_changed_is_refused(desk: Desk) -> None:
    number = desk.debt()
    prepared = desk.prepare("yerkin", Action.REPLY, number)
    for document in (
        prepared.document.replace(AUDIT.encode(), b"urn:shekara:registry:1"),
        prepared.document.replace(b"REPLY", b"APPEAL"),
    ):
        with pytest.raises((AuditRefused, SigningError)):
            desk.audits.accept(person("yerkin"), prepared.id, pki.sign_as("yerkin", document))
    desk.take("yerkin", prepared)


def test_who_had_an_older_page_before_him_is_told_so(desk: Desk) -> None:
    number = desk.debt()
    older = desk.prepare("yerkin", Action.REPLY, number)
    desk.sign("yerkin", Action.REPLY, number)
    with pytest.raises(AuditRefused) as found:
        desk.take("yerkin", older)
    assert found.value.code == "audits.moved_meanwhile"


def test_the_same_signed_bytes_again_change_nothing(desk: Desk) -> None:
    number = desk.choose()
    directions = (Direction.VALUE,)
    prepared = desk.prepare(
        "marat", Action.PREPARE, number, directions=directions, first=date(2025, 1, 1), last=date(2026, 1, 1)
    )
    signed = pki.sign_as("marat", prepared.document)
    for _ in range(2):
        desk.audits.accept(person("marat"), prepared.id, signed)
    assert moves(desk, number) == ["SELECT", "PREPARE"]


@pytest.mark.parametrize(
    ("particulars", "code"),
    [
        ({"directions": ()}, "audits.direction_needed"),
        ({"first": None}, "audits.first_day"),
        ({"first": date(2015, 1, 1)}, "audits.first_day"),
        ({"last": date(2030, 1, 1)}, "audits.last_day"),
        ({"last": date(2024, 1, 1)}, "audits.last_day"),
        ({"text": " "}, "audits.text_needed"),
        ({"text": "x" * 4001}, "audits.text_long"),
        ({"text": "a\x00b"}, "audits.text_characters"),
    ],
)
def test_a_plan_that_is_not_whole_is_refused(desk: Desk, particulars: dict[str, Any], code: str) -> None:
    with pytest.raises(AuditRefused) as found:
        desk.plan(desk.choose(), **particulars)
    assert found.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"due_tiyn": 1}, "audits.line_not_short"),
        ({"due_tiyn": 10**16}, "audits.line_not_short"),
        ({"item": 9}, "audits.line_item"),
        ({"payment_code": "9999"}, "audits.line_payment"),
        ({"declaration": "20201/010126/0000099"}, "audits.declaration_unknown"),
    ],
)
def test_a_line_that_cannot_be_is_refused(desk: Desk, changes: dict[str, Any], code: str) -> None:
    number = desk.open()
    desk.act(number)
    lines = (desk.line(**changes),)
    assert refused(desk, "marat", Action.NOTIFY_DEBT, number, kind="false_code", lines=lines) == code


def test_what_was_not_declared_by_the_participant_in_the_period_is_not_examined(desk: Desk) -> None:
    number = desk.choose()
    desk.plan(number, first=date(2025, 1, 1), last=date(2025, 12, 31))
    desk.sign("bolat", Action.OPEN, number)
    with pytest.raises(AuditRefused) as found:
        desk.act(number)
    assert found.value.code == "audits.declaration_outside"


# --- a debt that is paid --------------------------------------------------------------------------------------------


def test_a_debt_is_notified_with_its_computation_and_paid(desk: Desk) -> None:
    number = desk.debt()
    audit, standing = desk.audit(number), desk.standing(number)
    assert audit.status is Status.DEBT_NOTICE
    assert standing.charged == standing.open == audit.amount_tiyn > 0
    notice = notices(desk, number)[-1]
    assert (said(notice, "ResponseCode"), said(notice, "Event")) == ("13", "NOTIFY_DEBT")
    line = notice.find("{urn:shekara:notice:1}Debt")
    assert line is not None
    assert (line.get("declaration"), line.get("payment"), line.get("due")) == (desk.number, "2010", "1000000.00")

    with pytest.raises(AuditRefused) as found:
        desk.audits.pay(person("yerkin"), number)
    assert found.value.code == "audits.not_enough"
    desk.prepay(audit.amount_tiyn - 1)
    desk.audits.pay(person("yerkin"), number)
    assert desk.audit(number).status is Status.DEBT_NOTICE  # a tiyn is missing
    desk.clock.at += auditing_after.MINUTE
    desk.prepay(1)
    desk.audits.pay(person("yerkin"), number)
    assert desk.audit(number).status is Status.CLOSED
    assert said(notices(desk, number)[-1], "ResponseCode") == "09"
    assert moves(desk, number)[-1] == "SETTLE"


def test_money_that_comes_by_the_bank_closes_the_audit(desk: Desk) -> None:
    number = desk.debt()
    assert desk.audits.close_paid() == 0
    desk.prepay(desk.audit(number).amount_tiyn, document=number)
    assert desk.audits.close_paid() == 1
    assert desk.audit(number).status is Status.CLOSED
    assert desk.audits.close_paid() == 0


def test_another_firm_does_not_pay_nor_reply(desk: Desk) -> None:
    number = desk.debt()
    for key in ("anna", "zarina"):
        with pytest.raises(AuditNotFound):
            desk.audits.pay(person(key), number)
        with pytest.raises(AuditNotFound):
            desk.prepare(key, Action.REPLY, number)


def test_interest_runs_from_the_declaration_to_the_notification(desk: Desk) -> None:
    number = desk.open()
    desk.clock.at += timedelta(days=300)
    desk.act(number)
    desk.notify(number)
    (line,) = desk.audits.own_page(person("yerkin"), number).outcome.lines  # type: ignore[union-attr]
    assert line.since == offices.NOW.date()
    assert line.interest_tiyn > line.short_tiyn // 10
    assert desk.standing(number).charged == line.short_tiyn + line.interest_tiyn


# --- a debt that is appealed against --------------------------------------------------------------------------------


def test_an_appeal_is_decided_by_the_chief_and_annuls_what_was_demanded(desk: Desk) -> None:
    number = desk.debt()
    amount = desk.audit(number).amount_tiyn
    desk.prepay(amount // 2, document=number)
    desk.sign("yerkin", Action.APPEAL, number, text="The goods were lamps")
    assert desk.audit(number).status is Status.APPEALED
    with reading(desk.office.engine) as connection:
        (violation,) = returning.violations_of(connection, desk.audit(number))
    assert (violation.source, violation.state, violation.appeal) == (Source.AUDIT, State.CONFIRMED, Appeal.OPEN)
    assert refused(desk, "marat", Action.UPHOLD_APPEAL, number) == "audits.not_yours"
    desk.sign("bolat", Action.UPHOLD_APPEAL, number, text="They were")
    assert desk.audit(number).status is Status.ANNULLED
    assert desk.standing(number).in_full
    assert said(notices(desk, number)[-1], "AnswerCode") == "39"
    with reading(desk.office.engine) as connection:
        (violation,) = returning.violations_of(connection, desk.audit(number))
    assert (violation.state, violation.appeal) == (State.ANNULLED, Appeal.UPHELD)
    assert desk.audits.own_page(person("yerkin"), number).prepaid_tiyn == amount // 2


def test_a_denied_appeal_leaves_the_debt_with_a_new_limit_and_is_not_raised_again(desk: Desk) -> None:
    number = desk.debt()
    before = desk.audit(number).limit_at
    desk.sign("yerkin", Action.APPEAL, number)
    desk.clock.at += timedelta(days=10)
    desk.sign("bolat", Action.DENY_APPEAL, number)
    audit = desk.audit(number)
    assert audit.status is Status.DEBT_NOTICE
    assert audit.limit_at is not None
    assert before is not None
    assert audit.limit_at > before
    assert desk.standing(number).due > before.date()
    assert said(notices(desk, number)[-1], "AnswerCode") == "41"
    assert refused(desk, "yerkin", Action.APPEAL, number) == "audits.too_late_to_appeal"


def test_who_notified_the_debt_does_not_decide_on_the_appeal_be_it_a_chief(desk: Desk) -> None:
    number = desk.open()
    desk.act(number)
    desk.sign("bolat", Action.NOTIFY_DEBT, number, kind="false_code", lines=(desk.line(),))
    desk.sign("yerkin", Action.APPEAL, number)
    assert refused(desk, "bolat", Action.DENY_APPEAL, number) == "audits.own_decision"
    iin = PERSONS["bolat"].iin
    with pytest.raises(IntegrityError), writing(desk.office.engine) as connection:
        store.close_appeal(connection, number, store.AppealState.DENIED, iin, desk.clock.now())


def test_an_appeal_that_comes_too_late_is_refused(desk: Desk) -> None:
    number = desk.debt()
    desk.clock.at += timedelta(days=90)
    assert refused(desk, "yerkin", Action.APPEAL, number) == "audits.too_late_to_appeal"


# --- elimination ----------------------------------------------------------------------------------------------------


def test_a_violation_is_eliminated_and_the_audit_closed(desk: Desk) -> None:
    number = desk.open()
    desk.act(number)
    desk.sign("marat", Action.ORDER_ELIMINATION, number, kind="false_documents", declarations=(desk.number,))
    assert refused(desk, "yerkin", Action.ACCEPT_ELIMINATION, number) == "audits.not_yours"
    desk.sign("yerkin", Action.REPORT_ELIMINATION, number, text="The certificates were replaced")
    desk.sign("marat", Action.ACCEPT_ELIMINATION, number)
    assert desk.audit(number).status is Status.CLOSED


# --- a customs representative ---------------------------------------------------------------------------------------


def empower(desk: Desk, *scope: str, **changes: Any) -> None:
    """Have Qorgan give Zhibek a power of attorney."""
    with writing(desk.office.engine) as connection:
        declarations_store.put_power(
            connection, offices.power("qorgan", "zhibek", number="P-9", scope=frozenset(scope), **changes)
        )


def test_a_representative_whose_power_covers_audits_sees_and_replies(desk: Desk) -> None:
    number = desk.debt()
    empower(desk, AUDIT_SCOPE)
    assert [each.number for each in desk.audits.own(person("berik"))] == [number]
    desk.prepay(500)
    page = desk.audits.own_page(person("berik"), number)
    assert (page.represented, page.offered, page.prepaid_tiyn) == (True, (Action.REPLY,), 0)
    desk.sign("berik", Action.REPLY, number, text="The invoices are enclosed")
    made = desk.audits.own_page(person("yerkin"), number).documents[-1].made
    assert (made.action, made.by_iin) == (Action.REPLY, PERSONS["berik"].iin)
    assert found(desk.office) == {}


def test_a_representative_does_not_appeal_report_or_pay(desk: Desk) -> None:
    number = desk.debt()
    empower(desk, AUDIT_SCOPE)
    desk.prepay(500)
    for action in (Action.APPEAL, Action.UPHOLD_APPEAL):
        assert refused(desk, "berik", action, number) in ("audits.not_yours", "audits.not_now")
    with pytest.raises(AuditRefused) as denied:
        desk.audits.pay(person("berik"), number)
    assert denied.value.code == "audits.not_yours"


@pytest.mark.parametrize(
    ("scope", "changes"),
    [
        (("IM", "EX", "REGISTRY"), {}),
        ((AUDIT_SCOPE,), {"valid_to": offices.NOW.date() - timedelta(days=1)}),
        ((AUDIT_SCOPE,), {"valid_from": offices.NOW.date() + timedelta(days=1)}),
        ((AUDIT_SCOPE,), {"revoked_on": offices.NOW.date()}),
    ],
)
def test_without_such_a_power_that_day_a_representative_finds_nothing(
    desk: Desk, scope: tuple[str, ...], changes: dict[str, Any]
) -> None:
    number = desk.open()
    empower(desk, *scope, **changes)
    assert desk.audits.own(person("berik")) == ()
    with pytest.raises(AuditNotFound):
        desk.audits.own_page(person("berik"), number)


def test_what_a_representative_prepared_is_not_taken_once_the_power_is_revoked(desk: Desk) -> None:
    number = desk.debt()
    empower(desk, AUDIT_SCOPE)
    prepared = desk.prepare("berik", Action.REPLY, number)
    empower(desk, AUDIT_SCOPE, revoked_on=desk.clock.now().date())
    with pytest.raises(AuditNotFound):
        desk.take("berik", prepared)


def test_a_representative_does_not_know_of_an_audit_before_it_is_opened(desk: Desk) -> None:
    number = desk.choose()
    empower(desk, AUDIT_SCOPE)
    with pytest.raises(AuditNotFound):
        desk.audits.own_page(person("berik"), number)


# --- what comes back ------------------------------------------------------------------------------------------------


def test_a_finding_becomes_a_violation_and_a_result_of_the_declaration(desk: Desk) -> None:
    number = desk.debt()
    with reading(desk.office.engine) as connection:
        case = archive_store.find_case(connection, desk.number)
        counting = violation_store.counting(connection, QORGAN, desk.clock.now().date())
    assert case is not None
    assert case.result is not None
    assert (case.result.found, case.result.motive) == (True, "understated_value")
    assert case.result.amount_tiyn > 0
    assert [kind for kind, _ in counting] == ["understated_value"]
    assert desk.audit(number).outcome_name == PERSONS["marat"].name


def test_where_nothing_was_found_the_declaration_is_labelled_so(desk: Desk) -> None:
    number = desk.open()
    desk.act(number)
    desk.sign("marat", Action.FIND_NOTHING, number)
    with reading(desk.office.engine) as connection:
        case = archive_store.find_case(connection, desk.number)
        counting = violation_store.counting(connection, QORGAN, desk.clock.now().date())
    assert case is not None
    assert case.result is not None
    assert not case.result.found
    assert counting == ()
    assert desk.audit(number).status is Status.NO_FINDING


# --- crashes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "point",
    [
        "after statement",
        "after move",
        "after move entry",
        "after charge",
        "after result",
        "after violation",
        "before commit",
    ],
)
def test_a_crash_while_a_debt_is_notified_leaves_nothing_of_it(tmp_path: Path, point: str) -> None:
    desk = auditing_after.desk(tmp_path)
    number = desk.open()
    desk.act(number)
    before = contents(desk.office)
    prepared = desk.prepare("marat", Action.NOTIFY_DEBT, number, kind="false_code", lines=(desk.line(),))

    def strike(reached: str) -> None:
        if reached == point:
            raise KeyboardInterrupt(point)

    broken = Audits(desk.office, strike)
    signed = pki.sign_as("marat", prepared.document, desk.clock.now())
    with pytest.raises(KeyboardInterrupt):
        broken.accept(person("marat"), prepared.id, signed)
    assert contents(desk.office) == before
    desk.audits.accept(person("marat"), prepared.id, signed)
    assert desk.audit(number).status is Status.DEBT_NOTICE


def test_a_crash_after_the_commit_loses_nothing(desk: Desk) -> None:
    number = desk.choose()

    def strike(reached: str) -> None:
        if reached == "after commit":
            raise KeyboardInterrupt(reached)

    prepared = desk.prepare(
        "marat", Action.PREPARE, number, directions=(Direction.VALUE,), first=date(2025, 1, 1), last=date(2026, 1, 1)
    )
    with pytest.raises(KeyboardInterrupt):
        Audits(desk.office, strike).accept(person("marat"), prepared.id, pki.sign_as("marat", prepared.document))
    assert desk.audit(number).status is Status.PREPARED


def contents(office: Office) -> tuple[int, int, int]:
    """Return what stands for what a notification writes: moves, journal, ledger."""
    with reading(office.engine) as connection:
        size, _ = signing_store.read_head(connection)
        moved = sum(len(store.moves_of(connection, each.number)) for each in store.every(connection))
        told = len(connection.execute(outbox.select()).all())
    return moved, size, told


def test_the_participant_finds_the_notice_in_its_notifications(desk: Desk) -> None:
    number = desk.debt()
    Worker(desk.office.engine, desk.clock).deliver_due()
    told = Account(desk.office).log(person("yerkin"), None).rows
    assert [each.notice.status for each in told if each.kept.subject == number] == [
        "NOTIFY_DEBT",
        "SIGN_DIRECTED_ACT",
        "OPEN",
    ]


def test_whoever_reads_an_audit_is_in_the_journal(desk: Desk) -> None:
    number = desk.open()
    desk.audits.page(person("marat"), number, "en")
    with reading(desk.office.engine) as connection:
        events = [event for _, event, _ in signing_store.read_entries(connection, number)]
    assert events[-1] == "audit.read"


def test_an_intent_says_how_much_it_demands(desk: Desk) -> None:
    line = desk.line(declared_tiyn=100, due_tiyn=300, interest_tiyn=7)
    assert Intent(action=Action.NOTIFY_DEBT, audit="PA-1", after=1, lines=(line, line)).amount_tiyn == 414
