"""The pages of payments: a participant sees its own and nobody else's, officers work what waits."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import caseworking
import offices
import openpyxl
import pytest
import things
from caseworking import EXPORT, GREEN, Desk
from httpx import Response
from ledgering import ALTYN, QORGAN
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text

from declarations.ledger import refund_store
from declarations.ledger.model import UNALLOCATED
from declarations.ledger.refund_store import State
from portal.app import create_app
from portal.database import reading, writing
from portal.ledger import books, securities
from portal.ledger.following import Follower

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the cast signs in on SQLite only")

IBAN = "KZ75125KZT2069100100"


class Portal(NamedTuple):
    client: TestClient[Litestar]
    desk: Desk

    def as_(self, who: str) -> "Portal":
        self.client.cookies.clear()
        things.sign_in(self.client, who)
        return self

    def get(self, path: str, **query: str) -> Response:
        return self.client.get(path, params=query, follow_redirects=False)

    def post(self, path: str, **data: str) -> Response:
        sent = {"_csrf_token": things.token(self.client), **data}
        return self.client.post(path, data=sent, follow_redirects=False)

    def pay(self, tiyn: int, document: str = "", holder: str = ALTYN, key: str = "payment") -> None:
        with writing(self.desk.office.engine) as connection:
            now, source = self.desk.clock.at, f"bank:test:{key}"
            books.pay(connection, now, key=key, holder=holder, document=document, tiyn=tiyn, source=source)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    desk = caseworking.desk(tmp_path, GREEN, EXPORT)
    offices.keep_keys(tmp_path)
    with TestClient(create_app(desk.office.settings, desk.clock), raise_server_exceptions=False) as client:
        yield Portal(client, desk)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_participant_sees_what_it_owes_for_which_document(portal: Portal, language: str) -> None:
    portal.as_("anna").client.cookies["language"] = language
    page = portal.get("/payments")

    assert page.status_code == 200
    assert portal.desk.numbers[GREEN].split("/")[2] in page.text
    assert portal.desk.numbers[EXPORT] not in page.text.replace("<wbr>", "")


def test_what_is_only_secured_is_named_and_leads_nowhere(portal: Portal) -> None:
    number = "DC-30301-20201-241126-0000001"
    with writing(portal.desk.office.engine) as connection:
        now = portal.desk.clock.at
        securities.hold(connection, now, key="held", holder=ALTYN, document=number, tiyn=5_00, guaranteed=True)
    page = portal.as_("anna").get("/payments")

    assert number in page.text.replace("<wbr>", "")
    assert f"number={number}" not in page.text
    assert portal.get("/payments/document", number=number).status_code == 404


def test_each_entry_leads_to_its_document_and_the_document_to_its_declaration(portal: Portal) -> None:
    portal.pay(25_000_00, portal.desk.numbers[GREEN])
    page = portal.as_("anna").get("/payments/document", number=portal.desk.numbers[GREEN])

    assert page.status_code == 200
    assert f'href="/declarations/{portal.desk.numbers[GREEN]}"' in page.text
    assert page.text.count("<tr>") > 3


def test_what_is_anothers_is_not_found(portal: Portal) -> None:
    portal.as_("yerkin")
    assert portal.get("/payments/document", number=portal.desk.numbers[GREEN]).status_code == 404
    assert portal.get("/payments/document", number="nothing").status_code == 404


def test_a_sealed_notice_is_read_by_its_holder_only(portal: Portal) -> None:
    Follower(portal.desk.office.engine, portal.desk.clock, portal.desk.office.keyring).turn()
    with reading(portal.desk.office.engine) as connection:
        notices = "SELECT sequence FROM ledger_notice WHERE holder = :holder ORDER BY sequence"
        sequence = str(connection.execute(text(notices), {"holder": ALTYN}).scalar())
    notice = portal.as_("anna").get("/payments/notice", sequence=sequence)

    assert notice.status_code == 200
    assert b"<ResponseCode>13</ResponseCode>" in notice.content
    assert portal.as_("yerkin").get("/payments/notice", sequence=sequence).status_code == 404


def test_the_history_is_had_as_a_workbook(portal: Portal) -> None:
    portal.pay(25_000_00, holder=QORGAN)
    sent = portal.as_("yerkin").get("/payments/statement")
    sheet = openpyxl.load_workbook(io.BytesIO(sent.content)).active

    assert sheet is not None
    rows = list(sheet.values)
    assert len(rows) == 2
    assert 25_000 in rows[1]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"amount": "much", "account": IBAN, "reason": "Why"}, "amount"),
        ({"amount": "-1", "account": IBAN, "reason": "Why"}, "amount"),
        ({"amount": "99999", "account": IBAN, "reason": "Why"}, "amount"),
        ({"amount": "10", "account": "KZ1", "reason": "Why"}, "account"),
        ({"amount": "10", "account": IBAN, "reason": ""}, "reason"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_beside_its_field(portal: Portal, given: dict[str, str], field: str) -> None:
    portal.pay(25_000_00, holder=QORGAN)
    page = portal.as_("yerkin").post("/payments/refunds", **given)

    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert f'id="{field}-error"' in page.text


def test_a_refund_takes_two_officers(portal: Portal) -> None:
    portal.pay(25_000_00, holder=QORGAN)
    assert (
        portal.as_("yerkin").post("/payments/refunds", amount="1 000,50", account=IBAN, reason="Paid twice").is_redirect
    )
    with reading(portal.desk.office.engine) as connection:
        (asked,) = refund_store.in_state(connection, State.ASKED)
    assert asked.tiyn == 1_000_50
    portal.as_("marat")
    assert portal.post("/ledger/refunds", number=asked.number, step="propose").is_redirect
    assert portal.post("/ledger/refunds", number=asked.number, step="approve").status_code == 422
    portal.as_("erlan")
    assert portal.get("/ledger").status_code == 200
    assert portal.post("/ledger/refunds", number=asked.number, step="refuse").status_code == 422
    assert portal.post("/ledger/refunds", number=asked.number, step="approve").is_redirect
    assert portal.post("/ledger/refunds", number="R-2026-9999999", step="propose").status_code == 404

    with reading(portal.desk.office.engine) as connection:
        assert [each.number for each in refund_store.in_state(connection, State.APPROVED)] == [asked.number]
        assert books.holdings(connection, QORGAN).prepaid == 25_000_00 - 1_000_50


def test_an_officer_assigns_a_payment_of_which_nobody_knew_whose_it_is(portal: Portal) -> None:
    with writing(portal.desk.office.engine) as connection:
        now, source = portal.desk.clock.at, "bank:test:9"
        books.pay(connection, now, key=source, holder="", document="", tiyn=7_00, source=source)
        paid = refund_store.Received(
            id=source, payer="", reference="Firm X", tiyn=7_00, paid_at=now, received_at=now, holder=""
        )
        refund_store.keep_payment(connection, source, paid, "", now)
    portal.as_("erlan")
    assert "Firm X" in portal.get("/ledger").text
    assert portal.post("/ledger/payments", payment=source, holder="123").status_code == 422
    assert portal.post("/ledger/payments", payment=source, holder=QORGAN).is_redirect
    assert portal.post("/ledger/payments", payment=source, holder=QORGAN).status_code == 422

    with reading(portal.desk.office.engine) as connection:
        assert books.holdings(connection, QORGAN).prepaid == 7_00
        assert books.store.balance(connection, UNALLOCATED) == 0


def test_an_officer_finds_a_holder_and_a_document_and_that_is_journalled(portal: Portal) -> None:
    portal.as_("erlan")
    assert portal.desk.numbers[GREEN] in portal.get("/ledger", search=portal.desk.numbers[GREEN]).text
    assert portal.get("/ledger/holder", number=ALTYN).status_code == 200
    assert portal.get("/ledger/document", number=portal.desk.numbers[GREEN]).status_code == 200
    assert portal.get("/ledger/holder", number="nobody").status_code == 404

    with reading(portal.desk.office.engine) as connection:
        asked = text("SELECT subject FROM journal WHERE event = 'ledger.read' ORDER BY \"index\"")
        read = connection.execute(asked).scalars().all()
    assert read == [ALTYN, portal.desk.numbers[GREEN]]


def test_what_is_late_stands_among_the_debts(portal: Portal) -> None:
    portal.desk.clock.at += timedelta(days=12)
    follower = Follower(portal.desk.office.engine, portal.desk.clock, portal.desk.office.keyring)
    follower.turn()
    page = portal.as_("marat").get("/ledger")

    assert portal.desk.numbers[GREEN] in page.text.replace("<wbr>", "")
