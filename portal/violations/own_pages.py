"""The pages of one's own record: one entry, and contesting it in a signed statement."""

from typing import Any, Final

import anyio.to_thread
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.pages import XML, Pages, file_answer, language_of
from portal.signing_forms import hand_in
from portal.views import SignedIn
from portal.violations import words
from portal.violations.contesting import TEXT_MOST
from portal.violations.errors import ViolationRefused
from portal.violations.own import OwnViolations
from risk_gateway.bases.violations.contest_store import Contest
from risk_gateway.bases.violations.kinds import words_of
from risk_gateway.bases.violations.law import law_in_words
from risk_gateway.packing import unpack
from signing.errors import SigningError

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422

PersonRequest = Request[SignedIn, None, State]


class OwnViolationPages(Controller):
    path = "/account/violations/{violation:str}"
    opt = {"need": Permission.APPLY}  # noqa: RUF012

    @get(name="own-violation", opt={"need": Permission.KEEP_ACCOUNT}, sync_to_thread=True)
    def entry(
        self,
        request: PersonRequest,
        violation: FromPath[str],
        pages: NamedDependency[Pages],
        own_violations: NamedDependency[OwnViolations],
    ) -> Response[str]:
        """Show a record on the own organisation, where it comes from and until when it counts."""
        entry = own_violations.entry(request.user, violation)
        return _page(request, pages, "own.html", entry=entry, now=own_violations.now())

    @get("/contest", name="contest", sync_to_thread=True)
    def form(
        self,
        request: PersonRequest,
        violation: FromPath[str],
        pages: NamedDependency[Pages],
        own_violations: NamedDependency[OwnViolations],
    ) -> Response[str] | Redirect:
        """Show the form of an objection; where none can be made, the record, which says why."""
        entry = own_violations.entry(request.user, violation)
        if entry.refused:
            return _to_entry(request, violation)
        return _page(request, pages, "contest.html", entry=entry, given={})

    @post("/contest", name="prepare-contest", status_code=SEE_OTHER, sync_to_thread=True)
    def prepare(
        self,
        request: PersonRequest,
        data: URLEncodedBody[dict[str, str]],
        violation: FromPath[str],
        pages: NamedDependency[Pages],
        own_violations: NamedDependency[OwnViolations],
    ) -> Response[str] | Redirect:
        """Keep what was written, and go on to signing."""
        entry = own_violations.entry(request.user, violation)
        try:
            made = own_violations.prepare(request.user, violation, data.get("ground", ""), data.get("text", ""))
        except ViolationRefused as refused:
            return _page(request, pages, "contest.html", refused, entry=entry, given=data)
        there = request.app.route_reverse("sign-contest", violation=violation, contest=made.id)
        return Redirect(there, status_code=SEE_OTHER)

    @get("/contest/{contest:str}", name="sign-contest", sync_to_thread=True)
    def sign_page(
        self,
        request: PersonRequest,
        violation: FromPath[str],
        contest: FromPath[str],
        pages: NamedDependency[Pages],
        own_violations: NamedDependency[OwnViolations],
    ) -> Response[str]:
        """Show what was prepared, and have it signed."""
        made = _prepared(own_violations, request, violation, contest)
        entry = own_violations.entry(request.user, violation)
        return _page(request, pages, "sign_contest.html", entry=entry, contest=made)

    @get("/contest/{contest:str}/document", name="contest-document", sync_to_thread=True)
    def unsigned(
        self,
        request: PersonRequest,
        violation: FromPath[str],
        contest: FromPath[str],
        own_violations: NamedDependency[OwnViolations],
    ) -> Response[bytes]:
        """Send the exact bytes that are to be signed."""
        return Response(unpack(_prepared(own_violations, request, violation, contest).prepared), media_type=XML)

    @post("/contest/{contest:str}", name="take-contest", status_code=SEE_OTHER)
    async def accept(
        self,
        request: PersonRequest,
        data: MultipartBody[dict[str, Any]],
        violation: FromPath[str],
        contest: FromPath[str],
        pages: NamedDependency[Pages],
        own_violations: NamedDependency[OwnViolations],
    ) -> Response[str] | Redirect:
        """Take the signed objection: from now on it is due."""
        made = await anyio.to_thread.run_sync(_prepared, own_violations, request, violation, contest)
        entry = await anyio.to_thread.run_sync(own_violations.entry, request.user, violation)
        try:
            await hand_in(data, own_violations.accept, request.user, contest)
        except (ViolationRefused, SigningError) as refused:
            return _page(request, pages, "sign_contest.html", refused, entry=entry, contest=made)
        return _to_entry(request, violation)

    @get(
        "/contest/{contest:str}/signed", name="own-contest", opt={"need": Permission.KEEP_ACCOUNT}, sync_to_thread=True
    )
    def signed(
        self,
        request: PersonRequest,
        violation: FromPath[str],
        contest: FromPath[str],
        own_violations: NamedDependency[OwnViolations],
    ) -> Response[bytes]:
        """Send an objection as it was signed, as a file."""
        content = own_violations.statement(request.user, violation, contest)
        return file_answer(content, f"objection-{contest[:8]}.xml")


def _prepared(own_violations: OwnViolations, request: PersonRequest, violation: str, contest: str) -> Contest:
    """Return what waits to be signed. Raises what is not found: signed, too old, or another record's."""
    try:
        made = own_violations.prepared(request.user, contest)
    except ViolationRefused:
        raise NotFoundException from None
    if made.violation != violation:
        raise NotFoundException
    return made


def _page(
    request: PersonRequest,
    pages: Pages,
    template: str,
    refused: ViolationRefused | SigningError | None = None,
    **context: Any,
) -> Response[str]:
    return pages.answer(
        request,
        f"violations/{template}",
        status=UNPROCESSABLE if refused else 200,
        refused=refused.text(language_of(request)) if refused else "",
        field=getattr(refused, "field", "signed") if refused else "",
        violation_words=words,
        kind_words=words_of,
        law_in_words=law_in_words,
        text_most=TEXT_MOST,
        **context,
    )


def _to_entry(request: PersonRequest, violation: str) -> Redirect:
    return Redirect(request.app.route_reverse("own-violation", violation=violation), status_code=SEE_OTHER)
