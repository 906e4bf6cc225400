"""The charts of the analyst's desk, in the reader's language."""

import math
from collections.abc import Sequence
from decimal import Decimal

from portal import charts
from portal.analyst.records import Health
from portal.analyst.words import word
from portal.charts import Bar, Chart, Column, Interval
from portal.languages import Writing
from portal.model_work import DriftReport
from risk_gateway.capacity import Post
from risk_gateway.fraud_model.drift import ALARM_FROM, SCORE, WATCH_FROM
from risk_gateway.fraud_model.features import feature_label
from risk_gateway.precision import Precision
from risk_gateway.profiles import Outcome
from risk_gateway.simulation_report import Report, Violations
from risk_gateway.stratum import Estimate, Sample

DRIFTS_SHOWN = 8
OVERLAPS_SHOWN = 8


class _Pen:
    """Writes words and numbers in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._writing = Writing(language)

    def chart(self, code: str, **values: str) -> str:
        return word("chart", code, self.language).format_map(values)

    def heads(self, *codes: str) -> tuple[str, ...]:
        return tuple(word("head", code, self.language) for code in codes)

    def number(self, value: Decimal | float | int) -> str:
        return self._writing.plain_number(Decimal(str(value)))

    def percent(self, share: Decimal | float | None) -> str:
        if share is None:
            return "\N{EN DASH}"
        return f"{self.number(round(Decimal(str(share)) * 100, 1))}\N{NO-BREAK SPACE}%"

    def precision(self, of: Precision) -> str:
        if of.share is None:
            return self.chart("no-controls")
        numbers = {"findings": of.findings, "controls": of.controls}
        shares = {"share": of.share, "low": of.low, "high": of.high}
        return self.chart(
            "precision-shown",
            **{name: str(value) for name, value in numbers.items()},
            **{name: self.percent(value) for name, value in shares.items()},
        )

    def interval(self, label: str, of: Precision) -> Interval:
        share = None if of.share is None else float(of.share)
        return Interval(label, share, float(of.low or 0), float(of.high or 0), self.precision(of))


def of_report(made: Report, language: str) -> tuple[Chart, ...]:
    """Return the charts of a back-test; of what it has nothing of, there is none."""
    pen = _Pen(language)
    found = [_shifts(made, pen), _violations("known", made.known, pen), _violations("planted", made.planted, pen)]
    rows = [
        pen.interval(pen.chart(name), of)
        for name, of in (("by-controls", made.precision), ("by-generator", made.true_precision))
        if of.share is not None
    ]
    if rows:
        title, text = pen.chart("precision"), pen.chart("precision-text")
        found.append(charts.intervals("chart-precision", title, text, pen.heads("measured", "precision"), rows))
    found.append(_overlap(made, pen))
    return tuple(each for each in found if each is not None)


def _shifts(made: Report, pen: _Pen) -> Chart | None:
    styles = {
        Outcome.SIMPLIFIED_RELEASE: "release",
        Outcome.DOCUMENTARY_CHECK: "documents",
        Outcome.INSPECTION_ORDER: "inspection",
    }
    rows = [
        Bar(
            f"{word('lane', each.before, pen.language)} → {word('lane', each.after, pen.language)}",
            each.cases,
            pen.number(each.cases),
            styles[each.after],
        )
        for each in made.shifts
    ]
    if not rows:
        return None
    title, text = pen.chart("shifts"), pen.chart("shifts-text")
    return charts.bars("chart-shifts", title, text, pen.heads("shift", "cases"), rows)


def _violations(name: str, violations: Sequence[Violations], pen: _Pen) -> Chart | None:
    rows = [
        Bar(
            word("motive", each.motive or "none", pen.language),
            each.found,
            pen.chart("of", part=str(each.found), whole=str(each.found + each.missed)),
        )
        for each in violations
    ]
    if not rows:
        return None
    most = max(each.found + each.missed for each in violations)
    title, text = pen.chart(f"{name}"), pen.chart(f"{name}-text")
    return charts.bars(f"chart-{name}", title, text, pen.heads("motive", "found"), rows, most=float(most))


def _overlap(made: Report, pen: _Pen) -> Chart | None:
    rows = [
        Bar(each.profile, float(each.share), f"{pen.number(each.cases)} ({pen.percent(each.share)})")
        for each in made.overlap[:OVERLAPS_SHOWN]
    ]
    if not rows:
        return None
    title, text = pen.chart("overlap"), pen.chart("overlap-text")
    return charts.bars("chart-overlap", title, text, pen.heads("profile", "hits"), rows, most=1.0)


def months(health: Health, language: str) -> Chart | None:
    """Return the hits of each month."""
    pen = _Pen(language)
    if not health.months:
        return None
    rows = [Column(f"{each.begins:%m.%Y}", each.hits, each.findings) for each in health.months]
    table = [(f"{each.begins:%m.%Y}", str(each.hits), str(each.controls), str(each.findings)) for each in health.months]
    title, text = pen.chart("months"), pen.chart("months-text")
    return charts.columns("chart-months", title, text, pen.heads("month", "hits", "controls", "findings"), rows, table)


def precisions(health: Health, language: str) -> Chart | None:
    """Return how often each version was right, and of late."""
    pen = _Pen(language)
    rows = [
        pen.interval(pen.chart("version", number=str(each.version)), each.precision)
        for each in health.by_version
        if each.precision.share is not None
    ]
    if health.whole.recent.share is not None:
        rows.append(pen.interval(pen.chart("recent"), health.whole.recent))
    if not rows:
        return None
    title, text = pen.chart("precision"), pen.chart("precision-text")
    return charts.intervals("chart-health", title, text, pen.heads("measured", "precision"), rows)


def stratum(sample: Sample, estimate: Estimate, language: str) -> Chart:
    """Return the estimate with its interval, and the bounds of what is not answered."""
    pen = _Pen(language)

    def shown(rate: float, low: float, high: float) -> str:
        return pen.chart("estimate-shown", share=pen.percent(rate), low=pen.percent(low), high=pen.percent(high))

    rows = [
        Interval(
            pen.chart("estimate"),
            estimate.rate,
            estimate.low,
            estimate.high,
            shown(estimate.rate, estimate.low, estimate.high),
        )
    ]
    if bounds := sample.bounds():
        text = pen.chart("bounds-shown", low=pen.percent(bounds[0]), high=pen.percent(bounds[1]))
        rows.append(Interval(pen.chart("bounds"), sum(bounds) / 2, *bounds, text))
    title, text = pen.chart("stratum"), pen.chart("stratum-text")
    most = min(1.0, math.ceil(20 * max(0.05, *(row.high for row in rows))) / 20)
    return charts.intervals("chart-stratum", title, text, pen.heads("measured", "share"), rows, most)


def post(load: Post, language: str) -> Chart:
    """Return what each weekday brings a post, against what it can do."""
    pen = _Pen(language)
    rows = [
        Bar(
            word("weekday", each.weekday, language),
            float(each.inspections),
            pen.number(round(each.inspections, 2)),
            "inspection" if each.over_capacity else "bar",
        )
        for each in load.forecast
    ]
    marks = [] if load.capacity is None else [float(load.capacity)]
    most = max(1.0, *marks, *(row.value for row in rows))  # a post with next to nothing to do draws no long bars
    text = pen.chart("post-text") if marks else pen.chart("post-text-free")
    title = pen.chart("post", office=load.office)
    return charts.bars(f"chart-post-{load.office}", title, text, pen.heads("weekday", "inspections"), rows, marks, most)


def drift(measured: DriftReport, language: str) -> Chart:
    """Return how far each feature has moved, the largest first."""
    pen = _Pen(language)
    styles = {"stable": "bar", "watch": "documents", "alarm": "inspection"}
    rows = [
        Bar(
            word("feature", SCORE, language) if each.feature == SCORE else feature_label(each.feature).into(language),
            each.index,
            f"{pen.number(round(each.index, 3))}, {word('drift', each.state, language)}",
            styles[each.state],
        )
        for each in measured.drifts[:DRIFTS_SHOWN]
    ]
    title, text = pen.chart("drift"), pen.chart("drift-text")
    return charts.bars("chart-drift", title, text, pen.heads("feature", "index"), rows, (WATCH_FROM, ALARM_FROM))


def calibration(measured: DriftReport, language: str) -> Chart | None:
    """Return expected against observed violations of random inspections."""
    pen = _Pen(language)
    rows = [
        Interval(
            pen.chart("bin", low=pen.percent(each.low), high=pen.percent(each.high)),
            each.observed / each.acts,
            each.interval_low,
            each.interval_high,
            pen.chart(
                "bin-shown",
                observed=str(each.observed),
                acts=str(each.acts),
                expected=pen.number(round(each.expected, 1)),
            ),
            each.expected / each.acts,
        )
        for each in measured.calibration
    ]
    if not rows:
        return None
    title, text = pen.chart("calibration"), pen.chart("calibration-text")
    return charts.intervals("chart-calibration", title, text, pen.heads("expected", "observed"), rows)
