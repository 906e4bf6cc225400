"""The pages of travellers: made for a phone, without an account, and without JavaScript but for signing with a key."""

import secrets
from typing import Any, Final

import anyio.to_thread
from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from declarations.passengers.model import PassengerDeclaration
from portal.access import Permission, may
from portal.browser import cookie_name, sent_cookie
from portal.pages import XML, AnyRequest, Pages, file_answer, language_of
from portal.passengers.declaring import OPEN_FOR, Declared
from portal.passengers.errors import PassengerDefects, PassengerRefused
from portal.passengers.filling import Typed, declaration_of, typed
from portal.passengers.forms import address_of, form_page, one, record_page, sign_page, start_page, troubles_of
from portal.passengers.printing import print_receipt
from portal.passengers.public import Travellers
from portal.signing_forms import signed_bytes, signed_file
from signing.errors import SigningError

Sent = URLEncodedBody[dict[str, Any]]
SEE_OTHER: Final = 303
COOKIE: Final = "shekara_traveller"
_RECORD = "/record/{reference:str}"
_SIGNING = "/sign/{statement:str}"


class TravellerPages(Controller):
    path = "/travellers"
    opt = {"need": Permission.SEE_PUBLIC_PAGES}  # noqa: RUF012

    @get(name="travellers", sync_to_thread=True)
    def start(
        self,
        request: AnyRequest,
        pages: NamedDependency[Pages],
        travellers: NamedDependency[Travellers],
        reference: FromQuery[str] = "",
    ) -> Response[str]:
        """Say what may be brought, and lead to declaring or to what was declared."""
        return start_page(request, pages, travellers, {"reference": reference[:40]})

    @get("/declare", name="declare-as-traveller", sync_to_thread=True)
    def form(
        self, request: AnyRequest, pages: NamedDependency[Pages], travellers: NamedDependency[Travellers]
    ) -> Response[str]:
        """Show the empty form."""
        return form_page(request, pages, travellers, {"form": secrets.token_hex(16)})

    @post("/declare", name="take-declaration-of-traveller", status_code=SEE_OTHER)
    async def declare(
        self,
        request: AnyRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Add a row, check, or declare: whatever was typed stays."""
        given, do = typed(data), one(data, "do")
        given.setdefault("form", secrets.token_hex(16))
        if do in ("goods", "money") or one(data, "again"):  # the browser had kept more rows than the page had
            return await _form(request, pages, travellers, given, more=do)
        try:
            travellers.count(address_of(request))
            made = declaration_of(given, language_of(request), travellers.now())
            if not isinstance(made, PassengerDeclaration):
                raise PassengerDefects(made)
            if do == "declare":
                return _opened(request, travellers, await travellers.declare(made, given["form"]))
            if do == "sign":
                prepared = await anyio.to_thread.run_sync(travellers.prepare, made, given["form"])
                return Redirect(_path(request, "sign-as-traveller", statement=prepared.id), status_code=SEE_OTHER)
            checked = await anyio.to_thread.run_sync(travellers.check, made)
        except (PassengerDefects, PassengerRefused) as refused:
            return await _form(request, pages, travellers, given, troubles=troubles_of(refused, language_of(request)))
        return await _form(request, pages, travellers, given, checked=checked)

    @post("/open", name="open-as-traveller", status_code=SEE_OTHER, sync_to_thread=True)
    def open(
        self,
        request: AnyRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Open a record with its reference and the number of the document."""
        given = {"reference": one(data, "reference"), "document_number": one(data, "document_number")}
        try:
            found = travellers.open(given["reference"], given["document_number"], address_of(request))
        except PassengerRefused as refused:
            return start_page(request, pages, travellers, given, troubles_of(refused, language_of(request)))
        return _opened(request, travellers, found)

    @post("/close", name="close-as-traveller", status_code=SEE_OTHER, sync_to_thread=True)
    def close(self, request: AnyRequest, travellers: NamedDependency[Travellers]) -> Redirect:
        """Close what this browser had opened, for who uses it next. What was typed the page itself clears."""
        travellers.close(_key(request))
        return Redirect(_path(request, "travellers"), status_code=SEE_OTHER, cookies=[_cookie(travellers, "", 0)])

    # --- the record -------------------------------------------------------------------------------------------------

    @get(_RECORD, name="traveller", sync_to_thread=True)
    def record(
        self,
        request: AnyRequest,
        reference: FromPath[str],
        pages: NamedDependency[Pages],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Show what was decided and what to do; who has not opened it here is asked for the document's number."""
        if may(request.scope.get("user"), Permission.INSPECT_PASSENGERS):
            return Redirect(_path(request, "passenger", reference=reference), status_code=SEE_OTHER)
        view = travellers.view(reference, _key(request), language_of(request))
        if view is None:
            return start_page(request, pages, travellers, {"reference": reference[:40]}, asked=True)
        return record_page(request, pages, travellers, view)

    @post(f"{_RECORD}/pay", name="pay-as-traveller", status_code=SEE_OTHER, sync_to_thread=True)
    def pay(
        self,
        request: AnyRequest,
        reference: FromPath[str],
        pages: NamedDependency[Pages],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Pay the customs receipt order through the demonstration's bank."""
        try:
            travellers.pay(reference, _key(request))
        except PassengerRefused as refused:
            view = travellers.view(reference, _key(request), language_of(request))
            if view is None:
                raise NotFoundException from None
            return record_page(request, pages, travellers, view, troubles_of(refused, language_of(request)))
        return Redirect(_path(request, "traveller", reference=reference), status_code=SEE_OTHER)

    @get(f"{_RECORD}/receipt", name="receipt-of-traveller", sync_to_thread=True)
    def receipt(
        self, request: AnyRequest, reference: FromPath[str], travellers: NamedDependency[Travellers]
    ) -> Response[bytes]:
        """Send the customs receipt order as PDF."""
        language = language_of(request)
        view, notice = travellers.receipt(reference, _key(request), language)
        address = record_address(request, travellers, reference)
        office = travellers.post_names(language).get(view.record.office, "")
        content = print_receipt(view.record, notice, view.open_tiyn, office, address, language)
        return file_answer(content, f"{view.record.cro}.pdf", "application/pdf")

    @get(f"{_RECORD}/declaration", name="document-of-traveller", sync_to_thread=True)
    def document(
        self, request: AnyRequest, reference: FromPath[str], travellers: NamedDependency[Travellers]
    ) -> Response[bytes]:
        """Send the declaration as it was taken."""
        return file_answer(travellers.document(reference, _key(request)), f"declaration-{reference}.xml")

    @get(f"{_RECORD}/goods-declaration", name="goods-declaration-of-traveller", sync_to_thread=True)
    def goods_declaration(
        self, request: AnyRequest, reference: FromPath[str], travellers: NamedDependency[Travellers]
    ) -> Response[bytes]:
        """Send the draft of the goods declaration that is needed."""
        return file_answer(travellers.goods_declaration(reference, _key(request)), f"goods-{reference}.xml")

    # --- signing ----------------------------------------------------------------------------------------------------

    @get(_SIGNING, name="sign-as-traveller", sync_to_thread=True)
    def sign(
        self,
        request: AnyRequest,
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        travellers: NamedDependency[Travellers],
    ) -> Response[str]:
        """Have the traveller sign what was filled in."""
        return sign_page(request, pages, travellers.prepared(statement))

    @get(f"{_SIGNING}/document", name="document-to-sign-as-traveller", sync_to_thread=True)
    def to_sign(self, statement: FromPath[str], travellers: NamedDependency[Travellers]) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(travellers.prepared(statement).document, media_type=XML)

    @post(_SIGNING, name="take-signed-of-traveller", status_code=SEE_OTHER)
    async def take_signed(
        self,
        request: AnyRequest,
        data: MultipartBody[dict[str, Any]],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        travellers: NamedDependency[Travellers],
    ) -> Response[str] | Redirect:
        """Take the signed declaration."""
        prepared = await anyio.to_thread.run_sync(travellers.prepared, statement)
        try:
            travellers.count(address_of(request))
            content = await signed_bytes(signed_file(data))
            declared = await travellers.accept(statement, content)
        except (PassengerRefused, PassengerDefects, SigningError) as refused:
            troubles = troubles_of(refused, language_of(request))
            return await anyio.to_thread.run_sync(sign_page, request, pages, prepared, troubles)
        return _opened(request, travellers, declared)


async def _form(
    request: AnyRequest, pages: Pages, travellers: Travellers, given: Typed, **context: Any
) -> Response[str]:
    def shown() -> Response[str]:
        return form_page(request, pages, travellers, given, **context)

    return await anyio.to_thread.run_sync(shown)


def record_address(request: AnyRequest, travellers: Travellers, reference: str) -> str:
    """Return where the code of a record leads."""
    place = travellers.office.settings.public_url or str(request.base_url).rstrip("/")
    return place + _path(request, "traveller", reference=reference)


def _opened(request: AnyRequest, travellers: Travellers, declared: Declared) -> Redirect:
    """Lead to a record, and let this browser see it for a day."""
    cookie = _cookie(travellers, declared.key, int(OPEN_FOR.total_seconds()))
    address = _path(request, "traveller", reference=declared.record.reference)
    return Redirect(address, status_code=SEE_OTHER, cookies=[cookie])


def _cookie(travellers: Travellers, value: str, seconds: int) -> Cookie:
    secure = travellers.office.settings.secure
    name = cookie_name(COOKIE, secure=secure)
    return Cookie(key=name, value=value, max_age=seconds, httponly=True, secure=secure, samesite="lax")


def _key(request: AnyRequest) -> str:
    return sent_cookie(request, COOKIE)[:100]


def _path(request: AnyRequest, name: str, **parts: str) -> str:
    return str(request.app.route_reverse(name, **parts))
