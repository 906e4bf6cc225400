"""What travellers do, without an account: check, declare, sign, open, pay. Each method is a transaction of its own."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from declarations.passengers import xml
from declarations.passengers.model import PassengerDeclaration
from declarations.reference.codes import Codes
from declarations.store import aware
from portal import audit
from portal.casework.desk import Desk
from portal.casework.statements import digest_of
from portal.database import reading, writing
from portal.errors import Outdated, Unavailable
from portal.judging import for_participant
from portal.ledger import books
from portal.office import Office
from portal.passengers import charging, declaring, goods, statements, store
from portal.passengers.checking import Checked, check
from portal.passengers.declaring import Declared, Sent
from portal.passengers.errors import PassengerNotFound, PassengerRefused
from portal.passengers.limits import Limits
from portal.passengers.model import Prepared, Record
from portal.passengers.views import TravellerView
from portal.passengers.working import declared_in
from portal.signing_forms import verified
from risk_gateway import judgement_store
from risk_gateway.days import day_of
from risk_gateway.packing import pack, unpack
from signing import store as signing_store
from signing.errors import KeyUnusable
from signing.xmlgate import PASSENGER

LIFETIME: Final = timedelta(hours=1)  # from preparing to signing
DECLARATION: Final = "DECLARATION"
JUDGED_MOST: Final = 10
_MINUTE, _HOUR = 60.0, 3600.0
_OPENINGS_A_MINUTE: Final = 20  # by one address
_WRONG_AN_HOUR: Final = 10  # document numbers that are tried for one reference


class Travellers:
    """Raises `PassengerRefused` (words by language), `PassengerDefects`, `NoAllowances`, `PassengerNotFound` (404)."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)
        self._limits = Limits(office.clock.monotonic)

    def now(self) -> datetime:
        return self._office.clock.now()

    @property
    def office(self) -> Office:
        return self._office

    def codes(self) -> Codes:
        """Return the code lists and rates of today."""
        return self._office.current().reference.on(day_of(self.now()))

    def post_names(self, language: str) -> dict[str, str]:
        """Return the names of the posts by code."""
        return {code: each.name(language) for code, each in sorted(self.codes().offices.items())}

    def count(self, address: str) -> None:
        """Count one form of an address. Raises `PassengerRefused` for too many."""
        self._limits.take(f"form {address}", self._office.settings.traveller_forms_per_minute, _MINUTE)

    # --- declaring --------------------------------------------------------------------------------------------------

    def check(self, declaration: PassengerDeclaration) -> Checked:
        """Return what follows by the rules; nothing is kept, and nothing is said of risks."""
        return check(declaration, self._office.current(), self.now())

    async def declare(self, declaration: PassengerDeclaration, form: str) -> Declared:
        """Take a declaration; what the same form sent before gets the same answer."""
        await self._ask_partners(declaration)
        return await asyncio.to_thread(self._take, Sent(declaration, xml.write(declaration), form))

    def prepare(self, declaration: PassengerDeclaration, form: str) -> Prepared:
        """Keep a declaration as it is to be signed by the traveller. Raises `PassengerRefused` for one without IIN."""
        now = self.now()
        check(declaration, self._office.current(), now)
        if declaration.traveller.iin is None:
            raise PassengerRefused("passengers.needs_iin", "iin")
        identifier, document = secrets.token_hex(16), xml.write(declaration)
        row = {
            "id": identifier,
            "kind": DECLARATION,
            "reference": None,
            "by_iin": declaration.traveller.iin,
            "content": form,
            "prepared": pack(document),
            "digest": statements.digest_of_document(document),
            "prepared_at": now,
            "expires_at": now + LIFETIME,
        }
        with self._changing() as connection:
            store.add_statement(connection, row)
        return Prepared(identifier, document, now + LIFETIME)

    def prepared(self, identifier: str) -> Prepared:
        """Return a declaration that waits for its signature. Raises `PassengerNotFound`."""
        with reading(self._office.engine) as connection:
            row = store.find_statement(connection, identifier)
        if row is None or row.kind != DECLARATION or row.sequence is not None or aware(row.expires_at) < self.now():
            raise PassengerNotFound
        return Prepared(row.id, unpack(bytes(row.prepared)), aware(row.expires_at))

    async def accept(self, identifier: str, signed: bytes) -> Declared:
        """Take a declaration that the traveller signed. Raises `SigningError` too."""
        with reading(self._office.engine) as connection:
            row = store.find_statement(connection, identifier)
        if row is None or row.kind != DECLARATION:
            raise PassengerNotFound
        if row.sequence is None and aware(row.expires_at) < self.now():
            raise PassengerRefused("passengers.statement_gone")
        genuine = await asyncio.to_thread(verified, signed, self._office, self.now(), PASSENGER)
        if digest_of(genuine.root) != row.digest:
            raise PassengerRefused("passengers.other_content", "signed")
        if genuine.signer.iin != row.by_iin:
            raise PassengerRefused("passengers.other_signer", "signed", signer=genuine.signer.name)
        declaration = xml.read(genuine.root)
        await self._ask_partners(declaration)
        sent = Sent(declaration, signed, row.content, signed=True)
        return await asyncio.to_thread(self._take, sent, identifier)

    def _take(self, sent: Sent, statement: str | None = None) -> Declared:
        self._office.demand_open()
        for _ in range(JUDGED_MOST):
            now = self.now()
            prepared = declaring.prepare(self._office, sent, now)
            try:
                with self._changing() as connection:
                    declared = declaring.record(connection, self._desk, sent, prepared, now)
                    if statement is not None:
                        _accept(connection, statement, sent, declared.record, now)
                    return declared
            except Outdated:
                self._office.refresh()
        raise Unavailable

    async def _ask_partners(self, declaration: PassengerDeclaration) -> None:
        if (iin := declaration.traveller.iin) is not None:
            await self._office.asking.before_judging(iin)

    # --- the record -------------------------------------------------------------------------------------------------

    def open(self, reference: str, document_number: str, address: str) -> Declared:
        """Open a record with its reference and the number of the document. What does not fit is all told alike.

        Raises `PassengerRefused`, also for too many attempts.
        """
        self._limits.take(f"open {address}", _OPENINGS_A_MINUTE, _MINUTE)
        wanted = reference.replace(" ", "").replace("-", "").upper()
        self._limits.take(f"reference {wanted[:32]}", _WRONG_AN_HOUR, _HOUR)
        now, given = self.now(), document_number.replace(" ", "").upper()
        with self._changing() as connection:
            found = store.find(connection, wanted)
            number = found.document.partition(":")[2] if found else secrets.token_hex(8)
            if not hmac.compare_digest(number.encode(), given.encode()) or found is None:
                raise PassengerRefused("passengers.not_open", "reference")
            entry = audit.Record(audit.Event.PASSENGER_READ, found.reference, now, {"by": "traveller"})
            audit.record_one(connection, entry)
            return Declared(found, declaring.open_for(connection, found, now))

    def view(self, reference: str, key: str, language: str) -> TravellerView | None:
        """Return a record to a browser that may see it; None to every other, whether there is one or not."""
        now = self.now()
        with reading(self._office.engine) as connection:
            record = self._opened(connection, reference, key)
            if record is None:
                return None
            judged = judgement_store.find(connection, record.judgement)
            return TravellerView(
                record=record,
                declaration=declared_in(record),
                told=for_participant(judged, language) if judged else {},
                standing=charging.outstanding(connection, record),
                expired=record.expired_at(now),
            )

    def receipt(self, reference: str, key: str, language: str) -> tuple[TravellerView, bytes]:
        """Return a record with its sealed receipt order. Raises `PassengerNotFound`."""
        view = self.view(reference, key, language)
        with reading(self._office.engine) as connection:
            notice = store.read_cro_notice(connection, reference) if view else None
        if view is None or notice is None:
            raise PassengerNotFound
        return view, notice

    def document(self, reference: str, key: str) -> bytes:
        """Return the declaration as it was taken. Raises `PassengerNotFound`."""
        with reading(self._office.engine) as connection:
            record = self._opened(connection, reference, key)
        if record is None:
            raise PassengerNotFound
        return record.content

    def goods_declaration(self, reference: str, key: str) -> bytes:
        """Return the draft of a goods declaration. Raises `PassengerNotFound`, also where none is needed."""
        with reading(self._office.engine) as connection:
            record = self._opened(connection, reference, key)
        if record is None:
            raise PassengerNotFound
        return goods.draft_of(record, declared_in(record))

    def pay(self, reference: str, key: str) -> Record:
        """Pay what is open, through the bank of the demonstration. Raises `PassengerRefused`, `PassengerNotFound`."""
        if not self._office.settings.demo:
            raise PassengerNotFound
        now = self.now()
        with self._changing() as connection:
            signing_store.lock_head(connection)
            record = self._opened(connection, reference, key)
            if record is None:
                raise PassengerNotFound
            pay_open(connection, record, f"bank:demo-{secrets.token_hex(6)}", now)
            return record

    def close(self, key: str) -> None:
        """Let this browser see nothing any more: somebody else uses it next."""
        with self._changing() as connection:
            store.close(connection, hashlib.sha256(key.encode()).hexdigest())

    def _opened(self, connection: Connection, reference: str, key: str) -> Record | None:
        hashed = hashlib.sha256(key.encode()).hexdigest()
        if not key or not store.opens(connection, hashed, reference, self.now()):
            return None
        return store.find(connection, reference)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Open a transaction; the database's own trouble, and a key that cannot be used, mean: not now."""
        try:
            with writing(self._office.engine) as connection:
                yield connection
        except (OperationalError, InterfaceError, KeyUnusable):
            raise Unavailable from None
        # COMMIT POINT: from here a crash loses nothing


def pay_open(connection: Connection, record: Record, source: str, now: datetime) -> None:
    """Pay all that is open of a receipt order, once. The caller holds the journal's head. Raises `PassengerRefused`."""
    standing = charging.outstanding(connection, record)
    if record.expired_at(now):
        raise PassengerRefused("passengers.expired")
    if standing is None or not standing.open or record.cro is None:
        raise PassengerRefused("passengers.nothing_to_pay")
    books.pay(
        connection,
        now,
        key=f"cro:{record.reference}:{source}",
        holder=record.holder,
        document=record.cro,
        tiyn=standing.open,
        source=source,
    )


def _accept(connection: Connection, statement: str, sent: Sent, record: Record, now: datetime) -> None:
    """Keep the signed declaration beside what was prepared; sent again it changes nothing."""
    size, _ = signing_store.lock_head(connection)
    values = {
        "reference": record.reference,
        "signed": pack(sent.document),
        "signed_digest": hashlib.sha256(sent.document).hexdigest(),
        "accepted_at": now,
        "sequence": size,
    }
    store.accept_statement(connection, statement, values)
