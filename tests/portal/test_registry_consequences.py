"""What happens to entries without anybody deciding: a confirmed violation, an annulled one, a month's categories."""

from datetime import date, timedelta
from pathlib import Path

import msgspec
import offices
import pki
import pytest
import registering
import tampering
import violating
from caseworking import person
from lxml import etree
from msgspec.structs import replace
from registering import ALTYN, KASPI, QORGAN, TENGRI, ZHIBEK, Desk
from typer.testing import CliRunner

from interop.disclosure import ViolationMessage
from portal import cli
from portal.casework.desk import Desk as Working
from portal.database import reading, writing
from portal.registry.categories import recompute, recompute_if_due
from portal.registry.consequences import after_violation
from portal.registry.errors import RegistryRefused
from portal.registry.keeping import RegistryKeeper
from portal.registry.model import Intent, Kind
from portal.violations import service
from portal.violations.base import ViolationBase
from portal.violations.own import OwnViolations
from portal.violations.words import REASONS
from portal.worker import Worker
from risk_gateway.bases.registry import store
from risk_gateway.bases.registry.model import EntryStep, Status, Step
from risk_gateway.bases.violations import contest_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Appeal, Identity, Scheme, State, Violation
from risk_gateway.model import Category
from signing import store as signing_store

COMMITTED = date(2026, 10, 1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = registering.desk(tmp_path)
    made.admit()
    made.later()
    return made


def recorded(desk: Desk, kind: str = "false_code", participant: str = TENGRI, **changes: object) -> Violation:
    """Write a violation as an act does."""
    made = violating.violation("", participant, kind, COMMITTED, **changes)
    with writing(desk.office.engine) as connection:
        return service.record(connection, violating.desk_of(desk.office), made, "", desk.clock.at)


def again(desk: Desk, violation: Violation, **changes: object) -> Violation:
    desk.later()
    with writing(desk.office.engine) as connection:
        changed = replace(violation, **changes)
        return service.record(connection, violating.desk_of(desk.office), changed, "", desk.clock.at)


def taken(desk: Desk, participant: str = TENGRI) -> list[tuple[Step, str, str]]:
    return [(each.step, each.reason, each.by_iin) for each in desk.steps(participant)][1:]


def test_a_confirmed_violation_excludes_at_once_with_a_notice_that_tells_how_to_appeal(desk: Desk) -> None:
    violation = recorded(desk)
    assert taken(desk) == [(Step.EXCLUDE, "violation", "")]
    assert desk.steps(TENGRI)[-1].cause == violation.id
    assert desk.office.current().directory.risk_facts(TENGRI, desk.clock.at).category is Category.MEDIUM
    Worker(desk.office.engine, desk.clock).deliver_due()
    with reading(desk.office.engine) as connection:
        kept = store.read_notice(connection, TENGRI, 2)
    assert kept is not None
    root = etree.fromstring(registering.unpacked(kept))
    assert root.findtext("{*}Event") == "EXCLUDE"
    assert root.find("{*}Appeal") is not None
    assert tampering.found(desk.office) == {}


def test_what_a_control_found_only_suspends(desk: Desk) -> None:
    recorded(desk, "found_by_control")
    assert desk.status(TENGRI) is Status.SUSPENDED


@pytest.mark.parametrize("state", [State.ALLEGED, State.ANNULLED])
def test_what_is_not_confirmed_does_nothing(desk: Desk, state: State) -> None:
    recorded(desk, state=state)
    assert taken(desk) == []


def test_what_was_committed_before_the_criteria_look_does_nothing(desk: Desk) -> None:
    long_ago = violating.violation("", TENGRI, "false_code", date(2024, 1, 1), expires_on=None)
    with writing(desk.office.engine) as connection:
        service.record(connection, violating.desk_of(desk.office), long_ago, "", desk.clock.at)
    assert taken(desk) == []


def test_who_is_not_in_the_registry_is_not_touched(desk: Desk) -> None:
    recorded(desk, participant=QORGAN)
    assert desk.steps(QORGAN) == ()


def test_a_foreign_identity_that_nobody_said_is_the_same_touches_nobody(desk: Desk) -> None:
    recorded(desk, identity=Identity(Scheme.FOREIGN, "X-1", "TR", "Tengri Export"))
    assert taken(desk) == []


def test_an_annulled_violation_gives_back_what_it_took(desk: Desk) -> None:
    violation = recorded(desk)
    again(desk, violation, state=State.ANNULLED)
    assert taken(desk) == [(Step.EXCLUDE, "violation", ""), (Step.RESTORE, "violation_annulled", "")]
    again(desk, violation)
    assert desk.status(TENGRI) is Status.EXCLUDED  # confirmed after all


def test_an_annulled_violation_gives_nothing_back_while_another_counts(desk: Desk) -> None:
    violation = recorded(desk)
    recorded(desk, "false_origin")
    again(desk, violation, state=State.ANNULLED)
    assert desk.status(TENGRI) is Status.EXCLUDED


def test_a_record_that_turns_out_to_be_of_somebody_else_gives_back_what_it_took(desk: Desk) -> None:
    told = of_abroad(TENGRI)
    received(desk, told)
    assert desk.status(TENGRI) is Status.EXCLUDED
    desk.later()
    received(desk, replace(told, version=2, number=ALTYN))
    assert taken(desk) == [(Step.EXCLUDE, "violation", ""), (Step.RESTORE, "violation_annulled", "")]
    assert desk.status(ALTYN) is Status.EXCLUDED
    desk.later()
    received(desk, replace(told, version=3))
    assert (desk.status(TENGRI), desk.status(ALTYN)) == (Status.EXCLUDED, Status.ACTIVE)


def test_a_record_moved_away_gives_nothing_back_while_another_counts(desk: Desk) -> None:
    told = of_abroad(TENGRI)
    received(desk, told)
    recorded(desk, "false_origin")
    desk.later()
    received(desk, replace(told, version=2, number=ALTYN))
    assert (desk.status(TENGRI), desk.status(ALTYN)) == (Status.EXCLUDED, Status.EXCLUDED)


def test_a_record_moved_between_identities_of_one_participant_takes_and_gives_nothing(desk: Desk) -> None:
    told = replace(of_abroad("X-1"), scheme="FOREIGN", country="TR")
    received(desk, told)
    ViolationBase(desk.office).merge(person("gulnar"), "FOREIGN:TR:X-1", TENGRI, "They are")
    assert desk.status(TENGRI) is Status.EXCLUDED
    desk.later()
    received(desk, replace(of_abroad(TENGRI), version=2))
    assert taken(desk) == [(Step.EXCLUDE, "violation", "")]


def test_an_objection_ends_when_its_record_turns_out_to_be_of_somebody_else(desk: Desk) -> None:
    told, own, zarina = of_abroad(TENGRI), OwnViolations(desk.office), person("zarina")
    received(desk, told)
    prepared = own.prepare(zarina, "kg:KG-1", "not_committed", "It was somebody else")
    contest = own.accept(zarina, prepared.id, pki.sign_as("zarina", registering.unpacked(prepared.prepared)))
    received(desk, replace(told, version=2, number=ALTYN))
    with reading(desk.office.engine) as connection:
        moved, ended = violation_store.newest(connection, "kg:KG-1"), contest_store.find(connection, contest.id)
    assert moved is not None
    assert ended is not None
    assert (moved.appeal, ended.outcome) == (Appeal.NONE, contest_store.Ended.OVERTAKEN)
    altyn = own.entry(person("anna"), "kg:KG-1")
    assert ([each.version for each in altyn.versions], altyn.contests) == ([3], ())  # nothing of Tengri's
    received(desk, replace(told, version=3))
    own.prepare(zarina, "kg:KG-1", "not_committed", "It was somebody else")  # it is not open for ever


def test_what_was_annulled_on_an_objection_counts_against_whom_it_turns_out_to_be_about(desk: Desk) -> None:
    told, own, zarina = of_abroad(TENGRI), OwnViolations(desk.office), person("zarina")
    received(desk, told)
    prepared = own.prepare(zarina, "kg:KG-1", "not_committed", "It was somebody else")
    contest = own.accept(zarina, prepared.id, pki.sign_as("zarina", registering.unpacked(prepared.prepared)))
    reason = min(REASONS["upheld"])
    ViolationBase(desk.office).decide(person("gulnar"), contest.id, "upheld", reason, "It was")
    desk.later()
    received(desk, replace(told, version=2, number=ALTYN))
    assert (desk.status(TENGRI), desk.status(ALTYN)) == (Status.ACTIVE, Status.EXCLUDED)
    desk.later()
    received(desk, replace(told, version=3))
    assert (desk.status(TENGRI), desk.status(ALTYN)) == (Status.ACTIVE, Status.ACTIVE)


def test_a_corrected_violation_takes_away_only_once(desk: Desk) -> None:
    violation = recorded(desk, "found_by_control")
    again(desk, violation, amount_tiyn=5_000)
    assert len(taken(desk)) == 1
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    again(desk, violation, amount_tiyn=6_000)
    assert desk.status(TENGRI) is Status.ACTIVE  # what an officer undid stays undone


def test_a_second_violation_excludes_who_was_suspended(desk: Desk) -> None:
    recorded(desk, "found_by_control")
    desk.later()
    recorded(desk, "false_code")
    assert desk.status(TENGRI) is Status.EXCLUDED


def test_a_later_version_of_a_graver_kind_takes_away_what_an_officer_gave_back(desk: Desk) -> None:
    violation = recorded(desk, "found_by_control")
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    graver = again(desk, violation, kind="smuggling")
    assert desk.status(TENGRI) is Status.EXCLUDED
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    again(desk, graver, kind="false_code")
    assert desk.status(TENGRI) is Status.ACTIVE  # no graver than what was undone


def test_a_violation_that_turns_out_graver_excludes_who_was_suspended_for_it(desk: Desk) -> None:
    again(desk, recorded(desk, "found_by_control"), kind="smuggling")
    assert desk.status(TENGRI) is Status.EXCLUDED


def test_an_officer_clears_all_that_only_asked_for_a_look_at_once(desk: Desk) -> None:
    recorded(desk, "found_by_control")
    desk.later()
    other = recorded(desk, "found_by_control")  # while it is suspended: without a step of its own
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    assert desk.status(TENGRI) is Status.ACTIVE
    again(desk, other, amount_tiyn=5_000)
    assert desk.status(TENGRI) is Status.ACTIVE  # it was looked at
    again(desk, other, kind="smuggling")
    assert desk.status(TENGRI) is Status.EXCLUDED  # not so


def test_what_comes_after_an_officer_looked_suspends_again(desk: Desk) -> None:
    recorded(desk, "found_by_control")
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    desk.later()
    recorded(desk, "found_by_control")
    assert desk.status(TENGRI) is Status.SUSPENDED


def test_an_officer_gives_nothing_back_while_a_graver_violation_counts(desk: Desk) -> None:
    recorded(desk)
    desk.later()
    other = recorded(desk)  # while it is excluded: without a step of its own
    desk.later()
    with pytest.raises(RegistryRefused, match=r"registry\.another_counts"):
        desk.step(TENGRI, Step.RESTORE, "cleared")
    again(desk, other, state=State.ANNULLED)
    desk.step(TENGRI, Step.RESTORE, "cleared")
    assert desk.status(TENGRI) is Status.ACTIVE


def test_a_violation_that_comes_between_preparing_and_signing_keeps_the_entry_away(desk: Desk) -> None:
    desk.step(TENGRI, Step.EXCLUDE, "criteria_unmet")
    giving = Intent(kind=Kind.STEP, participant=TENGRI, step=Step.RESTORE, after=2, reasons=("cleared",), text="Well")
    desk.later()
    prepared = desk.registry.prepare(person("gulnar"), giving)
    recorded(desk)
    with pytest.raises(RegistryRefused, match=r"registry\.another_counts"):
        desk.take("gulnar", prepared)
    assert desk.status(TENGRI) is Status.EXCLUDED


def test_what_an_officer_gave_back_once_does_not_keep_from_giving_back_again(desk: Desk) -> None:
    recorded(desk)
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    desk.later()
    desk.step(TENGRI, Step.SUSPEND, "under_examination")
    desk.later()
    desk.step(TENGRI, Step.RESTORE, "cleared")
    assert desk.status(TENGRI) is Status.ACTIVE


def upheld(desk: Desk, appeal: str) -> None:
    made = Intent(kind=Kind.APPEAL_DECISION, participant="", appeal=appeal, granted=True, text="He is right")
    desk.sign("gulnar", made)


def test_an_appeal_is_not_upheld_while_another_violation_counts(desk: Desk) -> None:
    recorded(desk, "found_by_control")
    desk.later()
    appeal = desk.sign("zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="This is not so")).number
    other = recorded(desk, "smuggling")  # excludes who had only been suspended
    desk.later()
    with pytest.raises(RegistryRefused, match=r"registry\.another_counts"):
        upheld(desk, appeal)
    assert desk.status(TENGRI) is Status.EXCLUDED
    again(desk, other, kind="found_by_control", committed_on=date(2024, 1, 1))  # no longer weighs
    upheld(desk, appeal)
    assert desk.status(TENGRI) is Status.ACTIVE


def test_an_upheld_appeal_against_a_suspension_does_not_undo_what_an_officer_decided_since(desk: Desk) -> None:
    recorded(desk, "found_by_control")
    desk.later()
    appeal = desk.sign("zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="This is not so")).number
    desk.later()
    desk.step(TENGRI, Step.EXCLUDE, "criteria_unmet")
    desk.later()
    upheld(desk, appeal)
    assert desk.status(TENGRI) is Status.EXCLUDED
    assert tampering.found(desk.office) == {}


def test_an_appeal_against_a_suspension_does_not_undo_what_the_same_violation_did_when_it_turned_out_graver(
    desk: Desk,
) -> None:
    violation = recorded(desk, "found_by_control")
    desk.later()
    appeal = desk.sign("zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="This is not so")).number
    again(desk, violation, kind="smuggling")
    with pytest.raises(RegistryRefused, match=r"registry\.another_counts"):
        upheld(desk, appeal)
    assert desk.status(TENGRI) is Status.EXCLUDED


# --- objections -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Appeal.OPEN, Appeal.DENIED])
def test_an_objection_to_a_record_from_before_the_entry_takes_nothing_away(desk: Desk, outcome: Appeal) -> None:
    made = violating.violation("KZ-CRV-OLD", TENGRI, "false_code", COMMITTED)
    with writing(desk.office.engine) as connection:
        violation_store.put(connection, made)
    again(desk, made, appeal=outcome)
    assert taken(desk) == []


def test_who_raises_an_objection_keeps_the_entry_whatever_becomes_of_it(desk: Desk) -> None:
    own, zarina = OwnViolations(desk.office), person("zarina")
    with writing(desk.office.engine) as connection:
        violation_store.put(connection, violating.violation("KZ-CRV-OLD", TENGRI, "false_code", COMMITTED))
    prepared = own.prepare(zarina, "KZ-CRV-OLD", "wrong_facts", "The invoice says otherwise")
    contest = own.accept(zarina, prepared.id, pki.sign_as("zarina", registering.unpacked(prepared.prepared)))
    assert taken(desk) == []
    ViolationBase(desk.office).decide(person("gulnar"), contest.id, "denied", "decision_stands", "It stands")
    assert taken(desk) == []


def test_an_objection_that_a_partner_tells_of_takes_nothing_from_who_was_taken_over(desk: Desk) -> None:
    told = of_abroad(KASPI)
    received(desk, told)
    taken_over = EntryStep(
        participant=KASPI, number=1, step=Step.ADMIT, at=desk.clock.at, valid_to=date(2027, 12, 31), reason="taken_over"
    )
    with writing(desk.office.engine) as connection:
        store.add_step(connection, taken_over)
    desk.later()
    received(desk, replace(told, version=2, appeal="open"))
    assert desk.status(KASPI) is Status.ACTIVE
    received(desk, replace(told, version=3, appeal="open", kind="false_code"))
    assert desk.status(KASPI) is Status.EXCLUDED  # more than an objection


def of_abroad(number: str) -> ViolationMessage:
    return ViolationMessage(
        id="KG-1", version=1, kind="smuggling", state="confirmed", scheme="BIN", number=number, committed_on=COMMITTED
    )


def received(desk: Desk, told: ViolationMessage) -> None:
    with writing(desk.office.engine) as connection:
        service.receive(connection, violating.desk_of(desk.office), "kg", told, f"{told.version:064}", desk.clock.at)


def test_a_crash_takes_the_violation_and_its_consequence_together(tmp_path: Path) -> None:
    desk = registering.desk(tmp_path)
    desk.admit()
    desk.later()

    def strike(point: str) -> None:
        if point == "after step":
            raise KeyboardInterrupt

    broken = Working(desk.clock, desk.office.keyring, strike)
    made = violating.violation("", TENGRI, "false_code", COMMITTED)
    with pytest.raises(KeyboardInterrupt), writing(desk.office.engine) as connection:
        service.record(connection, broken, made, "", desk.clock.at)
    assert taken(desk) == []
    with reading(desk.office.engine) as connection:
        assert registering.violations_of(connection, TENGRI, desk.clock.at.date()) == ()


def test_the_same_violation_may_be_told_twice_in_one_transaction(desk: Desk) -> None:
    made = violating.violation("KZ-CRV-X", TENGRI, "false_code", COMMITTED)
    with writing(desk.office.engine) as connection:
        for _ in range(2):
            after_violation(connection, violating.desk_of(desk.office), made, desk.clock.at)
    assert len(taken(desk)) == 1


# --- the month's categories -----------------------------------------------------------------------------------------


def category(desk: Desk, participant: str, days: int = 1) -> Category:
    with reading(desk.office.engine) as connection:
        return store.category_at(connection, participant, desk.clock.at + timedelta(days=days))


def test_the_cast_keeps_its_categories(desk: Desk) -> None:
    assert recompute(desk.office.engine, desk.clock) == ()
    assert [category(desk, each) for each in (ALTYN, QORGAN, TENGRI, ZHIBEK, KASPI)] == [
        Category.LOW,
        Category.HIGH,
        Category.LOW,
        Category.MEDIUM,
        Category.MEDIUM,
    ]


def test_a_violation_makes_the_category_high_from_the_next_day_on(desk: Desk) -> None:
    recorded(desk, participant=KASPI)
    (change,) = recompute(desk.office.engine, desk.clock)
    assert (change.participant, change.after, change.first) == (KASPI, Category.HIGH, date(2026, 11, 25))
    assert (category(desk, KASPI, 0), category(desk, KASPI, 1)) == (Category.MEDIUM, Category.HIGH)
    assert recompute(desk.office.engine, desk.clock) == ()
    with reading(desk.office.engine) as connection:
        size, _ = signing_store.read_head(connection)
        last = signing_store.read_row(connection, size - 1)
    assert last is not None
    said = msgspec.json.decode(last[3])["particulars"]
    assert said.pop("salt")
    assert said == {"before": "medium", "after": "high", "first": "2026-11-25"}


def test_categories_are_worked_out_once_a_month(desk: Desk) -> None:
    assert recompute_if_due(desk.office.engine, desk.clock) == ()
    recorded(desk, participant=KASPI)
    assert recompute_if_due(desk.office.engine, desk.clock) is None
    desk.clock.at = offices.NOW.replace(month=12, day=1)
    changes = recompute_if_due(desk.office.engine, desk.clock)
    assert changes is not None
    assert [each.participant for each in changes] == [KASPI]


def test_the_keeper_verifies_what_waits(desk: Desk) -> None:
    number = desk.sign("aigerim", registering.application(KASPI)).number
    RegistryKeeper(desk.office).turn()
    with reading(desk.office.engine) as connection:
        found = registering.found(connection, number)
    assert found.round == 1


# --- commands -------------------------------------------------------------------------------------------------------


def test_the_commands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    offices.for_commands(monkeypatch, desk.office.settings)
    shekara = CliRunner()
    listed = shekara.invoke(cli.app, ["registry", "list", "--json"])
    assert [each["participant"] for each in msgspec.json.decode(listed.stdout)] == [ALTYN, TENGRI]
    assert "Tengri" in shekara.invoke(cli.app, ["registry", "list", "--status", "active"]).stdout
    shown = msgspec.json.decode(shekara.invoke(cli.app, ["registry", "show", TENGRI, "--json"]).stdout)
    assert [each["step"] for each in shown["steps"]] == ["ADMIT"]
    told = shekara.invoke(cli.app, ["registry", "show", TENGRI]).stdout
    assert "ADMIT" in told
    assert "when (UTC+5)" in told
    assert "2026-11-24 10:00:00" in told  # 05:00 UTC
    nobody = shekara.invoke(cli.app, ["registry", "show", QORGAN])
    assert (nobody.exit_code, "not in the registry" in nobody.stdout) == (1, True)
    assert shekara.invoke(cli.app, ["registry", "recompute"]).exit_code == 0
    assert msgspec.json.decode(shekara.invoke(cli.app, ["registry", "recompute", "--json"]).stdout) == []
