"""A post's capacity is set by an analyst, from today on, and judges at once; the command tells what weekdays bring."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import offices
import pytest
import tampering
from cast import ANALYSTS
from click.testing import Result
from tampering import Audited
from typer.testing import CliRunner

from portal import cli
from portal.commands.capacity import read_posts, set_capacity
from portal.database import reading, writing
from risk_gateway import capacity_store
from signing import store as signing_store

SAULE, POST = ANALYSTS[0].iin, "20201"
TODAY = offices.NOW.date()


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return tampering.clean(tmp_path)


@pytest.fixture
def shekara(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    offices.for_commands(monkeypatch, audited.office.settings)
    return lambda *words: CliRunner().invoke(cli.app, ["capacity", *words])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((POST, "5", "--by", "000000000000"), 1),
        (("99999", "5", "--by", SAULE), 2),
        ((POST, "-1", "--by", SAULE), 2),
        ((POST, "5", "--by", SAULE, "--from", "2020-01-01"), 2),
        ((POST, "5"), 2),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing_behind(
    audited: Audited, shekara: Callable[..., Result], words: tuple[str, ...], code: int
) -> None:
    made = shekara("set", "--", *words) if words[1] == "-1" else shekara("set", *words)

    assert made.exit_code == code
    assert "Traceback" not in made.output
    with reading(audited.office.engine) as connection:
        assert capacity_store.read_capacity(connection, date(2030, 1, 1)) == {}


def test_days_without_cases_are_told(shekara: Callable[..., Result]) -> None:
    assert shekara("--to", "2026-01-01").exit_code == 2


def test_what_is_set_judges_from_its_day_on_and_is_in_the_journal(audited: Audited) -> None:
    office, tomorrow = audited.office, TODAY + timedelta(days=1)
    before = office.current().knowledge(TODAY)
    with writing(office.engine) as connection:
        set_capacity(connection, POST, TODAY, 5, SAULE, offices.NOW)
        set_capacity(connection, POST, tomorrow, 7, SAULE, offices.NOW)
    snapshot = office.current()

    assert POST not in before.parameters.capacity
    assert snapshot.knowledge(TODAY).parameters.capacity[POST] == 5
    assert snapshot.knowledge(tomorrow).parameters.capacity[POST] == 7
    with reading(office.engine) as connection:
        events = [event for _, event, _ in signing_store.read_entries(connection, POST)]
    assert events == ["capacity.set"] * 2
    assert tampering.found(office) == {}


def test_the_load_of_each_post_is_shown_with_all_its_lanes(audited: Audited, shekara: Callable[..., Result]) -> None:
    made = shekara("--json")
    post = next(json.loads(line) for line in made.stdout.splitlines() if json.loads(line)["office"] == POST)

    assert made.exit_code == 0
    assert (post["days"], post["days_over"]) == (1, 0)
    assert sum(float(rate) for rate in post["rates"].values()) == pytest.approx(1, abs=0.001)
    assert shekara().exit_code == 0


def test_several_processes_add_up_the_same(audited: Audited) -> None:
    url = audited.office.settings.database_url

    assert read_posts(url, None, None, 2) == read_posts(url, None, None, 1)
