"""Filling in the form of a draft: over HTTP as a browser without JavaScript does, with an office's database behind."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import offices
import pki
from browsing import Browser
from evidencing import browsing_stored
from lxml import html

from portal.access import Role
from portal.declarant.drafting.service import Drafting
from portal.office import Office
from portal.views import SignedIn

GENERAL = {"DeclarationOfficeID": "20201", "FunctionalReferenceID": "DRAFT-1", "ProcedureCode": "40"}
EXPORTER = "GoodsShipment/Exporter/Party/"
PARTIES = {
    "Declarant/Name": "Altyn Dala Trade LLP",
    "Declarant/ID": "150340012340",
    "Declarant/ID/@schemeID": "BIN",
    "Declarant/Address/CountryCode": "KZ",
    f"{EXPORTER}Name": "MERIDIAN LIGHTING CO LTD",
    f"{EXPORTER}Address/CountryCode": "cn",
    "GoodsShipment/Importer/SameAsDeclarant": "1",
    "GoodsShipment/Payer/SameAsDeclarant": "1",
}
TRADE = {
    "GoodsShipment/TradeCountryCode": "CN",
    "GoodsShipment/ExportCountryCode": "CN",
    "GoodsShipment/DestinationCountryCode": "KZ",
    "GoodsShipment/TradeTerms/ConditionCode": "CPT",
    "GoodsShipment/TradeTerms/LocationName": "Almaty",
}
TRANSPORT = {
    "GoodsShipment/Consignment/DepartureTransportMeans/ModeCode": "31",
    "GoodsShipment/Consignment/BorderTransportMeans/ModeCode": "31",
    "GoodsShipment/Consignment/ContainerCode": "0",
}
ITEM = {
    "Commodity/ClassificationID": "9403 60 100 9",
    "Commodity/Description": "Dining tables of wood",
    "OriginCountryCode": "CN",
    "Commodity/GoodsMeasure/GrossMassMeasure": "172,5",
    "Commodity/GoodsMeasure/NetMassMeasure": "150",
    "Commodity/GoodsMeasure/TariffQuantity": "25",
    "Commodity/GoodsMeasure/TariffQuantity/@unitCode": "796",
    "PackageQuantity": "25",
    "PackagePresenceCode": "1",
    "Packaging[1]/TypeCode": "CT",
    "Packaging[1]/Quantity": "25",
    "Commodity/ItemChargeAmount": "1 250,00",
    "Commodity/ItemChargeAmount/@currencyID": "usd",
    "AdditionalDocument[1]/TypeCode": "04021",
    "AdditionalDocument[1]/ID": "INV-2026-1",
    "AdditionalDocument[1]/IssueDate": "12.11.2026",
}
ANNA = SignedIn("850412450128", "Anna Demo", Role.DECLARANT, "150340012340", "Altyn Dala Trade LLP")
BERIK = SignedIn("791103300451", "Berik Demo", Role.BROKER, "110540007770", "Zhibek Logistics LLP")


@contextmanager
def desk(home: Path, person: str = "anna", office: Office | None = None) -> Iterator[tuple[Browser, Office]]:
    """Open a browser on an office that lodges."""
    office = office or offices.office(home)
    office.recorder.start()
    try:
        with browsing_stored(office, person) as browser:
            yield browser, office
    finally:
        office.recorder.stop()


def begin(browser: Browser, **sent: str) -> str:
    """Begin a draft and return its address."""
    answer = browser.post("/drafts/new", {"kind": "IM40", **sent})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def fill(browser: Browser, draft: str, item: dict[str, str] | None = None) -> str:
    """Fill in a whole import with one item; return the draft's address."""
    for section, values in (("general", GENERAL), ("parties", PARTIES), ("trade", TRADE), ("transport", TRANSPORT)):
        assert browser.post(f"{draft}/sections/{section}", values).status_code == 303, section
    assert browser.post(f"{draft}/goods", {"add": "1"}).headers["location"] == f"{draft}/goods/1"
    answer = browser.post(f"{draft}/goods/1", item or ITEM)
    assert answer.status_code == 303, answer.text
    return draft


def lodge(browser: Browser, draft: str, person: str = "anna", data: bytes | None = None):
    """Sign what the draft says now, or take what was signed before, and lodge it."""
    signed = data or pki.sign_as(person, browser.get(f"{draft}/document").content)
    token = browser.client.cookies["shekara_csrf"]
    return browser.client.post(
        f"{draft}/lodge",
        data={"_csrf_token": token},
        files={"signed": ("signed.xml", signed, "application/xml")},
        follow_redirects=False,
    )


def value_of(browser: Browser, address: str, name: str) -> str:
    """Return what stands in a field of a page."""
    tree = html.fromstring(browser.get(address).text)
    (found,) = tree.xpath(f"//*[@name='{name}'][not(@type='hidden')]") or [None]
    if found is None:
        return ""
    if found.tag == "select":
        return "".join(found.xpath("./option[@selected]/@value"))
    return found.text or "" if found.tag == "textarea" else found.get("value", "")


def base_of(page: str) -> str:
    (found,) = html.fromstring(page).xpath("//input[@name='base']/@value")
    return found


def number_in(location: str) -> str:
    found = re.fullmatch(r"/declarations/(.+)", location)
    assert found is not None, location
    return found[1]


def stored(office: Office, draft: str, person: SignedIn = ANNA):
    found = Drafting(office).find(person, draft.removeprefix("/drafts/"))
    assert found is not None
    return found
