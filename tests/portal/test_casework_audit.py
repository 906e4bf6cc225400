"""The independent checker finds whatever is changed of moves, statements, files and notices behind the portal."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import caseworking
import pytest
from caseworking import BROKERS, GREEN, RED, YELLOW, Desk, person
from tampering import change, found, remove, rewrite, swap

from declarations.lifecycle import Action, StatementKind
from declarations.store import declaration
from interop.store import outbox
from portal.casework import statement_store, store
from risk_gateway.profiles import Outcome

Tamper = Callable[[Desk], None]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Cases with a life: answered and released, inspected, downgraded, withdrawn, appealed against."""
    desk = caseworking.desk(tmp_path)
    asked = desk.ask()
    desk.submit(request=asked.sequence)
    desk.move(YELLOW, "nurlan", Action.RELEASE)
    desk.work.claim(person("dana"), desk.numbers[RED])
    desk.inspect()
    desk.move(RED, "dana", Action.REFUSE_RELEASE, reason="prohibited", text="Of this origin")
    desk.state(RED, "anna", StatementKind.APPEAL, text="It is not from there")
    proposed = desk.work.propose(
        person("nurlan"),
        desk.numbers[BROKERS],
        desk.status(BROKERS),
        Outcome.SIMPLIFIED_RELEASE,
        "DOCUMENTS_SUFFICE",
        "All is there",
    )
    desk.work.decide(person("erlan"), desk.numbers[BROKERS], proposed.id, approve=True)
    return desk


def of(desk: Desk, name: str, **more: Any) -> Mapping[str, Any]:
    return {"registration_number": desk.numbers[name], **more}


def test_cases_with_a_life_are_in_order(desk: Desk) -> None:
    assert found(desk.office) == {}


def _rewrite_file(desk: Desk) -> None:
    rewrite(desk.office, statement_store.attachment, {"name": "contract.pdf"}, "content", swap(b"short", b"other"))


def _rewrite_annex(desk: Desk) -> None:
    where = of(desk, RED, kind="INSPECTION_ACT")
    rewrite(desk.office, statement_store.statement, where, "annex", swap(b"<AmountTiyn>0<", b"<AmountTiyn>9<"))


TAMPERED: tuple[tuple[str, str | None, str, Tamper], ...] = (
    ("status", GREEN, "moves", lambda desk: change(desk.office, declaration, of(desk, GREEN), {"status": "CLEARED"})),
    (
        "status of a case that moved",
        YELLOW,
        "moves",
        lambda desk: change(desk.office, declaration, of(desk, YELLOW), {"status": "CLEARED"}),
    ),
    (
        "text of a move",
        RED,
        "moves",
        lambda desk: change(desk.office, store.move, of(desk, RED, action="refuse release"), {"text": "Other"}),
    ),
    (
        "maker of a move",
        YELLOW,
        "moves",
        lambda desk: change(
            desk.office, store.move, of(desk, YELLOW, action="release"), {"actor_iin": person("erlan").iin}
        ),
    ),
    (
        "role of a maker",
        YELLOW,
        "moves",
        lambda desk: change(desk.office, store.move, of(desk, YELLOW, action="release"), {"actor": "inspector"}),
    ),
    (
        "a move that is no move",
        YELLOW,
        "moves",
        lambda desk: change(desk.office, store.move, of(desk, YELLOW, action="release"), {"target": "CLEARED"}),
    ),
    (
        "a move taken out",
        YELLOW,
        "moves-in-journal",
        lambda desk: remove(desk.office, store.move, of(desk, YELLOW, action="release")),
    ),
    (
        "an assignment taken out",
        RED,
        "moves-in-journal",
        lambda desk: remove(desk.office, store.assignment, of(desk, RED)),
    ),
    (
        "a proposal taken out",
        BROKERS,
        "moves-in-journal",
        lambda desk: remove(desk.office, store.proposal, of(desk, BROKERS)),
    ),
    (
        "notice",
        YELLOW,
        "move-notices",
        lambda desk: rewrite(
            desk.office, store.move, of(desk, YELLOW, action="release"), "notice", swap(b">08<", b">09<")
        ),
    ),
    (
        "message",
        RED,
        "move-notices",
        lambda desk: rewrite(
            desk.office,
            outbox,
            {"subject": desk.numbers[RED], "sequence": _refusal(desk)},
            "body",
            swap(b">41<", b">39<"),
        ),
    ),
    (
        "signed statement",
        YELLOW,
        "statements",
        lambda desk: rewrite(
            desk.office, statement_store.statement, of(desk, YELLOW), "signed", swap(b"Here it is", b"Here it was")
        ),
    ),
    (
        "a statement taken out",
        YELLOW,
        "statements",
        lambda desk: remove(desk.office, statement_store.statement, of(desk, YELLOW)),
    ),
    (
        "a statement of somebody else",
        YELLOW,
        "moves",
        lambda desk: change(
            desk.office, store.move, of(desk, YELLOW, action="submit"), {"actor_iin": person("berik").iin}
        ),
    ),
    ("file", YELLOW, "statements", _rewrite_file),
    ("annex", RED, "statements", _rewrite_annex),
)


def _refusal(desk: Desk) -> int:
    history = desk.work.history(person("erlan"), desk.numbers[RED])
    return next(event.sequence for event in history if event.action == Action.REFUSE_RELEASE)


@pytest.mark.parametrize(("name", "case", "check", "tamper"), TAMPERED, ids=[each[0] for each in TAMPERED])
def test_what_is_changed_is_found(desk: Desk, name: str, case: str, check: str, tamper: Tamper) -> None:
    tamper(desk)

    assert check in found(desk.office).get(desk.numbers[case], set())
