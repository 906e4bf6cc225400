"""An office with a ledger, short ways to post to it, and what must always hold of it."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import offices
from cast import PARTICIPANTS

from declarations.ledger import store
from declarations.ledger.model import AccountKind, ClaimKind, Line, Outstanding, changes_of
from portal.auditing.archive import Archive
from portal.auditing.ledger import ledger_doubts
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.ledger import books
from portal.ledger.following import Follower
from portal.office import Office
from risk_gateway.days import day_of

ALTYN, QORGAN, TENGRI = (PARTICIPANTS[name].identifier for name in ("altyn", "qorgan", "tengri"))
DUTY, VAT = "2010", "5010"
TODAY = day_of(offices.NOW)
LINES = (Line(DUTY, 50_000_00), Line(VAT, 30_000_00))


class Ledger:
    """The ledger of an office on a fresh database; every call is a transaction of its own."""

    def __init__(self, home: Path) -> None:
        self.clock = offices.StillClock()
        self.office: Office = offices.office(home, self.clock)
        self.desk = Desk(self.clock, self.office.keyring)
        self.follower = Follower(self.office.engine, self.clock, self.office.keyring)

    def do(self, what: Callable[..., Any], **arguments: Any) -> Any:
        with writing(self.office.engine) as connection:
            return what(connection, self.clock.at, **arguments)

    def charge(self, document: str, holder: str = ALTYN, **changes: Any) -> Outstanding:
        usual = {"key": f"charge:{document}", "kind": ClaimKind.RECOVERY, "lines": LINES, "due": TODAY}
        made: Outstanding = self.do(books.charge, holder=holder, document=document, **{**usual, **changes})
        return made

    def pay(self, tiyn: int, document: str = "", holder: str = ALTYN, key: str = "payment") -> Outstanding | None:
        paid: Outstanding | None = self.do(
            books.pay, key=key, holder=holder, document=document, tiyn=tiyn, source=f"bank:test:{key}"
        )
        return paid

    def standing(self, document: str) -> Outstanding:
        with reading(self.office.engine) as connection:
            found = books.outstanding(connection, document)
        assert found is not None
        return found

    def prepaid(self, holder: str = ALTYN) -> int:
        with reading(self.office.engine) as connection:
            return books.holdings(connection, holder).prepaid

    def follow(self, days: int = 0) -> None:
        """Let days pass, and the follower look."""
        self.clock.at += timedelta(days=days)
        self.follower.turn()

    def notices(self, document: str) -> list[str]:
        with reading(self.office.engine) as connection:
            return [row.code for row in store.read_notices(connection, document)]

    def doubts(self) -> list[str]:
        return doubts_of(self.office)


def doubts_of(office: Office) -> list[str]:
    """Return what the independent check finds in the ledger, and what of its invariants does not hold."""
    with reading(office.engine) as connection:
        found = list(ledger_doubts(archive_of(office), connection))
        totals = store.totals(connection)
        for entry, _ in store.stream_entries(connection):
            if any(each.tiyn <= 0 for each in entry.draft.transfers) or not changes_of(entry.draft.transfers):
                found.append(f"entry {entry.number} moves nothing")
    debit = {AccountKind.BANK, AccountKind.GUARANTOR, AccountKind.PAYABLE, AccountKind.DEBT, AccountKind.INTEREST}
    owing = sum(tiyn for kind, tiyn in totals.items() if kind in debit)
    having = sum(tiyn for kind, tiyn in totals.items() if kind not in debit)
    if owing != having:
        found.append(f"debits of {owing} tiyn and credits of {having}")
    return found


def archive_of(office: Office) -> Archive:
    return Archive(
        office.engine, office.trust, office.keyring.certificates(), None, office.clock.now() + timedelta(seconds=3)
    )


def days(number: int) -> date:
    return TODAY + timedelta(days=number)
