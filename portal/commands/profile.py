"""`shekara profile`: the risk profiles, and the steps by which an analyst brings one to life. See docs/profiles.md.

Exit status: 0 done, 1 refused, 2 misuse.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from portal import profile_desk
from portal.clock import SystemClock
from portal.commands import profile_views as views
from portal.commands.shared import AsJson, Language, reading_database, writing_database
from risk_gateway import desk_store, profile_toml
from risk_gateway.analyst_store import read_analysts
from risk_gateway.days import day_of
from risk_gateway.desk import Analyst, Move
from risk_gateway.desk_store import StoredProfile
from risk_gateway.errors import MoveRefused, ProfileRefused
from risk_gateway.knowledge import parse_profiles
from risk_gateway.profiles import Profile
from risk_gateway.shape_errors import shape_error
from risk_gateway.validation import problems

REFUSED, MISUSE = 1, 2
Codes = Annotated[list[str], typer.Argument(metavar="CODE...", help="Profiles; of each the newest version.")]
By = Annotated[str, typer.Option(metavar="IIN", help="The analyst who does it.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the journal.")]

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


# --- to look --------------------------------------------------------------------------------------------------------


@app.command("list")
def list_command(
    every: Annotated[bool, typer.Option("--all", help="Every version, not only the newest of each code.")] = False,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Show the profiles, and which of them do not judge although they were approved."""
    with reading_database() as connection:
        versions = desk_store.read_versions(connection)
    rows = views.rows(versions, _today(), every)
    if as_json:
        for row in rows:
            print(views.as_json(row, language))
    else:
        views.show_rows(console, rows, language)


@app.command()
def show(
    code: str,
    version: Annotated[int | None, typer.Option(help="Without it the newest.")] = None,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Show what a profile looks for, as a sentence, and its life: each step, its back-test, what is wrong with it."""
    with reading_database() as connection:
        stored = _version(connection, code, version)
        rows = views.rows(desk_store.read_versions(connection, code), _today(), every=True)
        steps = desk_store.read_steps(connection, code, stored.version)
    row = next(row for row in rows if row.stored.version == stored.version)
    view = views.view(row, steps, _today(), language)
    print(views.view_as_json(view)) if as_json else views.show_view(console, view, language)


@app.command()
def export(
    codes: Annotated[list[str] | None, typer.Argument(metavar="[CODE...]", help="Without, all of them.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file; without, the screen.")] = None,
) -> None:
    """Write the newest version of profiles as TOML."""
    with reading_database() as connection:
        if codes:
            chosen = [_version(connection, code, None) for code in codes]
        else:
            chosen = [row.stored for row in views.rows(desk_store.read_versions(connection), _today(), every=False)]
    text = profile_toml.write(stored.profile for stored in chosen if stored.profile is not None)
    print(text, end="") if output is None else output.write_text(text, encoding="utf-8")


# --- to work --------------------------------------------------------------------------------------------------------


@app.command("import")
def import_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False)],
    by: By,
    language: Language = "en",
) -> None:
    """Keep the profiles of TOML files as new drafts; who imports is their author. All of a file, or none."""
    now = SystemClock().now()
    for file in files:
        with _refusing(language):
            profiles = _parsed(file)
            with writing_database() as connection:
                kept = [profile_desk.draft(connection, profile, by, now) for profile in profiles]
        for profile, new in kept:
            state = "a new draft" if new else "is there already"
            console.print(f"{profile.code} version {profile.version}: {state}", markup=False)


@app.command()
def validate(
    targets: Annotated[list[str], typer.Argument(metavar="FILE...|CODE...", help="Files; with --by, drafts.")],
    by: Annotated[str | None, typer.Option(metavar="IIN", help="The analyst who takes the step with drafts.")] = None,
    language: Language = "en",
) -> None:
    """Check files against every rule without keeping anything; with --by, take drafts to `validated`."""
    if by is not None:
        _step(targets, Move.VALIDATE, by, "", language)
        return
    wrong = False
    for target in targets:
        file = Path(target)
        if not file.is_file():
            raise typer.BadParameter(f"There is no file {target}; a stored draft is validated with --by IIN.")
        wrong |= _check(file, language)
    raise typer.Exit(REFUSED if wrong else 0)


@app.command()
def submit(codes: Codes, by: By, reason: Reason = "", language: Language = "en") -> None:
    """Put back-tested drafts before a colleague."""
    _step(codes, Move.SUBMIT, by, reason, language)


@app.command("return")
def return_command(codes: Codes, by: By, reason: Reason, language: Language = "en") -> None:
    """Give submitted profiles back to their author."""
    _step(codes, Move.RETURN, by, reason, language)


@app.command()
def approve(codes: Codes, by: By, reason: Reason = "", language: Language = "en") -> None:
    """Approve submitted profiles, having seen their back-tests: they judge from their first day, or at once."""
    _step(codes, Move.APPROVE, by, reason, language)


@app.command()
def suspend(codes: Codes, by: By, reason: Reason, language: Language = "en") -> None:
    """Stop approved profiles at once. To judge again, a new version is drafted and approved."""
    _step(codes, Move.SUSPEND, by, reason, language)


@app.command()
def expire(codes: Codes, by: By, reason: Reason, language: Language = "en") -> None:
    """End approved or suspended profiles before their last day."""
    _step(codes, Move.EXPIRE, by, reason, language)


@app.command()
def appoint(
    iin: str,
    name: str,
    by: Annotated[str, typer.Option(metavar="IIN", help="Who appoints; recorded, not authenticated.")],
    posts: Annotated[
        list[str] | None, typer.Option("--post", help="A regional analyst's post; may be repeated.")
    ] = None,
    language: Language = "en",
) -> None:
    """Let a person work as a risk analyst: of the whole republic, or of some posts."""
    with _refusing(language), writing_database() as connection:
        profile_desk.appoint(connection, Analyst(iin, name, frozenset(posts or ())), by, SystemClock().now())
    console.print(f"{iin} {name}: {' '.join(sorted(posts or ())) or 'republican'}", markup=False)


@app.command()
def analysts() -> None:
    """Show who works as a risk analyst, and where."""
    with reading_database() as connection:
        found = read_analysts(connection)
    table = Table("IIN", "name", "posts")
    for analyst in found:
        table.add_row(analyst.iin, escape(analyst.name), " ".join(sorted(analyst.posts)) or "republican")
    console.print(table)


# --- how ------------------------------------------------------------------------------------------------------------


def _step(codes: list[str], step: Move, by: str, reason: str, language: str) -> None:
    """Take the step with all of these profiles, or with none: what judges changes once."""
    now, taken = SystemClock().now(), []
    with _refusing(language), writing_database() as connection:
        for code in codes:
            stored = _version(connection, code, None)
            if step in (Move.SUBMIT, Move.APPROVE):
                views.show_report(console, desk_store.read_standing(connection, code, stored.version), language)
            status = profile_desk.take(connection, code, stored.version, step, by, now, reason)
            taken.append(f"{code} version {stored.version}: {status.value}")
    for line in taken:
        console.print(line, markup=False)


def _check(file: Path, language: str) -> bool:
    """Show what is wrong with the profiles of a file; tell whether anything is."""
    found: list[ProfileRefused] = []
    profiles: tuple[Profile, ...] = ()
    try:
        profiles = _parsed(file)
    except ProfileRefused as error:
        found.append(error)
    for profile in profiles:
        found.extend(problems(profile, _today()))
    for problem in found:
        errors.print(f"{problem.code}  {problem.text(language)}", style="red", markup=False)
    if not found:
        console.print(f"[green]VALID[/]  {escape(file.name)}  {len(profiles)} profiles")
    return bool(found)


def _parsed(file: Path) -> tuple[Profile, ...]:
    """Raises ProfileRefused."""
    try:
        return parse_profiles(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise ProfileRefused("profile-shape", file.name, problem=shape_error(error)) from error


def _version(connection: Connection, code: str, version: int | None) -> StoredProfile:
    """Return one version, the newest when none is named."""
    versions = desk_store.read_versions(connection, code)
    for stored in reversed(versions):
        if version in (None, stored.version):
            return stored
    errors.print(f"There is no profile {code}{f' of version {version}' if version else ''}.", style="red", markup=False)
    raise typer.Exit(MISUSE)


@contextmanager
def _refusing(language: str) -> Iterator[None]:
    """Tell a refusal in the analyst's language, with all that is wrong with the profile."""
    try:
        yield
    except (MoveRefused, ProfileRefused) as error:
        errors.print(f"{error.code}  {error.text(language)}", style="red", markup=False)
        for problem in error.problems if isinstance(error, MoveRefused) else ():
            errors.print(f"  {problem.code}  {problem.text(language)}", markup=False)
        raise typer.Exit(REFUSED) from None


def _today() -> date:
    return day_of(SystemClock().now())
