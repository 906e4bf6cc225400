"""`python -m bench.detection`: what rules, model and both find of planted frauds, beside what chance would find.

A generated history (docs/generator.md) of 20,000 declarations, `--declarations` for another number. The model learns
from the inspection acts of the first 70 % of it; the last 30 % are ranked, and the first 5 and 10 % of them count as
inspected. Then the random stratum's estimate of the violation rate is made over 100 other seeds of the day keys and
held against the truth. With 20,000 it takes half a minute of processor time, with 100,000 three minutes;
the aim needs 100,000, since of 20,000 the interval is too wide.
"""

import argparse
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy
from rich.console import Console
from rich.table import Table

from portal.demo.history.generate import generate, make_plan
from portal.demo.history.planning import SHARDS
from portal.demo.history.starter import day_key
from portal.model_work import ACTS_MIN, FOUND_MIN
from risk_gateway import scoring, selection
from risk_gateway.archive import StoredCase
from risk_gateway.budget import Budget
from risk_gateway.fraud_model import prediction, training
from risk_gateway.fraud_model.errors import TooFewLabels
from risk_gateway.fraud_model.examples import assessment_of, case_of, examples_of, is_labelled
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.knowledge import shipped_parameters
from risk_gateway.model import Outcome
from risk_gateway.precision import precision
from risk_gateway.profiles import Motive
from risk_gateway.stratum import Stratum, estimate_rate

LAST = date(2026, 11, 23)
TRAINING_SHARE = 0.7
MODELLED = "imports"  # exports are ranked by rules alone: knowledge holds one model
INSPECTED = (0.05, 0.10)
AIM = 4.0  # times what random finds, rules and model together, at 10 %
STRATUM_SEEDS, COVERED_MIN = 100, 93
Score = Callable[["Ranked"], tuple[float, ...]]
console = Console(width=140, highlight=False)


class Ranked(NamedTuple):
    """A case of the test period: what is known of it, and what was planted. `direct` ranks the hard triggers."""

    motive: Motive | None
    direct: int
    by_rules: float
    by_model: float
    by_both: float


SCORES: dict[str, Score] = {
    "rules": lambda ranked: (ranked.direct, ranked.by_rules),
    "model": lambda ranked: (ranked.by_model,),
    "both": lambda ranked: (ranked.direct, ranked.by_both),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--declarations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    measure(given.declarations, given.seed)


def measure(declarations: int, seed: int) -> None:
    processes = min(SHARDS, os.cpu_count() or 1)
    made = make_plan(declarations, seed, LAST)
    cases = [one.stored for batch in generate(made, processes) for one in batch]
    cases.sort(key=lambda case: (case.day, case.number))
    cut = int(len(cases) * TRAINING_SHARE)
    known_by = cases[cut].day
    model = train(cases[:cut], MODELLED, known_by)
    ranked = [rank(case, model) for case in cases[cut:]]
    console.print(f"{len(cases):,} declarations; learned from {cut:,} until {known_by}, tested on {len(ranked):,}")
    for share in INSPECTED:
        show(ranked, share, seed)
    show_stratum(cases)


def train(cases: Sequence[StoredCase], block: str, known_by: date) -> FraudModel | None:
    """Return a model of a block, from the inspection acts among these cases; None when they are too few."""
    acts = [case for case in cases if case.block == block and is_labelled(case)]
    found = sum(1 for case in acts if case.result and case.result.found)
    console.print(f"{block}: {len(acts):,} inspection acts, {found:,} of them found something")
    try:
        training.demand_enough(len(acts), found, ACTS_MIN, FOUND_MIN)
    except TooFewLabels:
        return None
    examples = [example for case in acts for example in examples_of(case)]
    return training.train(examples, block, f"generated history until {known_by}").model


def rank(stored: StoredCase, model: FraudModel | None) -> Ranked:
    case, assessment = case_of(stored), assessment_of(stored)
    opinion = prediction.opinion(case, model, Budget.replaying(None))
    parameters = shipped_parameters(LAST)
    both = scoring.with_opinion(assessment.score, opinion, assessment.factor, parameters)
    return Ranked(
        motive=stored.truth.motive if stored.truth else None,
        direct=list(Outcome).index(assessment.by_direct),
        by_rules=float(assessment.score),
        by_model=float(opinion.probability) if opinion else 0.0,
        by_both=float(both),
    )


def chosen(ranked: Sequence[Ranked], score: Score, share: float, seed: int) -> list[Ranked]:
    """Return those that would be inspected; between equals a seeded lot decides."""
    lots = numpy.random.Generator(numpy.random.PCG64(seed)).random(len(ranked))
    order = sorted(range(len(ranked)), key=lambda place: (*score(ranked[place]), lots[place]), reverse=True)
    return [ranked[place] for place in order[: round(len(ranked) * share)]]


def show(ranked: Sequence[Ranked], share: float, seed: int) -> None:
    """Print recall (how much of what was planted is inspected) and precision (how much of what is inspected is so)."""
    planted = Counter(one.motive for one in ranked if one.motive)
    inspected = round(len(ranked) * share)
    hits = {
        name: Counter(one.motive for one in chosen(ranked, score, share, seed) if one.motive)
        for name, score in SCORES.items()
    }
    table = Table(title=f"{share:.0%} inspected: {inspected:,} of {len(ranked):,}")
    table.add_column("motive", no_wrap=True)
    for heading in ("planted", *(f"{name} {what}" for name in (*SCORES, "random") for what in ("recall", "prec."))):
        table.add_column(heading, justify="right")
    for motive, count in planted.most_common():
        found = [hits[name][motive] for name in SCORES]
        table.add_row(motive.value, *_cells(count, found, inspected, share, len(ranked)))
    table.add_section()
    totals = [hits[name].total() for name in SCORES]
    table.add_row("all", *_cells(planted.total(), totals, inspected, share, len(ranked)))
    console.print(table)
    recall = precision(hits["both"].total(), planted.total())
    ratio, low, high = (float(number or 0) / share for number in (recall.share, recall.low, recall.high))
    aim = "" if share != INSPECTED[-1] else f" (aim {AIM:g}: {'yes' if ratio >= AIM else 'NO'})"
    console.print(f"rules and model find {ratio:.2f} times what random finds (95 %: {low:.2f} to {high:.2f}){aim}")


def _cells(planted: int, found: Sequence[int], inspected: int, share: float, tested: int) -> list[str]:
    cells = [f"{planted:,}"]
    for number in found:
        cells += [f"{number / planted:.3f}", f"{number / inspected:.3f}"]
    return [*cells, f"{share:.3f}", f"{planted / tested:.3f}"]


def show_stratum(cases: Sequence[StoredCase]) -> None:
    """Print in how many of 100 draws, with inspections that find everything, the interval holds the true rate."""
    truth = sum(1 for case in cases if case.truth and case.truth.motive) / len(cases)
    rates = shipped_parameters(LAST).random_rates
    drawable = []
    for case in cases:
        facts = case_of(case)
        category = facts.header.declarant_category
        drawable.append((case.day, facts.series_id, rates.of(category), bool(case.truth and case.truth.motive)))
    estimates = [estimate_rate(strata_of(drawable, seed)) for seed in range(1000, 1000 + STRATUM_SEEDS)]
    covered = sum(1 for estimate in estimates if estimate.low <= truth <= estimate.high)
    width = sum(estimate.high - estimate.low for estimate in estimates) / len(estimates)
    reached = "yes" if covered >= COVERED_MIN else "NO"
    console.print(
        f"random stratum: true rate {truth:.4f}; the interval holds it in {covered} of {STRATUM_SEEDS} seeds "
        f"(aim {COVERED_MIN}: {reached}); mean width {width:.4f}, mean inspected "
        f"{sum(estimate.inspected for estimate in estimates) / len(estimates):.0f}"
    )


def strata_of(cases: Sequence[tuple[date, str, Decimal, bool]], seed: int) -> list[Stratum]:
    """Return the strata of one draw over all cases."""
    keys: dict[date, bytes] = {}
    counts: dict[Decimal, list[int]] = {}
    for day, series, rate, violation in cases:
        key = keys.get(day) or keys.setdefault(day, day_key(seed, day))
        cell = counts.setdefault(rate, [0, 0, 0])
        cell[0] += 1
        if selection.draw(key, series, selection.RANDOM_DRAW, 1, rate).selected:
            cell[1] += 1
            cell[2] += violation
    return [Stratum(rate, *cell) for rate, cell in sorted(counts.items())]


if __name__ == "__main__":
    main()
