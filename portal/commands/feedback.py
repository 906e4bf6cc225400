"""`shekara feedback` and `shekara overrides`: what controls tell of the profiles, and what officers made of them.

See docs/feedback.md. Exit status of `feedback`: 0 no alarm, 1 a profile has worn out, 2 misuse.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from portal.clock import SystemClock
from portal.commands.shared import reading_database, show_whole
from portal.database import opened_engine, reading
from portal.feedback import Feedback
from portal.settings import Settings
from risk_gateway import archive_store, canonical, feedback_store
from risk_gateway.days import day_of
from risk_gateway.feedback import Record, Tallies, merged, of_past, records
from risk_gateway.model import Assessment
from risk_gateway.packing import unpack
from risk_gateway.precision import Precision

ALARM = 1
app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)


@app.command("feedback")
def feedback_command(
    profile: Annotated[str | None, typer.Option(metavar="CODE", help="Only this profile.")] = None,
    past: Annotated[bool, typer.Option("--past", help="Count past cases as well; goes through all of them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each version.")] = False,
) -> None:
    """Show what each profile version brought: hits, controls, findings, revenue, precision; alarms first.

    Takes in what is new before. Exit status: 0 no alarm, 1 a profile has worn out, 2 misuse.
    """
    clock = SystemClock()
    with opened_engine(Settings.load().database_url) as engine:
        job = Feedback(engine, clock)
        while job.turn() == 0.0:
            pass
        with reading(engine) as connection:
            tallies = feedback_store.read_tallies(connection, profile)
            if past:
                tallies = merged((tallies, *of_past_cases(connection, profile)))
    found = records(tallies, day_of(clock.now()))
    found.sort(key=lambda record: (record.alarm is None, record.code, record.version))
    if as_json:
        for record in found:
            print(canonical.dumps(record).decode())
    else:
        _show(found)
    raise typer.Exit(ALARM if any(record.alarm for record in found) else 0)


@app.command("overrides")
def overrides_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each override.")] = False,
) -> None:
    """Show which decisions were made milder: by profile, and by officer with approver, with the reasons."""
    with reading_database() as connection:
        found = list(feedback_store.read_overrides(connection))
    if as_json:
        for each in found:
            print(canonical.dumps(each).decode())
        return
    by_profile = Counter((code, each.reason_code) for each in found for code in each.profiles or ("-",))
    by_pair = Counter((each.officer, each.approver, each.reason_code) for each in found)
    _counted(("profile", "reason", "overrides"), by_profile)
    _counted(("officer", "approver", "reason", "overrides"), by_pair)
    console.print(f"{len(found)} decisions were made milder")


def of_past_cases(connection: Connection, code: str | None) -> Iterator[Tallies]:
    """Yield what each past case adds, for one profile or for all."""
    for case in archive_store.read_past_cases(connection):
        found = of_past(case.day, canonical.loads(unpack(case.assessment), Assessment), case.result)
        yield {key: tally for key, tally in found.items() if code in (None, key.code)}


def _show(found: list[Record]) -> None:
    table = Table("profile", "version", "hits", "acted upon", "controls", "findings", "precision", "recent", "KZT", "")
    for one in found:
        table.add_row(
            escape(one.code),
            *map(str, (one.version, one.hits, one.selected, one.precision.controls, one.precision.findings)),
            _shown(one.precision),
            _shown(one.recent),
            f"{one.revenue_tiyn / 100:,.2f}",
            f"[red]{one.alarm}[/]" if one.alarm else "",
        )
    show_whole(console, table)


def _shown(of: Precision) -> str:
    return "-" if of.share is None else f"{of.share:.0%} ({of.low:.0%}-{of.high:.0%})"


def _counted(columns: tuple[str, ...], counted: Counter[tuple[str, str]] | Counter[tuple[str, str, str]]) -> None:
    if counted:
        table = Table(*columns)
        for names, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
            table.add_row(*map(escape, names), str(count))
        show_whole(console, table)
