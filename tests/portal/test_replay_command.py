"""Every stored decision replays byte for byte, whatever has changed since; what does not is named."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import offices
import pki
import pytest
import tampering
import violating
from archives import judged
from builders import declaration_xml
from cast import ANALYSTS, PARTICIPANTS
from fraud_models import small
from msgspec.structs import replace
from tampering import Audited
from typer.testing import CliRunner

from declarations.store import declaration
from portal import cli
from portal.auditing.run import Wanted, audit
from portal.database import reading, writing
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import archive_store, canonical, gateway, knowledge_store, values_store
from risk_gateway import store as risk_store
from risk_gateway.archive import StoredCase
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.fraud_model import model_store
from risk_gateway.model import Assessment, Case
from risk_gateway.packing import pack, unpack
from risk_gateway.parameters import ReferenceValues, UnitValue
from risk_gateway.store import decision

ALTYN = PARTICIPANTS["altyn"].identifier


@dataclass
class Lines:
    """What a command printed as JSON, and how it ended."""

    code: int
    objects: list[dict[str, Any]]


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return tampering.clean(tmp_path)


@pytest.fixture
def shekara(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lines]:
    offices.for_commands(monkeypatch, audited.office.settings)

    def run(*words: str) -> Lines:
        made = CliRunner().invoke(cli.app, [*words, "--json"])
        printed = made.stdout.splitlines()
        return Lines(made.exit_code, [json.loads(line) for line in printed if line.startswith("{")])

    return run


def stored(audited: Audited, name: str) -> StoredCase:
    with reading(audited.office.engine) as connection:
        found = archive_store.find_case(connection, audited.number(name))
    assert found is not None
    return found


def past(audited: Audited, number: str) -> StoredCase:
    """Return a past case that was judged with the knowledge of a declaration."""
    like = stored(audited, "lamps")
    with reading(audited.office.engine) as connection:
        known = knowledge_store.read(connection, like.knowledge_version)
    return judged(canonical.loads(unpack(like.case), Case), known, number, day=date(2026, 5, 4))


def add(audited: Audited, *cases: StoredCase) -> None:
    with writing(audited.office.engine) as connection:
        archive_store.add_past_cases(connection, cases)


def spoil(audited: Audited, name: str) -> None:
    key = audited.key(name)
    content = unpack(tampering.read(audited.office, decision, tampering.of(key), "assessment"))
    changed = pack(content.replace(b'"score":"', b'"score":"1', 1))
    tampering.change(audited.office, decision, tampering.of(key), {"assessment": changed})


# --- refused and found ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("20201/241126/0000001", "--all"),
        ("20201/241126/0000001", "--since", "2026-11-24"),
        ("--all", "--since", "x"),
    ],
)
def test_misuse_is_told(shekara: Callable[..., Lines], words: tuple[str, ...]) -> None:
    assert shekara("replay", *words).code == 2


def test_a_number_that_is_not_there_is_told(shekara: Callable[..., Lines]) -> None:
    assert shekara("replay", "20201/241126/0000099").code == 2


def test_a_decision_that_was_changed_is_named_with_its_first_difference(
    audited: Audited, shekara: Callable[..., Lines]
) -> None:
    spoil(audited, "embargo")
    made = shekara("replay", audited.number("embargo"))

    assert made.code == 1
    assert made.objects[0]["difference"]["path"] == "score"
    assert not made.objects[0]["same"]


def forge_lack_of_time(audited: Audited, name: str) -> None:
    """Let the tables say that judging ran out of time at once, with all that follows from it."""
    kept = stored(audited, name)
    case = canonical.loads(unpack(kept.case), Case)
    with reading(audited.office.engine) as connection:
        known = knowledge_store.read(connection, kept.knowledge_version)
    forged = gateway.assess(case, known, Budget.replaying(1))
    made = decide(forged, case, known)
    where = tampering.of(audited.key(name))
    changes = {"assessment": pack(canonical.dumps(forged)), "decision": pack(canonical.dumps(made))}
    tampering.change(audited.office, decision, where, {**changes, "decision_id": made.id, "degraded": True})
    tampering.change(audited.office, declaration, where, {"outcome": made.outcome.value})


def test_a_forged_lack_of_time_replays_to_the_same_and_is_told_by_the_journal(
    audited: Audited, shekara: Callable[..., Lines]
) -> None:
    forge_lack_of_time(audited, "lamps")
    made = shekara("replay", audited.number("lamps"))

    assert made.code == 1
    assert made.objects[0]["difference"]["path"] == "SHA-256"
    assert "assessment-digest" in tampering.found(audited.office)[audited.number("lamps")]


def test_a_decision_of_before_the_journal_held_the_assessment_is_told_as_such(
    audited: Audited, shekara: Callable[..., Lines]
) -> None:
    number = audited.number("lamps")
    tampering.drop_particular(audited.office, number, "assessment")
    made = shekara("replay", number)
    every = shekara("replay", "--all")
    (part,) = audit(tampering.archive_of(audited.office), Wanted(number=number))

    assert (made.code, made.objects[0]["unproven"]) == (0, True)
    assert (every.code, every.objects[-1]["unproven"]) == (0, 1)
    assert part.tally.unfounded == {"assessment-digest": 1}


def test_past_cases_are_in_no_journal_and_that_is_told(audited: Audited, shekara: Callable[..., Lines]) -> None:
    add(audited, past(audited, "PAST-1"))

    assert shekara("replay", "PAST-1").objects[0]["unproven"]
    assert shekara("replay", "--all").objects[-1]["unproven"] == 1


def test_knowledge_that_is_gone_is_a_problem_and_no_crash(audited: Audited, shekara: Callable[..., Lines]) -> None:
    tampering.remove(
        audited.office, knowledge_store.knowledge_table, {"version": stored(audited, "lamps").knowledge_version}
    )
    made = shekara("replay", audited.number("lamps"))

    assert made.code == 1
    assert "is not kept" in made.objects[0]["problem"]


def test_knowledge_of_which_a_part_was_altered_is_a_problem_and_no_crash(
    audited: Audited, shekara: Callable[..., Lines]
) -> None:
    with writing(audited.office.engine) as connection:
        connection.execute(knowledge_store.part_table.update().values(content=pack(b"{}")))
    made = shekara("replay", "--all")

    assert made.code == 1
    assert "does not match its version" in made.objects[0]["problem"]
    assert made.objects[-1]["different"] == 6


def test_all_finds_the_one_that_differs(audited: Audited, shekara: Callable[..., Lines]) -> None:
    spoil(audited, "broker")
    made = shekara("replay", "--all")

    assert made.code == 1
    assert made.objects[0]["number"] == audited.number("broker")
    assert made.objects[-1] == {"cases": 6, "same": 5, "different": 1, "unproven": 0}


# --- the same ---------------------------------------------------------------------------------------------------------


def test_every_decision_of_the_demo_is_the_same_also_one_that_ran_out_of_time(
    audited: Audited, shekara: Callable[..., Lines]
) -> None:
    made = shekara("replay", "--all")

    assert (made.code, made.objects) == (0, [{"cases": 6, "same": 6, "different": 0, "unproven": 0}])
    assert shekara("replay", audited.number("hurried")).objects[0]["same"]


def test_past_cases_are_replayed_too(audited: Audited, shekara: Callable[..., Lines]) -> None:
    add(audited, past(audited, "PAST-1"), past(audited, "PAST-2"))

    assert shekara("replay", "PAST-1").code == 0
    assert shekara("replay", "--all").objects[-1]["cases"] == 8
    assert shekara("replay", "--all", "--since", "2026-11-24").objects[-1]["cases"] == 6


def test_several_processes_find_the_same(audited: Audited, shekara: Callable[..., Lines]) -> None:
    add(audited, past(audited, "PAST-1"), replace(past(audited, "PAST-2"), day=date(2025, 1, 1), outcome="X"))
    spoil(audited, "broker")

    one, two = shekara("replay", "--all"), shekara("replay", "--all", "--workers", "2")
    assert one.objects == two.objects
    assert one.objects[-1]["different"] == 2


def change_profiles(audited: Audited) -> None:
    offices.suspend_profiles(audited.office)


def change_category(audited: Audited) -> None:
    with writing(audited.office.engine) as connection:
        risk_store.put_category(connection, ALTYN, date(2026, 11, 1), "high")


def change_record(audited: Audited) -> None:
    with writing(audited.office.engine) as connection:
        violating.put(connection, "V-1", ALTYN, "false_code", date(2026, 11, 1))


def change_values(audited: Audited) -> None:
    lamps = UnitValue("853922", "*", "kg", Decimal(900), Decimal(1000), "test")
    with writing(audited.office.engine) as connection:
        values_store.add_values(connection, ReferenceValues((lamps,)), date(2026, 11, 1), "test", offices.NOW)


def change_model(audited: Audited) -> None:
    model = small()
    author, other = (analyst.iin for analyst in ANALYSTS)
    with writing(audited.office.engine) as connection:
        model_store.add_candidate(connection, model, author, b"{}", offices.NOW)
        model_store.promote(connection, model.version, other)
        model_store.promote(connection, model.version, other)


@pytest.mark.parametrize("change", [change_profiles, change_category, change_record, change_values, change_model])
def test_an_old_decision_is_the_same_after_what_it_was_judged_with_has_changed(
    audited: Audited, shekara: Callable[..., Lines], change: Callable[[Audited], None]
) -> None:
    office = audited.office
    change(audited)
    with writing(office.engine) as connection:
        offices.declarations_store.bump_revision(connection)
    office.refresh()
    before = stored(audited, "embargo")
    again = lodge(Lodged(pki.sign_as("anna", declaration_xml(reference="AGAIN", origin="KP")), offices.NOW), office)
    with reading(office.engine) as connection:
        after = archive_store.find_case(connection, again.stored.registration_number)

    assert after is not None
    facts = [canonical.loads(unpack(one.case), Case).header for one in (before, after)]
    assert after.knowledge_version != before.knowledge_version or facts[0] != facts[1]
    assert canonical.loads(unpack(before.assessment), Assessment).findings
    assert shekara("replay", audited.number("embargo")).code == 0
    assert shekara("replay", "--all").objects[-1] == {"cases": 7, "same": 7, "different": 0, "unproven": 0}


# --- the audit --------------------------------------------------------------------------------------------------------


def test_the_audit_judges_past_cases_anew(audited: Audited) -> None:
    add(audited, past(audited, "PAST-1"), replace(past(audited, "PAST-2"), outcome="SIMPLIFIED"))

    assert tampering.found(audited.office) == {"PAST-2": {"past-cases"}}


def test_the_audit_and_replay_find_the_same(audited: Audited) -> None:
    spoil(audited, "broker")

    (finding,) = [one for one in tampering.findings(audited.office) if one.check == "assessment"]
    assert finding.number == audited.number("broker")
    assert "score of the assessment is" in finding.sentence
