"""`shekara values`: what goods usually cost and weigh. A signal to look, never a value to impose.

See docs/reference-values.md. Exit status: 0 done, 1 refused, 2 misuse, or there is nothing to show or compute from.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins
from rich.console import Console
from rich.table import Table

from portal import values as reference_values
from portal.clock import SystemClock
from portal.commands.shared import AsJson, Language, reading_database, writing_database
from portal.languages import KAZAKHSTAN_TIME
from risk_gateway import archive_store, values_file, values_store
from risk_gateway.archive import Generated
from risk_gateway.days import day_of
from risk_gateway.errors import MoveRefused, ValuesRefused
from risk_gateway.parameters import MassPerUnit, UnitValue
from risk_gateway.reference_values import compute, method_on
from risk_gateway.shape_errors import shape_error

REFUSED, NOTHING = 1, 2
SIGNAL = "A signal to look, never a value to impose."

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command("compute")
def compute_command(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Last day.")],
    valid_from: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="When they count from.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="The TOML file that is written; `load` puts it in force.")],
    as_json: AsJson = False,
) -> None:
    """Compute values from the released declarations of some days, both included, and write them to a file.

    Without a value nothing is written. Cases that a generator made count, and are told.
    """
    if last < first:
        raise typer.BadParameter(f"{last.date()} is before {first.date()}", param_hint="--to")
    with reading_database() as connection:
        cases = Generated(archive_store.read_cases(connection, first.date(), last.date()))
        computed = compute(cases, first.date(), last.date(), method_on(valid_from.date()))
    if not computed.unit_values and not computed.mass_per_unit:
        errors.print("Too few released declarations to compute anything from; nothing is written.", style="red")
        raise typer.Exit(NOTHING)
    text = values_file.write(valid_from.date(), computed.unit_values, computed.mass_per_unit)
    out.write_text(text, encoding="utf-8")
    report = {
        "declarations": computed.declarations,
        "generated_cases": cases.generated,
        "unit_values": len(computed.unit_values),
        "mass_per_unit": len(computed.mass_per_unit),
        "file": str(out),
    }
    _print(report, as_json)


@app.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="TOML or JSON.")],
    by: Annotated[str, typer.Option(metavar="IIN", help="The republican analyst who answers for it.")],
    valid_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Instead of the file's own day.")
    ] = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Check a file of values and put it in force; lodgements meet it at once. Shows every problem of the file."""
    now = SystemClock().now()
    try:
        read, broken = values_file.read(file.read_text(encoding="utf-8"), day_of(now))
        _refuse(broken, language)
        with writing_database() as connection:
            since = valid_from.date() if valid_from else None
            version = reference_values.load(connection, read, since, by, file.name, now)
    except UnicodeDecodeError as error:
        _refuse([ValuesRefused("values-shape", file.name, problem=shape_error(error))], language)
    except (MoveRefused, ValuesRefused) as error:
        _refuse([error], language)
    else:
        _print({"valid_from": version.valid_from.isoformat(), "digest": version.digest}, as_json)


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """List the versions that were loaded, the newest first."""
    with reading_database() as connection:
        versions = values_store.read_versions(connection)
    if as_json:
        print(json.dumps(to_builtins(versions), ensure_ascii=False))
        return
    table = Table("valid from", "loaded", "source", "digest", box=None)
    for each in versions:
        loaded = f"{each.loaded_at.astimezone(KAZAKHSTAN_TIME):%Y-%m-%d %H:%M}"
        table.add_row(each.valid_from.isoformat(), loaded, each.source, each.digest[:16])
    console.print(table if versions else "Nothing was loaded: the shipped values count.")


@app.command()
def show(
    commodity: Annotated[str, typer.Argument(help="A commodity code, or its first digits.")],
    origin: Annotated[str | None, typer.Option(help="Only this origin and any.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Today if not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the values in force for goods of this code: its own, and those of broader and of narrower codes."""
    day = on.date() if on else day_of(SystemClock().now())
    with reading_database() as connection:
        known = reference_values.in_force(connection, day)
    wanted = {None, origin, "*"} if origin else None
    unit_values = [value for value in known.unit_values if _concerns(value, commodity, wanted)]
    masses = [mass for mass in known.mass_per_unit if _concerns(mass, commodity, wanted)]
    if as_json:
        print(json.dumps({"unit_values": to_builtins(unit_values), "mass_per_unit": to_builtins(masses)}))
    else:
        _tabulate(unit_values, masses)
    raise typer.Exit(0 if unit_values or masses else NOTHING)


def _concerns(row: UnitValue | MassPerUnit, commodity: str, origins: set[str | None] | None) -> bool:
    related = row.commodity.startswith(commodity) or commodity.startswith(row.commodity)
    return related and (origins is None or row.origin in origins)


def _tabulate(unit_values: Sequence[UnitValue], masses: Sequence[MassPerUnit]) -> None:
    table = Table("goods", "origin", "what", "low", "median", "high", "items", "period", box=None)
    for value in unit_values:
        numbers = (f"{value.low_usd}", f"{value.median_usd}", "")
        table.add_row(value.commodity, value.origin, f"USD per {value.measure}", *numbers, *_computed_from(value))
    for mass in masses:
        numbers = (f"{mass.low_kg}", f"{mass.median_kg}", f"{mass.high_kg}")
        table.add_row(mass.commodity, mass.origin, f"kg per {mass.unit}", *numbers, *_computed_from(mass))
    console.print(table)
    console.print(SIGNAL, style="dim")


def _computed_from(row: UnitValue | MassPerUnit) -> tuple[str, str]:
    """Return the number of items and the period, or who says so where it was not computed."""
    return str(row.count or ""), row.period or row.source


def _refuse(broken: Sequence[MoveRefused | ValuesRefused], language: str) -> None:
    """Show what is wrong and end, when anything is."""
    for problem in broken:
        errors.print(f"{problem.code}: {problem.text(language)}", style="red", markup=False)
    if broken:
        raise typer.Exit(REFUSED)


def _print(report: dict[str, object], as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    for name, value in report.items():
        console.print(f"{name.replace('_', ' '):14} {value}", markup=False)
