"""The ledger: what is charged, paid, held and given back, each once, and never more than there is."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy.exc
from ledgering import ALTYN, DUTY, LINES, QORGAN, TODAY, VAT, Ledger, days
from sqlalchemy import text

from declarations.ledger import rules
from declarations.ledger.model import AccountKind, ClaimKind, Line
from portal.database import reading, writing
from portal.ledger import books, securities
from portal.ledger.errors import LedgerRefused

DOCUMENT = "M-1"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def refusal(what: object, *arguments: object, **named: object) -> str:
    with pytest.raises(LedgerRefused) as caught:
        what(*arguments, **named)  # type: ignore[operator]
    return caught.value.code


def test_what_is_charged_is_owed_by_payment_code(ledger: Ledger) -> None:
    made = ledger.charge(DOCUMENT)

    assert (made.charged, made.open, made.paid, made.payable) == (80_000_00, 80_000_00, 0, 80_000_00)
    assert made.owed == ((AccountKind.PAYABLE, DUTY, 50_000_00), (AccountKind.PAYABLE, VAT, 30_000_00))
    assert ledger.doubts() == []


def test_the_same_charge_again_changes_nothing(ledger: Ledger) -> None:
    assert ledger.charge(DOCUMENT) == ledger.charge(DOCUMENT)
    assert ledger.doubts() == []


def test_another_charge_under_the_same_key_or_document_is_refused(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)

    assert refusal(ledger.charge, DOCUMENT, lines=(Line(DUTY, 1),)) == "ledger.key_reused"
    assert refusal(ledger.charge, DOCUMENT, key="another") == "ledger.charged_already"
    assert ledger.standing(DOCUMENT).charged == 80_000_00


def test_a_payment_settles_the_document_and_the_rest_is_prepaid(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    paid = ledger.pay(100_000_00, DOCUMENT)

    assert paid is not None
    assert paid.in_full
    assert ledger.prepaid() == 20_000_00
    assert ledger.doubts() == []


def test_a_part_payment_pays_the_first_codes_first(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    ledger.pay(60_000_00, DOCUMENT)

    assert ledger.standing(DOCUMENT).owed == ((AccountKind.PAYABLE, VAT, 20_000_00),)


def test_a_payment_is_taken_once_however_often_it_comes(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    for _ in range(3):
        ledger.pay(60_000_00, DOCUMENT)

    assert ledger.standing(DOCUMENT).paid == 60_000_00
    assert refusal(ledger.pay, 70_000_00, DOCUMENT) == "ledger.key_reused"


def test_a_payment_for_a_document_does_not_take_older_prepaid_money(ledger: Ledger) -> None:
    ledger.pay(5_000_00, key="before")
    ledger.charge(DOCUMENT)
    ledger.pay(60_000_00, DOCUMENT)

    assert (ledger.prepaid(), ledger.standing(DOCUMENT).open) == (5_000_00, 20_000_00)


def test_nobody_pays_in_the_name_of_another(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    assert refusal(ledger.pay, 1_00, DOCUMENT, QORGAN) == "ledger.other_holder"


@pytest.mark.parametrize("tiyn", [0, -1, 10**15])
def test_an_amount_that_is_none_is_refused(ledger: Ledger, tiyn: int) -> None:
    assert refusal(ledger.pay, tiyn) == "ledger.amount_wrong"


def test_less_is_owed_after_an_adjustment_and_what_was_paid_above_is_prepaid(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    ledger.pay(60_000_00, DOCUMENT)
    made = ledger.do(books.adjust, key="less", document=DOCUMENT, lines=(Line(DUTY, 40_000_00), Line(VAT, 25_000_00)))

    assert (made.charged, made.open) == (65_000_00, 15_000_00)  # 5,000 off what was owed of VAT, 10,000 of duty back
    assert ledger.prepaid() == 10_000_00
    assert ledger.doubts() == []


def test_more_is_owed_after_an_adjustment(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    ledger.pay(80_000_00, DOCUMENT)
    made = ledger.do(books.adjust, key="more", document=DOCUMENT, lines=(*LINES, Line("4010", 7_00)))

    assert made.owed == ((AccountKind.PAYABLE, "4010", 7_00),)


def test_what_is_cancelled_owes_nothing_and_the_money_comes_back(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    ledger.pay(30_000_00, DOCUMENT)
    ledger.follow(2)
    assert ledger.standing(DOCUMENT).interest > 0
    ledger.do(books.adjust, key="never", document=DOCUMENT, lines=())

    assert (ledger.standing(DOCUMENT).charged, ledger.standing(DOCUMENT).open) == (0, 0)
    assert ledger.prepaid() == 30_000_00
    assert ledger.doubts() == []


def test_a_security_is_held_from_the_balance_and_given_back(ledger: Ledger) -> None:
    assert refusal(ledger.do, securities.hold, key="h", holder=ALTYN, document=DOCUMENT, tiyn=1) == "ledger.not_enough"
    ledger.pay(10_00)
    ledger.do(securities.hold, key="h", holder=ALTYN, document=DOCUMENT, tiyn=7_00)
    assert ledger.prepaid() == 3_00

    assert ledger.do(securities.release, key="r", document=DOCUMENT, tiyn=2_00) == 2_00
    assert refusal(ledger.do, securities.release, key="r2", document=DOCUMENT, tiyn=6_00) == "ledger.not_enough"
    assert ledger.do(securities.release, key="r3", document=DOCUMENT) == 5_00
    assert ledger.prepaid() == 10_00
    assert ledger.doubts() == []


def test_a_guarantee_on_paper_moves_no_money_and_pays_a_debt_when_it_is_forfeited(ledger: Ledger) -> None:
    ledger.do(securities.hold, key="h", holder=ALTYN, document=DOCUMENT, tiyn=100_000_00, guaranteed=True)
    ledger.charge("M-1/R", key="recovery")

    assert ledger.do(securities.forfeit, key="f", document=DOCUMENT, onto="M-1/R") == 80_000_00
    assert ledger.do(securities.forfeit, key="f", document=DOCUMENT, onto="M-1/R") == 0
    assert ledger.standing("M-1/R").in_full
    assert ledger.do(securities.release, key="r", document=DOCUMENT) == 20_000_00
    assert ledger.prepaid() == 0
    assert ledger.doubts() == []


def test_what_is_not_paid_by_its_day_becomes_debt_and_interest_grows(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT, due=days(5))
    ledger.follow()
    assert ledger.notices(DOCUMENT) == ["13"]
    ledger.follow(2)
    assert ledger.notices(DOCUMENT) == ["13", "15"]
    ledger.follow(3)
    assert ledger.standing(DOCUMENT).debt == 0
    ledger.follow(1)

    standing = ledger.standing(DOCUMENT)
    assert (standing.debt, standing.payable) == (80_000_00, 0)
    assert standing.interest == 4932  # 80,000 tenge x 22.5 % / 365, one day
    assert ledger.notices(DOCUMENT) == ["13", "15", "13"]
    ledger.follow(10)
    assert ledger.standing(DOCUMENT).interest == 4932 + 49315
    assert ledger.doubts() == []


def test_interest_changes_with_the_rate_of_the_year() -> None:
    last, first = date(2025, 12, 31), date(2026, 1, 1)

    assert rules.interest(365_00, last - timedelta(days=1), last) == 21  # 20.625 % a year
    assert rules.interest(365_00, last, first) == 23  # 22.5 %
    assert rules.interest(365_000_00, last - timedelta(days=10), first + timedelta(days=9)) == 2062_50 + 2250_00
    assert rules.interest(365_00, first, first) == 0


def test_a_debt_is_paid_before_its_interest(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT, due=TODAY)
    ledger.follow(1)
    ledger.pay(80_000_00, DOCUMENT)

    standing = ledger.standing(DOCUMENT)
    assert (standing.debt, standing.payable) == (0, 0)
    assert standing.open == standing.interest > 0


def test_money_on_the_balance_is_used_and_who_has_too_little_is_told(ledger: Ledger) -> None:
    ledger.pay(50_000_00)
    ledger.charge(DOCUMENT, due=days(10))
    ledger.follow()

    assert ledger.notices(DOCUMENT) == ["13", "14"]
    assert ledger.standing(DOCUMENT).open == 30_000_00
    ledger.pay(40_000_00, key="more")
    ledger.follow(7)
    assert ledger.standing(DOCUMENT).in_full
    assert ledger.prepaid() == 10_000_00


def test_a_travellers_order_gets_no_notice_and_no_interest(ledger: Ledger) -> None:
    ledger.charge("CRO-1", holder="document:DE:C01X00T47", kind=ClaimKind.CRO)
    ledger.follow(30)

    assert ledger.notices("CRO-1") == []
    assert ledger.standing("CRO-1").open == 80_000_00
    paid = ledger.pay(80_000_00, "CRO-1", holder="document:DE:C01X00T47")
    assert paid is not None
    assert paid.in_full


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_transfer"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_remove_what_was_posted(ledger: Ledger, table: str, sql: str) -> None:
    ledger.charge(DOCUMENT)
    column = "holder" if table == "ledger_entry" else "tiyn"
    value = "'x'" if table == "ledger_entry" else "1"
    with pytest.raises(sqlalchemy.exc.DBAPIError), writing(ledger.office.engine) as connection:
        connection.execute(text(sql.format(table, column, value)))


@pytest.mark.parametrize("amount", [-1])
def test_the_database_refuses_a_balance_below_nothing(ledger: Ledger, amount: int) -> None:
    ledger.pay(1_00)
    with pytest.raises(sqlalchemy.exc.IntegrityError), writing(ledger.office.engine) as connection:
        connection.execute(text(f"UPDATE ledger_account SET balance_tiyn = {amount}"))


def test_the_journal_holds_no_amounts_and_nobodys_number(ledger: Ledger) -> None:
    ledger.charge(DOCUMENT)
    ledger.pay(60_000_00, DOCUMENT)
    with reading(ledger.office.engine) as connection:
        entries = connection.execute(text("SELECT entry FROM journal WHERE event = 'ledger.posted'")).scalars().all()

    assert len(entries) == 3
    assert not any(ALTYN.encode() in bytes(each) or b"6000000" in bytes(each) for each in entries)
