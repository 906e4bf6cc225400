"""From findings to the outcome that they demand: summary assessment, bands, participant factor, minimal-risk rule.

All arithmetic is exact (integers and short decimals), so that a replay gives the same bytes.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Degraded, Finding, Knowledge, Selection
from risk_gateway.parameters import Parameters
from risk_gateway.profiles import NEVER_WAIVED, Category, Kind, Outcome, strictest
from risk_gateway.selection import RANDOM_DRAW

SCORE_MAX = Decimal(100)


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


def conclude(
    case: Case,
    knowledge: Knowledge,
    findings: tuple[Finding, ...],
    draws: tuple[Selection, ...],
    degraded: Degraded | None,
    stopped_at: int | None,
    problem: str | None,
) -> Assessment:
    """Return the assessment of what was found. More findings never give a milder outcome.

    For a minimal-risk participant a physical inspection that only indicators ask for becomes a documentary check and a
    check after release; prohibitions, safety and the random draw stay.
    """
    parameters, category = knowledge.parameters, case.header.declarant_category
    acted_upon = [finding for finding in findings if finding.selected]
    indirect = [finding for finding in acted_upon if finding.kind is Kind.INDIRECT]
    direct = [finding for finding in acted_upon if finding.kind is Kind.DIRECT]
    worst, broad, factor = worst_item(indirect), breadth(indirect, parameters), parameters.factor(category)
    score = min(SCORE_MAX, (worst + broad) * factor)

    demanded = [(outcome_of_score(score, parameters), _never_waived(indirect, knowledge))]
    demanded += [(direct_outcome(finding, knowledge), _never_waived([finding], knowledge)) for finding in direct]
    waived = [
        category is Category.LOW and outcome is Outcome.INSPECTION_ORDER and not lasting
        for outcome, lasting in demanded
    ]
    by_score, *by_direct = [
        Outcome.DOCUMENTARY_CHECK if given_up else outcome
        for (outcome, _), given_up in zip(demanded, waived, strict=True)
    ]
    drawn = any(selection.profile == RANDOM_DRAW and selection.selected for selection in draws)
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
