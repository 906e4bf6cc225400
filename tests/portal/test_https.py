"""What browsers are told where they reach the portal by https, and what no browser is ever told."""

from collections.abc import Iterator
from pathlib import Path

import caseworking
import offices
import pytest
import things
from litestar import Litestar
from litestar.testing import TestClient

from portal.app import create_app
from portal.settings import Settings

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the cast signs in on SQLite only")

ADDRESSES = ("/", "/demo/sign-in", "/no-such-page", "/health", "/api/v1/declarations/20201/241126/0000001")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    caseworking.desk(folder).office.engine.dispose()
    offices.keep_keys(folder)
    return folder


def served(home: Path, *, secure: bool) -> TestClient[Litestar]:
    given = Settings(home=home, database_url=f"sqlite:///{home / 'shekara.db'}", demo=True, secure=secure)
    return TestClient(create_app(given, offices.StillClock()), base_url="https://portal.test")


@pytest.fixture
def by_https(home: Path) -> Iterator[TestClient[Litestar]]:
    with served(home, secure=True) as client:
        yield client


@pytest.mark.parametrize("address", ADDRESSES)
def test_for_a_year_a_browser_comes_by_https_only(by_https: TestClient[Litestar], address: str) -> None:
    told = by_https.get(address).headers["strict-transport-security"]
    assert told == "max-age=31536000; includeSubDomains"


def test_a_portal_without_https_does_not_demand_it(home: Path) -> None:
    with served(home, secure=False) as client:
        assert "strict-transport-security" not in client.get("/").headers


def test_every_cookie_is_for_https_and_for_this_host_only(by_https: TestClient[Litestar]) -> None:
    kept = list(by_https.get("/").headers.get_list("set-cookie"))
    token = by_https.cookies["__Host-shekara_csrf"]
    for address, form in (("/demo/sign-in", {"person": "anna"}), ("/language", {"language": "kk"}), ("/sign-out", {})):
        answer = by_https.post(address, data={**form, "_csrf_token": token}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        kept += answer.headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in kept} == {
        "__Host-shekara_csrf",
        "__Host-shekara_language",
        "__Host-shekara_session",
    }
    for cookie in kept:
        assert {"secure", "path=/", "samesite=lax", "httponly"} <= set(cookie.lower().split("; ")[1:]), cookie
        assert "domain" not in cookie.lower()


def test_the_language_is_known_again_by_https(by_https: TestClient[Litestar]) -> None:
    by_https.get("/")
    form = {"language": "kk", "_csrf_token": by_https.cookies["__Host-shekara_csrf"]}
    by_https.post("/language", data=form)
    assert by_https.get("/", headers={"accept-language": "en"}).headers["content-language"] == "kk"


def test_who_signs_out_leaves_nothing_in_the_browser(home: Path) -> None:
    with served(home, secure=False) as client:
        things.sign_in(client, "anna")
        answer = client.post("/sign-out", data={"_csrf_token": things.token(client)}, follow_redirects=False)
    assert answer.headers["clear-site-data"] == '"cache"'


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_other_site_s_script_may_read_an_answer(by_https: TestClient[Litestar], address: str) -> None:
    heads = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for answer in (by_https.get(address, headers=heads), by_https.options(address, headers=heads)):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("address", ADDRESSES)
def test_texts_say_in_which_letters_they_are_written(by_https: TestClient[Litestar], address: str) -> None:
    kind, _, letters = by_https.get(address).headers["content-type"].partition("; ")
    assert letters == ("charset=utf-8" if kind.startswith("text/") else ""), kind
    assert kind in ("text/html", "application/json", "application/problem+json")


@pytest.mark.parametrize(
    "address",
    [
        "/.git/config",
        "/pyproject.toml",
        "/static",
        "/static/",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/%2e%2e%2fapp.py",
        "/static//etc/passwd",
        "/static/manifest.json/../../app.py",
    ],
)
def test_nothing_but_built_files_is_served_from_folders(by_https: TestClient[Litestar], address: str) -> None:
    assert by_https.get(address).status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PATCH", "DELETE"])
def test_nobody_traces(by_https: TestClient[Litestar], method: str) -> None:
    """Nor uses any method that no route takes."""
    assert by_https.request(method, "/").status_code in (403, 405)
