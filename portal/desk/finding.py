"""The pages of officials: find a declaration by its number, and read its signatures and evidence."""

from typing import Final

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from declarations.errors import DeclarationsError
from declarations.numbering import parse
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.desk.reading import OfficialReading
from portal.pages import Pages, file_answer
from portal.views import SignedIn

SEE_OTHER: Final = 303
NOT_FOUND, UNPROCESSABLE = 404, 422
SHOWN_MOST = 60  # characters of what was asked for
_DECLARATION = f"/declarations{DECLARATION}"

OfficialRequest = Request[SignedIn, None, State]


class FindingPages(Controller):
    path = "/desk"
    opt = {"need": Permission.READ_EVIDENCE}  # noqa: RUF012
    dependencies = ADDRESS

    @get("/declarations", name="find-declaration", sync_to_thread=True)
    def search(
        self, request: OfficialRequest, pages: NamedDependency[Pages], number: FromQuery[str | None] = None
    ) -> Response[str] | Redirect:
        """Ask for a registration number; with one, lead to its declaration."""
        if number is None:
            return _ask(request, pages)
        try:
            office, day, serial = str(parse(number)).split("/")
        except DeclarationsError:
            return _ask(request, pages, UNPROCESSABLE, number)
        found = request.app.route_reverse("desk-signatures", office=office, day=day, serial=serial)
        return Redirect(found, status_code=SEE_OTHER)

    @get(_DECLARATION, name="desk-signatures", sync_to_thread=True)
    def signatures_page(
        self,
        request: OfficialRequest,
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        official_reading: NamedDependency[OfficialReading],
    ) -> Response[str]:
        """Show who signed a declaration and its notice, whether that is valid, and what proves it."""
        page = official_reading.signatures(request.user, address.number)
        if page is None:
            return _ask(request, pages, NOT_FOUND, address.number)
        return pages.answer(request, "desk/evidence.html", page=page, address=address.parts())

    @get(f"{_DECLARATION}/notice", name="desk-notice", sync_to_thread=True)
    def notice(
        self,
        request: OfficialRequest,
        address: NamedDependency[Address],
        official_reading: NamedDependency[OfficialReading],
    ) -> Response[bytes]:
        """Send the sealed notice of the decision, as a file."""
        content = official_reading.notice(request.user, address.number)
        return file_answer(content, address.file("notice"))

    @get(f"{_DECLARATION}/declaration", name="desk-declaration", sync_to_thread=True)
    def document(
        self,
        request: OfficialRequest,
        address: NamedDependency[Address],
        official_reading: NamedDependency[OfficialReading],
    ) -> Response[bytes]:
        """Send the signed declaration as received, as a file."""
        content = official_reading.declaration(request.user, address.number)
        return file_answer(content, address.file("declaration"))

    @get(f"{_DECLARATION}/evidence", name="desk-evidence", sync_to_thread=True)
    def evidence(
        self,
        request: OfficialRequest,
        address: NamedDependency[Address],
        official_reading: NamedDependency[OfficialReading],
    ) -> Response[bytes]:
        """Send the evidence bundle, as a file."""
        content = official_reading.evidence(request.user, address.number)
        return file_answer(content, address.file("evidence", "json"), "application/json")


def _ask(request: OfficialRequest, pages: Pages, status: int = 200, number: str = "") -> Response[str]:
    """Return the form; with a status that tells what is wrong with the number."""
    return pages.answer(
        request,
        "desk/find.html",
        status=status,
        number=number[:SHOWN_MOST],
        malformed=status == UNPROCESSABLE,
        missing=status == NOT_FOUND,
    )
