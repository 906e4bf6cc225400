"""The form of a profile: what was filled in, the profile that it makes, and what is wrong beside which field."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import fields as struct_fields

from portal.analyst import composing
from portal.analyst.composing import Group, many, one
from portal.analyst.telling import told
from portal.analyst.words import section
from portal.form_fields import Given
from risk_gateway.errors import ProfileRefused
from risk_gateway.profiles import (
    Area,
    Block,
    Category,
    Condition,
    Kind,
    Level,
    MeasureCode,
    MeasureOrder,
    Motive,
    Profile,
    RiskCategory,
    SelectionRates,
    When,
)
from risk_gateway.validation import problems
from risk_gateway.words import LANGUAGES, Words

MEASURES_MOST: Final = 10
TEXTS: Final = ("title", "legal_basis", "declarant_text")
LISTS: Final = tuple(fact.name for fact in struct_fields(Area))
_SEPARATORS: Final = re.compile(r"[,;\s]+")
_PLACE_OF_CODE: Final = {
    "profile-code": "code",
    "profile-family": "family",
    "profile-category": "category",
    "profile-weight": "weight",
    "profile-weightless": "weight",
    "profile-dates": "valid_to",
    "profile-too-long": "valid_to",
    "profile-cap": "daily_cap",
    "profile-cap-forbidden": "daily_cap",
    "profile-measures": "m.1.code",
    "profile-measure-twice": "m.1.code",
    "profile-measure-none": "m.1.code",
    "profile-posts": "posts",
    "profile-rate": "rate.low",
}
_MEASURE: Final = re.compile(r"\.measures\[(\d+)\]$")
Choice = TypeVar("Choice", bound=StrEnum)


class Wrong(Struct, frozen=True):
    """What is wrong, and the field beside which it is told."""

    field: str
    text: Words


class MeasureRow(Struct, frozen=True):
    code: str = ""
    when: str = When.BEFORE_RELEASE.value
    instruction: str = ""


class Form(Struct, frozen=True):
    """What stands in the fields of a form."""

    plain: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    measures: tuple[MeasureRow, ...]
    condition: Group


class Filled(Struct, frozen=True):
    """The profile that a form makes; with `unread` parts it is only good for a preview."""

    profile: Profile
    unread: tuple[Wrong, ...]
    places: Mapping[str, str]

    def wrong(self, day: date) -> tuple[Wrong, ...]:
        """Return everything that is wrong, in the order of the form."""
        if self.unread:
            return self.unread
        return tuple(self._beside(problem) for problem in problems(self.profile, day))

    def _beside(self, problem: ProfileRefused) -> Wrong:
        return Wrong(self._field(problem), told(problem))

    def _field(self, problem: ProfileRefused) -> str:
        place, code = problem.place, problem.code
        if found := _PLACE_OF_CODE.get(code):
            return found
        if place in self.places:
            return self.places[place]
        if measure := _MEASURE.search(place):
            return f"m.{measure.group(1)}.when" if code == "profile-measure-when" else f"m.{measure.group(1)}.code"
        if code == "profile-unknown-code":
            return self._place_of_code(problem)
        below = place.removeprefix(f"{self.profile.code}.")
        if below.partition(".")[0] in TEXTS or below.partition(".")[2] in LISTS:
            return below
        return composing.ROOT

    def _place_of_code(self, problem: ProfileRefused) -> str:
        """Return the field that holds a code which is in no list."""
        given, fact = str(problem.params["given"]), problem.params["field"]
        if problem.place.endswith(".area"):
            lists = ((name, getattr(self.profile.area, name)) for name in LISTS)
            found = [f"area.{name}" for name, codes in lists if given in codes]
            return found[0] if found else "posts"
        for place, at in self.places.items():
            row = _leaf_at(self.profile.condition, place.removeprefix(f"{self.profile.code}.condition"))
            if row is not None and row.field == fact and isinstance(row.value, tuple) and given in row.value:
                return at
        return composing.ROOT


_STEP: Final = re.compile(r"\.(all|any|not)\[(\d+)\]")


def _leaf_at(condition: Condition, path: str) -> Condition | None:
    """Return the leaf at a place such as `.all[1].not[1]`, None where a group stands there."""
    for kind, number in _STEP.findall(path):
        children = {"all": condition.all, "any": condition.any, "not": (condition.negated,)}[kind]
        child = (children or ())[int(number) - 1]
        if child is None:
            return None
        condition = child
    return condition if condition.field is not None else None


# --- from a profile, or from what was sent --------------------------------------------------------------------------

_PLAIN: Final = (
    "code",
    "block",
    "level",
    "kind",
    "category",
    "motive",
    "weight",
    "family",
    "daily_cap",
    "valid_from",
    "valid_to",
    "rate.low",
    "rate.medium",
    "rate.high",
    *(f"{name}.{language}" for name in TEXTS for language in LANGUAGES),
)


def empty(today: date) -> Form:
    """Return the form of a profile that nobody has thought of yet."""
    plain = dict.fromkeys(_PLAIN, "") | {
        "block": Block.IMPORTS.value,
        "level": Level.REPUBLICAN.value,
        "kind": Kind.INDIRECT.value,
        "weight": "30",
        "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=365)).isoformat(),
        **dict.fromkeys(("rate.low", "rate.medium", "rate.high"), "100"),
    }
    return Form(plain, {}, (MeasureRow(),), Group(parts=(composing.Row(),)))


def of_profile(profile: Profile) -> Form:
    """Return the form with what a profile says."""
    rates = profile.selection
    plain = {
        "code": profile.code,
        "block": profile.block.value,
        "level": profile.level.value,
        "kind": profile.kind.value,
        "category": profile.category.value,
        "motive": profile.motive.value,
        "weight": str(profile.weight),
        "family": profile.family,
        "daily_cap": "" if profile.daily_cap is None else str(profile.daily_cap),
        "valid_from": profile.valid_from.isoformat(),
        "valid_to": profile.valid_to.isoformat(),
        **{f"rate.{name}": f"{(getattr(rates, name) * 100).normalize():f}" for name in ("low", "medium", "high")},
        **{f"{name}.{each}": getattr(profile, name).into(each) for name in TEXTS for each in LANGUAGES},
    }
    lists = {f"area.{name}": tuple(map(str, getattr(profile.area, name))) for name in LISTS}
    measures = tuple(MeasureRow(each.code.value, each.when.value, each.instruction) for each in profile.measures)
    condition = composing.of_condition(profile.condition)
    return Form(plain, {**lists, "posts": profile.posts}, measures or (MeasureRow(),), condition)


def of_fields(given: Given) -> Form:
    """Return a form as it was sent, with the row that was asked for, or without the one that was not wanted."""
    condition = composing.read(given)
    measures = [
        MeasureRow(
            one(given, f"m.{number}.code"), one(given, f"m.{number}.when"), one(given, f"m.{number}.instruction")
        )
        for number in range(1, MEASURES_MOST + 1)
        if f"m.{number}.code" in given
    ]
    add, remove = one(given, "add"), one(given, "remove")
    if add == "m" and len(measures) < MEASURES_MOST:
        measures.append(MeasureRow())
    elif add:
        condition = composing.added(condition, add)
    if remove.startswith("m."):
        measures = [each for number, each in enumerate(measures, 1) if remove != f"m.{number}"]
    elif remove:
        condition = composing.removed(condition, remove)
    lists = {name: _codes(given, name) for name in ("posts", *(f"area.{each}" for each in LISTS))}
    return Form({name: one(given, name) for name in _PLAIN}, lists, tuple(measures) or (MeasureRow(),), condition)


def _codes(given: Given, name: str) -> tuple[str, ...]:
    lower = "categories" in name
    codes = (code for text in many(given, name) for code in _SEPARATORS.split(text))
    return tuple(code.lower() if lower else code.upper() for code in codes if code)


# --- to a profile ---------------------------------------------------------------------------------------------------


def fill(form: Form, author: str, today: date, version: int = 1) -> Filled:
    """Return the profile of a form. What could not be read stands in `unread`."""
    reader = _Reader(form, today)
    code = reader.text("code").upper()
    built = composing.build(form.condition, f"{code}.condition")
    reader.wrong.extend(_rows_without_facts(form.condition))
    profile = Profile(
        code=code,
        version=version,
        title=reader.words("title"),
        block=reader.choice("block", Block, Block.IMPORTS),
        level=reader.choice("level", Level, Level.REPUBLICAN),
        posts=form.lists.get("posts", ()),
        kind=reader.choice("kind", Kind, Kind.INDIRECT),
        category=reader.choice("category", RiskCategory, RiskCategory.GOODS),
        motive=reader.choice("motive", Motive, Motive.CONCEALMENT),
        area=_area(form, reader),
        condition=built.condition,
        weight=reader.whole("weight") or 0,
        family=reader.text("family"),
        measures=tuple(reader.measures()),
        selection=SelectionRates(*(reader.rate(f"rate.{name}") for name in ("low", "medium", "high"))),
        daily_cap=reader.whole("daily_cap") if reader.text("daily_cap") else None,
        valid_from=reader.day("valid_from"),
        valid_to=reader.day("valid_to"),
        legal_basis=reader.words("legal_basis"),
        author=author,
        declarant_text=reader.words("declarant_text"),
    )
    return Filled(profile, tuple(reader.wrong), built.places)


def _area(form: Form, reader: "_Reader") -> Area:
    given: dict[str, Any] = {name: form.lists.get(f"area.{name}", ()) for name in LISTS}
    for name in ("categories", "categories_excluded"):
        given[name] = tuple(Category(each) for each in given[name] if each in Category.__members__.values())
    return Area(**given)


def _rows_without_facts(part: composing.Group | composing.Row, place: str = composing.ROOT) -> Iterator[Wrong]:
    if isinstance(part, composing.Group):
        for number, child in enumerate(part.parts, 1):
            yield from _rows_without_facts(child, f"{place}.{number}")
    elif part.field is None:
        yield Wrong(f"{place}.fact", section("trouble")["fact"])
    elif part.op not in part.field.type.operators:
        yield Wrong(f"{place}.op", section("trouble")["operator"])
    elif not part.text:
        yield Wrong(f"{place}.value", section("trouble")["value"])


class _Reader:
    def __init__(self, form: Form, today: date) -> None:
        self._form = form
        self._today = today
        self.wrong: list[Wrong] = []

    def text(self, name: str) -> str:
        return self._form.plain.get(name, "")

    def words(self, name: str) -> Words:
        return Words(*(self.text(f"{name}.{language}") for language in LANGUAGES))

    def choice(self, name: str, kind: type[Choice], otherwise: Choice) -> Choice:
        if self.text(name) in kind.__members__.values():
            return kind(self.text(name))
        self._note(name, "choose")
        return otherwise

    def whole(self, name: str) -> int | None:
        text = self.text(name)
        if text.isascii() and text.isdecimal() and len(text) <= 9:
            return int(text)
        self._note(name, "whole")
        return None

    def rate(self, name: str) -> Decimal:
        try:
            percent = Decimal(self.text(name).replace(",", ".").rstrip("% "))
        except InvalidOperation:
            percent = Decimal("NaN")
        if not percent.is_finite() or not 0 < percent <= 100:
            self._note(name, "percent")
            return Decimal(1)
        share = percent / 100
        return Decimal(1) if share == 1 else share.normalize()

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            self._note(name, "day")
            return self._today

    def measures(self) -> Iterable[MeasureOrder]:
        for number, row in enumerate(self._form.measures, 1):
            if row.code in MeasureCode.__members__.values():
                when = When(row.when) if row.when in When.__members__.values() else When.BEFORE_RELEASE
                yield MeasureOrder(MeasureCode(row.code), row.instruction, when)
            elif row.code or row.instruction or len(self._form.measures) == 1:
                self._note(f"m.{number}.code", "measure")

    def _note(self, field: str, trouble: str) -> None:
        self.wrong.append(Wrong(field, section("trouble")[trouble]))
