"""`shekara official`: the officials, and the first administrator of an installation. See docs/admin.md.

Exit status: 0 done, 1 refused.
"""

from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Column, Table

from declarations.identifiers import is_iin
from portal.admin.appointing import Wish, appoint, end
from portal.admin.errors import Refused
from portal.admin.words import REFUSED as WORDS
from portal.clock import SystemClock
from portal.commands.shared import day_given, writing_database
from portal.database import opened_engine, reading
from portal.errors import NotFound
from portal.settings import Settings
from portal.store import read_officials
from risk_gateway.days import day_of
from signing import store as signing_store

REFUSED = 1
By = Annotated[str, typer.Option("--by", metavar="IIN", help="Who does it: recorded, not authenticated.")]
app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command("list")
def list_command() -> None:
    """Show every appointment."""
    today = day_of(SystemClock().now())
    table = Table("number", Column("IIN", min_width=12), "name", "role", "post", Column("from", min_width=10), "to", "")
    with opened_engine(Settings.load().database_url) as engine, reading(engine) as connection:
        for each in read_officials(connection):
            last = each.valid_to.isoformat() if each.valid_to else ""
            state = "in office" if each.in_office(today) else "ended" if each.ended_at else "not today"
            cells = (str(each.id), each.iin, each.name, each.role, each.post or "", each.valid_from.isoformat(), last)
            table.add_row(*cells, state)
    console.print(table)


@app.command("appoint")
def appoint_command(
    iin: str,
    name: str,
    role: Annotated[str, typer.Option(help="For example administrator, inspector, risk analyst.")],
    by: By,
    post: Annotated[str | None, typer.Option(help="Code of the post, for officers of a post.")] = None,
    regions: Annotated[str, typer.Option(help="Posts of a risk analyst, separated by spaces.")] = "",
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; today when left out.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day.")] = None,
) -> None:
    """Appoint an official; the pages of administration do the same for administrators."""
    _demand_iin(by)
    with writing_database() as connection:
        signing_store.lock_head(connection)
        now = SystemClock().now()
        begins = day_given(first) or day_of(now)
        wish = Wish(iin, name, role, post, begins, day_given(last), frozenset(regions.split()))
        try:
            number = appoint(connection, wish, by, now)
        except Refused as refused:
            _refuse(WORDS[refused.code])
    console.print(f"Appointment {number}: {name}, {role}, from {begins}.", markup=False)


@app.command("end")
def end_command(number: int, by: By) -> None:
    """End an appointment at once: the person is out at the next request."""
    _demand_iin(by)
    with writing_database() as connection:
        signing_store.lock_head(connection)
        try:
            found = end(connection, number, by, SystemClock().now())
        except Refused as refused:
            _refuse(WORDS[refused.code])
        except NotFound:
            _refuse(f"There is no appointment {number}.")
    console.print(f"{found.name} is no longer {found.role}.", markup=False)


def _demand_iin(by: str) -> None:
    if not is_iin(by):
        _refuse(f"--by: {by} is not an IIN.")


def _refuse(text: str) -> NoReturn:
    errors.print(text, style="red", markup=False)
    raise typer.Exit(REFUSED)
