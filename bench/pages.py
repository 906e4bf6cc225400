"""How long pages take: a worklist of 10,000 cases, its next page and its search, and declarations of 554 items.

`python -m bench.pages` asks the website over a database on the disk of the system's folder for temporary files
(TMPDIR). A time is that of the whole answer, in one process, without the network.
"""

import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import caseworking
from browsing import Browser
from builders import declaration_xml
from evidencing import browsing_stored

from bench.table import Row, at_most, quantile, show

NEXT_PAGE = re.compile(r'href="([^"]*[?;&]after=[^"]*)"')
ROWS, ITEMS, TIMES, WARM_UP = 10_000, 554, 30, 3
AIM_MS = 200.0


def main() -> None:
    logging.disable(logging.INFO)  # the client tells of every request
    with tempfile.TemporaryDirectory(prefix="shekara-bench-") as folder:
        rows = list(measure(Path(folder)))
    show([rows], f"Pages on SQLite, {os.cpu_count()} cores, a list of {ROWS:,} cases, declarations of {ITEMS} items")


def measure(home: Path) -> Iterator[Row]:
    """Time each page and yield its row."""
    caseworking.DOCUMENTS["long"] = (
        "anna",
        declaration_xml(reference="LONG", items=ITEMS, preference=caseworking.PREFERENCE),
    )
    desk = caseworking.desk(home, caseworking.YELLOW, "long")
    caseworking.multiply(desk, caseworking.YELLOW, ROWS)
    long = desk.numbers["long"]
    with browsing_stored(desk.office, "nurlan") as nurlan:
        yield timed(nurlan, "worklist, first page", "/desk", ROWS)
        following = NEXT_PAGE.search(nurlan.get("/desk").text)
        assert following is not None
        yield timed(nurlan, "worklist, next page", unescape(following[1]), ROWS)
        yield timed(nurlan, "worklist, search by number", f"/desk?search={long}", ROWS)
        yield timed(nurlan, "worklist, search by part of a name", "/desk?search=altyn", ROWS)
        yield timed(nurlan, "worklist, search without result", "/desk?search=nobody-of-this-name", ROWS)
        yield timed(nurlan, "case", f"/desk/cases/{long}", ITEMS)
    with browsing_stored(desk.office, "anna") as anna:
        yield timed(anna, "declaration", f"/declarations/{long}", ITEMS)


def timed(browser: Browser, name: str, path: str, size: int) -> Row:
    times, busy = [], []
    for number in range(WARM_UP + TIMES):
        cpu, started = time.process_time(), time.perf_counter()
        answer = browser.get(path)
        ended, idle = time.perf_counter(), time.process_time()
        assert answer.status_code == 200, (path, answer.status_code)
        if number >= WARM_UP:
            times.append((ended - started) * 1000)
            busy.append((idle - cpu) * 1000)
    p50 = quantile(times, 0.5)
    return Row(name, size, p50, quantile(times, 0.99), quantile(busy, 0.5), aims=(at_most(p50, AIM_MS, "p50"),))


if __name__ == "__main__":
    main()
