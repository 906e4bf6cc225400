"""The pages of an auditor and of the chief of audit: what waits, one audit, what is signed in it."""

from typing import Any

import anyio.to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from declarations.audits.lifecycle import Action
from portal.access import Permission
from portal.audits.errors import AuditRefused
from portal.audits.forms import SEE_OTHER, PersonRequest, Refusal, intent_of, one, show, show_signing
from portal.audits.model import Prepared
from portal.audits.selecting import Selecting
from portal.audits.service import Audits
from portal.form_fields import Given
from portal.pages import XML, Pages, file_answer, go, language_of
from portal.signing_forms import hand_in
from signing.errors import SigningError

Sent = URLEncodedBody[dict[str, Any]]
JUDGED_AT_ONCE = 200  # in a request; `shekara audits select` judges everybody
_AUDIT = "/{number:str}"
_SIGNING = "/statements/{statement:str}"


class AuditPages(Controller):
    path = "/audits"
    opt = {"need": Permission.AUDIT}  # noqa: RUF012

    @get(name="audits", sync_to_thread=True)
    def worklist(
        self, request: PersonRequest, pages: NamedDependency[Pages], audits: NamedDependency[Audits]
    ) -> Response[str]:
        """Show what waits: candidates, plans, audits at work, appeals."""
        return _worklist(request, pages, audits, {})

    @post(name="choose-for-audit", status_code=SEE_OTHER, sync_to_thread=True)
    def choose(
        self, request: PersonRequest, data: Sent, pages: NamedDependency[Pages], audits: NamedDependency[Audits]
    ) -> Response[str] | Redirect:
        """Take a participant up by hand."""
        try:
            number = audits.choose(request.user, one(data, "participant"), one(data, "objective"))
        except AuditRefused as refused:
            return _worklist(request, pages, audits, data, refused)
        return go(request, "audit", number=number)

    @post("/selection", name="select-for-audit", status_code=SEE_OTHER, sync_to_thread=True)
    def select(self, request: PersonRequest, selecting: NamedDependency[Selecting]) -> Redirect:
        """Have the gateway judge who was not judged this quarter."""
        selecting.run(JUDGED_AT_ONCE)
        return go(request, "audits")

    @get(_AUDIT, name="audit", sync_to_thread=True)
    def audit(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str]:
        """Show an audit with why it was chosen and all that was signed."""
        return _audit(request, pages, audits, number, {})

    @post(f"{_AUDIT}/{{action:str}}", name="act-in-audit", status_code=SEE_OTHER, sync_to_thread=True)
    def act(
        self,
        request: PersonRequest,
        number: FromPath[str],
        action: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str] | Redirect:
        """Keep what is to be signed; "more" only gives the computation more lines."""
        wanted = action_of(action)
        if one(data, "more"):
            return _audit(request, pages, audits, number, data, form=wanted)
        try:
            prepared = audits.prepare(request.user, intent_of(data, wanted, number))
        except AuditRefused as refused:
            return _audit(request, pages, audits, number, data, refused, wanted)
        return go(request, "sign-in-audit", statement=prepared.id)

    @get(_SIGNING, name="sign-in-audit", sync_to_thread=True)
    def sign_page(
        self,
        request: PersonRequest,
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str]:
        """Show what was prepared and have it signed."""
        return _sign_page(request, pages, audits, prepared_of(request, audits, statement))

    @get(f"{_SIGNING}/document", name="audit-document", sync_to_thread=True)
    def document(
        self, request: PersonRequest, statement: FromPath[str], audits: NamedDependency[Audits]
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(prepared_of(request, audits, statement).document, media_type=XML)

    @post(_SIGNING, name="take-in-audit", status_code=SEE_OTHER)
    async def take(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        statement: FromPath[str],
        pages: NamedDependency[Pages],
        audits: NamedDependency[Audits],
    ) -> Response[str] | Redirect:
        """Take the signed document: from here it holds, and the participant is told where it is to be."""
        prepared = await anyio.to_thread.run_sync(prepared_of, request, audits, statement)
        try:
            await hand_in(data, audits.accept, request.user, statement)
        except (AuditRefused, SigningError) as error:
            return await anyio.to_thread.run_sync(_sign_page, request, pages, audits, prepared, error)
        return go(request, "audit", number=prepared.intent.audit)

    @get("/signed/{statement:str}", name="audit-signed", sync_to_thread=True)
    def signed(
        self, request: PersonRequest, statement: FromPath[str], audits: NamedDependency[Audits]
    ) -> Response[bytes]:
        """Send a document as it was signed, as a file."""
        return file_answer(audits.statement(request.user, statement), f"audit-{statement[:8]}.xml")


def action_of(text: str) -> Action:
    """Return the action that an address names. Raises what is not found."""
    try:
        return Action(text)
    except ValueError:
        raise NotFoundException from None


def prepared_of(request: PersonRequest, audits: Audits, statement: str) -> Prepared:
    """Return what this person prepared. Raises what is not found."""
    try:
        return audits.prepared(request.user, statement)
    except AuditRefused:
        raise NotFoundException from None


def _worklist(
    request: PersonRequest, pages: Pages, audits: Audits, given: Given, refused: Refusal | None = None
) -> Response[str]:
    return show(request, pages, audits, "worklist.html", given, refused, work=audits.worklist(request.user))


def _audit(
    request: PersonRequest,
    pages: Pages,
    audits: Audits,
    number: str,
    given: Given,
    refused: Refusal | None = None,
    form: Action | None = None,
) -> Response[str]:
    page, why = audits.page(request.user, number, language_of(request))
    return show(request, pages, audits, "audit.html", given, refused, page=page, why=why, form=form)


def _sign_page(
    request: PersonRequest, pages: Pages, audits: Audits, prepared: Prepared, refused: Refusal | None = None
) -> Response[str]:
    back = request.app.route_reverse("audit", number=prepared.intent.audit)
    return show_signing(request, pages, audits, prepared, refused, official=True, back=back)
