"""The pages of a participant: its audits, the documents served on it, reply, appeal and payment."""

from typing import Any

import anyio.to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from declarations.audits.lifecycle import Action
from portal.access import Permission
from portal.audits.errors import AuditRefused
from portal.audits.forms import SEE_OTHER, PersonRequest, Refusal, intent_of, show, show_signing
from portal.audits.model import Prepared
from portal.audits.official_pages import action_of, prepared_of
from portal.audits.service import Audits
from portal.form_fields import Given
from portal.pages import XML, Pages, file_answer, go
from portal.signing_forms import hand_in
from signing.errors import SigningError

Sent = URLEncodedBody[dict[str, Any]]
_AUDIT = "/{number:str}"
_SIGNING = "/statements/{statement:str}"


class OwnAuditPages(Controller):
    path = "/audits/own"
    opt = {"need": Permission.STATE}  # noqa: RUF012

    @get(name="own-audits", sync_to_thread=True)
    def listed(
        self, request: PersonRequest, pages: NamedDependency[Pages], audits: NamedDependency[Audits]
    ) -> Response[str]:
        """Show the audits of the own organisation."""
        return show(request, pages, audits, "own.html", {}, listed=audits.own(request.user))

    @get(_AUDIT, name="own-audit", sync_to_thread=True)
    def audit(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str]:
        """Show one audit with what was served, and what can be done about it."""
        return _audit(request, pages, audits, number, {})

    @post(f"{_AUDIT}/pay", name="pay-for-audit", status_code=SEE_OTHER, sync_to_thread=True)
    def pay(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str] | Redirect:
        """Pay what is owed from the prepaid balance."""
        try:
            audits.pay(request.user, number)
        except AuditRefused as refused:
            return _audit(request, pages, audits, number, {}, refused)
        return go(request, "own-audit", number=number)

    @post(f"{_AUDIT}/{{action:str}}", name="act-in-own-audit", status_code=SEE_OTHER, sync_to_thread=True)
    def act(
        self,
        request: PersonRequest,
        number: FromPath[str],
        action: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str] | Redirect:
        """Keep a reply, an appeal or a report as it is to be signed."""
        wanted = action_of(action)
        try:
            prepared = audits.prepare(request.user, intent_of(data, wanted, number))
        except AuditRefused as refused:
            return _audit(request, pages, audits, number, data, refused, wanted)
        return go(request, "sign-in-own-audit", statement=prepared.id)

    @get(_SIGNING, name="sign-in-own-audit", sync_to_thread=True)
    def sign_page(
        self,
        request: PersonRequest,
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str]:
        """Show what was prepared and have it signed."""
        return _sign_page(request, pages, audits, prepared_of(request, audits, statement))

    @get(f"{_SIGNING}/document", name="own-audit-document", sync_to_thread=True)
    def document(
        self, request: PersonRequest, statement: FromPath[str], audits: NamedDependency[Audits]
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(prepared_of(request, audits, statement).document, media_type=XML)

    @post(_SIGNING, name="take-in-own-audit", status_code=SEE_OTHER)
    async def take(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str] | Redirect:
        """Take the signed statement: from here it is filed."""
        prepared = await anyio.to_thread.run_sync(prepared_of, request, audits, statement)
        try:
            await hand_in(data, audits.accept, request.user, statement)
        except (AuditRefused, SigningError) as error:
            return await anyio.to_thread.run_sync(_sign_page, request, pages, audits, prepared, error)
        return go(request, "own-audit", number=prepared.intent.audit)

    @get("/signed/{statement:str}", name="own-audit-signed", sync_to_thread=True)
    def signed(
        self, request: PersonRequest, statement: FromPath[str], audits: NamedDependency[Audits]
    ) -> Response[bytes]:
        """Send a document that was served, or one's own statement, as it was signed."""
        return file_answer(audits.statement(request.user, statement), f"audit-{statement[:8]}.xml")


def _audit(
    request: PersonRequest,
    pages: Pages,
    audits: Audits,
    number: str,
    given: Given,
    refused: Refusal | None = None,
    form: Action | None = None,
) -> Response[str]:
    page = audits.own_page(request.user, number)
    return show(request, pages, audits, "own_audit.html", given, refused, page=page, form=form)


def _sign_page(
    request: PersonRequest, pages: Pages, audits: Audits, prepared: Prepared, refused: Refusal | None = None
) -> Response[str]:
    back = request.app.route_reverse("own-audit", number=prepared.intent.audit)
    return show_signing(request, pages, audits, prepared, refused, official=False, back=back)
