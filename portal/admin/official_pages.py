"""Pages of officials and posts: the list, a person's appointments, appointing, ending at once."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from declarations.reference import Reference
from portal.access import Permission
from portal.admin import words
from portal.admin.appointing import Appointments, Wish
from portal.admin.errors import Refused
from portal.admin.forms import SEARCH_MOST, SEE_OTHER, AdminRequest, Search, day, many, one, show
from portal.admin.posts import Posts
from portal.form_fields import Given
from portal.pages import Pages, go, language_of


class OfficialPages(Controller):
    path = "/admin/officials"
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get(name="officials", sync_to_thread=True)
    def listed(
        self,
        request: AdminRequest,
        pages: NamedDependency[Pages],
        appointments: NamedDependency[Appointments],
        search: FromQuery[str] = "",
        status: FromQuery[str] = "serving",
        role: FromQuery[str] = "",
        office: FromQuery[str] = "",
        page: FromQuery[int] = 1,
    ) -> Response[str]:
        """List who holds, will hold and held which office."""
        wanted = Search(search.strip()[:SEARCH_MOST], status if status in words.OFFICIAL_STATES else "", role, office)
        found = appointments.page(text=wanted.text, state=wanted.state, role=role, post=office, number=page)
        return show(
            request,
            pages,
            "officials.html",
            {},
            found=found,
            wanted=wanted,
            posts=_posts(request, appointments),
            today=appointments.today(),
            query={"search": wanted.text, "status": wanted.state or "all", "role": role, "office": office},
        )

    @get("/new", name="appoint-official", sync_to_thread=True)
    def form(
        self, request: AdminRequest, pages: NamedDependency[Pages], appointments: NamedDependency[Appointments]
    ) -> Response[str]:
        return _form(request, pages, appointments, {"valid_from": appointments.today().isoformat()})

    @post("/new", name="appoint", status_code=SEE_OTHER, sync_to_thread=True)
    def appoint(
        self,
        request: AdminRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        appointments: NamedDependency[Appointments],
    ) -> Response[str] | Redirect:
        """Appoint an official: the person may sign in from the first day on."""
        try:
            identifier = appointments.appoint(request.user, _wish(data))
        except Refused as refused:
            return _form(request, pages, appointments, data, refused)
        return go(request, "official", appointment=identifier)

    @get("/{appointment:int}", name="official", sync_to_thread=True)
    def official(
        self,
        request: AdminRequest,
        appointment: FromPath[int],
        pages: NamedDependency[Pages],
        appointments: NamedDependency[Appointments],
    ) -> Response[str]:
        """Show a person's appointments, and who made them."""
        return _official(request, pages, appointments, appointment)

    @post("/{appointment:int}/end", name="end-official", status_code=SEE_OTHER, sync_to_thread=True)
    def end(
        self,
        request: AdminRequest,
        appointment: FromPath[int],
        pages: NamedDependency[Pages],
        appointments: NamedDependency[Appointments],
    ) -> Response[str] | Redirect:
        """End an appointment at once: the person's next request is refused."""
        try:
            appointments.end(request.user, appointment)
        except Refused as refused:
            return _official(request, pages, appointments, appointment, refused)
        return go(request, "official", appointment=appointment)


class PostPages(Controller):
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get("/admin/posts", name="posts", sync_to_thread=True)
    def posts(
        self,
        request: AdminRequest,
        pages: NamedDependency[Pages],
        posts: NamedDependency[Posts],
        search: FromQuery[str] = "",
        page: FromQuery[int] = 1,
    ) -> Response[str]:
        """List the posts, who serves at them, and how many inspections they can make."""
        wanted = Search(search.strip()[:SEARCH_MOST])
        found = posts.page(wanted.text, language_of(request), page)
        return show(request, pages, "posts.html", {}, found=found, wanted=wanted, query={"search": wanted.text})


def _wish(data: Given) -> Wish:
    """Return what the form asks for. Raises Refused for days that are none."""
    first, last = day(data, "valid_from"), day(data, "valid_to")
    if first is None:
        raise Refused("from", "valid_from")
    if last is None and one(data, "valid_to"):
        raise Refused("to", "valid_to")
    return Wish(
        iin=one(data, "iin").replace(" ", ""),
        name=" ".join(one(data, "name").split()),
        role=one(data, "role"),
        post=one(data, "post") or None,
        valid_from=first,
        valid_to=last,
        regions=many(data, "regions"),
    )


def _form(
    request: AdminRequest, pages: Pages, appointments: Appointments, given: Given, refused: Refused | None = None
) -> Response[str]:
    return show(
        request, pages, "appoint.html", given, refused, posts=_posts(request, appointments), today=appointments.today()
    )


def _official(
    request: AdminRequest, pages: Pages, appointments: Appointments, identifier: int, refused: Refused | None = None
) -> Response[str]:
    return show(
        request,
        pages,
        "official.html",
        {},
        refused,
        shown=appointments.find(identifier),
        posts=_posts(request, appointments),
        today=appointments.today(),
    )


def _posts(request: AdminRequest, appointments: Appointments) -> dict[str, str]:
    """Return the names of the posts by code, in the reader's language."""
    language = language_of(request)
    offices = Reference.shipped().on(appointments.today()).offices
    return {code: office.names.get(language, code) for code, office in sorted(offices.items())}
