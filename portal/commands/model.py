"""`shekara model`: train a fraud model, measure it, and bring it to judge under two persons. See docs/fraud-model.md.

Exit status: 0 done, 1 refused or drift alarms, 2 misuse, or nothing to work on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from sqlalchemy import Connection

from portal import model_desk, model_work
from portal.clock import SystemClock
from portal.commands import model_views as views
from portal.commands.shared import AsJson, Language, day_named, reading_database, writing_database
from portal.model_work import Learned
from risk_gateway import archive_store
from risk_gateway.errors import KnowledgeTampered, MoveRefused
from risk_gateway.fraud_model import korea, model_store, prediction
from risk_gateway.fraud_model.errors import TooFewLabels
from risk_gateway.fraud_model.evaluation import Benchmark, benchmark
from risk_gateway.fraud_model.model_store import StoredModel
from risk_gateway.fraud_model.prediction import Loaded
from risk_gateway.fraud_model.training import Example, train
from risk_gateway.profiles import Block

REFUSED, MISUSE = 1, 2
By = Annotated[str, typer.Option(metavar="IIN", help="The republican analyst who does it.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="Of a model, or its first characters.")]
First = Annotated[str | None, typer.Option("--from", metavar="DATE")]
Last = Annotated[str | None, typer.Option("--to", metavar="DATE")]

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command("train")
def train_command(
    by: By,
    first: First = None,
    last: Last = None,
    block: Block = Block.IMPORTS,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Train a candidate on closed inspection acts, of all days or of some; it judges nothing yet."""
    with _refusing(language):
        with reading_database() as connection:
            days = _days(connection, first, last)
            model, learned = model_work.learn(connection, *days, block.value)
        with writing_database() as connection:
            model_desk.keep_candidate(connection, model, by, msgspec.json.encode(learned), SystemClock().now())
    if as_json:
        print(views.learned_as_json(model.version, learned))
    else:
        views.show_learned(console, model.version, learned)


@app.command()
def evaluate(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]", help="Or its first characters.")] = None,
    first: First = None,
    last: Last = None,
    csv: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The benchmark: train on it.")] = None,
    valid: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The benchmark: measure.")] = None,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Measure a model on the acts closed after its training days, beside the champion; or, with --csv and --valid,
    train on and measure by the public benchmark, without keeping anything."""
    if csv is not None and valid is not None and version is None:
        measured = _benchmark(csv, valid)
        print(views.to_json(measured)) if as_json else views.show_benchmark(console, measured)
    elif version is not None and csv is None and valid is None:
        with _refusing(language), reading_database() as connection:
            _evaluate(connection, version, first, last, as_json)
    else:
        raise typer.BadParameter("give a VERSION, or --csv with --valid")


@app.command()
def promote(version: Version, by: By, language: Language = "en") -> None:
    """Take a model one step up: candidate to challenger, challenger to champion. Not by who trained it."""
    with _refusing(language), writing_database() as connection:
        moves = model_desk.promote(connection, version, by, SystemClock().now())
    views.show_moves(console, moves)


@app.command()
def retire(version: Version, by: By, language: Language = "en") -> None:
    """Withdraw a model; without a champion rules judge alone."""
    with _refusing(language), writing_database() as connection:
        moved = model_desk.retire(connection, version, by, SystemClock().now())
    views.show_moves(console, [moved])


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Show every model, the newest first."""
    with reading_database() as connection:
        models = model_store.read_all(connection)
    if as_json:
        for model in models:
            print(views.model_as_json(model))
    else:
        views.show_models(console, models)


@app.command()
def drift(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]", help="Without it the champion.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days up to the last that has a case.")] = 7,
    as_json: AsJson = False,
    language: Language = "en",
) -> None:
    """Compare recent cases with training, and random inspections with what was expected. Exit status 1 on an alarm:
    a person decides what to do. To be run every week."""
    with _refusing(language), reading_database() as connection:
        standing = model_store.find(connection, version) if version else _champion(connection)
        _, newest = _days(connection, None, None)
        first = newest - timedelta(days=days - 1)
        report = model_work.measure_drift(connection, _loaded(connection, standing.version), first, newest)
    print(views.drift_as_json(report)) if as_json else views.show_drift(console, report, language)
    raise typer.Exit(REFUSED if report.state == "alarm" else 0)


# --- parts ------------------------------------------------------------------------------------------------------------


def _benchmark(training: Path, validation: Path) -> Benchmark:
    try:
        trained_on, lines = list(korea.read_lines(training)), list(korea.read_lines(validation))
    except (KeyError, ValueError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"this is no file of the benchmark: {error}") from None
    model = train([Example(line.row, line.found) for line in trained_on], Block.IMPORTS.value, training.name).model
    loaded = prediction.load(model)
    if loaded is None or not lines:
        raise typer.BadParameter("nothing could be measured")
    return benchmark(loaded, trained_on, lines)


def _evaluate(connection: Connection, version: str, first: str | None, last: str | None, as_json: bool) -> None:
    standing = model_store.find(connection, version)
    _, newest = _days(connection, None, None)
    learned = msgspec.json.decode(standing.metrics, type=Learned)
    begins = day_named(first) if first else learned.last + timedelta(days=1)
    ends = day_named(last) if last else newest
    champion = model_store.read_champion(connection, standing.block)
    versions = [standing.version]
    if champion is not None and champion.version != standing.version:
        versions.append(champion.version)
    models = [_loaded(connection, one) for one in versions]
    measured = model_work.evaluate(connection, models, begins, ends, standing.block)
    if not measured:
        errors.print(f"No act was closed on cases of {begins} to {ends}; give other days with --from and --to.")
        raise typer.Exit(MISUSE)
    named = dict(zip(versions, measured, strict=True))
    if as_json:
        print(views.to_json({"first": begins, "last": ends, "models": named}))
    else:
        views.show_evaluation(console, begins, ends, named)


def _champion(connection: Connection) -> StoredModel:
    """Raises Exit when rules judge alone."""
    for model in model_store.read_all(connection):
        if model.status == "champion":
            return model
    errors.print("There is no champion: rules judge alone.")
    raise typer.Exit(MISUSE)


def _loaded(connection: Connection, version: str) -> Loaded:
    loaded = prediction.load(model_store.read_model(connection, version))
    if loaded is None:
        raise KnowledgeTampered("knowledge-tampered", version=version)
    return loaded


def _days(connection: Connection, first: str | None, last: str | None) -> tuple[date, date]:
    """Return the days that are asked for, or all that have a case. Raises Exit when none has."""
    whole = archive_store.span(connection)
    if whole is None:
        errors.print("There are no cases yet.", style="red")
        raise typer.Exit(MISUSE)
    return (day_named(first) if first else whole[0]), (day_named(last) if last else whole[1])


@contextmanager
def _refusing(language: str) -> Iterator[None]:
    try:
        yield
    except (MoveRefused, TooFewLabels, KnowledgeTampered) as error:
        errors.print(error.text(language), style="red", markup=False)
        raise typer.Exit(REFUSED) from None
