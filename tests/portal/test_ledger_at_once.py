"""Many who charge, pay, hold and pay out at the same time: nothing is lost, doubled, or below nothing.

SHEKARA_LEDGER_OPERATIONS sets how many operations are drawn; docs/ledger.md says with how many it was run.
"""

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, Lock

import pytest
from ledgering import ALTYN, DUTY, QORGAN, TENGRI, TODAY, VAT, Ledger
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from declarations.ledger import refund_store, store
from declarations.ledger.errors import PostingRefused
from declarations.ledger.model import AccountKind, ClaimKind, Line, prepaid
from portal.database import reading, writing
from portal.ledger import books, refunds, securities
from portal.ledger.errors import LedgerRefused

OPERATIONS = int(os.environ.get("SHEKARA_LEDGER_OPERATIONS", "600"))
THREADS = 6
HOLDERS = (ALTYN, QORGAN, TENGRI)
FIRST, SECOND = "800229300449", "751115300509"


class Undone(Exception):
    """Somebody pulled the plug before the commit."""


class Crowd:
    """Draws operations, does each in a transaction of its own, and keeps count of the money that came and went."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger = ledger
        self.chance = random.Random(seed)
        self.lock = Lock()
        self.came: dict[str, int] = {}
        self.went: dict[str, int] = {}
        self.outcomes: Counter[str] = Counter()

    def draw(self, number: int) -> tuple[str, str, str, str, int, bool]:
        """Return an operation: its name, key, document and holder, an amount, and whether the plug is pulled."""
        chance = self.chance
        document = f"M-{chance.randrange(max(4, OPERATIONS // 20))}"
        holder = HOLDERS[int(document[2:]) % 3]
        names = ("charge", "adjust", "pay", "prepay", "settle", "hold", "give back", "forfeit", "refund")
        name = chance.choices(names, (20, 8, 16, 12, 12, 10, 6, 6, 10))[0]
        key = f"{name}:{document}:{chance.randrange(number + 1) if chance.random() < 0.2 else number}"
        return name, key, document, holder, chance.choice((1, 7, 99, 1000, 123_456, 50_000_00)), chance.random() < 0.05

    def do(self, drawn: tuple[str, str, str, str, int, bool]) -> None:
        """Do an operation; whoever waited for the database too long asks again, as senders do."""
        while True:
            with suppress(OperationalError):
                return self._try(*drawn)

    def _try(self, name: str, key: str, document: str, holder: str, tiyn: int, undone: bool) -> None:
        try:
            with writing(self.ledger.office.engine) as connection:
                made = self._do(connection, name, key, document, holder, tiyn)
                if undone:
                    raise Undone
        except (LedgerRefused, Undone) as error:
            made = type(error).__name__
        else:
            with self.lock:
                if made == "came":
                    assert self.came.setdefault(key, tiyn) == tiyn
                elif made.startswith("R-"):
                    self.went[made] = tiyn
        with self.lock:
            self.outcomes[f"{name} {'done' if made in ('', 'came') or made.startswith('R-') else made}"] += 1

    def _do(self, connection: Connection, name: str, key: str, document: str, holder: str, tiyn: int) -> str:
        at, lines = self.ledger.clock.at, (Line(DUTY, tiyn), Line(VAT, tiyn // 2 + 1))
        match name:
            case "charge":
                kind = ClaimKind.RECOVERY
                books.charge(
                    connection, at, key=key, holder=holder, document=document, kind=kind, lines=lines, due=TODAY
                )
            case "adjust":
                books.adjust(connection, at, key=key, document=document, lines=lines)
            case "pay" | "prepay":
                to = document if name == "pay" else ""
                books.pay(connection, at, key=key, holder=holder, document=to, tiyn=tiyn, source=key)
                return "came"
            case "settle":
                books.settle(connection, at, key=key, document=document)
            case "hold":
                guaranteed = tiyn == 7
                securities.hold(
                    connection, at, key=key, holder=holder, document=document, tiyn=tiyn, guaranteed=guaranteed
                )
            case "give back":
                securities.release(connection, at, key=key, document=document)
            case "forfeit":
                securities.forfeit(connection, at, key=key, document=document)
            case "refund":
                return self._refund(connection, holder, tiyn)
        return ""

    def _refund(self, connection: Connection, holder: str, tiyn: int) -> str:
        desk = self.ledger.desk
        asked = {"tiyn": tiyn, "account": "KZ" + "0" * 18, "reason": "Too much"}
        number = refunds.ask(connection, desk, holder=holder, by_iin="", **asked)
        refunds.propose(connection, desk, number=number, by_iin=FIRST)
        refunds.decide(connection, desk, number=number, by_iin=SECOND, approved=True, text="")
        refunds.note_paid(connection, desk, number, self.ledger.clock.at)
        return number


def test_random_operations_at_once_keep_what_must_always_hold(tmp_path: Path) -> None:
    crowd = Crowd(Ledger(tmp_path), seed=20261201)
    drawn = [crowd.draw(number) for number in range(OPERATIONS)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(crowd.do, drawn))

    assert crowd.ledger.doubts() == []
    with reading(crowd.ledger.office.engine) as connection:
        totals = store.totals(connection)
        paid = refund_store.in_state(connection, refund_store.State.PAID)
    assert totals[AccountKind.BANK] == sum(crowd.came.values()) - sum(crowd.went.values())
    assert sum(each.tiyn for each in paid) == sum(crowd.went.values())
    done = {name.removesuffix(" done") for name in crowd.outcomes if name.endswith(" done")}
    assert done == {"charge", "adjust", "pay", "prepay", "settle", "hold", "give back", "forfeit", "refund"}
    assert sum(crowd.outcomes.values()) == OPERATIONS


@pytest.mark.parametrize("spenders", [25])
def test_the_same_money_is_not_spent_twice_even_without_the_journals_lock(tmp_path: Path, spenders: int) -> None:
    ledger = Ledger(tmp_path)
    ledger.pay(100_00)
    start = Barrier(spenders)

    def spend(_: int) -> bool:
        start.wait()
        try:
            with writing(ledger.office.engine) as connection:
                store.change_balances(connection, {prepaid(ALTYN): -10_00})
        except PostingRefused:
            return False
        return True

    with ThreadPoolExecutor(spenders) as pool:
        outcomes = list(pool.map(spend, range(spenders)))

    assert outcomes.count(True) == 10
    assert ledger.prepaid() == 0
