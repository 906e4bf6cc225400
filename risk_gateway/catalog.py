"""The fields that a condition may use; the list itself, with its words, is catalog.toml."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from risk_gateway.words import Words


class Level(StrEnum):
    HEADER = "header"
    ITEM = "item"


class FieldType(StrEnum):
    TEXT = "text"
    COMMODITY = "commodity"
    NUMBER = "number"
    FLAG = "flag"
    LIST = "list"

    @property
    def operators(self) -> tuple[str, ...]:
        return _OPERATORS[self]


_OPERATORS: dict[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: ("in", "not_in"),
    FieldType.COMMODITY: ("prefix", "not_prefix"),
    FieldType.NUMBER: ("<", "<=", ">", ">=", "between"),
    FieldType.FLAG: ("is",),
    FieldType.LIST: ("present", "absent"),
}


class Field(Struct, frozen=True):
    """`box` is where the fact stands in the declaration, or the source it comes from."""

    name: str
    level: Level
    type: FieldType
    box: str
    label: Words


@cache
def fields() -> Mapping[str, Field]:
    """Return every field by name."""
    raw = tomllib.loads((Path(__file__).parent / "catalog.toml").read_text(encoding="utf-8"))
    return {
        name: Field(
            name=name,
            level=msgspec.convert(entry["level"], Level),
            type=msgspec.convert(entry["type"], FieldType),
            box=entry["box"],
            label=Words(entry["kk"], entry["ru"], entry["en"]),
        )
        for name, entry in raw.items()
    }
