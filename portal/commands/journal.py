"""`shekara journal`: recompute it, prove an entry, take it to another machine.

Exit status: 0 all fits, 1 something does not, 2 misuse.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from rich.console import Console

from declarations import store as declarations_store
from declarations.errors import DeclarationsError
from declarations.numbering import parse
from portal import journal
from portal.app import opened
from portal.database import reading
from portal.office import Office
from portal.settings import Settings
from signing import highwater, store
from signing.errors import SigningError
from signing.journal_check import Summary

REFUSED = 1
NO_ENTRY = {
    "kk": "Журналда мұндай жазба жоқ немесе оған әлі қол қойылмаған. Нөмірді тексеріп, біраздан кейін қайталаңыз.",
    "ru": "В журнале нет такой записи, или она ещё не подписана. Проверьте номер и повторите немного позже.",
    "en": "The journal has no such entry, or it is not signed yet. Check the number, and try again a little later.",
}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Language = Annotated[Literal["kk", "ru", "en"], typer.Option(help="Of the messages.")]

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def verify(
    notes: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint", exists=True, dir_okay=False, help="A note got elsewhere; the journal must hold it."
        ),
    ] = None,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Recompute everything from the stored entries; name the first record that does not fit."""
    given = [path.read_text(encoding="utf-8") for path in notes or ()]
    with opened(Settings.load()) as office:
        try:
            marks = _marks(office, given)
            found = journal.verify(
                office.engine, office.keyring.certificates(), office.trust, marks, office.clock.now()
            )
        except SigningError as error:
            _refuse(error, as_json, language)
    _show(found, as_json)


@app.command()
def prove(
    number: Annotated[str | None, typer.Argument(help="Registration number of a declaration.")] = None,
    index: Annotated[int | None, typer.Option(min=0, help="Index of an entry, instead of a number.")] = None,
    language: Language = "en",
) -> None:
    """Print the proof (JSON) that an entry stands in the journal, with the checkpoint over it."""
    if (number is None) == (index is None):
        raise typer.BadParameter("give a registration number, or --index")
    with opened(Settings.load()) as office, reading(office.engine) as connection:
        if number is not None:
            stored = declarations_store.find_by_number(connection, _parsed(number, language))
            index = stored.sequence if stored else None
        proof = journal.prove(connection, index) if index is not None else None
    if proof is None:
        errors.print(NO_ENTRY[language], style="red")
        raise typer.Exit(REFUSED)
    print(json.dumps(proof, ensure_ascii=False, indent=2))


@app.command()
def export(output: Annotated[Path, typer.Option("-o", "--output", help="Where the bundle is written.")]) -> None:
    """Write the whole journal to one file, which docs/verifier/verify_journal.py checks on any machine.

    It holds every entry: numbers of declarants and signers (BIN, IIN) among them. Handle it as personal data.
    """
    with opened(Settings.load()) as office, output.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.writelines(line + b"\n" for line in journal.export(office.engine, office.keyring.certificates()))


@app.command()
def keep(
    note: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="The newest note you know.")] = None,
    language: Language = "en",
) -> None:
    """Keep the newest checkpoint outside the database, on a new machine: first make sure that it is no old copy."""
    given = note.read_text(encoding="utf-8") if note else None
    with opened(Settings.load()) as office:
        kept = office.settings.checkpoint_file
        try:
            found = journal.keep_mark(office.engine, office.keyring.certificates(), kept, given)
        except SigningError as error:
            _refuse(error, False, language)
    console.print(f"{kept}: {found.size} entries, {found.at:%Y-%m-%d %H:%M} UTC" if found else "Nothing is signed yet.")


def _marks(office: Office, given: list[str]) -> list[str]:
    """Return the notes that the journal must hold. Raises CheckpointRefused when there is none for what was signed."""
    kept = office.settings.checkpoint_file
    mark = journal.read_mark(office.engine, kept)
    marks = [*given, *([mark] if mark else [])]
    with reading(office.engine) as connection:
        if not marks and store.read_newest_checkpoint(connection):
            highwater.demand_mark(kept, None)
    return marks


def _refuse(error: SigningError, as_json: bool, language: str) -> NoReturn:
    """Tell what does not fit, with the reason behind it, and end."""
    texts = [each.text(language) for each in (error, error.__cause__) if isinstance(each, SigningError)]
    if as_json:
        print(json.dumps({"valid": False, "code": error.code, **error.params, "texts": texts}, ensure_ascii=False))
    else:
        errors.print("\n".join(texts), style="red", markup=False)
    raise typer.Exit(REFUSED)


def _show(found: Summary, as_json: bool) -> None:
    report = {
        "entries": found.size,
        "root": found.root.hex(),
        "tiles": found.tiles,
        "checkpoints": found.checkpoints,
        "signed": found.signed,
        "stamped": found.stamped,
    }
    if as_json:
        print(json.dumps({"valid": True, **report}))
        return
    for name, value in report.items():
        console.print(f"{name:12} {value}")


def _parsed(number: str, language: str) -> str:
    try:
        return str(parse(number))
    except DeclarationsError as error:
        raise typer.BadParameter(error.text(language)) from None
