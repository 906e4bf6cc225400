"""The first page of administration, reference data, and health."""

from datetime import date

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromQuery, MultipartBody
from litestar.response import Redirect
from msgspec import Struct

from declarations.reference.csv_file import FileUnreadable
from portal.access import Permission
from portal.admin.condition import Health
from portal.admin.errors import Refused
from portal.admin.forms import SEE_OTHER, AdminRequest, show
from portal.admin.reference import BYTES_MOST, ReferenceDesk
from portal.pages import Pages, go

PROBLEMS_SHOWN = 20


class SentFile(Struct, frozen=True):
    tariff: UploadFile | None = None
    rates: UploadFile | None = None


class SystemPages(Controller):
    path = "/admin"
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get(name="administration", sync_to_thread=True)
    def overview(
        self, request: AdminRequest, pages: NamedDependency[Pages], health: NamedDependency[Health]
    ) -> Response[str]:
        """Show what needs an administrator, and the way to everything."""
        return show(request, pages, "overview.html", {}, overview=health.overview())

    @get("/health", name="administration-health", sync_to_thread=True)
    def health(
        self, request: AdminRequest, pages: NamedDependency[Pages], health: NamedDependency[Health]
    ) -> Response[str]:
        """Show whether the portal is well, and what to do where it is not."""
        return show(request, pages, "health.html", {}, found=health.examine())

    @get("/reference", name="reference-data", sync_to_thread=True)
    def reference(
        self,
        request: AdminRequest,
        pages: NamedDependency[Pages],
        reference_desk: NamedDependency[ReferenceDesk],
        day: FromQuery[str] = "",
    ) -> Response[str]:
        """Show which reference data are in force on a day."""
        return _reference(request, pages, reference_desk, day)

    @post("/reference", name="load-tariff", status_code=SEE_OTHER)
    async def load_tariff(
        self,
        request: AdminRequest,
        data: MultipartBody[SentFile],
        pages: NamedDependency[Pages],
        reference_desk: NamedDependency[ReferenceDesk],
    ) -> Response[str] | Redirect:
        """Put a full tariff into force."""
        return await _load(request, pages, reference_desk, "tariff", data.tariff)

    @post("/reference/rates", name="load-rates", status_code=SEE_OTHER)
    async def load_rates(
        self,
        request: AdminRequest,
        data: MultipartBody[SentFile],
        pages: NamedDependency[Pages],
        reference_desk: NamedDependency[ReferenceDesk],
    ) -> Response[str] | Redirect:
        """Put exchange rates on record, each in force from its day."""
        return await _load(request, pages, reference_desk, "rates", data.rates)


async def _load(
    request: AdminRequest, pages: Pages, reference_desk: ReferenceDesk, what: str, sent: UploadFile | None
) -> Response[str] | Redirect:
    content = b"" if sent is None else await sent.read(BYTES_MOST + 1)
    try:
        reference_desk.load(request.user, what, "" if sent is None else sent.filename, content)
    except FileUnreadable as unreadable:
        wrong = unreadable.problems[:PROBLEMS_SHOWN]
        return _reference(request, pages, reference_desk, "", Refused(what, what), wrong)
    except Refused as refused:
        return _reference(request, pages, reference_desk, "", refused)
    return go(request, "reference-data")


def _reference(
    request: AdminRequest,
    pages: Pages,
    reference_desk: ReferenceDesk,
    day: str,
    refused: Refused | None = None,
    problems: tuple[tuple[int, str, str], ...] = (),
) -> Response[str]:
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        wanted = reference_desk.today()
    found = reference_desk.in_force(wanted)
    return show(
        request, pages, "reference.html", {}, refused, found=found, problems=problems, today=reference_desk.today()
    )
