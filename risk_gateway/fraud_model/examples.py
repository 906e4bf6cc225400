"""What a model may learn from: closed inspection acts, those that found nothing included. Nothing else is a label."""

from risk_gateway import canonical
from risk_gateway.archive import Result, StoredCase
from risk_gateway.fraud_model.features import rows_of
from risk_gateway.fraud_model.training import Example
from risk_gateway.model import Assessment, Case, Outcome
from risk_gateway.packing import unpack
from risk_gateway.selection import RANDOM_DRAW

REPRESENTS_MAX = 500.0  # one act must not outweigh all others


def is_labelled(stored: StoredCase) -> bool:
    """Say whether the case was inspected, and the act is closed."""
    return stored.result is not None and stored.outcome == Outcome.INSPECTION_ORDER


def case_of(stored: StoredCase) -> Case:
    return canonical.loads(unpack(stored.case), Case)


def assessment_of(stored: StoredCase) -> Assessment:
    return canonical.loads(unpack(stored.assessment), Assessment)


def examples_of(stored: StoredCase) -> list[Example]:
    """Return an example for each item of a closed inspection act; none of any other case.

    When profiles that were right name items, the violation is in those, and nothing is known of the others; otherwise
    it may be in any of them. An act counts once, whatever the number of its items.
    """
    if stored.result is None or not is_labelled(stored):
        return []
    case, assessment = case_of(stored), assessment_of(stored)
    rows = rows_of(case)
    suspects = _suspects(stored.result, assessment)
    used = [row for row, item in zip(rows, case.items, strict=True) if not suspects or item.sequence in suspects]
    represents = _represents(assessment)
    return [Example(row, stored.result.found, 1.0 / len(used), represents, stored.number) for row in used]


def was_drawn(assessment: Assessment) -> bool:
    """Say whether chance alone would have had the case inspected: it is of the random stratum."""
    return any(draw.profile == RANDOM_DRAW and draw.selected for draw in assessment.selections)


def _suspects(result: Result, assessment: Assessment) -> frozenset[int]:
    """Return the items that the profiles which were right name."""
    if not result.found:
        return frozenset()
    right = [finding for finding in assessment.findings if result.profiles.get(finding.profile)]
    return frozenset(item for finding in right for item in finding.items)


def _represents(assessment: Assessment) -> float:
    return min(REPRESENTS_MAX, 1 / float(assessment.propensity)) if assessment.propensity else 1.0
