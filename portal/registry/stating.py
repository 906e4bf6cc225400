"""Statements of the registry from preparing to accepting: what is signed is what was prepared, by who prepared it."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from declarations.store import aware
from portal.casework.desk import Desk
from portal.casework.statements import digest_of, digest_of_bytes
from portal.registry import checking
from portal.registry.deciding import Signed, bring_about
from portal.registry.errors import RegistryNotFound, RegistryRefused
from portal.registry.model import Done, Intent, Kind, Maker, Prepared
from portal.registry.statements import Draft, write
from portal.signing_forms import Genuine
from risk_gateway import canonical
from risk_gateway.bases.registry import application_store, statement_store
from risk_gateway.bases.registry.criteria import Finding
from risk_gateway.days import day_of
from risk_gateway.packing import pack, unpack
from signing import store as signing_store
from signing.holders import Signer

LIFETIME = timedelta(hours=24)  # from preparing to signing
UNSIGNED_MOST = 5  # of one person about one participant: who prepares more loses the oldest


def prepare(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Prepared:
    """Keep a statement as it is to be signed. Raises `RegistryRefused`, `RegistryNotFound`."""
    intent = checking.check(connection, intent, by, now)
    draft = Draft(
        id=secrets.token_hex(16),
        intent=intent,
        by=by,
        at=now,
        findings=_findings(connection, intent),
        answers=_answered(connection, intent),
    )
    document = write(draft)
    statement_store.drop_unsigned(connection, intent.participant, by.iin, UNSIGNED_MOST - 1)
    statement_store.add_statement(
        connection,
        {
            "id": draft.id,
            "kind": intent.kind.value,
            "participant": intent.participant,
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
    """Return what this person prepared and has not signed yet. Raises `RegistryNotFound`, `RegistryRefused`."""
    row = _own(connection, identifier, by)
    if row.sequence is not None or aware(row.expires_at) < now:
        raise RegistryRefused("registry.statement_gone")
    return Prepared(row.id, _intent(row), unpack(bytes(row.prepared)), aware(row.prepared_at), aware(row.expires_at))


def accept(connection: Connection, desk: Desk, identifier: str, by: Maker, genuine: Genuine) -> Done:
    """Take a signed statement and bring about what it says, in the caller's transaction.

    What must hold is checked again, under the lock of the journal's head: of two who decide at once the second is told.
    The same bytes again get the same answer. Raises `RegistryNotFound`, `RegistryRefused`.
    """
    size, _ = signing_store.lock_head(connection)
    now = desk.clock.now()
    row = _own(connection, identifier, by)
    digest = hashlib.sha256(genuine.data).hexdigest()
    if row.sequence is not None and row.signed_digest == digest:
        return Done(_intent(row), "")
    if row.sequence is not None or aware(row.expires_at) < now:
        raise RegistryRefused("registry.statement_gone")
    if digest_of(genuine.root) != row.digest:
        raise RegistryRefused("registry.other_content", "signed")
    intent = _intent(row)
    _demand_signer(connection, genuine.signer, intent, by, now)
    if checking.check(connection, intent, by, now) != intent:
        raise RegistryRefused("registry.moved_meanwhile")
    values = {"signed": pack(genuine.data), "signed_digest": digest, "accepted_at": now, "sequence": size}
    if not statement_store.accept_statement(connection, identifier, values):
        raise RegistryRefused("registry.statement_gone")
    desk.mark("after statement")
    return Done(intent, bring_about(connection, desk, Signed(intent, by, identifier, digest, now)))


def _own(connection: Connection, identifier: str, by: Maker) -> Row[Any]:
    """Return a statement that this person prepared, in the capacity in which they are here."""
    row = statement_store.find_statement(connection, identifier)
    if row is None or row.by_iin != by.iin or row.organisation != by.organisation:
        raise RegistryNotFound
    return row


def _intent(row: Row[Any]) -> Intent:
    return canonical.loads(row.intent.encode(), Intent)


def _findings(connection: Connection, intent: Intent) -> tuple[Finding, ...]:
    if intent.kind is not Kind.DECISION:
        return ()
    return application_store.read_findings(connection, intent.application, intent.round)


def _answered(connection: Connection, intent: Intent) -> str:
    """Return the digest of the signed statement that an officer answers."""
    if intent.kind is Kind.DECISION and (made := application_store.find_application(connection, intent.application)):
        return signed_digest(connection, made.statement)
    if intent.kind is Kind.APPEAL_DECISION and (appeal := application_store.find_appeal(connection, intent.appeal)):
        return signed_digest(connection, appeal.statement)
    return ""


def signed_digest(connection: Connection, identifier: str | None) -> str:
    """Return the SHA-256 of an accepted statement as it was signed, "" where there is none."""
    row = None if identifier is None else statement_store.find_statement(connection, identifier)
    return "" if row is None else str(row.signed_digest or "")


def _demand_signer(connection: Connection, signer: Signer, intent: Intent, by: Maker, now: datetime) -> None:
    """Raises `RegistryRefused` unless who prepared the statement signed it, and may sign for whom they are here."""
    if signer.iin != by.iin:
        raise RegistryRefused("registry.other_signer", "signed", signer=signer.name)
    if by.organisation is None:
        return
    today = day_of(now)
    if by.organisation != intent.participant and not checking.holds_power(
        connection, intent.participant, by.organisation, today
    ):
        raise RegistryRefused("registry.power_ended", "signed", principal=intent.participant)
    if by.organisation == signer.iin:
        return
    if signer.bin != by.organisation:
        raise RegistryRefused("registry.other_firm", "signed", organisation=by.organisation)
    if not signer.may_sign_for_organisation and not checking.holds_power(connection, by.organisation, by.iin, today):
        raise RegistryRefused("registry.no_right", "signed")
