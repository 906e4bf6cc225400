"""From findings to the outcome that they demand: summary assessment, bands, participant factor, minimal-risk rule.

All arithmetic is exact (integers and short decimals), so that a replay gives the same bytes.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal

from risk_gateway import selection
from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Degraded, Finding, Knowledge, Opinion, Selection
from risk_gateway.parameters import Parameters
from risk_gateway.profiles import NEVER_WAIVED, Category, Kind, Outcome, strictest
from risk_gateway.selection import RANDOM_DRAW

SCORE_MAX = Decimal(100)
_HUNDREDTH = Decimal("0.01")


def combined(weights: Iterable[int]) -> Decimal:
    """Return 100 * (1 - product(1 - w/100)), rounded down to hundredths. Weights are 0-100, one per family."""
    remaining, whole = 1, 1
    for weight in weights:
        remaining *= 100 - weight
        whole *= 100
    return Decimal((whole - remaining) * 10_000 // whole).scaleb(-2)


def worst_item(findings: Sequence[Finding]) -> Decimal:
    """Return the score of the worst item; what concerns the whole declaration counts for each of its items."""
    whole = _families(finding for finding in findings if not finding.items)
    by_item: dict[int, list[Finding]] = {}
    for finding in findings:
        for sequence in finding.items:
            by_item.setdefault(sequence, []).append(finding)
    combinations = {tuple(sorted(_families(fired, whole).items())) for fired in by_item.values()} or {
        tuple(whole.items())
    }
    return max(combined(weight for _, weight in combination) for combination in combinations)


def _families(findings: Iterable[Finding], known: dict[str, int] | None = None) -> dict[str, int]:
    """Return the heaviest weight per family."""
    families = dict(known or {})
    for finding in findings:
        families[finding.family] = max(finding.weight, families.get(finding.family, 0))
    return families


def breadth(findings: Sequence[Finding], parameters: Parameters) -> Decimal:
    """Return the small term for many different indicators in one declaration."""
    families = len({finding.family for finding in findings if finding.weight})
    return min(parameters.breadth_max, parameters.breadth_per_family * max(0, families - 1))


def outcome_of_score(score: Decimal, parameters: Parameters) -> Outcome:
    if score >= parameters.inspection_from:
        return Outcome.INSPECTION_ORDER
    return Outcome.DOCUMENTARY_CHECK if score >= parameters.documentary_from else Outcome.SIMPLIFIED_RELEASE


def with_opinion(score: Decimal, opinion: Opinion | None, factor: Decimal, parameters: Parameters) -> Decimal:
    """Return the score with the model's probability at its published weight, as one more indicator beside the rules."""
    if opinion is None or not parameters.model_weight:
        return score
    added = min(SCORE_MAX, parameters.model_weight * opinion.probability * factor)
    return (SCORE_MAX - (SCORE_MAX - score) * (SCORE_MAX - added) / SCORE_MAX).quantize(_HUNDREDTH, ROUND_DOWN)


def outcome_of_scores(by_rules: Decimal, score: Decimal, parameters: Parameters) -> Outcome:
    """Return what the score demands; the model alone, where rules ask for nothing, orders documents at most."""
    if outcome_of_score(by_rules, parameters) is Outcome.SIMPLIFIED_RELEASE:
        return min(outcome_of_score(score, parameters), Outcome.DOCUMENTARY_CHECK, key=_mildness)
    return outcome_of_score(score, parameters)


def _mildness(outcome: Outcome) -> int:
    return list(Outcome).index(outcome)


def _exhausted(case: Case, parameters: Parameters) -> bool:
    """Say whether the post has ordered as many inspections that day as it can make."""
    capacity = parameters.capacity.get(case.header.office or "")
    return capacity is not None and case.load.inspections >= capacity


def conclude(
    case: Case,
    knowledge: Knowledge,
    findings: tuple[Finding, ...],
    draws: tuple[Selection, ...],
    opinion: Opinion | None,
    degraded: Degraded | None,
    stopped_at: int | None,
    problem: str | None,
) -> Assessment:
    """Return the assessment of what was found. More findings never give a milder outcome.

    For a minimal-risk participant a physical inspection that only indicators ask for becomes a documentary check and a
    check after release; prohibitions, safety and the random draw stay. The same holds of what the score alone asks for
    at a post whose inspectors have no time left that day.
    """
    parameters, category = knowledge.parameters, case.header.declarant_category
    acted_upon = [finding for finding in findings if finding.selected]
    indirect = [finding for finding in acted_upon if finding.kind is Kind.INDIRECT]
    direct = [finding for finding in acted_upon if finding.kind is Kind.DIRECT]
    worst, broad, factor = worst_item(indirect), breadth(indirect, parameters), parameters.factor(category)
    by_rules = min(SCORE_MAX, (worst + broad) * factor)
    score = with_opinion(by_rules, opinion, factor, parameters)

    lasting_score = _never_waived(indirect, knowledge)
    demanded = [(outcome_of_scores(by_rules, score, parameters), lasting_score)]
    demanded += [(direct_outcome(finding, knowledge), _never_waived([finding], knowledge)) for finding in direct]
    waived = [
        category is Category.LOW and outcome is Outcome.INSPECTION_ORDER and not lasting
        for outcome, lasting in demanded
    ]
    by_score, *by_direct = [
        Outcome.DOCUMENTARY_CHECK if given_up else outcome
        for (outcome, _), given_up in zip(demanded, waived, strict=True)
    ]
    postponed = by_score is Outcome.INSPECTION_ORDER and not lasting_score and _exhausted(case, parameters)
    if postponed:
        by_score = Outcome.DOCUMENTARY_CHECK
    drawn = any(draw.profile == RANDOM_DRAW and draw.selected for draw in draws)
    return Assessment(
        knowledge_version=knowledge.version,
        findings=findings,
        selections=draws,
        worst_item_score=worst,
        breadth=broad,
        factor=factor,
        score=score,
        by_score=by_score,
        by_direct=strictest(Outcome.SIMPLIFIED_RELEASE, *by_direct),
        by_draw=Outcome.INSPECTION_ORDER if drawn else Outcome.SIMPLIFIED_RELEASE,
        waived=any(waived),
        postponed=postponed,
        opinion=opinion,
        propensity=selection.propensity(draws, by_findings=strictest(by_score, *by_direct)),
        degraded=degraded,
        stopped_at=stopped_at,
        problem=problem,
    )


def direct_outcome(finding: Finding, knowledge: Knowledge) -> Outcome:
    """Return the outcome that a direct finding demands whatever the score: that of its strictest measure."""
    profile = ready(knowledge).profile(finding.profile)
    return strictest(*(order.code.outcome for order in profile.measures))


def _never_waived(findings: Sequence[Finding], knowledge: Knowledge) -> bool:
    return any(ready(knowledge).profile(finding.profile).motive in NEVER_WAIVED for finding in findings)
