"""What was sent by a page of the form, put into a draft's values: cleaned of what typing brings, and nothing else.

A page sets the paths that it covers and no others, so what the form does not ask, or another page asks, stays as it is.
Rows close up: one left blank is gone, and what the form does not know of a row goes with it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from declarations.values import collapsed
from portal.declarant.drafting.form import Field, Part, Section, bare, covered

ROWS_MAX: Final = 999
VALUE_LENGTH_MAX: Final = 20_000
SEVERAL_MAX: Final = 99
_SPACES: Final = re.compile(r"[\s\u00a0\u202f]+")
_POINTED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*")  # 1,250.00
_COMMAED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*|[+-]?[0-9]*,[0-9]*")  # 1.250,00 and 172,5
_DIGITS: Final = re.compile(r"[+-]?[0-9]*\.?[0-9]*")
_BETWEEN_CODES: Final = re.compile(r"[\s,;]+")
_BETWEEN_TEXTS: Final = re.compile(r"\s*[;\n]\s*")
_LOCAL_DATE: Final = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")


def entered(section: Section, kind: str, before: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """Return the values after the page was sent; `before` are those that it is about."""
    mine = covered(section, kind)
    after = {path: value for path, value in before.items() if bare(path) not in mine}
    for part in section.parts(kind):
        if part.kind == "rows":
            after |= _rows(part, before, sent)
            continue
        if part.kind == "reference" and sent.get(part.same):
            after[part.same] = "1"
        for field in part.fields_at():
            after |= _value(field, sent)
    return after


def without_row(section: Section, kind: str, values: Mapping[str, str], row: str) -> dict[str, str]:
    """Return the values without the row at `row`, such as Packaging[2]; the others close up."""
    for part in section.parts(kind):
        if part.kind == "rows" and bare(row) == bare(part.prefix(1)):
            left = {path: value for path, value in values.items() if not path.startswith((f"{row}/", f"{row}/@"))}
            left.pop(row, None)
            return entered(section, kind, left, page_values(section, kind, left))
    return dict(values)


def page_values(section: Section, kind: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in the page's fields, as they would send it."""
    found: dict[str, str] = {}
    for part in section.parts(kind):
        if part.kind == "reference" and values.get(part.same):
            found[part.same] = "1"
        for position in positions(part, values) if part.kind == "rows" else [1]:
            for field in part.fields_at(position):
                found |= {path: text for path, text in shown_values(field, values).items() if text}
    return found


def shown_values(field: Field, values: Mapping[str, str]) -> dict[str, str]:
    """Return what a field with its whole path shows: its value, and that of its attribute."""
    if field.kind == "several":
        return {field.path: joined(field, values)}
    found = {field.path: values.get(field.path, "")}
    if field.attribute:
        found[field.attribute] = values.get(field.attribute, "")
    return found


def joined(field: Field, values: Mapping[str, str]) -> str:
    texts = [values[path] for path in _several(field.path) if path in values]
    return (" " if field.list or field.path.endswith(("ID", "SealID")) else "; ").join(texts)


def positions(part: Part, values: Mapping[str, str]) -> list[int]:
    """Return which rows of the part hold something."""
    before = part.path.partition("{n}")[0]
    numbers = (path[len(before) :].partition("]")[0] for path in values if path.startswith(before))
    return sorted({int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 4})


def digest(section: Section, kind: str, values: Mapping[str, str]) -> str:
    """Return what the page's values come to: another window's change of the same page changes it."""
    shown = sorted(page_values(section, kind, values).items())
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:32]


def _rows(part: Part, before: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    number = 0
    for position in sorted({*positions(part, sent)})[:ROWS_MAX]:
        row = part.prefix(position)
        values: dict[str, str] = {}
        for field in part.fields_at(position):
            values |= _value(field, sent)
        if not any(value and not path.endswith("/@currencyID") for path, value in values.items()):
            continue
        number += 1
        known = {bare(path) for field in part.fields_at() for path in (field.path, field.attribute) if path}
        unasked = {
            path: value for path, value in before.items() if path.startswith(f"{row}/") and bare(path) not in known
        }
        if part.numbered:
            values[f"{row}/{part.numbered}"] = unasked[f"{row}/{part.numbered}"] = str(number)
        found |= {part.prefix(number) + path.removeprefix(row): value for path, value in {**unasked, **values}.items()}
    return found


def _value(field: Field, sent: Mapping[str, str]) -> dict[str, str]:
    text = sent.get(field.path, "")[:VALUE_LENGTH_MAX]
    if field.kind == "several":
        parts = (_BETWEEN_CODES if field.list or field.path.endswith("ID") else _BETWEEN_TEXTS).split(text.strip())
        texts = [part for part in (collapsed(part) for part in parts) if part][:SEVERAL_MAX]
        return dict(zip(_several(field.path), texts, strict=False))
    found = {field.path: cleaned(field, text)}
    if field.attribute:
        found[field.attribute] = collapsed(sent.get(field.attribute, "")[:VALUE_LENGTH_MAX]).upper()
    if field.kind == "identifier" and not found[field.path]:
        return {}
    return {path: value for path, value in found.items() if value}


def cleaned(field: Field, text: str) -> str:
    """Return `text` as the document wants it: numbers with a point and no spaces, dates by year, codes in capitals."""
    text = collapsed(text.replace("\r\n", "\n"))
    if field.kind in ("decimal", "whole", "amount", "quantity"):
        return _number(text)
    if field.kind == "date" and (local := _LOCAL_DATE.fullmatch(text)):
        return f"{local[3]}-{int(local[2]):02}-{int(local[1]):02}"
    if field.kind == "code":
        return text.partition(" – ")[0].strip().upper()
    return _SPACES.sub("", text) if field.digits else text


def _number(text: str) -> str:
    """Return a number with a decimal point and nothing between its thousands; what is none stays as it was typed."""
    bare = _SPACES.sub("", text)
    if _POINTED.fullmatch(bare):
        return bare.replace(",", "")
    if _COMMAED.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    return bare if _DIGITS.fullmatch(bare) else text


def _several(path: str) -> Iterator[str]:
    return (f"{path}[{number}]" for number in range(1, SEVERAL_MAX + 1))
