"""What the pages of payments show and do: a participant its own, an officer everybody's, which is journalled."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.identifiers import is_bin, is_iin
from declarations.ledger import refund_store, rules, store
from declarations.ledger.model import Account, AccountKind, Entry, EntryKind, Holdings, Outstanding, changes_of
from declarations.ledger.refund_store import Received, Refund, State
from declarations.store import aware
from portal import audit
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.ledger import books, refunds
from portal.ledger.errors import LedgerNotFound, LedgerRefused
from portal.office import Office
from portal.views import SignedIn
from risk_gateway.days import day_of
from risk_gateway.packing import unpack
from signing import store as signing_store

SHOWN_MOST = 200


class Line(Struct, frozen=True):
    """An entry as a holder reads it: by how much its balance and what it owes changed."""

    number: int
    at: datetime
    kind: EntryKind
    document: str
    source: str
    prepaid: int
    owed: int
    security: int
    parts: tuple[tuple[Account, int], ...]


class Told(Struct, frozen=True):
    sequence: int
    code: str
    at: datetime


class HolderPage(Struct, frozen=True):
    holder: str
    name: str
    holdings: Holdings
    documents: Sequence[Outstanding]
    refunds: Sequence[Refund]
    history: Sequence[Line]


class DocumentPage(Struct, frozen=True):
    standing: Outstanding
    history: Sequence[Line]
    notices: Sequence[Told]


class LedgerDesk(Struct, frozen=True):
    """What waits for an officer, and what a search found."""

    overdue: Sequence[Outstanding]
    unallocated: Sequence[Received]
    refunds: Sequence[Refund]
    found: Sequence[Outstanding]
    holders: Sequence[str]
    totals: dict[AccountKind, int]


class Payments:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)

    def now(self) -> datetime:
        return self._office.clock.now()

    # --- of a participant -------------------------------------------------------------------------------------------

    def own(self, person: SignedIn) -> HolderPage:
        """Return how one's own organisation stands."""
        with reading(self._office.engine) as connection:
            return self._holder(connection, holder_of(person))

    def own_document(self, person: SignedIn, number: str) -> DocumentPage:
        """Raises `LedgerNotFound` for what is another's."""
        with reading(self._office.engine) as connection:
            found = self._document(connection, number)
        if found.standing.holder != holder_of(person):
            raise LedgerNotFound
        return found

    def own_notice(self, person: SignedIn, sequence: int) -> bytes | None:
        """Return a sealed notice; None for what is another's or not there."""
        with reading(self._office.engine) as connection:
            row = store.find_notice(connection, sequence)
        return unpack(bytes(row.notice)) if row is not None and row.holder == holder_of(person) else None

    def ask_refund(self, person: SignedIn, tiyn: int, account: str, reason: str) -> str:
        """Return the number of the refund that was asked for. Raises `LedgerRefused`."""
        with writing(self._office.engine) as connection:
            return refunds.ask(
                connection,
                self._desk,
                holder=holder_of(person),
                by_iin=person.iin,
                tiyn=tiyn,
                account=account,
                reason=reason,
            )

    # --- of an officer ----------------------------------------------------------------------------------------------

    def desk(self, search: str) -> LedgerDesk:
        with reading(self._office.engine) as connection:
            order = rules.order_on(day_of(self.now()))
            found = store.list_claims(connection, order, search=search, limit=SHOWN_MOST) if search else []
            return LedgerDesk(
                overdue=store.list_claims(connection, order, overdue=True, limit=SHOWN_MOST),
                unallocated=refund_store.unallocated(connection),
                refunds=refund_store.in_state(connection, State.ASKED, State.PROPOSED, State.APPROVED, State.ORDERED),
                found=found,
                holders=(search,) if search and not found and self._known(connection, search) else (),
                totals=store.totals(connection),
            )

    def holder(self, officer: SignedIn, number: str) -> HolderPage:
        """Return how somebody stands; that it was read is journalled. Raises `LedgerNotFound`."""
        with writing(self._office.engine) as connection:
            if not self._known(connection, number):
                raise LedgerNotFound
            self._record_reading(connection, officer, number)
            return self._holder(connection, number)

    def document(self, officer: SignedIn, number: str) -> DocumentPage:
        """Return how it stands with a document; that it was read is journalled. Raises `LedgerNotFound`."""
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)
            found = self._document(connection, number)
            self._record_reading(connection, officer, number)
            return found

    def propose(self, officer: SignedIn, number: str) -> None:
        """Raises `LedgerRefused`, `LedgerNotFound`."""
        with writing(self._office.engine) as connection:
            refunds.propose(connection, self._desk, number=number, by_iin=officer.iin)

    def decide(self, officer: SignedIn, number: str, *, approved: bool, text: str) -> None:
        """Raises `LedgerRefused`, `LedgerNotFound`."""
        with writing(self._office.engine) as connection:
            refunds.decide(connection, self._desk, number=number, by_iin=officer.iin, approved=approved, text=text)

    def allocate(self, officer: SignedIn, payment: str, holder: str) -> None:
        """Give money of which nobody knew to whom it belongs. Raises `LedgerRefused`, `LedgerNotFound`."""
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)
            now, found = self.now(), refund_store.read_payment(connection, payment)
            if found is None:
                raise LedgerNotFound
            if not self._known(connection, holder):
                raise LedgerRefused("ledger.holder_unknown", "holder")
            if not refund_store.give_payment(connection, payment, holder, officer.iin):
                raise LedgerRefused("ledger.moved_meanwhile")
            books.allocate(
                connection,
                now,
                key=f"allocated:{payment}",
                holder=holder,
                payment=payment,
                tiyn=found.tiyn,
                by=officer.iin,
            )
            store.wake_claims(connection, holder, now)

    # --- both -------------------------------------------------------------------------------------------------------

    def _holder(self, connection: Connection, holder: str) -> HolderPage:
        known = declarations_store.read_participant(connection, holder)
        order = rules.order_on(day_of(self.now()))
        return HolderPage(
            holder=holder,
            name=known.name if known else "",
            holdings=store.holdings(connection, holder),
            documents=store.list_claims(connection, order, holder=holder, limit=SHOWN_MOST),
            refunds=refund_store.of_holder(connection, holder),
            history=_lines(store.read_entries(connection, holder=holder, limit=SHOWN_MOST)),
        )

    def _document(self, connection: Connection, number: str) -> DocumentPage:
        standing = books.outstanding(connection, number)
        if standing is None:
            raise LedgerNotFound
        return DocumentPage(
            standing=standing,
            history=_lines(store.read_entries(connection, document=number)),
            notices=[Told(row.sequence, row.code, aware(row.at)) for row in store.read_notices(connection, number)],
        )

    def _known(self, connection: Connection, number: str) -> bool:
        if not (is_bin(number) or is_iin(number)):
            return store.has_accounts(connection, number)
        return declarations_store.read_participant(connection, number) is not None or store.has_accounts(
            connection, number
        )

    def _record_reading(self, connection: Connection, officer: SignedIn, about: str) -> None:
        particulars = {"by": officer.iin, "role": officer.role.value}
        audit.record_one(connection, audit.Record(audit.Event.LEDGER_READ, about, self.now(), particulars))


def holder_of(person: SignedIn) -> str:
    """Return whose payments are a person's own: those of the organisation, else of the person."""
    return person.organisation or person.iin


def _lines(entries: Sequence[Entry]) -> list[Line]:
    return [_line(entry) for entry in entries]


def _line(entry: Entry) -> Line:
    changes = changes_of(entry.draft.transfers)

    def change(*kinds: AccountKind) -> int:
        return sum(tiyn for account, tiyn in changes.items() if account.kind in kinds)

    return Line(
        number=entry.number,
        at=entry.at,
        kind=entry.draft.kind,
        document=entry.draft.document,
        source=entry.draft.source,
        prepaid=change(AccountKind.PREPAID),
        owed=change(AccountKind.PAYABLE, AccountKind.DEBT, AccountKind.INTEREST),
        security=change(AccountKind.SECURITY),
        parts=tuple(
            (account, tiyn) for account, tiyn in sorted(changes.items()) if account.kind is not AccountKind.BUDGET
        ),
    )
