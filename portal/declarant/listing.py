"""What a reader looks for in the list of declarations, as its address says it, and the list as a file."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from declarations.search import TEXT_MAX, Group, Search
from portal.access import Permission
from portal.declarant.own import OwnDeclarations
from portal.documents.sheets import as_csv, as_workbook
from portal.pages import file_answer, language_of
from portal.views import DeclarationSummary, Lane, SignedIn

EXPORTED_MAX: Final = 50_000
_AT_ONCE: Final = 1_000
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class LaneName(StrEnum):
    """How an outcome is called in an address."""

    RELEASE = "release"
    DOCUMENTS = "documents"
    INSPECTION = "inspection"


class Format(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


class Filter(Struct, frozen=True):
    """What is looked for; `wrong` names dates that are none, which are left out."""

    search: Search
    lane: LaneName | None
    sent: dict[str, str]
    wrong: tuple[str, ...]

    @property
    def outcome(self) -> Lane | None:
        return None if self.lane is None else Lane[self.lane.name]

    @property
    def lanes(self) -> list[LaneName]:
        return list(LaneName)

    @property
    def active(self) -> bool:
        """Tell whether something is asked for in the form."""
        return any(self.sent.values())

    def query(self, **changes: object) -> str:
        """Return the end of an address that asks for the same, but for what is changed; None leaves out."""
        asked = {**self.sent, "lane": self.lane, **changes}
        said = urlencode({name: str(value) for name, value in asked.items() if value not in (None, "")})
        return f"?{said}" if said else ""


def _filter(
    lane: FromQuery[LaneName | None] = None,
    q: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    group: FromQuery[str] = "",
) -> Filter:
    days = {name: _day(text) for name, text in (("since", since), ("until", until))}
    wrong = tuple(name for name, text in (("since", since), ("until", until)) if text and days[name] is None)
    kept = Group(group) if group in list(Group) else None
    search = Search(q.strip()[:TEXT_MAX], days["since"], days["until"], kept)
    sent = {"q": search.text, "since": since, "until": until, "group": kept.value if kept else ""}
    return Filter(search, lane, sent, wrong)


FILTER: Final = {"filtered": Provide(_filter, sync_to_thread=False)}


class ListFiles(Controller):
    path = "/declarations/export"
    opt = {"need": Permission.READ_DECLARATIONS}  # noqa: RUF012
    dependencies = FILTER

    @get("/{ending:str}", name="export-declarations", sync_to_thread=True)
    def export(
        self,
        request: Request[SignedIn, None, State],
        own: NamedDependency[OwnDeclarations],
        filtered: NamedDependency[Filter],
        ending: FromPath[str],
    ) -> Response[bytes]:
        """Send what the list shows, all pages of it, for a spreadsheet."""
        if ending not in tuple(Format):
            raise NotFoundException
        rows = _rows(own, request.user, filtered)
        if ending == Format.CSV:
            return file_answer(as_csv(rows, language_of(request)), "declarations.csv", "text/csv; charset=utf-8")
        return file_answer(as_workbook(rows, language_of(request)), "declarations.xlsx", _WORKBOOK)


def _rows(own: OwnDeclarations, person: SignedIn, filtered: Filter) -> Iterator[DeclarationSummary]:
    after: int | None = None
    for _ in range(EXPORTED_MAX // _AT_ONCE):
        found = own.page_of(person, outcome=filtered.outcome, after=after, limit=_AT_ONCE, search=filtered.search)
        yield from found.rows
        after = found.next_after
        if after is None:
            return


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None
