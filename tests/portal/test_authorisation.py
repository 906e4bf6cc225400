"""Who may open what: every person of the cast at every address of the portal, with what is theirs and what is others'.

The addresses come from the route table of the served application. An address that names something (a declaration, a
draft, a token) must have its owners in `OWNERS`, or the tests fail. Whoever lacks the permission is told so (403, or
the way to sign in); whoever has it but is not an owner gets what an address of nothing gets: 404.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import auditing_after
import carrying
import caseworking
import offices
import pki
import pytest
import registering
import things
import travelling
import violating
from caseworking import RED, YELLOW, person
from cast import PARTICIPANTS, PERSONS
from httpx import Response
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from sqlalchemy import select
from sqlmodel import SQLModel

from declarations.lifecycle import Action, StatementKind
from portal.access import Permission, may
from portal.app import create_app
from portal.browser import MACHINE_PATHS
from portal.casework.model import Writing
from portal.database import reading
from portal.office import Office
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.profiles import Outcome

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the cast signs in on SQLite only")

NOBODY = "nobody"
EVERYBODY = (NOBODY, *PERSONS)
ENDLESS = "/live/"  # an answer of events does not end: what it says to others does


class Route(NamedTuple):
    method: str
    path: str
    need: Permission

    @property
    def names_something(self) -> bool:
        return "{" in self.path and self.need is not Permission.SEE_PUBLIC_PAGES


class Owners(NamedTuple):
    """`prefix` of the addresses, what stands in their places, and those of the cast whose it is."""

    prefix: str
    owners: frozenset[str]
    places: str  # the name of the thing in `World.places`


ALTYNS = frozenset({"anna", "berik"})  # the declarant, and the broker with its power of attorney
OF_THE_POST = frozenset({"nurlan", "dana", "erlan"})
ADMINISTRATORS = frozenset({"asel", "aliya"})
READERS = OF_THE_POST | {"saule", "timur", "marat", "bolat"}
DECLARATION = "/declarations/{office:str}/{day:str}/{serial:str}"
CASE = "/desk/cases/{office:str}/{day:str}/{serial:str}"
OWNERS = (
    Owners(f"{DECLARATION}/statements/{{statement:str}}/signed", ALTYNS, "acted"),
    Owners(f"{DECLARATION}/statements/", frozenset({"anna"}), "yellow"),  # not signed yet: of who is writing it
    Owners("/declarations/export/", frozenset(PERSONS), "list"),  # of one's own declarations, whosever they are
    Owners("/declarations/", ALTYNS, "yellow"),
    Owners("/live/declarations/", ALTYNS, "yellow"),
    Owners("/drafts/", frozenset({"anna"}), "draft"),
    Owners("/check/", frozenset({"anna"}), "checked"),
    Owners("/import/", frozenset({"anna"}), "imported"),
    Owners("/account/tokens/", frozenset({"anna"}), "token"),
    Owners("/risk/profiles/", frozenset({"saule", "timur"}), "profile"),
    Owners("/risk/models/", frozenset({"saule", "timur"}), "model"),
    Owners("/account/violations/{violation:str}/contest/{contest:str}/signed", frozenset({"anna"}), "raised"),
    Owners("/account/violations/", frozenset({"anna"}), "contested"),
    Owners("/violations/contests/", frozenset({"gulnar"}), "raised"),
    Owners("/violations/", frozenset({"gulnar", "marat", "bolat"}), "told"),
    Owners("/account/webhooks/", frozenset({"anna"}), "webhook"),
    Owners(f"{CASE}/act", frozenset({"dana"}), "red"),
    Owners(f"{CASE}/proposals", frozenset({"erlan"}), "yellow"),
    Owners(f"{CASE}/statements/", OF_THE_POST, "acted"),
    Owners("/desk/cases/", OF_THE_POST, "yellow"),
    Owners("/live/desk/", OF_THE_POST, "yellow"),
    Owners("/desk/declarations/", READERS, "yellow"),
    Owners("/registry/application/signed/", frozenset({"yerkin"}), "filed"),
    Owners("/registry/application/statements/", frozenset({"yerkin"}), "withdrawing"),
    Owners("/registry/statements/", frozenset({"gulnar"}), "ruling"),
    Owners("/registry/appeals/", frozenset({"gulnar"}), "appeal"),
    Owners("/exits/", frozenset({"dana", "erlan", "aidos"}), "yellow"),  # no export: not found at the border
    Owners("/registry/", frozenset({"gulnar"}), "registry"),
    Owners("/passengers/statements/", frozenset({"madina"}), "passenger_act"),
    Owners("/passengers/acts/", frozenset({"madina"}), "passenger_acted"),
    Owners("/passengers/", frozenset({"madina"}), "passenger"),
    Owners("/movements/", frozenset({"aigerim"}), "movement"),
    Owners("/control/movements/", frozenset({"aidos", "kairat"}), "movement"),
    Owners("/live/movements/", frozenset({"aigerim"}), "movement"),
    Owners("/live/control/", frozenset({"aidos", "kairat"}), "movement"),
    Owners("/audits/own/signed/", frozenset({"yerkin"}), "audit_served"),
    Owners("/audits/own/statements/", frozenset({"yerkin"}), "audit_reply"),
    Owners("/audits/own/", frozenset({"yerkin"}), "audit"),
    Owners("/audits/statements/", frozenset({"marat"}), "audit_act"),
    Owners("/audits/", frozenset({"marat", "bolat"}), "audit"),
    Owners("/admin/officials/", ADMINISTRATORS, "appointment"),
    Owners("/admin/participants/", ADMINISTRATORS, "participant"),
    Owners("/administration/partners/", ADMINISTRATORS, "partner"),
)

LOGS = frozenset(  # what a look adds to, and what the portal changes by itself: worker, evidence
    {"journal", "journal_head", "journal_tile", "checkpoint", "web_session", "outbox", "notification", "delivery"}
    | {"trust_evidence", "known_certificate", "revision"}
)
NOT_THERE = (  # of these nothing is in the world of these tests: others' is refused, one's own is read elsewhere
    "/account/notifications/notice",
    "/admin/powers/one",
    f"{CASE}/correction",
    f"{CASE}/statements/{{statement:str}}/annex",
    "/verify/",
    "/exits/",
    "/travellers/sign/",
    "/travellers/record/{reference:str}/",
    "/passengers/{reference:str}/goods-declaration",  # this traveller's goods need none
)


class World(NamedTuple):
    """A portal with one thing of each kind. `places` fills the addresses: by kind of thing, by name of the place."""

    app: Litestar
    client: TestClient[Litestar]
    places: Mapping[str, Mapping[str, str]]
    cookies: dict[str, dict[str, str]]  # of each person's browser
    office: Office

    def ask(self, who: str, route: Route, places: Mapping[str, str]) -> Response:
        """Ask as somebody of the cast, from a browser of their own. A write carries the token only."""
        self._take_the_browser_of(who)
        path = re.sub(r"\{(\w+):\w+\}", lambda place: places.get(place[1], "nothing-of-that-name"), route.path)
        if route.method == "GET":
            return self.client.get(path, follow_redirects=False)
        return self.client.post(path, data={"_csrf_token": things.token(self.client)}, follow_redirects=False)

    def _take_the_browser_of(self, who: str) -> None:
        self.client.cookies.clear()
        if who not in self.cookies:
            things.token(self.client)
            if who != NOBODY:
                things.sign_in(self.client, who)
            self.cookies[who] = dict(self.client.cookies)
        self.client.cookies.update(self.cookies[who])


def routes_of(app: Litestar) -> list[Route]:
    found = [
        Route(method, route.path, handler.opt["need"])
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
        if not route.path.startswith((*MACHINE_PATHS, "/static", "/api"))
    ]
    return sorted(found)


def owners_of(route: Route) -> Owners:
    """Return whose the thing at an address is. Raises `AssertionError` for one in no line of the table."""
    for line in OWNERS:
        if route.path.startswith(line.prefix):
            return line
    raise AssertionError(f"whose is what {route.method} {route.path} names? It is in no line of OWNERS")


@contextmanager
def world(home: Path) -> Iterator[World]:
    """Open a portal in which anna of Altyn, the officers of post 20201 and the analysts have done their part."""
    desk = caseworking.desk(home, YELLOW, RED)
    offices.keep_keys(home)
    desk.ask()
    desk.submit()
    submitted = next(each for each in desk.work.history(person("nurlan"), desk.numbers[YELLOW]) if each.statement)
    assert submitted.statement is not None
    status = desk.status(YELLOW)
    withdrawal = Writing(kind=StatementKind.WITHDRAWAL, expected=status, text="Ordered twice")
    prepared = desk.work.prepare(person("anna"), desk.numbers[YELLOW], withdrawal)
    proposal = desk.work.propose(
        person("nurlan"),
        desk.numbers[YELLOW],
        status,
        Outcome.SIMPLIFIED_RELEASE,
        "DOCUMENTS_SUFFICE",
        "All is in order",
    )
    desk.move(RED, "dana", Action.START_INSPECTION)
    act = Writing(kind=StatementKind.INSPECTION_ACT, expected=desk.status(RED), act=desk.act())
    written = desk.work.prepare(person("dana"), desk.numbers[RED], act)
    yellow = {
        **parts(desk.numbers[YELLOW]),
        "file": submitted.statement.files[0].id,
        "version": "1",
        "sequence": str(next(each.sequence for each in desk.work.history(person("anna"), desk.numbers[YELLOW]))),
        "statement": prepared.id,
        "what": "withdrawal",
        "action": "release",
        "proposal": str(proposal.id),
    }
    red = {**parts(desk.numbers[RED]), "statement": written.id}
    app = create_app(desk.office.settings, desk.clock)
    with TestClient(app, raise_server_exceptions=False) as client:
        things.sign_in(client, "anna")
        checked = things.sent_declaration(client, caseworking.DOCUMENTS[YELLOW][1])
        made = {
            "yellow": yellow,
            "acted": {**yellow, "statement": submitted.statement.id},
            "red": red,
            **registering.things(desk.office),
            **auditing_after.things(desk.office),
            **carrying.things(desk.office),
            **travelling.things(desk.office),
            **violating.things(desk.office, lambda document: pki.sign_as("anna", document), person("anna")),
            "appointment": {"appointment": "1"},
            "participant": {"identifier": PARTICIPANTS["qorgan"].identifier},
            "draft": {"draft": things.drafted(client, checked), "section": "general", "item": "1"},
            "checked": {"upload": checked},
            "list": {"ending": "csv"},
            "imported": {"upload": things.sent_invoice(client)},
            "profile": {"code": shipped_profiles()[0].code, "version": "1", "step": "suspend"},
            "model": {"version": "none"},
            "token": {"token": things.issued_token(client)},
            "webhook": {"endpoint": things.made_webhook(client)},
            "partner": things.made_partner(desk.office),
        }
        yield World(app, client, made, {}, desk.office)


def parts(number: str) -> dict[str, str]:
    return dict(zip(("office", "day", "serial"), number.split("/"), strict=True))


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("portal")) as made:
        yield made


def told_no(who: str, answer: Response) -> bool:
    """Tell whether somebody without the permission was told so: to sign in, or that it is not theirs to do."""
    if who == NOBODY:
        return answer.status_code == 303 and "sign-in" in answer.headers["location"]
    return answer.status_code == 403


def someone(who: str) -> Any:
    return None if who == NOBODY else person(who)


def test_whoever_lacks_the_permission_is_told_so_at_every_address(portal: World) -> None:
    wrong = []
    for route in routes_of(portal.app):
        places = portal.places[owners_of(route).places] if route.names_something else {}
        for who in EVERYBODY:
            if not may(someone(who), route.need):
                answer = portal.ask(who, route, places)
                if not told_no(who, answer):
                    wrong.append((who, route.method, route.path, answer.status_code))
    assert wrong == []


def test_what_is_others_is_not_found_by_those_who_may_have_their_own(portal: World) -> None:
    wrong, asked = [], 0
    for route in filter(lambda route: route.names_something, routes_of(portal.app)):
        line = owners_of(route)
        for who in PERSONS:
            if may(person(who), route.need) and who not in line.owners:
                asked += 1
                answer = portal.ask(who, route, portal.places[line.places])
                if answer.status_code != 404:
                    wrong.append((who, route.method, route.path, answer.status_code))
    assert asked > 50
    assert wrong == []


def test_what_does_not_exist_is_not_found_by_anybody(portal: World) -> None:
    nothing = {"office": "20201", "day": "010101", "serial": "9999999", "section": "general", "what": "answer"}
    wrong = []
    for route in filter(lambda route: route.names_something, routes_of(portal.app)):
        if route.path.startswith(ENDLESS):
            continue  # of what is not there nothing is told
        for who in sorted(owners_of(route).owners):
            if may(person(who), route.need):
                answer = portal.ask(who, route, {**nothing, "item": "1", "sequence": "1", "proposal": "1"})
                told = (404, 422) if route.method == "POST" else (404,)  # an empty form may be refused first
                if answer.status_code not in told:
                    wrong.append((who, route.method, route.path, answer.status_code))
    assert wrong == []


def test_those_who_may_read_what_is_theirs(portal: World) -> None:
    wrong = []
    for route in routes_of(portal.app):
        if route.method != "GET" or route.path.startswith((ENDLESS, *NOT_THERE)):
            continue
        line = owners_of(route) if route.names_something else Owners("", frozenset(PERSONS), "")
        for who in sorted(line.owners):
            if may(person(who), route.need):
                answer = portal.ask(who, route, portal.places.get(line.places, {}))
                if answer.status_code not in (200, 303) or "sign-in" in answer.headers.get("location", ""):
                    wrong.append((who, route.path, answer.status_code))
    assert wrong == []


def test_reading_changes_nothing_but_the_log_of_who_read(portal: World) -> None:
    before = contents(portal.office)
    for route in routes_of(portal.app):
        if route.method != "GET" or route.path.startswith(ENDLESS):
            continue
        line = owners_of(route) if route.names_something else Owners("", frozenset(PERSONS), "")
        for who in sorted(line.owners):
            portal.ask(who, route, portal.places.get(line.places, {}))
    after = contents(portal.office)
    assert {name for name in before if before[name] != after[name]} <= LOGS


def contents(office: Office) -> dict[str, int]:
    """Return what stands for the rows of each table."""
    with reading(office.engine) as connection:
        tables = SQLModel.metadata.sorted_tables
        return {each.name: hash(tuple(sorted(map(repr, connection.execute(select(each)))))) for each in tables}


def test_an_address_that_is_in_no_line_of_the_table_fails() -> None:
    with pytest.raises(AssertionError, match="OWNERS"):
        owners_of(Route("GET", "/treasures/{name:str}", Permission.READ_DECLARATIONS))


def test_every_line_of_the_table_is_of_an_address(portal: World) -> None:
    paths = [route.path for route in routes_of(portal.app)]
    assert [line.prefix for line in OWNERS if not any(path.startswith(line.prefix) for path in paths)] == []
