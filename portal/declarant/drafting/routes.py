"""The list of drafts, and how a draft begins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.declarant.drafting.form import Kind
from portal.declarant.drafting.service import Drafting
from portal.declarant.drafting.store import Draft
from portal.pages import Pages, language_of
from portal.views import SignedIn

SEE_OTHER: Final = 303
REFUSED: Final = 422
DRAFTS_ON_PAGE: Final = 50

PersonRequest = Request[SignedIn, None, State]
Sent = URLEncodedBody[dict[str, Any]]


def found_draft(request: PersonRequest, draft: FromPath[str], drafting: NamedDependency[Drafting]) -> Draft:
    """Return the draft of the address; what is not this person's is not found."""
    found = drafting.find(request.user, draft)
    if found is None:
        raise NotFoundException
    return found


DRAFT: Final = {"found": Provide(found_draft, sync_to_thread=True)}


class DraftPages(Controller):
    path = "/drafts"
    opt = {"need": Permission.DRAFT_DECLARATIONS}  # noqa: RUF012

    @get(name="drafts", sync_to_thread=True)
    def list_page(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
        before: FromQuery[datetime | None] = None,
    ) -> Response[str]:
        """Show drafts and templates of the own organisation; `before` leads to those changed earlier."""
        drafts, earlier = drafting.page_of(request.user, before=before, limit=DRAFTS_ON_PAGE)
        principals = {each.identifier: each.name for each in drafting.principals(request.user)}
        return pages.answer(
            request,
            "drafting/list.html",
            drafts=drafts,
            earlier=earlier,
            before=before,
            templates=drafting.listing(request.user, template=True, limit=DRAFTS_ON_PAGE),
            principals=principals,
        )

    @get("/new", name="new-draft", sync_to_thread=True)
    def new_page(
        self, request: PersonRequest, pages: NamedDependency[Pages], drafting: NamedDependency[Drafting]
    ) -> Response[str]:
        """Ask what is to be declared, and for whom."""
        return self._new_page(request, pages, drafting, {}, [])

    @post("/new", name="begin-draft", sync_to_thread=True)
    def begin(
        self,
        request: PersonRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        drafting: NamedDependency[Drafting],
    ) -> Response[str] | Redirect:
        """Begin a draft. Raises what a principal whose power ended is answered with: not found."""
        sent = strings(data)
        kind = next((each for each in Kind if each.value == sent.get("kind")), None)
        allowed = drafting.principals(request.user)
        declarant = next((each for each in allowed if each.identifier == sent.get("declarant")), None)
        if declarant is None and len(allowed) == 1:
            declarant = allowed[0]
        wrong = [name for name, value in (("kind", kind), ("declarant", declarant)) if value is None]
        if kind is not None and declarant is not None and kind.type_code not in declarant.types:
            wrong = ["scope"]
        if wrong or kind is None or declarant is None:
            return self._new_page(request, pages, drafting, sent, wrong)
        language = language_of(request)
        draft = drafting.begin(request.user, kind, declarant, sent.get("name", "").strip(), language)
        return see_other(request, "draft", draft=draft.id)

    def _new_page(
        self, request: PersonRequest, pages: Pages, drafting: Drafting, sent: Mapping[str, str], wrong: list[str]
    ) -> Response[str]:
        return pages.answer(
            request,
            "drafting/new.html",
            status=REFUSED if wrong else 200,
            principals=drafting.principals(request.user),
            templates=drafting.listing(request.user, template=True, limit=DRAFTS_ON_PAGE),
            kinds=list(Kind),
            sent=sent,
            wrong=wrong,
        )


class DraftOfDeclaration(Controller):
    path = "/declarations"
    opt = {"need": Permission.DRAFT_DECLARATIONS}  # noqa: RUF012
    dependencies = ADDRESS

    @post(f"{DECLARATION}/correct", name="draft-correction", sync_to_thread=True)
    def correct(
        self, request: PersonRequest, address: NamedDependency[Address], drafting: NamedDependency[Drafting]
    ) -> Redirect:
        """Begin the correction of a lodged declaration."""
        draft = drafting.correct(request.user, address.number)
        if draft is None:
            raise NotFoundException
        return see_other(request, "draft", draft=draft.id)

    @post(f"{DECLARATION}/copy", name="copy-declaration", sync_to_thread=True)
    def copy(
        self, request: PersonRequest, address: NamedDependency[Address], drafting: NamedDependency[Drafting]
    ) -> Redirect:
        """Begin a new declaration like a lodged one."""
        draft = drafting.copy_of_lodged(request.user, address.number)
        if draft is None:
            raise NotFoundException
        return see_other(request, "draft", draft=draft.id)


def strings(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what a form sent, each name once: of a name that came twice the last, as browsers fill it in."""
    return {name: str(value[-1] if isinstance(value, list) else value) for name, value in data.items()}


def see_other(request: PersonRequest, route: str, rest: str = "", **parameters: Any) -> Redirect:
    return Redirect(request.app.route_reverse(route, **parameters) + rest, status_code=SEE_OTHER)
