"""A traveller declares: checked, judged, recorded and, where something is to be paid, charged.

One transaction holds the declaration, the judgement with its sealed notice, the receipt order, and their entries in
the journal.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.passengers.model import PassengerDeclaration, Traveller
from portal import audit, judging
from portal.casework.desk import Desk
from portal.database import reading
from portal.judging import Judged
from portal.office import Office
from portal.passengers import charging, store
from portal.passengers.checking import Checked, check, corridor_of, status_of
from portal.passengers.model import Record, Status
from risk_gateway import canonical, passenger_facts
from risk_gateway.bases.partner_facts import store as partner_fact_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Identity, Scheme
from risk_gateway.coded_facts import Suspicion
from risk_gateway.model import Case, Earlier
from risk_gateway.packing import pack
from risk_gateway.passenger_facts import CROSSINGS_DAYS, TravellerPast
from risk_gateway.profiles import Extent, Outcome
from signing import store as signing_store

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs that are not taken for one another
_LENGTH: Final = 16  # 80 bits: nobody guesses one
OPEN_FOR: Final = timedelta(hours=24)  # so long a browser may see a record without asking again


class Sent(Struct, frozen=True):
    """What a traveller hands in. `form` is that of the page; `document` the bytes that are kept."""

    declaration: PassengerDeclaration
    document: bytes
    form: str
    signed: bool = False


class Declared(Struct, frozen=True):
    """What became of it. `key` is the secret by which this browser may see the record."""

    record: Record
    key: str


def prepare(office: Office, sent: Sent, now: datetime) -> tuple[Checked, Judged]:
    """Check and judge; changes nothing. Raises `PassengerDefects`, `NoAllowances`."""
    checked = check(sent.declaration, office.current(), now)
    with reading(office.engine) as connection:
        case = case_of(connection, checked, sent.document, now, earlier=_earlier(connection, checked.declaration, now))
    return checked, judging.judge(office, case)


def case_of(
    connection: Connection,
    checked: Checked,
    document: bytes,
    now: datetime,
    *,
    suspicion: Suspicion | None = None,
    earlier: Earlier | None = None,
) -> Case:
    """Return the case as of now, with all that is known of the traveller."""
    return passenger_facts.gather(
        checked.declaration,
        checked.computation,
        past_of(connection, checked.declaration.traveller, now),
        digest=hashlib.sha256(document).hexdigest(),
        at=now,
        suspicion=suspicion,
        earlier=earlier,
    )


def record(connection: Connection, desk: Desk, sent: Sent, prepared: tuple[Checked, Judged], now: datetime) -> Declared:
    """Record a declaration in the caller's transaction; what the same form sent before gets the same answer.

    Raises `Outdated` when it has to be judged again.
    """
    checked, judged = prepared
    signing_store.lock_head(connection)
    before = store.find_by_form(connection, sent.form)
    if before is not None:
        return Declared(before, open_for(connection, before, now))
    reference = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    kept = judging.record(connection, desk, judged, subject=reference, moment="declaration", participant=None)
    who, where = checked.declaration.traveller, checked.declaration.crossing
    outcome = judged.decision.outcome
    status = status_of(outcome, checked.computation)
    made = Record(
        reference=reference,
        office=where.office,
        direction=where.direction,
        mode=where.mode,
        name=who.name,
        iin=who.iin,
        document=who.document,
        chosen=checked.declaration.corridor,
        corridor=corridor_of(checked.declaration.corridor, status),
        status=status,
        version=1,
        declared_at=now,
        expires_at=now + timedelta(hours=checked.allowances.reference_hours),
        digest=hashlib.sha256(sent.document).hexdigest(),
        signed=sent.signed,
        content=sent.document,
        computation=checked.computation,
        judgement=kept.number,
        outcome=outcome,
    )
    charged = {}
    if status is Status.PAYMENT_DUE:
        charged = charging.charge(connection, desk, made, checked.computation, "", now)
    desk.mark("after charge")
    size, frontier = signing_store.lock_head(connection)
    store.add(connection, {**_row(made), "form": sent.form, "sequence": size, **charged})
    desk.mark("after passenger declaration")
    entry = audit.Record(audit.Event.PASSENGER_DECLARED, reference, now, _particulars(made))
    audit.append(connection, size, frontier, [entry])
    made = replace(made, cro=charging.number_of(reference) if charged else None)
    return Declared(made, open_for(connection, made, now))


def open_for(connection: Connection, record: Record, now: datetime) -> str:
    """Return the secret with which a browser may see this record for a day."""
    key = secrets.token_urlsafe(24)
    store.add_opening(connection, hashlib.sha256(key.encode()).hexdigest(), record.reference, now + OPEN_FOR)
    return key


def past_of(connection: Connection, traveller: Traveller, now: datetime) -> TravellerPast:
    """Return what is known of a traveller: crossings, violations, and what partners said."""
    since = now - timedelta(days=CROSSINGS_DAYS)
    iin = traveller.iin
    return TravellerPast(
        crossings_30_days=len(store.crossings(connection, iin, traveller.document, since)),
        violations=violation_store.of_identity(connection, identity_of(traveller)),
        partner_facts=partner_fact_store.read(connection, iin) if iin else None,
    )


def identity_of(traveller: Traveller) -> Identity:
    """Return by what the base of violations knows a traveller: the IIN, else the document of a country."""
    if traveller.iin:
        return Identity(Scheme.IIN, traveller.iin, name=traveller.name)
    return Identity(Scheme.FOREIGN, traveller.document_number, traveller.document_country, traveller.name)


def _earlier(connection: Connection, declaration: PassengerDeclaration, now: datetime) -> Earlier | None:
    """Return the inspection that still stands from what the same person declared before: declaring anew is no end."""
    who = declaration.traveller
    for each in store.of_traveller(connection, who.iin, who.document):
        if each.status is Status.INSPECTION and not each.expired_at(now):
            return earlier_of(each)
    return None


def earlier_of(record: Record) -> Earlier:
    extent = Extent.FULL if record.outcome is Outcome.INSPECTION_ORDER else None
    return Earlier(outcome=record.outcome, extent=extent)


def _row(made: Record) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(made, name) for name in Record.__struct_fields__}
    row |= {
        name: getattr(made, name).value for name in ("direction", "mode", "chosen", "corridor", "status", "outcome")
    }
    return row | {
        "content": pack(made.content),
        "computation": canonical.dumps(made.computation).decode(),
        "suspicion": None,
    }


def _particulars(made: Record) -> dict[str, str]:
    """Return what the journal says of a declaration: no name, no number of a person."""
    return {
        "office": made.office,
        "direction": made.direction.value,
        "chosen": made.chosen.value,
        "corridor": made.corridor.value,
        "status": made.status.value,
        "judgement": made.judgement,
        "digest": made.digest,
        "computation": canonical.digest(made.computation),
        "signed": "yes" if made.signed else "no",
    }
