"""Statements of an audit from preparing to accepting: what is signed is what was prepared, by who prepared it."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from declarations.audits import store
from declarations.audits.lifecycle import Action
from declarations.audits.model import Audit
from declarations.store import aware
from portal.audits import checking
from portal.audits.errors import AuditNotFound, AuditRefused
from portal.audits.model import Intent, Maker, Prepared, Signed
from portal.audits.moving import make
from portal.audits.statements import Draft, write
from portal.casework.desk import Desk
from portal.casework.statements import digest_of, digest_of_bytes
from portal.signing_forms import Genuine
from risk_gateway import canonical
from risk_gateway.days import day_of
from risk_gateway.packing import pack, unpack
from signing import store as signing_store
from signing.holders import Signer

LIFETIME = timedelta(hours=24)  # from preparing to signing
UNSIGNED_MOST = 5  # of one person in one audit: who prepares more loses the oldest
_ANSWERS = {  # the action whose statement an action answers
    Action.OPEN: Action.PREPARE,
    Action.RETURN_PLAN: Action.PREPARE,
    Action.DENY_APPEAL: Action.APPEAL,
    Action.UPHOLD_APPEAL: Action.APPEAL,
    Action.ACCEPT_ELIMINATION: Action.REPORT_ELIMINATION,
}


def prepare(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Prepared:
    """Keep a statement as it is to be signed. Raises `AuditRefused`, `AuditNotFound`."""
    intent = checking.check(connection, intent, by, now)
    audit = checking.found(connection, intent.audit, by, day_of(now))
    draft = Draft(secrets.token_hex(16), audit, intent, by, now, _answered(connection, audit, intent.action))
    document = write(draft)
    store.drop_unsigned(connection, audit.number, by.iin, UNSIGNED_MOST - 1)
    store.add_statement(
        connection,
        {
            "id": draft.id,
            "audit": audit.number,
            "action": intent.action.value,
            "by_iin": by.iin,
            "by_name": by.name,
            "organisation": by.organisation,
            "intent": canonical.dumps(intent).decode(),
            "prepared": pack(document),
            "digest": digest_of_bytes(document),
            "prepared_at": now,
            "expires_at": now + LIFETIME,
        },
    )
    return Prepared(draft.id, intent, document, now, now + LIFETIME)


def prepared(connection: Connection, identifier: str, by: Maker, now: datetime) -> Prepared:
    """Return what this person prepared and has not signed yet. Raises `AuditNotFound`, `AuditRefused`."""
    row = _own(connection, identifier, by)
    if row.sequence is not None or aware(row.expires_at) < now:
        raise AuditRefused("audits.statement_gone")
    return Prepared(row.id, intent_of(row), unpack(bytes(row.prepared)), aware(row.prepared_at), aware(row.expires_at))


def accept(connection: Connection, desk: Desk, identifier: str, by: Maker, genuine: Genuine) -> Intent:
    """Take a signed statement and bring about what it says, in the caller's transaction.

    What must hold is checked again, under the lock of the journal's head: of two who decide at once the second is told.
    The same bytes again get the same answer. Raises `AuditNotFound`, `AuditRefused`.
    """
    size, _ = signing_store.lock_head(connection)
    now = desk.clock.now()
    row = _own(connection, identifier, by)
    digest = hashlib.sha256(genuine.data).hexdigest()
    if row.sequence is not None and row.signed_digest == digest:
        return intent_of(row)
    if row.sequence is not None or aware(row.expires_at) < now:
        raise AuditRefused("audits.statement_gone")
    if digest_of(genuine.root) != row.digest:
        raise AuditRefused("audits.other_content", "signed")
    intent = intent_of(row)
    _demand_signer(genuine.signer, by)
    if checking.check(connection, intent, by, now) != intent:
        raise AuditRefused("audits.moved_meanwhile")
    values = {"signed": pack(genuine.data), "signed_digest": digest, "accepted_at": now, "sequence": size}
    if not store.accept_statement(connection, identifier, values):
        raise AuditRefused("audits.statement_gone")
    desk.mark("after statement")
    make(connection, desk, Signed(intent, by, identifier, digest, now))
    return intent


def intent_of(row: Row[Any]) -> Intent:
    """Return what a kept statement says."""
    return canonical.loads(row.intent.encode(), Intent)


def _own(connection: Connection, identifier: str, by: Maker) -> Row[Any]:
    """Return a statement that this person prepared, in the capacity in which they are here."""
    row = store.find_statement(connection, identifier)
    if row is None or row.by_iin != by.iin or row.organisation != by.organisation:
        raise AuditNotFound
    return row


def _answered(connection: Connection, audit: Audit, action: Action) -> str:
    """Return the digest of the signed statement that one of this action answers, "" where there is none."""
    wanted = _ANSWERS.get(action)
    for made in reversed(store.moves_of(connection, audit.number)):
        if made.action is wanted and made.statement is not None:
            row = store.find_statement(connection, made.statement)
            return "" if row is None else str(row.signed_digest or "")
    return ""


def _demand_signer(signer: Signer, by: Maker) -> None:
    """Raises `AuditRefused` unless who prepared the statement signed it, and may sign for whom they are here."""
    if signer.iin != by.iin:
        raise AuditRefused("audits.other_signer", "signed", signer=signer.name)
    if by.organisation is None or by.organisation == signer.iin:
        return
    if signer.bin != by.organisation:
        raise AuditRefused("audits.other_firm", "signed", organisation=by.organisation)
    if not signer.may_sign_for_organisation:
        raise AuditRefused("audits.no_right", "signed")
