"""What step 8 records of one lodgement, and what step 9 answers."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from declarations.ledger.planning import dues_of
from declarations.lifecycle import Actor, Status
from declarations.model import Amount, Declaration
from declarations.store import Key, Stored
from portal.casework.model import Mover
from portal.stages import Assessed, Checked, Lodged
from portal.versions_store import Base
from risk_gateway import canonical, register_facts
from risk_gateway.bases.partner_facts.model import rules_of, worth_asking
from risk_gateway.bases.registers import model as registers
from risk_gateway.bases.registers.model import Named
from risk_gateway.days import day_of
from risk_gateway.history import Addition, addition
from risk_gateway.model import Case, Decision, Earlier, Outcome
from risk_gateway.packing import pack
from risk_gateway.profiles import strictness_of

STATUS_AFTER = {
    Outcome.SIMPLIFIED_RELEASE: "RELEASED",
    Outcome.DOCUMENTARY_CHECK: "DOCUMENTS_REQUESTED",
    Outcome.INSPECTION_ORDER: "INSPECTION_ORDERED",
}
_LARGEST_STORED = 2**63 - 1


class Correcting(Struct, frozen=True):
    """What an entry corrects: the version before, and its status then, which must not have changed at the commit.

    `granted_by` is the official who permits it, None where nobody has to be asked.
    """

    version: int
    number: str
    found: Status
    granted_by: Mover | None


class Asked(Struct, frozen=True):
    """A correction that an officer has to permit: what is recorded of it until then. `content` is zstd."""

    revision: int
    key: Key  # of the version that would be corrected
    number: str
    found: Status
    by: Mover
    sender: str | None
    reason: str
    digest: str
    received_at: datetime
    content: bytes


class Entry(Struct, frozen=True):
    """All that is recorded except numbers and times, which are taken inside the transaction. Blobs are zstd."""

    revision: int  # of the knowledge it was judged with
    key: Key
    corrects: Correcting | None
    status: str  # that it begins with
    agent: str | None
    declarant_name: str
    type_code: str
    procedure: str | None
    office: str
    item_count: int
    customs_value_tiyn: int | None
    signer_iin: str
    signer_name: str
    verdict: str  # on the signature, in the words of ETSI EN 319 102-1
    digest: str
    received_at: datetime
    document: bytes
    decision: Decision
    knowledge_version: str
    case_digest: str  # SHA-256 of the canonical case
    case_blob: bytes
    assessment_digest: str  # SHA-256 of the canonical assessment
    assessment_blob: bytes
    decision_blob: bytes
    payables_blob: bytes
    addition: Addition  # to the history of its participants
    dues: dict[str, int]  # in tiyn by payment code, as far as they are determined
    ask_partners: bool = False  # whether it is worth waiting for what they say of the declarant, and judging again
    ask_registers: tuple[Named, ...] = ()  # the numbers for which it is


class Answer(Struct, frozen=True):
    """Step 9. `repeated` says that the same bytes were accepted before, and this is what was answered then.

    `asked` says that the document is a correction which waits for an officer: until then all that is answered is of the
    version before.
    """

    stored: Stored
    decision: Decision
    notice: bytes
    repeated: bool = False
    asked: bool = False

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "registration_number": self.stored.registration_number,
            "functional_reference_id": self.stored.key.functional_reference_id,
            "version": self.stored.key.version,
            "status": self.stored.status,
            "decision": self.decision.as_json(language),
        }


def make_entry(assessed: Assessed, revision: int) -> Entry:
    """Gather what will be recorded. All that costs time is done here, before the transaction."""
    verified = assessed.checked.verified
    declaration, lodged = verified.declaration, verified.lodged
    granted, base = verified.authority, assessed.checked.base
    version = base.newest.key.version + 1 if base else 1
    case, assessment = canonical.dumps(assessed.case), canonical.dumps(assessed.assessment)
    return Entry(
        revision=revision,
        key=Key(granted.declarant, declaration.functional_reference_id, version),
        corrects=_correcting(base, lodged) if base else None,
        status=status_after(assessed.decision.outcome, base.earlier if base else None, base.status if base else None),
        agent=granted.agent,
        declarant_name=declaration.declarant.name,
        type_code=declaration.type_code,
        procedure=declaration.procedure,
        office=declaration.office,
        item_count=len(declaration.items),
        customs_value_tiyn=_tiyn(declaration),
        signer_iin=verified.signer.iin,
        signer_name=verified.signer.name,
        verdict=verified.verdict,
        digest=hashlib.sha256(lodged.data).hexdigest(),
        received_at=lodged.received_at,
        document=pack(lodged.data),
        decision=assessed.decision,
        knowledge_version=assessed.knowledge.version,
        case_digest=hashlib.sha256(case).hexdigest(),
        case_blob=pack(case),
        assessment_digest=hashlib.sha256(assessment).hexdigest(),
        assessment_blob=pack(assessment),
        decision_blob=pack(canonical.dumps(assessed.decision)),
        payables_blob=pack(msgspec.json.encode(assessed.checked.payables)),
        addition=addition(
            declaration,
            assessed.case,
            assessed.knowledge,
            assessed.assessment.findings,
            assessed.decision.outcome,
            day_of(lodged.received_at),
            assessed.decision.inspection_extent,
            base.returned if base else {},
        ),
        dues=dues_of(assessed.checked.payables.totals),
        ask_partners=_ask_partners(assessed.case),
        ask_registers=_ask_registers(declaration, granted.declarant, assessed.case),
    )


def _ask_partners(case: Case) -> bool:
    facts, at = case.partner_facts, case.lodged_at
    if facts is None or not case.header.partner_facts_unknown:
        return False
    return worth_asking(facts, at, rules_of(day_of(at)))


def _ask_registers(declaration: Declaration, declarant: str, case: Case) -> tuple[Named, ...]:
    facts, at = case.register_facts, case.lodged_at
    if facts is None or not case.header.registers_unknown:
        return ()
    rules = registers.rules_of(day_of(at))
    return registers.worth_asking(register_facts.named(declaration, declarant, rules), facts, at, rules)


def status_after(outcome: Outcome, earlier: Earlier | None, before: str | None) -> str:
    """Return the status that a decision leads to.

    A correction that puts the declaration into no stricter lane leaves it where it was: released goods stay released,
    and what officers have done is not done again.
    """
    if earlier is None or before is None:
        return STATUS_AFTER[outcome]
    stricter = not earlier.released and strictness_of(outcome) > strictness_of(earlier.outcome)
    return STATUS_AFTER[outcome] if stricter else str(before)


def make_asked(checked: Checked, base: Base, revision: int) -> Asked:
    """Gather what will be recorded of a correction that an officer has to permit."""
    verified = checked.verified
    lodged, signer, granted = verified.lodged, verified.signer, verified.authority
    reasons = (each.description for each in verified.declaration.amendments)
    return Asked(
        revision=revision,
        key=base.newest.key,
        number=base.newest.registration_number,
        found=Status(base.newest.status),
        by=Mover(Actor.DECLARANT, signer.iin, signer.name, organisation=granted.agent or granted.declarant),
        sender=lodged.sender,
        reason="; ".join(reason for reason in reasons if reason),
        digest=hashlib.sha256(lodged.data).hexdigest(),
        received_at=lodged.received_at,
        content=pack(lodged.data),
    )


def _correcting(base: Base, lodged: Lodged) -> Correcting:
    newest = base.newest
    return Correcting(newest.key.version, newest.registration_number, Status(newest.status), lodged.granted_by)


def _tiyn(declaration: Declaration) -> int | None:
    """Return the customs value in tiyn: a number to sort and search by, None where it cannot be one."""
    value: Amount | None = declaration.customs_value
    if value is None or value.currency != "KZT":
        return None
    tiyn = int(value.value * 100)
    return tiyn if tiyn <= _LARGEST_STORED else None
