"""From an assessment to a decision: measures merged, items, deadlines, and the reasons in plain words."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from risk_gateway import explanation
from risk_gateway.deadlines import Calendar
from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Decision, Finding, Knowledge, Measure
from risk_gateway.profiles import (
    Kind,
    MeasureCode,
    Outcome,
    Profile,
    allows,
    in_order,
    strictness,
    widest,
)
from risk_gateway.selection import is_cut_off

_INSPECTIONS = {code.extent: code for code in MeasureCode if code.extent}


class Effect(NamedTuple):
    """A finding that is acted upon, the outcome that its kind of finding led to, and its measures that this allows."""

    finding: Finding
    profile: Profile
    limit: Outcome
    measures: tuple[MeasureCode, ...]


def decide(assessment: Assessment, case: Case, knowledge: Knowledge, decided_at: datetime | None = None) -> Decision:
    """Return what follows from an assessment. Pure.

    `decided_at` is aware and starts the deadlines; without it the moment of lodgement counts.
    """
    effects = tuple(_effects(assessment, knowledge))
    own = _own_measure(assessment, effects, knowledge)
    calendar = Calendar(knowledge.parameters, decided_at or case.lodged_at)
    if case.earlier and case.earlier.released:
        return _after_release(assessment, case, knowledge, calendar)
    measures = tuple(
        Measure(code, code.extent, items, calendar.of_measure(code))
        for code, items in _merged(assessment, effects, own, case, knowledge)
    )
    reasons = tuple(
        (effect.finding, effect.profile, effect.measures + _added(own, effect, assessment))
        for effect in effects
        if effect.limit is not Outcome.SIMPLIFIED_RELEASE
    )
    return Decision(
        id=_identifier(case, knowledge),
        outcome=assessment.outcome,
        inspection_extent=widest(measure.extent for measure in measures if measure.extent),
        measures=measures,
        explanation=explanation.for_declarant(
            assessment, reasons, explanation.phrases_of(case.block, knowledge.phrases), calendar.of_outcome
        ),
        degraded=assessment.degraded is not None,
        decided_at=calendar.start,
        document_digest=case.document_digest,
        knowledge_version=knowledge.version,
    )


def _after_release(assessment: Assessment, case: Case, knowledge: Knowledge, calendar: Calendar) -> Decision:
    """The goods were let go before they were declared anew: the release stands, and an audit looks at what changed."""
    return Decision(
        id=_identifier(case, knowledge),
        outcome=Outcome.SIMPLIFIED_RELEASE,
        inspection_extent=None,
        measures=(Measure(MeasureCode.POST_AUDIT_FLAG),),
        explanation=(explanation.after_release(knowledge.phrases),),
        degraded=assessment.degraded is not None,
        decided_at=calendar.start,
        document_digest=case.document_digest,
        knowledge_version=knowledge.version,
    )


def _identifier(case: Case, knowledge: Knowledge) -> str:
    return "D-" + hashlib.sha256(f"{case.document_digest}|{knowledge.version}".encode()).hexdigest()[:16].upper()


def _effects(assessment: Assessment, knowledge: Knowledge) -> Iterator[Effect]:
    """Yield the findings acted upon. A direct profile does not widen what the score allows, nor the reverse."""
    for finding in assessment.findings:
        if finding.selected:
            profile = ready(knowledge).profile(finding.profile)
            limit = assessment.by_direct if finding.kind is Kind.DIRECT else assessment.by_score
            in_force = (order.code for order in profile.measures if allows(limit, order.code))
            yield Effect(finding, profile, limit, tuple(code for code in in_force if code is not MeasureCode.NONE))


def _own_measure(assessment: Assessment, effects: tuple[Effect, ...], knowledge: Knowledge) -> tuple[MeasureCode, ...]:
    """Return what the findings' outcome orders by itself: documents, or an inspection when no profile names one."""
    by_findings = assessment.by_findings
    if by_findings is Outcome.DOCUMENTARY_CHECK:
        return (MeasureCode.DOCUMENTARY_CONTROL,)
    named = any(code.extent for effect in effects for code in effect.measures)
    return (knowledge.parameters.extent_by_score,) if by_findings is Outcome.INSPECTION_ORDER and not named else ()


def _added(own: tuple[MeasureCode, ...], effect: Effect, assessment: Assessment) -> tuple[MeasureCode, ...]:
    """Return the outcome's own measure for the findings that led to it."""
    return own if effect.limit is assessment.by_findings else ()


def _merged(
    assessment: Assessment,
    effects: tuple[Effect, ...],
    own: tuple[MeasureCode, ...],
    case: Case,
    knowledge: Knowledge,
) -> list[tuple[MeasureCode, tuple[int, ...]]]:
    """Return each measure once with the items of all who ask for it; of inspections only the widest stays."""
    wanted: dict[MeasureCode, list[tuple[int, ...]]] = {}
    for effect in effects:
        for code in effect.measures + _added(own, effect, assessment):
            wanted.setdefault(code, []).append(effect.finding.items)
    for code in _for_all_goods(assessment, case, knowledge):
        wanted.setdefault(code, []).append(())
    for code in _kept_from_before(case, wanted, knowledge):
        wanted.setdefault(code, []).append(())
    extent = widest(code.extent for code in wanted if code.extent)
    if extent:
        wanted[_INSPECTIONS[extent]] = [items for code, lists in wanted.items() if code.extent for items in lists]
    return [(code, _union(wanted[code])) for code in in_order(wanted) if code.extent in (None, extent)]


def _for_all_goods(assessment: Assessment, case: Case, knowledge: Knowledge) -> Iterator[MeasureCode]:
    """Yield what is ordered whatever the items: by a waiver, a daily cap, a random draw or an unfinished assessment."""
    if assessment.waived or assessment.postponed or is_cut_off(assessment, case, knowledge):
        yield MeasureCode.POST_AUDIT_FLAG
    if assessment.by_draw is Outcome.INSPECTION_ORDER:
        yield MeasureCode.INSPECT_RANDOM
    if assessment.degraded:
        yield MeasureCode.DOCUMENTARY_CONTROL


def _kept_from_before(case: Case, wanted: Iterable[MeasureCode], knowledge: Knowledge) -> tuple[MeasureCode, ...]:
    """Return the measure of the version before, where nothing as strict is ordered anew."""
    if case.earlier is None or case.earlier.outcome is Outcome.SIMPLIFIED_RELEASE:
        return ()
    kept = MeasureCode.DOCUMENTARY_CONTROL
    if case.earlier.outcome is Outcome.INSPECTION_ORDER:
        extent = case.earlier.extent
        kept = _INSPECTIONS[extent] if extent else knowledge.parameters.extent_by_score
    return () if strictness(wanted) >= strictness((kept,)) else (kept,)


def _union(lists: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Return all items in order; () stands for the whole declaration and swallows the rest."""
    return tuple(sorted({item for items in lists for item in items})) if all(lists) else ()
