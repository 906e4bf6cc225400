"""How the pages of travellers are shown, and what their forms bring."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from litestar import Response
from msgspec import Struct

from declarations.passengers.allowances import allowances_on
from portal import form_fields
from portal.pages import AnyRequest, Pages, language_of
from portal.passengers import words as traveller_words
from portal.passengers.bank import for_bank
from portal.passengers.calculation import lines_of
from portal.passengers.checking import Checked, corridor_of, status_of
from portal.passengers.errors import PassengerDefects, PassengerRefused
from portal.passengers.filling import GOODS_MOST, MONEY_MOST, Typed, field_of, rows
from portal.passengers.model import Prepared
from portal.passengers.printing import qr
from portal.passengers.public import Travellers
from portal.passengers.views import TravellerView
from risk_gateway.days import day_of
from risk_gateway.profiles import Outcome
from signing.errors import SigningError

UNPROCESSABLE: Final = 422
TYPED_MOST: Final = 2_000

one: Final = partial(form_fields.one, most=TYPED_MOST)


class Trouble(Struct, frozen=True):
    """What is wrong, in the reader's words, and the field that is to blame, "" where none is."""

    field: str
    text: str


def address_of(request: AnyRequest) -> str:
    """Return from where a request comes, for counting."""
    return request.client.host if request.client else ""


def troubles_of(refused: PassengerDefects | PassengerRefused | SigningError, language: str) -> list[Trouble]:
    if isinstance(refused, PassengerDefects):
        return [Trouble(field_of(each.xpath), each.text(language)) for each in refused.defects]
    field = refused.field if isinstance(refused, PassengerRefused) else "signing-key"
    return [Trouble(field or "", refused.text(language))]


def start_page(
    request: AnyRequest,
    pages: Pages,
    travellers: Travellers,
    given: Mapping[str, str],
    troubles: Sequence[Trouble] = (),
    *,
    asked: bool = False,
) -> Response[str]:
    """Return the first page; `asked` when somebody came for a record that this browser has not opened."""
    allowances = allowances_on(day_of(travellers.now()))
    return _answer(request, pages, "start.html", given, troubles, allowances=allowances, asked=asked)


def form_page(
    request: AnyRequest,
    pages: Pages,
    travellers: Travellers,
    given: Typed,
    *,
    troubles: Sequence[Trouble] = (),
    checked: Checked | None = None,
    more: str = "",
) -> Response[str]:
    """Return the form with what was typed; `checked` shows what follows from it, `more` names what gets a row more."""
    language, day = language_of(request), day_of(travellers.now())
    codes = travellers.codes()
    by_name = sorted(((code, each.name(language)) for code, each in codes.countries.items()), key=lambda pair: pair[1])
    currencies = ["KZT", *sorted(set(codes.published) - {"KZT"})]
    shown = None
    if checked is not None:
        status = status_of(Outcome.SIMPLIFIED_RELEASE, checked.computation)
        shown = {
            "corridor": corridor_of(checked.declaration.corridor, status),
            "lines": lines_of(checked.computation.steps, language),
            "computation": checked.computation,
            "status": status,
        }
    return _answer(
        request,
        pages,
        "form.html",
        given,
        troubles,
        goods_rows=min(GOODS_MOST, max(1, rows(given, "goods") + (more == "goods"))),
        money_rows=min(MONEY_MOST, rows(given, "money") + (more == "money" or not rows(given, "money"))),
        more=more,
        countries=by_name,
        currencies=currencies,
        offices=[(code, each.name(language)) for code, each in sorted(codes.offices.items())],
        allowances=allowances_on(day),
        checked=shown,
    )


def record_page(
    request: AnyRequest,
    pages: Pages,
    travellers: Travellers,
    view: TravellerView,
    troubles: Sequence[Trouble] = (),
) -> Response[str]:
    language = language_of(request)
    path = request.app.route_reverse("traveller", reference=view.record.reference)
    place = travellers.office.settings.public_url or str(request.base_url).rstrip("/")
    bank = None if view.expired else for_bank(view.record, view.open_tiyn)
    return _answer(
        request,
        pages,
        "record.html",
        {},
        troubles,
        view=view,
        lines=lines_of(view.record.computation.steps, language),
        code=qr(place + path),
        bank=bank,
        bank_code=None if bank is None else qr(bank.text),
        offices=travellers.post_names(language),
        demo_bank=travellers.office.settings.demo,
    )


def sign_page(request: AnyRequest, pages: Pages, prepared: Prepared, troubles: Sequence[Trouble] = ()) -> Response[str]:
    return _answer(request, pages, "sign.html", {}, troubles, prepared=prepared)


def _answer(
    request: AnyRequest,
    pages: Pages,
    template: str,
    given: Mapping[str, str],
    troubles: Sequence[Trouble],
    **context: Any,
) -> Response[str]:
    return pages.answer(
        request,
        f"passengers/{template}",
        status=UNPROCESSABLE if troubles else 200,
        troubles=troubles,
        wrong={each.field: each.text for each in reversed(troubles)},
        one=lambda name: given.get(name, ""),
        said=traveller_words,
        **context,
    )
