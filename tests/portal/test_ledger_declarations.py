"""What decisions, corrections and moves of declarations post, and goods that are released when they are paid for."""

from datetime import timedelta
from pathlib import Path

import caseworking
import ledgering
import offices
import pki
import pytest
from builders import declaration_xml
from caseworking import EXPORT, GREEN, RED, YELLOW, Desk, person
from ledgering import ALTYN, doubts_of
from sqlalchemy import func, select
from tampering import found

from declarations.ledger import store
from declarations.ledger.model import AccountKind, Outstanding
from declarations.lifecycle import Action, Status
from portal import amending
from portal.casework.desk import Desk as OfficeDesk
from portal.casework.errors import CaseRefused
from portal.database import reading, writing
from portal.ledger import books
from portal.ledger.following import Follower
from portal.ledger.releasing import release_if_paid
from portal.pipeline import lodge
from portal.stages import Lodged


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path)


def standing(desk: Desk, name: str) -> Outstanding | None:
    with reading(desk.office.engine) as connection:
        return books.outstanding(connection, desk.numbers[name])


def pay(desk: Desk, name: str, tiyn: int, key: str = "payment") -> None:
    number = desk.numbers[name]
    with writing(desk.office.engine) as connection:
        now = desk.clock.now()
        books.pay(connection, now, key=key, holder=ALTYN, document=number, tiyn=tiyn, source=f"bank:test:{key}")
        release_if_paid(connection, OfficeDesk(desk.office.clock, desk.office.keyring), number)


def demand(desk: Desk, tiyn: int) -> None:
    limit = caseworking.IN_TWO_DAYS
    desk.move(YELLOW, "nurlan", Action.DEMAND_PAYMENT, text="Pay the duty", limit=limit, amount_tiyn=tiyn)


def total(desk: Desk, name: str) -> int:
    made = standing(desk, name)
    assert made is not None
    return made.charged


def test_what_is_released_at_once_owes_what_its_payables_say(desk: Desk) -> None:
    made = standing(desk, GREEN)

    assert made is not None
    assert made.holder == ALTYN
    assert made.owed[0] == (AccountKind.PAYABLE, "1010", 20_000_00)
    assert {code for _, code, _ in made.owed} == {"1010", "2010", "5010"}
    assert made.due == ledgering.days(10)
    assert found(desk.office) == {}


def test_an_export_owes_its_fee(desk: Desk) -> None:
    assert total(desk, EXPORT) == 20_000_00


def test_what_is_checked_owes_nothing_before_its_release(desk: Desk) -> None:
    assert standing(desk, YELLOW) is None
    desk.ask()
    desk.submit()
    desk.move(YELLOW, "nurlan", Action.RELEASE)

    assert total(desk, YELLOW) > 0
    assert found(desk.office) == {}


def test_the_same_lodgement_again_is_charged_once(desk: Desk) -> None:
    before = total(desk, GREEN)
    signer, xml = caseworking.DOCUMENTS[GREEN]
    assert lodge(Lodged(pki.sign_as(signer, xml), desk.clock.now()), desk.office).repeated

    assert total(desk, GREEN) == before
    with reading(desk.office.engine) as connection:
        entries = connection.execute(select(func.count()).select_from(store.entry_table)).scalar_one()
    assert entries == 2  # of the lamps and of the wheat


def test_a_correction_posts_the_difference(desk: Desk) -> None:
    before, number = total(desk, GREEN), desk.numbers[GREEN]
    desk.clock.at += timedelta(hours=2)
    issued_at = desk.clock.at.astimezone(offices.KAZAKHSTAN_TIME).isoformat()
    more = declaration_xml(reference="LAMPS", items=3, function="4", registration_number=number, issued_at=issued_at)
    assert lodge(Lodged(pki.sign_as("anna", more), desk.clock.at), desk.office).asked
    assert total(desk, GREEN) == before
    amending.grant(desk.office, number, desk.work.mover(person("nurlan")))

    assert total(desk, GREEN) > before
    with reading(desk.office.engine) as connection:
        kinds = [each.draft.kind.value for each in store.read_entries(connection, document=number)]
    assert kinds == ["adjusted", "charged"]
    assert found(desk.office) == {}


def test_a_cancelled_release_owes_nothing_and_what_was_paid_is_prepaid(desk: Desk) -> None:
    pay(desk, GREEN, 25_000_00)
    desk.move(GREEN, "erlan", Action.CANCEL_RELEASE, reason="released_in_error", text="By mistake")

    assert total(desk, GREEN) == 0
    with reading(desk.office.engine) as connection:
        assert books.holdings(connection, ALTYN).prepaid == 25_000_00
    assert found(desk.office) == {}


def test_goods_that_wait_for_a_payment_are_released_when_it_has_come_in_full(desk: Desk) -> None:
    demand(desk, 100_000_00)
    assert total(desk, YELLOW) == 100_000_00
    with pytest.raises(CaseRefused, match=r"case\.not_paid"):
        desk.move(YELLOW, "nurlan", Action.RELEASE, text="He says he has paid")

    pay(desk, YELLOW, 60_000_00)
    assert desk.status(YELLOW) is Status.PAYMENT_DUE
    pay(desk, YELLOW, 40_000_00, "the rest")
    assert desk.status(YELLOW) is Status.RELEASED
    assert total(desk, YELLOW) == 100_000_00  # what was demanded stands
    assert found(desk.office) == {}


def test_a_demand_is_settled_from_the_balance_without_anybody(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        paid = {"key": "before", "holder": ALTYN, "document": "", "tiyn": 900_000_00, "source": "bank:test:1"}
        books.pay(connection, desk.clock.now(), **paid)
    demand(desk, 100_000_00)
    follower = Follower(desk.office.engine, desk.clock, desk.office.keyring)
    while follower.turn() == 0.0:
        pass

    assert desk.status(YELLOW) is Status.RELEASED
    assert found(desk.office) == {}


def test_an_unpaid_demand_becomes_debt_and_the_tax_service_is_told(desk: Desk) -> None:
    demand(desk, 100_000_00)
    desk.clock.at += timedelta(days=4)
    Follower(desk.office.engine, desk.clock, desk.office.keyring).turn()

    made = standing(desk, YELLOW)
    assert made is not None
    assert (made.debt, made.payable) == (100_000_00, 0)
    assert made.interest > 0
    assert found(desk.office) == {}


def test_a_release_under_security_holds_it_and_clearance_gives_it_back(desk: Desk) -> None:
    under = {"reason": "value_in_check", "text": "Until the value is known", "amount_tiyn": 5_000_00}
    desk.move(YELLOW, "erlan", Action.RELEASE_UNDER_SECURITY, **under)
    made = standing(desk, YELLOW)
    assert made is not None
    assert made.security == 5_000_00

    desk.move(YELLOW, "nurlan", Action.CLEAR, text="The value stands")
    made = standing(desk, YELLOW)
    assert made is not None
    assert made.security == 0
    assert doubts_of(desk.office) == []


def test_a_crash_between_two_writes_leaves_neither_move_nor_entry(tmp_path: Path) -> None:
    def strike(point: str) -> None:
        if point == "after ledger":
            raise RuntimeError("the plug is pulled")

    desk = caseworking.desk(tmp_path, YELLOW, RED, mark=strike)
    with pytest.raises(RuntimeError):
        demand(desk, 100_000_00)

    assert desk.status(YELLOW) is Status.DOCUMENTS_REQUESTED
    assert standing(desk, YELLOW) is None
    assert found(desk.office) == {}
