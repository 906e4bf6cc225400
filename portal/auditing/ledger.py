"""The ledger against itself, the journal and what declarations owe, and its notices against their seals."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
from lxml import etree
from sqlalchemy import Connection, select

from declarations import store as declarations_store
from declarations.ledger import store
from declarations.ledger.model import ClaimKind, changes_of
from declarations.lifecycle import Status
from interop.payment_notices import PaymentTold, payment_notice
from portal.audit import Event
from portal.auditing.archive import Archive
from portal.casework.statements import digest_of as digest_of_tree
from portal.ledger.charging import stored_dues
from portal.ledger.following import said
from portal.ledger.posting import digest_of, particulars_of, subject_of
from risk_gateway.packing import unpack
from signing import verify, xmlgate
from signing.holders import Sealer
from signing.store import journal
from signing.verdict import judge_signature

_CHARGED_AT_ONCE = (Status.RELEASED.value, Status.EXIT_AWAITED.value, Status.EXITED.value, Status.CLEARED.value)


def ledger_doubts(archive: Archive, connection: Connection) -> Iterator[str]:
    """Yield in a sentence whatever does not fit."""
    told = _told(connection)
    yield from _entries(connection, told)
    yield from _claims(connection)
    yield from _notices(archive, connection, told)
    for index, (event, subject, _) in sorted(told.items()):
        yield f"entry {index} of the journal tells of {event} of {subject}, which is not on record"


def _told(connection: Connection) -> dict[int, tuple[str, str, dict[str, Any]]]:
    """Return the journal's entries about the ledger: event, subject and particulars by their index."""
    wanted = (Event.LEDGER_POSTED.value, Event.LEDGER_TOLD.value)
    rows = connection.execute(select(journal.c.index, journal.c.entry).where(journal.c.event.in_(wanted)))
    read = ((index, msgspec.json.decode(bytes(entry))) for index, entry in rows)
    return {index: (entry["event"], entry["subject"], entry["particulars"]) for index, entry in read}


def _entries(connection: Connection, told: dict[int, tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    """Every entry is the one that the journal tells, leads to a document, and all of them make up the balances."""
    balances: dict[str, int] = {}
    for entry, digest in store.stream_entries(connection):
        draft, name = entry.draft, f"entry {entry.number} of the ledger"
        due = particulars_of(entry, digest_of(entry))
        if told.pop(entry.number, None) != (Event.LEDGER_POSTED.value, subject_of(draft.document), due):
            yield f"{name} is not what the journal says"
        if digest != due["entry"]:
            yield f"{name} has another SHA-256 than is recorded with it"
        if not draft.document or not draft.transfers:
            yield f"{name} leads to no document, or moves nothing"
        for account, tiyn in changes_of(draft.transfers).items():
            balances[account.id] = balances.get(account.id, 0) + tiyn
            if balances[account.id] < 0:
                yield f"{name} leaves less than nothing in the account {account.kind.value} of {draft.document}"
    kept = store.all_balances(connection)
    for identifier in sorted(kept.keys() | balances.keys()):
        if kept.get(identifier, 0) != balances.get(identifier, 0):
            made, has = balances.get(identifier, 0), kept.get(identifier, 0)
            yield f"the account {identifier} has {has} tiyn, its entries make {made}"
    for number in store.stray_transfers(connection):
        yield f"there are transfers of entry {number} of the ledger, and no such entry"


def _claims(connection: Connection) -> Iterator[str]:
    """What a released declaration is claimed to owe itself is what the payables of its newest version say."""
    for claim in store.all_claims(connection):
        if claim.kind is not ClaimKind.DECLARATION:
            continue
        stored = declarations_store.find_by_number(connection, claim.document)
        if stored is None:
            yield f"{claim.document} is charged, and is no declaration"
        elif stored.status in _CHARGED_AT_ONCE and stored_dues(connection, stored) != claim.declared:
            yield f"{claim.document} is charged with other sums than its payables say"
        elif stored.key.declarant != claim.holder:
            yield f"{claim.document} is charged to somebody else than its declarant"


def _notices(
    archive: Archive, connection: Connection, told: dict[int, tuple[str, str, dict[str, Any]]]
) -> Iterator[str]:
    """Every notice says what is kept of it, is sealed by the office, and is the one that the journal tells."""
    for row in store.read_notices(connection):
        name, notice = f"notice {row.code} about {row.document}", unpack(bytes(row.notice))
        made = msgspec.json.decode(row.told, type=PaymentTold)
        at = declarations_store.aware(row.at)
        due = {**said(made, notice), "notice": hashlib.sha256(notice).hexdigest()}
        if told.pop(row.sequence, None) != (Event.LEDGER_TOLD.value, subject_of(row.document), due):
            yield f"{name} is not what the journal says"
        sealed = verify.verify(xmlgate.open_document(notice)).root
        if digest_of_tree(sealed) != digest_of_tree(etree.fromstring(payment_notice(made))):
            yield f"{name} does not say what is kept of it"
        for report in judge_signature(notice, archive.trust(at), at, seal=True):
            if report.error is not None:
                yield f"the seal of the {name} does not hold: {report.error.text('en')}"
            elif not isinstance(report.signer, Sealer) or report.signer.bin not in archive.office:
                yield f"the {name} is not sealed by the office"
