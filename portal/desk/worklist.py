"""The worklist of a post: which cases wait, how long they may, and who has them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Struct, structs

from declarations.lifecycle import OPEN, Status
from portal.access import Permission, Role, may
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.casework.errors import CaseRefused
from portal.desk import words as desk_words
from portal.desk.clock import clock_of
from portal.desk.forms import many
from portal.desk.service import Desk
from portal.form_fields import Given as Fields
from portal.form_fields import one
from portal.pages import Pages, language_of, wants_fragment
from portal.views import Lane, SignedIn

ROWS_ON_PAGE: Final = 50
SEE_OTHER: Final = 303
CONFLICT: Final = 409
ASSIGNED_AT_ONCE: Final = 100
SEARCHED_MOST: Final = 60  # characters
ME, NOBODY = "me", "nobody"
PROPOSALS, APPEALS = "proposals", "appeals"

OfficerRequest = Request[SignedIn, None, State]


class LaneChoice(StrEnum):
    """How lanes are called in an address."""

    DOCUMENTS = "documents"
    INSPECTION = "inspection"
    ALL = "all"

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return () if self is LaneChoice.ALL else (Lane[self.name],)


_OF_ROLE: Mapping[Role, LaneChoice] = {
    Role.DOCUMENT_OFFICER: LaneChoice.DOCUMENTS,
    Role.INSPECTOR: LaneChoice.INSPECTION,
}


class Filter(Struct, frozen=True):
    """What the list is narrowed to. `assignee` is "me", "nobody", an IIN, or empty for anybody's; `waiting` is what
    waits for the chief, "proposals" or "appeals"."""

    lane: LaneChoice
    status: Status | None = None
    assignee: str = ""
    overdue: bool = False
    waiting: str = ""
    search: str = ""

    def query(self, after: int | None = None, **changes: Any) -> str:
        """Return the query of an address that shows this filter with some changes."""
        wanted = structs.replace(self, **changes)
        parts = {
            "lane": str(wanted.lane),
            "status": wanted.status.value if wanted.status else None,
            "assignee": wanted.assignee,
            "overdue": "true" if wanted.overdue else None,
            "waiting": wanted.waiting,
            "search": wanted.search,
            "after": after,
        }
        return "?" + urlencode({name: value for name, value in parts.items() if value})

    @property
    def narrowed(self) -> bool:
        return bool(self.status or self.assignee or self.overdue or self.waiting or self.search)

    def iin_of(self, person: SignedIn) -> str | None:
        """Return whose cases are wanted, as the store is asked: nobody's are those of ""."""
        return {"": None, ME: person.iin, NOBODY: ""}.get(self.assignee, self.assignee)


class WorklistPages(Controller):
    path = "/desk"
    opt = {"need": Permission.WORK_CASES}  # noqa: RUF012
    dependencies = ADDRESS

    @get(name="worklist", sync_to_thread=True)
    def worklist(
        self,
        request: OfficerRequest,
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
        lane: FromQuery[str] = "",
        status: FromQuery[str] = "",
        assignee: FromQuery[str] = "",
        overdue: FromQuery[bool] = False,
        waiting: FromQuery[str] = "",
        search: FromQuery[str] = "",
        after: FromQuery[int | None] = None,
    ) -> Response[str]:
        """Show a page of the open cases, or with htmx only its list."""
        chosen = _filter(request.user, lane, status, assignee, overdue, waiting, search)
        return _show(request, pages, desk, chosen, after)

    @post(f"/cases{DECLARATION}/claim", name="claim-case", status_code=SEE_OTHER, sync_to_thread=True)
    def claim(
        self,
        request: OfficerRequest,
        data: URLEncodedBody[dict[str, Any]],
        address: NamedDependency[Address],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Take a case, or with `release` give the own one back, and return to the list."""
        try:
            if one(data, "release"):
                desk.casework.assign(request.user, address.number, None)
            else:
                desk.casework.claim(request.user, address.number)
        except CaseRefused as error:
            return _show_again(request, pages, desk, data, error)
        return _back(request, data)

    @post("/assign", name="assign-cases", opt={"need": Permission.LEAD_POST}, sync_to_thread=True)
    def assign(
        self,
        request: OfficerRequest,
        data: URLEncodedBody[dict[str, Any]],
        pages: NamedDependency[Pages],
        desk: NamedDependency[Desk],
    ) -> Response[str] | Redirect:
        """Give the marked cases to an official of the post, or to nobody."""
        try:
            for number in many(data, "number")[:ASSIGNED_AT_ONCE]:
                desk.casework.assign(request.user, number, one(data, "to") or None)
        except CaseRefused as error:
            return _show_again(request, pages, desk, data, error)
        return _back(request, data)


def _filter(
    person: SignedIn, lane: str, status: str, assignee: str, overdue: bool, waiting: str, search: str
) -> Filter:
    """Return what is asked for; what is not understood is left out, and a role begins with its own lane."""
    return Filter(
        LaneChoice(lane) if lane in LaneChoice.__members__.values() else _OF_ROLE.get(person.role, LaneChoice.ALL),
        Status(status) if status in OPEN else None,
        assignee[:SEARCHED_MOST],
        overdue,
        waiting if waiting in (PROPOSALS, APPEALS) else "",
        search.strip()[:SEARCHED_MOST],
    )


def _show(
    request: OfficerRequest,
    pages: Pages,
    desk: Desk,
    chosen: Filter,
    after: int | None,
    refused: CaseRefused | None = None,
) -> Response[str]:
    person, language, now = request.user, language_of(request), desk.clock.now()
    found = desk.casework.worklist(
        person,
        lanes=chosen.lane.lanes,
        statuses=(chosen.status,) if chosen.status else (),
        assignee=chosen.iin_of(person),
        overdue=chosen.overdue,
        proposals=chosen.waiting == PROPOSALS,
        appeals=chosen.waiting == APPEALS,
        search=chosen.search,
        after=after,
        limit=ROWS_ON_PAGE,
    )
    leads = may(person, Permission.LEAD_POST)
    return pages.answer(
        request,
        "desk/_worklist.html" if wants_fragment(request) else "desk/worklist.html",
        status=CONFLICT if refused else 200,
        desk=desk_words,
        found=found,
        chosen=chosen,
        after=after,
        lanes=list(LaneChoice),
        statuses=OPEN,
        loads=desk.casework.workload(person) if leads else (),
        leads=leads,
        clocks={row.number: clock_of(row.limit, row.status in OPEN, now) for row in found.rows},
        refused=refused.text(language) if refused else None,
    )


def _query_of(fields: Fields) -> dict[str, str]:
    return dict(parse_qsl(one(fields, "back").lstrip("?")[:500]))


def _back(request: OfficerRequest, fields: Fields) -> Redirect:
    """Return to the list as it was filtered, or to the case."""
    if case := one(fields, "case"):
        office, day, serial = [*case.split("/"), "", "", ""][:3]
        opened = request.app.route_reverse("case", office=office, day=day, serial=serial)
        return Redirect(opened, status_code=SEE_OTHER)
    query = _query_of(fields)
    address = request.app.route_reverse("worklist")
    return Redirect(f"{address}?{urlencode(query)}" if query else address, status_code=SEE_OTHER)


def _show_again(
    request: OfficerRequest, pages: Pages, desk: Desk, fields: Fields, refused: CaseRefused
) -> Response[str]:
    query = _query_of(fields)
    chosen = _filter(
        request.user,
        query.get("lane", ""),
        query.get("status", ""),
        query.get("assignee", ""),
        query.get("overdue") == "true",
        query.get("waiting", ""),
        query.get("search", ""),
    )
    after = query.get("after", "")
    return _show(request, pages, desk, chosen, int(after) if after.isdecimal() and len(after) < 19 else None, refused)
