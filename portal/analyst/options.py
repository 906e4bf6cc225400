"""What the selects and checkboxes of a profile's form offer, in the reader's language."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from msgspec import Struct

from declarations.reference import Reference
from portal.analyst.composing import GroupKind, Row
from portal.analyst.words import section, word
from risk_gateway.catalog import Field, FieldType, Level, fields
from risk_gateway.coded_facts import Corridor, MovementEvent, Suspicion
from risk_gateway.desk import Analyst
from risk_gateway.profiles import Block, Category, Kind, MeasureCode, Motive, RiskCategory, When
from risk_gateway.profiles import Level as ProfileLevel
from risk_gateway.validation import DIRECTIONS

Named = tuple[tuple[str, str], ...]
TICKED: Final = (  # lists short enough to be ticked
    "category",
    "type",
    "valuation_method",
    "transport_mode",
    "corridor",
    "suspicion",
    "movement_event",
)


class FormOptions(Struct, frozen=True):
    """`facts` are by where they stand: the declaration as a whole, and its goods items."""

    language: str
    lists: Mapping[str, Named]
    facts: tuple[tuple[str, Named], ...]
    posts: Named
    codes: Mapping[str, Named]

    def operators(self, row: Row) -> Named:
        field = row.field
        every = section("operator") if field is None else field.type.operators
        return tuple((code, word("operator", code, self.language)) for code in every)

    def ticks(self, row: Row) -> Named | None:
        """Return the values to be ticked; None where the value is typed."""
        return self.codes.get(row.field.codes or "") if row.field else None

    def kind_of(self, row: Row) -> str:
        """Return how the value of a row is asked for: flag, ticks, number, between, codes or commodity."""
        field = row.field
        if field is None:
            return "none"
        if field.type is FieldType.FLAG:
            return "flag"
        if self.ticks(row) is not None and field.type is FieldType.TEXT:
            return "ticks"
        if field.type is FieldType.NUMBER:
            return "between" if row.op == "between" else "number"
        return "commodity" if field.type is FieldType.COMMODITY else "codes"

    def example(self, row: Row) -> str:
        return word("example", row.field.codes if row.field and row.field.codes else self.kind_of(row), self.language)


def for_form(language: str, day: date, analyst: Analyst) -> FormOptions:
    reference = Reference.shipped().on(day)
    offices = ((code, f"{code} {office.name(language)}") for code, office in sorted(reference.offices.items()))
    codes: dict[str, Any] = {
        "category": tuple((each.value, word("participant", each, language)) for each in Category),
        "type": tuple((code, code) for code in DIRECTIONS.values()),
        "movement_event": _words("movement_event", MovementEvent, language),
        "corridor": _words("corridor", Corridor, language),
        "suspicion": _words("suspicion", Suspicion, language),
        "valuation_method": _named(reference.valuation_methods, language),
        "transport_mode": _named(reference.transport_modes, language),
    }
    return FormOptions(
        language,
        {
            "block": _words("block", Block, language),
            "level": _words("level", [ProfileLevel.REGIONAL] if analyst.posts else ProfileLevel, language),
            "kind": _words("kind", Kind, language),
            "category": _words("category", RiskCategory, language),
            "motive": _words("motive", Motive, language),
            "measure": _words("measure", MeasureCode, language),
            "when": _words("when", When, language),
            "group": _words("group", GroupKind, language),
        },
        tuple((level.value, _facts(level, language)) for level in (Level.ITEM, Level.HEADER)),
        tuple(each for each in offices if not analyst.posts or each[0] in analyst.posts),
        codes,
    )


def _words(name: str, codes: Iterable[Any], language: str) -> Named:
    return tuple((str(code.value), word(name, code.value, language)) for code in codes)


def _facts(level: Level, language: str) -> Named:
    named = [(field.name, _label(field, language)) for field in fields().values() if field.level is level]
    return tuple(sorted(named, key=lambda each: each[1].casefold()))


def _label(field: Field, language: str) -> str:
    box = field.box
    if box[:1].isdigit() or len(box) == 1:
        return f"{field.label.into(language)} ({word('place', 'box', language)} {box})"
    return f"{field.label.into(language)} ({word('place', box, language)})"


def _named(entries: Mapping[str, Any], language: str) -> Named:
    return tuple((code, f"{code} {entry.name(language)}") for code, entry in sorted(entries.items()))
