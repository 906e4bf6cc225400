"""The independent checker finds whatever is changed in the registry behind the portal's back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import registering
import tampering
from builders import declaration_xml
from pki import sign_as
from registering import TENGRI, Desk
from sqlalchemy import Table, update

from interop.store import outbox
from portal.database import writing
from portal.pipeline import lodge
from portal.registry.model import Intent, Kind
from portal.stages import Lodged
from risk_gateway.bases.registry.application_store import appeal_table, application_table
from risk_gateway.bases.registry.model import Step
from risk_gateway.bases.registry.statement_store import statement
from risk_gateway.bases.registry.store import step_table
from risk_gateway.packing import pack, unpack


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An office in which Tengri was refused, admitted, lodged, was excluded, and appeals."""
    made = registering.desk(tmp_path)
    made.refuse(made.apply(), "other", text="Come back later")
    made.later()
    made.admit()
    made.later()
    data = declaration_xml(reference="LAMPS", declarant="tengri", signatory="zarina")
    lodge(Lodged(sign_as("zarina", data, made.clock.at), made.clock.at), made.office)
    made.later()
    made.step(TENGRI, Step.EXCLUDE, "criteria_unmet")
    made.later()
    made.sign("zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="This is not so"))
    return made


def change(desk: Desk, table: Table, **values: Any) -> None:
    with writing(desk.office.engine) as connection:
        connection.execute(update(table).values(**values))


def change_step(desk: Desk, number: int, **values: Any) -> None:
    with writing(desk.office.engine) as connection:
        connection.execute(update(step_table).where(step_table.c.number == number).values(**values))


def remove_step(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        connection.execute(step_table.delete().where(step_table.c.participant == TENGRI, step_table.c.number == 2))


def sneak_in(desk: Desk) -> None:
    """Give Tengri its entry back without anybody's signature."""
    with writing(desk.office.engine) as connection:
        row = {"participant": TENGRI, "number": 3, "step": "RESTORE", "at": desk.clock.at, "valid_to": date(2027, 1, 1)}
        rest = {"reason": "cleared", "text": "", "by_iin": "", "by_name": "", "cause": ""}
        connection.execute(step_table.insert().values(**row, **rest))


def alter_signed(desk: Desk) -> None:
    """Exchange a word in what was signed."""
    with writing(desk.office.engine) as connection:
        for row in connection.execute(statement.select().where(statement.c.kind == "STEP")).all():
            other = pack(unpack(bytes(row.signed)).replace(b"Explained", b"Exchanged"))
            connection.execute(update(statement).where(statement.c.id == row.id).values(signed=other))


def alter_message(desk: Desk) -> None:
    with writing(desk.office.engine) as connection:
        notices = outbox.c.kind == "REGISTRY_NOTICE"
        for row in connection.execute(outbox.select().where(notices)).all():
            other = pack(unpack(bytes(row.body)).replace(b"EXCLUDE", b"RESTORE"))
            connection.execute(update(outbox).where(outbox.c.message_id == row.message_id).values(body=other))


CHANGES: dict[str, tuple[Callable[[Desk], None], set[str]]] = {
    "later end": (lambda desk: change_step(desk, 1, valid_to=date(2040, 1, 1)), {"registry"}),
    "another reason": (lambda desk: change_step(desk, 2, reason="own_request"), {"registry"}),
    "another officer": (lambda desk: change_step(desk, 2, by_iin="880101300123"), {"registry"}),
    "a step gone": (remove_step, {"registry"}),
    "a step sneaked in": (sneak_in, {"registry"}),
    "a signed statement altered": (alter_signed, {"registry"}),
    "no statement": (lambda desk: change_step(desk, 2, statement=None), {"registry"}),
    "a message altered": (alter_message, {"registry"}),
    "another refusal": (lambda desk: change(desk, application_table, text="Never"), {"registry"}),
    "an application gone": (lambda desk: change(desk, appeal_table, number="MRP-0"), {"registry"}),
}


def test_a_registry_with_everything_in_it_is_in_order(desk: Desk) -> None:
    assert tampering.found(desk.office) == {}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found(desk: Desk, name: str) -> None:
    make, codes = CHANGES[name]
    make(desk)
    assert tampering.found(desk.office) == {None: codes}


def test_an_entry_dated_back_is_found_at_the_declaration_too(desk: Desk) -> None:
    change_step(desk, 1, at=desk.clock.at)
    found = tampering.found(desk.office)
    assert "registry" in found.pop(None)
    assert list(found.values()) == [{"minimal-risk"}]
