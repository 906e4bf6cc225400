"""What was generated, in figures: kinds, lanes, planted frauds by motive, and what the controls found of them."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from portal.demo.history.judging import Judged
from risk_gateway.model import Outcome
from risk_gateway.profiles import Motive


class Summary:
    """Counts cases as they come."""

    def __init__(self) -> None:
        self.declarations = 0
        self.items = 0
        self.blocks: Counter[str] = Counter()
        self.lanes: Counter[Outcome] = Counter()
        self.controls = 0
        self.planted: Counter[Motive] = Counter()
        self.stopped: Counter[Motive] = Counter()  # not released at once
        self.found: Counter[Motive] = Counter()

    def count(self, judged: Iterable[Judged]) -> None:
        for stored, items in judged:
            self.declarations += 1
            self.items += items
            self.blocks[stored.block] += 1
            self.lanes[Outcome(stored.outcome)] += 1
            self.controls += stored.result is not None
            motive = stored.truth.motive if stored.truth else None
            if motive is None:
                continue
            self.planted[motive] += 1
            self.stopped[motive] += stored.outcome != Outcome.SIMPLIFIED_RELEASE
            self.found[motive] += stored.result is not None and stored.result.found

    def as_json(self) -> dict[str, object]:
        return {
            "declarations": self.declarations,
            "items": self.items,
            "blocks": dict(self.blocks),
            "lanes": {lane.value: self.lanes[lane] for lane in Outcome},
            "controls": self.controls,
            "planted": {motive.value: count for motive, count in self.planted.most_common()},
            "found": {motive.value: self.found[motive] for motive, _ in self.planted.most_common()},
        }

    def table(self) -> Table:
        """Return the planted frauds by motive, and below them all declarations."""
        table = Table(title=f"{self.declarations:,} declarations, {self.items:,} items")
        table.add_column("motive", no_wrap=True)
        for heading in ("planted", "per cent", "stopped", "found"):
            table.add_column(heading, justify="right")
        for motive, count in self.planted.most_common():
            share = f"{self._percent(count):.2f}"
            table.add_row(motive.value, f"{count:,}", share, f"{self.stopped[motive]:,}", f"{self.found[motive]:,}")
        table.add_section()
        all_planted = self.planted.total()
        share = f"{self._percent(all_planted):.2f}"
        table.add_row("all", f"{all_planted:,}", share, f"{self.stopped.total():,}", f"{self.found.total():,}")
        return table

    def lanes_line(self) -> str:
        return ", ".join(f"{lane.value} {self._percent(self.lanes[lane]):.1f} %" for lane in Outcome)

    def _percent(self, count: int) -> float:
        return 100 * count / max(1, self.declarations)
