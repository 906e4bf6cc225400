"""The list of a draft's items: its lines, what they come to, and adding, copying and deleting."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache

from msgspec import Struct

from declarations.reference.codes import TENGE, Codes
from declarations.refusal import broken
from declarations.writing import Content
from portal.declarant.drafting.computing import CURRENCY, PRICE, VALUE, Sums, number, proposals_for_item
from portal.declarant.drafting.form import bare, item_section, rule_at
from portal.declarant.drafting.store import Draft
from portal.declarant.drafting.troubles import missing

CARRIED_OVER = ("OriginCountryCode", PRICE + CURRENCY, "PackagePresenceCode", "Packaging[1]/TypeCode")

Change = Callable[[Draft], Content | None]


class Line(Struct, frozen=True):
    """`trouble`: wrong, missing, or nothing."""

    number: int
    code: str
    description: str
    origin: str
    gross: Decimal | None
    net: Decimal | None
    packages: str
    price: Decimal | None
    currency: str
    value: Decimal | None
    trouble: str


class Totals(Struct, frozen=True):
    """What all items come to; `value` is tenge, None of it where an item's is not known."""

    gross: Decimal
    net: Decimal
    packages: int
    prices: Mapping[str, Decimal]
    value: Decimal | None
    troubled: int


def lines(draft: Draft, codes: Codes, first: int, limit: int, language: str) -> list[Line]:
    """Return a page of lines, beginning with the item `first`."""
    sums = Sums(draft.content, codes)
    shown = draft.content.items[first - 1 : first - 1 + limit]
    return [_line(position, item, draft, sums, codes) for position, item in enumerate(shown, first)]


def _line(position: int, item: Mapping[str, str], draft: Draft, sums: Sums, codes: Codes) -> Line:
    proposed = proposals_for_item(item, draft.content.fields, sums, codes)
    trouble = "wrong" if is_malformed(item) else "missing" if is_unfinished(item, draft.kind) else ""
    return Line(
        number=position,
        code=item.get("Commodity/ClassificationID", ""),
        description=item.get("Commodity/Description", ""),
        origin=item.get("OriginCountryCode", ""),
        gross=number(item.get("Commodity/GoodsMeasure/GrossMassMeasure")),
        net=number(item.get("Commodity/GoodsMeasure/NetMassMeasure")),
        packages=item.get("PackageQuantity", ""),
        price=number(item.get(PRICE)),
        currency=item.get(PRICE + CURRENCY) or sums.invoice_currency or "",
        value=number(item.get(VALUE) or proposed.get(VALUE)),
        trouble=trouble,
    )


def totals(draft: Draft, codes: Codes) -> Totals:
    sums = Sums(draft.content, codes)
    gross = net = Decimal(0)
    packages, prices, value, troubled = 0, dict[str, Decimal](), Decimal(0), 0
    known = bool(draft.content.items)
    for item in draft.content.items:
        gross += number(item.get("Commodity/GoodsMeasure/GrossMassMeasure")) or 0
        net += number(item.get("Commodity/GoodsMeasure/NetMassMeasure")) or 0
        counted = item.get("PackageQuantity", "")
        packages += int(counted) if counted.isascii() and counted.isdigit() else 0
        currency = item.get(PRICE + CURRENCY) or sums.invoice_currency or TENGE
        if (price := number(item.get(PRICE))) is not None:
            prices[currency] = prices.get(currency, Decimal(0)) + price
        worth = number(item.get(VALUE)) if item.get(VALUE) else sums.tenge(item)
        known = known and worth is not None
        value += worth or 0
        troubled += is_malformed(item)
    return Totals(gross, net, packages, prices, value if known else None, troubled)


def is_malformed(item: Mapping[str, str]) -> bool:
    """Tell whether a value cannot stand where it stands."""
    return any(value and broken(rule_at(bare(path), in_item=True), value) is not None for path, value in item.items())


def is_unfinished(item: Mapping[str, str], kind: str) -> bool:
    """Tell whether something must still be filled in."""
    return not all(item.get(path) for path in _needed(kind))


@cache
def _needed(kind: str) -> tuple[str, ...]:
    return tuple(field.path for field in missing(item_section(), kind, {}, {}) if not field.computed)


def change_of(sent: Mapping[str, str]) -> Change | None:
    """Return what a form of the list asks for, None when that cannot be told."""
    if "add" in sent:
        return added
    if "delete_all" in sent:
        return lambda draft: Content(draft.content.fields, [])
    for name, make in (("copy", copied), ("delete", deleted)):
        text = sent.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 4:
            return make(int(text))
    return None


def added(draft: Draft) -> Content:
    """Put a new item behind the others, with what is usually the same as in the last one."""
    items = draft.content.items
    last = items[-1] if items else {}
    return Content(draft.content.fields, [*items, {path: last[path] for path in CARRIED_OVER if path in last}])


def copied(position: int) -> Change:
    """Return the change that puts a copy of an item behind it."""

    def change(draft: Draft) -> Content | None:
        items = list(draft.content.items)
        if not 1 <= position <= len(items):
            return None
        items.insert(position, dict(items[position - 1]))
        return Content(draft.content.fields, items)

    return change


def deleted(position: int) -> Change:
    """Return the change that takes an item away; the documents of the first one go on to the next."""

    def change(draft: Draft) -> Content | None:
        items = list(draft.content.items)
        if not 1 <= position <= len(items):
            return None
        gone = items.pop(position - 1)
        if position == 1:
            documents = {path: value for path, value in gone.items() if path.startswith("AdditionalDocument[")}
            if documents and items and not any(path.startswith("AdditionalDocument[") for path in items[0]):
                items[0] = {**items[0], **documents}
        return Content(draft.content.fields, items)

    return change


def number_after(sent: Mapping[str, str], changed: Draft) -> int:
    """Return which item to show after a change."""
    return int(sent["copy"]) + 1 if "copy" in sent else len(changed.content.items)


def first_of_page(position: int, limit: int) -> int:
    return (position - 1) // limit * limit + 1
