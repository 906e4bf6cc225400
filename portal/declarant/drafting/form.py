"""The form as data: which sections there are, and what each asks. `boxes.toml` and `items.toml` hold it."""

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from declarations.grammar import Element, Rule, grammar
from declarations.writing import declared_at, declared_item

_FOLDER: Final = Path(__file__).parent
_POSITION: Final = re.compile(r"\[[0-9]+\]")
ROW: Final = "[{n}]"
ATTRIBUTE: Final = {"amount": "/@currencyID", "quantity": "/@unitCode", "identifier": "/@schemeID"}


_parts: dict[tuple[str, str], tuple["Part", ...]] = {}  # by section and kind: asked for thousands of times a page
_fields: dict[tuple[str, int], tuple["Field", ...]] = {}  # by part and position
_covered: dict[tuple[str, str], frozenset[str]] = {}


class Kind(StrEnum):
    """What is declared: the type of box 1 with its usual procedure."""

    IMPORT = "IM40"
    EXPORT = "EX10"
    TRANSIT = "TT"

    @property
    def type_code(self) -> str:
        return self.value[:2]


class Words(Struct, frozen=True):
    kk: str = ""
    ru: str = ""
    en: str = ""

    def text(self, language: str) -> str:
        found: str = getattr(self, language)
        return found


class Choice(Words, frozen=True):
    code: str = ""


class Field(Words, frozen=True):
    """One thing to fill in. `path` is below its part's path, where that has one; `attribute` is that of its measure.

    Kinds: text, long, code (of `list`), choice (of `values`), decimal, whole, date, amount, quantity, identifier, and
    several (texts in one line). `computed`: a value is proposed while it is blank. `rare`: folded away while blank.
    """

    path: str = ""
    kind: str = "text"
    box: str | None = None
    list: str | None = None
    values: tuple[Choice, ...] = ()
    need: bool | tuple[str, ...] = False
    only: tuple[str, ...] = ()
    size: str = "l"
    hint: Words = Words()
    computed: bool = False
    rare: bool = False
    digits: bool = False
    search: bool = False
    suffix: str = ""

    @property
    def attribute(self) -> str:
        return self.path + ATTRIBUTE[self.kind] if self.kind in ATTRIBUTE else ""

    def needed(self, kind: str) -> bool:
        return self.need if isinstance(self.need, bool) else kind in self.need

    def at(self, prefix: str) -> "Field":
        """Return the same field with its whole path."""
        path = f"{prefix}/{self.path}" if prefix and self.path else prefix or self.path
        return msgspec.structs.replace(self, path=path)


class Part(Words, frozen=True):
    """A group of fields under a heading. `kind`: fields, rows (repeated; `path` ends in a position), party, or
    reference (a party, or the declarant again)."""

    fields: tuple[Field, ...] = ()
    kind: str = "fields"
    path: str = ""
    box: str | None = None
    need: bool | tuple[str, ...] = False
    only: tuple[str, ...] = ()
    hint: Words = Words()
    rare: bool = False
    numbered: str = ""
    key: str = ""

    @property
    def same(self) -> str:
        """Return where it is told that the declarant stands here again."""
        return f"{self.path}/SameAsDeclarant"

    def needed(self, kind: str) -> bool:
        return self.need if isinstance(self.need, bool) else kind in self.need

    def fields_at(self, position: int = 1) -> tuple[Field, ...]:
        """Return the fields with their whole paths, those of the row at `position` where the part repeats."""
        found = _fields.get((self.key, position))
        if found is None or not self.key:
            found = _fields[self.key, position] = tuple(field.at(self.prefix(position)) for field in self.fields)
        return found

    def prefix(self, position: int) -> str:
        if self.kind == "rows":
            return self.path.replace("{n}", str(position))
        return f"{self.path}/Party" if self.kind == "reference" else self.path


class Section(Words, frozen=True):
    """One page. `kind`: fields, goods (the list of items) or documents (fields of the first item)."""

    id: str = ""
    kind: str = "fields"
    only: tuple[str, ...] = ()
    optional: bool = False
    corrections: bool = False
    part: tuple[Part, ...] = ()

    def parts(self, kind: str) -> tuple[Part, ...]:
        """Return the parts that this kind of declaration has, with only its fields."""
        found = _parts.get((self.id, kind))
        if found is None:
            found = _parts[self.id, kind] = tuple(
                msgspec.structs.replace(
                    part,
                    key=f"{self.id} {kind} {number}",
                    fields=tuple(field for field in part.fields if not field.only or kind in field.only),
                )
                for number, part in enumerate(self.part)
                if not part.only or kind in part.only
            )
        return found


@cache
def sections() -> tuple[Section, ...]:
    """Return the sections of a declaration, in the order of the task list."""
    return _read("boxes.toml")


@cache
def item_section() -> Section:
    """Return the page of one goods item."""
    return _read("items.toml")[0]


@cache
def sections_of(kind: str, corrects: bool) -> tuple[Section, ...]:
    return tuple(
        section
        for section in sections()
        if (not section.only or kind in section.only) and (corrects or not section.corrections)
    )


def covered(section: Section, kind: str) -> frozenset[str]:
    """Return the paths that this page sets, positions left out."""
    known = _covered.get((section.id, kind))
    if known is not None:
        return known
    found: set[str] = set()
    for part in section.parts(kind):
        if part.kind == "reference":
            found.add(bare(part.same))
        if part.numbered:
            found.add(bare(f"{part.prefix(1)}/{part.numbered}"))
        for field in part.fields_at():
            found |= {bare(path) for path in (field.path, field.attribute) if path}
    return _covered.setdefault((section.id, kind), frozenset(found))


def bare(path: str) -> str:
    """Return a path without positions."""
    return _POSITION.sub("", path) if "[" in path else path


@cache
def rule_at(path: str, *, in_item: bool) -> Rule:
    """Return what a value at a bare path must be."""
    element, _, attribute = path.partition("/@")
    declared = declared_at(declared_item() if in_item else grammar(), element)
    return declared.attributes[attribute].rule if attribute else _rule(declared)


def _rule(declared: Element) -> Rule:
    if declared.rule is None:
        raise ValueError(f"{declared.name} holds no value")
    return declared.rule


def _read(name: str) -> tuple[Section, ...]:
    data = tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
    party = data.get("party", ())
    for section in data["section"]:
        for part in section.get("part", ()):
            if part.get("kind") in ("party", "reference"):
                part["fields"] = [_of_party(field, part) for field in party]
    return msgspec.convert(data["section"], tuple[Section, ...])


def _of_party(field: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field of a party; its name is needed only where the party is."""
    return {**field, "box": part.get("box"), "need": part.get("need", False) if field.get("need") else False}
