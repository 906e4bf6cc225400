"""What the gateway judges, with what, and what comes of it.

A `Case` (facts of one document) is judged against a `Knowledge` (what was known that moment) and gives an `Assessment`;
from that follows the `Decision`. All four are frozen and have one canonical JSON, so that any decision can be replayed.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType

from risk_gateway.budget import Budget
from risk_gateway.case import Case, Earlier, HeaderFacts, ItemFacts, Load, OpenControl, ParticipantFacts
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.parameters import Parameters, ReferenceValues
from risk_gateway.profiles import (
    Category,
    Extent,
    Kind,
    MeasureCode,
    Outcome,
    Profile,
    strictest,
)
from risk_gateway.words import Words

__all__ = [
    "Assessment",
    "Budget",
    "Case",
    "Category",
    "Decision",
    "Degraded",
    "Earlier",
    "Explanation",
    "Extent",
    "Finding",
    "HeaderFacts",
    "ItemFacts",
    "ItemOpinion",
    "Knowledge",
    "Load",
    "Measure",
    "MeasureCode",
    "OpenControl",
    "Opinion",
    "Outcome",
    "Parameters",
    "ParticipantFacts",
    "Reason",
    "ReferenceValues",
    "Selection",
]


# --- the knowledge --------------------------------------------------------------------------------------------------


class Knowledge(Struct, frozen=True, kw_only=True, weakref=True):
    """Everything a case is judged with on `day`. `version` is the SHA-256 of the digests of its parts: see manifest.py.

    `day_key` is secret until it is disclosed: who holds it can foresee the random selection. It is the key of
    `key_day`: the day on which the series was first lodged, `day` when None. Without a `model` rules judge alone.
    `problem` says for the operator what of it could not be had: every assessment is then degraded.
    """

    day: date
    profiles: tuple[Profile, ...]
    parameters: Parameters
    reference_values: ReferenceValues
    phrases: Mapping[str, Words]
    day_key: bytes
    key_day: date | None = None
    model: FraudModel | None = None
    problem: str | None = None
    version: str = ""


# --- the assessment -------------------------------------------------------------------------------------------------


class Match(Struct, frozen=True, gc=False):
    """A condition that held: what was expected, what was found, both as text."""

    field: str
    op: str
    expected: str
    actual: str


class Evidence(Struct, frozen=True, gc=False):
    """The matches of one item, or of the header when `item` is None."""

    item: int | None
    matches: tuple[Match, ...]


class Finding(Struct, frozen=True, kw_only=True):
    """A profile that fired. No `items` means the whole declaration; `evidence` covers the first few items only.

    `rate` is the share of its hits that the profile acts upon for this participant; `selected` is False when this hit
    was not drawn.
    """

    profile: str
    profile_version: int
    kind: Kind
    family: str
    weight: int
    rate: Decimal
    items: tuple[int, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    selected: bool = True


class Selection(Struct, frozen=True):
    """One draw: `draw` is the HMAC in hex; it selects when, read as a fraction of 1, it is below `rate`."""

    profile: str
    profile_version: int
    rate: Decimal
    draw: str
    selected: bool


class Reason(Struct, frozen=True):
    """What moved the model's opinion of an item: a feature, its value as text, and its share in log-odds."""

    feature: str
    value: str
    contribution: Decimal


class ItemOpinion(Struct, frozen=True):
    """The calibrated probability of a violation, 0-1 to six places, and its main reasons, the strongest first."""

    item: int
    probability: Decimal
    reasons: tuple[Reason, ...] = ()


class Opinion(Struct, frozen=True):
    """What the fraud model thinks. `probability` is that of the worst item; `items` are the worst five, worst first."""

    model: str  # version
    probability: Decimal
    items: tuple[ItemOpinion, ...] = ()


class Degraded(StrEnum):
    """Why the gateway could not finish judging."""

    OUT_OF_TIME = "out-of-time"
    OUT_OF_KNOWLEDGE = "out-of-knowledge"
    ERROR = "error"


class Assessment(Struct, frozen=True, kw_only=True):
    """How risky. `by_score`, `by_direct`, `by_draw` say which outcome each reason alone demands.

    `waived` tells that a minimal-risk participant was spared a physical inspection: it became a documentary check and
    a flag for audit. `postponed` tells the same of a post that has no inspectors left that day. `opinion` is None when
    no model judged. `propensity` is the probability, over all draws, that this case had of being inspected.
    `stopped_at` is the check of the time budget at which judging stopped, so that a replay stops there too; `problem`
    says for the operator what went wrong. `by_earlier` is the lane of the version before, for an amendment only.
    """

    knowledge_version: str
    findings: tuple[Finding, ...]
    selections: tuple[Selection, ...]
    worst_item_score: Decimal
    breadth: Decimal
    factor: Decimal
    score: Decimal
    by_score: Outcome
    by_direct: Outcome
    by_draw: Outcome
    waived: bool = False
    postponed: bool = False
    opinion: Opinion | None = None
    propensity: Decimal = Decimal(0)
    degraded: Degraded | None = None
    stopped_at: int | None = None
    problem: str | None = None
    by_earlier: Outcome | UnsetType = UNSET  # left out of the bytes of everything that is no amendment

    @property
    def by_findings(self) -> Outcome:
        return strictest(self.by_score, self.by_direct)

    @property
    def outcome(self) -> Outcome:
        """The strictest that any reason demands; never a release when judging could not finish."""
        return self.by_itself if self.by_earlier is UNSET else strictest(self.by_itself, self.by_earlier)

    @property
    def by_itself(self) -> Outcome:
        """What this document alone demands, whatever was decided of the version before."""
        unfinished = Outcome.DOCUMENTARY_CHECK if self.degraded else Outcome.SIMPLIFIED_RELEASE
        return strictest(self.by_findings, self.by_draw, unfinished)


# --- the decision ---------------------------------------------------------------------------------------------------


class Measure(Struct, frozen=True):
    """What is ordered. No `items` means all goods of the declaration."""

    code: MeasureCode
    extent: Extent | None = None
    items: tuple[int, ...] = ()
    deadline: datetime | None = None


class Explanation(Struct, frozen=True, kw_only=True):
    """A reason in words that are safe for the declarant: no profile, weight, score or threshold."""

    category_code: str
    category: Words
    text: Words
    items: tuple[int, ...] = ()
    next_step: Words
    deadline: datetime | None = None
    legal_basis: Words
    appeal: Words


class Decision(Struct, frozen=True, kw_only=True):
    """What follows. `measures` holds every measure, also those that only officers may know."""

    id: str
    outcome: Outcome
    inspection_extent: Extent | None
    measures: tuple[Measure, ...]
    explanation: tuple[Explanation, ...]
    degraded: bool
    decided_at: datetime
    document_digest: str
    knowledge_version: str

    def as_json(self, language: str) -> dict[str, object]:
        """Return the answer to the declarant, in kk, ru or en. A flag for audit stays inside the office."""
        return {
            "id": self.id,
            "outcome": self.outcome.value,
            "inspection_extent": self.inspection_extent.value if self.inspection_extent else None,
            "measures": [
                {
                    "code": measure.code.value,
                    "extent": measure.extent.value if measure.extent else None,
                    "items": list(measure.items),
                    "deadline": _iso(measure.deadline),
                }
                for measure in self.measures
                if measure.code is not MeasureCode.POST_AUDIT_FLAG
            ],
            "explanation": [
                {
                    "category": entry.category.into(language),
                    "text": f"{entry.text.into(language)} {entry.legal_basis.into(language)}",
                    "items": list(entry.items),
                    "next_step": f"{entry.next_step.into(language)} {entry.appeal.into(language)}",
                    "deadline": _iso(entry.deadline),
                }
                for entry in self.explanation
            ],
            "degraded": self.degraded,
            "decided_at": _iso(self.decided_at),
        }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
