"""docs/asvs.md: every requirement of level 1 has a row, and what a row names is there."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("portal", "declarations", "signing", "risk_gateway", "interop")
STATUSES = {"done", "not applicable", "open"}
LEVEL_1 = (  # OWASP ASVS 5.0.0
    *("1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.3.1", "1.3.2", "1.5.1", "2.1.1", "2.2.1", "2.2.2", "2.3.1"),
    *("3.2.1", "3.2.2", "3.3.1", "3.4.1", "3.4.2", "3.5.1", "3.5.2", "3.5.3", "4.1.1", "4.4.1"),
    *("5.2.1", "5.2.2", "5.3.1", "5.3.2", "6.1.1", "6.2.1", "6.2.2", "6.2.3", "6.2.4", "6.2.5", "6.2.6", "6.2.7"),
    *("6.2.8", "6.3.1", "6.3.2", "6.4.1", "6.4.2", "7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.4.1", "7.4.2"),
    *("8.1.1", "8.2.1", "8.2.2", "8.3.1", "9.1.1", "9.1.2", "9.1.3", "9.2.1"),
    *("10.4.1", "10.4.2", "10.4.3", "10.4.4", "10.4.5", "11.3.1", "11.3.2", "11.4.1", "12.1.1", "12.2.1", "12.2.2"),
    *("13.4.1", "14.2.1", "14.3.1", "15.1.1", "15.2.1", "15.3.1"),
)
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w./-]+\.(?:py|md|toml|xsd|html|js|json|txt|conf))(?:::(\w+))?`")
STARTS_PROGRAMS = {"subprocess", "pty", "pickle", "marshal", "shelve"}
RUNS_TEXT = {"eval", "exec"}


class Row(NamedTuple):
    requirement: str
    asks: str
    status: str
    shown_by: str

    @property
    def evidence(self) -> list[tuple[str, str]]:
        """Return (file, name of a test or empty) of everything that is named."""
        return NAMED.findall(self.shown_by)


def rows() -> list[Row]:
    return [Row(*found) for found in ROW.findall((ROOT / "docs" / "asvs.md").read_text(encoding="utf-8"))]


def test_every_requirement_of_level_1_has_one_row() -> None:
    counted = Counter(row.requirement for row in rows())
    assert len(set(LEVEL_1)) == 70
    assert [each for each in LEVEL_1 if counted[each] == 0] == []
    assert [each for each, count in counted.items() if count > 1] == []


def test_every_row_has_a_status_of_the_list() -> None:
    assert [row.requirement for row in rows() if row.status not in STATUSES] == []


def test_what_is_done_is_shown_by_something() -> None:
    assert [row.requirement for row in rows() if row.status == "done" and not row.evidence] == []


def test_whatever_is_named_is_there() -> None:
    gone = []
    for row in rows():
        for file, name in row.evidence:
            path = ROOT / file if "/" in file or (ROOT / file).exists() else ROOT / "docs" / file
            there = path.exists() and (not name or re.search(rf"^\s*def {name}\(", path.read_text("utf-8"), re.M))
            if not there:
                gone.append((row.requirement, file, name))
    assert gone == []


def test_the_portal_starts_no_program_and_runs_no_text_as_code() -> None:
    found = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                    found += [(path.name, name) for name in names & STARTS_PROGRAMS]
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT:
                    found.append((path.name, node.func.id))
                if isinstance(node, ast.Attribute) and node.attr in {"system", "popen"} and _is_os(node.value):
                    found.append((path.name, node.attr))
    assert found == []


def _is_os(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "os"
