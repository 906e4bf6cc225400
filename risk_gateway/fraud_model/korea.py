"""The public benchmark of Korean import lines, as rows of the model.

Columns: the Customs Import Declaration Datasets (MIT). Its goods have codes of six digits, its values are in won.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from risk_gateway.fraud_model.features import UNKNOWN, Row


class Line(NamedTuple):
    """A goods item of the benchmark. `revenue` is what the duty on it comes to, in won."""

    row: Row
    found: bool
    revenue: float


def read_lines(file: Path) -> Iterator[Line]:
    """Yield the lines of a CSV file. Raises KeyError when a column is missing, ValueError for a number that is none."""
    with file.open(encoding="utf-8", newline="") as text:
        for line in csv.DictReader(text):
            yield _line(line)


def _line(line: dict[str, str]) -> Line:
    rate, value = _number(line["Tax Rate"]), _number(line["Item Price"])
    row = Row(
        commodity=line["HS6 Code"],
        origin=line["Country of Origin"],
        dispatch=line["Country of Departure"],
        declarant=line["Importer ID"],
        agent=line["Declarant ID"],
        office=line["Office ID"],
        transport=line["Mode of Transport"],
        procedure=line["Import Type"],
        previous_procedure=line["Import Use"],
        terms=line["Payment Type"],
        tariff=line["Tax Type"],
        origin_mark=line["Country of Origin Indicator"],
        rate_percent=rate,
        mass_kg=_number(line["Net Mass"]),
        value=value,
    )
    return Line(row, line["Fraud"] == "1", max(0.0, value * rate / 100))


def _number(text: str) -> float:
    return float(text) if text else UNKNOWN
