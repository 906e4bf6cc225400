"""Declarations on paper: the PDF for their parties, and the public page that tells whether a paper is genuine."""

import hashlib
import hmac
from datetime import datetime
from typing import Any, Final

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from declarations import store
from declarations.store import Stored
from declarations.writing import content_of
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.database import reading
from portal.declarant.drafting.sheet import sheet_of
from portal.declarant.own import OwnDeclarations
from portal.documents.paper import ItemBoxes, Paper, print_declaration
from portal.office import Office
from portal.pages import AnyRequest, Pages, file_answer, language_of
from portal.views import Lane, SignedIn
from risk_gateway.days import day_of
from signing import verify, xmlgate

MARK_LENGTH: Final = 32  # of the SHA-256 in the address on a paper: nobody guesses it who has not seen the declaration
_ITEMS_MAX: Final = 10_000


class Genuine(Struct, frozen=True):
    """What a stranger with the paper in hand may know."""

    number: str
    version: int
    newest: int
    office: str
    office_name: str
    registered_at: datetime
    outcome: Lane
    status: str
    digest: str


class Printing:
    """What printing needs of the office beside the declaration itself."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def print(self, page: Any, document: bytes, notice: bytes, language: str, portal: str) -> bytes:
        """Return the PDF of a version. `portal` is the address by which it is reached, where the settings name none."""
        with reading(self._office.engine) as connection:
            stored = store.find_by_number(connection, page.summary.registration_number, page.version)
        if stored is None:
            raise NotFoundException
        content = content_of(verify.verify(xmlgate.open_document(document)).root)
        codes = self._office.current().reference.on(day_of(stored.accepted_at))
        sheet = sheet_of(content, codes, language, 1, _ITEMS_MAX)
        place = self._office.settings.public_url or portal
        paper = Paper(
            page=page,
            registered_at=stored.accepted_at,
            boxes=sheet.boxes,
            items=[ItemBoxes(item.number, item.boxes, list(item.payments)) for item in sheet.items],
            payments=sheet.payments,
            document=document,
            notice=notice,
            digest=hashlib.sha256(document).hexdigest(),
            check=f"{place}/verify/{stored.registration_number}/{stored.digest[:MARK_LENGTH]}",
        )
        return print_declaration(paper, language)

    def genuine(self, number: str, mark: str, language: str) -> Genuine | None:
        """Return what is known of a paper; None when its number and its mark do not belong together."""
        with reading(self._office.engine) as connection:
            versions = store.find_versions(connection, number)
        found = next((each for each in versions if _marked(each, mark)), None)
        if found is None:
            return None
        office = self._office.current().reference.on(day_of(found.accepted_at)).offices.get(found.office)
        return Genuine(
            number=found.registration_number,
            version=found.key.version,
            newest=versions[-1].key.version,
            office=found.office,
            office_name=office.name(language) if office else found.office,
            registered_at=found.accepted_at,
            outcome=Lane(found.outcome),
            status=versions[-1].status,
            digest=found.digest,
        )


def _marked(stored: Stored, mark: str) -> bool:
    return hmac.compare_digest(stored.digest[:MARK_LENGTH].encode(), mark.encode())


class PrintedPages(Controller):
    @get(
        f"/declarations{DECLARATION}/print",
        name="print-declaration",
        opt={"need": Permission.READ_DECLARATIONS},
        dependencies=ADDRESS,
        sync_to_thread=True,
    )
    def printed(
        self,
        request: Request[SignedIn, None, State],
        address: NamedDependency[Address],
        own: NamedDependency[OwnDeclarations],
        printing: NamedDependency[Printing],
        version: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        """Send the declaration with its decision as PDF/A, the originals inside."""
        language = language_of(request)
        page = own.find(request.user, address.number, language, version)
        document = own.document(request.user, address.number, version)
        notice = own.notice(request.user, address.number, version)
        if page is None or document is None or notice is None:
            raise NotFoundException
        content = printing.print(page, document, notice, language, str(request.base_url).rstrip("/"))
        return file_answer(content, address.file("declaration", "pdf"), "application/pdf")

    @get(
        f"/verify{DECLARATION}/{{mark:str}}",
        name="verify-paper",
        opt={"need": Permission.SEE_PUBLIC_PAGES},
        dependencies=ADDRESS,
        sync_to_thread=True,
    )
    def verify_page(
        self,
        request: AnyRequest,
        address: NamedDependency[Address],
        mark: FromPath[str],
        pages: NamedDependency[Pages],
        printing: NamedDependency[Printing],
    ) -> Response[str]:
        """Tell anybody who holds a printed declaration whether customs has it, and how it stands now."""
        found = printing.genuine(address.number, mark, language_of(request))
        if found is None:
            return pages.answer(request, "account/not_genuine.html", status=404, number=address.number)
        return pages.answer(request, "account/genuine.html", found=found)
