"""Histories that never happened: always the same, plausible, with what was planted known, and replayable."""

import json
from collections import Counter
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from offices import NOW
from typer.testing import CliRunner

from declarations.identifiers import is_bin
from portal.cli import app
from portal.database import make_engine, reading, writing
from portal.demo.history.chance import Chance
from portal.demo.history.controls import control
from portal.demo.history.generate import generate, make_plan
from portal.demo.history.judging import Judged
from portal.demo.history.keeping import HistoryUnsound, keep
from portal.demo.history.planning import SHARDS, events
from portal.demo.history.starter import Starter, day_key
from portal.demo.history.world import EXPORT_MOTIVES, IMPORT_MOTIVES, make_bin, make_world
from portal.settings import Settings
from risk_gateway import archive_store, canonical, knowledge_store
from risk_gateway.archive import StoredCase, Truth
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.gateway import assess
from risk_gateway.model import Assessment, Case, Decision, Outcome
from risk_gateway.packing import unpack
from risk_gateway.profiles import Motive

LAST = date(2026, 11, 23)
CHECKED = Outcome.DOCUMENTARY_CHECK


@cache
def history(declarations: int = 600, seed: int = 7, base_rate: float = 0.05) -> tuple[Judged, ...]:
    made = make_plan(declarations, seed, LAST, base_rate=base_rate)
    return tuple(one for batch in generate(made) for one in batch)


def cases_of(declarations: int = 600, seed: int = 7, base_rate: float = 0.05) -> list[StoredCase]:
    return [one.stored for one in history(declarations, seed, base_rate)]


def facts_of(stored: StoredCase) -> Case:
    return canonical.loads(unpack(stored.case), Case)


def assessment_of(stored: StoredCase) -> Assessment:
    return canonical.loads(unpack(stored.assessment), Assessment)


# --- always the same --------------------------------------------------------------------------------------------------


def test_several_processes_make_the_same_history_as_one() -> None:
    made = make_plan(200, 7, LAST)
    alone = sorted((one for batch in generate(made) for one in batch), key=lambda one: one.stored.number)
    together = sorted((one for batch in generate(made, 2) for one in batch), key=lambda one: one.stored.number)
    assert together == alone
    assert {one.stored.number[:6] for one in alone} == {f"GEN7-{shard}" for shard in range(SHARDS)}


def test_another_seed_makes_another_history() -> None:
    assert {case.declarant for case in cases_of(200, 8)} != {case.declarant for case in cases_of(200, 7)}


def test_as_many_declarations_are_made_as_were_asked_for() -> None:
    assert [len(history(number, 3)) for number in (1, 7, 200)] == [1, 7, 200]


def test_shards_share_no_participant() -> None:
    made = make_plan(600, 7, LAST)
    parties: list[set[str]] = []
    for shard in range(SHARDS):
        firms = [event.firm for event in events(made, shard)]
        parties.append({firm.identifier for firm in firms} | {firm.broker.identifier for firm in firms if firm.broker})
    assert all(one.isdisjoint(other) for n, one in enumerate(parties) for other in parties[n + 1 :])


# --- plausible --------------------------------------------------------------------------------------------------------


def test_every_participant_has_a_valid_bin_of_its_own() -> None:
    firms = make_world(7, 20_000, LAST, 730).firms
    brokers = {firm.broker.identifier for firm in firms if firm.broker}
    assert all(is_bin(number) for number in {firm.identifier for firm in firms} | brokers)
    assert len({firm.identifier for firm in firms} | brokers) == len(firms) + len(brokers)


def test_a_bin_is_found_even_where_the_first_check_digit_does_not_exist() -> None:
    assert all(is_bin(make_bin(date(2020, month, 1), serial)) for month in (1, 12) for serial in range(50_000, 50_300))


def test_firms_declare_only_while_they_are_in_business_and_after_their_registration() -> None:
    made = make_plan(600, 7, LAST)
    for shard in range(SHARDS):
        for event in events(made, shard):
            assert event.firm.registered_on < event.firm.first_day <= event.day <= event.firm.last_day <= LAST


def test_new_firms_come_during_the_history() -> None:
    world = make_world(7, 20_000, LAST, 730)
    share = sum(firm.first_day > world.first for firm in world.firms) / len(world.firms)
    assert 0.2 < share < 0.5


def test_imports_and_exports_of_every_category_are_made_with_one_to_fifty_items_mostly() -> None:
    cases = [facts_of(case) for case in cases_of()]
    assert {case.block for case in cases} == {"imports", "exports"}
    assert {case.header.declarant_category for case in cases} >= {"low", "medium"}
    assert min(len(case.items) for case in cases) == 1
    assert sum(len(case.items) <= 50 for case in cases) > 0.98 * len(cases)


def test_facts_are_complete_as_those_of_a_lodgement() -> None:
    case = next(case for case in map(facts_of, cases_of()) if case.block == "imports" and case.agent)
    assert case.declarant
    assert is_bin(case.declarant)
    assert case.header.tax_at_stake_kzt is not None
    assert case.header.declarant_declarations is not None
    assert case.items[0].usd_per_kg is not None
    assert case.items[0].first_commodity is not None


def test_nothing_of_a_generated_case_is_degraded() -> None:
    assert not [assessment_of(case).problem for case in cases_of() if assessment_of(case).degraded]


def test_honest_declarations_raise_alarms_too() -> None:
    honest = [case for case in cases_of() if case.truth == Truth()]
    assert any(case.outcome != Outcome.SIMPLIFIED_RELEASE for case in honest)
    assert any(case.outcome == Outcome.SIMPLIFIED_RELEASE for case in honest)


# --- what was planted -------------------------------------------------------------------------------------------------


def test_every_motive_occurs() -> None:
    planted = {case.truth.motive for case in cases_of(900, 11, 0.5) if case.truth} - {None}
    assert planted == {*IMPORT_MOTIVES.options, *EXPORT_MOTIVES.options}
    of_no_lodgement = {Motive.NON_DELIVERY, Motive.SMUGGLING, Motive.UNDECLARED_GOODS, Motive.UNPAID_DUTIES}
    assert planted == set(Motive) - {Motive.SAFETY, Motive.EVADED_CONTROL} - of_no_lodgement


def test_about_as_many_frauds_are_planted_as_asked_for() -> None:
    planted = sum(1 for case in cases_of(600, 7) if case.truth and case.truth.motive)
    assert 0.03 * 600 < planted < 0.075 * 600


def test_frauds_of_exports_are_planted_in_exports_only() -> None:
    of_block = {"imports": set(IMPORT_MOTIVES.options), "exports": set(EXPORT_MOTIVES.options)}
    for case in cases_of(900, 11, 0.5):
        assert case.truth is not None
        assert case.truth.motive is None or case.truth.motive in of_block[case.block]


def test_the_truth_names_items_that_are_there_and_an_honest_case_nothing() -> None:
    for stored in cases_of(900, 11, 0.5):
        assert stored.truth is not None
        assert set(stored.truth.items) <= {item.sequence for item in facts_of(stored).items}
        assert stored.truth.motive is not None or stored.truth == Truth()


def test_a_false_origin_claims_a_preference_in_each_item_it_touches() -> None:
    touched = [case for case in cases_of(900, 11, 0.5) if case.truth and case.truth.motive is Motive.FALSE_ORIGIN]
    assert touched
    for stored in touched:
        items = {item.sequence: item for item in facts_of(stored).items}
        assert all(items[number].preference_claimed for number in (stored.truth.items if stored.truth else ()))


def test_understating_the_value_costs_the_state_something() -> None:
    frauds = [case.truth for case in cases_of(900, 11, 0.5) if case.truth]
    understated = [truth for truth in frauds if truth.motive is Motive.UNDERSTATED_VALUE]
    assert sum(truth.amount_tiyn > 0 for truth in understated) > 0.75 * len(
        understated
    )  # the others pay nothing anyway


def test_some_frauds_are_released_and_some_are_stopped() -> None:
    outcomes = Counter(case.outcome for case in cases_of(900, 11, 0.5) if case.truth and case.truth.motive)
    assert len(outcomes) == 3


# --- judged and controlled --------------------------------------------------------------------------------------------


def test_every_decision_replays_byte_for_byte() -> None:
    starter = Starter(make_plan(200, 7, LAST))
    for stored in sorted(cases_of(200), key=lambda case: case.day):
        knowledge, case = starter.knowledge(stored.day), facts_of(stored)
        assert knowledge.version == stored.knowledge_version
        assessment = assess(case, knowledge, Budget.replaying(None))
        assert canonical.dumps(assessment) == unpack(stored.assessment)
        assert canonical.dumps(decide(assessment, case, knowledge)) == unpack(stored.decision)


def test_what_was_released_has_no_result() -> None:
    for case in cases_of():
        assert case.result is None or case.outcome != Outcome.SIMPLIFIED_RELEASE


def test_a_control_never_finds_what_is_not_there() -> None:
    for case in cases_of(900, 11, 0.5):
        if case.result and case.result.found:
            assert case.truth
            assert case.truth.motive is not None
            assert (case.result.motive, case.result.amount_tiyn) == (case.truth.motive, case.truth.amount_tiyn)


def test_controls_find_some_of_what_is_there_and_miss_some() -> None:
    controlled = [case for case in cases_of(900, 11, 0.5) if case.result and case.truth and case.truth.motive]
    assert {case.result.found for case in controlled if case.result} == {True, False}


def test_a_control_that_would_close_after_the_last_day_has_no_result() -> None:
    late = [case for case in cases_of(900, 11, 0.5) if case.outcome == CHECKED and case.result is None]
    assert late
    assert all(case.day > LAST - timedelta(days=12) for case in late)


def test_what_a_control_found_is_on_record_only_after_it_was_closed() -> None:
    before: dict[str, int] = {}
    for stored in sorted(cases_of(900, 11, 0.5), key=lambda case: (case.day, case.number)):
        known = facts_of(stored).header.declarant_violations_24_months or 0
        assert known <= before.get(stored.declarant, 0)
        before[stored.declarant] = before.get(stored.declarant, 0) + bool(stored.result and stored.result.found)


def test_a_release_is_not_controlled() -> None:
    stored = next(case for case in cases_of() if case.outcome == Outcome.SIMPLIFIED_RELEASE)
    decision = canonical.loads(unpack(stored.decision), Decision)
    truth = Truth(Motive.CONCEALMENT)
    assert control(truth, assessment_of(stored), decision, stored.day, {}, Chance(1)) is None


def test_the_day_keys_differ_by_day_and_seed() -> None:
    keys = {day_key(seed, LAST - timedelta(days=back)) for seed in (7, 8) for back in range(3)}
    assert len(keys) == 6
    assert all(len(key) == 32 for key in keys)


# --- the command ------------------------------------------------------------------------------------------------------


def environment_of(home: Path) -> dict[str, str]:
    return {"SHEKARA_HOME": str(home), "SHEKARA_DATABASE_URL": f"sqlite:///{home / 'shekara.db'}"}


def run(home: Path, *arguments: str) -> tuple[int, str]:
    command = ["demo", "generate", "--until", LAST.isoformat(), *arguments]
    ran = CliRunner().invoke(app, command, env=environment_of(home))
    return ran.exit_code, ran.output


def kept_in(home: Path) -> list[StoredCase]:
    with reading(make_engine(Settings.load(environment_of(home)).database_url)) as connection:
        return list(archive_store.read_cases(connection, date(2020, 1, 1), LAST))


def test_the_command_keeps_the_history_with_its_knowledge(tmp_path: Path) -> None:
    status, output = run(tmp_path, "--declarations", "200", "--seed", "7", "--json")
    assert status == 0
    summary = json.loads(output.splitlines()[-1])
    kept = kept_in(tmp_path)
    assert kept == sorted(cases_of(200), key=lambda case: (case.day, case.number))
    with reading(make_engine(Settings.load(environment_of(tmp_path)).database_url)) as connection:
        known = knowledge_store.read(connection, kept[0].knowledge_version)
    assert known.day == kept[0].day
    assert summary["declarations"] == 200
    assert summary["items"] == sum(one.items for one in history(200))
    assert summary["lanes"] == {lane.value: sum(case.outcome == lane for case in kept) for lane in Outcome}


def test_cases_that_could_not_be_replayed_are_not_kept(tmp_path: Path) -> None:
    assert run(tmp_path, "--declarations", "1", "--seed", "8")[0] == 0
    foreign = [one for one in history(20, 3) if one.stored.day < LAST]
    engine = make_engine(Settings.load(environment_of(tmp_path)).database_url)
    with pytest.raises(HistoryUnsound), writing(engine) as connection:
        keep(connection, make_plan(20, 4, LAST), foreign, NOW)
    assert len(kept_in(tmp_path)) == 1


def test_the_command_shows_what_was_planted(tmp_path: Path) -> None:
    status, output = run(tmp_path, "--declarations", "200", "--seed", "7")
    assert status == 0
    for shown in ("200 declarations", "planted", "all", "SIMPLIFIED_RELEASE", "controls closed"):
        assert shown in output


def test_a_seed_is_kept_once_and_another_beside_it(tmp_path: Path) -> None:
    assert run(tmp_path, "--declarations", "20", "--seed", "7")[0] == 0
    status, output = run(tmp_path, "--declarations", "30", "--seed", "7")
    assert status == 1
    assert "there already" in output
    assert run(tmp_path, "--declarations", "20", "--seed", "8")[0] == 0
    assert len(kept_in(tmp_path)) == 40


def test_a_history_of_nothing_is_misuse(tmp_path: Path) -> None:
    assert run(tmp_path, "--declarations", "0")[0] == 2
