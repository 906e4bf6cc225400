"""What is wrong on a page of the form, and how far its section has come."""

from collections.abc import Iterable, Iterator, Mapping, Set
from enum import StrEnum
from typing import Final

from msgspec import Struct

from declarations.defects import Defect, phrase
from declarations.refusal import broken
from declarations.writing import ITEM, Content
from portal.declarant.drafting.entering import page_values, positions
from portal.declarant.drafting.form import (
    Field,
    Part,
    Section,
    bare,
    covered,
    item_section,
    rule_at,
    sections_of,
)

_ROOT: Final = "/Declaration/"
_ITEMS: Final = f"GoodsShipment/{ITEM}["
NEEDED: Final = "D-001"  # in declarations/words/drafts.toml
ATTRIBUTE_NEEDED: Final = "D-002"


class Status(StrEnum):
    NOT_STARTED = "not started"
    IN_PROGRESS = "in progress"
    COMPLETE = "complete"
    WRONG = "has errors"
    OPTIONAL = "optional"


class Trouble(Struct, frozen=True):
    """`path` is that of the field, below the declaration or the item; `item` counts from 1, None outside of items."""

    path: str
    text: str
    box: str | None = None
    item: int | None = None
    section: str = ""


def malformed(section: Section, kind: str, values: Mapping[str, str], language: str, item: int | None) -> list[Trouble]:
    """Return what cannot stand in its field at all, whatever stands in the others."""
    found = []
    for part in section.parts(kind):
        for position in positions(part, values) if part.kind == "rows" else [1]:
            if part.kind == "reference" and values.get(part.same):
                continue
            for field in part.fields_at(position):
                in_item = item is not None or section.kind == "documents"
                found += [*_malformed(field, part, values, language, item, section.id, in_item)]
    return found


def _malformed(
    field: Field,
    part: Part,
    values: Mapping[str, str],
    language: str,
    item: int | None,
    section: str,
    in_item: bool,
) -> Iterator[Trouble]:
    name, box = field.text(language), field.box or part.box
    for path in (field.path, field.attribute):
        several = (
            [each for each in values if field.kind == "several" and bare(each) == bare(field.path)] if path else []
        )
        for each in several or [path]:
            if not each or not values.get(each):
                continue
            if (wrong := broken(rule_at(bare(each), in_item=in_item), values[each])) is not None:
                code, params = wrong
                text = Defect(code, box, item, each, {"element": name, **params}).text(language)
                yield Trouble(field.path, text, box, item, section)
    if field.attribute and values.get(field.path) and not values.get(field.attribute):
        yield Trouble(field.attribute, phrase(ATTRIBUTE_NEEDED, language).format(field=name), box, item, section)


def missing(section: Section, kind: str, values: Mapping[str, str], proposed: Mapping[str, str]) -> list[Field]:
    """Return the fields that must still be filled in, those left out that are proposed."""
    found = []
    for part in section.parts(kind):
        if part.kind == "reference" and (values.get(part.same) or not part.needed(kind)):
            continue
        if part.kind == "rows" and not (positions(part, values) or part.needed(kind)):
            continue
        for position in (positions(part, values) or [1]) if part.kind == "rows" else [1]:
            found += [
                field
                for field in part.fields_at(position)
                if field.needed(kind) and not values.get(field.path) and not proposed.get(field.path)
            ]
    return found


def needed_troubles(
    section: Section, kind: str, values: Mapping[str, str], proposed: Mapping[str, str], language: str, item: int | None
) -> list[Trouble]:
    return [
        Trouble(field.path, phrase(NEEDED, language).format(field=field.text(language)), field.box, item, section.id)
        for field in missing(section, kind, values, proposed)
    ]


def status_of(section: Section, kind: str, values: Mapping[str, str], item: int | None = None) -> Status:
    """Return how far a page has come, by itself."""
    if malformed(section, kind, values, "en", item):
        return Status.WRONG
    if not page_values(section, kind, values):
        return Status.OPTIONAL if section.optional else Status.NOT_STARTED
    return Status.IN_PROGRESS if missing(section, kind, values, {}) else Status.COMPLETE


def blanks(
    told: Iterable[Trouble], content: Content, completed: Content, kind: str, corrects: bool, language: str
) -> Iterator[Trouble]:
    """Yield what else must be filled in, so that nobody learns of it only after what was told is put right."""
    known = {(trouble.section, trouble.item, trouble.path) for trouble in told}
    for section in sections_of(kind, corrects):
        if section.kind == "fields":
            fields = missing(section, kind, content.fields, completed.fields)
            yield from _unknown(known, fields, section.id, None, language)
    for number, (item, whole) in enumerate(zip(content.items, completed.items, strict=True), 1):
        yield from _unknown(known, missing(item_section(), kind, item, whole), "item", number, language)


def _unknown(
    known: Set[tuple[str, int | None, str]], fields: Iterable[Field], section: str, item: int | None, language: str
) -> Iterator[Trouble]:
    for field in fields:
        if not field.computed and (section, item, field.path) not in known:
            text = phrase(NEEDED, language).format(field=field.text(language))
            yield Trouble(field.path, text, field.box, item, section)


class Gathered(Struct, frozen=True):
    """The same trouble of several items, which is told once."""

    first: Trouble
    items: tuple[int, ...] = ()


def gathered(troubles: Iterable[Trouble]) -> list[Gathered]:
    """Put what is wrong with several items in the same way together, in the order in which each comes first."""
    found: dict[tuple[str, str, str, int | None], list[Trouble]] = {}
    for number, trouble in enumerate(troubles):
        alone = number if trouble.item is None else None
        found.setdefault((trouble.section, trouble.path, trouble.text, alone), []).append(trouble)
    return [Gathered(same[0], tuple(each.item for each in same if each.item is not None)) for same in found.values()]


def placed(defects: Iterable[Defect], content: Content, kind: str, corrects: bool, language: str) -> list[Trouble]:
    """Return defects of the whole document, each beside the field of the form that it is about, or on its page."""
    return [_placed(defect, kind, corrects, language) for defect in defects]


def _placed(defect: Defect, kind: str, corrects: bool, language: str) -> Trouble:
    path = defect.xpath.removeprefix(_ROOT)
    if path.startswith(_ITEMS):
        number, _, inner = path[len(_ITEMS) :].partition("]/")
        item = int(number.rstrip("]")) if number.rstrip("]").isdigit() else 1
        field = field_for(item_section(), kind, inner)
        return Trouble(field or "", _worded(defect, item_section(), kind, field, language), defect.box, item, "item")
    for section in sections_of(kind, corrects):
        if section.kind == "fields" and (found := field_for(section, kind, path)):
            text = _worded(defect, section, kind, found, language)
            return Trouble(found, text, defect.box, defect.item, section.id)
    return Trouble("", defect.text(language), defect.box, defect.item, "")


def _worded(defect: Defect, section: Section, kind: str, path: str | None, language: str) -> str:
    """Return the defect's words; what is missing or malformed is called as the form calls it."""
    if path is None or not defect.code.startswith("S-"):
        return defect.text(language)
    wanted = bare(path)
    for part in section.parts(kind):
        for field in part.fields_at():
            if wanted in (bare(field.path), bare(field.attribute)):
                name = field.text(language)
                if defect.code in ("S-001", "S-011"):
                    return phrase(NEEDED, language).format(field=name)
                return Defect(defect.code, None, None, "", {**defect.params, "element": name}).text(language)
    return defect.text(language)


def field_for(section: Section, kind: str, path: str) -> str | None:
    """Return the path of the section's field that a place of the document belongs to, or None.

    A place inside or around a field counts too: a missing element is told of by its own name or its parent's.
    """
    wanted = bare(path)
    if wanted in covered(section, kind):
        return path
    for part in section.parts(kind):
        for field in part.fields_at():
            known = bare(field.path)
            if known.startswith(f"{wanted}/") or (known and wanted.startswith(f"{known}/")):
                return field.path
        if part.kind in ("rows", "reference") and bare(part.prefix(1)).startswith(wanted):
            return part.fields_at()[0].path
    return None
