"""The registry of minimal-risk participants: apply and be admitted, at every post at once; be refused with reasons."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from cast import PARTICIPANTS
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.opening import switch_on
from e2e.visitor import Visitor
from interop.partners import PartnerKind
from portal.clock import SystemClock
from portal.demo.partners import SALT
from portal.stand.opening import open_stand
from portal.stand.server import Stand

TENGRI = PARTICIPANTS["tengri"].identifier
APPLICATION = "/registry/application"
NAMES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}


@pytest.fixture
def partners(tmp_path: Path, portal_folder: Path) -> Iterator[dict[str, Stand]]:
    """Let the partners answer, each as a server of its own; nobody has switched them on yet."""
    kinds = {"tax-service": PartnerKind.TAX_SERVICE, "police": PartnerKind.LAW_ENFORCEMENT}
    stands = {name: open_stand(kind, tmp_path / name, SystemClock()) for name, kind in kinds.items()}
    kind = PartnerKind.FOREIGN_CUSTOMS
    stands["qiyalia"] = open_stand(kind, portal_folder / "partners" / kind.value, SystemClock(), salt=SALT)
    for stand in stands.values():
        Thread(target=stand.serve_forever, daemon=True).start()
    yield stands
    for stand in stands.values():
        stand.end()


def sign(visitor: Visitor, folder: Path, key: str, leads_to: str) -> None:
    sign_with_key(visitor.page, folder / "demo" / "keys" / f"{key}.p12")
    visitor.page.wait_for_url(lambda url: leads_to in url and "/statements/" not in url)


def apply(visitor: Visitor, folder: Path, key: str, office: str = "committee") -> None:
    """Apply, sign, and wait until the portal has verified the criteria."""
    visitor.open(APPLICATION)
    visitor.page.get_by_label("Where the application is filed").select_option(office)
    visitor.page.get_by_role("button", name="Continue to signing").click()
    sign(visitor, folder, key, APPLICATION)
    for _ in range(60):
        if visitor.page.get_by_role("heading", name="What was verified").count():
            return
        visitor.page.wait_for_timeout(500)  # the portal verifies beside the requests
        visitor.page.reload()
    raise AssertionError("nothing was verified within half a minute")


def in_each_language(visitor: Visitor, name: str) -> None:
    for language, button in NAMES.items():
        visitor.switch_to(button)
        visitor.look(f"{name}-{language}")


def cheap(address: str, folder: Path, office: str) -> str:
    """Lodge lamps of Tengri's at a price that is worth a look; return the path of the declaration."""
    number = lodge(address, folder, "zarina", "tengri", office=office, price=Decimal(150))
    return f"/declarations/{number}"


def decided(visitor: Visitor, path: str) -> str:
    visitor.open(path)
    return visitor.page.locator("main").inner_text()


def test_zarina_applies_is_admitted_and_another_post_knows_at_once(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, partners: dict[str, Stand]
) -> None:
    zarina, gulnar = visit(), visit()
    zarina.sign_in("zarina")
    before = cheap(portal_address, portal_folder, "20201")
    assert "Simplified release" not in decided(zarina, before)

    zarina.open(APPLICATION)
    expect(zarina.page.get_by_text("Not in the registry")).to_be_visible()
    in_each_language(zarina, "registry-1-before")
    zarina.page.get_by_role("button", name="Continue to signing").click()
    expect(zarina.page.locator(".govuk-error-summary")).to_be_focused()
    zarina.look("registry-2-no-office")
    apply(zarina, portal_folder, "zarina")
    expect(zarina.page.get_by_text("Being considered")).to_be_visible()
    in_each_language(zarina, "registry-3-verified")

    gulnar.sign_in("gulnar")
    gulnar.open("/registry")
    in_each_language(gulnar, "registry-4-worklist")
    gulnar.page.get_by_role("link", name=PARTICIPANTS["tengri"].name).click()
    in_each_language(gulnar, "registry-5-application")
    gulnar.page.get_by_label("Admit", exact=True).check()
    gulnar.page.get_by_role("button", name="Continue to signing").click()
    expect(gulnar.page.locator(".govuk-error-summary")).to_be_focused()  # what is not known is not met
    gulnar.look("registry-5-not-without-an-answer")

    asel, aliya = visit(), visit()
    asel.sign_in("asel")
    aliya.sign_in("aliya")
    for partner, stand in partners.items():
        switch_on(asel, aliya, partner, stand.address)
    gulnar.page.get_by_role("button", name="Ask again").click()
    expect(gulnar.page.get_by_text("What was found before")).to_be_visible()
    found = gulnar.page.locator(".registry-criteria").first.get_by_text("Met", exact=True)
    expect(found).to_have_count(7)
    in_each_language(gulnar, "registry-5-answered")
    gulnar.follow(gulnar.page.get_by_role("button", name="Continue to signing"))
    gulnar.look("registry-6-sign")
    sign_with_key(gulnar.page, portal_folder / "demo" / "keys" / "zarina.p12")
    expect(gulnar.page.locator(".govuk-error-summary:visible")).to_be_visible()  # somebody else's key
    sign(gulnar, portal_folder, "gulnar", "/registry/applications/")
    expect(gulnar.page.get_by_text("Admitted", exact=True).first).to_be_visible()
    gulnar.look("registry-7-admitted")

    admitted = cheap(portal_address, portal_folder, "60601")
    assert "Simplified release" in decided(zarina, admitted)
    zarina.open(APPLICATION)
    expect(zarina.page.get_by_text("In the registry", exact=True)).to_be_visible()
    in_each_language(zarina, "registry-8-in")
    zarina.open("/account/notifications")
    expect(zarina.page.get_by_text("Admitted to the registry")).to_be_visible()
    zarina.look("registry-9-told")

    exclude(gulnar, portal_folder)
    after = cheap(portal_address, portal_folder, "60601")
    assert "Simplified release" not in decided(zarina, after)


def exclude(gulnar: Visitor, folder: Path) -> None:
    gulnar.open("/registry/entries?search=tengri")
    gulnar.look("registry-10-entries")
    gulnar.page.get_by_role("link", name=PARTICIPANTS["tengri"].name).click()
    gulnar.page.get_by_text("Exclude from the registry").click()
    form = gulnar.page.locator("details[open] form")
    form.get_by_label("Reason").select_option("criteria_unmet")
    form.get_by_label("Explanation").fill("The letters were not genuine")
    gulnar.look("registry-11-entry")
    form.get_by_role("button", name="Continue to signing").click()
    sign(gulnar, folder, "gulnar", f"/registry/entries/{TENGRI}")
    expect(gulnar.page.get_by_text("Excluded", exact=True)).to_be_visible()
    gulnar.look("registry-12-excluded")


def test_aigerim_is_refused_with_reasons_and_appeals(visit: Callable[..., Visitor], portal_folder: Path) -> None:
    aigerim, gulnar = visit(width=390), visit(width=390)
    aigerim.sign_in("aigerim")
    apply(aigerim, portal_folder, "aigerim", office="20201")
    expect(aigerim.page.get_by_text("Not met").first).to_be_visible()  # Qiyalia may have told of her firm by now
    in_each_language(aigerim, "registry-phone-1-not-met")

    gulnar.sign_in("gulnar")
    gulnar.open("/registry")
    gulnar.look("registry-phone-2-worklist")
    gulnar.page.get_by_role("link", name=PARTICIPANTS["kaspi"].name).first.click()
    expect(gulnar.page.get_by_text("the application can only be refused")).to_be_visible()
    gulnar.look("registry-phone-3-application")
    gulnar.page.get_by_label("Explanation").fill("Apply again when you have lodged ten declarations")
    gulnar.page.get_by_role("button", name="Continue to signing").click()
    sign(gulnar, portal_folder, "gulnar", "/registry/applications/")

    aigerim.open(APPLICATION)
    expect(aigerim.page.get_by_text("Not enough declarations lodged")).to_be_visible()
    expect(aigerim.page.get_by_text("Apply again when you have lodged ten declarations")).to_be_visible()
    in_each_language(aigerim, "registry-phone-4-refused")
    aigerim.page.get_by_label("What you contest, and why").fill("We carried a hundred consignments")
    aigerim.page.locator("form[action$='/appeal'] button").click()
    sign(aigerim, portal_folder, "aigerim", APPLICATION)
    expect(aigerim.page.get_by_role("heading", name="Your appeals")).to_be_visible()

    gulnar.open("/registry")
    gulnar.page.locator("a[href*='/registry/appeals/']", has_text=PARTICIPANTS["kaspi"].name).click()
    expect(gulnar.page.get_by_text("another officer decides on it")).to_be_visible()
    gulnar.look("registry-phone-5-own-decision")
