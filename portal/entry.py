"""What step 8 records of one lodgement, and what step 9 answers."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from declarations.model import Amount, Declaration
from declarations.store import Key, Stored
from portal.stages import Assessed
from risk_gateway import canonical
from risk_gateway.days import day_of
from risk_gateway.history import Addition, addition
from risk_gateway.model import Decision, Outcome
from risk_gateway.packing import pack

STATUS_AFTER = {
    Outcome.SIMPLIFIED_RELEASE: "RELEASED",
    Outcome.DOCUMENTARY_CHECK: "DOCUMENTS_REQUESTED",
    Outcome.INSPECTION_ORDER: "INSPECTION_ORDERED",
}
_LARGEST_STORED = 2**63 - 1


class Entry(Struct, frozen=True):
    """All that is recorded except numbers and times, which are taken inside the transaction. Blobs are zstd."""

    revision: int  # of the knowledge it was judged with
    key: Key
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
    assessment_blob: bytes
    decision_blob: bytes
    payables_blob: bytes
    addition: Addition  # to the history of its participants


class Answer(Struct, frozen=True):
    """Step 9. `repeated` says that the same bytes were accepted before, and this is what was answered then."""

    stored: Stored
    decision: Decision
    notice: bytes
    repeated: bool = False

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
    granted = verified.authority
    case = canonical.dumps(assessed.case)
    return Entry(
        revision=revision,
        key=Key(granted.declarant, declaration.functional_reference_id, 1),
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
        assessment_blob=pack(canonical.dumps(assessed.assessment)),
        decision_blob=pack(canonical.dumps(assessed.decision)),
        payables_blob=pack(msgspec.json.encode(assessed.checked.payables)),
        addition=addition(
            declaration,
            assessed.case,
            assessed.knowledge,
            assessed.assessment.findings,
            assessed.decision.outcome,
            day_of(lodged.received_at),
        ),
    )


def _tiyn(declaration: Declaration) -> int | None:
    """Return the customs value in tiyn: a number to sort and search by, None where it cannot be one."""
    value: Amount | None = declaration.customs_value
    if value is None or value.currency != "KZT":
        return None
    tiyn = int(value.value * 100)
    return tiyn if tiyn <= _LARGEST_STORED else None
