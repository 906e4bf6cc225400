"""How long a dossier takes over a million items of three thousand participants: `python -m bench.dossier [items]`."""

import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from portal.audits import column_store, market_store

LAST = date(2026, 11, 30)
PARTICIPANTS, ASKED, GOAL_SECONDS = 3_000, 5, 5.0


def main(items: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "items.parquet")
        began = time.perf_counter()
        column_store.write_synthetic(target, items, PARTICIPANTS, LAST)
        print(
            f"{items:,} items written in {time.perf_counter() - began:.1f} s, {Path(target).stat().st_size >> 20} MiB"
        )
        spent = []
        for who in range(ASKED):
            began = time.perf_counter()
            picture = market_store.picture([target], f"{who:012d}", LAST)
            spent.append(time.perf_counter() - began)
            assert picture.market is not None
        print(f"a dossier: median {statistics.median(spent):.2f} s, worst {max(spent):.2f} s (goal {GOAL_SECONDS:g} s)")
        began = time.perf_counter()
        markets = market_store.markets([target], LAST)
        print(f"the figures of all {len(markets):,} participants: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
