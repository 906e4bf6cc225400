"""The declarations that a declarant or a broker may see: the list, one declaration, and its two files."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery

from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.declarant.listing import FILTER, Filter
from portal.declarant.own import OwnDeclarations
from portal.declarant.pages import ITEMS_ON_PAGE, earliest_deadline, items_from
from portal.declarant.standing import OwnCases, about
from portal.pages import Pages, file_answer, language_of, wants_fragment
from portal.views import SignedIn

ROWS_ON_PAGE = 25

PersonRequest = Request[SignedIn, None, State]


class DeclarationPages(Controller):
    path = "/declarations"
    opt = {"need": Permission.READ_DECLARATIONS}  # noqa: RUF012
    dependencies = {**ADDRESS, **FILTER}  # noqa: RUF012

    @get(name="declarations", sync_to_thread=True)
    def list_page(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        own: NamedDependency[OwnDeclarations],
        filtered: NamedDependency[Filter],
        after: FromQuery[int | None] = None,
    ) -> Response[str]:
        """Show a page of the list, or with htmx only its rows."""
        found = own.page_of(
            request.user, outcome=filtered.outcome, after=after, limit=ROWS_ON_PAGE, search=filtered.search
        )
        template = "declarant/_list.html" if wants_fragment(request) else "declarant/list.html"
        return pages.answer(
            request,
            template,
            found=found,
            filtered=filtered,
            after=after,
            counts=own.counts(request.user),
            drafts=own.drafts(request.user),
        )

    @get(DECLARATION, name="declaration", sync_to_thread=True)
    def declaration_page(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        own: NamedDependency[OwnDeclarations],
        own_cases: NamedDependency[OwnCases],
        first_item: FromQuery[int] = 1,
        version: FromQuery[int | None] = None,
    ) -> Response[str]:
        """Show one declaration with its decision, the newest version unless one is named, or with htmx only a page of
        its items."""
        page = own.find(request.user, address.number, language_of(request), version)
        standing = own_cases.standing(request.user, address.number) if page else None
        if page is None or standing is None:
            raise NotFoundException
        context: dict[str, Any] = {
            "page": page,
            **about(standing, address, language_of(request)),
            "items": items_from(page, first_item),
            "items_on_page": ITEMS_ON_PAGE,
        }
        if wants_fragment(request):
            return pages.answer(request, "declarant/_items.html", **context)
        deadline = earliest_deadline(page.decision)
        return pages.answer(request, "declarant/declaration.html", deadline=deadline, **context)

    @get(f"{DECLARATION}/signatures", name="signatures", sync_to_thread=True)
    def signatures_page(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        own: NamedDependency[OwnDeclarations],
    ) -> Response[str]:
        """Show who signed the declaration and its notice, whether that is valid, and what proves it."""
        page = own.signatures(request.user, address.number)
        if page is None:
            raise NotFoundException
        return pages.answer(request, "declarant/signatures.html", page=page, address=address.parts())

    @get(f"{DECLARATION}/selection", name="random-draw", sync_to_thread=True)
    def random_draw_page(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        own: NamedDependency[OwnDeclarations],
    ) -> Response[str]:
        """Show whether the declaration was drawn at random, for checking it by hand."""
        drawn = own.random_draw(request.user, address.number)
        if drawn is None:
            raise NotFoundException
        return pages.answer(request, "declarant/random_draw.html", drawn=drawn, address=address.parts())

    @get(f"{DECLARATION}/evidence", name="evidence", sync_to_thread=True)
    def evidence(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        own: NamedDependency[OwnDeclarations],
    ) -> Response[bytes]:
        """Send the evidence bundle, as a file."""
        content = own.evidence(request.user, address.number)
        return file_answer(content, address.file("evidence", "json"), "application/json")

    @get(f"{DECLARATION}/notice", name="notice", sync_to_thread=True)
    def notice(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        own: NamedDependency[OwnDeclarations],
        version: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        """Send the sealed notice of the decision, as a file."""
        return file_answer(own.notice(request.user, address.number, version), address.file("notice"))

    @get(f"{DECLARATION}/declaration", name="signed-declaration", sync_to_thread=True)
    def document(
        self,
        request: PersonRequest,
        address: NamedDependency[Address],
        own: NamedDependency[OwnDeclarations],
        version: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        """Send the signed declaration as received, as a file."""
        content = own.document(request.user, address.number, version)
        return file_answer(content, address.file("declaration"))
