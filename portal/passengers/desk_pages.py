"""The pages of passenger inspectors: the lane, a declaration with why it is in its corridor, what is done with it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import anyio.to_thread
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.form_fields import whole
from portal.pages import XML, Pages, file_answer, go, language_of
from portal.passengers import words as traveller_words
from portal.passengers.calculation import lines_of
from portal.passengers.desk import PassengerDesk
from portal.passengers.errors import PassengerRefused
from portal.passengers.forms import Trouble, one, troubles_of
from portal.passengers.model import Found, InspectionAct, Prepared, Result, Status
from portal.passengers.printing import print_receipt
from portal.passengers.public import Travellers
from portal.passengers.working import GOODS_STAY
from portal.signing_forms import hand_in
from portal.views import SignedIn
from signing.errors import SigningError

Sent = URLEncodedBody[dict[str, Any]]
PersonRequest = Request[SignedIn, None, State]
SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
_OF = "/{reference:str}"
_SIGNING = "/statements/{statement:str}"
_NUMBER_MOST: Final = 999_999_999


class PassengerPages(Controller):
    path = "/passengers"
    opt = {"need": Permission.INSPECT_PASSENGERS}  # noqa: RUF012

    @get(name="passengers", sync_to_thread=True)
    def lane(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
        status: FromQuery[str] = "",
        reference: FromQuery[str] = "",
    ) -> Response[str] | Redirect:
        """List what stands at the post; a reference, typed or scanned, leads to its declaration."""
        wanted = reference.replace(" ", "").replace("-", "").upper()[:40]
        if wanted and passengers.known(request.user, wanted):
            return go(request, "passenger", reference=wanted)
        chosen = Status(status) if status in Status.__members__ else None
        return _answer(
            request,
            pages,
            travellers,
            "lane.html",
            {},
            lane=passengers.lane(request.user, chosen),
            chosen=chosen,
            missing=wanted,
            status=404 if wanted else 200,
        )

    @get(_OF, name="passenger", sync_to_thread=True)
    def file(
        self,
        request: PersonRequest,
        reference: FromPath[str],
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[str]:
        """Show a declaration with why it is in its corridor."""
        return _file(request, pages, passengers, travellers, reference, {})

    @post(f"{_OF}/assess", name="assess-passenger", status_code=SEE_OTHER, sync_to_thread=True)
    def assess(
        self,
        request: PersonRequest,
        reference: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Record the inspector's own assessment."""
        try:
            seen = one(data, "reason"), one(data, "seen")
            passengers.assess(request.user, reference, whole(data, "expected"), *seen)
        except PassengerRefused as refused:
            return _file(request, pages, passengers, travellers, reference, data, _named(refused, {"text": "seen"}))
        return go(request, "passenger", reference=reference)

    @post(f"{_OF}/act", name="write-passenger-act", status_code=SEE_OTHER, sync_to_thread=True)
    def write_act(
        self,
        request: PersonRequest,
        reference: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Keep an act as it is to be signed."""
        try:
            prepared = passengers.prepare_act(request.user, _act(reference, data))
        except PassengerRefused as refused:
            return _file(request, pages, passengers, travellers, reference, data, refused)
        return go(request, "sign-passenger-act", statement=prepared.id)

    @post(f"{_OF}/cash", name="take-cash-of-passenger", status_code=SEE_OTHER, sync_to_thread=True)
    def take_cash(
        self,
        request: PersonRequest,
        reference: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Take what is open at the post's cash desk."""
        try:
            passengers.take_cash(request.user, reference, whole(data, "expected"))
        except PassengerRefused as refused:
            return _file(request, pages, passengers, travellers, reference, data, refused)
        return go(request, "passenger", reference=reference)

    @post(f"{_OF}/release", name="release-passenger", status_code=SEE_OTHER, sync_to_thread=True)
    def release(
        self,
        request: PersonRequest,
        reference: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Let the traveller go."""
        settled = GOODS_STAY if one(data, "stays") else one(data, "settled_by")
        try:
            passengers.release(request.user, reference, whole(data, "expected"), settled)
        except PassengerRefused as refused:
            return _file(request, pages, passengers, travellers, reference, data, refused)
        return go(request, "passenger", reference=reference)

    @get(f"{_OF}/receipt", name="receipt-of-passenger", sync_to_thread=True)
    def receipt(
        self,
        request: PersonRequest,
        reference: FromPath[str],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[bytes]:
        """Send the customs receipt order as PDF."""
        language = language_of(request)
        record, notice, open_tiyn = passengers.receipt(request.user, reference)
        place = travellers.office.settings.public_url or str(request.base_url).rstrip("/")
        address = place + request.app.route_reverse("traveller", reference=reference)
        office = travellers.post_names(language).get(record.office, "")
        content = print_receipt(record, notice, open_tiyn, office, address, language)
        return file_answer(content, f"{record.cro}.pdf", "application/pdf")

    @get(f"{_OF}/goods-declaration", name="goods-declaration-of-passenger", sync_to_thread=True)
    def goods_declaration(
        self, request: PersonRequest, reference: FromPath[str], passengers: NamedDependency[PassengerDesk]
    ) -> Response[bytes]:
        """Send the draft of the goods declaration that is needed."""
        return file_answer(passengers.goods_declaration(request.user, reference), f"goods-{reference}.xml")

    # --- the act ----------------------------------------------------------------------------------------------------

    @get(_SIGNING, name="sign-passenger-act", sync_to_thread=True)
    def sign(
        self,
        request: PersonRequest,
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[str]:
        """Have the inspector sign the act."""
        return _sign(request, pages, travellers, _prepared(request, passengers, statement))

    @get(f"{_SIGNING}/document", name="passenger-act-document", sync_to_thread=True)
    def to_sign(
        self, request: PersonRequest, statement: FromPath[str], passengers: NamedDependency[PassengerDesk]
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(_prepared(request, passengers, statement).document, media_type=XML)

    @post(_SIGNING, name="take-passenger-act", status_code=SEE_OTHER)
    async def take_act(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        passengers: NamedDependency[PassengerDesk],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Take the signed act."""
        prepared = await anyio.to_thread.run_sync(_prepared, request, passengers, statement)
        try:
            await hand_in(data, passengers.accept_act, request.user, statement)
        except (PassengerRefused, SigningError) as refused:
            troubles = troubles_of(refused, language_of(request))
            return await anyio.to_thread.run_sync(_sign, request, pages, travellers, prepared, troubles)
        return go(request, "passenger", reference=prepared.reference)

    @get("/acts/{statement:str}", name="passenger-act", sync_to_thread=True)
    def act(
        self, request: PersonRequest, statement: FromPath[str], passengers: NamedDependency[PassengerDesk]
    ) -> Response[bytes]:
        """Send an act as it was signed, as a file."""
        return file_answer(passengers.act(request.user, statement), f"act-{statement[:8]}.xml")


def _prepared(request: PersonRequest, passengers: PassengerDesk, statement: str) -> Prepared:
    try:
        return passengers.prepared(request.user, statement)
    except PassengerRefused:
        raise NotFoundException from None


def _act(reference: str, data: Mapping[str, Any]) -> InspectionAct:
    """Return the act that was written. Raises `PassengerRefused`."""
    result = one(data, "result")
    if result not in list(Result):
        raise PassengerRefused("passengers.result", "result")
    return InspectionAct(
        reference=reference,
        expected=whole(data, "expected"),
        place=one(data, "place"),
        result=Result(result),
        text=one(data, "text"),
        found=None if result == Result.AS_DECLARED else _found(data),
    )


def _found(data: Mapping[str, Any]) -> Found:
    mass, value, litres = (_decimal(one(data, name)) for name in ("mass_kg", "value", "litres"))
    currency = one(data, "currency")
    if mass is None or value is None or not currency.isalpha() or len(currency) != 3:
        raise PassengerRefused("passengers.found", "mass_kg")
    if litres is None and one(data, "litres"):
        raise PassengerRefused("passengers.found", "litres")
    for_trade = bool(one(data, "for_trade"))
    return Found(mass_kg=mass, value=value, currency=currency.upper(), litres=litres or Decimal(0), for_trade=for_trade)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= _NUMBER_MOST else None


def _named(refused: PassengerRefused, fields: Mapping[str, str]) -> PassengerRefused:
    """Return the refusal with the names that this form gives to its fields."""
    return PassengerRefused(refused.code, fields.get(refused.field or "", refused.field), **refused.params)


def _file(
    request: PersonRequest,
    pages: Pages,
    passengers: PassengerDesk,
    travellers: Travellers,
    reference: str,
    given: Mapping[str, Any],
    refused: PassengerRefused | None = None,
) -> Response[str]:
    language = language_of(request)
    file = passengers.file(request.user, reference, language)
    troubles = troubles_of(refused, language) if refused else []
    lines = lines_of(file.record.computation.steps, language)
    return _answer(request, pages, travellers, "file.html", given, troubles, page=file, lines=lines)


def _sign(
    request: PersonRequest, pages: Pages, travellers: Travellers, prepared: Prepared, troubles: Sequence[Trouble] = ()
) -> Response[str]:
    return _answer(request, pages, travellers, "sign_act.html", {}, troubles, prepared=prepared)


def _answer(
    request: PersonRequest,
    pages: Pages,
    travellers: Travellers,
    template: str,
    given: Mapping[str, Any],
    troubles: Sequence[Trouble] = (),
    status: int = 200,
    **context: Any,
) -> Response[str]:
    language = language_of(request)
    codes = travellers.codes()
    return pages.answer(
        request,
        f"passengers/{template}",
        status=UNPROCESSABLE if troubles else status,
        troubles=troubles,
        wrong={each.field: each.text for each in reversed(troubles)},
        one=lambda name: one(given, name),
        said=traveller_words,
        offices=travellers.post_names(language),
        currencies=["KZT", *sorted(set(codes.published) - {"KZT"})],
        now=travellers.now(),
        **context,
    )
