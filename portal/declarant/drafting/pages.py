"""What the pages of the form work out from a draft before they show it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from declarations.reference.codes import Codes
from portal.declarant.drafting import items as goods
from portal.declarant.drafting.computing import Sums, proposals, proposals_for_item
from portal.declarant.drafting.entering import digest, entered
from portal.declarant.drafting.form import Section, sections_of
from portal.declarant.drafting.service import page_of
from portal.declarant.drafting.store import Draft
from portal.declarant.drafting.troubles import Status, Trouble, status_of
from portal.declarant.drafting.views import Showing, lists_of, options


class Task(Struct, frozen=True):
    section: Section
    title: str
    status: Status


class Difference(Struct, frozen=True):
    """What another window stored in a field that this one would change."""

    label: str
    stored: str
    id: str


def progress(draft: Draft, language: str) -> list[Task]:
    """Return the sections in order with their status."""
    return [
        Task(section, section.text(language), _status(draft, section))
        for section in sections_of(draft.kind, draft.corrects is not None)
    ]


def _status(draft: Draft, section: Section) -> Status:
    if section.kind == "goods":
        return _status_of_goods(draft)
    if section.kind == "documents":
        values = page_of(draft, section, None)
        held = {path: value for path, value in values.items() if path.startswith("AdditionalDocument[")}
        return status_of(section, draft.kind, held, 1) if held else Status.OPTIONAL
    return status_of(section, draft.kind, draft.content.fields)


def _status_of_goods(draft: Draft) -> Status:
    items = draft.content.items
    if any(goods.is_malformed(item) for item in items):
        return Status.WRONG
    if not items or not any(item.get("Commodity/Description") for item in items):
        return Status.NOT_STARTED
    unfinished = any(goods.is_unfinished(item, draft.kind) for item in items)
    return Status.IN_PROGRESS if unfinished else Status.COMPLETE


def proposed_for(draft: Draft, section: Section, item: int | None, codes: Codes, today: date) -> dict[str, str]:
    """Return what will be written in the blank boxes of a page."""
    sums, fields = Sums(draft.content, codes), draft.content.fields
    if item is not None:
        values = draft.content.items[item - 1]
        given = {path: value for path, value in values.items() if value}
        return proposals_for_item(given, fields, sums, codes)
    if not any(field.computed for part in section.parts(draft.kind) for field in part.fields):
        return {}
    whole = [{**proposals_for_item(each, fields, sums, codes), **each} for each in draft.content.items]
    content = type(draft.content)(fields, whole)
    return {
        path: value for path, value in proposals(content, sums, codes, today.isoformat()).items() if "[" not in path
    }


def form_context(
    draft: Draft,
    section: Section,
    item: int | None,
    codes: Codes,
    today: date,
    language: str,
    troubles: list[Trouble],
    sent: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Return what the page of a section or an item shows. `sent` is what could not be saved over another's change."""
    stored = page_of(draft, section, item)
    values = stored if sent is None else entered(section, draft.kind, stored, sent)
    proposed = proposed_for(draft, section, item, codes, today)
    showing = Showing(draft.kind, values, proposed, codes, language)
    parts = showing.parts(section, troubles)
    differences: list[Difference] = []
    if sent is not None:
        before = Showing(draft.kind, stored, {}, codes, language).parts(section, [])
        differences = _differences(parts, before)
    lists = lists_of(parts)
    return {
        "form_section": section,
        "title": section.text(language),
        "parts": parts,
        "troubles": troubles,
        "base": digest(section, draft.kind, stored),
        "conflict": sent is not None,
        "differences": differences,
        "lists": {name: options(codes, name, language, draft.kind) for name in lists},
        "total": len(draft.content.items),
    }


def _differences(mine: Any, theirs: Any) -> list[Difference]:
    other = {field.name: field for part in theirs for field in _fields(part)}
    found = []
    for part in mine:
        for field in _fields(part):
            stored = other.get(field.name)
            value = stored.value if stored else ""
            if value != field.value:
                found.append(Difference(field.label, value, field.id))
    return found


def _fields(part: Any) -> list[Any]:
    return [*part.fields, *(field for row in part.rows for field in row.fields)]
