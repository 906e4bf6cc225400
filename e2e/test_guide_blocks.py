"""The pictures of docs/guide of trucks, travellers, exports, audits and payments, made with SHEKARA_GUIDE=1.

Only then: what happens in them is tested by the journeys of test_deliveries, test_passengers, test_export_leaves and
test_audits.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cast import PARTICIPANTS
from playwright.sync_api import expect

from declarations.movements.events import EventKind
from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.test_audits import office_of
from e2e.test_deliveries import OFF_THE_ROAD, ON_THE_ROAD, PNG, WITHIN_SECONDS, Operator, press
from e2e.test_export_leaves import WHEAT
from e2e.test_guide import Album
from e2e.test_passengers import ASAN, fill_in, reference_of
from e2e.visitor import Visitor
from portal.database import writing
from portal.ledger import books
from risk_gateway.days import day_of

ALTYN = PARTICIPANTS["altyn"].identifier
WIDTH, PHONE = 1000, 390
LANGUAGES = ("kk", "ru", "en")
WORDS = {
    "computers": ("Портативті компьютерлер", "Портативные компьютеры", "Portable computers"),
    "missing": ("300 қораптың 75-і жоқ", "Из 300 коробок нет 75", "75 boxes of 300 are missing"),
    "counted": ("Ашылып, саналды", "Вскрыто и пересчитано", "Opened and counted"),
    "clothes": ("Киім", "Одежда", "Clothes"),
    "wheat": ("3-класты жұмсақ бидай, үйме", "Пшеница мягкая, 3 класс, насыпью", "Soft wheat, class 3, in bulk"),
    "objective": ("Бағалары нарықтан төмен", "Цены ниже рыночных", "Prices below the market"),
    "plan": (
        "Декларацияланған құнды бір жылғы инвойстармен салыстыру",
        "Сравнить заявленную стоимость с инвойсами за год",
        "Compare the declared values with the invoices of a year",
    ),
    "opened": ("Инвойстарыңызды сұраймыз", "Мы запросим ваши инвойсы", "We shall ask for your invoices"),
    "act": (
        "Сатушының инвойстарында баға басқа",
        "В инвойсах продавца другая цена",
        "The invoices of the seller show another price",
    ),
    "debt": (
        "Кедендік баждың айырмасын төлеңіз",
        "Уплатите разницу ввозной пошлины",
        "Pay the difference of the import duty",
    ),
    "appeal": (
        "Баға келісімшарттағыдай болды",
        "Цена была такой, как в контракте",
        "The price was that of the contract",
    ),
}

pytestmark = [
    pytest.mark.skipif(not os.environ.get("SHEKARA_GUIDE"), reason="makes pictures only"),
    pytest.mark.parametrize("language", LANGUAGES),
]
Visit = Callable[..., Visitor]


def said(what: str, language: str) -> str:
    return WORDS[what][LANGUAGES.index(language)]


def pay(folder: Path, number: str) -> None:
    """Have the firm pay at the bank what an audit found."""
    with office_of(folder) as office, writing(office.engine) as connection:
        now, owed = datetime.now(UTC), books.outstanding(connection, number)
        assert owed is not None
        books.pay(
            connection, now, key=f"guide:{number}", holder=ALTYN, document=number, tiyn=owed.open, source="bank:guide"
        )


def signed_in(visit: Visit, language: str, *keys: str) -> list[Visitor]:
    visitors = [visit(language=language, width=WIDTH) for _ in keys]
    for visitor, key in zip(visitors, keys, strict=True):
        visitor.sign_in(key)
    return visitors


def test_a_truck(visit: Visit, portal_folder: Path, portal_address: str, language: str) -> None:
    aigerim, aidos, dana = signed_in(visit, language, "aigerim", "aidos", "dana")
    operator, seal = Operator(portal_folder, portal_address), f"ES-{LANGUAGES.index(language) + 501}"
    page = aigerim.page
    aigerim.open("/movements/new")
    for name, value in {
        "reference": f"CMR-{seal}",
        "vehicle": "123 ABC 05",
        "container": "MSKU1234565",
        "code-1": "8471300000",
        "description-1": said("computers", language),
        "mass-1": "1200",
        "value-1": "48 000 000",
        "origin-1": "CN",
        "guarantee": "8 000 000",
    }.items():
        page.fill(f"#{name}", value)
    page.select_option("#departure", "30301")
    page.select_option("#destination", "20201")
    Album(aigerim, language).take("truck-1-notify")
    page.click("main form button")
    page.wait_for_url("**/movements/DC-*")
    number = page.url.rsplit("/", 1)[1]

    aidos.open(f"/control/movements/{number}")
    press(aidos, "clear")
    aidos.page.fill("#seal-1", seal)
    aidos.page.select_option("#operator-1", "seals")
    Album(aidos, language).take("truck-2-seals", "#do-seal")
    press(aidos, "seal")
    press(aidos, "let-go", inspection=said("counted", language))  # in case it was drawn

    dana.open("/control/movements")
    operator.tell(number, seal, EventKind.SEALED, (80_350_000, 44_200_000))
    operator.tell(number, seal, EventKind.POSITION, ON_THE_ROAD)
    operator.tell(number, seal, EventKind.OPENED, OFF_THE_ROAD)
    expect(dana.page.locator(".movement-alarms")).to_contain_text(number, timeout=WITHIN_SECONDS * 1000)
    Album(dana, language).take("truck-3-alarms")

    dana.open(f"/control/movements/{number}")
    dana.page.select_option("#found-1", "broken")
    dana.page.select_option("#scan", "mismatch")
    dana.page.set_input_files("#files-arrive", {"name": "scan.png", "mimeType": "image/png", "buffer": PNG})
    press(dana, "arrive")
    form = dana.page.locator("#do-find-discrepancy")
    form.locator("summary").click()
    form.locator("[name=arrived-1]").fill("900")
    form.locator("[name=text]").fill(said("missing", language))
    form.locator("[name=inspection]").fill(said("counted", language))
    Album(dana, language).take("truck-4-discrepancy", "#do-find-discrepancy")
    press(dana, "find-discrepancy")
    press(dana, "recover")

    aigerim.open(f"/movements/{number}")
    Album(aigerim, language).take("truck-5-recovery")


def test_a_traveller(visit: Visit, language: str) -> None:
    asan = visit(language=language, width=PHONE)
    [madina] = signed_in(visit, language, "madina")
    page, album = asan.page, Album(asan, language)
    asan.open("/travellers/declare")
    fill_in(page, {**ASAN, "document_number": f"N555000{LANGUAGES.index(language)}"}, "60", "red")
    page.fill("#goods-1-description", said("clothes", language))
    page.click(".govuk-button-group button[value=check]")
    expect(page.locator("#checked")).to_be_visible()
    album.take("traveller-1-checked", ".decision")
    page.click("button[value=declare]")
    page.wait_for_url("**/travellers/record/*")
    album.take("traveller-2-to-pay")
    reference = reference_of(page)
    page.click("form[action$='/pay'] button")
    page.wait_for_load_state()
    madina.open(f"/passengers/{reference}")
    Album(madina, language).take("traveller-3-inspector")


def test_an_export_in_two_vehicles(visit: Visit, portal_folder: Path, portal_address: str, language: str) -> None:
    number = lodge(
        portal_address, portal_folder, "zarina", "tengri", **{**WHEAT, "description": said("wheat", language)}
    )
    [aidos] = signed_in(visit, language, "aidos")
    page, album = aidos.page, Album(aidos, language)
    aidos.open(f"/exits/{number}")
    for vehicle, mass in (("123 ABC 05", "36000"), ("456 KZA 02", "24000")):
        page.fill("#vehicle", vehicle)
        page.fill("#seals", "KZ-1")
        page.click("form:has(#vehicle) button")
        page.fill("[id^=mass-]", mass)
        if mass == "24000":
            album.take("export-1-second-vehicle")
        page.click("form:has([id^=mass-]) button")
    expect(page.locator("#vehicle")).to_have_count(0)
    album.take("export-2-all-has-left")


def test_an_audit_and_the_payments(visit: Visit, portal_folder: Path, language: str) -> None:
    marat, bolat, anna = signed_in(visit, language, "marat", "bolat", "anna")
    page, album = marat.page, Album(marat, language)

    def fill(visitor: Visitor, action: str, text: str, name: str = "") -> None:
        """Fill in the text of the form of an action, take its picture, and go on to signing."""
        form = f"#action-{action}"
        visitor.page.fill(f"{form} textarea[name=text]", said(text, language))
        if name:
            Album(visitor, language).take(name, form)

    def sign(visitor: Visitor, action: str, key: str) -> None:
        visitor.page.click(f"#action-{action} button:not([name])")
        sign_with_key(visitor.page, portal_folder / "demo" / "keys" / f"{key}.p12")
        visitor.page.wait_for_url(lambda url: "/statements/" not in url)

    marat.open("/audits")
    page.fill("#participant", ALTYN)
    page.fill("#objective", said("objective", language))
    page.click("form:has(#participant) button")
    page.wait_for_url("**/audits/PA-*")
    number = page.url.rsplit("/", 1)[1].split("#")[0]
    marat.open(f"/audits/{number}/dossier")
    album.take("audit-1-dossier")
    marat.open(f"/audits/{number}")
    page.click("#action-PREPARE summary")
    page.check("#action-PREPARE input[value=VALUE]")
    page.fill("#first", "2024-01-01")
    page.fill("#last", day_of(datetime.now(UTC)).isoformat())
    fill(marat, "PREPARE", "plan", "audit-2-plan")
    sign(marat, "PREPARE", "marat")

    bolat.open(f"/audits/{number}")
    bolat.page.click("#action-OPEN summary")
    fill(bolat, "OPEN", "opened")
    sign(bolat, "OPEN", "bolat")

    marat.open(f"/audits/{number}")
    page.click("#action-SIGN_DIRECTED_ACT summary")
    page.check("#action-SIGN_DIRECTED_ACT input[value=VALUE]")
    fill(marat, "SIGN_DIRECTED_ACT", "act")
    sign(marat, "SIGN_DIRECTED_ACT", "marat")
    page.click("#action-NOTIFY_DEBT summary")
    page.select_option("#action-NOTIFY_DEBT [name=kind]", "understated_value")
    page.fill("#item-1", "1")
    page.fill("#due-1", "1 000 000")
    fill(marat, "NOTIFY_DEBT", "debt", "audit-3-computation")
    sign(marat, "NOTIFY_DEBT", "marat")

    anna.open(f"/audits/own/{number}")
    Album(anna, language).take("audit-4-served")
    anna.page.click("#action-APPEAL summary")
    fill(anna, "APPEAL", "appeal", "audit-5-appeal")
    anna.open("/payments")
    Album(anna, language).take("payments-1-own")
    pay(portal_folder, number)
    anna.open(f"/payments/document?number={number}")
    Album(anna, language).take("payments-2-document")
    while anna.open(f"/audits/own/{number}") and anna.page.locator("#action-APPEAL").count():
        anna.page.wait_for_timeout(1000)  # the portal closes it by itself; then the firm can be audited again
