"""What was typed into the forms of audits, and how its pages are shown."""

from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State

from declarations.audits.lifecycle import Action
from declarations.audits.model import DebtLine, Direction
from portal import form_fields
from portal.audits import words as audit_words
from portal.audits.debts import KINDS, NOT_TYPED, TIYN_MOST, payment_codes
from portal.audits.errors import AuditRefused
from portal.audits.model import Intent, Prepared
from portal.audits.service import Audits
from portal.form_fields import Given, whole
from portal.pages import Pages, language_of
from portal.views import SignedIn
from risk_gateway.bases.violations.kinds import kinds
from signing.errors import SigningError

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
TYPED_MOST: Final = 40_000
ROWS, ROWS_MOST = 4, 40  # of the computation of a debt

PersonRequest = Request[SignedIn, None, State]
one: Final = partial(form_fields.one, most=TYPED_MOST)


def many(given: Given, name: str) -> tuple[str, ...]:
    """Return all texts of a field, each once."""
    return tuple(dict.fromkeys(form_fields.many(given, name)))


Refusal = AuditRefused | SigningError


def rows_of(given: Given) -> int:
    """Return how many lines of a computation the form has."""
    asked = whole(given, "rows") or ROWS
    return min(asked + (ROWS if one(given, "more") else 0), ROWS_MOST)


def intent_of(given: Given, action: Action, number: str) -> Intent:
    """Return what a form asks for. Raises `AuditRefused` for a line of a computation that is not whole."""
    return Intent(
        action=action,
        audit=number,
        after=whole(given, "after"),
        directions=tuple(Direction(each) for each in many(given, "directions") if each in list(Direction)),
        first=_day(one(given, "first")),
        last=_day(one(given, "last")),
        specialists=one(given, "specialists"),
        declarations=tuple(one(given, "declarations").split()),
        kind=one(given, "kind"),
        lines=lines_of(given) if action is Action.NOTIFY_DEBT else (),
        text=one(given, "text"),
    )


def lines_of(given: Given) -> tuple[DebtLine, ...]:
    """Return the lines that were filled in. Raises `AuditRefused` for one that is not whole."""
    found = []
    for place in range(1, rows_of(given) + 1):
        typed = {name: one(given, f"{name}-{place}") for name in ("declaration", "item", "payment", "declared", "due")}
        if not any(typed[name] for name in ("item", "declared", "due")):
            continue
        declared, due = NOT_TYPED if not typed["declared"] else _tiyn(typed["declared"]), _tiyn(typed["due"])
        item = int(typed["item"]) if typed["item"].isdecimal() and len(typed["item"]) < 4 else 0
        if not item or due is None or declared is None or not typed["declaration"]:
            raise AuditRefused("audits.line_incomplete", "lines", line=str(place))
        found.append(DebtLine(typed["declaration"], item, typed["payment"], declared, due, date.min, NOT_TYPED))
    return tuple(found)


def show(
    request: PersonRequest,
    pages: Pages,
    audits: Audits,
    template: str,
    given: Given,
    refused: Refusal | None = None,
    **context: Any,
) -> Response[str]:
    """Return a page with what was typed; with a refusal it is 422, and says so at the top and beside the field."""
    language = language_of(request)
    return pages.answer(
        request,
        f"audits/{template}",
        status=UNPROCESSABLE if refused else 200,
        refused=refused.text(language) if refused else None,
        field=getattr(refused, "field", None),
        one=lambda name: one(given, name),
        many=lambda name: many(given, name),
        rows=rows_of(given),
        audit_words=audit_words,
        kinds={code: kinds()[code].words.into(language) for code in KINDS},
        payment_kinds={code: each.name(language) for code, each in payment_codes(audits.today()).items()},
        now=audits.now(),
        **context,
    )


def show_signing(
    request: PersonRequest,
    pages: Pages,
    audits: Audits,
    prepared: Prepared,
    refused: Refusal | None,
    *,
    official: bool,
    back: str,
) -> Response[str]:
    """Return the page on which a statement is signed."""
    return show(request, pages, audits, "sign.html", {}, refused, prepared=prepared, official=official, back=back)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _tiyn(text: str) -> int | None:
    """Return tiyn of tenge as people write them: spaces between thousands, a point or comma before the tiyn."""
    plain = "".join(text.split()).replace(",", ".")
    try:
        tiyn = Decimal(plain).scaleb(2)
    except InvalidOperation:
        return None
    whole_tiyn = tiyn.is_finite() and 0 <= tiyn <= TIYN_MOST and tiyn == tiyn.to_integral_value()
    return int(tiyn) if whole_tiyn else None
