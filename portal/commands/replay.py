"""`shekara replay`: judge stored cases anew, and say whether the same bytes come out. See docs/replay.md.

Exit status: 0 all are the same, 1 something differs or cannot be judged anew, 2 there is no such case.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from sqlalchemy import Connection

from portal.by_days import Span, Work, by_days, digest_reader, knowledge_reader, spans
from portal.commands.shared import day_given, progress
from portal.database import opened_engine, reading
from portal.settings import Settings
from risk_gateway import archive_store
from risk_gateway.replay import Replayed, replay

DIFFERENT, NO_CASE = 1, 2
UNPROVEN = (
    "the journal holds no digest of the assessment, so nothing shows whether it was changed together with the case"
)
app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


class Part(Struct, frozen=True):
    """How many cases were judged anew, how many of them no journal vouches for, and those that are not the same."""

    cases: int
    unproven: int
    others: tuple[Replayed, ...]


@app.command("replay")
def replay_command(
    number: Annotated[
        str | None, typer.Argument(help="Registration number, or number of a past case or a judgement.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Of a declaration: that version, else the newest.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every stored case instead of one.")] = False,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="With --all: from that day on.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="With --all: processes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Judge a stored case anew with what was known then; say whether the same bytes come out.

    Exit status: 0 the same, 1 something differs or cannot be judged anew, 2 there is no such case.
    """
    if (number is None) is not every or (since is not None and not every):
        raise typer.BadParameter("give a number, or --all (with --since DATE if you like)")
    settings = Settings.load()
    if number is not None:
        replayed = replay_one(settings.database_url, number, version)
        if replayed is None:
            errors.print(f"There is no case {number}.", style="red", markup=False)
            raise typer.Exit(NO_CASE)
        _show(replayed, as_json)
        raise typer.Exit(0 if replayed.same else DIFFERENT)
    raise typer.Exit(_replay_all(settings.database_url, day_given(since), workers, as_json))


def replay_one(url: str, number: str, version: int | None = None) -> Replayed | None:
    """Replay the case of this number, the newest version unless one is named; None when there is none."""
    with opened_engine(url) as engine, reading(engine) as connection:
        stored = archive_store.find_case(connection, number, version)
        return None if stored is None else replay(stored, knowledge_reader(connection), digest_reader(connection))


def replay_days(connection: Connection) -> Work[Part]:
    """Return what replays all cases of a span."""
    read_knowledge, read_digest = knowledge_reader(connection), digest_reader(connection)

    def replay_span(span: Span) -> Part:
        cases = unproven = 0
        others = []
        for stored in archive_store.read_cases(connection, span.first, span.last):
            cases += 1
            replayed = replay(stored, read_knowledge, read_digest)
            unproven += replayed.unproven
            if not replayed.same:
                others.append(replayed)
        return Part(cases, unproven, tuple(others))

    return replay_span


def _replay_all(url: str, since: date | None, workers: int, as_json: bool) -> int:
    """Replay every case, with progress on stderr and what differs on stdout; return the exit status."""
    with opened_engine(url) as engine, reading(engine) as connection:
        over = spans(connection, since)
    if not over:
        errors.print("There is no case to replay.", style="red")
        return NO_CASE
    cases = different = unproven = 0
    with progress(errors, "Replaying", sum(span.cases for span in over)) as advance:
        for part in by_days(url, replay_days, over, workers):
            _show_all(part.others, as_json)
            cases, different = cases + part.cases, different + len(part.others)
            unproven += part.unproven
            advance(part.cases)
    if as_json:
        print(json.dumps({"cases": cases, "same": cases - different, "different": different, "unproven": unproven}))
    else:
        console.print(f"{cases} cases: {cases - different} the same, {different} not")
        if unproven:
            console.print(f"{unproven} of them: {UNPROVEN}", style="yellow")
    return DIFFERENT if different else 0


def _show_all(others: Iterable[Replayed], as_json: bool) -> None:
    for each in others:
        _show(each, as_json)


def _show(replayed: Replayed, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"same": replayed.same, **msgspec.to_builtins(replayed)}, ensure_ascii=False))
    elif replayed.same:
        console.print(f"[green]SAME[/]  {escape(replayed.number)}")
        if replayed.unproven:
            console.print(UNPROVEN, style="yellow")
    else:
        what = replayed.problem or str(replayed.difference)
        console.print(f"[bold red]NOT THE SAME[/]  {escape(replayed.number)}  {escape(what)}")
