"""The command `shekara`: for the office's operator, and for brokers who lodge from their own machine.

Exit status: 0 accepted, 1 refused, 2 misuse.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from declarations import store as declarations_store
from declarations.errors import DeclarationsError
from declarations.numbering import parse
from declarations.reference import Reference
from declarations.reference.csv_file import FileUnreadable
from portal import loading_reference, terminal
from portal.app import create_app, open_office
from portal.authorities import AuthorityUnreachable, authorities_of
from portal.background import background, notary_of, work_until_interrupted
from portal.checking import check_without_lodging
from portal.clock import SystemClock
from portal.commands import capacity, control, evidence, explain, feedback, journal, key, replay, simulate
from portal.commands.audit import app as audit_app
from portal.commands.audits import app as audits_app
from portal.commands.demo import app as demo_app
from portal.commands.model import app as model_app
from portal.commands.official import app as official_app
from portal.commands.partner import app as partner_app
from portal.commands.profile import app as profile_app
from portal.commands.registry import app as registry_app
from portal.commands.selection import app as selection_app
from portal.commands.shared import AsJson, Language, trouble
from portal.commands.token import app as token_app
from portal.commands.trust import trust
from portal.commands.values import app as values_app
from portal.database import make_engine, migrate, reading, writing
from portal.demo.seed import seed as seed_demo
from portal.lodging import LocalPortal, RemotePortal, lodge_files
from portal.settings import Settings, SettingsError
from signing import signer
from signing.errors import SigningError

REFUSED, MISUSE = 1, 2
Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
reference = typer.Typer(no_args_is_help=True, help="Reference data: code lists and the tariff.")
app.add_typer(reference, name="reference")
app.add_typer(trust, name="trust")
app.add_typer(evidence.app)
app.add_typer(explain.app)
app.add_typer(audit_app)
app.add_typer(key.app, name="key")
app.add_typer(model_app, name="model")
app.add_typer(profile_app, name="profile")
app.add_typer(demo_app, name="demo")
app.add_typer(values_app, name="values")
app.add_typer(journal.app, name="journal")
app.add_typer(control.app, name="control")
app.add_typer(feedback.app)
app.add_typer(replay.app)
app.add_typer(simulate.app)
app.add_typer(capacity.app)
app.add_typer(selection_app, name="selection")
app.add_typer(official_app, name="official")
app.add_typer(partner_app)
app.add_typer(token_app, name="token")
app.add_typer(registry_app, name="registry")
app.add_typer(audits_app, name="audits")
errors = Console(stderr=True)


def main() -> NoReturn:
    """Run the command; what is wrong with the installation or a key is told in a line, without a traceback."""
    try:
        app()
    except (SettingsError, SigningError) as error:
        text = error.text("en") if isinstance(error, SigningError) else str(error)
        errors.print(text, style="red", markup=False, highlight=False)
    except SQLAlchemyError as error:
        errors.print(trouble(error), style="red", markup=False, highlight=False)
    sys.exit(MISUSE)


@app.command()
def serve(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the portal: pages, API and the worker, in one process."""
    uvicorn.run(create_app(Settings.load()), host=host, port=port, loop="uvloop", http="httptools", log_level="warning")


@app.command()
def work() -> None:
    """Deliver, attest and keep trust fresh beside `serve`, until interrupted. Any number of these may run."""
    work_until_interrupted(background(open_office(Settings.load())))


@app.command(name="migrate")
def migrate_command() -> None:
    """Bring the database to the newest version."""
    migrate(Settings.load().database_url)


@app.command()
def seed() -> None:
    """Make demo data and throw-away keys for the whole cast (password: demo)."""
    settings = Settings.load()
    seed_demo(settings, SystemClock())
    errors.print(f"Demo data are ready. Keys: {settings.home / 'demo' / 'keys'}, password: demo", highlight=False)


@app.command()
def sign(
    source: Annotated[Path, typer.Argument(metavar="IN", exists=True, dir_okay=False)],
    key: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="PKCS#12 file of the signer.")],
    password: Annotated[str, typer.Option()],
    output: Annotated[Path, typer.Option("-o", "--output")],
) -> None:
    """Sign a declaration with a person's key; the original text is kept, the signature goes in before its end."""
    opened = signer.SigningKey.from_pkcs12(key.read_bytes(), password)
    output.write_bytes(signer.sign(source.read_bytes(), opened, SystemClock().now()))


@app.command()
def validate(files: Files, as_json: AsJson = False, language: Language = "en") -> None:
    """Check declarations, signed or not, without lodging: schema and controls."""
    settings = Settings.load()
    snapshot = open_office(settings).snapshot
    refused = False
    for file in files:
        try:
            report = check_without_lodging(file.read_bytes(), snapshot, SystemClock().now(), language)
        except SigningError as error:
            report = {"valid": False, "defects": [{"code": error.code, "text": error.text(language)}]}
        refused |= not report["valid"]
        terminal.show_check(file, report, as_json)
    raise typer.Exit(REFUSED if refused else 0)


@app.command()
def lodge(
    files: Files,
    url: Annotated[str | None, typer.Option(help="Address of a portal; without it, the local database.")] = None,
    token: Annotated[str | None, typer.Option(help="API token, with --url.")] = None,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Lodge signed declarations and print the decisions."""
    if url is not None and not token:
        errors.print("With --url, give the participant's --token.", style="red")
        raise typer.Exit(MISUSE)
    accepted = (
        _lodge_here(files, language, as_json)
        if url is None
        else lodge_files(RemotePortal(url, token or ""), files, language, as_json)
    )
    raise typer.Exit(0 if accepted else REFUSED)


def _lodge_here(files: list[Path], language: str, as_json: bool) -> bool:
    """Lodge on the local database, and have what was accepted attested, as `serve` would."""
    office = open_office(Settings.load())
    notary = notary_of(office, authorities_of(office.settings, office.clock))
    accepted = lodge_files(LocalPortal(office), files, language, as_json)
    try:
        notary.attest()
    except (AuthorityUnreachable, SigningError) as error:
        errors.print(f"Accepted, but not time-stamped yet: {error}", style="yellow", markup=False, highlight=False)
    return accepted


@app.command()
def show(number: str, as_json: AsJson = False, language: Language = "en") -> None:
    """Show a declaration with its decision."""
    office = open_office(Settings.load())
    try:
        wanted = str(parse(number))
    except DeclarationsError as error:
        errors.print(error.text(language), style="red", markup=False, highlight=False)
        raise typer.Exit(MISUSE) from None
    with reading(office.engine) as connection:
        stored = declarations_store.find_by_number(connection, wanted)
    if stored is None:
        errors.print(f"There is no declaration {wanted}.", style="red", highlight=False)
        raise typer.Exit(REFUSED)
    answer = office.answer_of(stored).as_json(language)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        terminal.show_decision(answer, language=language)


@reference.command("load-tariff")
def load_tariff(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Load a full tariff (CSV: commodity_code, duty_rate[, supplementary_unit]); it is in force at once."""
    print(f"{_load_reference(file, loading_reference.load_tariff)} rates are in force.")


@reference.command("load-rates")
def load_rates(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Load published exchange rates (CSV: currency, since, tenge[, units]); each holds from its day on."""
    print(f"{_load_reference(file, loading_reference.load_rates)} rates are on record.")


def _load_reference(file: Path, load: loading_reference.Load) -> int:
    settings = Settings.load()
    try:
        text = file.read_bytes().decode("utf-8-sig")
        with writing(make_engine(settings.database_url)) as connection:
            return load(connection, SystemClock(), file.name, text)
    except (FileUnreadable, UnicodeDecodeError) as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(REFUSED) from None


@reference.command("show")
def show_reference() -> None:
    """Show where each table comes from."""
    for name, source in sorted(Reference.shipped().sources().items()):
        print(f"{name}: {source}")


if __name__ == "__main__":
    main()
