"""From findings to the outcome that they demand: summary assessment, bands, participant factor, minimal-risk rule.

All arithmetic is exact (integers and short decimals), so that a replay gives the same bytes.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from risk_gateway import selection
from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Degraded, Finding, Knowledge, Opinion, Selection
from risk_gateway.parameters import Parameters
from risk_gateway.profiles import NEVER_WAIVED, Category, Kind, Outcome, mildest, strictest
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
        return mildest(outcome_of_score(score, parameters), Outcome.DOCUMENTARY_CHECK)
    return outcome_of_score(score, parameters)


def _exhausted(case: Case, parameters: Parameters) -> bool:
    """Say whether the post has ordered as many inspections that day as it can make."""
    capacity = parameters.capacity.get(case.header.office or "")
    return capacity is not None and case.load.inspections >= capacity


class Demand(NamedTuple):
    """What findings that are acted upon ask for, by their score and by those that are direct."""

    worst: Decimal
    broad: Decimal
    score: Decimal
    by_score: Outcome
    by_direct: Outcome
    waived: bool
    postponed: bool

    @property
    def inspects(self) -> bool:
        return Outcome.INSPECTION_ORDER in (self.by_score, self.by_direct)


def demanded(acted_upon: Sequence[Finding], case: Case, knowledge: Knowledge, opinion: Opinion | None) -> Demand:
    """Return what these findings ask for.

    For a minimal-risk participant a physical inspection that only indicators ask for becomes a documentary check and a
    check after release; prohibitions, safety and the random draw stay. The same holds of what the score alone asks for
    at a post whose inspectors have no time left that day.
    """
    parameters, category = knowledge.parameters, case.header.declarant_category
    indirect = [finding for finding in acted_upon if finding.kind is Kind.INDIRECT]
    direct = [finding for finding in acted_upon if finding.kind is Kind.DIRECT]
    worst, broad, factor = worst_item(indirect), breadth(indirect, parameters), parameters.factor(category)
    by_rules = min(SCORE_MAX, (worst + broad) * factor)
    score = with_opinion(by_rules, opinion, factor, parameters)

    lasting_score = _never_waived(indirect, knowledge)
    asked = [(outcome_of_scores(by_rules, score, parameters), lasting_score)]
    asked += [(direct_outcome(finding, knowledge), _never_waived([finding], knowledge)) for finding in direct]
    waived = [
        category is Category.LOW and outcome is Outcome.INSPECTION_ORDER and not lasting for outcome, lasting in asked
    ]
    by_score, *by_direct = [
        Outcome.DOCUMENTARY_CHECK if given_up else outcome for (outcome, _), given_up in zip(asked, waived, strict=True)
    ]
    postponed = by_score is Outcome.INSPECTION_ORDER and not lasting_score and _exhausted(case, parameters)
    if postponed:
        by_score = Outcome.DOCUMENTARY_CHECK
    direct_too = strictest(Outcome.SIMPLIFIED_RELEASE, *by_direct)
    return Demand(worst, broad, score, by_score, direct_too, any(waived), postponed)


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
    """Return the assessment of what was found. More findings never give a milder outcome."""
    demand = demanded([finding for finding in findings if finding.selected], case, knowledge, opinion)
    drawn = any(draw.profile == RANDOM_DRAW and draw.selected for draw in draws)
    return Assessment(
        knowledge_version=knowledge.version,
        findings=findings,
        selections=draws,
        worst_item_score=demand.worst,
        breadth=demand.broad,
        factor=knowledge.parameters.factor(case.header.declarant_category),
        score=demand.score,
        by_score=demand.by_score,
        by_direct=demand.by_direct,
        by_draw=Outcome.INSPECTION_ORDER if drawn else Outcome.SIMPLIFIED_RELEASE,
        waived=demand.waived,
        postponed=demand.postponed,
        opinion=opinion,
        propensity=_propensity(case, knowledge, findings, draws, opinion, demand),
        degraded=degraded,
        stopped_at=stopped_at,
        problem=problem,
        by_earlier=case.earlier.outcome if case.earlier else UNSET,
    )


def _propensity(
    case: Case,
    knowledge: Knowledge,
    findings: Sequence[Finding],
    draws: Sequence[Selection],
    opinion: Opinion | None,
    demand: Demand,
) -> Decimal:
    """Return the probability, over all draws, that this case is inspected; most have no draw but the random one."""
    if all(finding.rate == 1 for finding in findings):
        return selection.propensity((), draws, lambda _: False, lambda _: demand.inspects)
    return selection.propensity(
        _thinned(findings),
        draws,
        lambda finding: selection.is_capped(ready(knowledge).profile(finding.profile), case),
        lambda acted_upon: demanded(acted_upon, case, knowledge, opinion).inspects,
    )


def _thinned(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with one item for all that the same findings concern: those score alike."""
    concerned: dict[int, list[int]] = {}
    for place, finding in enumerate(findings):
        for item in finding.items:
            concerned.setdefault(item, []).append(place)
    kept = frozenset({tuple(places): item for item, places in concerned.items()}.values())
    return [replace(finding, items=tuple(item for item in finding.items if item in kept)) for finding in findings]


def direct_outcome(finding: Finding, knowledge: Knowledge) -> Outcome:
    """Return the outcome that a direct finding demands whatever the score: that of its strictest measure."""
    profile = ready(knowledge).profile(finding.profile)
    return strictest(*(order.code.outcome for order in profile.measures))


def _never_waived(findings: Sequence[Finding], knowledge: Knowledge) -> bool:
    return any(ready(knowledge).profile(finding.profile).motive in NEVER_WAIVED for finding in findings)
