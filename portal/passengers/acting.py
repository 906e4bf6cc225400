"""The act of an inspection, and what follows from it: payments, a violation, the way out."""

import hashlib
import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection, Row

from declarations.passengers.allowances import allowances_on
from declarations.passengers.computing import Computation, compute
from declarations.passengers.controls import age_on
from declarations.passengers.model import Carriage, Goods, GoodsKind, PassengerDeclaration
from declarations.store import aware
from portal import judging
from portal.casework.desk import Desk
from portal.casework.statements import digest_of
from portal.control import Closing
from portal.office import Snapshot
from portal.passengers import charging, statements, store
from portal.passengers.checking import status_of
from portal.passengers.declaring import identity_of
from portal.passengers.errors import PassengerNotFound, PassengerRefused
from portal.passengers.model import VIOLATIONS, Found, InspectionAct, Prepared, Record, Result, Status
from portal.passengers.working import TEXT_MOST, declared_in, demand_open, move, of_post
from portal.signing_forms import Genuine
from portal.views import SignedIn
from portal.violations import service as violations
from risk_gateway import canonical, judgement_store
from risk_gateway.bases.violations.kinds import kinds
from risk_gateway.bases.violations.model import Source, State, Violation
from risk_gateway.bases.violations.terms import expiry_of, held_until, terms_on
from risk_gateway.days import day_of
from risk_gateway.model import Assessment as Judgement
from risk_gateway.packing import pack, unpack
from risk_gateway.profiles import Motive, Outcome
from signing import store as signing_store

LIFETIME: Final = timedelta(hours=4)  # from preparing to signing
ACT: Final = "ACT"
PLACE_MOST: Final = 200


def prepare(connection: Connection, snapshot: Snapshot, act: InspectionAct, by: SignedIn, now: datetime) -> Prepared:
    """Keep an act as it is to be signed. Raises `PassengerRefused`, `PassengerNotFound`."""
    record = of_post(connection, act.reference, by.post)
    demand_open(record, act.expected, now)
    _demand_complete(record, act)
    recomputed(record, act, snapshot)
    identifier = secrets.token_hex(16)
    document = statements.write(statements.Draft(identifier, act, by, record.digest, record.judgement, now))
    store.add_statement(
        connection,
        {
            "id": identifier,
            "kind": ACT,
            "reference": act.reference,
            "by_iin": by.iin,
            "content": canonical.dumps(act).decode(),
            "prepared": pack(document),
            "digest": statements.digest_of_document(document),
            "prepared_at": now,
            "expires_at": now + LIFETIME,
        },
    )
    return Prepared(identifier, document, now + LIFETIME, act.reference)


def prepared(connection: Connection, identifier: str, by: SignedIn, now: datetime) -> Prepared:
    """Return what this officer prepared and has not signed yet. Raises `PassengerNotFound`, `PassengerRefused`."""
    row = _own(connection, identifier, by)
    if row.sequence is not None or aware(row.expires_at) < now:
        raise PassengerRefused("passengers.statement_gone")
    return Prepared(row.id, unpack(bytes(row.prepared)), aware(row.expires_at), row.reference)


def accept(
    connection: Connection, desk: Desk, snapshot: Snapshot, identifier: str, by: SignedIn, genuine: Genuine
) -> Record:
    """Take the signed act and bring about what it says. The same bytes again get the same answer.

    Raises `PassengerRefused`, `PassengerNotFound`.
    """
    size, _ = signing_store.lock_head(connection)
    now = desk.clock.now()
    row = _own(connection, identifier, by)
    act = canonical.loads(row.content.encode(), InspectionAct)
    record = of_post(connection, act.reference, by.post)
    digest = hashlib.sha256(genuine.data).hexdigest()
    if row.sequence is not None and row.signed_digest == digest:
        return record
    if row.sequence is not None or aware(row.expires_at) < now:
        raise PassengerRefused("passengers.statement_gone")
    if digest_of(genuine.root) != row.digest:
        raise PassengerRefused("passengers.other_content", "signed")
    if genuine.signer.iin != by.iin:
        raise PassengerRefused("passengers.other_signer", "signed", signer=genuine.signer.name)
    demand_open(record, act.expected, now)
    _demand_complete(record, act)
    values = {"signed": pack(genuine.data), "signed_digest": digest, "accepted_at": now, "sequence": size}
    if not store.accept_statement(connection, identifier, values):
        raise PassengerRefused("passengers.statement_gone")
    desk.mark("after act")
    return _bring_about(connection, desk, record, act, recomputed(record, act, snapshot), identifier, digest, now, by)


def _bring_about(
    connection: Connection,
    desk: Desk,
    record: Record,
    act: InspectionAct,
    computation: Computation,
    identifier: str,
    digest: str,
    now: datetime,
    by: SignedIn,
) -> Record:
    """Close the control, remember a violation, charge what was found, and go on."""
    _close(connection, desk, record, act, computation, identifier, by, now)
    if act.result in VIOLATIONS:
        violation = _violation(record, act, identifier, digest, computation, now)
        violations.record(connection, desk, violation, by.iin, now)
    charged = charging.charge(connection, desk, record, computation, by.iin, now)
    values: dict[str, Any] = {
        "act": identifier,
        "computation": canonical.dumps(computation).decode(),
        **charged,
    }
    status = status_of(record.outcome, computation, inspected=True)
    return move(connection, record, status, by.iin, "sign act", now, values)


def recomputed(record: Record, act: InspectionAct, snapshot: Snapshot) -> Computation:
    """Return what is to be paid for what was found, by the rates and allowances of the day of declaring.

    Raises `PassengerRefused` when a rate is missing.
    """
    declaration, day = declared_in(record), day_of(record.declared_at)
    if act.found is not None:
        declaration = replace(declaration, goods=_goods_found(declaration, act.found))
    codes = snapshot.reference.on(day)
    found = compute(declaration, codes.rate, allowances_on(day), age_on(declaration.traveller.born_on, day))
    if found.unknown:
        raise PassengerRefused("passengers.rates_missing", currencies=", ".join(found.unknown))
    return found


def _goods_found(declaration: PassengerDeclaration, found: Found) -> tuple[Goods, ...]:
    """Return the goods as found: what came with the traveller as sums, the rest as declared."""
    kept = tuple(
        each
        for each in declaration.goods
        if each.carriage is not Carriage.ACCOMPANIED or each.kind not in (GoodsKind.GENERAL, GoodsKind.ALCOHOL)
    )
    usual: dict[str, Any] = {"carriage": Carriage.ACCOMPANIED, "quantity": 1, "description": "found"}
    goods = Goods(
        kind=GoodsKind.GENERAL,
        mass_kg=found.mass_kg,
        value=found.value,
        currency=found.currency,
        personal_use=not found.for_trade,
        **usual,
    )
    if not found.litres:
        return (*kept, goods)
    drinks = Goods(
        kind=GoodsKind.ALCOHOL,
        mass_kg=found.litres,
        value=Decimal(0),
        currency=found.currency,
        litres=found.litres,
        **usual,
    )
    return (*kept, goods, drinks)


def _demand_complete(record: Record, act: InspectionAct) -> None:
    if record.status is not Status.INSPECTION:
        raise PassengerRefused("passengers.not_inspected")
    if not act.place or len(act.place) > PLACE_MOST:
        raise PassengerRefused("passengers.place", "place")
    if act.result is not Result.AS_DECLARED and (not act.text or len(act.text) > TEXT_MOST):
        raise PassengerRefused("passengers.text", "text")
    if act.result is not Result.AS_DECLARED and act.found is None:
        raise PassengerRefused("passengers.found", "mass_kg")


def _own(connection: Connection, identifier: str, by: SignedIn) -> Row[Any]:
    row = store.find_statement(connection, identifier)
    if row is None or row.kind != ACT or row.by_iin != by.iin:
        raise PassengerNotFound
    return row


def _close(
    connection: Connection,
    desk: Desk,
    record: Record,
    act: InspectionAct,
    computation: Computation,
    identifier: str,
    by: SignedIn,
    now: datetime,
) -> None:
    """Tell the profiles that led to the inspection whether they were right."""
    if record.outcome is Outcome.SIMPLIFIED_RELEASE:
        return
    found = act.result is not Result.AS_DECLARED
    kept = judgement_store.find(connection, record.judgement)
    fired = canonical.loads(unpack(kept.assessment), Judgement).findings if kept else ()
    said = {each.profile: found for each in fired if each.selected}
    motive = Motive(act.result.value) if act.result in VIOLATIONS else None
    more = max(0, computation.total_tiyn - record.computation.total_tiyn)
    amount = more if motive or any(said.values()) else 0
    closing = Closing(act=identifier, by=by.iin, said=said, amount_tiyn=amount, motive=motive)
    judging.close(connection, desk, record.judgement, closing, now)


def _violation(
    record: Record, act: InspectionAct, identifier: str, digest: str, computation: Computation, now: datetime
) -> Violation:
    kind, day = act.result.value, day_of(now)
    return Violation(
        id=violations.NEW,
        identity=identity_of(declared_in(record).traveller),
        kind=kind,
        article=kinds()[kind].article,
        committed_on=day,
        place=record.office,
        amount_tiyn=computation.total_tiyn,
        decision_number=identifier,
        decided_on=day,
        state=State.CONFIRMED,
        expires_on=expiry_of(day),
        source=Source.ACT,
        source_name=record.office,
        legal_basis=terms_on(day).legal_basis_of_acts,
        hold_until=held_until(day),
        recorded_at=now,
        provenance=digest,
    )
