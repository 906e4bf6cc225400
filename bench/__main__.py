"""`make bench`: one table of what lodging costs, beside the floor measured in the same run. `--quick` is shorter."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rich.console import Console
from rich.table import Table

from bench.http import Load, Server, signed
from bench.steps import SIZES, measure

COUNTS = {1: 400, 14: 300, 100: 60, 999: 12}


def main() -> None:
    quick = "--quick" in sys.argv
    table = Table("what", "items", "p50 ms", "p99 ms", "x floor", "per second", "per core", title="Lodging")
    for items in SIZES:
        floor = 0.0
        for name, median, worst in measure(items, COUNTS[items] // (4 if quick else 1)):
            floor = median if name == "floor" else floor
            table.add_row(name, str(items), f"{median:.3f}", f"{worst:.3f}", f"{median / floor:.1f}", "", "")
        table.add_section()
    with Server() as server:
        server.load("warm up", signed(1, 200, "WARM"), 16)
        server.load("warm up", signed(999, 1, "WARM-LARGE"), 1)
        for items in (1, 14):
            for concurrency in (1, 16, 64):
                count = (500 if concurrency == 1 else 2000) // (4 if quick else 1)
                load = server.load(
                    f"HTTP, concurrency {concurrency}", signed(items, count, f"H{items}-{concurrency}"), concurrency
                )
                _add(table, load, items)
        beside = signed(999, 6 if quick else 12, "LARGE")
        small = signed(1, (1000 if quick else 3000), "BESIDE")
        _add(table, server.load("HTTP, concurrency 16, beside 999 items", small, 16, beside), 1)
    Console(width=110).print(table)


def _add(table: Table, load: Load, items: int) -> None:
    table.add_row(
        load.name,
        str(items),
        f"{load.p50:.1f}",
        f"{load.p99:.1f}",
        "",
        f"{load.per_second:.0f}",
        f"{load.per_core:.0f}",
    )


if __name__ == "__main__":
    main()
