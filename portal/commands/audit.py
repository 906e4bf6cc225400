"""`shekara audit`: verify anew everything that is stored, and report what does not fit.

Exit status: 0 all is well, 1 something does not fit, 2 the audit could not be made.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from portal.auditing.archive import Archive
from portal.auditing.run import CODES, Finding, Helpers, Tally, Wanted, audit, count
from portal.clock import SystemClock
from portal.commands.shared import day_named, number_named, progress
from portal.database import make_engine
from portal.keys import keyring_of
from portal.settings import Settings
from portal.trusting import trust_of
from risk_gateway.days import begins
from signing.highwater import read_mark

MISFITS, NOT_MADE = 1, 2
app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True)


@app.command("audit")
def audit_command(
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only what was accepted from that day on.")] = None,
    number: Annotated[str | None, typer.Option(help="Only the declaration of this registration number.")] = None,
    office: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Certificates of the office (PEM); without, from its keys."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that check declarations.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Verify anew every stored declaration, decision and notice, and the journal; report what does not fit.

    Exit status: 0 all is well, 1 something does not fit, 2 the audit could not be made.
    """
    wanted = Wanted(_since(since), None if number is None else number_named(number, option="--number"))
    opening = partial(open_archive, Settings.load(), office, SystemClock().now())
    archive = opening()
    try:
        total = count(archive, wanted)
        if wanted.number is not None and not total:
            errors.print(f"There is no declaration {wanted.number}.", style="red")
            raise typer.Exit(NOT_MADE)
        tally = _audit(archive, wanted, Helpers(workers, opening) if workers > 1 else None, total, as_json)
    finally:
        archive.engine.dispose()
    _conclude(total, tally, as_json)
    raise typer.Exit(MISFITS if tally.failed.total() else 0)


def _audit(archive: Archive, wanted: Wanted, helpers: Helpers | None, total: int, as_json: bool) -> Tally:
    """Make the audit, with its progress on stderr and what it finds on stdout."""
    tally = Tally()
    with progress(errors, "Auditing", total) as advance:
        for part in audit(archive, wanted, helpers):
            _show(part.findings, as_json)
            tally.add(part.tally)
            advance(part.declarations)
    return tally


def open_archive(settings: Settings, office: Path | None, now: datetime) -> Archive:
    """Open what is stored, for one process. Raises `SettingsError`, `SigningError`."""
    if office is None:
        certificates = keyring_of(settings).certificates()
    else:
        certificates = tuple(x509.load_pem_x509_certificates(office.read_bytes()))
    mark = read_mark(settings.checkpoint_file)  # before the database: the journal may grow meanwhile
    return Archive(make_engine(settings.database_url), trust_of(settings), certificates, mark, now)


def _since(text: str | None) -> datetime | None:
    return None if text is None else begins(day_named(text, "--since"))


def _show(findings: Iterable[Finding], as_json: bool) -> None:
    for each in findings:
        if as_json:
            print(
                json.dumps({"number": each.number, "check": each.check, "finding": each.sentence}, ensure_ascii=False)
            )
        else:
            console.print(f"[bold red]{each.check}[/]  {each.number or '-'}  {escape(each.sentence)}")


def _conclude(declarations: int, tally: Tally, as_json: bool) -> None:
    """Tell how often each check was made, failed, and could not be made because what it stands on is broken."""
    rows = [(code, tally.checked[code], tally.failed[code], tally.unfounded[code]) for code in CODES]
    if as_json:
        checks = {code: {"checked": made, "failed": bad, "not_reached": left} for code, made, bad, left in rows}
        print(json.dumps({"declarations": declarations, "checks": checks}))
        return
    table = Table("check", "checked", "failed", "not reached")
    for code, made, bad, left in rows:
        table.add_row(code, str(made), f"[red]{bad}[/]" if bad else "0", str(left or ""))
    console.print(table)
    console.print(f"{declarations} declarations: {'all is well' if not tally.failed.total() else 'not all is well'}")
