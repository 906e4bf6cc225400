"""Why, in words safe for the declarant: the kind of risk and what to do. For officers there is officer_view.py."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from risk_gateway.model import Assessment, Explanation, Finding
from risk_gateway.profiles import MeasureCode, Outcome, Profile, in_order, strictest, strictness
from risk_gateway.words import Words

Reason: TypeAlias = tuple[Finding, Profile, tuple[MeasureCode, ...]]
Deadline: TypeAlias = Callable[[Outcome], datetime | None]


def phrases_of(block: str, phrases: Mapping[str, Words]) -> Mapping[str, Words]:
    """Return the phrases as a block says them: `next.INSPECTION_ORDER.passengers` stands for travellers in place of
    `next.INSPECTION_ORDER`. Knowledge of before has none of these."""
    end = f".{block}"
    own = {key.removesuffix(end): words for key, words in phrases.items() if key.endswith(end)}
    return {**phrases, **own} if own else phrases


def for_declarant(
    assessment: Assessment, reasons: Sequence[Reason], phrases: Mapping[str, Words], deadline: Deadline
) -> tuple[Explanation, ...]:
    """Return the reasons, the strictest first. Never names a profile, a weight, a score or a threshold."""
    entries = _of_findings(reasons, phrases, deadline)
    if assessment.by_draw is Outcome.INSPECTION_ORDER:
        entries.append(_own("random", Outcome.INSPECTION_ORDER, phrases, deadline))
    if assessment.outcome is not assessment.by_itself:
        entries.append(_own("amended", assessment.outcome, phrases, deadline))
    if assessment.degraded:
        entries.append(_own("unfinished", Outcome.DOCUMENTARY_CHECK, phrases, deadline))
    return tuple(entries) or (_own("release", Outcome.SIMPLIFIED_RELEASE, phrases, deadline),)


def after_release(phrases: Mapping[str, Words]) -> Explanation:
    """Return what is said of a correction of goods that were let go."""
    return _own("amended-after-release", Outcome.SIMPLIFIED_RELEASE, phrases, lambda _: None)


def _of_findings(reasons: Sequence[Reason], phrases: Mapping[str, Words], deadline: Deadline) -> list[Explanation]:
    """Merge reasons of the same words into one entry with all their items."""
    merged: dict[tuple[str, Words], list[Reason]] = {}
    for reason in sorted(reasons, key=_strictest_first):
        profile = reason[1]
        merged.setdefault((profile.category.value, profile.declarant_text), []).append(reason)
    entries = []
    for (category, text), same in merged.items():
        lists = [finding.items for finding, _, _ in same]
        codes = _ordered(same)
        outcome = strictest(Outcome.DOCUMENTARY_CHECK, *(code.outcome for code in codes))
        entries.append(
            Explanation(
                category_code=category,
                category=phrases[f"category.{category}"],
                text=_with_orders(text, codes, phrases),
                items=tuple(sorted({item for items in lists for item in items})) if all(lists) else (),
                next_step=phrases[f"next.{outcome.value}"],
                deadline=deadline(outcome),
                legal_basis=same[0][1].legal_basis,
                appeal=phrases["appeal"],
            )
        )
    return entries


def _strictest_first(reason: Reason) -> tuple[int, int, int, str]:
    finding, profile, measures = reason
    outcome, extent = strictness(measures)
    return (-outcome, -extent, -finding.weight, profile.code)


def _ordered(reasons: Sequence[Reason]) -> list[MeasureCode]:
    """Return what is ordered for these reasons, as far as the declarant may know it."""
    codes = {code for _, _, measures in reasons for code in measures}
    return in_order(codes - {MeasureCode.POST_AUDIT_FLAG})


def _with_orders(text: Words, codes: Sequence[MeasureCode], phrases: Mapping[str, Words]) -> Words:
    """Append what is ordered; a reason that orders nothing of its own only stands."""
    if not codes:
        return text
    ordered = phrases["ordered"]
    names = [phrases[f"measure.{code.value}"] for code in codes]
    return Words(
        kk=f"{text.kk} {ordered.kk}: {', '.join(name.kk for name in names)}.",
        ru=f"{text.ru} {ordered.ru}: {', '.join(name.ru for name in names)}.",
        en=f"{text.en} {ordered.en}: {', '.join(name.en for name in names)}.",
    )


def _own(reason: str, outcome: Outcome, phrases: Mapping[str, Words], deadline: Deadline) -> Explanation:
    """Return an entry whose reason is not a finding: a draw, an unfinished assessment, or nothing to control."""
    return Explanation(
        category_code=reason,
        category=phrases[f"category.{reason}"],
        text=phrases[f"text.{reason}"],
        next_step=phrases[f"next.{outcome.value}"],
        deadline=deadline(outcome),
        legal_basis=phrases["legal-basis"],
        appeal=phrases["appeal"],
    )
