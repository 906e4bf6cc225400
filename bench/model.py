"""What asking the fraud model costs: features, probabilities, and the exact explanation of the five worst items."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import fraud_models

from bench.table import Aim, Row, at_most, quantile
from risk_gateway.budget import Budget
from risk_gateway.fraud_model import prediction
from risk_gateway.fraud_model.features import rows_of
from risk_gateway.fraud_model.training import train
from risk_gateway.model import Case, HeaderFacts, ItemFacts
from risk_gateway.profiles import Category

ITEMS = (1, 100, 999)
ROUNDS_MAX = 2_000
PREDICT, OPINION = "model: probability of features", "model: opinion with explanation"
AIMS = {(PREDICT, 1): 0.2, (OPINION, 100): 3.0}  # milliseconds


def measure(seconds: float) -> list[Row]:
    """Time a model of full size on declarations of 1, 100 and 999 items, each for about so many seconds."""
    model = train(fraud_models.examples(6_000), "imports", "bench").model
    loaded = prediction.load(model)
    if loaded is None:
        raise RuntimeError("the model cannot be asked")
    rows = []
    for items in ITEMS:
        case, budget = _case(items), Budget.replaying(None)
        matrix = loaded.matrix(rows_of(case))
        times = _timed(partial(loaded.probabilities, matrix), seconds)
        rows.append(_row(PREDICT, items, times))
        times = _timed(partial(prediction.opinion, case, model, budget), seconds)
        rows.append(_row(OPINION, items, times))
    return rows


def _case(items: int) -> Case:
    facts = [example.row for example in fraud_models.examples(items, seed=3)]
    return Case(
        series_id="bench",
        document_digest="0" * 64,
        block="imports",
        lodged_at=datetime(2026, 11, 24, 5, 0, tzinfo=UTC),
        declarant=facts[0].declarant,
        header=HeaderFacts(type_code="IM", declarant_category=Category.MEDIUM, office="20201", procedure="40"),
        items=tuple(
            ItemFacts(
                sequence=number,
                commodity_code=row.commodity,
                origin_country=row.origin,
                net_mass_kg=Decimal(str(row.mass_kg)),
                item_value_usd=Decimal(str(row.value)),
                preference_claimed=False,
            )
            for number, row in enumerate(facts, 1)
        ),
    )


def _timed(act: Callable[[], object], seconds: float) -> list[tuple[float, float]]:
    """Return (wall, processor) milliseconds of each round."""
    for _ in range(20):
        act()
    until, times = time.monotonic() + seconds, list[tuple[float, float]]()
    while len(times) < ROUNDS_MAX and (len(times) < 10 or time.monotonic() < until):
        busy, started = time.thread_time(), time.perf_counter()
        act()
        ended, idle = time.perf_counter(), time.thread_time()
        times.append(((ended - started) * 1000, (idle - busy) * 1000))
    return times


def _row(name: str, items: int, times: list[tuple[float, float]]) -> Row:
    wall, busy = [one for one, _ in times], [other for _, other in times]
    p50 = quantile(wall, 0.5)
    return Row(name, items, p50, quantile(wall, 0.99), quantile(busy, 0.5), aims=_aims(name, items, p50))


def _aims(name: str, items: int, p50: float) -> tuple[Aim, ...]:
    most = AIMS.get((name, items))
    return () if most is None else (at_most(p50, most, "p50"),)
