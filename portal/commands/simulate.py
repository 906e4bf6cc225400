"""`shekara simulate`: what a draft profile would have done to the stored cases. See docs/replay.md.

Exit status: 0 made, 1 the draft is refused, 2 misuse, or there is nothing to run it over.
"""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from portal import profile_desk
from portal.by_days import Span, Work, by_days, knowledge_reader, spans
from portal.clock import SystemClock
from portal.commands.labels import said
from portal.commands.shared import Language, day_given, progress, show_whole
from portal.database import opened_engine, reading, writing
from portal.languages import KAZAKHSTAN_TIME
from portal.settings import Settings
from risk_gateway import archive_store, canonical, desk_store
from risk_gateway.days import day_of
from risk_gateway.desk import BackTest, demand_report
from risk_gateway.errors import MoveRefused, ParametersRefused, ProfileRefused
from risk_gateway.knowledge import parse_profiles
from risk_gateway.precision import Precision
from risk_gateway.profiles import Profile
from risk_gateway.simulation import Simulation, Sums
from risk_gateway.simulation_report import Report, Violations, report
from risk_gateway.validation import profile_problems

REFUSED, MISUSE = 1, 2
app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command("simulate")
def simulate_command(
    file: Annotated[Path | None, typer.Argument(metavar="PROFILE.toml", exists=True, dir_okay=False)] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; without, of all.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day; without, of all.")] = None,
    draft: Annotated[str | None, typer.Option(help="Code of a stored draft: the report is attached to it.")] = None,
    by: Annotated[str | None, typer.Option(metavar="IIN", help="With --draft: the analyst.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    language: Language = "en",
) -> None:
    """Run a draft over stored cases: hits, lane shifts, overlap, violations found and missed, hours of officers.

    Exit status: 0 made, 1 the draft is refused, 2 misuse, or there is nothing to run it over.
    """
    if (file is None) is (draft is None) or (draft is None) is not (by is None):
        raise typer.BadParameter("give a file, or --draft CODE with --by IIN")
    settings = Settings.load()
    try:
        profile = _read(file) if file else _stored(settings.database_url, str(draft))
        made = simulate(settings.database_url, profile, day_given(first), day_given(last), workers)
        if made is None and (first or last):
            errors.print("There is no case on those days.", style="red")
            raise typer.Exit(MISUSE)
        if made is None:  # a new office has no history: the approver sees that the draft was run over nothing
            today = day_of(SystemClock().now())
            made = report(profile, today, today, Sums())
        if draft and by:
            _attach(settings.database_url, made, by)
    except (MoveRefused, ParametersRefused, ProfileRefused) as error:
        errors.print(error.text(language), style="red", markup=False)
        raise typer.Exit(REFUSED) from None
    print(canonical.dumps(made).decode()) if as_json else show(made, language)
    _tell_refusal(profile, made, language)


def simulate(url: str, draft: Profile, first: date | None, last: date | None, processes: int) -> Report | None:
    """Run a draft over the cases of its block from `first` to `last`; None when there is none."""
    with opened_engine(url) as engine, reading(engine) as connection:
        over = spans(connection, first, last, draft.block.value)
        there = archive_store.span(connection, draft.block.value)
    if not over:
        return None
    sums = Sums()
    with progress(errors, "Simulating", sum(span.cases for span in over)) as advance:
        for part in by_days(url, partial(simulate_days, draft), over, processes):
            sums.add(part)
            advance(part.cases)
    return report(draft, over[0].first, over[-1].last, sums, there)


def simulate_days(draft: Profile, connection: Connection) -> Work[Sums]:
    """Return what runs the draft over all cases of a span."""
    read_knowledge = knowledge_reader(connection)

    def simulate_span(span: Span) -> Sums:
        simulation = Simulation(draft, read_knowledge)
        for stored in archive_store.read_cases(connection, span.first, span.last, draft.block.value):
            simulation.take(stored)
        return simulation.sums

    return simulate_span


def _read(file: Path) -> Profile:
    """Return the one profile of a file. Raises ProfileRefused."""
    profiles = parse_profiles(file.read_text(encoding="utf-8"), file.name)
    if len(profiles) != 1:
        raise typer.BadParameter(f"{file} holds {len(profiles)} profiles; give one.")
    for problem in profile_problems(profiles, profiles[0].valid_from):
        raise problem
    return profiles[0]


def _stored(url: str, code: str) -> Profile:
    """Return the newest version of a stored profile."""
    with opened_engine(url) as engine, reading(engine) as connection:
        versions = desk_store.read_versions(connection, code)
    if not versions or versions[-1].profile is None:
        errors.print(f"There is no profile {code}.", style="red", markup=False)
        raise typer.Exit(MISUSE)
    return versions[-1].profile


def _attach(url: str, made: Report, by: str) -> None:
    """Show the report to whoever will approve the draft. Raises MoveRefused."""
    with opened_engine(url) as engine, writing(engine) as connection:
        now = SystemClock().now()
        profile_desk.attach_report(connection, made.profile, made.version, canonical.dumps(made), by, now)


def _tell_refusal(profile: Profile, made: Report, language: str) -> None:
    """Say at once what would only be said when the draft is submitted."""
    now = SystemClock().now().astimezone(KAZAKHSTAN_TIME)
    tested = BackTest(made.digest, made.first, made.last, made.cases, made.hits, made.there_first, made.there_last)
    try:
        demand_report(profile, tested, now, now)
    except MoveRefused as refused:
        errors.print(said("simulate-submit", language, why=refused.text(language)), style="yellow", markup=False)


# --- what is shown --------------------------------------------------------------------------------------------------


def show(made: Report, language: str) -> None:
    """Show a report as its approver reads it, what the draft would have missed first."""
    console.print(
        f"[bold]{escape(made.profile)}[/] version {made.version}, {made.cases} cases, {made.first} to {made.last}"
    )
    for words in made.missed:
        console.print(escape(words.into(language)), style="yellow")
    for name, value in _figures(made):
        console.print(f"  {name:34} {value}", markup=False)
    _table(("from", "to", "cases"), [(each.before, each.after, each.cases) for each in made.shifts])
    _table(("also fired", "hits", "share"), [(each.profile, each.cases, each.share) for each in made.overlap])
    for title, violations in (("found by controls", made.known), ("planted", made.planted)):
        _table((title, "draft fires", "draft misses"), [_violations(each) for each in violations])
    _table(("fact not known", "cases"), list(made.unknown.items()))
    _table(
        ("example", "from", "to", "items", "why"),
        [
            (
                each.number,
                each.before,
                each.after,
                ", ".join(map(str, each.items)) or "all",
                "; ".join(f"{match.field} {match.actual}" for part in each.evidence[:1] for match in part.matches),
            )
            for each in made.examples
        ],
    )


def _figures(made: Report) -> list[tuple[str, object]]:
    return [
        ("hits", f"{made.hits} ({made.share:.2%}), on the busiest day {made.hits_on_busiest_day}"),
        ("acted upon after selection", made.acted_upon),
        ("hits on which nothing else fired", made.alone),
        ("precision over closed controls", _precision(made.precision)),
        ("precision over generated cases", _precision(made.true_precision)),
        ("added hours of officers", made.hours),
        *([("cases left out, without knowledge", made.unreadable)] if made.unreadable else []),
    ]


def _precision(of: Precision) -> str:
    if of.share is None:
        return "no control of a hit was closed"
    return f"{of.findings} of {of.controls}: {of.share:.1%} (95 %: {of.low:.1%} to {of.high:.1%})"


def _violations(each: Violations) -> tuple[object, ...]:
    return each.motive, each.found, each.missed


def _table(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    if rows:
        table = Table(*columns)
        for row in rows:
            table.add_row(*(escape(str(value)) for value in row))
        show_whole(console, table)
