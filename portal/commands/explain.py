"""`shekara explain NUMBER`: why a declaration, or a past case, was decided as it was, for the officer. Confidential."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from portal.commands.labels import known, said
from portal.commands.shared import AsJson, Language, number_named, reading_database, show_whole
from risk_gateway import archive_store, canonical, knowledge_store
from risk_gateway.errors import RiskGatewayError
from risk_gateway.model import Assessment
from risk_gateway.officer_view import Note, OfficerView, for_officer
from risk_gateway.packing import unpack
from risk_gateway.profiles import Kind

REFUSED = 1
app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def explain(
    number: str,
    version: Annotated[int | None, typer.Option(min=1, help="Of a declaration: that version, else the newest.")] = None,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Show an officer why: profiles, expected and actual values, score, model, draws. Not for the declarant.

    NUMBER is a registration number, or that of a past case or a judgement.
    """
    with reading_database() as connection:
        view = _view(connection, number, version, language)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(view), indent=2).decode())
    else:
        _show(view, language)


def _view(connection: Connection, number: str, version: int | None, language: str) -> OfficerView:
    stored = archive_store.find_case(connection, number, version)
    if stored is None:
        wanted = number_named(number, language)
        stored = archive_store.find_case(connection, wanted, version)
    if stored is None:
        errors.print(said("explain-no-case", language, number=number), style="red", markup=False)
        raise typer.Exit(REFUSED)
    assessment = canonical.loads(unpack(stored.assessment), Assessment)
    try:
        return for_officer(assessment, knowledge_store.read(connection, stored.knowledge_version), language)
    except RiskGatewayError as error:
        text = error.text(language)
    except NoResultFound:
        text = said("explain-no-knowledge", language)
    errors.print(text, style="red", markup=False)
    raise typer.Exit(REFUSED)


def _show(view: OfficerView, language: str) -> None:
    score = said(
        "explain-score",
        language,
        score=view.score,
        worst=view.worst_item_score,
        breadth=view.breadth,
        factor=view.factor,
        model=said("explain-with-model", language) if view.model else "",
    )
    console.print(f"[bold]{view.outcome}[/] ({known(view.outcome, language)})  {score}")
    ways = {
        "score": known(view.by_score, language),
        "direct": _by_direct(view, language),
        "draw": said("yes" if view.by_draw else "no", language),
        "propensity": view.propensity,
    }
    console.print(f"  {said('explain-ways', language, **ways)}", markup=False)
    for holds, code in (
        (view.waived, "explain-waived"),
        (view.postponed, "explain-postponed"),
        (view.degraded, "explain-degraded"),
    ):
        if holds:
            text = said(code, language, degraded=view.degraded, problem=view.problem)
            console.print(f"  {text}", style="yellow", markup=False)
    for note in view.notes:
        _show_note(note, language)
    if view.model:
        _show_model(view, view.model, language)


def _show_note(note: Note, language: str) -> None:
    items = said("explain-items", language, items=", ".join(map(str, note.items))) if note.items else ""
    drawn = "" if note.selected else said("explain-not-drawn", language)
    about = said(
        "explain-note", language, kind=known(note.kind, language), weight=note.weight, drawn=drawn, items=items
    )
    console.print(f"[bold]{note.profile}[/] v{note.profile_version} {escape(note.title)} ({about})")
    table = _table(("item", "fact", "condition", "expected", "actual"), language)
    for row in note.comparisons:
        table.add_row(str(row.item or ""), escape(row.label), row.op, escape(row.expected), escape(row.actual))
    show_whole(console, table)
    for instruction in note.instructions:
        console.print(f"  -> {escape(instruction)}", style="dim")


def _show_model(view: OfficerView, model: str, language: str) -> None:
    console.print(said("explain-model", language, model=model[:12], probability=view.probability), style="bold")
    table = _table(("item", "probability", "reason", "value", "log-odds"), language)
    for row in view.reasons:
        table.add_row(str(row.item), str(row.probability), escape(row.label), escape(row.value), str(row.contribution))
    show_whole(console, table)


def _table(columns: tuple[str, ...], language: str) -> Table:
    return Table(*(said(column, language) for column in columns), box=None, padding=(0, 2))


def _by_direct(view: OfficerView, language: str) -> str:
    acted_upon = any(note.kind == Kind.DIRECT and note.selected for note in view.notes)
    return known(view.by_direct, language) if acted_upon else said("explain-none-fired", language)
