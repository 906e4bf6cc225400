"""Statements from preparing to accepting: what is signed is what was prepared, by the person who prepared it."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection, Row

from declarations import store as declarations_store
from declarations.lifecycle import Action, Actor, StatementKind, Status
from declarations.store import aware
from portal.casework import files, moving, opening, statement_store, statements, store
from portal.casework.desk import Desk
from portal.casework.errors import CaseNotFound, CaseRefused, RefusedByControl
from portal.casework.files import Kept
from portal.casework.model import InspectionAct, Moved, Mover, Prepared, Wanted, Writing
from portal.casework.moving import cleaned, make_move
from portal.casework.ownership import demand_own, in_force
from portal.casework.statements import Annex, Draft, Subject
from portal.signing_forms import Genuine
from risk_gateway import canonical, feedback
from risk_gateway import store as risk_store
from risk_gateway.days import day_of
from risk_gateway.errors import ControlRefused
from risk_gateway.model import Assessment
from risk_gateway.packing import pack, unpack
from signing import store as signing_store
from signing.holders import Signer

LIFETIME = timedelta(hours=24)  # from preparing to signing
UNSIGNED_MOST = 5  # of one person in one case: who prepares more loses the oldest
ACTIONS = {
    StatementKind.SUBMISSION: Action.SUBMIT,
    StatementKind.WITHDRAWAL: Action.WITHDRAW,
    StatementKind.APPEAL: Action.APPEAL,
    StatementKind.INSPECTION_ACT: Action.SIGN_ACT,
}


def prepare(connection: Connection, number: str, by: Mover, writing: Writing, now: datetime) -> Prepared:
    """Keep a statement as it is to be signed, with its files. Raises `CaseRefused`, `CaseNotFound`."""
    stored = declarations_store.find_by_number(connection, number)
    if stored is None:
        raise CaseNotFound(number)
    demand_own(connection, stored, by, now)
    wanted = _wanted(number, by, writing.kind, writing.expected, writing.text, writing.request, "")
    moving.checked(wanted, moving.find_move(connection, stored, wanted), stored, now)
    if writing.request is not None:
        opening.demand_request(connection, stored.registration_number, writing.request, now)
    identifier = secrets.token_hex(16)
    kept = files.keep(writing.files, identifier, now)
    writing = replace(writing, text=cleaned(writing.text, "text"), files=())
    if writing.kind is StatementKind.SUBMISSION and not writing.text and not kept:
        raise CaseRefused("case.answer_empty", "text")
    annex, act_number = None, ""
    if writing.kind is StatementKind.INSPECTION_ACT:
        act = _checked_act(connection, stored, writing.act)
        writing = replace(writing, act=act)
        act_number = _act_number(connection, stored.registration_number)
        said = Annex(act_number, identifier, act.results, act.amount_tiyn, act.motive)
        annex = statements.write_annex(said, secrets.token_hex(16))
    draft = Draft(
        id=identifier,
        subject=Subject(stored.registration_number, stored.key.version, stored.digest),
        by=by,
        at=now,
        writing=writing,
        files=[each.info for each in kept],
        act=act_number,
        annex_digest=hashlib.sha256(annex).hexdigest() if annex else "",
    )
    _keep(connection, draft, statements.write(draft), annex, kept)
    return prepared(connection, identifier, by, now)


def prepared(connection: Connection, identifier: str, by: Mover, now: datetime) -> Prepared:
    """Return what this person prepared and has not signed yet. Raises `CaseNotFound`; `CaseRefused` when too old."""
    row = _own(connection, identifier, by)
    if row.sequence is not None or aware(row.expires_at) < now:
        raise CaseRefused("statement.not_found")
    return Prepared(
        id=row.id,
        kind=StatementKind(row.kind),
        number=row.registration_number,
        version=row.version,
        document=unpack(bytes(row.prepared)),
        annex=unpack(bytes(row.annex)) if row.annex is not None else None,
        prepared_at=aware(row.prepared_at),
        expires_at=aware(row.expires_at),
        files=tuple(statement_store.read_files(connection, [row.id]).get(row.id, ())),
    )


def accept(connection: Connection, desk: Desk, identifier: str, by: Mover, genuine: Genuine) -> Moved:
    """Take a signed statement and make its move, in the caller's transaction. The same bytes again get the same answer.

    Raises `CaseNotFound`, `CaseRefused`.
    """
    size, _ = signing_store.lock_head(connection)
    now = desk.clock.now()
    row = _own(connection, identifier, by)
    digest = hashlib.sha256(genuine.data).hexdigest()
    if row.sequence is not None and row.signed_digest == digest:
        return _made_before(connection, row)
    if row.sequence is not None or aware(row.expires_at) < now:
        raise CaseRefused("statement.not_found")
    if statements.digest_of(genuine.root) != row.digest:
        raise CaseRefused("statement.other_content", "signed")
    _demand_signer(connection, row, genuine.signer, by, now)
    values = {
        "signed": pack(genuine.data),
        "signed_digest": digest,
        "accepted_at": now,
        "sequence": size,
    }
    if not statement_store.accept_statement(connection, identifier, values):
        raise CaseRefused("statement.not_found")
    desk.mark("after statement")
    kind = StatementKind(row.kind)
    wanted = _wanted(row.registration_number, by, kind, Status(row.expected), row.text, row.request, identifier)
    return make_move(connection, desk, replace(wanted, version=row.version))


def _wanted(
    number: str, by: Mover, kind: StatementKind, expected: Status, text: str, request: int | None, statement: str
) -> Wanted:
    """Return the move that a statement asks for."""
    return Wanted(
        number=number,
        action=ACTIONS[kind],
        expected=expected,
        by=by,
        text=text,
        request=request,
        statement=statement,
    )


def _keep(connection: Connection, draft: Draft, document: bytes, annex: bytes | None, kept: Sequence[Kept]) -> None:
    writing, by = draft.writing, draft.by
    row = {
        "id": draft.id,
        "registration_number": draft.subject.number,
        "version": draft.subject.version,
        "kind": writing.kind.value,
        "expected": writing.expected.value,
        "request": writing.request,
        "text": writing.text,
        "by_iin": by.iin,
        "by_name": by.name,
        "organisation": by.organisation,
        "prepared": pack(document),
        "digest": statements.digest_of_bytes(document),
        "annex": None if annex is None else pack(annex),
        "prepared_at": draft.at,
        "expires_at": draft.at + LIFETIME,
    }
    attached = [
        {
            "id": each.info.id,
            "statement": draft.id,
            "position": position,
            "name": each.info.name,
            "media_type": each.info.media_type,
            "size": each.info.size,
            "digest": each.info.digest,
            "uploaded_at": draft.at,
            "content": pack(each.content),
        }
        for position, each in enumerate(kept)
    ]
    statement_store.drop_unsigned(connection, draft.subject.number, by.iin, UNSIGNED_MOST - 1)
    statement_store.add_statement(connection, row, attached)


def _own(connection: Connection, identifier: str, by: Mover) -> Row[tuple[object, ...]]:
    """Return a statement that this person prepared, in the capacity in which they are here. Raises `CaseNotFound`."""
    row = statement_store.find_statement(connection, identifier)
    if row is None or row.by_iin != by.iin or row.organisation != by.organisation:
        raise CaseNotFound(identifier)
    return row


def _made_before(connection: Connection, row: Row[tuple[object, ...]]) -> Moved:
    """Return the move that was made when the statement was accepted."""
    made = store.find_move(connection, row.registration_number, row.sequence)
    if made is None:
        raise CaseRefused("statement.not_found")
    return Moved(
        sequence=made.sequence,
        number=made.registration_number,
        version=made.version,
        action=Action(made.action),
        source=Status(made.source),
        target=Status(made.target),
        at=aware(made.at),
        notice=unpack(bytes(made.notice)) if made.notice is not None else None,
    )


# --- who signed -----------------------------------------------------------------------------------------------------


def _demand_signer(
    connection: Connection, row: Row[tuple[object, ...]], signer: Signer, by: Mover, now: datetime
) -> None:
    """Raises `CaseRefused` unless the person who prepared the statement signed it, and may sign for the firm."""
    if signer.iin != row.by_iin:
        raise CaseRefused("statement.other_signer", "signed", signer=signer.name)
    if by.actor is not Actor.DECLARANT or by.organisation == signer.iin:
        return
    if signer.bin != by.organisation:
        raise CaseRefused("statement.other_firm", "signed", organisation=by.organisation or "")
    if signer.may_sign_for_organisation:
        return
    stored = declarations_store.find_by_number(connection, row.registration_number)
    powers = declarations_store.read_powers(connection, by.organisation or "")
    if stored is None or not any(
        each.agent == signer.iin and in_force(each, stored.type_code, day_of(now)) for each in powers
    ):
        raise CaseRefused("statement.no_right", "signed")


# --- acts -----------------------------------------------------------------------------------------------------------


def _checked_act(connection: Connection, stored: declarations_store.Stored, act: InspectionAct | None) -> InspectionAct:
    """Return the act with its texts cleaned. Raises `CaseRefused` for what is missing or does not fit the decision."""
    if act is None or not act.items:
        raise CaseRefused("case.act_needed", "items")
    place, measured = cleaned(act.place, "place"), cleaned(act.measured, "measured")
    if not place:
        raise CaseRefused("case.text_needed", "place")
    if not measured:
        raise CaseRefused("case.text_needed", "measured")
    items = []
    for each in act.items:
        if not 1 <= each.item <= stored.item_count:
            raise CaseRefused("case.items_unknown", "items", item=str(each.item))
        if not (text := cleaned(each.text, "items")):
            raise CaseRefused("case.text_needed", "items")
        items.append(replace(each, text=text))
    if not 0 <= act.amount_tiyn < 2**63:
        raise CaseRefused("case.amount_wrong", "amount")
    key = stored.key
    kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    assessment = canonical.loads(unpack(kept.assessment), Assessment)
    said = {each.profile: each.found for each in act.results}
    missing = sorted({each.profile for each in assessment.findings if each.selected} - said.keys())
    if missing:
        raise CaseRefused("case.act_result_missing", "results", profiles=", ".join(missing))
    try:
        feedback.shares(assessment, said, act.motive is not None, act.amount_tiyn)
    except ControlRefused as error:
        raise RefusedByControl(error) from None
    return replace(act, place=place, measured=measured, items=tuple(items))


def _act_number(connection: Connection, number: str) -> str:
    """Return the number of the next act of a declaration."""
    acts = [
        row
        for row in statement_store.read_statements(connection, number)
        if row.kind == StatementKind.INSPECTION_ACT.value
    ]
    return f"{number}-A{len(acts) + 1}"
