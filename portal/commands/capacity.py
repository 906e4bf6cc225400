"""`shekara capacity`: how much work the posts had, and what the weekdays will bring. See docs/feedback.md.

Exit status: 0 every post can do its work, 1 a weekday brings more inspections than a post can make, 2 misuse.
"""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from declarations import store as declarations_store
from portal import audit, by_days
from portal.clock import SystemClock
from portal.commands.shared import day_given, writing_database
from portal.database import opened_engine, reading
from portal.settings import Settings
from risk_gateway import archive_store, canonical, capacity_store
from risk_gateway.analyst_store import demand_analyst
from risk_gateway.capacity import Post, Works, merge, posts, take
from risk_gateway.catalog import code_list
from risk_gateway.days import day_of
from risk_gateway.errors import MoveRefused
from risk_gateway.knowledge import shipped_parameters

TOO_MUCH, REFUSED, MISUSE = 1, 1, 2
app = typer.Typer()
capacity_app = typer.Typer(invoke_without_command=True)
app.add_typer(capacity_app, name="capacity")
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@capacity_app.callback()
def capacity_command(
    context: typer.Context,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; without, of all.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day; without, of all.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each post.")] = False,
) -> None:
    """Show cases by lane, inspections to be expected and capacity of each post, and what each weekday brings.

    Exit status: 0 every post can do its work, 1 a weekday brings more inspections than a post can make, 2 misuse.
    """
    if context.invoked_subcommand is not None:
        return
    url = Settings.load().database_url
    found = read_posts(url, day_given(first), day_given(last), workers)
    if not found:
        errors.print("There is no case on those days.", style="red")
        raise typer.Exit(MISUSE)
    for post in found:
        print(canonical.dumps(post).decode()) if as_json else _show(post)
    raise typer.Exit(TOO_MUCH if any(each.over_capacity for post in found for each in post.forecast) else 0)


@capacity_app.command("set")
def set_command(
    post: Annotated[str, typer.Argument(help="Code of the post.")],
    inspections: Annotated[int, typer.Argument(min=0, max=100_000, help="Inspections that it can make a day.")],
    by: Annotated[str, typer.Option(metavar="IIN", help="The analyst who sets it.")],
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; today when left out.")] = None,
) -> None:
    """Say how many inspections a post can make a day: what only indicators ask for beyond is put off to audit."""
    now = SystemClock().now()
    today = day_of(now)
    begins = day_given(first) or today
    if begins < today:
        raise typer.BadParameter("what was decided before today is decided", param_hint="--from")
    if post not in code_list("office", begins):
        raise typer.BadParameter(f"there is no post {post}", param_hint="POST")
    try:
        with writing_database() as connection:
            set_capacity(connection, post, begins, inspections, by, now)
    except MoveRefused as error:
        errors.print(error.text("en"), style="red", markup=False)
        raise typer.Exit(REFUSED) from None
    console.print(f"From {begins} on {post} makes {inspections} inspections a day.", markup=False)


def set_capacity(
    connection: Connection, post: str, begins: date, inspections: int, analyst: str, now: datetime
) -> None:
    """Set a post's capacity, in the journal and for every process at once. Raises MoveRefused for a stranger."""
    demand_analyst(connection, analyst)
    capacity_store.put_capacity(connection, post, begins, inspections)
    particulars = {"from": begins.isoformat(), "inspections": str(inspections), "actor": analyst}
    audit.record_one(connection, audit.Record(audit.Event.CAPACITY_SET, post, now, particulars))
    declarations_store.bump_revision(connection)


def read_posts(url: str, first: date | None, last: date | None, processes: int = 1) -> list[Post]:
    """Return the load of each post, against the capacity of today."""
    today = day_of(SystemClock().now())
    with opened_engine(url) as engine, reading(engine) as connection:
        over = by_days.spans(connection, first, last)
        limits = {**shipped_parameters(today).capacity, **capacity_store.read_capacity(connection, today)}
    works: Works = {}
    for part in by_days.by_days(url, work_of_days, over, processes):
        merge(works, part)
    return posts(works, over[0].first, over[-1].last, limits) if over else []


def work_of_days(connection: Connection) -> by_days.Work[Works]:
    """Return what adds up the work of a span."""

    def work_of_span(span: by_days.Span) -> Works:
        works: Works = {}
        for stored in archive_store.read_cases(connection, span.first, span.last):
            take(works, stored)
        return works

    return work_of_span


def _show(post: Post) -> None:
    limit = "no limit" if post.capacity is None else f"{post.capacity} inspections a day"
    console.print(f"[bold]{escape(post.office)}[/]  {post.cases} cases on {post.days} days, {limit}")
    for lane, rate in post.rates.items():
        console.print(f"  {lane:20} {rate:.2%}")
    console.print(f"  expected inspections {post.expected_inspections}, {post.inspections_a_day} a day")
    console.print(f"  documentary checks   {post.documentary_a_day} a day")
    console.print(f"  put off to audit     {post.postponed}; days over capacity {post.days_over}")
    table = Table("weekday", "cases", "inspections", "")
    for each in post.forecast:
        more = "[red]more than it can make[/]" if each.over_capacity else ""
        table.add_row(each.weekday, str(each.cases), str(each.inspections), more)
    console.print(table)
