"""Every page of the route table, for somebody who may open it: kk, ru, en; light and dark; phone to wide screen.

A route that answers GET and stands in neither of the tables fails the first test. What is wrong is gathered, so that
one run tells all of it.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from cast import PARTICIPANTS
from litestar.routes import HTTPRoute

from e2e.test_file_by_form import fill_in
from e2e.test_import_items import PARTLY, send
from e2e.test_upload import declaration, fresh, upload
from e2e.things import propose, things_of
from e2e.visitor import Visitor
from portal.app import create_app
from portal.settings import Settings

ROOT = Path(__file__).parents[1]
WIDTHS = (320, 390, 1280)
DARK_IN = "kk"  # colours are the same in every language
NOBODY = ""
ALTYN, QORGAN, ZHIBEK = (PARTICIPANTS[key].identifier for key in ("altyn", "qorgan", "zhibek"))
Places = dict[str, dict[str, str]]


class Page(NamedTuple):
    """A look at a page: its route, who looks, the thing that its address names, other places in it, and its query."""

    route: str
    who: str
    thing: str = ""
    places: tuple[tuple[str, str], ...] = ()
    query: str = ""
    status: int = 200

    @property
    def name(self) -> str:
        parts = (self.route, self.thing, *(value for _, value in self.places), re.sub(r"\W+", "-", self.query))
        return "-".join(filter(None, parts))


def page(route: str, who: str, thing: str = "", query: str = "", status: int = 200, **places: str) -> Page:
    return Page(route, who, thing, tuple(places.items()), query, status)


ACTIONS = (
    "release",
    "refuse-release",
    "detain",
    "request-documents",
    "request-data",
    "ask",
    "order-expertise",
    "order-inspection",
    "demand-payment",
)
PAGES = (
    *(page(name, NOBODY) for name in ("home", "sign-in", "demo-sign-in", "selection-keys", "tools", "exchange-rates")),
    page("commodities", NOBODY, query="q=8517"),
    page("commodities", NOBODY, query="q=xyzzy"),
    page("calculator", NOBODY, query="code=9401610000&value=12500&currency=EUR&terms=FOB&mass=900"),
    *(page(name, "aigerim") for name in ("account", "notifications", "capacity")),
    *(page(name, "anna") for name in ("declarations", "drafts", "new-draft", "check-declaration", "import-start")),
    *(page(name, "anna") for name in ("account", "tokens", "webhooks", "notifications", "capacity")),
    page("webhook", "anna", "webhook"),
    page("checked", "anna", "checked"),
    page("imported", "anna", "imported"),
    *(page(name, "anna", "draft") for name in ("draft", "draft-items", "import-items", "check-draft", "review-draft")),
    page("sign-draft", "anna", "draft"),
    page("draft-item", "anna", "draft", item="1"),
    *(
        page("draft-section", "anna", "draft", section=name)
        for name in ("general", "parties", "agent", "trade", "transport", "documents")
    ),
    *(page("declaration", "anna", thing) for thing in ("answered", "asked", "found", "inspected")),
    *(page(name, "anna", "answered") for name in ("signatures", "random-draw", "versions", "amend")),
    page("state", "anna", "asked", what="answer"),
    page("state", "anna", "answered", what="withdrawal"),
    page("state", "anna", "answered", what="appeal"),
    page("sign-statement", "anna", "answered"),
    page("declarations", "anna", query="group=waiting"),
    page("declarations", "berik"),
    page("declarations", "berik", query="lane=inspection"),
    page("declaration", "berik", "long"),
    page("declarations", "zarina"),
    *(page(name, "nurlan") for name in ("worklist", "find-declaration")),
    page("worklist", "nurlan", query="search=nobody"),
    *(page("case", "nurlan", thing) for thing in ("answered", "asked", "found", "long")),
    *(page("case-action", "nurlan", "answered", action=name) for name in ACTIONS),
    page("case-downgrade", "nurlan", "asked"),
    page("desk-signatures", "nurlan", "answered"),
    page("case-versions", "nurlan", "answered"),
    *(page("case", "dana", thing) for thing in ("found", "inspected")),
    page("case-act", "dana", "inspected"),
    page("sign-act", "dana", "inspected"),
    page("worklist", "erlan"),
    page("case", "erlan", "answered"),
    page("case-proposal", "erlan", "answered"),
    *(page(name, "saule") for name in ("needs-you", "profiles", "new-profile", "import-profile", "random-stratum")),
    *(page(name, "saule") for name in ("post-capacity", "fraud-models")),
    *(page(name, "saule", code="IM-16", version="1") for name in ("profile", "edit-profile", "back-test")),
    *(page("profile-step", "saule", code="IM-16", version="1", step=step) for step in ("suspend", "end")),
    page("verify-paper", NOBODY, "answered", status=404, mark="not-a-mark"),
    page("find-declaration", "marat"),
    page("own-violation", "anna", "raised"),
    *(page(name, "anna", "contested") for name in ("own-violation", "contest", "sign-contest")),
    page("own-violation", "yerkin", violation="KZ-CRV-DEMO-0311"),
    *(page(name, "gulnar") for name in ("violations", "identity-questions", "contests")),
    *(page("violations", "gulnar", query=f"search={each}") for each in ("Qorgan", QORGAN, "zzzzz")),
    *(page(name, "gulnar", "told") for name in ("violation", "identity")),
    *(page(name, "gulnar", "raised") for name in ("violation", "contest-case")),
    *(page(name, NOBODY) for name in ("travellers", "declare-as-traveller")),
    page("traveller", NOBODY, "passenger"),
    *(page(name, "madina") for name in ("passengers", "capacity")),
    page("passengers", "madina", query="status=LEFT"),
    page("passengers", "madina", query="reference=NOTHING", status=404),
    page("passenger", "madina", "passenger"),
    page("passenger", "madina", "passenger_inspected"),
    page("sign-passenger-act", "madina", "passenger_act"),
    *(page("audits", who) for who in ("marat", "bolat")),
    *(page(name, "marat", "audit") for name in ("audit", "audit-dossier")),
    page("sign-in-audit", "marat", "audit_act"),
    page("own-audits", "yerkin"),
    page("own-audit", "yerkin", "audit"),
    page("sign-in-own-audit", "yerkin", "audit_reply"),
    *(page(name, "aigerim") for name in ("own-movements", "notify-crossing")),
    *(page("own-movement", "aigerim", thing) for thing in ("moving", "missing")),
    *(page("movements", who) for who in ("aidos", "dana")),
    *(page("movement", "dana", thing) for thing in ("moving", "missing")),
    page("movement", "aidos", "moving"),
    page("exits", "aidos"),
    page("export-at-border", "aidos", "export"),
    *(page("payments", who) for who in ("anna", "aigerim")),
    page("payment", "anna", "long", query="number={office}/{day}/{serial}"),
    page("ledger", "erlan"),
    page("ledger-holder", "erlan", query=f"number={ALTYN}"),
    page("ledger-document", "erlan", "long", query="number={office}/{day}/{serial}"),
    page("exchange-log", "marat"),
    page("exchange-log", "marat", query="search=240140031359&answer=refused&since=2020-01-01"),
    *(page("registry-application", who) for who in ("anna", "aigerim", "yerkin")),
    page("sign-for-registry", "yerkin", "withdrawing"),
    *(page(name, "gulnar") for name in ("registry", "registry-entries")),
    page("registry-entries", "gulnar", query="search=nobody&status=EXCLUDED"),
    *(page(name, "gulnar", "registry") for name in ("application-to-registry", "registry-entry")),
    page("registry-appeal", "gulnar", "appeal"),
    page("sign-as-officer", "gulnar", "ruling"),
    *(page(name, "asel") for name in ("administration", "administration-health", "reference-data", "posts")),
    page("officials", "asel", query="search=zzz"),
    *(page(name, "asel") for name in ("officials", "appoint-official", "participants", "new-participant")),
    *(page(name, "asel") for name in ("powers", "new-power")),
    *(page(name, "asel") for name in ("partners", "new-partner")),
    *(page(name, "asel", "dead") for name in ("partner", "partner-policy", "partner-messages", "dead-letter")),
    *(page(name, "asel", partner="qiyalia") for name in ("partner", "partner-policy")),
    page("partner-messages", "asel", "dead", query="status=waiting"),
    page("official", "asel", appointment="1"),
    page("participant", "asel", identifier=ALTYN),
    page("power", "asel", query=f"principal={ALTYN}&agent={ZHIBEK}&number=ZL-2026/1"),
    page("partner-proposal", "asel", partner="police"),
    page("desk-signatures", "marat", "answered"),
    page("partner-proposal", "aliya", partner="police"),
)
FILES = frozenset(
    {
        "sent-notice",
        "checked-document",
        "signed-declaration",
        "evidence",
        "notice",
        "statement-document",
        "own-statement",
        "own-file",
        "own-notice",
        "act-document",
        "case-file",
        "case-notice",
        "case-statement",
        "case-annex",
        "case-version",
        "desk-declaration",
        "desk-evidence",
        "desk-notice",
        "draft-document",
        "profile-file",
        "sign-in-challenge",
        "live-declaration",
        "live-desk",
        "live-case",
        "live-movements",
        "live-movement",
        "live-own-movement",
        "movement-notice",
        "post-movement-notice",
        "movement-file",
        "payment-notice",
        "payments-file",
        "commodity-suggestions",
        "case-correction",
        "declaration-now",
        "print-declaration",
        "export-declarations",
        "registry-document",
        "registry-signed",
        "officer-document",
        "officer-signed",
        "contest-document",
        "own-contest",
        "contest-signed",
        "receipt-of-traveller",
        "document-of-traveller",
        "goods-declaration-of-passenger",
        "goods-declaration-of-traveller",
        "sign-as-traveller",
        "document-to-sign-as-traveller",
        "receipt-of-passenger",
        "passenger-act-document",
        "passenger-act",
        "audit-document",
        "audit-signed",
        "own-audit-document",
        "own-audit-signed",
    }
)


@pytest.fixture(scope="module")
def routes(portal_address: str, portal_folder: Path) -> dict[str, str]:
    """Return the address of every route of people that answers GET, by its name."""
    settings = Settings(home=portal_folder, database_url=f"sqlite:///{portal_folder / 'shekara.db'}", demo=True)
    return {
        str(handler.name): route.path
        for route in create_app(settings).routes
        if isinstance(route, HTTPRoute) and not route.path.startswith(("/api", "/exchange/", "/static", "/health"))
        for handler in route.route_handlers
        if "GET" in handler.http_methods
    }


@pytest.fixture(scope="module")
def things(portal_address: str, portal_folder: Path) -> Places:
    """Return what addresses may name; what visitors add while they look around is put into it."""
    propose(portal_folder, "police")
    return {"": {}, **things_of(portal_folder)}


def test_every_route_is_in_the_tables(routes: dict[str, str]) -> None:
    looked_at = {each.route for each in PAGES}
    assert looked_at | FILES == set(routes)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_page_is_whole(
    visit: Callable[..., Visitor],
    routes: dict[str, str],
    things: Places,
    portal_folder: Path,
    tmp_path: Path,
    language: str,
) -> None:
    wrong: list[str] = []
    for who, pages in groupby(PAGES, key=lambda each: each.who):
        visitor = visit(language=language)
        if who:
            visitor.sign_in(who)
        if who == "anna":
            things.update(begun_by(visitor))
        for each in pages:
            wrong += [
                f"{who or 'nobody'} {each.name}: {trouble}"
                for trouble in seen(visitor, each, language, routes, things, tmp_path)
            ]
    visitor = visit(language=language)
    visitor.open("/no-such-page")
    wrong += [f"not found: {trouble}" for trouble in looked(visitor, "every-not-found", language)]
    wrong += invalid(tmp_path)
    assert not wrong, "\n".join(wrong)


def begun_by(visitor: Visitor) -> Places:
    """Begin what has no page until somebody begins it: a draft, a webhook, an invoice and a declaration."""
    browser = visitor.page
    visitor.open("/drafts/new")
    browser.check("input[value=IM40]")
    browser.click("main form .govuk-button")
    browser.wait_for_url("**/drafts/*")
    draft = browser.url.removeprefix(visitor.address)
    fill_in(visitor, draft)
    visitor.open("/import")
    send(visitor, "invoice.csv", PARTLY.encode("cp1251"))
    imported = last_place(browser.url)
    upload(visitor, "declaration.xml", declaration(fresh("EVERY")).replace(b"Code>CN", b"Code>XX"))
    checked = last_place(browser.url)
    visitor.open("/account/webhooks")
    browser.fill("#url", "https://example.com/customs")
    browser.locator("main form button.govuk-button").last.click()
    browser.wait_for_selector("#secret, #url-error")
    visitor.open("/account/webhooks")
    webhook = last_place(browser.locator("main a[href*='/account/webhooks/']").first.get_attribute("href") or "")
    return {
        "draft": {"draft": draft.rpartition("/")[2]},
        "imported": {"upload": imported},
        "checked": {"upload": checked},
        "webhook": {"endpoint": webhook},
    }


def last_place(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]


def seen(
    visitor: Visitor, one: Page, language: str, routes: dict[str, str], things: Places, folder: Path
) -> Iterator[str]:
    """Open a page, look at it, keep what the portal sent, and tell what is wrong."""
    places = {**things[one.thing], **dict(one.places)}
    path = re.sub(r"\{(\w+):\w+\}", lambda place: places[place[1]], routes[one.route])
    answer = visitor.page.goto(visitor.address + path + (f"?{one.query.format_map(places)}" if one.query else ""))
    assert answer is not None
    if answer.status != one.status or urlsplit(visitor.page.url).path != path:
        yield f"{path} answers {answer.status} and leads to {visitor.page.url}"
        return
    (folder / f"{one.who or 'nobody'}-{one.name}.html").write_bytes(answer.body())
    yield from looked(visitor, f"every-{one.who or 'nobody'}-{one.name}", language)


def looked(visitor: Visitor, name: str, language: str) -> Iterator[str]:
    """Look at the page at every width, and with axe; dark, only colours can differ."""
    page = visitor.page
    page.emulate_media(color_scheme="light")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if visitor.overflow() > 0:
            yield f"{visitor.overflow()} pixels too wide at {width}"
    visitor.keep(f"{name}-{language}-1280")
    yield from (f"axe {rule} {where[:3]}" for rule, where in visitor.violations())
    if language != DARK_IN:
        return
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 900})
    visitor.keep(f"{name}-{language}-390-dark")
    yield from (f"axe, dark: {rule} {where[:3]}" for rule, where in visitor.violations(runOnly=["color-contrast"]))


def invalid(folder: Path) -> list[str]:
    """Return what a validator of HTML finds in the pages as the portal sent them."""
    node = shutil.which("node")
    assert node is not None
    command = [node, str(ROOT / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"), "--formatter", "json"]
    command += ["--config", str(ROOT / "e2e" / "htmlvalidate.json"), str(folder)]
    report = folder / "report.json"
    with report.open("wb") as told:  # into a pipe, node writes no more than fits before it ends
        subprocess.run(command, cwd=ROOT, stdout=told, timeout=120)
    return [
        f"{Path(page['filePath']).name}:{message['line']} {message['ruleId']}: {message['message']}"
        for page in json.loads(report.read_text(encoding="utf-8"))
        for message in page["messages"]
    ]
