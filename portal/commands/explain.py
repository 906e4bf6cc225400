"""`shekara explain NUMBER`: why a declaration was decided as it was, for the officer. Confidential."""

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import NoResultFound

from declarations import store as declarations_store
from portal.app import opened
from portal.commands.shared import AsJson, Language, number_named
from portal.database import reading
from portal.office import Office
from portal.settings import Settings
from risk_gateway import canonical, knowledge_store
from risk_gateway import store as risk_store
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
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Show an officer why: profiles, expected and actual values, score, model, draws. Not for the declarant."""
    with opened(Settings.load()) as office:
        view = _view(office, number, language)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(view), indent=2).decode())
    else:
        _show(view)


def _view(office: Office, number: str, language: str) -> OfficerView:
    wanted = number_named(number, language)
    with reading(office.engine) as connection:
        stored = declarations_store.find_by_number(connection, wanted)
        if stored is None:
            errors.print(f"There is no declaration {wanted}.", style="red")
            raise typer.Exit(REFUSED)
        key = stored.key
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
        assessment = canonical.loads(unpack(kept.assessment), Assessment)
        try:
            return for_officer(assessment, knowledge_store.read(connection, kept.knowledge_version), language)
        except (RiskGatewayError, NoResultFound) as error:
            text = error.text(language) if isinstance(error, RiskGatewayError) else "Its knowledge is not there."
            errors.print(text, style="red", markup=False)
            raise typer.Exit(REFUSED) from None


def _show(view: OfficerView) -> None:
    console.print(
        f"[bold]{view.outcome}[/]  score {view.score} = (worst item {view.worst_item_score} "
        f"+ breadth {view.breadth}) x factor {view.factor}, at most 100{', with the model' if view.model else ''}"
    )
    console.print(
        f"  by score {view.by_score}, by direct profiles {_by_direct(view)}, by chance {_said(view.by_draw)}; "
        f"probability of inspection {view.propensity}"
    )
    for said, words in (
        (view.waived, "waived: a minimal-risk participant"),
        (view.postponed, "postponed to a check after release: no inspectors left"),
        (view.degraded, f"degraded: {view.degraded}, {view.problem}"),
    ):
        if said:
            console.print(f"  {words}", style="yellow", markup=False)
    for note in view.notes:
        _show_note(note)
    if view.model:
        _show_model(view)


def _show_note(note: Note) -> None:
    drawn = "" if note.selected else ", not drawn"
    items = f" items {', '.join(map(str, note.items))}" if note.items else ""
    console.print(
        f"[bold]{note.profile}[/] v{note.profile_version} {escape(note.title)}"
        f" ({note.kind}, weight {note.weight}{drawn}){items}"
    )
    table = Table("item", "fact", "condition", "expected", "actual", box=None, padding=(0, 2))
    for row in note.comparisons:
        table.add_row(str(row.item or ""), escape(row.label), row.op, escape(row.expected), escape(row.actual))
    console.print(table)
    for instruction in note.instructions:
        console.print(f"  -> {escape(instruction)}", style="dim")


def _show_model(view: OfficerView) -> None:
    console.print(f"[bold]model[/] {(view.model or '')[:12]}: probability of a violation {view.probability}")
    table = Table("item", "probability", "reason", "value", "log-odds", box=None, padding=(0, 2))
    for row in view.reasons:
        table.add_row(str(row.item), str(row.probability), escape(row.label), escape(row.value), str(row.contribution))
    console.print(table)


def _by_direct(view: OfficerView) -> str:
    acted_upon = any(note.kind == Kind.DIRECT and note.selected for note in view.notes)
    return view.by_direct if acted_upon else "none fired"


def _said(held: bool) -> str:
    return "yes" if held else "no"
