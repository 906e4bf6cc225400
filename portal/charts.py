"""Charts as SVG that the server draws: they need no script, follow the window's width, and have their numbers as a
table beside them (templates/components/chart.html).

Places along a line are percentages of the width, so that letters keep their size on a phone. Colours are classes of
assets/styles/_analyst.scss. Texts are given in the reader's language.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from markupsafe import Markup, escape
from msgspec import Struct

_ROW, _BAR_TOP, _BAR = 46, 22, 14  # pixels
_INTERVAL_ROW, _INTERVAL_TOP = 68, 40
_COLUMNS_HIGH: Final = 120
_WIDEST: Final = 20  # percent of the width that a column has at most
_LETTER: Final = 16
_AXIS: Final = 24


class Bar(Struct, frozen=True):
    """One bar: `value` of the chart's `most`; `shown` is the number as people read it. `style` is a class."""

    label: str
    value: float
    shown: str
    style: str = "bar"


class Interval(Struct, frozen=True):
    """A share 0-1 with what may be: None where nothing is known. `mark` is another share to compare it with."""

    label: str
    share: float | None
    low: float
    high: float
    shown: str
    mark: float | None = None


class Column(Struct, frozen=True):
    """One upright bar of a series; `inner` of it is filled."""

    label: str
    value: float
    inner: float = 0


class Chart(Struct, frozen=True):
    """A drawing, and its numbers as a table: `heads` name the columns. `name` is its id on the page."""

    name: str
    title: str
    description: str
    svg: Markup
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def bars(
    name: str,
    title: str,
    description: str,
    heads: tuple[str, ...],
    rows: Sequence[Bar],
    marks: Sequence[float] = (),
    most: float | None = None,
) -> Chart:
    """Return lying bars. `marks` are values at which a line stands across all of them; `most` fills the width."""
    most = most or max([*(row.value for row in rows), *marks], default=0) or 1
    drawn: list[Markup] = []
    for place, row in enumerate(rows):
        top = place * _ROW
        drawn += _heading(top, row.label, row.shown)
        drawn.append(_rectangle("chart__track", 0, top + _BAR_TOP, 100, _BAR))
        drawn.append(_rectangle(f"chart__{row.style}", 0, top + _BAR_TOP, 100 * row.value / most, _BAR))
        for mark in marks:
            at = 100 * mark / most
            drawn.append(_line("chart__mark", at, top + _BAR_TOP - 3, at, top + _BAR_TOP + _BAR + 3))
    table = tuple((row.label, row.shown) for row in rows)
    return _chart(name, title, description, drawn, len(rows) * _ROW, heads, table)


def intervals(
    name: str, title: str, description: str, heads: tuple[str, ...], rows: Sequence[Interval], most: float = 1
) -> Chart:
    """Return points with their intervals on a line from 0 to `most`."""
    drawn: list[Markup] = []
    for place, row in enumerate(rows):
        top = place * _INTERVAL_ROW
        middle = top + _INTERVAL_TOP + _BAR // 2
        drawn.append(_text("chart__label", "0", top + _LETTER, row.label, "start"))
        drawn.append(_text("chart__number", "0", top + 2 * _LETTER + 2, row.shown, "start"))
        drawn.append(_line("chart__axis", 0, middle, 100, middle))
        if row.share is not None:
            low, high, at = (100 * min(1, part / most) for part in (row.low, row.high, row.share))
            drawn.append(_rectangle("chart__interval", low, middle - 5, max(high - low, 0.5), 10))
            drawn.append(Markup('<circle class="chart__point" cx="{}%" cy="{}" r="6"/>').format(_short(at), middle))
        if row.mark is not None:
            at = 100 * min(1, row.mark / most)
            drawn.append(_line("chart__mark", at, middle - 10, at, middle + 10))
    bottom = len(rows) * _INTERVAL_ROW
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        text = f"{_short(100 * most * share)}\N{NO-BREAK SPACE}%"
        drawn.append(_text("chart__scale", f"{_short(100 * share)}%", bottom + _LETTER - 2, text, anchor))
    table = tuple((row.label, row.shown) for row in rows)
    return _chart(name, title, description, drawn, bottom + _AXIS, heads, table)


def columns(
    name: str,
    title: str,
    description: str,
    heads: tuple[str, ...],
    rows: Sequence[Column],
    table: Sequence[tuple[str, ...]],
    shown: Callable[[float], str] | None = None,
) -> Chart:
    """Return upright bars in the order of time; the first and the last are named below. `shown` writes the highest."""
    most = max((row.value for row in rows), default=0) or 1
    wide = min(100 / max(len(rows), 1), _WIDEST)
    drawn = [_line("chart__axis", 0, _COLUMNS_HIGH, 100, _COLUMNS_HIGH)]
    drawn.append(_text("chart__scale", "0", 12, (shown or _short)(most), "start"))
    for place, row in enumerate(rows):
        for value, style in ((row.value, "track-full"), (row.inner, "bar")):
            high = round((_COLUMNS_HIGH - _LETTER) * value / most, 1)
            left, width = place * wide + wide * 0.15, wide * 0.7
            if high:
                drawn.append(_rectangle(f"chart__{style}", left, _COLUMNS_HIGH - high, width, high))
    if rows:
        drawn.append(_text("chart__scale", "0", _COLUMNS_HIGH + _LETTER, rows[0].label, "start"))
    if len(rows) > 1:
        end = f"{_short(len(rows) * wide)}%"
        drawn.append(_text("chart__scale", end, _COLUMNS_HIGH + _LETTER, rows[-1].label, "end"))
    return _chart(name, title, description, drawn, _COLUMNS_HIGH + _AXIS, heads, tuple(table))


# --- parts ----------------------------------------------------------------------------------------------------------


def _chart(
    name: str,
    title: str,
    description: str,
    drawn: Sequence[Markup],
    high: float,
    heads: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
) -> Chart:
    svg = Markup(
        '<svg class="chart" role="img" aria-labelledby="{0}-title {0}-desc" width="100%" height="{1}">'
        '<title id="{0}-title">{2}</title><desc id="{0}-desc">{3}</desc>{4}</svg>'
    ).format(name, high, title, description, Markup("").join(drawn))
    return Chart(name, title, description, svg, heads, rows)


def _heading(top: float, label: str, shown: str) -> Iterator[Markup]:
    yield _text("chart__label", "0", top + _LETTER, label, "start")
    yield _text("chart__number", "100%", top + _LETTER, shown, "end")


def _text(style: str, left: str, top: float, text: str, anchor: str) -> Markup:
    place = Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">').format(style, left, top, anchor)
    return place + escape(text) + Markup("</text>")


def _rectangle(style: str, left: float, top: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}" rx="2"/>').format(
        style, _short(left), _short(top), _short(max(width, 0)), height
    )


def _line(style: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(style, _short(x1), y1, _short(x2), y2)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
