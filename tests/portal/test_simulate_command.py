"""A draft is run over what is stored; its report is attached to the draft, and the command refuses what is no draft."""

import json
from collections.abc import Callable
from pathlib import Path

import offices
import pytest
import tampering
from cast import ANALYSTS
from click.testing import Result
from tampering import Audited
from typer.testing import CliRunner

from portal import cli, profile_desk
from portal.database import reading, writing
from risk_gateway import desk_store
from risk_gateway.desk import Move, Status
from risk_gateway.knowledge import parse_profiles
from signing import store as signing_store

SAULE = ANALYSTS[0].iin
WORDS = '{ kk = "Тауар", ru = "Товар", en = "Goods" }'
DRAFT = f"""
[[profile]]
code = "TST-01"
version = 1
title = {WORDS}
block = "imports"
level = "republican"
kind = "indirect"
category = "goods"
motive = "false_code"
condition = {{ field = "commodity_code", op = "prefix", value = ["8539"] }}
weight = 70
family = "test_family"
measures = [{{ code = "INSPECT_FULL" }}]
valid_from = 2026-12-01
valid_to = 2027-12-31
legal_basis = {WORDS}
author = "{SAULE}"
declarant_text = {WORDS}
"""


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return tampering.clean(tmp_path)


@pytest.fixture
def shekara(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    offices.for_commands(monkeypatch, audited.office.settings)
    return lambda *words: CliRunner().invoke(cli.app, ["simulate", *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "draft.toml"
    path.write_text(DRAFT, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("commodity_code", "no_such_field", 1),
        ("weight = 70", "weight = 170", 1),
        ("[[profile]]", "[[profile", 1),
        ("[[profile]]", DRAFT + "[[profile]]", 2),
    ],
)
def test_what_is_no_draft_is_refused(shekara: Callable[..., Result], file: Path, old: str, new: str, code: int) -> None:
    file.write_text(DRAFT.replace(old, new, 1), encoding="utf-8")
    made = shekara(str(file))

    assert made.exit_code == code
    assert "Traceback" not in made.output


@pytest.mark.parametrize("words", [(), ("--draft", "TST-01"), ("--by", SAULE), ("--from", "yesterday")])
def test_misuse_is_told(shekara: Callable[..., Result], words: tuple[str, ...]) -> None:
    assert shekara(*words).exit_code == 2


def test_days_without_a_case_are_told(shekara: Callable[..., Result], file: Path) -> None:
    assert shekara(str(file), "--to", "2026-11-23").exit_code == 2
    assert shekara(str(file), "--from", "2026-11-25").exit_code == 2


def test_a_draft_that_is_not_stored_or_not_validated_gets_no_report(
    audited: Audited, shekara: Callable[..., Result]
) -> None:
    assert shekara("--draft", "TST-01", "--by", SAULE).exit_code == 2
    (draft,) = parse_profiles(DRAFT, "test")
    with writing(audited.office.engine) as connection:
        profile_desk.draft(connection, draft, SAULE, offices.NOW)
    made = shekara("--draft", "TST-01", "--by", SAULE)

    assert made.exit_code == 1
    with reading(audited.office.engine) as connection:
        assert desk_store.read_standing(connection, "TST-01", 1).report is None


def test_the_report_says_what_the_draft_would_have_done(shekara: Callable[..., Result], file: Path) -> None:
    made = shekara(str(file), "--json")

    assert made.exit_code == 0, made.output
    report = json.loads(made.stdout)
    assert (report["cases"], report["hits"]) == (5, 5)  # the export is of another block
    assert report["first"] == report["last"] == "2026-11-24"
    assert sum(shift["cases"] for shift in report["shifts"]) >= 1
    assert "IM-02" in [overlap["profile"] for overlap in report["overlap"]]


def test_the_report_is_shown_in_words(shekara: Callable[..., Result], file: Path) -> None:
    made = shekara(str(file))

    assert made.exit_code == 0, made.output
    assert "hits" in made.output
    assert "TST-01" in made.output


def test_what_submitting_will_refuse_is_told_at_once(shekara: Callable[..., Result], file: Path) -> None:
    made = shekara(str(file), "--language", "ru")

    assert made.exit_code == 0, made.output
    assert "С этой проверкой представление будет отклонено" in made.stderr
    assert "100" in made.stderr  # it meets every case


def test_the_report_says_which_days_have_cases(shekara: Callable[..., Result], file: Path) -> None:
    report = json.loads(shekara(str(file), "--json").stdout)

    assert (report["there_first"], report["there_last"]) == ("2026-11-24", "2026-11-24")


def test_the_report_is_attached_to_a_validated_draft(audited: Audited, shekara: Callable[..., Result]) -> None:
    (draft,) = parse_profiles(DRAFT, "test")
    with writing(audited.office.engine) as connection:
        profile_desk.draft(connection, draft, SAULE, offices.NOW)
        profile_desk.take(connection, "TST-01", 1, Move.VALIDATE, SAULE, offices.NOW)
    made = shekara("--draft", "TST-01", "--by", SAULE)

    assert made.exit_code == 0, made.output
    with reading(audited.office.engine) as connection:
        standing = desk_store.read_standing(connection, "TST-01", 1)
        events = [event for _, event, _ in signing_store.read_entries(connection, "TST-01")]
    assert standing.status is Status.BACK_TESTED
    assert standing.report is not None
    assert (standing.report.cases, standing.report.hits) == (5, 5)
    assert events == ["profile.moved"] * 3
