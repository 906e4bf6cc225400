"""How `shekara model` shows what it found: calm tables, and JSON."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from rich.console import Console
from rich.table import Column, Table

from portal.model_work import DriftReport, Learned
from risk_gateway.days import day_of
from risk_gateway.fraud_model.drift import SCORE, Bin, State
from risk_gateway.fraud_model.evaluation import Benchmark, Metrics
from risk_gateway.fraud_model.features import feature_label
from risk_gateway.fraud_model.model_store import VERSION_SHOWN, Moved, StoredModel
from risk_gateway.profiles import Block

DRIFTS_SHOWN = 12
_COLOURS = {State.STABLE: "green", State.WATCH: "yellow", State.ALARM: "red"}
_PERCENTS = (1, 5, 10)
_MEASURED = ("cases", "base", "AUC", *(f"p@{percent}" for percent in _PERCENTS), "r@10")


def to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def learned_as_json(version: str, learned: Learned) -> str:
    return to_json({"version": version, **msgspec.structs.asdict(learned)})


def show_learned(console: Console, version: str, learned: Learned) -> None:
    console.print(f"Candidate {_short(version)}: {learned.acts} acts of {learned.first} to {learned.last}, ", end="")
    console.print(f"{learned.found} found a violation; {learned.items} items.")
    if learned.generated:
        console.print(f"{learned.generated} of the acts are of cases that a generator made.", style="yellow")
    console.print("On its own items, with goods and acts that it had not seen:")
    _show_metrics(console, {"held out": learned.held_out})
    console.print(f"It judges nothing yet. Another analyst: shekara model promote {_short(version)} --by IIN")


def show_benchmark(console: Console, measured: Benchmark) -> None:
    rows = {
        "model, published": measured.published,
        "model, unseen": measured.unseen,
        "look-up, published": measured.precedent_published,
        "look-up, unseen": measured.precedent_unseen,
    }
    _show_metrics(console, rows)
    seen = f"{measured.seen_share:.1%} of the validation lines repeat goods of a training line"
    console.print(f"{seen}: a look-up of precedents knows them. Only unseen goods tell what was learned.")


def show_evaluation(console: Console, first: date, last: date, measured: Mapping[str, Metrics]) -> None:
    console.print(f"Closed inspection acts on declarations of {first} to {last}:")
    _show_metrics(console, {_short(version): metrics for version, metrics in measured.items()})


def show_moves(console: Console, moves: Sequence[Moved]) -> None:
    for moved in moves:
        console.print(f"{_short(moved.version)}: {moved.before} -> {moved.after}")


def model_as_json(model: StoredModel) -> str:
    told = msgspec.structs.asdict(model)
    return to_json({**told, "metrics": msgspec.Raw(model.metrics)})


def show_models(console: Console, models: Sequence[StoredModel]) -> None:
    table = Table("version", "status", "trained", "by", "approved by", "acts")
    for model in models:
        learned = msgspec.json.decode(model.metrics, type=Learned)
        table.add_row(
            _short(model.version),
            model.status.value if model.block == Block.IMPORTS else f"{model.status.value}, {model.block}",
            day_of(model.trained_at).isoformat(),
            model.trained_by,
            model.approved_by or "",
            str(learned.acts),
        )
    console.print(table)


def drift_as_json(report: DriftReport) -> str:
    drifts = [{"feature": one.feature, "index": one.index, "state": one.state} for one in report.drifts]
    bins = [{**msgspec.structs.asdict(one), "fits": one.fits} for one in report.calibration]
    told = {**msgspec.structs.asdict(report), "state": report.state, "drifts": drifts, "calibration": bins}
    return to_json(told)


def show_drift(console: Console, report: DriftReport, language: str) -> None:
    console.print(f"{_short(report.version)}: {report.cases} cases of {report.first} to {report.last}")
    table = Table("feature", "stability index", "state", "")
    for one in report.drifts[:DRIFTS_SHOWN]:
        label = "" if one.feature == SCORE else feature_label(one.feature).into(language)
        table.add_row(one.feature, f"{one.index:.3f}", f"[{_COLOURS[one.state]}]{one.state}[/]", label)
    console.print(table)
    if not report.calibration:
        console.print("No random inspection was closed in these days: nothing can be said of calibration.")
        return
    _show_calibration(console, report.calibration)


def _show_calibration(console: Console, bins: Sequence[Bin]) -> None:
    table = Table("probability", "random inspections", "expected", "found", "95 % interval", "fits")
    for one in bins:
        table.add_row(
            f"{one.low:.3f} – {one.high:.3f}",
            str(one.acts),
            f"{one.expected / one.acts:.1%}",
            str(one.observed),
            f"{one.interval_low:.1%} – {one.interval_high:.1%}",
            "yes" if one.fits else "NO",
        )
    console.print(table)


def _show_metrics(console: Console, rows: Mapping[str, Metrics]) -> None:
    table = Table(
        Column("", no_wrap=True),
        *_MEASURED,
        caption="p@5, r@10: precision, recall among the 5, 10 % with the highest scores",
    )
    for name, metrics in rows.items():
        tenth = next(at for at in metrics.at if at.percent == 10)
        table.add_row(
            name,
            str(metrics.cases),
            f"{metrics.base_rate:.3f}",
            f"{metrics.auc:.3f}",
            *(_precision_at(metrics, percent) for percent in _PERCENTS),
            f"{tenth.recall:.3f}",
        )
    console.print(table)


def _precision_at(metrics: Metrics, percent: int) -> str:
    return next(f"{at.precision:.3f}" for at in metrics.at if at.percent == percent)


def _short(version: str) -> str:
    return version[:VERSION_SHOWN]
