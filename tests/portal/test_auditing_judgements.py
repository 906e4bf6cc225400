"""The independent checker finds whatever is changed of a judgement behind the portal's back."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import offices
import pytest
import tampering
from judgings import MOVEMENT, case, record
from tampering import change, found, remove, rewrite, swap

from interop.store import outbox
from portal.office import Office
from risk_gateway.judgement_store import judgement_table
from signing.store import journal

FIRST, SECOND = f"{MOVEMENT}/J1", f"{MOVEMENT}/J2"
OF_FIRST = {"number": FIRST}
AUDIT = "PA-150340012340-2026-1/J1"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with two judgements of a movement and one for an audit, and nothing else."""
    made = offices.office(tmp_path)
    offices.journal_keys(made)
    offices.journal_profiles(made)
    record(made, case(movement_event="crossing"), "crossing")
    record(made, case(movement_event="arrival", seal_broken=True), "arrival")
    record(made, case("audits", classification_drift_percent=Decimal(30)), "selection")
    return made


def test_judgements_as_they_were_made_are_in_order(office: Office) -> None:
    assert found(office) == {}


@pytest.mark.parametrize(
    "values",
    [
        {"outcome": "INSPECTION_ORDER"},
        {"degraded": True},
        {"moment": "arrival"},
        {"participant": "110540007770"},
        {"office": "20201"},
        {"block": "imports"},
        {"decision_id": "D-0"},
        {"told": False},
        {"knowledge_version": "0" * 64},
        {"subject": "DC-OTHER"},
        {"series_id": "OTHER"},
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_changed_column_is_found(office: Office, values: dict[str, Any]) -> None:
    change(office, judgement_table, OF_FIRST, values)

    assert "judgements" in found(office).get(FIRST, set())


@pytest.mark.parametrize(
    ("column", "edit"),
    [
        ("case", swap(b'"office":"30301"', b'"office":"20201"')),
        ("assessment", swap(b'"waived":false', b'"waived":true ')),
        ("decision", swap(b"SIMPLIFIED_RELEASE", b"INSPECTION_ORDER  ")),
        ("notice", swap(b"crossing", b"arrival ")),
    ],
)
def test_a_changed_blob_is_found(office: Office, column: str, edit: Callable[[bytes], bytes]) -> None:
    rewrite(office, judgement_table, OF_FIRST, column, edit)

    assert "judgements" in found(office).get(FIRST, set())


def test_a_blob_that_nobody_can_read_hides_no_other_judgement(office: Office) -> None:
    change(office, judgement_table, OF_FIRST, {"case": b"nothing"})
    change(office, judgement_table, {"number": AUDIT}, {"told": True})

    assert {FIRST, AUDIT} <= set(found(office))


def test_a_judgement_that_is_gone_is_found(office: Office) -> None:
    remove(office, judgement_table, OF_FIRST)

    assert {FIRST, SECOND} <= {number for number, checks in found(office).items() if "judgements" in checks}


def test_a_message_that_is_gone_is_found(office: Office) -> None:
    remove(office, outbox, {"message_id": f"judgement:{FIRST}"})

    assert found(office) == {FIRST: {"judgements"}}


def test_a_message_that_tells_of_an_audit_is_found(office: Office) -> None:
    change(office, outbox, {"message_id": f"judgement:{FIRST}"}, {"message_id": f"judgement:{AUDIT}"})

    assert found(office) == {FIRST: {"judgements"}, AUDIT: {"judgements"}}


def test_a_draw_with_another_day_s_key_is_found(office: Office) -> None:
    """The first judgement is put to another day: then the second was drawn with the wrong key."""
    change(office, judgement_table, OF_FIRST, {"day": offices.NOW.date().replace(day=23)})

    assert "judgements" in found(office)[SECOND]


def test_the_journal_tells_of_each_judgement_once(office: Office) -> None:
    with tampering.reading(office.engine) as connection:
        told = connection.execute(
            journal.select().where(journal.c.event == "judgement.made").order_by(journal.c.index)
        ).all()
    assert [row.subject for row in told] == [FIRST, SECOND, AUDIT]
