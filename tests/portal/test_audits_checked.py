"""The independent checker finds whatever is changed in audits after release behind the portal's back."""

from collections.abc import Callable
from pathlib import Path

import auditing_after
import pytest
import tampering
from auditing_after import Desk
from sqlalchemy import update

from declarations.audits import store
from declarations.audits.lifecycle import Action
from interop.store import outbox
from portal.database import writing
from risk_gateway.packing import pack, unpack


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An office in which a debt was notified, an appeal denied, and the debt paid."""
    made = auditing_after.desk(tmp_path)
    number = made.debt()
    made.sign("yerkin", Action.APPEAL, number)
    made.sign("bolat", Action.DENY_APPEAL, number)
    made.prepay(made.audit(number).amount_tiyn, document=number)
    made.audits.close_paid()
    return made


def change(desk: Desk, action: str, **values: object) -> None:
    with writing(desk.office.engine) as connection:
        this = store.move_table.c.action == action
        connection.execute(update(store.move_table).where(this).values(**values))


def lose(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        connection.execute(store.move_table.delete().where(store.move_table.c.action == "SETTLE"))


def stand_otherwise(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        connection.execute(update(store.case_table).values(status="ANNULLED"))


def alter_signed(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        table = store.statement_table
        for row in connection.execute(table.select().where(table.c.action == "NOTIFY_DEBT")).all():
            other = pack(unpack(bytes(row.signed)).replace(b"1000000.00", b"9000000.00"))
            connection.execute(update(table).where(table.c.id == row.id).values(signed=other))


def alter_intent(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        table = store.statement_table
        for row in connection.execute(table.select().where(table.c.action == "NOTIFY_DEBT")).all():
            other = row.intent.replace("100000000", "900000000")
            assert other != row.intent
            connection.execute(update(table).where(table.c.id == row.id).values(intent=other))


def alter_message(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        for row in connection.execute(outbox.select().where(outbox.c.kind == "AUDIT_NOTICE")).all():
            other = pack(unpack(bytes(row.body)).replace(b"DEBT_NOTICE", b"NO_FINDING"))
            connection.execute(update(outbox).where(outbox.c.message_id == row.message_id).values(body=other))


CHANGES: dict[str, Callable[[Desk], None]] = {
    "another auditor": lambda desk: change(desk, "NOTIFY_DEBT", by_iin="880101300123"),
    "another reason": lambda desk: change(desk, "OPEN", text="No reason"),
    "another outcome": lambda desk: change(desk, "NOTIFY_DEBT", target="NO_FINDING"),
    "no statement": lambda desk: change(desk, "PREPARE", statement=None),
    "a move gone": lose,
    "another state": stand_otherwise,
    "a signed document altered": alter_signed,
    "another computation kept": alter_intent,
    "a message altered": alter_message,
}


def test_an_audit_with_everything_in_it_is_in_order(desk: Desk) -> None:
    assert tampering.found(desk.office) == {}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found(desk: Desk, name: str) -> None:
    CHANGES[name](desk)
    assert "audits" in tampering.found(desk.office)[None]
