"""What a command says when there is nothing to work on, or nothing to work with."""

import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path

import offices
import pytest
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from portal import cli
from portal.commands.shared import show_whole, trouble
from portal.database import make_engine, reading
from portal.office import Office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = offices.office(tmp_path)
    offices.for_commands(monkeypatch, made.settings)
    return made


@pytest.mark.parametrize("words", [["profile", "list"], ["feedback"], ["replay", "--all"], ["model", "list"]])
def test_before_the_tables_are_made_a_command_says_which_command_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setenv("SHEKARA_HOME", str(tmp_path))
    monkeypatch.setenv("SHEKARA_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setattr(sys, "argv", ["shekara", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr().err

    assert ended.value.code == 2
    assert "shekara migrate" in told
    assert "SELECT" not in told


def test_another_trouble_of_the_database_is_told_without_its_sql(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with reading(engine) as connection, pytest.raises(Exception, match="syntax") as raised:
        connection.exec_driver_sql("SELEKT 1")
    engine.dispose()

    assert trouble(raised.value).startswith("The database does not answer: near")  # type: ignore[arg-type]


def test_a_replay_of_nothing_says_so(office: Office) -> None:
    made = CliRunner().invoke(cli.app, ["replay", "--all"])

    assert made.exit_code == 2
    assert "no case" in made.output


def test_values_of_days_in_the_wrong_order_are_not_computed(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "values.toml"
    days = ["--from", "2026-11-30", "--to", "2026-11-01", "--valid-from", "2026-12-01"]
    made = CliRunner().invoke(cli.app, ["values", "compute", *days, "--out", str(out)])

    assert made.exit_code == 2
    assert not out.exists()


def test_where_nothing_can_be_computed_no_file_is_written(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "values.toml"
    days = ["--from", "2026-11-01", "--to", "2026-11-30", "--valid-from", "2026-12-01"]
    made = CliRunner().invoke(cli.app, ["values", "compute", *days, "--out", str(out)])

    assert made.exit_code == 2
    assert "nothing is written" in made.output
    assert not out.exists()


def test_a_table_is_never_cut_off_by_a_narrow_screen() -> None:
    screen = Console(file=StringIO(), width=80)
    table = Table("profile", *(f"column {number}" for number in range(12)))
    table.add_row("IM-16", *(str(Decimal(1) / 3) for _ in range(12)))
    show_whole(screen, table)

    told = screen.file.getvalue()  # type: ignore[attr-defined]
    assert told.count(str(Decimal(1) / 3)) == 12
    assert "…" not in told
