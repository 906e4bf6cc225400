"""Audits after release: one ends in a notification of debt that is paid, one in a notification that is appealed, one in
a violation that is eliminated."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import auditing_after
from cast import PARTICIPANTS
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.visitor import Visitor
from portal.app import opened
from portal.database import writing
from portal.ledger import books
from portal.settings import Settings
from risk_gateway.days import day_of

ALTYN, TENGRI, ZHIBEK = (PARTICIPANTS[key] for key in ("altyn", "tengri", "zhibek"))
PEERS = {"yerkin": "qorgan", "zarina": "tengri", "berik": "zhibek", "aigerim": "kaspi"}
NAMES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}


def office_of(folder: Path) -> Any:
    return opened(Settings.load({"SHEKARA_HOME": str(folder), "SHEKARA_DEMO": "1"}))


def released(address: str, folder: Path, person: str, firm: str) -> str:
    """Lodge a declaration, and have the document officer of the post let the goods go; return its number."""
    number = lodge(address, folder, person, firm)
    with office_of(folder) as office:
        auditing_after.release(office, number)
    return number


def money_comes_in(folder: Path, holder: str, tiyn: int) -> None:
    with office_of(folder) as office, writing(office.engine) as connection:
        books.pay(
            connection, datetime.now(UTC), key=f"e2e:{holder}", holder=holder, document="", tiyn=tiyn, source="bank:e2e"
        )


def in_each_language(visitor: Visitor, name: str) -> None:
    for language, button in NAMES.items():
        visitor.switch_to(button)
        visitor.look(f"{name}-{language}")


def sign(visitor: Visitor, folder: Path, key: str) -> None:
    sign_with_key(visitor.page, folder / "demo" / "keys" / f"{key}.p12")
    visitor.page.wait_for_url(lambda url: "/statements/" not in url)


def form(visitor: Visitor, action: str) -> Any:
    """Open the form of an action."""
    visitor.page.locator(f"#action-{action} summary").click()
    return visitor.page.locator(f"#action-{action} form")


def fill_and_sign(visitor: Visitor, folder: Path, key: str, action: str, text: str) -> None:
    shown = form(visitor, action)
    shown.locator("textarea[name=text]").fill(text)
    shown.get_by_role("button", name="Continue to signing").click()
    sign(visitor, folder, key)


def choose_and_plan(marat: Visitor, folder: Path, participant: str) -> str:
    """Have Marat take a participant up and plan the audit; return its path."""
    marat.open("/audits")
    marat.page.get_by_label("BIN or IIN").fill(participant)
    marat.page.get_by_label("Objective").fill("Prices below those of peers")
    marat.page.get_by_role("button", name="Take up as a candidate").click()
    marat.page.wait_for_url("**/audits/PA-*")
    path = "/audits/" + marat.page.url.rsplit("/", 1)[1]
    plan = form(marat, "PREPARE")
    plan.get_by_label("Customs value").check()
    plan.get_by_label("First day of the period").fill("2024-01-01")
    plan.get_by_label("Last day of the period").fill(day_of(datetime.now(UTC)).isoformat())
    plan.locator("textarea[name=text]").fill("Compare the declared values with the invoices of a year")
    plan.get_by_role("button", name="Continue to signing").click()
    sign(marat, folder, "marat")
    expect(marat.page.get_by_text("Plan waits for approval")).to_be_visible()
    return path


def write_act(marat: Visitor, path: str) -> None:
    """Have Marat write the act of one direction, up to signing."""
    marat.open(path)
    act = form(marat, "SIGN_DIRECTED_ACT")
    act.get_by_label("Customs value").check()
    act.locator("textarea[name=text]").fill("The invoices of the seller show another price")
    act.get_by_role("button", name="Continue to signing").click()


def act_and_debt(marat: Visitor, folder: Path, path: str, name: str) -> None:
    """Have Marat write the act and notify a debt."""
    write_act(marat, path)
    marat.look(f"{name}-sign-act")
    sign(marat, folder, "marat")
    debt = form(marat, "NOTIFY_DEBT")
    debt.locator("textarea[name=text]").fill("Pay the difference of the import duty")
    debt.get_by_role("button", name="Continue to signing").click()
    expect(marat.page.locator(".govuk-error-summary")).to_be_focused()  # nothing was found yet
    marat.look(f"{name}-no-violation")
    debt = marat.page.locator("#action-NOTIFY_DEBT form")
    debt.get_by_label("Violation").select_option("understated_value")
    debt.get_by_label("Item number", exact=True).first.fill("1")
    debt.get_by_label("Sum due", exact=True).first.fill("1 000 000")
    marat.look(f"{name}-computation")
    marat.follow(debt.get_by_role("button", name="Continue to signing"))
    marat.look(f"{name}-sign-debt")
    sign(marat, folder, "marat")
    expect(marat.page.get_by_text("Debt notified").first).to_be_visible()


def test_a_debt_is_notified_and_paid(visit: Callable[..., Visitor], portal_address: str, portal_folder: Path) -> None:
    released(portal_address, portal_folder, "berik", "zhibek")
    marat, bolat, berik = visit(), visit(), visit()
    for visitor, key in ((marat, "marat"), (bolat, "bolat"), (berik, "berik")):
        visitor.sign_in(key)
    berik.open("/audits/own")
    expect(berik.page.get_by_text("Customs has opened no audit")).to_be_visible()
    path = choose_and_plan(marat, portal_folder, ZHIBEK.identifier)
    in_each_language(marat, "audits-1-planned")
    assert berik.open(path.replace("/audits/", "/audits/own/")) == 404  # it knows nothing yet

    bolat.open("/audits")
    in_each_language(bolat, "audits-2-plans")
    bolat.page.get_by_role("link", name=ZHIBEK.name).first.click()
    fill_and_sign(bolat, portal_folder, "bolat", "OPEN", "We shall ask for your invoices")
    expect(bolat.page.get_by_text("Opened by")).to_be_visible()

    act_and_debt(marat, portal_folder, path, "audits-3")
    in_each_language(marat, "audits-4-notified")
    marat.page.get_by_role("link", name="Dossier").click()
    expect(marat.page.locator("figcaption", has_text="Years of declarations")).to_be_visible()
    in_each_language(marat, "audits-5-dossier")

    berik.open("/audits/own")
    in_each_language(berik, "audits-6-own")
    berik.page.get_by_role("link", name="PA-").click()
    expect(berik.page.get_by_text("Pay the difference of the import duty")).to_be_visible()
    in_each_language(berik, "audits-7-served")
    fill_and_sign(berik, portal_folder, "berik", "REPLY", "We shall pay")
    money_comes_in(portal_folder, ZHIBEK.identifier, 2_000_000_00)
    berik.page.reload()
    berik.look("audits-8-can-pay")
    berik.page.get_by_role("button", name="Pay from the prepaid balance").click()
    expect(berik.page.get_by_text("Debt paid, audit closed")).to_be_visible()
    berik.look("audits-9-paid")


def test_a_debt_is_appealed_against_and_annulled_on_a_phone(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path
) -> None:
    released(portal_address, portal_folder, "zarina", "tengri")
    marat, bolat, zarina = visit(width=390), visit(width=390), visit(width=390)
    for visitor, key in ((marat, "marat"), (bolat, "bolat"), (zarina, "zarina")):
        visitor.sign_in(key)
    path = choose_and_plan(marat, portal_folder, TENGRI.identifier)
    bolat.open(path)
    fill_and_sign(bolat, portal_folder, "bolat", "OPEN", "We shall ask for your invoices")
    act_and_debt(marat, portal_folder, path, "audits-phone-1")
    marat.page.get_by_role("link", name="Dossier").click()
    in_each_language(marat, "audits-phone-2-dossier")
    own = path.replace("/audits/", "/audits/own/")
    zarina.open(own)
    in_each_language(zarina, "audits-phone-3-served")
    fill_and_sign(zarina, portal_folder, "zarina", "APPEAL", "The price was that of the contract")
    expect(zarina.page.get_by_text("Appealed").first).to_be_visible()
    in_each_language(zarina, "audits-phone-4-appealed")
    bolat.open("/audits")
    in_each_language(bolat, "audits-phone-5-appeals")
    bolat.page.get_by_role("link", name=TENGRI.name).first.click()
    fill_and_sign(bolat, portal_folder, "bolat", "UPHOLD_APPEAL", "It was")
    zarina.open(own)
    expect(zarina.page.get_by_text("Annulled on appeal").first).to_be_visible()
    in_each_language(zarina, "audits-phone-6-annulled")


def test_a_violation_is_ordered_to_be_eliminated(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path
) -> None:
    for person, firm in PEERS.items():  # they import the same, so that there is a price to compare with
        lodge(portal_address, portal_folder, person, firm)
    marat, bolat, anna = visit(), visit(), visit(width=390, language="kk")
    for visitor, key in ((marat, "marat"), (bolat, "bolat"), (anna, "anna")):
        visitor.sign_in(key)
    path = choose_and_plan(marat, portal_folder, ALTYN.identifier)
    marat.page.get_by_role("link", name="Dossier").click()
    expect(marat.page.locator("figcaption", has_text="Prices against peers")).to_be_visible()
    in_each_language(marat, "audits-10-peers")
    bolat.open(path)
    fill_and_sign(bolat, portal_folder, "bolat", "OPEN", "We shall ask for your invoices")
    write_act(marat, path)
    sign(marat, portal_folder, "marat")
    form(marat, "ORDER_ELIMINATION").get_by_label("Violation").select_option("false_documents")
    marat.page.locator("#action-ORDER_ELIMINATION textarea[name=text]").fill("Replace the certificates")
    marat.follow(marat.page.locator("#action-ORDER_ELIMINATION").get_by_role("button", name="Continue to signing"))
    marat.look("audits-11-sign-order")
    sign(marat, portal_folder, "marat")
    expect(marat.page.get_by_text("Elimination ordered").first).to_be_visible()

    anna.open(path.replace("/audits/", "/audits/own/"))
    anna.look("audits-12-ordered-kk-390")
    report = form(anna, "REPORT_ELIMINATION")
    report.locator("textarea[name=text]").fill("The certificates were replaced")
    report.locator("button").click()
    sign(anna, portal_folder, "anna")
    marat.page.reload()
    marat.look("audits-13-reported")
    fill_and_sign(marat, portal_folder, "marat", "ACCEPT_ELIMINATION", "We have seen them")
    expect(marat.page.get_by_text("Closed").first).to_be_visible()
    anna.page.reload()
    anna.look("audits-14-closed-kk-390")
