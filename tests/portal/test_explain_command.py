"""`shekara explain`: the officer reads why in his own language, of declarations and of past cases."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import offices
import pytest
import tampering
from archives import judged
from click.testing import Result
from tampering import Audited
from typer.testing import CliRunner

from portal import cli
from portal.commands.labels import labels
from portal.database import reading, writing
from risk_gateway import archive_store, canonical, knowledge_store
from risk_gateway.desk import Status
from risk_gateway.model import Case
from risk_gateway.packing import unpack
from risk_gateway.profiles import Block, Kind, Level, Motive, Outcome, RiskCategory


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return tampering.clean(tmp_path)


@pytest.fixture
def shekara(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    offices.for_commands(monkeypatch, audited.office.settings)
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: CliRunner().invoke(cli.app, ["explain", *words])


def keep_past_case(audited: Audited, name: str, number: str) -> None:
    """Keep a past case with the facts and the knowledge of a declaration."""
    with writing(audited.office.engine) as connection:
        like = archive_store.find_case(connection, audited.number(name))
        assert like is not None
        known = knowledge_store.read(connection, like.knowledge_version)
        case = canonical.loads(unpack(like.case), Case)
        archive_store.add_past_cases(connection, [judged(case, known, number, day=date(2026, 5, 4))])


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        ("kk", ("кедендік қарап тексеру", "балл бойынша", "күтілген", "нақты", "тікелей"), ("expected", "by score")),
        ("ru", ("таможенный досмотр", "по баллу", "ожидалось", "фактически", "прямой"), ("expected", "by score")),
        ("en", ("inspection", "by score", "expected", "actual", "direct"), ()),
    ],
)
def test_a_decision_is_explained_in_the_officer_s_language(
    audited: Audited, shekara: Callable[..., Result], language: str, said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    made = shekara(audited.number("embargo"), "--language", language)

    assert made.exit_code == 0, made.output
    assert all(text in made.stdout for text in said)
    assert not any(text in made.stdout for text in unsaid)


def test_what_is_in_the_tables_is_not_cut_off_on_a_narrow_screen(
    audited: Audited, shekara: Callable[..., Result]
) -> None:
    made = shekara(audited.number("embargo"))

    assert "…" not in made.stdout


def test_a_past_case_is_explained_by_its_number(audited: Audited, shekara: Callable[..., Result]) -> None:
    keep_past_case(audited, "embargo", "PAST-1")
    of_past, of_declared = (
        json.loads(shekara(number, "--json").stdout) for number in ("PAST-1", audited.number("embargo"))
    )

    assert of_past["notes"]
    assert of_past["outcome"] == of_declared["outcome"]


@pytest.mark.parametrize(("number", "code"), [("20201/241126/0000099", 1), ("PAST-9", 2)])
def test_what_is_not_there_is_told(shekara: Callable[..., Result], number: str, code: int) -> None:
    made = shekara(number, "--language", "ru")

    assert made.exit_code == code
    assert "Traceback" not in made.output


def test_a_version_is_explained_by_its_number_and_one_that_is_none_is_told(
    audited: Audited, shekara: Callable[..., Result]
) -> None:
    number = audited.number("embargo")
    newest, first, third = (shekara(number, *version) for version in ((), ("--version", "1"), ("--version", "3")))
    assert (newest.exit_code, newest.stdout) == (first.exit_code, first.stdout)
    assert (first.exit_code, third.exit_code) == (0, 1)


def test_knowledge_that_is_gone_is_told(audited: Audited, shekara: Callable[..., Result]) -> None:
    with reading(audited.office.engine) as connection:
        version = archive_store.find_case(connection, audited.number("lamps")).knowledge_version  # type: ignore[union-attr]
    tampering.remove(audited.office, knowledge_store.knowledge_table, {"version": version})
    made = shekara(audited.number("lamps"), "--language", "kk")

    assert made.exit_code == 1
    assert "сақталмаған" in made.output


@pytest.mark.parametrize(
    "code",
    [
        *Outcome,
        *Kind,
        *Level,
        *Status,
        *Block,
        *(f"category.{each}" for each in RiskCategory),
        *(f"motive.{each}" for each in Motive),
    ],
)
def test_what_a_profile_may_say_of_itself_has_a_label(code: str) -> None:
    assert str(code) in labels()


@pytest.mark.parametrize("code", labels())
def test_every_label_speaks_three_languages(code: str) -> None:
    words = labels()[code]

    assert words.kk
    assert words.ru
    assert words.en.isascii() or "–" in words.en
    assert not words.kk.isascii()
    assert not words.ru.isascii()
