"""The same value for many items at once: by their numbers, by a word of their description, or for all."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from declarations.defects import Defect, phrase
from declarations.refusal import broken
from declarations.writing import Content
from portal.declarant.drafting.computing import number
from portal.declarant.drafting.entering import cleaned
from portal.declarant.drafting.form import Field, bare, item_section, rule_at
from portal.declarant.drafting.store import Draft

CODE: Final = "Commodity/ClassificationID"
GROSS: Final = "Commodity/GoodsMeasure/GrossMassMeasure"
NET: Final = "Commodity/GoodsMeasure/NetMassMeasure"
FILLED: Final = (CODE, "OriginCountryCode", GROSS, "PackageQuantity")
_DESCRIPTION: Final = "Commodity/Description"
_RUN: Final = re.compile(r"([0-9]{1,3})(?:\s*[-–—]\s*([0-9]{1,3}))?")
_GRAM: Final = Decimal("0.001")
NO_SUCH_ITEMS: Final = "D-003"  # in declarations/words/drafts.toml
NOTHING_TO_FILL: Final = "D-004"
NO_NET_MASS: Final = "D-005"


class Filling(Struct, frozen=True):
    """What was asked. `errors` by name of the field: with any of them nothing is filled."""

    sent: Mapping[str, str]
    values: Mapping[str, str] = {}
    items: tuple[int, ...] = ()
    errors: Mapping[str, str] = {}


def fields() -> dict[str, Field]:
    """Return the fields that can be filled in for many items, by path."""
    return {field.path: field for part in item_section().parts("IM40") for field in part.fields if field.path in FILLED}


def asked(draft: Draft, sent: Mapping[str, str], language: str) -> Filling:
    """Read the form: which items, which values. What is filled already stays, unless `replace` is sent."""
    known, errors = fields(), dict[str, str]()
    values = {path: cleaned(known[path], sent[path]) for path in FILLED if sent.get(path, "").strip()}
    for path, value in values.items():
        if (wrong := broken(rule_at(bare(path), in_item=True), value)) is not None:
            code, params = wrong
            params = {"element": known[path].text(language), **params}
            errors[path] = Defect(code, known[path].box, None, path, params).text(language)
    if not values:
        errors[CODE] = phrase(NOTHING_TO_FILL, language)
    chosen = _chosen(draft.content.items, sent)
    if not chosen:
        errors["numbers"] = phrase(NO_SUCH_ITEMS, language)
    if GROSS in values and any(not number(draft.content.items[each - 1].get(NET)) for each in chosen):
        errors.setdefault(GROSS, phrase(NO_NET_MASS, language))
    return Filling(sent, values, tuple(chosen), errors)


def filled(filling: Filling, draft: Draft) -> Content | None:
    """Return the content with the values in the items asked for; None when the draft has fewer items by now."""
    items = [dict(item) for item in draft.content.items]
    if max(filling.items) > len(items):
        return None
    shares = _shares([items[each - 1] for each in filling.items], filling.values.get(GROSS))
    for each, share in zip(filling.items, shares, strict=True):
        item = items[each - 1]
        for path, value in filling.values.items():
            if filling.sent.get("replace") or not item.get(path):
                item[path] = share if path == GROSS else value
    return Content(draft.content.fields, items)


def _shares(items: list[dict[str, str]], total: str | None) -> list[str]:
    """Divide a gross mass among items by their net mass, to the gram and without a rest."""
    if total is None:
        return [""] * len(items)
    whole, left = Decimal(total), sum(number(item.get(NET)) or 0 for item in items)
    shares = []
    for item in items:
        net = number(item.get(NET)) or Decimal(0)
        share = (whole * net / left).quantize(_GRAM, ROUND_HALF_UP) if left else Decimal(0)
        whole, left = whole - share, left - net
        shares.append(f"{share.normalize():f}")
    return shares


def _chosen(items: list[dict[str, str]], sent: Mapping[str, str]) -> list[int]:
    numbers = _numbers(sent.get("numbers", ""), len(items))
    word = sent.get("word", "").strip().casefold()
    return [each for each in numbers if word in items[each - 1].get(_DESCRIPTION, "").casefold()]


def _numbers(text: str, total: int) -> list[int]:
    """Return the numbers in a text such as 1-3, 7; all of them for none, and none for what is no such text."""
    if not text.strip():
        return list(range(1, total + 1))
    found: set[int] = set()
    for each in filter(None, (part.strip() for part in re.split("[,;]", text[:4000]))):
        run = _RUN.fullmatch(each)
        if run is None or int(run[1]) < 1 or int(run[2] or run[1]) > total:
            return []
        found |= set(range(int(run[1]), int(run[2] or run[1]) + 1))
    return sorted(found)
