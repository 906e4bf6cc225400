"""Judgements at the command line: explained, replayed, tried with a draft, and closed like declarations."""

import json
from collections.abc import Callable
from pathlib import Path

import offices
import pytest
from cast import ANALYSTS
from click.testing import Result
from judgings import MOVEMENT, case, record
from tampering import change
from typer.testing import CliRunner

from portal import cli
from portal.database import reading
from portal.feedback import Feedback
from portal.office import Office
from risk_gateway import archive_store
from risk_gateway.judgement_store import judgement_table
from risk_gateway.packing import pack
from signing import store as signing_store

FIRST, SECOND = f"{MOVEMENT}/J1", f"{MOVEMENT}/J2"
WORDS = '{ kk = "Жолаушы", ru = "Пассажир", en = "Traveller" }'
DRAFT = f"""
[[profile]]
code = "PD-99"
version = 1
title = {WORDS}
block = "passengers"
level = "republican"
kind = "direct"
category = "personal_goods"
motive = "unpaid_duties"
condition = {{ field = "identical_articles_max", op = ">=", value = 5 }}
weight = 0
family = "five_articles"
measures = [{{ code = "INSPECT_PARTIAL" }}]
valid_from = 2026-11-01
valid_to = 2027-12-31
legal_basis = {WORDS}
author = "{ANALYSTS[0].iin}"
declarant_text = {WORDS}
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = offices.office(tmp_path)
    record(made, case(movement_event="crossing"), "crossing")
    record(made, case(movement_event="arrival", seal_broken=True), "arrival")
    record(made, case("passengers", identical_articles_max=6), "declaration")
    record(made, case("passengers", series="PD-2", identical_articles_max=1), "declaration", subject="PD-2")
    return made


@pytest.fixture
def shekara(office: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    offices.for_commands(monkeypatch, office.settings)
    offices.keep_keys(office.settings.home)
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(cli.app, list(words))


@pytest.mark.parametrize(
    ("language", "said"),
    [("kk", "Пломба бұзылған"), ("ru", "Пломба нарушена"), ("en", "Seal broken")],
)
def test_a_judgement_is_explained_in_the_officer_s_language(
    shekara: Callable[..., Result], language: str, said: str
) -> None:
    made = shekara("explain", SECOND, "--language", language)

    assert made.exit_code == 0, made.output
    assert "TT-02" in made.output
    assert said in made.output


def test_a_judgement_that_is_not_there_is_not_explained(shekara: Callable[..., Result]) -> None:
    assert shekara("explain", f"{MOVEMENT}/J9").exit_code != 0


def test_a_judgement_replays_to_the_same_bytes(shekara: Callable[..., Result]) -> None:
    made = shekara("replay", SECOND, "--json")

    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout) == {
        "same": True, "number": SECOND, "difference": None, "problem": None, "unproven": False,
    }  # fmt: skip


def test_every_judgement_is_replayed_with_all_others(shekara: Callable[..., Result]) -> None:
    made = shekara("replay", "--all", "--json")

    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout.splitlines()[-1]) == {"cases": 4, "same": 4, "different": 0, "unproven": 0}


def test_a_judgement_that_was_changed_does_not_replay(office: Office, shekara: Callable[..., Result]) -> None:
    change(office, judgement_table, {"number": FIRST}, {"assessment": pack(b"{}")})
    made = shekara("replay", "--all", "--json")

    assert made.exit_code == 1
    assert json.loads(made.stdout.splitlines()[0])["number"] == FIRST


def test_a_draft_of_travellers_is_tried_on_judged_travellers(shekara: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "draft.toml"
    file.write_text(DRAFT, encoding="utf-8")
    made = shekara("simulate", str(file), "--json")

    assert made.exit_code == 0, made.output
    report = json.loads(made.stdout)
    assert (report["cases"], report["hits"]) == (2, 1)


def test_a_draft_over_a_fact_of_another_block_is_refused_with_the_field(
    shekara: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "draft.toml"
    file.write_text(DRAFT.replace("identical_articles_max", "agent_declarations"), encoding="utf-8")
    made = shekara("profile", "validate", str(file))

    assert made.exit_code == 1
    assert "agent_declarations" in made.output


# --- a control is closed --------------------------------------------------------------------------------------------

INSPECTOR = "900523450679"


def test_a_control_that_a_judgement_led_to_is_closed_and_counted(
    office: Office, shekara: Callable[..., Result]
) -> None:
    words = ("--act", "A-1", "--by", INSPECTOR, "--profile", "TT-02=found", "--amount", "1200")
    made = shekara("control", "close", SECOND, *words)
    assert made.exit_code == 0, made.output
    assert f"Act A-1 of {SECOND} is recorded." in made.output

    with reading(office.engine) as connection:
        case = archive_store.find_case(connection, SECOND)
        events = [event for _, event, _ in signing_store.read_entries(connection, SECOND)]
    assert case is not None
    assert case.result is not None
    assert (case.result.found, case.result.amount_tiyn, case.result.profiles["TT-02"]) == (True, 120_000, True)
    assert events[-1] == "control.closed"
    Feedback(office.engine, office.clock).turn()
    told = json.loads(shekara("feedback", "--profile", "TT-02", "--json").stdout.splitlines()[0])
    assert (told["precision"]["controls"], told["precision"]["findings"], told["revenue_tiyn"]) == (1, 1, 120_000)


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (f"{MOVEMENT}/J9", (), f"{MOVEMENT}/J9"),  # no such judgement
        (SECOND, ("--profile", "PD-07=found"), "PD-07"),  # did not fire
        (SECOND, ("--amount", "5"), "amount"),  # without a finding
    ],
)
def test_what_fits_no_judgement_is_refused_in_words(
    shekara: Callable[..., Result], number: str, words: tuple[str, ...], said: str
) -> None:
    made = shekara("control", "close", number, "--act", "A-1", "--by", INSPECTOR, *words)
    assert made.exit_code == 1
    assert said in made.output
    assert "Traceback" not in made.output


def test_an_act_closes_one_control(shekara: Callable[..., Result]) -> None:
    close = ("--act", "A-1", "--by", INSPECTOR)
    assert shekara("control", "close", SECOND, *close).exit_code == 0
    again = shekara("control", "close", FIRST, *close)
    assert again.exit_code == 1
    assert "A-1" in again.output


def test_the_decision_of_a_judgement_is_not_made_milder_by_command(shekara: Callable[..., Result]) -> None:
    words = ("--to", "DOCUMENTARY_CHECK", "--reason", "GOODS_SEEN", "--by", INSPECTOR, "--approver", "820705300896")
    made = shekara("control", "override", SECOND, *words)
    assert made.exit_code == 1
    assert SECOND in made.output


def test_the_audit_at_the_command_line_finds_nothing(office: Office, shekara: Callable[..., Result]) -> None:
    change(office, judgement_table, {"number": FIRST}, {"moment": "arrival"})
    offices.keep_keys(office.settings.home)
    made = shekara("audit", "--json")
    found = [json.loads(line) for line in made.stdout.splitlines()[:-1]]

    assert {"number": FIRST, "check": "judgements"}.items() <= next(
        line for line in found if line["number"] == FIRST
    ).items()
