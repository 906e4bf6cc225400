"""A dossier: years of a participant's declarations, held against its peers and against other sources."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from declarations.audits.store import Figure
from portal.audits.market_store import Month, Picture
from portal.audits.rows_store import OnRecord

_CENT = Decimal("0.01")


class Compared(Struct, frozen=True):
    """A month as declared, and as other sources have it; None where they say nothing."""

    month: date
    declared_tiyn: int
    returned_tiyn: int | None
    declared_grams: int
    invoiced_grams: int | None


class Comparison(Struct, frozen=True):
    """What was declared beside what other sources say. Differences are percent of what was declared, over the months of
    which the other source speaks; None where it says nothing."""

    months: tuple[Compared, ...]
    vat_difference_percent: Decimal | None
    invoice_difference_percent: Decimal | None


class Dossier(Struct, frozen=True, kw_only=True):
    """Everything of one participant up to a day."""

    participant: str
    name: str
    last: date
    picture: Picture
    compared: Comparison
    record: OnRecord


def compare(months: Sequence[Month], figures: Sequence[Figure]) -> Comparison:
    """Lay beside each other the months that were declared in or of which there is a figure."""
    declared = {each.month: each for each in months}
    said = {each.month: each for each in figures}
    together = tuple(
        Compared(
            month,
            declared[month].tiyn if month in declared else 0,
            said[month].import_base_tiyn if month in said else None,
            declared[month].grams if month in declared else 0,
            said[month].invoiced_grams if month in said else None,
        )
        for month in sorted(declared.keys() | said.keys())
    )
    return Comparison(together, _vat_difference(together), _invoice_difference(together))


def _vat_difference(months: Sequence[Compared]) -> Decimal | None:
    """Return by how much returns differ from what was declared, whichever way."""
    known = [each for each in months if each.returned_tiyn is not None]
    return percent_apart(sum(each.declared_tiyn for each in known), sum(each.returned_tiyn or 0 for each in known))


def _invoice_difference(months: Sequence[Compared]) -> Decimal | None:
    """Return by how much more was invoiced on than was declared, by net mass; less is stock, and no difference."""
    known = [each for each in months if each.invoiced_grams is not None]
    declared, invoiced = sum(each.declared_grams for each in known), sum(each.invoiced_grams or 0 for each in known)
    return percent_apart(declared, max(declared, invoiced))


def percent_apart(declared: int, other: int) -> Decimal | None:
    """Return the difference in percent of what was declared, to two places; None where nothing was."""
    if not declared:
        return None
    return (100 * Decimal(abs(declared - other)) / declared).quantize(_CENT)
