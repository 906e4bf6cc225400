"""Judges a case with all profiles of a block at once.

The index says which few profiles are in question, and of which items (index.py). They are asked one after the other,
of one item after the other; where that would be much, of all items at once (columns.py). Only what fired is explained.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from risk_gateway.budget import Budget
from risk_gateway.columns import Columns
from risk_gateway.compiler import Compiled, compiled
from risk_gateway.index import Index
from risk_gateway.model import Case, Evidence, Finding, HeaderFacts
from risk_gateway.profiles import Kind, Profile

EXPLAINED_ITEMS_MAX = 5
MUCH = 20  # leaves to be asked of an item, on average, beyond which reading columns is worth it
FEW_ITEMS = 8  # of which a profile is asked one by one all the same


class Engine:
    """The profiles of one block. Direct ones are asked first: a prohibition is found even when time runs short; then
    by code."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        by_code = sorted(profiles, key=attrgetter("code"))
        ordered = sorted(by_code, key=lambda profile: profile.kind is not Kind.DIRECT)
        self._profiles = [(profile, compiled(profile)) for profile in ordered]
        self._index = Index([parts for _, parts in self._profiles])

    def __bool__(self) -> bool:
        return bool(self._profiles)

    def judge(self, case: Case, budget: Budget) -> Iterator[Finding]:
        """Yield what fires. Raises OutOfTime; a fact that cannot be judged raises a built-in error."""
        budget.check()
        columns = Columns(case.header, case.items)
        in_question = self._index.in_question(case.header, case.items, budget)
        leaves = sum([rows.bit_count() * self._profiles[place][1].leaves for place, rows in in_question])
        most = FEW_ITEMS if leaves > MUCH * len(case.items) else len(case.items)
        for place, rows in in_question:
            budget.check()
            finding = _judge(*self._profiles[place], columns, rows, most)
            if finding is not None:
                yield finding


def _judge(profile: Profile, parts: Compiled, columns: Columns, rows: int, most: int) -> Finding | None:
    """Return what a profile finds that the index leaves in question of the items that have their bit in `rows`, of at
    `most` so many one by one."""
    header = columns.header
    if parts.header_only:
        return _finding(profile, header, (), (Evidence(None, parts.explain(header, None)),))
    hit = parts.firing(columns, rows, most)
    if not hit:
        return None
    evidence = [Evidence(item.sequence, parts.explain(header, item)) for item in hit[:EXPLAINED_ITEMS_MAX]]
    return _finding(profile, header, tuple([item.sequence for item in hit]), tuple(evidence))


def _finding(profile: Profile, header: HeaderFacts, items: tuple[int, ...], evidence: tuple[Evidence, ...]) -> Finding:
    return Finding(
        profile=profile.code,
        profile_version=profile.version,
        kind=profile.kind,
        family=profile.family,
        weight=profile.weight,
        rate=profile.selection.of(header.declarant_category),
        items=items,
        evidence=evidence,
    )
