"""What registers say: an officer reads all of it with source and time, a declarant only what is of its own numbers."""

from datetime import date, timedelta
from pathlib import Path

import caseworking
import drafting
import offices
import pki
import pytest
import registers
from browsing import Browser
from builders import export_xml
from caseworking import Desk
from drafting import ITEM, begin, fill
from evidencing import browsing_stored
from lxml import html
from registers import ACCOUNT, ALTYN, LICENCE, PERMITS, TENGRI, contract, permit, scrap

from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway.bases.registers.model import Named, Register

BOTH = (f"01011 {LICENCE}", f"03031 {ACCOUNT}")
OWN = {"number": "LIC-1", "commodities": ["9403"], "grams_left": None}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path)


def part_of(page: str, title: str) -> str:
    found = html.fromstring(page).xpath(f"//section[@aria-labelledby='{title}']")
    return " ".join(found[0].text_content().split()) if found else ""


def opened(desk: Desk, number: str, language: str = "en") -> str:
    with browsing_stored(desk.office, "erlan", language) as browser:
        page = browser.get(f"/desk/cases/{number}")
        assert page.status_code == 200
        return part_of(page.text, "registers-title")


def lodged(desk: Desk, reference: str, *documents: str) -> str:
    data = pki.sign_as("zarina", export_xml([scrap(*documents)], reference=reference, office="20201"))
    return lodge(Lodged(data, desk.clock.now()), desk.office).stored.registration_number


# --- the officer ----------------------------------------------------------------------------------------------------


def test_an_officer_reads_that_a_register_was_silent_and_why(desk: Desk, tmp_path: Path) -> None:
    registers.with_registers(desk.office, tmp_path).dead.add(PERMITS)

    said = opened(desk, lodged(desk, "SILENT", BOTH[0]))

    assert f"Permit {LICENCE} items 1 Not known permits: not reached: ConnectError" in said


def test_an_officer_reads_that_there_was_no_answer_and_what_has_come_since(desk: Desk, tmp_path: Path) -> None:
    number = lodged(desk, "NOBODY", BOTH[0])
    assert opened(desk, number).endswith("Not known no answer by then")

    registers.with_registers(desk.office, tmp_path)
    desk.office.asking.registers.ask([Named(TENGRI, Register.PERMIT, LICENCE)], "tests", 1.0)

    assert opened(desk, number).endswith("no answer by then Since then: not on the register, 24.11.2026 10:00")


def test_an_officer_reads_what_the_register_has_of_a_permit_with_source_and_time(desk: Desk, tmp_path: Path) -> None:
    edge = registers.with_registers(desk.office, tmp_path)
    edge.stub.put(permit(valid_to=date(2026, 11, 1)))
    edge.stub.put(contract())

    said = opened(desk, lodged(desk, "SAID", *BOTH))

    assert "Not valid on the day of the declaration permits, as of 24.11.2026 10:00" in said
    assert "valid to 01.11.2026; codes 7204; 100,000 kg left" in said
    assert f"Currency contract {ACCOUNT} items 1 Confirmed contracts, as of 24.11.2026 10:00" in said


def test_of_anothers_permit_an_officer_reads_that_it_is_anothers_and_no_more(desk: Desk, tmp_path: Path) -> None:
    registers.with_registers(desk.office, tmp_path).stub.put(permit(ALTYN))

    said = opened(desk, lodged(desk, "OTHERS", BOTH[0]))

    assert "On the register, but somebody else's" in said
    assert "7204" not in said
    assert ALTYN not in said


def test_what_the_register_says_since_is_told_beside_what_was_known(desk: Desk, tmp_path: Path) -> None:
    edge = registers.with_registers(desk.office, tmp_path)
    edge.stub.put(permit())
    number = lodged(desk, "SINCE", BOTH[0], "04021 X")
    edge.stub.set(TENGRI, yes=True, now=offices.NOW)
    desk.clock.at += timedelta(hours=7)
    desk.office.asking.registers.refresh()

    said = opened(desk, number)

    assert "Confirmed permits" in said
    assert "Since then: revoked" in said


def test_a_declaration_that_names_no_permit_has_no_such_part(desk: Desk, tmp_path: Path) -> None:
    registers.with_registers(desk.office, tmp_path)

    assert opened(desk, lodged(desk, "PLAIN", "04021 X")) == ""


@pytest.mark.parametrize(("language", "word"), [("kk", "Тізілімде жоқ"), ("ru", "Нет в реестре")])
def test_it_is_told_in_kazakh_and_russian(desk: Desk, tmp_path: Path, language: str, word: str) -> None:
    registers.with_registers(desk.office, tmp_path)

    assert word in opened(desk, lodged(desk, "WORDS", BOTH[0]), language)


def test_a_declarant_reads_nothing_of_it_in_its_lodged_declaration(desk: Desk, tmp_path: Path) -> None:
    registers.with_registers(desk.office, tmp_path).stub.put(permit(ALTYN))
    number = lodged(desk, "SECRET", BOTH[0])

    with browsing_stored(desk.office, "zarina") as browser:
        page = browser.get(f"/declarations/{number}").text

    assert "must be confirmed" in page
    assert [each for each in ("somebody else", "register", "EX-40", "other_party") if each in page] == []


# --- the declarant, before lodging ----------------------------------------------------------------------------------


def naming(number: str) -> dict[str, str]:
    named = {"AdditionalDocument[2]/TypeCode": "01011", "AdditionalDocument[2]/ID": number}
    return {**ITEM, **named, "AdditionalDocument[2]/IssueDate": "12.11.2026"}


def checked(browser: Browser, number: str) -> str:
    draft = fill(browser, begin(browser), naming(number))
    tree = html.fromstring(browser.get(f"{draft}/check").text)
    return " ".join(" ".join(each.text_content().split()) for each in tree.xpath("//ul[@id='registers']/li"))


def test_before_lodging_a_declarant_reads_what_the_register_says_of_its_own_permit(tmp_path: Path) -> None:
    with drafting.desk(tmp_path) as (browser, office):
        edge = registers.with_registers(office, tmp_path)
        edge.stub.put(permit(ALTYN, **OWN))

        assert checked(browser, "LIC-1") == "Permit LIC-1 The register confirms it"
        assert edge.calls == [PERMITS]


def test_anothers_permit_and_none_at_all_read_the_same(tmp_path: Path) -> None:
    with drafting.desk(tmp_path) as (browser, office):
        registers.with_registers(office, tmp_path).stub.put(permit(TENGRI, number="LIC-2"))

        others, none = checked(browser, "LIC-2"), checked(browser, "LIC-3")

        assert others.replace("LIC-2", "LIC-3") == none
        assert none == "Permit LIC-3 The register does not confirm it for this firm"


def test_a_silent_register_keeps_nobody_from_lodging_and_is_not_asked_with_every_click(tmp_path: Path) -> None:
    with drafting.desk(tmp_path) as (browser, office):
        edge = registers.with_registers(office, tmp_path)
        edge.dead.add(PERMITS)

        assert "has not answered" in checked(browser, "LIC-1")
        assert "has not answered" in checked(browser, "LIC-1")
        assert edge.calls == [PERMITS]


def test_of_a_number_that_another_firm_must_hold_nothing_is_asked_or_told(tmp_path: Path) -> None:
    importer = "GoodsShipment/Importer/Party/"
    other = {"Name": "Tengri Export LLP", "ID": TENGRI, "ID/@schemeID": "BIN", "Address/CountryCode": "KZ"}
    with drafting.desk(tmp_path) as (browser, office):
        edge = registers.with_registers(office, tmp_path)
        draft = fill(browser, begin(browser), naming("LIC-1"))
        parties = {**drafting.PARTIES, **{f"{importer}{name}": value for name, value in other.items()}}
        del parties["GoodsShipment/Importer/SameAsDeclarant"]
        assert browser.post(f"{draft}/sections/parties", parties).status_code == 303

        page = browser.get(f"{draft}/check").text

        assert "LIC-1" not in page
        assert edge.calls == []


def test_a_draft_that_names_no_permit_asks_nobody(tmp_path: Path) -> None:
    with drafting.desk(tmp_path) as (browser, office):
        edge = registers.with_registers(office, tmp_path)

        assert browser.get(f"{fill(browser, begin(browser))}/check").status_code == 200
        assert edge.calls == []
