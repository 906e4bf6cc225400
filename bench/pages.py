"""How long pages take: a worklist of 10,000 cases, its next page and its search, declarations of 554 items and their
print, and a search of goods in the tariff.

`python -m bench.pages` asks the website over a database on the disk of the system's folder for temporary files
(TMPDIR). A time is that of the whole answer, in one process, without the network. `--tariff FILE` searches the goods of
a whole tariff, as `shekara reference load-tariff` takes it, instead of those of the demonstration's.
"""

import argparse
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import caseworking
from browsing import Browser
from builders import declaration_xml
from evidencing import browsing_stored

from bench.table import Row, at_most, quantile, show
from declarations.reference import Reference, Tariff
from portal.declarant.goods.search import Nomenclature

NEXT_PAGE = re.compile(r'href="([^"]*[?;&]after=[^"]*)"')
ROWS, ITEMS, TIMES, WARM_UP = 10_000, 554, 30, 3
PRINTS = 3
AIM_MS, SEARCH_AIM_MS, PRINT_AIM_MS = 200.0, 50.0, 2_000.0
WORDS = ("стул", "жиһаз", "cars", "e", "plastic household storage box", "94", "из")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--tariff", type=Path, help="a tariff as CSV")
    file = parser.parse_args().tariff
    tariff = Tariff.parse_csv(file.read_text(encoding="utf-8"), file.name) if file else Reference.shipped().tariff
    logging.disable(logging.INFO)  # the client tells of every request
    with tempfile.TemporaryDirectory(prefix="shekara-bench-") as folder:
        rows = [searched(Nomenclature(tariff)), *measure(Path(folder))]
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
        yield page(nurlan, "worklist, first page", "/desk", ROWS)
        following = NEXT_PAGE.search(nurlan.get("/desk").text)
        assert following is not None
        yield page(nurlan, "worklist, next page", unescape(following[1]), ROWS)
        yield page(nurlan, "worklist, search by number", f"/desk?search={long}", ROWS)
        yield page(nurlan, "worklist, search by part of a name", "/desk?search=altyn", ROWS)
        yield page(nurlan, "worklist, search without result", "/desk?search=nobody-of-this-name", ROWS)
        yield page(nurlan, "case", f"/desk/cases/{long}", ITEMS)
    with browsing_stored(desk.office, "anna") as anna:
        yield page(anna, "declaration", f"/declarations/{long}", ITEMS)
        printed = loaded(anna, f"/declarations/{long}/print")
        yield timed("declaration, printed", ITEMS, printed, PRINTS, PRINT_AIM_MS)


def searched(nomenclature: Nomenclature) -> Row:
    def search() -> None:
        for words in WORDS:
            nomenclature.search(words, "ru", 40)

    lines = len(nomenclature.tariff)
    return timed(f"goods, {len(WORDS)} searches", lines, search, TIMES, SEARCH_AIM_MS * len(WORDS))


def page(browser: Browser, name: str, path: str, size: int) -> Row:
    return timed(name, size, loaded(browser, path), TIMES, AIM_MS)


def loaded(browser: Browser, path: str) -> Callable[[], None]:
    def load() -> None:
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    return load


def timed(name: str, size: int, act: Callable[[], None], times: int, aim_ms: float) -> Row:
    """Do it so many times, after a warm-up; the aim is of the median."""
    spent, busy = [], []
    for number in range(WARM_UP + times):
        cpu, started = time.process_time(), time.perf_counter()
        act()
        ended, idle = time.perf_counter(), time.process_time()
        if number >= WARM_UP:
            spent.append((ended - started) * 1000)
            busy.append((idle - cpu) * 1000)
    p50 = quantile(spent, 0.5)
    return Row(name, size, p50, quantile(spent, 0.99), quantile(busy, 0.5), aims=(at_most(p50, aim_ms, "p50"),))


if __name__ == "__main__":
    main()
