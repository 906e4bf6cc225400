"""What every page has: headers, a policy without inline code, a language, a way to skip; and pages for problems."""

import re

import pytest
from browsing import Browser, browsing
from jinja2 import UndefinedError
from litestar import get
from litestar.exceptions import HTTPException
from litestar.testing import TestClient
from lxml import html
from portal_fakes import make_world

from portal.access import Permission, guard
from portal.browser import add_headers
from portal.languages import NAMES
from portal.pages import TEMPLATES, Pages

PAGES = ("/", "/demo/sign-in", "/declarations", "/declarations/20201/241126/0000002", "/no-such-page")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", NAMES)
def test_a_page_has_its_language_title_heading_and_skip_link(address: str, language: str) -> None:
    with browsing("berik", language=language) as browser:
        answer = browser.get(address)
    tree = html.document_fromstring(answer.text)
    assert tree.get("lang") == answer.headers["content-language"] == language
    assert tree.findtext(".//title", "").endswith(" – Shekara")
    assert len(tree.xpath("//h1")) == 1
    assert tree.xpath("//a[contains(@class, 'skip-link')]/@href") == ["#main-content"]
    assert len(tree.xpath("//main[@id='main-content']")) == 1
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_no_inline_script_or_style_and_its_policy_allows_none(address: str) -> None:
    with browsing("anna") as browser:
        answer = browser.get(address)
    policy = answer.headers["content-security-policy"]
    tree = html.document_fromstring(answer.text)
    assert tree.xpath("//script[not(@src)] | //style | //@style | //@*[starts-with(name(), 'on')]") == []
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    nonces = set(tree.xpath("//script/@nonce")) | set(tree.xpath("//@data-hx-nonce"))
    assert [f"script-src 'nonce-{nonce}'" for nonce in nonces] == [policy.rpartition("; ")[2]]


def test_a_nonce_is_never_used_twice() -> None:
    with browsing() as browser:
        assert len({browser.get("/").headers["content-security-policy"] for _ in range(5)}) == 5


@pytest.mark.parametrize("address", [*PAGES, "/declarations/20201/241126/0000002/notice"])
def test_every_answer_is_private_and_says_how_to_treat_it(address: str) -> None:
    with browsing("anna") as browser:
        headers = browser.get(address).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


def test_htmx_attributes_all_carry_the_nonce() -> None:
    with browsing("berik") as browser:
        tree = html.document_fromstring(browser.get("/declarations").text)
    elements = tree.xpath("//*[@data-hx-get]")
    assert elements
    assert all(element.get("data-hx-nonce") and element.get("href") for element in elements)


def test_a_page_that_is_not_there_still_knows_who_asks() -> None:
    with browsing("anna") as browser:
        browser.get("/")
        answer = browser.get("/no-such-page")
    assert answer.status_code == 404
    assert "Anna Demo" in answer.text
    assert html.document_fromstring(answer.text).xpath(
        "//form[@action='/language']//input[@name='_csrf_token']/@value"
    )[0]


@get("/broken", opt={"need": Permission.SEE_PUBLIC_PAGES}, sync_to_thread=False)
def broken() -> str:
    raise ZeroDivisionError("the secret of the house")


@get("/closed", opt={"need": Permission.SEE_PUBLIC_PAGES}, sync_to_thread=False)
def closed() -> str:
    raise HTTPException("the secret of the house", status_code=503)


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("/broken", 500, "Something went wrong on our side"), ("/closed", 503, "The portal is not available now")],
)
def test_a_failure_has_a_page_that_reveals_nothing(address: str, status: int, words: str) -> None:
    app = make_world().app
    app.register(broken)
    app.register(closed)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get(address, headers={"accept-language": "en"})
    assert answer.status_code == status
    assert words in answer.text
    assert "secret" not in answer.text


def test_a_failure_of_the_session_store_has_a_page_too() -> None:
    world = make_world()

    def fail(key: str) -> None:
        raise OSError("disk gone")

    world.sessions.find = fail  # type: ignore[method-assign]
    with TestClient(world.app, raise_server_exceptions=False) as client:
        client.cookies.set("shekara_session", "anything")
        answer = client.get("/declarations", headers={"accept-language": "en"})
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text


def test_a_method_that_is_not_taken_has_a_page() -> None:
    with browsing() as browser:
        browser.get("/")
        answer = browser.post("/declarations", {})
    assert answer.status_code == 405
    assert "This address does not take that" in answer.text


def test_a_template_that_names_what_it_was_not_given_fails() -> None:
    given = {"csrf": "", "person": None, "path_for": lambda name: f"/{name}"}
    with pytest.raises(UndefinedError, match="'here' is undefined"):
        Pages(demo=True).render("components/header.html", "en", {**given, "csrf": "token"})


def test_templates_open_with_what_they_want() -> None:
    parts = [path for path in TEMPLATES.rglob("_*.html") if path.is_file()]
    assert len(parts) >= 6
    assert [path.name for path in parts if not path.read_text("utf-8").startswith("{# Wants ")] == []


def test_links_go_by_route_name() -> None:
    for path in TEMPLATES.rglob("*.html"):
        written = re.findall(r'(?:href|action|data-hx-\w+)="(/[^"{]*)"', path.read_text("utf-8"))
        assert written == [], path


def test_the_frame_is_the_one_create_app_uses() -> None:
    world = make_world()
    assert add_headers in [getattr(hook, "func", hook) for hook in world.app.before_send]
    assert guard in world.app.guards


def test_static_files_may_be_kept_for_ever(browser_at_home: Browser) -> None:
    addresses = html.document_fromstring(browser_at_home.get("/").text).xpath("//link/@href | //script/@src")
    assert len(addresses) == 3
    built = [address for address in addresses if "-" in address.rpartition("/")[2]]
    if not built:
        pytest.skip("the front end is not built: npm ci && npm run build")
    for address in built:
        answer = browser_at_home.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


@pytest.fixture
def browser_at_home() -> Browser:
    with browsing() as browser:
        yield browser
