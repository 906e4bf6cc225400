"""What a declarant and a broker see of declarations, and what nobody else does."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from browsing import Browser, browsing
from lxml import html
from msgspec.structs import replace
from portal_fakes import ALTYN, NOW, QORGAN, TENGRI, declaration

from portal.declarant.routes import ROWS_ON_PAGE
from portal.languages import NAMES, translations
from portal.views import DeclarationPage, Lane
from portal.words import LANES

OWN, PRINCIPALS, FOREIGN = (f"/declarations/20201/241126/{number}" for number in ("0000001", "0000004", "0000005"))
FILES = ("", "/notice", "/declaration")
HTMX = {"HX_Request": "true"}


def numbers_on(page: str) -> list[str]:
    """Return the registration numbers of a list page, in order."""
    return html.fromstring(page).xpath("//table//th[@scope='row']/a/text()")


def words_on(page: str) -> str:
    return " ".join(html.fromstring(page).text_content().split())


def test_anna_sees_her_own_newest_first() -> None:
    with browsing("anna") as browser:
        assert [number[-1] for number in numbers_on(browser.get("/declarations").text)] == ["3", "2", "1"]


def test_berik_sees_the_principals_and_not_qorgan() -> None:
    with browsing("berik") as browser:
        page = browser.get("/declarations").text
        assert [number[-1] for number in numbers_on(page)] == ["4", "3", "2", "1"]
        assert "Qorgan" not in page


@pytest.mark.parametrize("file", FILES)
def test_what_is_not_ones_own_is_not_found(file: str) -> None:
    with browsing("berik") as browser:
        assert browser.get(PRINCIPALS + file).status_code == 200
        assert browser.get(FOREIGN + file).status_code == 404
        assert browser.get("/declarations/20201/241126/9999999" + file).status_code == 404
    with browsing("anna") as browser:
        assert browser.get(OWN + file).status_code == 200
        assert browser.get(PRINCIPALS + file).status_code == 404


def test_not_ones_own_and_not_there_look_the_same() -> None:
    with browsing("anna") as browser:
        foreign, absent = browser.get(FOREIGN), browser.get("/declarations/20201/241126/9999999")
        assert words_on(foreign.text) == words_on(absent.text)


@pytest.mark.parametrize("file", FILES)
def test_a_power_of_attorney_that_ended_yesterday_opens_nothing(file: str) -> None:
    with browsing("berik") as browser:
        browser.world.principals.until = {ALTYN: date(2027, 6, 30), TENGRI: date(2026, 11, 23)}
        assert browser.get(PRINCIPALS + file).status_code == 404
        assert browser.get(OWN + file).status_code == 200


def test_the_day_of_a_power_of_attorney_ends_at_midnight_in_kazakhstan() -> None:
    with browsing("berik") as browser:
        browser.world.principals.until = {TENGRI: date(2026, 11, 24)}
        browser.world.clock.moment = NOW.replace(hour=18, minute=50)
        browser.sign_in("berik")
        assert browser.get(PRINCIPALS).status_code == 200
        browser.world.clock.moment = NOW.replace(hour=19, minute=1)
        assert browser.get(PRINCIPALS).status_code == 404


@pytest.mark.parametrize("address", ["/declarations", OWN, f"{OWN}/notice", f"{OWN}/declaration"])
def test_a_visitor_sees_no_declaration(address: str) -> None:
    with browsing() as browser:
        assert browser.get(address).status_code == 303


@pytest.mark.parametrize(("lane", "ending"), [("release", "1"), ("documents", "2"), ("inspection", "3")])
def test_the_list_is_filtered_by_decision(lane: str, ending: str) -> None:
    with browsing("anna") as browser:
        page = browser.get(f"/declarations?lane={lane}").text
        assert [number[-1] for number in numbers_on(page)] == [ending]
        assert html.fromstring(page).xpath("//a[@aria-current='true' and contains(@href, 'lane=')]/@href") == [
            f"/declarations?lane={lane}"
        ]


def next_page(page: str) -> str | None:
    links = html.fromstring(page).xpath("//a[@rel='next']/@href")
    return links[0] if links else None


def test_paging_visits_every_declaration_once() -> None:
    many = [declaration(number, ALTYN, list(Lane)[number % 3]) for number in range(1, 2 * ROWS_ON_PAGE + 8)]
    with browsing("anna", declarations=many) as browser:
        seen, address = [], "/declarations"
        while address:
            page = browser.get(address).text
            seen += numbers_on(page)
            address = next_page(page) or ""
    assert [int(number[-7:]) for number in seen] == list(range(2 * ROWS_ON_PAGE + 7, 0, -1))


def test_paging_keeps_the_filter() -> None:
    many = [declaration(number, ALTYN, list(Lane)[number % 2]) for number in range(1, 4 * ROWS_ON_PAGE)]
    with browsing("anna", declarations=many) as browser:
        address = next_page(browser.get("/declarations?lane=release").text)
        assert address is not None
        rows = words_on(html.tostring(html.fromstring(browser.get(address).text).xpath("//tbody")[0], encoding=str))
        assert rows.count("Simplified release") == ROWS_ON_PAGE - 1  # 49 of 99 are released
        assert "Documentary check" not in rows


def test_htmx_gets_only_the_list_and_history_the_whole_page() -> None:
    with browsing("anna") as browser:
        part = browser.get("/declarations?lane=release", **HTMX)
        whole = browser.get("/declarations?lane=release", **HTMX, HX_History_Restore_Request="true")
    assert "<html" not in part.text
    assert html.fromstring(part.text).get("id") == "declaration-list"
    assert "<html" in whole.text
    assert "HX-Request" in part.headers["vary"]


def test_htmx_is_told_to_go_and_sign_in_when_the_session_is_over() -> None:
    with browsing() as browser:
        answer = browser.get("/declarations", **HTMX)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/demo/sign-in?next=%2Fdeclarations")


@pytest.mark.parametrize("address", ["/declarations?lane=blue", "/declarations?after=x", f"{OWN}?first_item=x"])
def test_a_question_that_makes_no_sense_is_refused(address: str) -> None:
    with browsing("anna") as browser:
        answer = browser.get(address)
    assert answer.status_code == 400
    assert "The request could not be read" in answer.text


def pages(language: str) -> Iterator[tuple[Lane, str]]:
    with browsing("anna", language=language) as browser:
        for number, lane in enumerate((Lane.RELEASE, Lane.DOCUMENTS, Lane.INSPECTION), 1):
            yield lane, words_on(browser.get(f"/declarations/20201/241126/000000{number}").text)


@pytest.mark.parametrize("language", NAMES)
def test_the_decision_is_told_in_words_in_every_language(language: str) -> None:
    texts = translations(language)
    for lane, page in pages(language):
        for word in ("corridor", "outcome", "lead"):
            assert texts.gettext(LANES[lane][word]) in page
        for heading in ("Why", "What to do next", "By when", "If you disagree"):
            assert texts.gettext(heading) in page


def test_a_deadline_is_told_with_time_and_zone() -> None:
    by_lane = dict(pages("en"))
    assert "24 November 2026, 14:00 Kazakhstan time (UTC+5)" in by_lane[Lane.DOCUMENTS]
    assert "Nothing has to be done by a certain time." in by_lane[Lane.RELEASE]


def test_the_first_of_several_deadlines_counts() -> None:
    page = declaration(1, ALTYN, Lane.DOCUMENTS)
    early = replace(page.decision.measures[1], deadline=NOW + timedelta(hours=1))
    decision = replace(page.decision, measures=(page.decision.measures[0], early))
    with browsing("anna", declarations=[replace(page, decision=decision)]) as browser:
        tree = html.fromstring(browser.get(OWN).text)
    assert tree.xpath("string(//p[@class='decision__deadline'])") == "24 November 2026, 11:00"


def test_what_was_not_determined_says_why_and_gives_no_total() -> None:
    page = dict(pages("en"))[Lane.DOCUMENTS]
    assert "Import duty 2010 not determined The demo tariff lacks the code of item 3." in page
    assert "Total not determined" in page


def test_a_page_names_signer_and_organisation() -> None:
    page = dict(pages("en"))[Lane.RELEASE]
    assert "Signed by Berik Demo IIN 791103300451" in page
    assert "For the organisation Zhibek Logistics LLP BIN 110540007770" in page


def bare(page: DeclarationPage) -> DeclarationPage:
    """Return a page of a declaration that leaves out all it may."""
    nothing = dict.fromkeys(("origin_country", "net_mass_kg", "price", "price_currency", "customs_value", "duty_rate"))
    items = tuple(replace(item, **nothing, duty=None, duty_reason=None) for item in page.items)
    optional = ("agent", "agent_name", "exporter_name", "importer_name", "export_country", "destination_country")
    return replace(
        page,
        **dict.fromkeys((*optional, "invoice_amount", "invoice_currency", "payment_total")),
        summary=replace(page.summary, customs_value=None, procedure=None),
        signer=replace(page.signer, organisation=None, organisation_name=None, signed_at=None),
        items=items,
        payments=(),
        timeline=(),
    )


@pytest.mark.parametrize("language", NAMES)
def test_a_declaration_that_leaves_out_all_it_may_has_a_page(language: str) -> None:
    with browsing("anna", language=language, declarations=[bare(declaration(1, ALTYN, Lane.RELEASE))]) as browser:
        assert browser.get("/declarations").status_code == 200
        page = browser.get(OWN)
    assert page.status_code == 200
    assert "None" not in words_on(page.text)


def test_markup_in_a_declaration_is_shown_and_not_obeyed() -> None:
    page = declaration(1, ALTYN, Lane.RELEASE)
    hostile = "<script>alert('1')</script><img src=x onerror=alert(1)>"
    page = replace(
        page,
        items=(replace(page.items[0], description=hostile),),
        exporter_name=hostile,
        summary=replace(page.summary, functional_reference_id=hostile, declarant_name=hostile),
    )
    with browsing("anna", declarations=[page]) as browser:
        for address in ("/declarations", OWN):
            tree = html.fromstring(browser.get(address).text)
            assert tree.xpath("//img | //script[not(@src)]") == []
            assert hostile in tree.text_content()


def test_many_items_come_in_pages_that_follow_each_other() -> None:
    with browsing("anna", declarations=[declaration(1, ALTYN, Lane.INSPECTION, items=250)]) as browser:
        address, seen = OWN, []
        while address:
            tree = html.fromstring(browser.get(address).text)
            seen.append([int(number) for number in tree.xpath("//section[@id='items']//th[@scope='row']/text()")])
            links = tree.xpath("//section[@id='items']//a[@rel='next']/@href")
            address = links[0].partition("#")[0] if links else ""
        part = browser.get(f"{OWN}?first_item=201", **HTMX).text
    assert [len(page) for page in seen] == [100, 100, 50]
    assert [number for page in seen for number in page] == list(range(1, 251))
    assert html.fromstring(part).get("id") == "items"


@pytest.mark.parametrize("first", [-5, 0, 251, 10**30])
def test_a_page_of_items_out_of_range_is_no_error(first: int) -> None:
    with browsing("anna", declarations=[declaration(1, ALTYN, Lane.RELEASE, items=250)]) as browser:
        assert browser.get(f"{OWN}?first_item={first}").status_code == 200


@pytest.mark.parametrize(
    ("file", "name", "content"),
    [
        ("notice", "notice-20201-241126-0000001.xml", b"<Notice/>"),
        ("declaration", "declaration-20201-241126-0000001.xml", b"<Declaration/>"),
    ],
)
def test_the_files_come_as_attachments_unchanged(file: str, name: str, content: bytes) -> None:
    with browsing("anna") as browser:
        answer = browser.get(f"{OWN}/{file}")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


def test_without_declarations_the_list_says_how_to_begin() -> None:
    with browsing("anna", declarations=[]) as browser:
        assert "You have no declarations yet" in browser.get("/declarations").text
        assert "There is nothing here" in browser.get("/declarations?lane=release").text


def test_the_sum_is_the_one_given_and_not_computed_by_the_page() -> None:
    page = replace(declaration(1, ALTYN, Lane.RELEASE), payment_total=Decimal("12.34"))
    with browsing("anna", declarations=[page]) as browser:
        total = html.fromstring(browser.get(OWN).text).xpath("string(//table[@id='payments']/tfoot//td)")
    assert total == "12.34\N{NO-BREAK SPACE}₸"


def test_somebody_elses_declaration_opens_for_that_somebody(browser_of_yerkin: Browser) -> None:
    assert browser_of_yerkin.get(FOREIGN).status_code == 200
    assert QORGAN in browser_of_yerkin.get(FOREIGN).text


@pytest.fixture
def browser_of_yerkin() -> Iterator[Browser]:
    with browsing("yerkin") as browser:
        yield browser
