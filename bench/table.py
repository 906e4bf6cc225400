"""The one table that `make bench` prints."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

CAPTION = (
    "p50, p99: by the clock on the wall. cpu: processor time, p50; over HTTP, of server and children for a lodgement.\n"
    "x floor: cpu against that of the floor of as many items in this run (of steps 2 to 7: without its commit).\n"
    "x signxml: cpu against that of signxml 5 on the same documents in this run, from bytes to verified payload.\n"
    "10,000 profiles: x floor is a peer's cpu against the engine's; the aim is against the best peer.\n"
    "per core: per second / cores that server and children kept busy. alone: concurrency 16, no large ones."
)
WIDTH = 150


@dataclass(frozen=True)
class Aim:
    """What PERFORMANCE.md and the issues ask of a row, and whether it was reached."""

    text: str
    reached: bool


@dataclass(frozen=True)
class Row:
    """`p50`, `p99` and `cpu` are milliseconds; `ratio` is against the floor, `per_core` for each core kept busy."""

    name: str
    items: int
    p50: float
    p99: float
    cpu: float | None = None
    ratio: float | None = None
    per_second: float | None = None
    per_core: float | None = None
    aims: tuple[Aim, ...] = ()


def quantile(times: Sequence[float], share: float) -> float:
    """Return the smallest of `times` that at least this share of them do not exceed."""
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


def at_most(value: float, limit: float, what: str) -> Aim:
    return Aim(f"{what} <= {limit:g}", value <= limit)


def at_least(value: float, limit: float, what: str) -> Aim:
    return Aim(f"{what} >= {limit:g}", value >= limit)


def show(sections: Sequence[Sequence[Row]], title: str) -> None:
    table = Table(title=title, caption=CAPTION, caption_justify="left")
    table.add_column("what", no_wrap=True)
    for heading in ("items", "p50 ms", "p99 ms", "cpu ms", "x floor", "per second", "per core"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("aim", no_wrap=True)
    for section in sections:
        for row in section:
            table.add_row(
                row.name,
                str(row.items),
                _milliseconds(row.p50),
                _milliseconds(row.p99),
                "" if row.cpu is None else _milliseconds(row.cpu),
                "" if row.ratio is None else f"{row.ratio:.2f}",
                "" if row.per_second is None else f"{row.per_second:,.0f}",
                "" if row.per_core is None else f"{row.per_core:,.0f}",
                ", ".join(_coloured(aim) for aim in row.aims),
            )
        table.add_section()
    Console(width=WIDTH).print(table)


def _milliseconds(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _coloured(aim: Aim) -> str:
    return f"[green]{aim.text}: yes[/]" if aim.reached else f"[red]{aim.text}: NO[/]"
