"""The pages of a border inspector: vehicles at the post, and an export with what has left of it."""

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from declarations import numbering
from declarations.errors import WrongNumber
from portal import form_fields
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.casework.errors import CaseRefused
from portal.exits.errors import ExitNotFound, ExitRefused
from portal.exits.service import GRAMS, Exits
from portal.form_fields import Given
from portal.pages import Pages, go, language_of
from portal.views import SignedIn

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
TYPED_MOST: Final = 2_500
ARRIVAL_DIGITS: Final = 17
KILOGRAMS_MOST: Final = Decimal(10) ** 9

PersonRequest = Request[SignedIn, None, State]
Sent = URLEncodedBody[dict[str, str]]
one: Final = partial(form_fields.one, most=TYPED_MOST)
Refusal = ExitRefused | CaseRefused
AS_DECLARED, OTHERWISE = "as-declared", "otherwise"


class ExitPages(Controller):
    path = "/exits"
    opt = {"need": Permission.CONFIRM_EXITS}  # noqa: RUF012
    dependencies = ADDRESS

    @get(name="exits", sync_to_thread=True)
    def waiting(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        exits: NamedDependency[Exits],
        number: FromQuery[str] = "",
    ) -> Response[str] | Redirect:
        """Show the vehicles at the post, or go to the export whose number was typed."""
        typed, unknown = number.strip()[:TYPED_MOST], False
        if typed:
            try:
                numbering.parse(typed)
                exits.find(typed)
                return go(request, "export-at-border", **_parts(typed))
            except (WrongNumber, ExitNotFound):
                unknown = True
        waiting = exits.waiting(request.user)
        return pages.answer(
            request, "exits/waiting.html", waiting=waiting, typed=typed, unknown=unknown, parts=_parts, refused=None
        )

    @get(DECLARATION, name="export-at-border", sync_to_thread=True)
    def export(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        exits: NamedDependency[Exits],
    ) -> Response[str]:
        """Show an export: its items, what has left, and the vehicles."""
        return _page(request, pages, exits, address, {})

    @post(f"{DECLARATION}/arrivals", name="record-arrival", status_code=SEE_OTHER, sync_to_thread=True)
    def arrive(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        data: Sent,
        pages: NamedDependency[Pages],
        exits: NamedDependency[Exits],
    ) -> Response[str] | Redirect:
        """Record that a vehicle has arrived."""
        try:
            exits.arrive(request.user, address.number, one(data, "vehicle"), one(data, "seals"))
        except (ExitRefused, CaseRefused) as refused:
            return _page(request, pages, exits, address, data, refused)
        return go(request, "export-at-border", **address.parts())

    @post(f"{DECLARATION}/surveys", name="record-survey", status_code=SEE_OTHER, sync_to_thread=True)
    def survey(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        data: Sent,
        pages: NamedDependency[Pages],
        exits: NamedDependency[Exits],
    ) -> Response[str] | Redirect:
        """Record the result of survey and sealing."""
        arrival = form_fields.whole(data, "arrival", ARRIVAL_DIGITS)
        outcome = {AS_DECLARED: True, OTHERWISE: False}.get(one(data, f"outcome-{arrival}"))
        try:
            exits.survey(
                request.user,
                address.number,
                arrival,
                as_declared=outcome,
                seals=one(data, f"seals-{arrival}"),
                text=one(data, f"text-{arrival}"),
            )
        except (ExitRefused, CaseRefused) as refused:
            return _page(request, pages, exits, address, data, refused)
        return go(request, "export-at-border", **address.parts())

    @post(f"{DECLARATION}/exits", name="confirm-exit", status_code=SEE_OTHER, sync_to_thread=True)
    def confirm(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        data: Sent,
        pages: NamedDependency[Pages],
        exits: NamedDependency[Exits],
    ) -> Response[str] | Redirect:
        """Confirm what left in a vehicle."""
        arrival = form_fields.whole(data, "arrival", ARRIVAL_DIGITS)
        try:
            exits.confirm(request.user, address.number, arrival, _grams(data, arrival))
        except (ExitRefused, CaseRefused) as refused:
            return _page(request, pages, exits, address, data, refused)
        return go(request, "export-at-border", **address.parts())


def _page(
    request: PersonRequest,
    pages: Pages,
    exits: Exits,
    address: Address,
    given: Given,
    refused: Refusal | None = None,
) -> Response[str]:
    return pages.answer(
        request,
        "exits/export.html",
        status=UNPROCESSABLE if refused else 200,
        page=exits.page(request.user, address.number),
        address=address.parts(),
        one=lambda name: one(given, name),
        sent=bool(given),
        arrival_sent=form_fields.whole(given, "arrival", ARRIVAL_DIGITS),
        refused=refused.text(language_of(request)) if refused else None,
        field=refused.field if refused else None,
        kilograms=lambda grams: Decimal(grams) / GRAMS,
    )


def _parts(number: str) -> dict[str, str]:
    return Address(*number.split("/")).parts()


def _grams(data: Given, arrival: int) -> dict[int, int]:
    """Return the masses that were typed, in grams by item. Raises `ExitRefused` for what is no mass."""
    found, prefix = {}, f"mass-{arrival}-"
    for name in sorted(data):
        item = name.removeprefix(prefix)
        if not name.startswith(prefix) or not item.isdecimal() or len(item) > 3:
            continue
        typed = "".join(one(data, name).replace(",", ".").split())
        if not typed:
            continue
        try:
            mass = Decimal(typed)
        except InvalidOperation:
            raise ExitRefused("exit.mass_wrong", name, item=item) from None
        if not mass.is_finite() or not 0 <= mass < KILOGRAMS_MOST or mass != round(mass, 3):
            raise ExitRefused("exit.mass_wrong", name, item=item)
        found[int(item)] = int(mass * GRAMS)
    return found
