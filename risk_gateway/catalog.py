"""The fields that a condition may use; the list itself, with its words, is catalog.toml."""

import tomllib
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from declarations.reference import Reference
from risk_gateway.bases.partner_facts.model import JUDGED
from risk_gateway.bases.registers.model import ContractResult, PermitResult, Register
from risk_gateway.coded_facts import Corridor, MovementEvent, Suspicion
from risk_gateway.profiles import Block, Category
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


OF_DECLARATIONS = frozenset({Block.IMPORTS, Block.EXPORTS, Block.DELIVERIES})


class Field(Struct, frozen=True):
    """`box` is where the fact stands in the declaration, or the source it comes from. `codes` names the code list that
    its values are of, None where any value may be. In a case of a block that is not among `blocks` it is never known.
    """

    name: str
    level: Level
    type: FieldType
    box: str
    label: Words
    codes: str | None = None
    blocks: frozenset[Block] = OF_DECLARATIONS


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
            codes=entry.get("codes"),
            blocks=_blocks(entry),
        )
        for name, entry in raw.items()
    }


def _blocks(entry: Mapping[str, Any]) -> frozenset[Block]:
    if "only" in entry:
        return frozenset(map(Block, entry["only"]))
    return OF_DECLARATIONS | set(map(Block, entry.get("also", ())))


def code_list(name: str, day: date) -> Collection[str]:
    """Return the codes that a field with this code list may have on `day`; documents may be named by a beginning.

    Raises KeyError for a list that is none.
    """
    codes = Reference.shipped().on(day)
    return {
        "category": tuple(Category),
        "country": codes.countries_or_open,
        "document": codes.document_kinds,
        "incoterms": codes.incoterms,
        "office": codes.offices,
        "partner_question": tuple(JUDGED),
        "permit_result": tuple(PermitResult),
        "procedure": codes.procedures,
        "register": tuple(Register),
        "transport_mode": codes.transport_modes,
        "contract_result": tuple(ContractResult),
        "corridor": tuple(Corridor),
        "movement_event": tuple(MovementEvent),
        "suspicion": tuple(Suspicion),
        "type": ("IM", "EX", "TT", "PD", "PA"),
        "unit": codes.units,
        "valuation_method": codes.valuation_methods,
    }[name]
