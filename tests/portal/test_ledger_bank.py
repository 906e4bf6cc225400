"""The bank over real connections: payments come in once whatever happens on the way, and refunds go out once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import asking
import httpx
import msgspec
import pki
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from ledgering import ALTYN, LINES, QORGAN, Ledger

from declarations.ledger import refund_store
from declarations.ledger.model import ClaimKind
from declarations.ledger.refund_store import State
from interop import exchange_store, partner_store
from interop.partners import PartnerKind
from portal.database import reading, writing
from portal.ledger import refunds
from portal.ledger.banking import PAUSE_SECONDS, TROUBLED_SECONDS, Banking
from portal.ledger.errors import LedgerRefused
from portal.stand.opening import CERTIFICATE, PEERS, open_stand
from portal.stand.server import Stand

IBAN = "KZ75125KZT2069100100"
FIRST, SECOND = "800229300449", "751115300509"


class Bank:
    """A ledger whose bank stands at an address of its own."""

    def __init__(self, ledger: Ledger, stand: Stand) -> None:
        self.ledger = ledger
        self.stand = stand
        self.banking = Banking(ledger.office)

    def receives(self, tiyn: int, payer: str = ALTYN, reference: str = "", id: str = "") -> None:
        body = {"payer": payer, "tiyn": tiyn, "reference": reference, "id": id}
        assert httpx.post(f"{self.stand.address}/payments", json=body, trust_env=False).status_code == 200

    def fault(self, **given: object) -> None:
        assert httpx.post(f"{self.stand.address}/faults", json=given, trust_env=False).status_code == 200

    def forget_how_far(self) -> None:
        with writing(self.ledger.office.engine) as connection:
            exchange_store.set_cursor(connection, "bank", "")

    def unallocated(self) -> list[int]:
        with reading(self.ledger.office.engine) as connection:
            return [each.tiyn for each in refund_store.unallocated(connection)]


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    ledger, folder = Ledger(tmp_path / "office"), tmp_path / "bank"
    folder.mkdir()
    (folder / PEERS).write_bytes(pki.office_key().certificate.public_bytes(Encoding.PEM))
    stand = open_stand(PartnerKind.PAYMENTS, folder, ledger.clock)
    thread = threading.Thread(target=stand.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    known = asking.partner("bank", PartnerKind.PAYMENTS, stand.address)
    keys = ((folder / CERTIFICATE).read_text(encoding="ascii"),)
    with writing(ledger.office.engine) as connection:
        partner_store.put_partner(connection, msgspec.structs.replace(known, keys=keys), ledger.clock.at)
    yield Bank(ledger, stand)
    stand.end()
    thread.join(5)


def test_a_payment_for_a_document_settles_it(bank: Bank) -> None:
    bank.ledger.charge("M-1")
    bank.receives(80_000_00, reference="M-1")
    bank.banking.turn()

    assert bank.ledger.standing("M-1").in_full
    assert bank.ledger.doubts() == []


def test_a_payment_without_a_document_goes_to_the_balance(bank: Bank) -> None:
    bank.receives(5_00)
    bank.receives(7_00, payer="somebody", reference=QORGAN)
    bank.banking.turn()

    assert (bank.ledger.prepaid(), bank.ledger.prepaid(QORGAN)) == (5_00, 7_00)


def test_a_statement_that_is_read_again_changes_nothing(bank: Bank) -> None:
    for _ in range(3):
        bank.receives(5_00)
    for _ in range(3):
        bank.banking.turn()
        bank.forget_how_far()

    assert bank.ledger.prepaid() == 15_00
    assert bank.ledger.doubts() == []


def test_a_statement_of_many_pages_is_read_to_its_end(bank: Bank) -> None:
    for _ in range(230):
        bank.stand.stub.pay(msgspec.json.encode({"payer": ALTYN, "tiyn": 1}), bank.ledger.clock.at)  # type: ignore[attr-defined]
    bank.banking.turn()

    assert bank.ledger.prepaid() == 230


@pytest.mark.parametrize("kind", ["error", "garbage", "truncated", "reset"])
def test_a_bank_in_trouble_is_asked_again_later_and_nothing_is_doubled(bank: Bank, kind: str) -> None:
    bank.receives(5_00)
    bank.fault(kind=kind, times=1)

    assert bank.banking.turn() == TROUBLED_SECONDS
    assert bank.ledger.prepaid() == 0
    assert bank.banking.turn() == PAUSE_SECONDS
    assert bank.ledger.prepaid() == 5_00


def test_a_bank_with_another_key_is_not_believed(bank: Bank) -> None:
    bank.receives(5_00)
    other = pki.office_key().certificate.public_bytes(Encoding.PEM).decode()
    with writing(bank.ledger.office.engine) as connection:
        known = partner_store.read_partner(connection, "bank")
        assert known is not None
        partner_store.put_partner(connection, msgspec.structs.replace(known, keys=(other,)), bank.ledger.clock.at)

    assert bank.banking.turn() == TROUBLED_SECONDS
    assert bank.ledger.prepaid() == 0


def test_a_traveller_pays_with_the_orders_number_and_his_own(bank: Bank) -> None:
    bank.ledger.charge("CRO-1", holder="950822400311", kind=ClaimKind.CRO, lines=LINES)
    bank.receives(80_000_00, payer="950822400311", reference="CRO-1")
    bank.banking.turn()
    assert bank.ledger.standing("CRO-1").in_full


def test_a_mistyped_reference_pays_nobodys_order(bank: Bank) -> None:
    bank.ledger.charge("CRO-1", holder="950822400311", kind=ClaimKind.CRO, lines=LINES)
    bank.receives(80_000_00, payer="document:DE:C01X00T47", reference="CRO-1")
    bank.receives(3_00, payer="", reference="nothing-of-that-name")
    bank.banking.turn()

    assert bank.ledger.standing("CRO-1").paid == 0
    assert bank.unallocated() == [80_000_00, 3_00]
    assert bank.ledger.doubts() == []


def refund(bank: Bank, tiyn: int) -> str:
    with writing(bank.ledger.office.engine) as connection:
        asked = {"tiyn": tiyn, "account": IBAN, "reason": "Paid too much"}
        return refunds.ask(connection, bank.ledger.desk, holder=ALTYN, by_iin="850412450128", **asked)


def step(bank: Bank, number: str, by: str, approved: bool | None = None) -> None:
    with writing(bank.ledger.office.engine) as connection:
        if approved is None:
            refunds.propose(connection, bank.ledger.desk, number=number, by_iin=by)
        else:
            refunds.decide(
                connection, bank.ledger.desk, number=number, by_iin=by, approved=approved, text="Not yet due"
            )


def state(bank: Bank, number: str) -> State:
    with reading(bank.ledger.office.engine) as connection:
        found = refund_store.read_refund(connection, number)
    assert found is not None
    return found.state


def test_a_refund_is_paid_out_once_after_two_officers(bank: Bank) -> None:
    bank.ledger.pay(10_00)
    number = refund(bank, 6_00)
    with pytest.raises(LedgerRefused, match=r"ledger\.not_enough"):
        refund(bank, 5_00)
    step(bank, number, FIRST)
    with pytest.raises(LedgerRefused, match=r"ledger\.same_person"):
        step(bank, number, FIRST, approved=True)
    step(bank, number, SECOND, approved=True)
    assert bank.ledger.prepaid() == 4_00

    bank.fault(kind="truncated", times=2)  # the bank takes the order the second time, and we do not know it
    for _ in range(5):
        bank.banking.turn()
    assert state(bank, number) is State.PAID
    assert len(bank.stand.stub.notices()) == 1
    bank.forget_how_far()
    bank.banking.turn()
    assert bank.ledger.prepaid() == 4_00
    assert bank.ledger.doubts() == []


def test_a_refused_refund_leaves_the_money_where_it_is(bank: Bank) -> None:
    bank.ledger.pay(10_00)
    number = refund(bank, 6_00)
    step(bank, number, FIRST)
    step(bank, number, SECOND, approved=False)
    bank.banking.turn()

    assert state(bank, number) is State.REFUSED
    assert bank.ledger.prepaid() == 10_00
    assert bank.stand.stub.notices() == []


def test_an_approved_refund_for_which_there_is_no_money_left_is_refused(bank: Bank) -> None:
    bank.ledger.pay(10_00)
    number = refund(bank, 6_00)
    step(bank, number, FIRST)
    bank.ledger.charge("M-1")
    bank.ledger.follow()
    with pytest.raises(LedgerRefused, match=r"ledger\.not_enough"):
        step(bank, number, SECOND, approved=True)
    assert state(bank, number) is State.PROPOSED
