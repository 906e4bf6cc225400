"""`shekara selection`: the keys of random selection, and the proof of a draw. See docs/selection.md.

Exit status: 0 all fits or was done, 1 something does not fit or was refused, 2 misuse, or it cannot be told yet.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from declarations import store as declarations_store
from portal.app import opened
from portal.auditing.day_keys import Misfit, all_key_misfits, read_story
from portal.auditing.draws import DrawReport, share_of, verify_draws
from portal.commands.audit import open_archive
from portal.commands.shared import AsJson, Language, day_named, number_named
from portal.database import reading, writing
from portal.languages import KAZAKHSTAN_TIME
from portal.problems import words
from portal.selection import HORIZON_DAYS, DisclosedTooEarly, commit_ahead, disclose, disclose_due
from portal.settings import Settings
from risk_gateway import selection_store
from risk_gateway.archive_store import read_cases
from risk_gateway.days import day_of
from risk_gateway.stratum import Estimate, Sample, drawn_at_random, estimate_rate

REFUSED, NOT_YET = 1, 2
KEYS_MOST = 400
Certificates = Annotated[
    Path | None,
    typer.Option("--office", exists=True, dir_okay=False, help="Certificates of the office (PEM); else its keys'."),
]
app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def verify(number: str, as_json: AsJson = False, language: Language = "en", office: Certificates = None) -> None:
    """Make every draw of a decision anew with the day's key, and check the key, its commitment and the rates."""
    wanted = number_named(number, language)
    settings = Settings.load()
    with opened(settings) as opening:
        with reading(opening.engine) as connection:
            stored = declarations_store.find_by_number(connection, wanted)
        if stored is None:
            errors.print(f"There is no declaration {wanted}.", style="red")
            raise typer.Exit(NOT_YET)
        archive = open_archive(settings, office, opening.clock.now())
        try:
            report = verify_draws(archive, wanted, stored.key)
        finally:
            archive.engine.dispose()
    print(json.dumps(described(report, language), ensure_ascii=False)) if as_json else _show(report, language)
    raise typer.Exit(REFUSED if not report.fits else 0 if report.disclosed else NOT_YET)


@app.command()
def keys(as_json: AsJson = False, days: Annotated[int, typer.Option(min=1, max=KEYS_MOST)] = 30) -> None:
    """List the days: commitment, its place in the journal, the key once disclosed. Exit status 1 when one misfits."""
    with opened(Settings.load()) as office, reading(office.engine) as connection:
        today = day_of(office.clock.now())
        misfits = list(all_key_misfits(connection))
        listed = selection_store.read_keys(connection, today + timedelta(days=HORIZON_DAYS + 1), days)
        rows = [read_story(connection, kept.day) for kept in listed]
    wrong = {day: _text(misfit, "en") for day, misfit in misfits}
    lines = [
        {
            "day": row.day.isoformat(),
            "commitment": row.commitment or None,
            "journal_index": row.committed.index if row.committed else None,
            "late": row.late,
            "key": row.key.hex() if row.key else None,
            "problem": wrong.get(row.day),
        }
        for row in rows
    ]
    if as_json:
        print(json.dumps(lines, ensure_ascii=False))
    else:
        _table(lines)
    raise typer.Exit(REFUSED if misfits else 0)


@app.command()
def commit(days: Annotated[int, typer.Option(min=0, max=366, help="Days ahead of today.")] = HORIZON_DAYS) -> None:
    """Commit to the keys of today and of the days ahead, as the worker does."""
    with opened(Settings.load()) as office:
        made = commit_ahead(office.engine, office.clock.now(), days)
    for key in made:
        console.print(f"{key.day}  {key.commitment}")
    console.print(f"{len(made)} keys were committed to.")


@app.command(name="disclose")
def disclose_command(
    day: Annotated[str | None, typer.Argument(help="ISO date; every day that is due when left out.")] = None,
    language: Language = "en",
) -> None:
    """Disclose the keys of the days that are well over, as the worker does."""
    with opened(Settings.load()) as office:
        now = office.clock.now()
        try:
            if day is None:
                done = disclose_due(office.engine, now)
            else:
                with writing(office.engine) as connection:
                    found = disclose(connection, day_named(day), now)
                done = [found.day] if found else []
        except DisclosedTooEarly as error:
            errors.print(_text(Misfit(error.code, error.params), language), style="red")
            raise typer.Exit(REFUSED) from None
    console.print(f"Disclosed: {', '.join(each.isoformat() for each in done) or 'none was due'}")


@app.command()
def estimate(
    first: Annotated[str, typer.Option("--from", help="ISO date.")],
    last: Annotated[str, typer.Option("--to", help="ISO date, included.")],
    block: Annotated[str | None, typer.Option(help="imports or exports; both when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate the share of declarations with a violation from those that were drawn at random and then inspected."""
    with opened(Settings.load()) as office, reading(office.engine) as connection:
        sample = drawn_at_random(read_cases(connection, day_named(first), day_named(last), block))
    found = estimate_rate(sample.strata)
    low, high = sample.bounds() or (None, None)
    response = {"response": sample.response, "rate_if_none_guilty": low, "rate_if_all_guilty": high}
    report = {**found.as_json(), "drawn": sample.drawn, "without_result": sample.unanswered, **response}
    if as_json:
        print(json.dumps(report))
    else:
        _show_estimate(found, sample)
    raise typer.Exit(0 if found.inspected else NOT_YET)


def described(report: DrawReport, language: str) -> dict[str, Any]:
    """Return a report as JSON. For the office: it names profiles."""
    story, judged = report.story, report.judged
    content: dict[str, Any] = {
        "number": report.number,
        "valid": None if report.fits and not report.disclosed else report.fits,
        "verifiable_from": report.verifiable_from,
        "misfits": [
            {"code": each.code, "caution": each.caution, "text": _text(each, language)} for each in report.misfits
        ],
    }
    if story is not None:
        content |= {
            "day": story.day.isoformat(),
            "commitment": story.commitment or None,
            "committed_at": story.committed.at if story.committed else None,
            "journal_index": story.committed.index if story.committed else None,
            "late": any(each.code == "selection.late" for each in report.misfits),
            "key": story.key.hex() if story.key else None,
        }
    if judged is not None:
        content |= {
            "series": judged.case.series_id,
            "propensity": str(judged.assessment.propensity),
            "draws": [
                {
                    "profile": each.profile,
                    "version": each.profile_version,
                    "rate": str(each.rate),
                    "draw": each.draw,
                    "share": str(share_of(each)),
                    "selected": each.selected,
                }
                for each in judged.assessment.selections
            ],
        }
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in content.items()}


def _show(report: DrawReport, language: str) -> None:
    content = described(report, language)
    for name in ("number", "day", "series", "commitment", "committed_at", "journal_index", "key", "propensity"):
        if content.get(name) is not None:
            console.print(f"{name:14} {content[name]}", markup=False)
    table = Table("draw", "version", "share drawn", "rate", "selected")
    for each in content.get("draws", ()):
        selected = "yes" if each["selected"] else "no"
        table.add_row(each["profile"], str(each["version"]), each["share"], each["rate"], selected)
    console.print(table)
    for each in report.misfits:
        console.print(_text(each, language), style="yellow" if each.caution else "red", markup=False)
    if not report.fits:
        console.print("DOES NOT FIT", style="bold red")
    elif report.disclosed:
        console.print("Every draw is that of the key.", style="green")
    elif report.story is not None and report.verifiable_from is not None:
        due = report.verifiable_from.astimezone(KAZAKHSTAN_TIME).isoformat(timespec="minutes")
        console.print(_text(Misfit("selection.secret", {"day": report.story.day.isoformat(), "due": due}), language))


def _table(lines: list[dict[str, Any]]) -> None:
    table = Table("day", "journal", Column("commitment (SHA-256)", overflow="fold"), Column("key", overflow="fold"))
    for line in lines:
        index = "-" if line["journal_index"] is None else str(line["journal_index"])
        note = f"\n[red]{line['problem']}[/]" if line["problem"] else "\nlate" if line["late"] else ""
        table.add_row(line["day"], index, f"{line['commitment'] or '-'}{note}", line["key"] or "secret")
    console.print(table)


def _show_estimate(found: Estimate, sample: Sample) -> None:
    bounds = sample.bounds()
    if not found.inspected or bounds is None:
        console.print(f"{sample.drawn} drawn at random, none of them inspected to the end: nothing can be estimated.")
        return
    console.print(
        f"drawn at random  {sample.drawn}, of them with a closed control {found.inspected} ({sample.response:.0%}),"
        f" found {found.found}"
    )
    console.print(f"violation rate   {found.rate:.2%}, 95 % interval {found.low:.2%} to {found.high:.2%}")
    console.print(f"like a simple random sample of {found.effective_size:.0f}")
    if sample.unanswered:
        console.print(
            f"{sample.unanswered} controls are not closed: {bounds[0]:.2%} if they find nothing, {bounds[1]:.2%} if"
            " each finds something. The interval knows of chance only.",
            style="yellow",
        )


def _text(misfit: Misfit, language: str) -> str:
    return words()[misfit.code][language].format_map(misfit.params)
