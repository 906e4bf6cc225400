"""What is known of the signatures of a stored declaration: a report on each, and what proves when they existed.

That something does not verify is an answer, never an error: a report that failed is why anybody asks.
"""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound
from zstandard import ZstdError

from declarations import store as declarations_store
from declarations.store import Stored
from portal import audit
from portal.database import reading, writing
from portal.errors import EvidenceLost
from portal.evidence import gather
from portal.office import Office
from portal.problems import LANGUAGES, text_of
from portal.views import JournalPlace, Lane, Overall, ReadPart, SignaturesPage, SignedIn, Trouble
from risk_gateway import store as risk_store
from risk_gateway.packing import unpack
from signing import bundle as bundles
from signing import store as signing_store
from signing.bundle import Bundle, Findings, Outcome, Part
from signing.checkpoint import StoredCheckpoint
from signing.errors import SigningError
from signing.journal_check import Entry
from signing.verdict import Indication, Report, judge_signature

_MISSING = (NoResultFound, ZstdError)  # what reading a row raises that is gone, or no longer what was written


class StoredSignatures:
    """`Signatures` over the office's database: see the protocol in portal/views.py."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def examine(self, registration_number: str) -> SignaturesPage | None:
        stored = self._find(registration_number)
        return None if stored is None else examine(self._office, stored)

    def evidence(self, registration_number: str) -> bytes | None:
        stored = self._find(registration_number)
        return None if stored is None else write_evidence(self._office, stored)

    def declaration(self, registration_number: str) -> bytes | None:
        stored = self._find(registration_number)
        if stored is None:
            return None
        with reading(self._office.engine) as connection:
            return _read_declaration(connection, stored)

    def notice(self, registration_number: str) -> bytes | None:
        stored = self._find(registration_number)
        if stored is None:
            return None
        with reading(self._office.engine) as connection:
            return _read_notice(connection, stored)

    def record_reading(self, person: SignedIn, registration_number: str, part: ReadPart) -> None:
        particulars = {"officer": person.iin, "role": person.role.value, "part": part.value}
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            record = audit.Record(audit.Event.DECLARATION_READ, registration_number, now, particulars)
            audit.record_one(connection, record)

    def _find(self, registration_number: str) -> Stored | None:
        with reading(self._office.engine) as connection:
            return declarations_store.find_by_number(connection, registration_number)


def examine(office: Office, stored: Stored) -> SignaturesPage:
    """Return the reports on a declaration and its notice, and what the journal proves of them.

    With a time-stamp they are judged now, as of the moment that it proves; without one at the moment of receipt.
    """
    office.refresh()
    now = office.clock.now()
    with reading(office.engine) as connection:
        declaration, notice = _read_declaration(connection, stored), _read_notice(connection, stored)
        agent = declarations_store.read_participant(connection, stored.agent) if stored.agent else None
        covering = signing_store.covering(connection, stored.sequence)
        recorded = _recorded(connection, stored.sequence)
    bundle, trouble = _gather(office, stored)
    if bundle is not None:
        found = bundles.check(bundle, declaration, notice, office.trust, now, office.keyring.bin)
        judged_at, existed_at, signatures, seals = now, found.existed_at, found.signatures, found.seals
    else:
        found, judged_at, existed_at = None, stored.received_at, None
        signatures = judge_signature(declaration, office.trust, judged_at)
        seals = judge_signature(notice, office.trust, stored.accepted_at, seal=True)
    journal = _place(stored.sequence, recorded, covering, found, trouble)
    return SignaturesPage(
        registration_number=stored.registration_number,
        declarant=stored.key.declarant,
        declarant_name=stored.declarant_name,
        agent=stored.agent,
        agent_name=agent.name if agent else None,
        outcome=Lane(stored.outcome),
        status=stored.status,
        received_at=stored.received_at,
        accepted_at=stored.accepted_at,
        digest=stored.digest,
        office_bin=office.keyring.bin,
        judged_at=judged_at,
        existed_at=existed_at,
        overall=_overall((*signatures, *seals), journal),
        signatures=signatures,
        seals=seals,
        journal=journal,
    )


def write_evidence(office: Office, stored: Stored) -> bytes | None:
    """Return the evidence bundle as a file, or None while no time-stamp covers the decision.

    Raises SigningError, EvidenceLost.
    """
    bundle, trouble = _gather(office, stored)
    if trouble is not None:
        raise trouble
    return None if bundle is None else bundles.write(bundle)


def _gather(office: Office, stored: Stored) -> tuple[Bundle | None, SigningError | EvidenceLost | None]:
    """Return the bundle if a time-stamp covers the decision, or what keeps it from being gathered."""
    try:
        bundle = gather(office, stored)
    except SigningError as error:
        return None, error
    except _MISSING:
        return None, EvidenceLost()
    with reading(office.engine) as connection:
        gone = bundle is None and signing_store.read_row(connection, stored.sequence) is None
    return bundle, EvidenceLost() if gone else None


def _place(
    index: int,
    recorded: Mapping[str, str],
    covering: StoredCheckpoint | None,
    found: Findings | None,
    trouble: SigningError | EvidenceLost | None,
) -> JournalPlace:
    return JournalPlace(
        index=index,
        recorded=recorded.get("signature"),
        signer=recorded.get("signer"),
        size=covering.size if covering else None,
        signed_at=covering.signed_at if covering else None,
        stamp=found.stamp if found else None,
        parts=found.parts if found else (),
        trouble=_in_words(trouble) if trouble else None,
    )


def _overall(reports: Sequence[Report], journal: JournalPlace) -> Overall:
    """Return what it all comes to. A verdict that is only open makes its part of the bundle "wrong", and stays open."""
    wrong = {each.part for each in journal.parts if each.outcome is Outcome.WRONG}
    passed = all(report.passed for report in reports)
    if journal.trouble or any(report.indication is Indication.TOTAL_FAILED for report in reports):
        return Overall.WRONG
    if wrong - ({Part.SIGNATURE, Part.SEAL} if not passed else set()):
        return Overall.WRONG
    return Overall.WELL if passed else Overall.OPEN


def _in_words(error: SigningError | EvidenceLost) -> Trouble:
    return Trouble(error.code, {language: text_of(error, error.code, language) for language in LANGUAGES})


def _recorded(connection: Connection, index: int) -> Mapping[str, str]:
    """Return the particulars of the journal's entry; none when it is gone or cannot be read."""
    row = signing_store.read_row(connection, index)
    try:
        return msgspec.json.decode(row[3], type=Entry).particulars if row else {}
    except msgspec.DecodeError:
        return {}


def _read_declaration(connection: Connection, stored: Stored) -> bytes:
    """Return the declaration as it was received; nothing when that is gone, and then it has no valid signature."""
    try:
        return unpack(declarations_store.read_document(connection, stored.key))
    except _MISSING:
        return b""


def _read_notice(connection: Connection, stored: Stored) -> bytes:
    """Return the sealed notice; nothing when that is gone."""
    key = stored.key
    try:
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
        return unpack(kept.notice)
    except _MISSING:
        return b""
