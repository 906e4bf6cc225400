"""What the commands share: options, the database for the time of one command, and how they read days and numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from declarations.errors import DeclarationsError
from declarations.numbering import parse
from portal.database import opened_engine, reading, writing
from portal.settings import Settings

Language = Annotated[Literal["kk", "ru", "en"], typer.Option(help="The language of texts.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NO_TABLE = ("no such table", "no such column", "does not exist")  # what SQLite and PostgreSQL say
WIDEST = 1_000  # columns of a table


@contextmanager
def reading_database() -> Iterator[Connection]:
    with opened_engine(Settings.load().database_url) as engine, reading(engine) as connection:
        yield connection


@contextmanager
def writing_database() -> Iterator[Connection]:
    """Open one transaction that may write; it is durable when the block has ended without an error."""
    with opened_engine(Settings.load().database_url) as engine, writing(engine) as connection:
        yield connection


def day_named(text: str, option: str | None = None) -> date:
    """Return the day that an option names. Raises BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no ISO date.", param_hint=option) from None


def day_given(text: str | None) -> date | None:
    """Return the day of an option that may be left out. Raises BadParameter."""
    return None if text is None else day_named(text)


def number_named(text: str, language: str = "en", option: str | None = None) -> str:
    """Return a registration number as it is kept. Raises BadParameter."""
    try:
        return str(parse(text))
    except DeclarationsError as error:
        raise typer.BadParameter(error.text(language), param_hint=option) from None


def trouble(error: SQLAlchemyError) -> str:
    """Return what an operator can do about an error of the database, without its SQL where that says nothing more."""
    told = str(getattr(error, "orig", None) or error).splitlines()[0]
    if any(sign in told for sign in NO_TABLE):
        return (
            "The database has no tables, or is of an older version: run `shekara migrate`"
            f" (for a demonstration `shekara seed`). It says: {told}"
        )
    return f"The database does not answer: {told}"


def show_whole(console: Console, table: Table) -> None:
    """Print a table as wide as it is: what a narrow terminal wraps can be read, what is cut off cannot."""
    wanted = console.measure(table, options=console.options.update(max_width=WIDEST)).maximum
    width = max(console.width, wanted)
    Console(file=console.file, width=width, highlight=False, force_terminal=console.is_terminal).print(table)


@contextmanager
def progress(console: Console, title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on the console while the block lasts; what is given is called with how many more are done."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.advance(task, done)
