"""Reading reference data from CSV: every line is right, or every wrong one is named."""

import csv
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import ClassVar, Final, TypeVar

from declarations.errors import DeclarationsError

PROBLEMS_SHOWN: Final = 20
TEXT_SHOWN: Final = 120

Row = Mapping[str, str | None]
Key = TypeVar("Key", bound=Hashable)
Line = TypeVar("Line")


class FileUnreadable(DeclarationsError):
    """The file is not what it should be. `problems` are (line number, the line's text, what is wrong)."""

    code_of_file: ClassVar[str]

    def __init__(self, problems: tuple[tuple[int, str, str], ...]) -> None:
        self.problems = problems
        shown = "; ".join(f"{number}: {text!r}: {wrong}" for number, text, wrong in problems[:PROBLEMS_SHOWN])
        super().__init__(self.code_of_file, {"count": str(len(problems)), "lines": shown})


def read_lines(
    text: str,
    required: Sequence[str],
    read: Callable[[Row, Mapping[Key, Line]], tuple[Key, Line]],
    unreadable: type[FileUnreadable],
) -> dict[Key, Line]:
    """Return the lines of `text` by their keys, in order; the columns `required` are there, others may be.

    `read` makes a line of a row, and is given those before it; it raises ValueError saying what is wrong. Raises
    `unreadable` with every line that is wrong.
    """
    rows = csv.DictReader(text.lstrip("\ufeff").splitlines())
    missing = [name for name in required if name not in (rows.fieldnames or ())]
    if missing:
        raise unreadable(((1, ",".join(rows.fieldnames or ()), f"no column {', '.join(missing)}"),))
    lines: dict[Key, Line] = {}
    problems = []
    try:
        for row in rows:
            try:
                key, line = read(row, lines)
            except ValueError as wrong:
                problems.append((rows.line_num, _shown(row), str(wrong)))
            else:
                lines[key] = line
    except csv.Error as wrong:
        problems.append((rows.line_num, "", str(wrong)))
    if not lines and not problems:
        problems.append((rows.line_num, "", "no lines"))
    if problems:
        raise unreadable(tuple(problems))
    return lines


def _shown(row: Row) -> str:
    return ",".join(value for value in row.values() if isinstance(value, str))[:TEXT_SHOWN]
