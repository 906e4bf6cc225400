"""Officials' pages of the base of violations: search, one record, one identity, who is who, and objections."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission, may
from portal.pages import Pages, file_answer, go, language_of
from portal.views import SignedIn
from portal.violations import words
from portal.violations.base import SEARCH_MOST, ViolationBase
from portal.violations.contesting import TEXT_MOST
from portal.violations.errors import ViolationRefused
from risk_gateway.bases.violations.kinds import words_of
from risk_gateway.bases.violations.law import law_in_words

SEE_OTHER: Final = 303
KEEPERS: Final = {"need": Permission.KEEP_REGISTRY}  # who says who is who: it may exclude a firm
UNPROCESSABLE: Final = 422

OfficialRequest = Request[SignedIn, None, State]
Sent = URLEncodedBody[dict[str, str]]


class SearchPages(Controller):
    path = "/violations"
    opt = {"need": Permission.SEARCH_VIOLATIONS}  # noqa: RUF012

    @get(name="violations", sync_to_thread=True)
    def search(
        self,
        request: OfficialRequest,
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
        search: FromQuery[str] = "",
    ) -> Response[str]:
        """Search by BIN, IIN, foreign number, id of a record, or a name in whatever spelling."""
        text = " ".join(search.split())[:SEARCH_MOST]
        found = violation_base.search(request.user, text) if text else ()
        return _page(request, pages, violation_base, "search.html", text=text, found=found)

    @get("/records/{violation:str}", name="violation", sync_to_thread=True)
    def record(
        self,
        request: OfficialRequest,
        violation: FromPath[str],
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
    ) -> Response[str]:
        """Show one record with its versions, where each comes from, and the objections against it."""
        found = violation_base.record(request.user, violation)
        return _page(request, pages, violation_base, "record.html", record=found)

    @get("/identities/{key:str}", name="identity", sync_to_thread=True)
    def identity(
        self,
        request: OfficialRequest,
        key: FromPath[str],
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
    ) -> Response[str]:
        """Show all that is held of somebody, and who is the same."""
        return _identity(request, pages, violation_base, key, {})

    @post("/identities/{key:str}/merge", name="merge-identity", opt=KEEPERS, status_code=SEE_OTHER, sync_to_thread=True)
    def merge(
        self,
        request: OfficialRequest,
        key: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
    ) -> Response[str] | Redirect:
        """Say that somebody is a participant of ours."""
        try:
            violation_base.merge(request.user, key, data.get("number", ""), data.get("text", ""))
        except ViolationRefused as refused:
            return _identity(request, pages, violation_base, key, data, refused)
        return go(request, "identity", key=key)

    @post("/identities/{key:str}/part", name="part-identities", opt=KEEPERS, status_code=SEE_OTHER, sync_to_thread=True)
    def part(
        self,
        request: OfficialRequest,
        key: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
    ) -> Response[str] | Redirect:
        """Take a merge back."""
        given = data.get("merge", "")
        sequence = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else -1
        try:
            violation_base.undo(request.user, sequence, data.get("text", ""))
        except ViolationRefused as refused:
            return _identity(request, pages, violation_base, key, data, refused)
        return go(request, "identity", key=key)

    @get("/questions", name="identity-questions", sync_to_thread=True)
    def questions(
        self, request: OfficialRequest, pages: NamedDependency[Pages], violation_base: NamedDependency[ViolationBase]
    ) -> Response[str]:
        """List whom an official should say to be the same, or not."""
        return _questions(request, pages, violation_base, {})

    @post("/questions/{question:str}", name="answer-question", opt=KEEPERS, status_code=SEE_OTHER, sync_to_thread=True)
    def answer(
        self,
        request: OfficialRequest,
        question: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
    ) -> Response[str] | Redirect:
        """Say whether two are the same."""
        try:
            violation_base.answer(request.user, question, data.get("answer", ""), data.get("text", ""))
        except ViolationRefused as refused:
            return _questions(request, pages, violation_base, {**data, "question": question}, refused)
        return go(request, "identity-questions")


class ContestPages(Controller):
    path = "/violations/contests"
    opt = {"need": Permission.KEEP_REGISTRY}  # noqa: RUF012

    @get(name="contests", sync_to_thread=True)
    def waiting(
        self, request: OfficialRequest, pages: NamedDependency[Pages], violation_base: NamedDependency[ViolationBase]
    ) -> Response[str]:
        """List the objections that wait for a decision, the first due first."""
        return _page(request, pages, violation_base, "contests.html", contests=violation_base.contests())

    @get("/{contest:str}", name="contest-case", sync_to_thread=True)
    def contest(
        self,
        request: OfficialRequest,
        contest: FromPath[str],
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
    ) -> Response[str]:
        """Show an objection beside its record, and the form of the decision."""
        return _contest(request, pages, violation_base, contest, {})

    @post("/{contest:str}", name="decide-contest", status_code=SEE_OTHER, sync_to_thread=True)
    def decide(
        self,
        request: OfficialRequest,
        contest: FromPath[str],
        data: Sent,
        pages: NamedDependency[Pages],
        violation_base: NamedDependency[ViolationBase],
    ) -> Response[str] | Redirect:
        """Uphold or deny an objection, with reasons."""
        ended, _, reason = data.get("decision", "").partition(":")
        try:
            violation_base.decide(request.user, contest, ended, reason, data.get("text", ""))
        except ViolationRefused as refused:
            return _contest(request, pages, violation_base, contest, data, refused)
        return go(request, "contest-case", contest=contest)

    @get("/{contest:str}/signed", name="contest-signed", sync_to_thread=True)
    def signed(
        self, request: OfficialRequest, contest: FromPath[str], violation_base: NamedDependency[ViolationBase]
    ) -> Response[bytes]:
        """Send an objection as it was signed, as a file."""
        return file_answer(violation_base.statement(request.user, contest), f"objection-{contest[:8]}.xml")


def _identity(
    request: OfficialRequest,
    pages: Pages,
    violation_base: ViolationBase,
    key: str,
    given: Mapping[str, str],
    refused: ViolationRefused | None = None,
) -> Response[str]:
    dossier = violation_base.dossier(request.user, key)
    return _page(request, pages, violation_base, "identity.html", refused, dossier=dossier, given=given)


def _questions(
    request: OfficialRequest,
    pages: Pages,
    violation_base: ViolationBase,
    given: Mapping[str, str],
    refused: ViolationRefused | None = None,
) -> Response[str]:
    found = {"questions": violation_base.questions(), "conflicts": violation_base.conflicts()}
    return _page(request, pages, violation_base, "questions.html", refused, **found, given=given)


def _contest(
    request: OfficialRequest,
    pages: Pages,
    violation_base: ViolationBase,
    contest: str,
    given: Mapping[str, str],
    refused: ViolationRefused | None = None,
) -> Response[str]:
    found, violation = violation_base.contest(request.user, contest)
    return _page(
        request, pages, violation_base, "decide.html", refused, contest=found, violation=violation, given=given
    )


def _page(
    request: OfficialRequest,
    pages: Pages,
    violation_base: ViolationBase,
    template: str,
    refused: ViolationRefused | None = None,
    **context: Any,
) -> Response[str]:
    return pages.answer(
        request,
        f"violations/{template}",
        status=UNPROCESSABLE if refused else 200,
        refused=refused.text(language_of(request)) if refused else "",
        field=refused.field if refused else "",
        waiting=violation_base.waiting(),
        keeps=may(request.user, Permission.KEEP_REGISTRY),
        now=violation_base.now(),
        violation_words=words,
        kind_words=words_of,
        law_in_words=law_in_words,
        text_most=TEXT_MOST,
        **context,
    )
