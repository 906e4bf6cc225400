"""`shekara registry`: who is in the registry of minimal-risk participants, and everybody's risk category."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from portal.clock import SystemClock
from portal.commands.shared import AsJson, reading_database, show_whole
from portal.database import opened_engine
from portal.languages import KAZAKHSTAN_TIME
from portal.registry.categories import Change
from portal.registry.categories import recompute as recompute_categories
from portal.registry.service import list_entries
from portal.registry.views import Entry
from portal.settings import Settings
from risk_gateway.bases.registry import store
from risk_gateway.bases.registry.model import EntryStep, Status, status_of

REFUSED = 1
app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@app.command(name="list")
def list_command(
    status: Annotated[Status | None, typer.Option(case_sensitive=False, help="Only entries that stand so.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the entries, by name."""
    with reading_database() as connection:
        entries = list_entries(connection, SystemClock().now(), status=status)
    if as_json:
        print(json.dumps([_entry(each) for each in entries], ensure_ascii=False, indent=2))
        return
    table = Table("participant", "name", "status", "since (UTC+5)", "valid until")
    for each in entries:
        since = each.since.astimezone(KAZAKHSTAN_TIME)
        table.add_row(
            each.firm.number,
            each.firm.name,
            each.status,
            f"{since:%Y-%m-%d %H:%M}",
            f"{each.valid_to}",
        )
    show_whole(console, table)


@app.command()
def show(
    participant: Annotated[str, typer.Argument(help="BIN or IIN of a participant.")], as_json: AsJson = False
) -> None:
    """Show the history of an entry, and how it stands."""
    now = SystemClock().now()
    with reading_database() as connection:
        steps = store.read_steps(connection, participant)
        category = store.category_at(connection, participant, now)
    status = status_of(steps, now)
    if as_json:
        found = {"participant": participant, "status": status, "category": category, "steps": [*map(_step, steps)]}
        print(json.dumps(found, ensure_ascii=False, indent=2))
    elif status is None:
        console.print(f"{participant} is not in the registry: {category} risk.")
    else:
        console.print(f"{participant}: {status}, {category} risk, valid until {steps[-1].valid_to}")
        table = Table("", "step", "when (UTC+5)", "reason", "valid until", "by", "because of")
        for each in steps:
            by = each.by_name or "the portal"
            when, until = f"{each.at.astimezone(KAZAKHSTAN_TIME):%Y-%m-%d %H:%M:%S}", f"{each.valid_to}"
            table.add_row(str(each.number), each.step, when, each.reason, until, by, each.cause)
        show_whole(console, table)
    raise typer.Exit(0 if status is not None else REFUSED)


@app.command()
def recompute(as_json: AsJson = False) -> None:
    """Work everybody's risk category out now; it holds from tomorrow on. The worker does this once a month."""
    with opened_engine(Settings.load().database_url) as engine:
        changes = recompute_categories(engine, SystemClock())
    if as_json:
        print(json.dumps([_change(each) for each in changes], indent=2))
        return
    for each in changes:
        console.print(f"{each.participant}: {each.before} -> {each.after} from {each.first}")
    console.print(f"{len(changes)} categories change.")


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "participant": entry.firm.number,
        "name": entry.firm.name,
        "status": entry.status,
        "since": entry.since.isoformat(),
        "valid_to": entry.valid_to.isoformat(),
    }


def _step(step: EntryStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "step": step.step,
        "at": step.at.isoformat(),
        "valid_to": step.valid_to.isoformat(),
        "reason": step.reason,
        "by": step.by_iin,
        "cause": step.cause,
        "journal_index": step.sequence,
    }


def _change(change: Change) -> dict[str, str]:
    return {
        "participant": change.participant,
        "before": change.before,
        "after": change.after,
        "first": change.first.isoformat(),
    }
