"""A profile's area and condition as one plain sentence in kk, ru or en; the words are in sentences.toml.

A `not` is said by the opposite of what stands below it, so a sentence has no brackets of denials.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from declarations.reference import Reference
from risk_gateway.catalog import Field, FieldType, fields
from risk_gateway.profiles import Area, Category, Condition, Profile, area_conditions

_VERBS = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
_OPPOSITES = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "between": "not_between",
    "in": "not_in",
    "not_in": "in",
    "prefix": "not_prefix",
    "not_prefix": "prefix",
    "present": "absent",
    "absent": "present",
}
_DENYING = ("not_in", "not_prefix", "absent")
_NO_BREAK = "\u00a0"


def sentence(profile: Profile, language: str, day: date) -> str:
    """Return what a checked profile looks for, with the names that codes have on `day`."""
    speaker = _Speaker(language, day)
    area = speaker.joined([speaker.leaf(condition, wanted=True) for condition in _as_written(profile)], "and")
    told = condition_sentence(profile.condition, language, day)
    block = speaker.words("sentence", profile.block)
    if not area:
        return speaker.words("sentence", "without_area", block=block, condition=told)
    return speaker.words("sentence", "with_area", block=block, area=area, condition=told)


def condition_sentence(condition: Condition, language: str, day: date) -> str:
    """Return a checked tree, without its area, in words."""
    return _Speaker(language, day).condition(condition)


def coded_values(field: Field, text: str, language: str) -> str:
    """Return the words of the codes that an evidence names, as far as a list is told without its codes."""
    words = _texts().get(field.codes, {}) if field.codes in _CODED else {}
    return ", ".join(words[each][language] if each in words else each for each in text.split(", "))


def _as_written(profile: Profile) -> list[Condition]:
    """Return the conditions of the area, with ranges of commodities as their author wrote them."""
    area: Area = profile.area
    ranges = {"prefix": area.commodities, "not_prefix": area.commodities_excluded}
    return [
        Condition(field=one.field, op=one.op, value=ranges[str(one.op)]) if one.field == "commodity_code" else one
        for one in area_conditions(profile)
    ]


# Lists whose words are told without their codes.
_CODED = frozenset({"contract_result", "corridor", "movement_event", "permit_result", "register", "suspicion"})


class _Speaker:
    def __init__(self, language: str, day: date) -> None:
        self._language = language
        self._codes = Reference.shipped().on(day)

    def words(self, *path: str, **params: str) -> str:
        entry: Any = _texts()
        for step in path:
            entry = entry[step]
        return str(entry[self._language]).format_map(params)

    def condition(self, condition: Condition, wanted: bool = True, within: str | None = None) -> str:
        """Say a tree, or its opposite. `within` is the kind of group around it, from which it is set off."""
        if condition.negated is not None:
            return self.condition(condition.negated, not wanted, within)
        if condition.field is not None:
            return self.leaf(condition, wanted)
        kind = _kind(condition, wanted)
        parts = [self.condition(part, part_wanted, kind) for part, part_wanted in _parts(condition, wanted)]
        set_off = within is not None and len(parts) > 1
        return self.joined(parts, {"and": "all", "or": "either"}[kind] if set_off else kind)

    def leaf(self, leaf: Condition, wanted: bool) -> str:
        """Say one comparison of a field."""
        field = fields()[str(leaf.field)]
        if field.type is FieldType.FLAG:
            return self.words("flag", field.name, "yes" if leaf.value is wanted else "no")
        op = str(leaf.op) if wanted else _OPPOSITES[str(leaf.op)]
        values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        if field.type is FieldType.NUMBER:
            value = self._numbers(field, [Decimal(str(one)) for one in values])
        else:
            named = [self._named(field, str(one)) for one in values]
            if op == "not_in":
                named[1:] = [self.words("join", "denied", code=one) for one in named[1:]]
            value = self.joined(named, self._between(field, op))
        verb = f"{op}_document" if field.codes == "document" else _VERBS.get(op, op)
        return self.words("verb", verb, subject=self.words("subject", field.name), value=value)

    def _between(self, field: Field, op: str) -> str:
        """Codes that are denied each are joined by `and` but in English, where `not CN or RU` says the same."""
        return "and" if op in _DENYING and self._language != "en" and field.codes != "document" else "or"

    def joined(self, parts: Sequence[str], how: str) -> str:
        if len(parts) < 2:
            return "".join(parts)
        return self.words("join", how, most=", ".join(parts[:-1]), last=parts[-1])

    def _numbers(self, field: Field, values: Sequence[Decimal]) -> str:
        told = [self._number(value) for value in values]
        number = told[0] if len(told) == 1 else self.words("join", "range", low=told[0], high=told[1])
        unit = _texts()["subject"][field.name].get("unit")
        return self.words("unit", unit, number=number) if unit else number

    def _number(self, value: Decimal) -> str:
        text = f"{value:,f}".replace(",", _NO_BREAK) if abs(value) >= 10_000 else f"{value:f}"
        return text if self._language == "en" else text.replace(".", ",")

    def _named(self, field: Field, code: str) -> str:
        """Return a code with its name, where its list has one; a category by its word alone."""
        if field.codes == "category":
            return self.words("category", Category(code))
        if field.codes in _CODED:
            return self.words(field.codes, code) if code in _texts()[field.codes] else code
        if field.codes == "document" and code not in self._codes.document_kinds:
            return self.words("join", "group", code=code)
        name = self._names(field).get(code)
        return self.words("join", "named", code=code, name=name) if name and name != code else code

    def _names(self, field: Field) -> Mapping[str, str]:
        lists: Mapping[str, Mapping[str, Any]] = {
            "country": self._codes.countries,
            "document": self._codes.document_kinds,
            "office": self._codes.offices,
            "procedure": self._codes.procedures,
            "transport_mode": self._codes.transport_modes,
            "unit": self._codes.units,
            "valuation_method": self._codes.valuation_methods,
        }
        entries = lists.get(field.codes or "", {})
        return {code: entry.name(self._language) for code, entry in entries.items()}


def _kind(condition: Condition, wanted: bool) -> Literal["and", "or"]:
    return "and" if (condition.all is not None) is wanted else "or"


def _parts(condition: Condition, wanted: bool) -> Iterator[tuple[Condition, bool]]:
    """Yield the parts of a group, each with whether it or its opposite is meant; groups of the same kind are merged."""
    for child in (condition.all or ()) + (condition.any or ()):
        child_wanted = wanted
        while child.negated is not None:
            child, child_wanted = child.negated, not child_wanted
        if child.field is None and _kind(child, child_wanted) == _kind(condition, wanted):
            yield from _parts(child, child_wanted)
        else:
            yield child, child_wanted


@cache
def _texts() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "sentences.toml").read_text(encoding="utf-8"))
