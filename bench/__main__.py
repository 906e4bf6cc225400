"""`make bench`: one table of what lodging costs, beside the floor measured in the same run.

`python -m bench --quick` takes about a minute, the whole less than 7 minutes. It measures SQLite, on the disk of
the system's folder for temporary files (TMPDIR); everything is on loopback and ended when it is done.
"""

import argparse
import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Extent:
    """How many declarations of each size, of each kind over HTTP and large ones, and for how long at most each; how
    many signed documents of each size, and for how long at most."""

    counts: dict[int, int]
    step_seconds: float
    requests: int
    large: int
    http_seconds: float
    signatures: dict[str, int]
    signature_seconds: float
    engine_sizes: tuple[int, ...]


QUICK = Extent({1: 150, 14: 60, 100: 15, 999: 3}, 2, 600, 4, 1.5, {"10 KB": 100, "100 KB": 30, "1 MB": 5}, 1, (1, 100))
FULL = Extent(
    {1: 1000, 14: 500, 100: 120, 999: 15},
    12,
    4000,
    20,
    6,
    {"10 KB": 500, "100 KB": 100, "1 MB": 25},
    signature_seconds=5,
    engine_sizes=(1, 10, 100, 999),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, for a first impression")
    extent = QUICK if parser.parse_args().quick else FULL
    os.environ.pop("SHEKARA_TEST_DATABASE_URL", None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    from bench import engine, http, model, signatures, steps, table

    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="shekara-bench-") as folder:
        tempfile.tempdir = folder
        sections, floors = [], {}
        for items in steps.SIZES:
            rows = steps.measure(items, extent.counts[items], extent.step_seconds, Path(folder) / str(items))
            floors[items] = next(row.cpu for row in rows if row.name == steps.FLOOR and row.cpu)
            sections.append(rows)
        sections.append(signatures.measure(extent.signatures, extent.signature_seconds))
        sections.append(model.measure(extent.signature_seconds / 5))
        sections.append(engine.measure(extent.engine_sizes))
        sections.append(engine.measure_worst())
        sections.append(engine.exchange(Path(folder)))
        sections.append(http.measure(extent.requests, extent.large, extent.http_seconds, Path(folder) / "http", floors))
    table.show(sections, f"Lodging on SQLite, {os.cpu_count()} cores, {before:.1f} processes at work on them before")


if __name__ == "__main__":
    main()
