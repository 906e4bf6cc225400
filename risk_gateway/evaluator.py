"""Judges a case with a list of profiles, one after the other. Each profile is compiled once per knowledge."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from risk_gateway.budget import Budget
from risk_gateway.conditions import Leaf, Test, compile, conjunction, explain, is_header_only, leaves
from risk_gateway.model import Case, Evidence, Finding
from risk_gateway.profiles import Area, Condition, Kind, Profile

CHUNK = 128  # items judged between two looks at the clock
EXPLAINED_ITEMS_MAX = 5


class Compiled(NamedTuple):
    """A profile as closures. A part without conditions is None; `leaves` serve the explanation."""

    profile: Profile
    of_header: Test | None
    of_item: Test | None
    leaves: tuple[Leaf, ...]


def compile_profile(profile: Profile) -> Compiled:
    """Compile a checked profile: what only looks at the header is asked once, the rest of each item."""
    condition = profile.condition
    parts = (*_area_conditions(profile), *(condition.all if condition.all is not None else (condition,)))
    header_parts = tuple(part for part in parts if is_header_only(part))
    item_parts = tuple(part for part in parts if not is_header_only(part))
    return Compiled(
        profile,
        conjunction(tuple(compile(part) for part in header_parts)) if header_parts else None,
        conjunction(tuple(compile(part) for part in item_parts)) if item_parts else None,
        tuple(leaf for part in parts for leaf in leaves(part)),
    )


def _area_conditions(profile: Profile) -> Iterator[Condition]:
    area: Area = profile.area
    if profile.posts:
        yield Condition(field="office", op="in", value=profile.posts)
    if area.procedures:
        yield Condition(field="procedure", op="in", value=area.procedures)
    if area.categories:
        yield Condition(field="declarant_category", op="in", value=tuple(area.categories))
    if area.offices:
        yield Condition(field="office", op="in", value=area.offices)
    if area.commodities:
        yield Condition(field="commodity_code", op="prefix", value=area.commodities)
    if area.commodities_excluded:
        yield Condition(field="commodity_code", op="not_prefix", value=area.commodities_excluded)
    if area.origins:
        yield Condition(field="origin_country", op="in", value=area.origins)


def in_order(profiles: Sequence[Profile]) -> tuple[Profile, ...]:
    """Return direct profiles first, so that a prohibition is found even when time runs short; then by code."""
    return tuple(sorted(profiles, key=lambda profile: (profile.kind is not Kind.DIRECT, profile.code)))


def judge(profiles: Sequence[Compiled], case: Case, budget: Budget) -> Iterator[Finding]:
    """Yield what fires. Raises OutOfTime; a fact that cannot be judged raises a built-in error."""
    header = case.header
    for compiled in profiles:
        budget.check()
        if compiled.of_header is not None and compiled.of_header(header, None) is not True:
            continue
        if compiled.of_item is None:
            yield _finding(compiled, case, (), (Evidence(None, explain(compiled.leaves, header, None)),))
            continue
        fired = _items(compiled.of_item, case, budget)
        if fired:
            yield _finding(
                compiled,
                case,
                tuple(case.items[index].sequence for index in fired),
                tuple(
                    Evidence(case.items[index].sequence, explain(compiled.leaves, header, case.items[index]))
                    for index in fired[:EXPLAINED_ITEMS_MAX]
                ),
            )


def _items(test: Test, case: Case, budget: Budget) -> list[int]:
    """Return the positions of the items on which the test holds."""
    header, items = case.header, case.items
    fired = [index for index, item in enumerate(items[:CHUNK]) if test(header, item)]
    for start in range(CHUNK, len(items), CHUNK):
        budget.check()
        fired += [start + index for index, item in enumerate(items[start : start + CHUNK]) if test(header, item)]
    return fired


def _finding(compiled: Compiled, case: Case, items: tuple[int, ...], evidence: tuple[Evidence, ...]) -> Finding:
    profile = compiled.profile
    return Finding(
        profile=profile.code,
        profile_version=profile.version,
        kind=profile.kind,
        family=profile.family,
        weight=profile.weight,
        rate=profile.selection.of(case.header.declarant_category),
        items=items,
        evidence=evidence,
    )
