"""The pages of an applicant: what the criteria are, how one stands, applying, withdrawing, appealing."""

from typing import Any

import anyio.to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.form_fields import Given
from portal.pages import XML, Pages, file_answer, go
from portal.registry.errors import RegistryRefused
from portal.registry.forms import SEE_OTHER, PersonRequest, Refusal, one, show, show_signing
from portal.registry.model import OF_APPLICANTS, Intent, Kind, Prepared
from portal.registry.service import Registry
from portal.signing_forms import hand_in
from signing.errors import SigningError

Sent = URLEncodedBody[dict[str, Any]]
_SIGNING = "/statements/{statement:str}"


class ApplicationPages(Controller):
    path = "/registry/application"
    opt = {"need": Permission.APPLY}  # noqa: RUF012

    @get(name="registry-application", sync_to_thread=True)
    def standing(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
        participant: FromQuery[str] = "",
    ) -> Response[str]:
        """Show how the organisation stands, or one that it may apply for."""
        return _standing(request, pages, registry, {"participant": participant})

    @post(name="apply-to-registry", status_code=SEE_OTHER, sync_to_thread=True)
    def apply(
        self, request: PersonRequest, data: Sent, pages: NamedDependency[Pages], registry: NamedDependency[Registry]
    ) -> Response[str] | Redirect:
        """Keep an application as it is to be signed."""
        intent = Intent(kind=Kind.APPLICATION, participant=_participant(request, data), office=one(data, "office"))
        return _prepare(request, pages, registry, data, intent)

    @post("/withdraw", name="withdraw-from-registry", status_code=SEE_OTHER, sync_to_thread=True)
    def withdraw(
        self, request: PersonRequest, data: Sent, pages: NamedDependency[Pages], registry: NamedDependency[Registry]
    ) -> Response[str] | Redirect:
        """Keep a withdrawal as it is to be signed."""
        participant = _participant(request, data)
        intent = Intent(kind=Kind.WITHDRAWAL, participant=participant, application=one(data, "application"))
        return _prepare(request, pages, registry, data, intent)

    @post("/appeal", name="appeal-to-registry", status_code=SEE_OTHER, sync_to_thread=True)
    def appeal(
        self, request: PersonRequest, data: Sent, pages: NamedDependency[Pages], registry: NamedDependency[Registry]
    ) -> Response[str] | Redirect:
        """Keep an appeal as it is to be signed."""
        intent = Intent(
            kind=Kind.APPEAL,
            participant=_participant(request, data),
            against=one(data, "against"),
            text=one(data, "text"),
        )
        return _prepare(request, pages, registry, data, intent)

    @get(_SIGNING, name="sign-for-registry", sync_to_thread=True)
    def sign_page(
        self,
        request: PersonRequest,
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str]:
        """Show what was prepared and have it signed."""
        return _sign_page(request, pages, registry, _prepared(request, registry, statement))

    @get(f"{_SIGNING}/document", name="registry-document", sync_to_thread=True)
    def document(
        self, request: PersonRequest, statement: FromPath[str], registry: NamedDependency[Registry]
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(_prepared(request, registry, statement).document, media_type=XML)

    @post(_SIGNING, name="take-for-registry", status_code=SEE_OTHER)
    async def take(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        registry: NamedDependency[Registry],
    ) -> Response[str] | Redirect:
        """Take the signed statement: from here it is filed."""
        prepared = await anyio.to_thread.run_sync(_prepared, request, registry, statement)
        try:
            await hand_in(data, registry.accept, request.user, statement)
        except (RegistryRefused, SigningError) as error:
            return await anyio.to_thread.run_sync(_sign_page, request, pages, registry, prepared, error)
        return _back(request, prepared.intent.participant)

    @get("/signed/{statement:str}", name="registry-signed", sync_to_thread=True)
    def signed(
        self, request: PersonRequest, statement: FromPath[str], registry: NamedDependency[Registry]
    ) -> Response[bytes]:
        """Send a statement about the own organisation as it was signed, as a file."""
        return file_answer(registry.statement(request.user, statement), f"registry-{statement[:8]}.xml")


def _participant(request: PersonRequest, data: Given) -> str:
    return one(data, "participant") or request.user.organisation or ""


def _prepare(
    request: PersonRequest, pages: Pages, registry: Registry, data: Given, intent: Intent
) -> Response[str] | Redirect:
    try:
        prepared = registry.prepare(request.user, intent)
    except RegistryRefused as refused:
        return _standing(request, pages, registry, data, refused, intent.kind)
    return go(request, "sign-for-registry", statement=prepared.id)


def _prepared(request: PersonRequest, registry: Registry, statement: str) -> Prepared:
    """Return what this person prepared as an applicant. Raises what is not found."""
    try:
        prepared = registry.prepared(request.user, statement)
    except RegistryRefused:
        raise NotFoundException from None
    if prepared.intent.kind not in OF_APPLICANTS:
        raise NotFoundException
    return prepared


def _standing(
    request: PersonRequest,
    pages: Pages,
    registry: Registry,
    given: Given,
    refused: Refusal | None = None,
    form: Kind | None = None,
) -> Response[str]:
    standing = registry.standing(request.user, one(given, "participant") or None)
    return show(request, pages, registry, "application.html", given, refused, standing=standing, form=form)


def _sign_page(
    request: PersonRequest, pages: Pages, registry: Registry, prepared: Prepared, refused: Refusal | None = None
) -> Response[str]:
    back = _address(request, prepared.intent.participant)
    return show_signing(request, pages, registry, prepared, refused, official=False, back=back)


def _address(request: PersonRequest, participant: str) -> str:
    query = "" if participant == request.user.organisation else f"?participant={participant}"
    return request.app.route_reverse("registry-application") + query


def _back(request: PersonRequest, participant: str) -> Redirect:
    return Redirect(_address(request, participant), status_code=SEE_OTHER)
