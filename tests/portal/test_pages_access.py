"""Who may open what: every role against every route, from the table of routes itself."""

from collections.abc import Iterator

import pytest
from browsing import browsing
from litestar import Controller, Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from portal_fakes import make_world

from portal.access import GRANTED, Permission, Role, guard, may
from portal.views import SignedIn

READERS = {Role.DECLARANT, Role.BROKER}


def route_needs() -> Iterator[tuple[str, object]]:
    for route in make_world().app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.http_methods != {"OPTIONS"}:
                    yield route.path, handler.opt.get("need")


def test_every_route_states_its_need() -> None:
    needs = list(route_needs())
    assert len(needs) >= 10
    assert [path for path, need in needs if not isinstance(need, Permission)] == []


def test_every_role_stands_in_the_table() -> None:
    assert set(GRANTED) == set(Role)


def test_every_permission_is_granted_to_somebody() -> None:
    assert {permission for granted in GRANTED.values() for permission in granted} == set(Permission)


@pytest.mark.parametrize("role", Role)
def test_only_declarants_and_brokers_read_declarations(role: Role) -> None:
    caller = None if role is Role.ANYBODY else SignedIn(iin="850412450128", name="Somebody", role=role)
    assert may(caller, Permission.READ_DECLARATIONS) is (role in READERS)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ANYBODY])
def test_a_role_opens_the_declarations_or_is_told_no(role: Role) -> None:
    with browsing() as browser:
        person = SignedIn(iin="850412450128", name="Somebody", role=role, organisation="150340012340")
        browser.world.people.recorded = [person]
        cookie = browser.world.site.keeper.begin(person, previous=None, firm=person.organisation)
        browser.client.cookies.set(cookie.key, str(cookie.value))
        for address in ("/declarations", "/declarations/20201/241126/0000001"):
            assert browser.get(address).status_code == (200 if role in READERS else 403)
        assert browser.get("/").status_code == 200


def test_an_official_without_a_firm_sees_no_declarations_even_with_the_right_role() -> None:
    with browsing() as browser:
        dana = SignedIn(iin="900523450679", name="Dana", role=Role.BROKER)
        browser.world.people.recorded = [dana]
        cookie = browser.world.site.keeper.begin(dana, previous=None)
        browser.client.cookies.set(cookie.key, str(cookie.value))
        assert browser.get("/declarations/20201/241126/0000001").status_code == 404


class Forgetful(Controller):
    """Routes as somebody in a hurry would write them."""

    @get("/forgotten", sync_to_thread=False)
    def forgotten(self) -> str:
        return "secret"

    @get("/mistyped", opt={"need": "see public pages"}, sync_to_thread=False)
    def mistyped(self) -> str:
        return "secret"


@pytest.mark.parametrize("path", ["/forgotten", "/mistyped"])
def test_a_route_that_states_no_need_opens_for_nobody(path: str) -> None:
    with TestClient(Litestar([Forgetful], guards=[guard])) as client:
        answer = client.get(path)
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_the_guard_knows_handlers_of_every_kind() -> None:
    assert all(
        isinstance(handler, HTTPRouteHandler)
        for route in make_world().app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
    )
