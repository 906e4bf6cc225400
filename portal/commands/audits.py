"""`shekara audits`: whom to audit after release, and how audits stand."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from declarations.audits import store
from portal.app import opened
from portal.audits.selecting import Selecting
from portal.commands.shared import reading_database, show_whole
from portal.settings import Settings

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False)


@app.command()
def select(
    most: Annotated[int | None, typer.Option(help="Judge at most so many participants.")] = None,
) -> None:
    """Judge everybody who declared within the last 12 months and was not judged this quarter; name the candidates."""
    with opened(Settings.load()) as office:
        run = Selecting(office).run(most)
    console.print(f"{run.judged} judged, {len(run.chosen)} candidates, {run.left} left for the next run")
    for number in run.chosen:
        console.print(number)


@app.command(name="list")
def list_command() -> None:
    """List the audits and how they stand."""
    with reading_database() as connection:
        audits = store.every(connection)
    table = Table("audit", "participant", "status", "chosen", "since")
    for each in audits:
        table.add_row(each.number, each.participant, each.status, each.chosen, f"{each.moved_at:%Y-%m-%d %H:%M} UTC")
    show_whole(console, table)
