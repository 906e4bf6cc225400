"""A condition as it is composed on a form: groups of rows, and each row a fact, an operator and a value.

A field of the form is named by its place: `c` is the kind of the outermost group, `c.2` that of a group within it,
`c.2.1.fact`, `.op` and `.value` are a row of that.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import Final

from msgspec import Struct

from portal import form_fields
from portal.form_fields import Given
from risk_gateway.catalog import Field, FieldType, fields
from risk_gateway.conditions import NESTING_MAX
from risk_gateway.profiles import Condition

ROOT: Final = "c"
PARTS_MOST: Final = 40  # of a group
VALUE_MOST: Final = 2_000  # characters
_IN_SMALL_LETTERS: Final = frozenset(
    {
        "category",
        "contract_result",
        "corridor",
        "movement_event",
        "partner_question",
        "permit_result",
        "register",
        "suspicion",
    }
)
_BETWEEN: Final = re.compile(r"\s*(?:\N{EN DASH}|\N{EM DASH}|\.\.\.?|;|\s-\s|(?<=\d)-(?=\d))\s*")
_CODES: Final = re.compile(r"[,;\s]+")
_YES, _NO = "yes", "no"

one: Final = partial(form_fields.one, most=VALUE_MOST)
many: Final = partial(form_fields.many, most=VALUE_MOST)


class GroupKind(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"
    NOT_ALL = "not_all"


class Row(Struct, frozen=True):
    """One comparison, as it was typed."""

    fact: str = ""
    op: str = ""
    values: tuple[str, ...] = ()

    @property
    def field(self) -> Field | None:
        return fields().get(self.fact)

    @property
    def text(self) -> str:
        return ", ".join(self.values)


class Group(Struct, frozen=True):
    kind: GroupKind = GroupKind.ALL
    parts: "tuple[Group | Row, ...]" = ()


class Built(Struct, frozen=True):
    """A condition, and where on the form each of its places stands."""

    condition: Condition
    places: Mapping[str, str]


# --- from the form and back -----------------------------------------------------------------------------------------


def read(given: Given, place: str = ROOT, depth: int = 0) -> Group:
    """Return the group that stands at a place of the form, with one empty row where it has nothing."""
    kind = one(given, place)
    parts: list[Group | Row] = []
    for number in range(1, PARTS_MOST + 1):
        below = f"{place}.{number}"
        if f"{below}.fact" in given:
            parts.append(Row(one(given, f"{below}.fact"), one(given, f"{below}.op"), many(given, f"{below}.value")))
        elif below in given and depth < NESTING_MAX - 1:
            parts.append(read(given, below, depth + 1))
    known = GroupKind(kind) if kind in GroupKind.__members__.values() else GroupKind.ALL
    return Group(known, tuple(parts) or (Row(),))


def added(group: Group, wanted: str, place: str = ROOT) -> Group:
    """Return the group with a row or a group more: `wanted` is `c.2:row` or `c.2:group`."""
    where, _, what = wanted.partition(":")
    parts = tuple(
        added(part, wanted, f"{place}.{number}") if isinstance(part, Group) else part
        for number, part in enumerate(group.parts, 1)
    )
    if where == place and len(parts) < PARTS_MOST:
        parts += (Group(GroupKind.ANY, (Row(), Row())) if what == "group" else Row(),)
    return Group(group.kind, parts)


def removed(group: Group, wanted: str, place: str = ROOT) -> Group:
    """Return the group without what stands at a place; a group that is left empty goes as well."""
    parts: list[Group | Row] = []
    for number, part in enumerate(group.parts, 1):
        below = f"{place}.{number}"
        if below == wanted:
            continue
        if isinstance(part, Group):
            part = removed(part, wanted, below)
            if not part.parts:
                continue
        parts.append(part)
    return Group(group.kind, tuple(parts) or ((Row(),) if place == ROOT else ()))


def of_condition(condition: Condition) -> Group:
    """Return a stored condition as a form shows it."""
    shown = _shown(condition)
    return shown if isinstance(shown, Group) else Group(GroupKind.ALL, (shown,))


def _shown(condition: Condition) -> Group | Row:
    if condition.negated is not None:
        inner = condition.negated
        if inner.all is not None:
            return Group(GroupKind.NOT_ALL, tuple(map(_shown, inner.all)))
        parts = inner.any if inner.any is not None else (inner,)
        return Group(GroupKind.NONE, tuple(map(_shown, parts)))
    if condition.all is not None:
        return Group(GroupKind.ALL, tuple(map(_shown, condition.all)))
    if condition.any is not None:
        return Group(GroupKind.ANY, tuple(map(_shown, condition.any)))
    typed = tuple(_typed(condition.value))
    return Row(str(condition.field), str(condition.op), (" - ".join(typed),) if condition.op == "between" else typed)


def _typed(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield _YES if value else _NO
    elif isinstance(value, tuple):
        yield from map(str, value)
    elif value is not None:
        yield str(value)


# --- the condition --------------------------------------------------------------------------------------------------


def build(group: Group, place: str) -> Built:
    """Return the condition of a group; `place` is where it stands in the profile. What is wrong is kept as it is."""
    places: dict[str, str] = {}
    return Built(_built(group, place, ROOT, places), places)


def _built(part: Group | Row, place: str, at: str, places: dict[str, str]) -> Condition:
    if isinstance(part, Row):
        places[place] = f"{at}.{_mistaken(part)}"
        return Condition(field=part.fact, op=part.op, value=value_of(part))
    places[place] = at
    single = len(part.parts) == 1 and isinstance(part.parts[0], Row)
    if single and part.kind in (GroupKind.ALL, GroupKind.ANY):
        places[place] = f"{at}.1.{_mistaken(part.parts[0])}"
        return _built(part.parts[0], place, f"{at}.1", places)
    if single:
        return Condition(negated=_built(part.parts[0], f"{place}.not[1]", f"{at}.1", places))
    denied = part.kind in (GroupKind.NONE, GroupKind.NOT_ALL)
    within = "any" if part.kind in (GroupKind.ANY, GroupKind.NONE) else "all"
    inner = f"{place}.not[1]" if denied else place
    places[inner] = at
    children = tuple(
        _built(child, f"{inner}.{within}[{number}]", f"{at}.{number}", places)
        for number, child in enumerate(part.parts, 1)
    )
    made = Condition(all=children) if within == "all" else Condition(any=children)
    return Condition(negated=made) if denied else made


def _mistaken(part: Group | Row) -> str:
    """Return which part of a row to point at when something is wrong with it."""
    if isinstance(part, Row) and part.field is not None:
        return "value" if part.op in part.field.type.operators else "op"
    return "fact"


def value_of(row: Row) -> str | int | bool | tuple[str | int, ...]:
    """Return what was typed as the value that the fact needs; what cannot be read is left as text."""
    field, text = row.field, row.text
    if field is None:
        return text
    match field.type:
        case FieldType.FLAG:
            return {_YES: True, _NO: False}.get(text, text)
        case FieldType.NUMBER if row.op == "between":
            return tuple(_number(part) for part in _BETWEEN.split(text.strip()) if part.strip())
        case FieldType.NUMBER:
            return _number(text)
        case _:
            codes = (code for value in row.values for code in _CODES.split(value))
            lower = field.codes in _IN_SMALL_LETTERS
            return tuple(code.lower() if lower else code.upper() for code in codes if code)


def _number(text: str) -> str | int:
    """Return a number, typed in any of the three languages, as conditions hold it: whole, or exact text."""
    plain = "".join(text.split()).replace(",", ".").rstrip("%")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return text
    return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else plain
