"""Anna signs in, finds her declaration, reads what was decided, in her language, and signs out."""

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.visitor import Visitor


def test_anna_reads_a_decision_in_three_languages(visit: Callable[..., Visitor]) -> None:
    anna = visit()
    page = anna.page
    anna.open("/")
    anna.look("read-1-home")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    anna.open("/demo/sign-in")
    anna.look("read-2-sign-in")
    page.get_by_label("Anna Demo").check()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Declarations")
    expect(page.get_by_text("Altyn Dala Trade LLP").first).to_be_visible()
    anna.look("read-3-list")

    page.locator("tbody th a").first.click()
    decision = page.locator("#decision")
    for heading in ("Why", "What to do next", "By when", "If you disagree"):
        expect(decision.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    where = page.url
    anna.look("read-4-decision-en")

    page.get_by_role("button", name="Қазақша").click()
    assert page.url == where
    expect(page.locator("html")).to_have_attribute("lang", "kk")
    expect(decision.get_by_role("heading", name="Неліктен")).to_be_visible()
    anna.look("read-4-decision-kk")

    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(decision.get_by_role("heading", name="Что делать дальше")).to_be_visible()
    anna.look("read-4-decision-ru")

    page.set_viewport_size({"width": 390, "height": 844})
    anna.look("read-5-decision-ru-phone")
    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_role("link", name="Войти").first).to_be_visible()
    assert anna.open(where.removeprefix(anna.address)) == 200
    assert "/sign-in" in page.url


def test_the_files_of_a_decision_are_downloaded(visit: Callable[..., Visitor]) -> None:
    anna = visit()
    anna.sign_in("anna")
    anna.open(anna.path_of_first())
    for link in anna.page.locator("#downloads li a").all():
        with anna.page.expect_download() as download:
            link.click()
        begins = b"%PDF" if download.value.suggested_filename.endswith(".pdf") else b"<"
        assert download.value.path().read_bytes().lstrip().startswith(begins)


def test_the_reader_of_each_lane_sees_it_in_words(visit: Callable[..., Visitor]) -> None:
    anna = visit(width=390)
    anna.sign_in("anna")
    for lane, words in (
        ("release", "Green corridor"),
        ("documents", "Yellow corridor"),
        ("inspection", "Red corridor"),
    ):
        anna.open(anna.path_of_first(lane))
        expect(anna.page.locator("#decision")).to_contain_text(words)
        anna.look(f"lane-{lane}-phone")
