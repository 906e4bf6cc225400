"""Judging as a person would do it by hand: each profile, each item, each condition, one after the other.

It shares nothing with the engine but the catalog and the order in which the conditions of an area are told: what the
engine finds must be what is found here.
"""

from decimal import Decimal
from typing import Any

from risk_gateway.catalog import Level, fields
from risk_gateway.model import Case, Evidence, Finding, HeaderFacts, ItemFacts, Match
from risk_gateway.profiles import Area, Condition, Kind, Profile, area_conditions

EXPLAINED_ITEMS_MAX = 5


def judge(profiles: list[Profile], case: Case) -> list[Finding]:
    """Return what fires: direct profiles first, then by code."""
    direct = sorted((one for one in profiles if one.kind is Kind.DIRECT), key=lambda one: one.code)
    indirect = sorted((one for one in profiles if one.kind is Kind.INDIRECT), key=lambda one: one.code)
    return [finding for one in direct + indirect if (finding := judge_one(one, case)) is not None]


def judge_one(profile: Profile, case: Case) -> Finding | None:
    if is_header_only(profile):
        if not fires(profile, case.header, None):
            return None
        return found(profile, case, [], [Evidence(None, reasons(profile, case.header, None))])
    hit = [item for item in case.items if fires(profile, case.header, item)]
    if not hit:
        return None
    told = [Evidence(item.sequence, reasons(profile, case.header, item)) for item in hit[:EXPLAINED_ITEMS_MAX]]
    return found(profile, case, [item.sequence for item in hit], told)


def is_header_only(profile: Profile) -> bool:
    area = profile.area
    if area.commodities or area.commodities_excluded or area.origins or area.origins_excluded:
        return False
    return not any(fields()[str(leaf.field)].level is Level.ITEM for leaf, _ in leaves(profile.condition))


def fires(profile: Profile, header: HeaderFacts, item: ItemFacts | None) -> bool:
    if profile.posts and header.office not in profile.posts:
        return False
    return in_area(profile.area, header, item) and truth(profile.condition, header, item) is True


def in_area(area: Area, header: HeaderFacts, item: ItemFacts | None) -> bool:
    """A fact that is not known is in no list, and is not known to be outside of one."""
    listed = (
        (area.directions, header.type_code),
        (area.procedures, header.procedure),
        (area.categories, header.declarant_category),
        (area.offices, header.office),
        (area.dispatch_countries, header.dispatch_country),
        (area.destinations, header.destination_country),
        (area.origins, item and item.origin_country),
    )
    if any(wanted and fact not in wanted for wanted, fact in listed):
        return False
    excluded = (
        (area.categories_excluded, header.declarant_category),
        (area.origins_excluded, item and item.origin_country),
    )
    if any(unwanted and (fact is None or fact in unwanted) for unwanted, fact in excluded):
        return False
    if area.commodities and not any(covers(part, item) for part in area.commodities):
        return False
    return not any(covers(part, item) for part in area.commodities_excluded)


def covers(part: str, item: ItemFacts | None) -> bool:
    """Say whether a prefix, or a range of prefixes of one length, covers the commodity of an item."""
    first, _, last = part.partition("-")
    return item is not None and first <= item.commodity_code[: len(first)] <= (last or first)


# --- conditions -----------------------------------------------------------------------------------------------------


def truth(condition: Condition, header: HeaderFacts, item: ItemFacts | None) -> bool | None:
    """Kleene's logic: None is not known."""
    if condition.all is not None:
        found = [truth(child, header, item) for child in condition.all]
        return False if False in found else None if None in found else True
    if condition.any is not None:
        found = [truth(child, header, item) for child in condition.any]
        return True if True in found else None if None in found else False
    if condition.negated is not None:
        inner = truth(condition.negated, header, item)
        return None if inner is None else not inner
    fact = fact_of(condition, header, item)
    return None if fact is None else compare(fact, str(condition.op), condition.value)


def fact_of(leaf: Condition, header: HeaderFacts, item: ItemFacts | None) -> Any:
    holder = header if fields()[str(leaf.field)].level is Level.HEADER else item
    return None if holder is None else getattr(holder, str(leaf.field))


def compare(fact: Any, op: str, value: Any) -> bool:
    if op in ("in", "not_in"):
        return any(fact == each for each in value) == (op == "in")
    if op in ("prefix", "not_prefix"):
        return any(fact[: len(each)] == each for each in value) == (op == "prefix")
    if op in ("present", "absent"):
        return any(own[: len(each)] == each for own in fact for each in value) == (op == "present")
    if op == "is":
        return fact is value
    if op == "between":
        return Decimal(value[0]) <= fact and fact <= Decimal(value[1])
    limit = Decimal(value)
    return {"<": fact < limit, "<=": fact <= limit, ">": fact > limit, ">=": fact >= limit}[op]


# --- telling --------------------------------------------------------------------------------------------------------


def reasons(profile: Profile, header: HeaderFacts, item: ItemFacts | None) -> tuple[Match, ...]:
    """Tell each leaf that holds, or below a `not` does not."""
    told = []
    for tree in [*area_conditions(profile), profile.condition]:
        for leaf, negated in leaves(tree):
            if truth(leaf, header, item) is (not negated):
                op = f"not {leaf.op}" if negated else str(leaf.op)
                told.append(Match(str(leaf.field), op, text(leaf.value), text(fact_of(leaf, header, item))))
    return tuple(told)


def leaves(condition: Condition, negated: bool = False) -> list[tuple[Condition, bool]]:
    """Return every leaf, and whether it stands below an odd number of `not`."""
    if condition.field is not None:
        return [(condition, negated)]
    if condition.negated is not None:
        return leaves(condition.negated, not negated)
    return [leaf for child in condition.all or condition.any or () for leaf in leaves(child, negated)]


def text(value: Any) -> str:
    if value is True or value is False:
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def found(profile: Profile, case: Case, items: list[int], told: list[Evidence]) -> Finding:
    return Finding(
        profile=profile.code,
        profile_version=profile.version,
        kind=profile.kind,
        family=profile.family,
        weight=profile.weight,
        rate=getattr(profile.selection, case.header.declarant_category.value),
        items=tuple(items),
        evidence=tuple(told),
    )
