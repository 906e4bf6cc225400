"""What the page of a declaration works out from what it shows."""

from datetime import datetime

from portal.views import DecisionView, DeclarationPage, ItemView

ITEMS_ON_PAGE = 100


def items_from(page: DeclarationPage, first: int) -> tuple[ItemView, ...]:
    """Return a page of items, beginning with the item of number `first` or the one after it."""
    return tuple(item for item in page.items if item.sequence >= first)[:ITEMS_ON_PAGE]


def earliest_deadline(decision: DecisionView) -> datetime | None:
    """Return the first moment by which the declarant has to do something, or None."""
    deadlines = [reason.deadline for reason in decision.explanation] + [each.deadline for each in decision.measures]
    return min((deadline for deadline in deadlines if deadline is not None), default=None)
