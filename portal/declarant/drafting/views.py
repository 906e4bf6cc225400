"""What the pages of the form show: each field with its words, value, proposal and what is wrong with it."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from declarations.reference.codes import Codes
from portal.declarant.drafting.entering import ROWS_MAX, positions, shown_values
from portal.declarant.drafting.form import Field, Part, Section, bare
from portal.declarant.drafting.troubles import Trouble
from portal.pages import field_id

SHORT_LISTS: Final = frozenset(
    {"offices", "procedures", "incoterms", "transport_modes", "valuation_methods", "charges", "payment_kinds"}
)
SCHEMES: Final = ("BIN", "IIN", "TIN")
_WIDTHS: Final = {"s": "5", "m": "20", "l": ""}
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


class Option(Struct, frozen=True):
    code: str
    name: str


class FieldView(Struct, frozen=True):
    """`options` are those of a select; `list` names a datalist instead. `meaning` is the name of the code that stands
    there. `proposed` is what will be written while the field is blank."""

    id: str
    name: str
    label: str
    kind: str
    box: str | None
    hint: str
    value: str
    width: str
    attribute: str = ""
    attribute_value: str = ""
    attribute_list: str = ""
    attribute_proposed: str = ""
    options: tuple[Option, ...] = ()
    list: str = ""
    meaning: str = ""
    proposed: str = ""
    errors: tuple[str, ...] = ()
    optional: bool = True
    rare: bool = False
    search: bool = False


class RowView(Struct, frozen=True):
    path: str
    number: int
    fields: tuple[FieldView, ...]
    blank: bool = False


class PartView(Struct, frozen=True):
    id: str
    title: str
    kind: str
    box: str | None
    hint: str
    rare: bool
    open: bool
    fields: tuple[FieldView, ...] = ()
    rows: tuple[RowView, ...] = ()
    same: str = ""
    is_same: bool = False
    full: bool = False


class Showing:
    """Makes the views of one page. `proposed` are values of blank fields; `troubles` those of this page."""

    def __init__(
        self, kind: str, values: Mapping[str, str], proposed: Mapping[str, str], codes: Codes, language: str
    ) -> None:
        self._kind = kind
        self._values = values
        self._proposed = proposed
        self._codes = codes
        self._language = language

    def parts(self, section: Section, troubles: Iterable[Trouble]) -> tuple[PartView, ...]:
        wrong: dict[str, list[str]] = {}
        for trouble in troubles:
            wrong.setdefault(trouble.path, []).append(trouble.text)
        return tuple(self._part(part, wrong) for part in section.parts(self._kind))

    def _part(self, part: Part, wrong: Mapping[str, list[str]]) -> PartView:
        fields: tuple[FieldView, ...] = ()
        rows: tuple[RowView, ...] = ()
        if part.kind == "rows":
            rows = tuple(self._rows(part, wrong))
            filled = any(not row.blank for row in rows) or any(each.errors for row in rows for each in row.fields)
        else:
            fields = tuple(self._field(field, part, wrong) for field in part.fields_at())
            filled = any(each.value or each.errors for each in fields)
        own = field_id(part.prefix(1) or part.key)
        taken = {each.id for each in fields} | {each.id for row in rows for each in row.fields}
        return PartView(
            id=f"{own}-part" if own in taken else own,
            title=part.text(self._language),
            kind=part.kind,
            box=part.box,
            hint=part.hint.text(self._language),
            rare=part.rare,
            open=filled,
            fields=fields,
            rows=rows,
            same=part.same if part.kind == "reference" else "",
            is_same=part.kind == "reference" and bool(self._values.get(part.same)),
            full=len(rows) >= ROWS_MAX,
        )

    def _rows(self, part: Part, wrong: Mapping[str, list[str]]) -> Iterable[RowView]:
        held = positions(part, self._values)
        for number, position in enumerate(held, 1):
            fields = tuple(self._field(field, part, wrong) for field in part.fields_at(position))
            yield RowView(part.prefix(position), number, fields)
        if len(held) < ROWS_MAX:
            position = (held[-1] if held else 0) + 1
            fields = tuple(self._field(field, part, wrong) for field in part.fields_at(position))
            yield RowView(part.prefix(position), len(held) + 1, fields, blank=True)

    def _field(self, field: Field, part: Part, wrong: Mapping[str, list[str]]) -> FieldView:
        shown = shown_values(field, self._values)
        value = shown[field.path]
        errors = [*wrong.get(field.path, ()), *(wrong.get(field.attribute, ()) if field.attribute else ())]
        errors += [
            text for path, texts in wrong.items() if field.kind == "several" and _of(path, field) for text in texts
        ]
        lists = {"amount": "currencies", "quantity": "units"}
        return FieldView(
            id=field_id(field.path),
            name=field.path,
            label=field.text(self._language),
            kind=field.kind,
            box=field.box or part.box,
            hint=field.hint.text(self._language),
            value=_day(value) if field.kind == "date" else value,
            width=_WIDTHS[field.size],
            attribute=field.attribute,
            attribute_value=shown.get(field.attribute, "") if field.attribute else "",
            attribute_list=lists.get(field.kind, ""),
            attribute_proposed=self._proposed.get(field.attribute, "") if field.attribute else "",
            options=self._options(field),
            list=field.list if field.list and field.list not in SHORT_LISTS and field.kind == "code" else "",
            meaning=self.meaning(field.list, value) if field.list else "",
            proposed="" if value else self._proposed.get(field.path, ""),
            errors=tuple(dict.fromkeys(errors)),
            optional=not field.needed(self._kind),
            rare=field.rare and not value and not errors,
            search=field.search,
        )

    def _options(self, field: Field) -> tuple[Option, ...]:
        if field.kind == "choice":
            return tuple(Option(choice.code, choice.text(self._language)) for choice in field.values)
        if field.kind == "identifier":
            return tuple(Option(scheme, scheme) for scheme in SCHEMES)
        if field.kind == "code" and field.list in SHORT_LISTS:
            return tuple(
                Option(option.code, f"{option.code} – {option.name}")
                for option in options(self._codes, field.list, self._language, self._kind)
            )
        return ()

    def meaning(self, name: str, value: str) -> str:
        found = getattr(self._codes, name).get(value)
        text: str = found.name(self._language) if found is not None else ""
        return "" if text == value else text


def options(codes: Codes, name: str, language: str, kind: str = "") -> list[Option]:
    """Return the entries of a code list that have a name; of procedures those that go with the declaration."""
    entries = getattr(codes, name).values()
    if name == "procedures":
        entries = [entry for entry in entries if kind[:2] in entry.types]
    return [Option(entry.code, text) for entry in entries if (text := entry.name(language)) and text != entry.code]


def lists_of(parts: Iterable[PartView]) -> tuple[str, ...]:
    """Return which datalists a page needs."""
    found: set[str] = set()
    for part in parts:
        for each in (*part.fields, *(each for row in part.rows for each in row.fields)):
            found |= {name for name in (each.list, each.attribute_list) if name}
    return tuple(sorted(found))


def _day(value: str) -> str:
    """Write a date as people here do; what is no date stays as it was typed."""
    found = _DATE.fullmatch(value)
    return f"{found[3]}.{found[2]}.{found[1]}" if found else value


def _of(path: str, field: Field) -> bool:
    return path != field.path and bare(path) == bare(field.path) and path.startswith(field.path)
