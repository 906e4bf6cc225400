"""The types of the journey: each step of portal/pipeline.py takes one and gives the next."""

from dataclasses import dataclass
from datetime import datetime

from declarations.lifecycle import Status
from declarations.model import Declaration
from declarations.participants import Authority
from declarations.tariff import Payables
from portal.casework.model import Mover
from portal.versions_store import Base
from risk_gateway.model import Assessment, Case, Decision, Knowledge
from signing.holders import Signer
from signing.xmlgate import Document


@dataclass(frozen=True)
class Lodged:
    """Step 1. `sender` is the participant whose token came with the bytes; None at the office's own command line.

    A correction may say which version its sender had before him (`amends`), and who permits it (`granted_by`).
    """

    data: bytes
    received_at: datetime
    sender: str | None = None
    amends: int | None = None
    granted_by: Mover | None = None


@dataclass(frozen=True)
class Read:
    lodged: Lodged
    document: Document


@dataclass(frozen=True)
class Verified:
    """`declaration` was read from the signed payload and from nothing else."""

    lodged: Lodged
    declaration: Declaration
    signer: Signer
    authority: Authority

    @property
    def verdict(self) -> str:
        """What can be said of the signature: a dated rule may have let pass one whose revocation is unknown."""
        return "INDETERMINATE/TRY_LATER" if self.signer.caution else "TOTAL-PASSED"


@dataclass(frozen=True)
class Checked:
    """`base` is the version that a correction corrects, None for an original."""

    verified: Verified
    payables: Payables
    base: Base | None = None

    @property
    def needs_permission(self) -> bool:
        """Whether an officer has to grant it first: docs/decisions/0014-amendments.md."""
        at_once = self.base is None or (self.base.untouched and self.base.status is Status.DOCUMENTS_REQUESTED)
        return not at_once and self.verified.lodged.granted_by is None


@dataclass(frozen=True)
class Assessed:
    checked: Checked
    case: Case
    knowledge: Knowledge
    assessment: Assessment
    decision: Decision
