"""What the command `shekara model` works out over the archive: training, evaluation and drift."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import Connection

from risk_gateway import archive_store
from risk_gateway.fraud_model import drift
from risk_gateway.fraud_model.evaluation import Metrics, measure
from risk_gateway.fraud_model.examples import assessment_of, case_of, examples_of, is_labelled, was_drawn
from risk_gateway.fraud_model.features import Row, rows_of
from risk_gateway.fraud_model.prediction import Loaded
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.fraud_model.training import Example, Recipe, demand_enough, train
from risk_gateway.model import Case

ACTS_MIN, FOUND_MIN = 300, 30
POPULATION_CASES = 4_000  # of the period, evenly spread: what drift is measured against
RECENT_CASES = 4_000


class Learned(Struct, frozen=True, kw_only=True):
    """What is kept beside a model: what it was trained on, and how it ranks goods and acts that it had not seen.

    `generated` of the acts are of cases that a generator made.
    """

    first: date
    last: date
    acts: int
    found: int
    items: int
    generated: int = 0
    held_out: Metrics


class DriftReport(Struct, frozen=True, kw_only=True):
    """Recent cases against training, and random inspections against what was expected of them."""

    version: str
    first: date
    last: date
    cases: int
    drifts: tuple[drift.Drift, ...]
    calibration: tuple[drift.Bin, ...]

    @property
    def state(self) -> drift.State:
        return self.drifts[0].state if self.drifts else drift.State.STABLE


def learn(
    connection: Connection, first: date, last: date, block: str, recipe: Recipe = Recipe()
) -> tuple[FraudModel, Learned]:
    """Train on the closed inspection acts of the days from `first` to `last`. Raises TooFewLabels."""
    total = sum(count for _, count in archive_store.count_days(connection, first, last, block))
    step = max(1, total // POPULATION_CASES)
    examples: list[Example] = []
    revenues: list[float] = []
    population: list[Row] = []
    acts: dict[str, bool] = {}
    generated = 0
    for place, stored in enumerate(archive_store.read_cases(connection, first, last, block)):
        if place % step == 0:
            population += rows_of(case_of(stored))
        found = examples_of(stored)
        if found and stored.result is not None:
            acts[stored.number] = stored.result.found
            generated += stored.truth is not None
            examples += found
            revenues += [stored.result.amount_tiyn / len(found)] * len(found)
    demand_enough(len(acts), sum(acts.values()), ACTS_MIN, FOUND_MIN)
    source = f"closed inspection acts of {first.isoformat()} to {last.isoformat()}: {len(acts)}"
    trained = train(examples, block, source, recipe, population)
    held_out = measure(trained.held_out, [example.found for example in examples], revenues)
    learned = Learned(
        first=first,
        last=last,
        acts=len(acts),
        found=sum(acts.values()),
        items=len(examples),
        generated=generated,
        held_out=held_out,
    )
    return trained.model, learned


def evaluate(connection: Connection, models: Sequence[Loaded], first: date, last: date, block: str) -> list[Metrics]:
    """Measure each model on the closed inspection acts of some days; none when there is no act."""
    scores: list[list[float]] = [[] for _ in models]
    found: list[bool] = []
    revenue: list[float] = []
    for stored in archive_store.read_cases(connection, first, last, block):
        if stored.result is None or not is_labelled(stored):
            continue
        case = case_of(stored)
        if not case.items:
            continue
        for model, of_model in zip(models, scores, strict=True):
            of_model.append(worst(model, case))
        found.append(stored.result.found)
        revenue.append(float(stored.result.amount_tiyn))
    return [measure(of_model, found, revenue) for of_model in scores] if found else []


def worst(model: Loaded, case: Case) -> float:
    """Return the probability of the worst item; the case has one item at least."""
    return max(model.probabilities(model.matrix(rows_of(case))))


def measure_drift(connection: Connection, model: Loaded, first: date, last: date) -> DriftReport:
    """Compare the cases of some days with training; random inspections with a closed act tell of calibration."""
    block = model.model.block
    total = sum(count for _, count in archive_store.count_days(connection, first, last, block))
    step = max(1, total // RECENT_CASES)
    rows: list[Row] = []
    drawn: list[tuple[float, bool]] = []
    for place, stored in enumerate(archive_store.read_cases(connection, first, last, block)):
        if place % step == 0:
            rows += rows_of(case_of(stored))
        if stored.result is not None and is_labelled(stored) and was_drawn(assessment_of(stored)):
            case = case_of(stored)
            if case.items:
                drawn.append((worst(model, case), stored.result.found))
    matrix = model.matrix(rows)
    moved = drift.drifts(model.model.reference, matrix, model.probabilities(matrix)) if rows else []
    return DriftReport(
        version=model.model.version,
        first=first,
        last=last,
        cases=total,
        drifts=tuple(moved),
        calibration=tuple(drift.calibration(drawn)),
    )
