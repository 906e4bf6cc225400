"""The list: filter, next page and back, with htmx, without JavaScript, and by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from e2e.visitor import Visitor


def test_a_filter_changes_the_list_and_not_the_page(visit: Callable[..., Visitor]) -> None:
    anna = visit()
    page = anna.page
    anna.sign_in("anna")
    page.evaluate("window.notReloaded = true")
    page.get_by_role("link", name="Simplified release").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Simplified release")
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    expect(page.locator(".lane-filter a[aria-current]")).to_have_text("Simplified release")
    assert page.url.endswith("/declarations?lane=release")
    assert page.evaluate("window.notReloaded") is True
    expect(page.locator("tbody .lane--documents, tbody .lane--inspection")).to_have_count(0)
    anna.look("list-filtered")

    page.go_back()
    expect(page.get_by_role("heading", level=2)).to_have_text("All declarations")
    expect(page.locator("h1")).to_have_count(1)
    page.get_by_role("link", name="Simplified release").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Simplified release")
    page.get_by_role("button", name="Русский").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Упрощённый выпуск")


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "no-javascript"])
def test_the_list_works_with_and_without_javascript(visit: Callable[..., Visitor], javascript: bool) -> None:
    berik = visit(javascript=javascript)
    page = berik.page
    berik.sign_in("berik")
    seen = page.locator("tbody th a").all_text_contents()
    later = page.get_by_role("link", name="Earlier declarations")
    while later.count():
        later.click()
        expect(page.locator("tbody th a").first).not_to_have_text(seen[-1])
        page.wait_for_function("([last]) => document.querySelector('tbody th a').textContent !== last", arg=[seen[-25]])
        seen += page.locator("tbody th a").all_text_contents()
    assert len(seen) == len(set(seen))
    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("button", name="Выйти").click()
    expect(page.get_by_role("link", name="Войти").first).to_be_visible()


def test_everything_is_reached_by_keyboard(visit: Callable[..., Visitor]) -> None:
    anna = visit()
    page = anna.page
    anna.open("/demo/sign-in")
    page.keyboard.press("Tab")
    expect(page.locator(".govuk-skip-link")).to_be_focused()
    expect(page.locator(".govuk-skip-link")).to_be_in_viewport()
    anna.look("keyboard-skip-link")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("Anna Demo")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/declarations")
    for _ in range(90):  # past the blocks, the search and the filters
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('tbody th a')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#decision")).to_be_visible()


def test_choosing_nobody_moves_the_focus_to_the_summary(visit: Callable[..., Visitor]) -> None:
    visitor = visit(width=390)
    visitor.open("/demo/sign-in")
    visitor.page.get_by_role("button", name="Sign in").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    expect(visitor.page.locator(".govuk-error-summary")).to_be_focused()
    visitor.look("sign-in-error-phone")
    visitor.page.get_by_role("link", name="Choose who you sign in as").click()
    expect(visitor.page.locator("#person")).to_be_focused()


def test_a_long_declaration_shows_its_items_page_by_page(visit: Callable[..., Visitor]) -> None:
    berik = visit()
    page = berik.page
    berik.sign_in("berik")
    long_ones = page.locator("tbody tr").filter(has=page.locator("td[data-label=Items]", has_text="554"))
    if not long_ones.count():
        pytest.skip("no declaration of the demo data has more than one page of items")
    berik.follow(long_ones.first.locator("th a"))
    page.evaluate("window.notReloaded = true")
    page.get_by_role("link", name="Next items").click()
    expect(page.locator("#items h2")).to_contain_text("items 101 to 200 of 554")
    expect(page.locator("#items h2")).to_be_focused()
    expect(page.locator("#decision")).to_be_visible()
    assert page.evaluate("window.notReloaded") is True
    berik.look("items-second-page")
    page.reload()
    expect(page.locator("#items h2")).to_contain_text("items 101 to 200 of 554")
