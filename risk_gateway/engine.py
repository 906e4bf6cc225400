"""Judges a case with all profiles of a block at once.

The index says which few profiles are in question (index.py). They are asked one after the other, each of all items at
once (columns.py). Only what fired is explained.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from risk_gateway.budget import Budget
from risk_gateway.columns import Columns, places
from risk_gateway.compiler import Compiled, compiled
from risk_gateway.index import Index
from risk_gateway.model import Case, Evidence, Finding
from risk_gateway.profiles import Kind, Profile

EXPLAINED_ITEMS_MAX = 5


class Engine:
    """The profiles of one block. Direct ones are asked first: a prohibition is found even when time runs short; then
    by code."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        ordered = sorted(profiles, key=lambda profile: (profile.kind is not Kind.DIRECT, profile.code))
        self._profiles = tuple((profile, compiled(profile)) for profile in ordered)
        self._index = Index([parts for _, parts in self._profiles])

    def __bool__(self) -> bool:
        return bool(self._profiles)

    def judge(self, case: Case, budget: Budget) -> Iterator[Finding]:
        """Yield what fires. Raises OutOfTime; a fact that cannot be judged raises a built-in error."""
        columns = Columns(case.header, case.items, budget)
        budget.check()
        for place in places(self._index.candidates(columns)):
            budget.check()
            finding = _judge(*self._profiles[place], columns)
            if finding is not None:
                yield finding


def _judge(profile: Profile, parts: Compiled, columns: Columns) -> Finding | None:
    """Return what a profile finds whose header conditions hold."""
    if parts.header_only:
        return _finding(profile, columns, (), (Evidence(None, parts.explain(columns, None)),))
    rows = columns.rows
    for question in parts.of_items:
        rows &= question(columns)[0]
        if not rows:
            return None
    for field, texts in parts.listed:
        rows &= columns.listed(field, texts)
        if not rows:
            return None
    explained = tuple(
        Evidence(columns.items[row].sequence, parts.explain(columns, row))
        for row in islice(places(rows), EXPLAINED_ITEMS_MAX)
    )
    return _finding(profile, columns, tuple(columns.items[row].sequence for row in places(rows)), explained)


def _finding(profile: Profile, columns: Columns, items: tuple[int, ...], evidence: tuple[Evidence, ...]) -> Finding:
    return Finding(
        profile=profile.code,
        profile_version=profile.version,
        kind=profile.kind,
        family=profile.family,
        weight=profile.weight,
        rate=profile.selection.of(columns.header.declarant_category),
        items=items,
        evidence=evidence,
    )
