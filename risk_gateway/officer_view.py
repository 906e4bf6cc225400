"""Why, for the officer: every profile that fired with expected and actual values, the score and how it came about, what
the model thinks, and what chance drew. Confidential: none of it may reach a declarant."""

from decimal import Decimal

from msgspec import Struct

from risk_gateway.catalog import fields
from risk_gateway.fraud_model.features import feature_label
from risk_gateway.instructions import instruction_in
from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Finding, Knowledge, Match, Opinion
from risk_gateway.selection import RANDOM_DRAW
from risk_gateway.sentences import coded_values


class Comparison(Struct, frozen=True):
    """A condition that held, with the field's name in the reader's language."""

    item: int | None
    label: str
    op: str
    expected: str
    actual: str


class Note(Struct, frozen=True, kw_only=True):
    """A profile that fired. `selected` is False when this hit was not drawn: it adds nothing."""

    profile: str
    profile_version: int
    title: str
    kind: str
    weight: int
    family: str
    selected: bool
    items: tuple[int, ...]
    comparisons: tuple[Comparison, ...]
    instructions: tuple[str, ...]


class ModelReason(Struct, frozen=True):
    """What moved the model's opinion of an item, in log-odds, the strongest first."""

    item: int
    probability: Decimal
    label: str
    value: str
    contribution: Decimal


class Drawn(Struct, frozen=True):
    """A draw; `profile` is "random" for that over all declarations. `rate` is a share, 0-1."""

    profile: str
    rate: Decimal
    selected: bool


class OfficerView(Struct, frozen=True, kw_only=True):
    """One assessment for those who work with it. `by_draw` says that chance ordered the inspection."""

    outcome: str
    score: Decimal
    worst_item_score: Decimal
    breadth: Decimal
    factor: Decimal
    by_score: str
    by_direct: str
    by_draw: bool
    propensity: Decimal
    waived: bool
    postponed: bool
    degraded: str | None
    problem: str | None
    notes: tuple[Note, ...]
    model: str | None
    probability: Decimal | None
    reasons: tuple[ModelReason, ...]
    draws: tuple[Drawn, ...]


def for_officer(assessment: Assessment, knowledge: Knowledge, language: str) -> OfficerView:
    """Return everything that led to the outcome. Confidential. Raises `OutOfKnowledge` or `KnowledgeTampered`."""
    opinion = assessment.opinion
    return OfficerView(
        outcome=assessment.outcome.value,
        score=assessment.score,
        worst_item_score=assessment.worst_item_score,
        breadth=assessment.breadth,
        factor=assessment.factor,
        by_score=assessment.by_score.value,
        by_direct=assessment.by_direct.value,
        by_draw=any(drawn.selected and drawn.profile == RANDOM_DRAW for drawn in assessment.selections),
        propensity=assessment.propensity,
        waived=assessment.waived,
        postponed=assessment.postponed,
        degraded=assessment.degraded.value if assessment.degraded else None,
        problem=assessment.problem,
        notes=tuple(_note(finding, knowledge, language) for finding in assessment.findings),
        model=opinion.model if opinion else None,
        probability=opinion.probability if opinion else None,
        reasons=_reasons(opinion, language) if opinion else (),
        draws=tuple(Drawn(drawn.profile, drawn.rate, drawn.selected) for drawn in assessment.selections),
    )


def _note(finding: Finding, knowledge: Knowledge, language: str) -> Note:
    profile = ready(knowledge).profile(finding.profile)
    return Note(
        profile=finding.profile,
        profile_version=finding.profile_version,
        title=profile.title.into(language),
        kind=finding.kind.value,
        weight=finding.weight,
        family=finding.family,
        selected=finding.selected,
        items=finding.items,
        comparisons=tuple(
            _comparison(evidence.item, match, language) for evidence in finding.evidence for match in evidence.matches
        ),
        instructions=tuple(
            instruction_in(language, order.instruction) for order in profile.measures if order.instruction
        ),
    )


def _comparison(item: int | None, match: Match, language: str) -> Comparison:
    field = fields()[match.field]
    expected, actual = (coded_values(field, text, language) for text in (match.expected, match.actual))
    return Comparison(item, field.label.into(language), match.op, expected, actual)


def _reasons(opinion: Opinion, language: str) -> tuple[ModelReason, ...]:
    return tuple(
        ModelReason(
            item.item,
            item.probability,
            feature_label(reason.feature).into(language),
            reason.value,
            reason.contribution,
        )
        for item in opinion.items
        for reason in item.reasons
    )
