"""What was typed into the forms of payments, and how their pages are shown."""

from decimal import Decimal
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State

from declarations.reference import Reference
from portal import form_fields
from portal.form_fields import Given
from portal.ledger import words as ledger_words
from portal.ledger.errors import LedgerRefused
from portal.ledger.service import Payments
from portal.pages import Pages, language_of
from portal.views import SignedIn
from risk_gateway.days import day_of

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
TYPED_MOST: Final = 1_000
TENGE_MOST: Final = Decimal(10) ** 12

PersonRequest = Request[SignedIn, None, State]
one: Final = partial(form_fields.one, most=TYPED_MOST)


def tiyn_of(text: str) -> int:
    """Return an amount of tenge, as people write one, in tiyn. Raises `LedgerRefused`."""
    tiyn = form_fields.tiyn_of(text, TENGE_MOST)
    if not tiyn:
        raise LedgerRefused("ledger.amount_wrong", "amount")
    return tiyn


def show(
    request: PersonRequest,
    pages: Pages,
    payments: Payments,
    template: str,
    given: Given,
    refused: LedgerRefused | None = None,
    **context: Any,
) -> Response[str]:
    """Return a page with what was typed; with a refusal it is 422, and says so at the top and beside the field."""
    language = language_of(request)
    codes = Reference.shipped().on(day_of(payments.now())).payment_kinds
    return pages.answer(
        request,
        f"ledger/{template}",
        status=UNPROCESSABLE if refused else 200,
        refused=refused.text(language) if refused else None,
        field=refused.field if refused else None,
        one=lambda name: one(given, name),
        tenge=lambda tiyn: Decimal(tiyn).scaleb(-2),
        ledger_words=ledger_words,
        payment_names={code: each.names.get(language, code) for code, each in codes.items()},
        declaration_parts=declaration_parts,
        today=day_of(payments.now()),
        **context,
    )


def declaration_parts(number: str) -> dict[str, str] | None:
    """Return the parts of a declaration's address; None for the number of something else."""
    parts = number.split("/")
    return dict(zip(("office", "day", "serial"), parts, strict=True)) if len(parts) == 3 else None
