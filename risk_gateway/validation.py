"""What makes a profile wrong, each rule with its place and its words in messages.toml.

`problems` holds a profile to every rule before an analyst's colleague may approve it, and again whenever approved
profiles are read. `profile_problems` is the part without which judging could go wrong; all knowledge is held to it.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal

from declarations.reference import Reference
from risk_gateway.catalog import Field, FieldType, code_list, fields
from risk_gateway.conditions import problems as condition_problems
from risk_gateway.consistency import CHAPTERS, Grid, TooComplicated, core, leaves
from risk_gateway.errors import ProfileRefused
from risk_gateway.profiles import (
    AT_LODGEMENT,
    NEVER_WAIVED,
    ON_THE_WAY,
    Block,
    Category,
    Condition,
    Kind,
    Level,
    MeasureCode,
    Profile,
    RiskCategory,
    When,
    area_conditions,
    prefixes,
)
from risk_gateway.remembering import PerObject
from risk_gateway.words import LANGUAGES

YEARS_MAX = 3
CAP_MAX = 1_000_000
LEAVES_MAX = 200  # a person reads a condition, and each item of a declaration may be asked each of its questions
_CODE = re.compile(r"(?=.{4,20}$)[A-Z]{2,4}(-[A-Z0-9]+)+")
_FAMILY = re.compile(r"[a-z][a-z0-9_]{1,39}")
_COMMODITY = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}")
_TELLING = re.compile(r"\d|%")
DIRECTIONS = {
    Block.IMPORTS: "IM",
    Block.EXPORTS: "EX",
    Block.DELIVERIES: "TT",
    Block.PASSENGERS: "PD",
    Block.AUDITS: "PA",
}
_OF_TRANSPORT = ON_THE_WAY | {MeasureCode.SURVEY_AND_SEAL}
_NOT_OF_BLOCK = {
    Block.IMPORTS: _OF_TRANSPORT,
    Block.EXPORTS: {MeasureCode.SECURITY, MeasureCode.ESCORT, MeasureCode.FIX_ROUTE},
    Block.DELIVERIES: {MeasureCode.VALUE_CONTROL},
    Block.PASSENGERS: _OF_TRANSPORT | {MeasureCode.SECURITY},
    Block.AUDITS: _OF_TRANSPORT
    | {MeasureCode.INSPECT_VISUAL, MeasureCode.INSPECT_RANDOM, MeasureCode.SCAN, MeasureCode.WEIGH, MeasureCode.DETAIN},
}
_AFTER_RELEASE = {
    MeasureCode.POST_AUDIT_FLAG,
    MeasureCode.DOCUMENTARY_CONTROL,
    MeasureCode.REQUEST_DATA,
    MeasureCode.CONFIRM_WITH_SOURCE,
    MeasureCode.EXPERTISE,
    MeasureCode.VALUE_CONTROL,
}
_BLOCKS_OF_CATEGORY = {
    RiskCategory.ACTUAL_EXPORT: {Block.EXPORTS},
    RiskCategory.VAT_REFUND: {Block.EXPORTS, Block.AUDITS},
    RiskCategory.DELIVERY: {Block.DELIVERIES},
    RiskCategory.SEALS: {Block.DELIVERIES},
    RiskCategory.GUARANTEE: {Block.DELIVERIES},
    RiskCategory.TRAVELLER: {Block.PASSENGERS},
    RiskCategory.PERSONAL_GOODS: {Block.PASSENGERS},
    RiskCategory.CASH: {Block.PASSENGERS},
    RiskCategory.REPORTING: {Block.AUDITS},
}


def problems(profile: Profile, day: date | None = None) -> Iterator[ProfileRefused]:
    """Yield every rule that a profile breaks. With a `day`, its codes are looked up in that day's code lists, and its
    condition must not be too long: what was approved before that was a rule goes on to judge."""
    yield from profile_problems([profile], profile.valid_from)
    yield from name_problems(profile)
    yield from _names(profile)
    yield from _numbers(profile)
    yield from _measures(profile)
    yield from _texts(profile)
    if not well_formed(profile):
        return
    if day is not None and (asked := sum(1 for _ in leaves(profile.condition))) > LEAVES_MAX:
        yield ProfileRefused("condition-too-long", f"{profile.code}.condition", asked=str(asked), limit=str(LEAVES_MAX))
        return
    if foreign := list(_foreign_fields(profile)):
        yield from foreign
        return
    if day is not None and (unknown := list(_unknown_codes(profile, day))):
        yield from unknown
        return
    yield from _inconsistencies(profile, day)


def well_formed(profile: Profile) -> bool:
    """Say whether the area and the condition can be read: whether there is anything to compile, or to say."""
    broken = [*_commodities(profile), *condition_problems(profile.condition, profile.code)]
    return not broken


def profile_problems(profiles: Sequence[Profile], day: date) -> Iterator[ProfileRefused]:
    """Yield what would make judging with these profiles on `day` go wrong."""
    seen: set[str] = set()
    for profile in profiles:
        if not _judges_well(profile):
            yield from _problems_in_judging(profile)
        if profile.active_on(day):
            if profile.code in seen:
                yield ProfileRefused("profile-twice", profile.code, profile=profile.code)
            seen.add(profile.code)


def _problems_in_judging(profile: Profile) -> Iterator[ProfileRefused]:
    place = profile.code
    yield from condition_problems(profile.condition, f"{place}.condition")
    yield from _commodities(profile)
    if not 0 <= profile.weight <= 100:
        yield ProfileRefused("profile-weight", place, weight=str(profile.weight))
    if profile.valid_to < profile.valid_from:
        ends, begins = profile.valid_to.isoformat(), profile.valid_from.isoformat()
        yield ProfileRefused("profile-dates", place, valid_to=ends, valid_from=begins)
    if profile.author and profile.approver == profile.author:
        yield ProfileRefused("profile-approver", place)
    if not profile.measures:
        yield ProfileRefused("profile-measures", place)
    if bool(profile.posts) != (profile.level is Level.REGIONAL):
        yield ProfileRefused("profile-posts", place)
    for rate in (profile.selection.low, profile.selection.medium, profile.selection.high):
        if not (Decimal(rate).is_finite() and 0 < rate <= 1):
            yield ProfileRefused("profile-rate", place, rate=str(rate))


_judges_well = PerObject[Profile, bool](lambda profile: next(_problems_in_judging(profile), None) is None)


# --- rules of its parts ---------------------------------------------------------------------------------------------


def name_problems(profile: Profile) -> Iterator[ProfileRefused]:
    """Yield what is wrong with the code, under which even a draft is kept."""
    if not _CODE.fullmatch(profile.code):
        yield ProfileRefused("profile-code", profile.code, given=profile.code)


def _names(profile: Profile) -> Iterator[ProfileRefused]:
    if not _FAMILY.fullmatch(profile.family):
        yield ProfileRefused("profile-family", profile.code, family=profile.family)
    if profile.version < 1:
        yield ProfileRefused("profile-version", profile.code, version=str(profile.version))
    if not profile.author:
        yield ProfileRefused("profile-author", profile.code)
    if profile.block not in _BLOCKS_OF_CATEGORY.get(profile.category, Block):
        yield ProfileRefused("profile-category", profile.code, category=profile.category, block=profile.block)


def _numbers(profile: Profile) -> Iterator[ProfileRefused]:
    if profile.kind is Kind.INDIRECT and profile.weight == 0:
        yield ProfileRefused("profile-weightless", profile.code)
    if profile.valid_to > _years_later(profile.valid_from):
        yield ProfileRefused("profile-too-long", profile.code, years=str(YEARS_MAX))
    if profile.daily_cap is not None:
        if not 1 <= profile.daily_cap <= CAP_MAX:
            yield ProfileRefused("profile-cap", profile.code, cap=str(profile.daily_cap))
        if profile.motive in NEVER_WAIVED:
            yield ProfileRefused("profile-cap-forbidden", profile.code, motive=profile.motive)
        if profile.block not in AT_LODGEMENT:
            yield ProfileRefused("profile-cap-block", profile.code, block=profile.block)


def _years_later(day: date) -> date:
    try:
        return day.replace(year=day.year + YEARS_MAX)
    except ValueError:  # 29 February
        return date(day.year + YEARS_MAX, 3, 1)


def _measures(profile: Profile) -> Iterator[ProfileRefused]:
    codes = [order.code for order in profile.measures]
    if len(set(codes)) < len(codes):
        yield ProfileRefused("profile-measure-twice", profile.code)
    if MeasureCode.NONE in codes and (len(codes) > 1 or profile.kind is Kind.DIRECT):
        yield ProfileRefused("profile-measure-none", profile.code)
    for number, order in enumerate(profile.measures, 1):
        place = f"{profile.code}.measures[{number}]"
        if order.code in _NOT_OF_BLOCK[profile.block]:
            yield ProfileRefused("profile-measure-block", place, measure=order.code, block=profile.block)
        if order.when is When.AFTER_RELEASE and order.code not in _AFTER_RELEASE:
            yield ProfileRefused("profile-measure-when", place, measure=order.code)


def _texts(profile: Profile) -> Iterator[ProfileRefused]:
    told = {"title": profile.title, "legal_basis": profile.legal_basis, "declarant_text": profile.declarant_text}
    for name, words in told.items():
        for language in LANGUAGES:
            text, place = words.into(language), f"{profile.code}.{name}.{language}"
            if not text.strip():
                yield ProfileRefused("profile-text", place)
            elif name != "title" and (telling := _told_too_much(text, profile.code, name == "declarant_text")):
                yield ProfileRefused("profile-leak", place, telling=telling)


def _told_too_much(text: str, code: str, without_figures: bool) -> str | None:
    """Return what a declarant must not read: the profile's code, and in his own text any figure."""
    if code.casefold() in text.casefold():
        return code
    found = _TELLING.search(text) if without_figures else None
    return found.group() if found else None


# --- codes ----------------------------------------------------------------------------------------------------------


def _commodities(profile: Profile) -> Iterator[ProfileRefused]:
    for name in ("commodities", "commodities_excluded"):
        for given in getattr(profile.area, name):
            try:
                sound = all(_COMMODITY.fullmatch(one) for one in prefixes([given]))
            except ValueError:
                sound = False
            if not sound:
                yield ProfileRefused("profile-commodity", f"{profile.code}.area.{name}", given=given)


def _foreign_fields(profile: Profile) -> Iterator[ProfileRefused]:
    """Yield what a case of the profile's block never has: a condition over it would never fire."""
    placed = [(leaf, f"{profile.code}.area") for leaf in area_conditions(profile)]
    placed += _placed_leaves(profile.condition, f"{profile.code}.condition")
    for leaf, place in placed:
        if profile.block not in fields()[str(leaf.field)].blocks:
            yield ProfileRefused("profile-field-block", place, field=str(leaf.field), block=profile.block)


def _placed_leaves(condition: Condition, place: str) -> Iterator[tuple[Condition, str]]:
    if condition.field is not None:
        yield condition, place
    for child, below in _children(condition, place):
        yield from _placed_leaves(child, below)


def _unknown_codes(profile: Profile, day: date) -> Iterator[ProfileRefused]:
    for condition in area_conditions(profile):
        yield from _unknown_in(condition, f"{profile.code}.area", day)
    for leaf in leaves(profile.condition):
        yield from _unknown_in(leaf, f"{profile.code}.condition", day)


def _unknown_in(leaf: Condition, place: str, day: date) -> Iterator[ProfileRefused]:
    """Yield the codes of a leaf that no list has; of documents the beginning of a code is enough."""
    field = fields()[str(leaf.field)]
    if field.type is FieldType.COMMODITY:
        known: Collection[str] | None = CHAPTERS
    else:
        known = code_list(field.codes, day) if field.codes else None
    if known is None or not isinstance(leaf.value, tuple):
        return
    for given in map(str, leaf.value):
        if field.type is FieldType.COMMODITY:
            found = given[:2] in known
        elif field.type is FieldType.LIST:
            found = any(code.startswith(given) for code in known)
        else:
            found = given in known
        if not found:
            yield ProfileRefused("profile-unknown-code", place, field=field.name, given=given)


# --- sense ----------------------------------------------------------------------------------------------------------


def _inconsistencies(profile: Profile, day: date | None) -> Iterator[ProfileRefused]:
    """Yield contradictions, what always holds, and branches that never matter."""

    def universe(field: Field) -> Collection[str] | None:
        if field.name == "type_code":
            return (DIRECTIONS[profile.block],)
        if field.codes == "category":
            return tuple(Category)
        if field.codes is None or day is None:
            return None
        if field.name == "procedure":
            return _procedures(profile.block, day)
        return code_list(field.codes, day)

    area = list(area_conditions(profile))
    grid = Grid([*area, profile.condition], universe)
    place = f"{profile.code}.condition"
    try:
        own = list(_senseless(grid, profile.condition, place))
        yield from own or _contradictions(grid, profile, area) or _dead(grid, profile.condition, area, place)
    except TooComplicated:
        yield ProfileRefused("condition-too-complicated", place)


def _procedures(block: Block, day: date) -> Collection[str]:
    """Return the procedures that a declaration of this block can name."""
    known = Reference.shipped().on(day).procedures
    return [code for code, procedure in known.items() if DIRECTIONS[block] in procedure.types]


def _senseless(grid: Grid, condition: Condition, place: str) -> Iterator[ProfileRefused]:
    """Yield the smallest parts of a tree that can never hold, or never fail."""
    found = [one for child, below in _children(condition, place) for one in _senseless(grid, child, below)]
    if found:
        yield from found
    elif not grid.possible([grid.formula(condition)]):
        parts = core(grid, condition.all) if condition.all else [condition]
        code = "condition-contradiction" if len(parts) > 1 else "condition-never"
        yield ProfileRefused(code, place, parts=_listed(parts))
    elif not grid.possible([grid.formula(condition, wanted=False)]):
        yield ProfileRefused("condition-always", place, parts=_listed([condition]))


def _contradictions(grid: Grid, profile: Profile, area: list[Condition]) -> list[ProfileRefused]:
    parts = [*area, *(profile.condition.all or (profile.condition,))]
    if grid.possible([grid.formula(part) for part in parts]):
        return []
    return [ProfileRefused("profile-contradiction", profile.code, parts=_listed(core(grid, parts)))]


def _dead(grid: Grid, condition: Condition, context: Sequence[Condition], place: str) -> Iterator[ProfileRefused]:
    """Yield the branches of an `any` that cannot hold beside all else that must."""
    around = [grid.formula(one) for one in context]
    for child, below in _children(condition, place):
        if condition.any is not None and not grid.possible([*around, grid.formula(child)]):
            yield ProfileRefused("condition-dead", below, parts=_listed([child]))
        elif condition.all is not None:
            yield from _dead(grid, child, [*context, *(one for one in condition.all if one is not child)], below)


def _children(condition: Condition, place: str) -> Iterator[tuple[Condition, str]]:
    groups = {"all": condition.all, "any": condition.any, "not": (condition.negated,) if condition.negated else None}
    for name, group in groups.items():
        for number, child in enumerate(group or (), 1):
            yield child, f"{place}.{name}[{number}]"


def _listed(conditions: Sequence[Condition]) -> str:
    return "; ".join(written(condition) for condition in conditions)


def written(condition: Condition) -> str:
    """Return a tree as its author writes it, on one line and the same in every language."""
    if condition.negated is not None:
        return f"not ({written(condition.negated)})"
    if condition.field is None:
        name, group = ("all", condition.all) if condition.all is not None else ("any", condition.any)
        return f"{name} ({_listed(group or ())})"
    value = condition.value
    shown = f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value).lower()
    return f"{condition.field} {condition.op} {shown}"
