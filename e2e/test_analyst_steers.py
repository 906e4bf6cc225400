"""An analyst drafts a profile, tries it on past cases and sends it; a colleague approves; the next lodgement meets it.

On a portal of its own, with a generated history to try on.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import processes
import pytest
from playwright.sync_api import Page, expect

from e2e.lodging import lodge
from e2e.visitor import Visitor

CODE = "IM-90"
TEXTS = {
    "title": ("Сынақ: шамдар", "Проба: лампы", "Trial: lamps"),
    "legal_basis": ("Негіздеме: Кеден кодексі.", "Основание: Таможенный кодекс.", "Basis: the Customs Code."),
    "declarant_text": ("Тауар түрі тексеріледі.", "Проверяется вид товара.", "The kind of goods is checked."),
}


@pytest.fixture(scope="module")
def portal_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("steered")


@pytest.fixture(scope="module")
def portal_address(portal_folder: Path) -> Iterator[str]:
    """Start a portal with the cast and a history of 300 cases."""
    environment = {**os.environ, "SHEKARA_HOME": str(portal_folder), "SHEKARA_DEMO": "1"}
    port, log = processes.free_port(), portal_folder / "server.log"
    processes.run(environment, log, "seed")
    processes.run(environment, log, "demo", "generate", "--declarations", "300", "--processes", "1")
    server = processes.start(environment, log, "serve", "--port", str(port))
    try:
        processes.wait_until_it_answers(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        processes.stop(server)
    processes.run(environment, log, "audit")


def compose(page: Page, place: str, fact: str, op: str, value: str) -> None:
    page.select_option(f"[name='{place}.fact']", fact)
    page.wait_for_selector(f"[name='{place}.op'] option[value='{op}']", state="attached")
    expect(page.locator(f"[name='{place}.op'] option")).not_to_have_count(12)  # only what suits the fact is left
    page.select_option(f"[name='{place}.op']", op)
    page.fill(f"[name='{place}.value']", value)


def fill_rest(page: Page) -> None:
    page.fill("[name=code]", CODE)
    for name, texts in TEXTS.items():
        for language, text in zip(("kk", "ru", "en"), texts, strict=True):
            page.fill(f"[name='{name}.{language}']", text)
    page.check("[name=kind][value=direct]")
    page.fill("[name=weight]", "0")
    page.fill("[name=family]", "trial_lamps")
    page.select_option("[name=category]", "goods")
    page.select_option("[name=motive]", "concealment")


def test_from_a_draft_to_the_next_lodgement(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path
) -> None:
    saule, timur, dana = visit(), visit(language="ru", width=390, dark=True), visit()
    page = saule.page
    saule.sign_in("saule")
    expect(page.get_by_role("heading", name="What needs you")).to_be_visible()
    saule.look("analyst-01-what-needs-you")
    saule.follow(page.get_by_role("link", name="Profiles", exact=True))
    saule.look("analyst-02-profiles")
    page.get_by_role("link", name="New profile").click()
    compose(page, "c.1", "commodity_code", "prefix", "8539")
    page.get_by_role("button", name="Add a condition").click()
    compose(page, "c.2", "customs_value_kzt", ">", "1")
    expect(page.locator("#preview")).to_contain_text("the commodity code begins with 8539")
    fill_rest(page)
    page.get_by_role("button", name="Save and check").click()  # without a measure
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a measure")
    saule.look("analyst-03-form-with-errors")
    page.select_option("[name='m.1.code']", "INSPECT_PARTIAL")
    page.fill("[name='m.1.instruction']", "Open one package of each kind.")
    saule.look("analyst-04-form")
    page.get_by_role("button", name="Save and check").click()
    page.wait_for_url(f"**/risk/profiles/{CODE}**")
    expect(page.locator("#sentence")).to_contain_text("the commodity code begins with 8539")

    saule.follow(page.get_by_role("link", name="Try on past cases"))
    saule.look("analyst-05-which-days")
    page.get_by_role("button", name="Start the trial").click()
    expect(page.get_by_role("link", name="Send for approval")).to_be_visible(timeout=60_000)
    saule.look("analyst-06-tried")
    page.get_by_role("link", name="Send for approval").click()
    page.get_by_label("Reason").fill("Lamps hide other goods, as the post of Almaty reports.")
    saule.look("analyst-07-submit")
    page.get_by_role("button", name="Send for approval").click()
    page.wait_for_url(f"**/risk/profiles/{CODE}**")
    page.get_by_role("link", name="Examine and decide").click()
    expect(page.locator("#own")).to_contain_text("you cannot approve it")
    expect(page.get_by_role("button", name="Approve the profile")).to_have_count(0)
    saule.look("analyst-08-not-the-own-one")

    before = lodge(portal_address, portal_folder, "yerkin", "qorgan")
    timur.sign_in("timur")
    timur.look("analyst-09-waits-ru")
    timur.follow(timur.page.get_by_role("link", name=CODE))
    timur.look("analyst-10-profile-ru")
    timur.page.get_by_role("link", name="Изучить и решить").click()
    expect(timur.page.locator("main")).to_contain_text("Lamps hide other goods")
    timur.look("analyst-11-decide-ru")
    timur.page.get_by_role("button", name="Утвердить профиль").click()
    expect(timur.page.locator("h1")).to_contain_text("Действует")
    timur.look("analyst-12-in-force-ru")

    after = lodge(portal_address, portal_folder, "yerkin", "qorgan")
    dana.sign_in("dana")
    dana.open(f"/desk/cases/{after}")
    expect(dana.page.locator("main")).to_contain_text(CODE)
    dana.look("analyst-13-the-next-lodgement-meets-it")
    dana.open(f"/desk/cases/{before}")
    expect(dana.page.locator("main")).not_to_contain_text(CODE)

    timur.open(f"/risk/profiles/{CODE}")
    timur.page.get_by_role("link", name="Приостановить").click()
    timur.page.get_by_role("button", name="Приостановить").click()  # without a reason
    expect(timur.page.locator("#f-reason-error")).to_be_visible()
    timur.page.locator("#f-reason").fill("Проба закончена.")
    timur.page.get_by_role("button", name="Приостановить").click()
    expect(timur.page.locator("h1")).to_contain_text("Приостановлен")


def test_a_profile_can_be_composed_without_a_script(visit: Callable[..., Visitor]) -> None:
    saule = visit(language="kk", width=390, javascript=False)
    saule.sign_in("saule")
    saule.open("/risk/profiles/new")
    page = saule.page
    page.select_option("[name='c.1.fact']", "preference_claimed")
    page.get_by_role("button", name="Топ қосу").click()
    page.select_option("[name='c.1.value']", "yes")
    page.select_option("[name='c.2.1.fact']", "origin_country")
    page.select_option("[name='c.2.2.fact']", "net_mass_kg")
    page.locator(".without-script").click()
    page.fill("[name='c.2.1.value']", "CN, TR")
    page.select_option("[name='c.2.2.op']", "between")
    page.fill("[name='c.2.2.value']", "10 - 20")
    page.locator(".without-script").click()
    expect(page.locator("#preview .sentence")).to_contain_text("жеңілдік")
    page.locator("#f-c-2-1-remove").click()
    expect(page.locator("[name='c.2.1.value']")).to_have_value("10 - 20")
    saule.keep("analyst-14-no-script-kk")  # axe itself needs a script
