"""A traveller pays at a bank: what page and paper say is enough for it, and what it reports settles the order."""

import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import asking
import httpx
import msgspec
import pki
import pypdf
import pytest
from caseworking import person
from cryptography.hazmat.primitives.serialization import Encoding
from evidencing import browsing_stored
from travelling import ASAN, LI, Border, border, declared, heavy

from declarations.ledger import refund_store
from declarations.passengers.model import Corridor
from interop import partner_store
from interop.partners import PartnerKind
from portal.auditing.passengers import passenger_doubts
from portal.database import reading, writing
from portal.ledger import books
from portal.ledger.banking import Banking
from portal.passengers.bank import for_bank
from portal.passengers.declaring import Declared
from portal.passengers.errors import PassengerRefused
from portal.passengers.model import Status
from portal.stand.opening import CERTIFICATE, PEERS, open_stand

SIXTY = declared(heavy(), corridor=Corridor.RED)


class Bank:
    """Travellers before an office whose bank stands at an address of its own."""

    def __init__(self, at: Border, address: str) -> None:
        self.at = at
        self.address = address
        self.banking = Banking(at.office)

    def receives(self, payer: str, tiyn: int, reference: str) -> None:
        """Have somebody pay at the bank, and the portal read what moved there."""
        body = {"payer": payer, "tiyn": tiyn, "reference": reference, "id": ""}
        assert httpx.post(f"{self.address}/payments", json=body, trust_env=False).status_code == 200
        self.banking.turn()

    def open_of(self, made: Declared) -> int:
        view = self.at.travellers.view(made.record.reference, made.key, "en")
        assert view is not None
        return view.open_tiyn


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    at, folder = border(tmp_path / "office"), tmp_path / "bank"
    folder.mkdir()
    (folder / PEERS).write_bytes(pki.office_key().certificate.public_bytes(Encoding.PEM))
    stand = open_stand(PartnerKind.PAYMENTS, folder, at.clock)
    thread = threading.Thread(target=stand.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    known = asking.partner("bank", PartnerKind.PAYMENTS, stand.address)
    keys = ((folder / CERTIFICATE).read_text(encoding="ascii"),)
    with writing(at.office.engine) as connection:
        partner_store.put_partner(connection, msgspec.structs.replace(known, keys=keys), at.clock.at)
    yield Bank(at, stand.address)
    stand.end()
    thread.join(5)


def told(text: str) -> dict[str, str]:
    """Return what the page says for the bank, by the words before it."""
    rows = re.findall(r'key">([^<]+)</dt><dd class="govuk-summary-list__value number">([^<]+)</dd>', text)
    return dict(rows)


def test_what_the_page_says_is_paid_at_the_bank_and_the_traveller_leaves(bank: Bank) -> None:
    with browsing_stored(bank.at.office, None) as opened:
        made = bank.at.declare(SIXTY)
        opened.client.cookies.set("shekara_traveller", made.key)
        address = f"/travellers/record/{made.record.reference}"
        for_the_bank = told(opened.get(address).text)
        sum_said = int(re.sub(r"\D", "", for_the_bank["Sum"].partition(".")[0]))
        assert for_the_bank["Payment code"] == "6010"

        bank.receives(for_the_bank["Number of the payer"], sum_said * 100, for_the_bank["Purpose of the payment"])
        paid = opened.get(address).text
    assert "Paid: go through the red corridor" in paid
    assert "Number of the payer" not in paid
    assert made.record.reference in bank.at.desk.lane(person("madina")).paid
    assert bank.at.release(made.record.reference).status is Status.LEFT
    with reading(bank.at.office.engine) as connection:
        assert list(passenger_doubts(connection)) == []


def test_a_foreigner_pays_as_the_document(bank: Bank) -> None:
    made = bank.at.declare(declared(heavy(), traveller=LI, corridor=Corridor.RED))
    wanted = for_bank(made.record, bank.open_of(made))
    assert wanted is not None
    assert wanted.payer == "document:CN:E87654321"
    bank.receives(wanted.payer, wanted.tiyn, wanted.number)
    assert bank.open_of(made) == 0


def test_what_the_code_says_is_what_is_open(bank: Bank) -> None:
    made = bank.at.declare(SIXTY)
    whole = bank.open_of(made)
    bank.receives(str(ASAN.iin), 1_000_00, f"CRO-{made.record.reference}")
    left = for_bank(made.record, bank.open_of(made))
    assert left is not None
    assert left.tiyn == whole - 1_000_00
    assert left.text.splitlines() == [
        "KZT",
        f"number=CRO-{made.record.reference}",
        "code=6010",
        f"payer={ASAN.iin}",
        f"sum={left.tenge:f}",
    ]
    with pytest.raises(PassengerRefused):
        bank.at.release(made.record.reference)


def test_a_payment_in_another_name_pays_nothing_and_waits_for_an_officer(bank: Bank) -> None:
    made = bank.at.declare(SIXTY)
    whole = bank.open_of(made)
    bank.receives("850412450128", whole, f"CRO-{made.record.reference}")
    assert bank.open_of(made) == whole
    with reading(bank.at.office.engine) as connection:
        assert [each.tiyn for each in refund_store.unallocated(connection)] == [whole]


def test_money_that_comes_after_the_order_has_ended_is_the_travellers(bank: Bank) -> None:
    made = bank.at.declare(SIXTY)
    whole = bank.open_of(made)
    bank.at.clock.at = made.record.expires_at
    assert bank.at.desk.tidy() == 1
    bank.receives(str(ASAN.iin), whole, f"CRO-{made.record.reference}")
    with reading(bank.at.office.engine) as connection:
        assert books.holdings(connection, str(ASAN.iin)).prepaid == whole


def test_the_paper_says_the_same_while_something_is_open(bank: Bank) -> None:
    with browsing_stored(bank.at.office, None) as opened:
        made = bank.at.declare(SIXTY)
        opened.client.cookies.set("shekara_traveller", made.key)
        address = f"/travellers/record/{made.record.reference}/receipt"
        before = pypdf.PdfReader(io.BytesIO(opened.get(address).content))
        bank.receives(str(ASAN.iin), bank.open_of(made), f"CRO-{made.record.reference}")
        after = pypdf.PdfReader(io.BytesIO(opened.get(address).content))
    said = "".join(page.extract_text() for page in before.pages)
    assert f"payer={ASAN.iin}" in said
    assert "6010" in said
    assert "payer=" not in "".join(page.extract_text() for page in after.pages)
