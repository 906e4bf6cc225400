"""Goods that are declared again while an inspection of them is ordered and not closed, and by what they are known.

Nobody shall have a second draw by a second reference: docs/decisions/0011-history-as-of-the-moment.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from declarations.model import Declaration, GoodsItem
from risk_gateway.kept_numbers import kept_number
from risk_gateway.model import Extent, OpenControl
from risk_gateway.profiles import widest

TRANSPORT = "02"
STORED_MOST = timedelta(days=123)  # goods may lie in temporary storage for four months: EAEU Customs Code, article 101
GOODS_MOST, PAPERS_MOST = 20, 100  # marks of an inspected declaration that are kept: its dearest goods
LARGEST_KEPT = 2**63 - 1
NEARLY = Decimal("0.02")  # goods declared again weigh or cost nearly the same
INVOICE = "04021"


class Mark(Struct, frozen=True):
    """By what goods are known again: a commodity with its mass and value, or the number of an invoice or transport
    document, which has neither."""

    mark: str
    grams: int = 0
    tiyn: int = 0


def marks_of(declaration: Declaration) -> tuple[Mark, ...]:
    """Return the marks of a declaration's goods, each once. The origin is none: it is easily declared anew."""
    goods = {
        Mark(item.commodity_code, _whole(item.net_mass_kg, 1000), _whole(_tenge_of(item), 100))
        for item in declaration.items
    }
    papers = map(Mark, papers_of(declaration.items))
    return tuple(sorted({*goods, *papers}, key=lambda mark: (mark.mark, mark.grams, mark.tiyn)))


def pending(marks: Iterable[Mark], controls: Sequence[OpenControl]) -> Extent | None:
    """Return the strictest inspection that is ordered and not closed of goods with one of these marks."""
    if not controls:
        return None
    by_mark: defaultdict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_mark[mark.mark].append(mark)
    return widest(
        control.extent for control in controls if any(_again(mark, control) for mark in by_mark[control.mark])
    )


def ordered_controls(marks: Iterable[Mark], reference: str, extent: Extent | None) -> list[OpenControl]:
    """Return what is kept of a declaration whose inspection is ordered; nothing of one that is not inspected."""
    if extent is None:
        return []
    return [OpenControl(mark.mark, reference, extent, mark.grams, mark.tiyn) for mark in kept_marks(marks)]


def kept_marks(marks: Iterable[Mark]) -> list[Mark]:
    """Return the marks by which an inspected declaration is remembered: those of its dearest goods, and its papers."""
    goods: list[Mark] = []
    papers: list[Mark] = []
    for mark in marks:
        (papers if ":" in mark.mark else goods).append(mark)
    return sorted(goods, key=lambda mark: -mark.tiyn)[:GOODS_MOST] + papers[:PAPERS_MOST]


def _again(mark: Mark, control: OpenControl) -> bool:
    if not (control.grams or control.tiyn):
        return not (mark.grams or mark.tiyn)
    return _near(mark.grams, control.grams) or _near(mark.tiyn, control.tiyn)


def _near(one: int, other: int) -> bool:
    return bool(one and other) and abs(one - other) <= NEARLY * max(one, other)


def papers_of(items: Iterable[GoodsItem]) -> set[str]:
    """Return the marks of the invoices and transport documents of these goods."""
    return {
        f"{kind}:{kept_number(document.identifier)}"
        for item in items
        for document in item.documents
        if (kind := _kind_of_paper(document.type_code))
    }


def _kind_of_paper(type_code: str) -> str | None:
    return INVOICE if type_code == INVOICE else TRANSPORT if type_code.startswith(TRANSPORT) else None


def _tenge_of(item: GoodsItem) -> Decimal | None:
    value = item.customs_value
    return value.value if value and value.currency == "KZT" else None


def _whole(amount: Decimal | None, parts: int) -> int:
    """Return whole parts of an amount, none of what is not known or no column could keep."""
    whole = int(amount * parts) if amount else 0
    return whole if abs(whole) < LARGEST_KEPT else 0
