"""One case: what is declared, why it was stopped, what has been done, and every file of it."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from declarations.lifecycle import Action, Move
from portal.access import Permission, may
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.casework import reasons
from portal.casework.model import Case
from portal.desk import words as desk_words
from portal.desk.service import Desk
from portal.pages import Pages, file_answer, language_of, wants_fragment
from portal.views import ReadPart, SignedIn

ITEMS_ON_PAGE: Final = 50
SHOWN_IN_PLACE: Final = frozenset({"image/png", "image/jpeg"})  # found from the content; nothing in them can run
_CASE: Final = f"/cases{DECLARATION}"

OfficerRequest = Request[SignedIn, None, State]


class CasePages(Controller):
    path = "/desk"
    opt = {"need": Permission.WORK_CASES}  # noqa: RUF012
    dependencies = ADDRESS

    @get(_CASE, name="case", sync_to_thread=True)
    def case_page(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
        first_item: FromQuery[int] = 1,
        part: FromQuery[str] = "",
    ) -> Response[str]:
        """Show a case, or with htmx only what changes in it (`part`), or another page of its goods."""
        if wants_fragment(request) and part in ("head", "history"):
            return _part(request, address, pages, desk, part)
        if wants_fragment(request):
            return _goods(request, address, pages, desk, first_item)
        opened = desk.open(request.user, address.number, language_of(request))
        if opened is None:
            raise NotFoundException
        context = about(request, desk, opened.case)
        return pages.answer(
            request,
            "desk/case.html",
            **context,
            address=address.parts(),
            file=opened.file,
            page=opened.file.page,
            clock=opened.clock,
            history=opened.history,
            signatures=opened.signatures,
            items=items_from(opened.file.page.items, first_item),
            items_on_page=ITEMS_ON_PAGE,
        )

    @get(f"{_CASE}/files/{{file:str}}", name="case-file", sync_to_thread=True)
    def file(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        desk: NamedDependency[Desk],
        file: FromPath[str],
        show: FromQuery[bool] = False,
    ) -> Response[bytes]:
        """Send a file that was submitted; a picture, when asked to show it, in place."""
        info, content = desk.casework.file(request.user, address.number, file)
        desk.journal(request.user, address.number, ReadPart.FILE)
        if show and info.media_type in SHOWN_IN_PLACE:
            headers = {"Content-Disposition": "inline", "Content-Security-Policy": "default-src 'none'; sandbox"}
            return Response(content, media_type=info.media_type, headers=headers)
        answer = file_answer(content, "file", info.media_type)
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(info.name, safe='')}"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return answer

    @get(f"{_CASE}/statements/{{statement:str}}", name="case-statement", sync_to_thread=True)
    def statement(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        desk: NamedDependency[Desk],
        statement: FromPath[str],
    ) -> Response[bytes]:
        """Send a statement as it was signed, as a file."""
        content = desk.casework.statement(request.user, address.number, statement)
        desk.journal(request.user, address.number, ReadPart.FILE)
        return file_answer(content, address.file(f"statement-{statement[:8]}"))

    @get(f"{_CASE}/statements/{{statement:str}}/annex", name="case-annex", sync_to_thread=True)
    def annex(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        desk: NamedDependency[Desk],
        statement: FromPath[str],
    ) -> Response[bytes]:
        """Send the confidential annex of an inspection act, as a file."""
        content = desk.casework.annex(request.user, address.number, statement)
        desk.journal(request.user, address.number, ReadPart.FILE)
        return file_answer(content, address.file(f"annex-{statement[:8]}"))

    @get(f"{_CASE}/correction", name="case-correction", sync_to_thread=True)
    def correction(
        self, request: OfficerRequest, address: NamedDependency[Address], desk: NamedDependency[Desk]
    ) -> Response[bytes]:
        """Send the signed correction that waits for a decision, as a file."""
        found = desk.correction(request.user, address.number, language_of(request))
        return file_answer(found.document if found else None, address.file("correction"))

    @get(f"{_CASE}/versions", name="case-versions", sync_to_thread=True)
    def versions(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str]:
        """Show every version of a declaration, and what each changed."""
        found = desk.versions(request.user, address.number, language_of(request))
        return pages.answer(request, "desk/versions.html", versions=found, address=address.parts())

    @get(f"{_CASE}/versions/{{version:int}}", name="case-version", sync_to_thread=True)
    def version(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        desk: NamedDependency[Desk],
        version: FromPath[int],
    ) -> Response[bytes]:
        """Send a version as it was signed, as a file."""
        return file_answer(desk.version(request.user, address.number, version), address.file(f"version-{version}"))

    @get(f"{_CASE}/notices/{{sequence:int}}", name="case-notice", sync_to_thread=True)
    def notice(
        self,
        request: OfficerRequest,
        address: NamedDependency[Address],
        desk: NamedDependency[Desk],
        sequence: FromPath[int],
    ) -> Response[bytes]:
        """Send the sealed notice of a move, as a file."""
        content = desk.casework.notice(request.user, address.number, sequence)
        desk.journal(request.user, address.number, ReadPart.NOTICE)
        return file_answer(content, address.file(f"notice-{sequence}"))


def about(request: OfficerRequest, desk: Desk, case: Case) -> dict[str, Any]:
    """Return what every page on a case shows of it, and what its reader may do."""
    person = request.user
    leads = may(person, Permission.LEAD_POST)
    waiting = [each for each in case.proposals if each.outcome is None]
    return {
        "desk": desk_words,
        "case": case,
        "moves": offered(case.moves),
        "leads": leads,
        "loads": desk.casework.workload(person) if leads else (),
        "waiting": waiting,
        "may_decide": leads and any(each.by_iin != person.iin for each in waiting),
        "reason_word": partial(reason_word, language=language_of(request)),
        "open_appeals": [each for each in case.appeals if each.upheld is None],
    }


def reason_word(action: str, code: str, language: str) -> str:
    """Return what a coded reason means; a code that is in no list any more is shown as it is."""
    try:
        return reasons.words(Action(action), code).into(language)
    except (KeyError, ValueError):
        return code


def offered(moves: Sequence[Move]) -> list[Action]:
    """Return the actions that have a form, each once, those that only stop the goods last."""
    actions = dict.fromkeys(move.action for move in moves if move.action in desk_words.ACTIONS)
    order = list(desk_words.ACTIONS)
    return sorted(actions, key=lambda action: (desk_words.ACTIONS[action].warning, order.index(action)))


def items_from(items: Sequence[Any], first: int) -> Sequence[Any]:
    """Return a page of items, beginning with the item of number `first` or the one after it."""
    return [item for item in items if item.sequence >= first][:ITEMS_ON_PAGE]


def _part(request: OfficerRequest, address: Address, pages: Pages, desk: Desk, part: str) -> Response[str]:
    case, clock, history = desk.glance(request.user, address.number)
    template = {"head": "desk/_head.html", "history": "desk/_history.html"}[part]
    context = about(request, desk, case)
    return pages.answer(request, template, **context, address=address.parts(), clock=clock, history=history)


def _goods(request: OfficerRequest, address: Address, pages: Pages, desk: Desk, first: int) -> Response[str]:
    file = desk.goods(request.user, address.number, language_of(request))
    if file is None:
        raise NotFoundException
    return pages.answer(
        request,
        "desk/_goods.html",
        address=address.parts(),
        file=file,
        page=file.page,
        items=items_from(file.page.items, first),
        items_on_page=ITEMS_ON_PAGE,
        moved=True,
    )
