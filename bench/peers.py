"""The same profiles, judged by others: by hand in Python, by zen-engine and by CEL, both written in Rust.

Each is used as it is fastest: what only looks at the header is asked once of a declaration, and only the profiles that
it leaves are asked of items. Zen converts a declaration once for all profiles; CEL each item once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import cel
import naive
import zen
from msgspec.structs import asdict

from risk_gateway.catalog import FieldType, Level, fields
from risk_gateway.model import Case, HeaderFacts, ItemFacts
from risk_gateway.profiles import Condition, Profile, area_conditions

Hits: TypeAlias = dict[str, tuple[int, ...]]  # items by profile; none for the whole declaration
Judge: TypeAlias = Callable[[Case], Hits]

ALWAYS_KNOWN = {"type_code", "declarant_category", "commodity_code"}
NUMBERS = {name for name, field in fields().items() if field.type is FieldType.NUMBER}


# --- a tree in the words of another language ------------------------------------------------------------------------


class Dialect(NamedTuple):
    """How a language writes what ours says; `any_member` is of a list, of which one begins with a text."""

    header: str
    item: str
    all: str
    any: str
    negated: str
    prefix: str
    any_member: str
    number: Callable[[Any], str]


ZEN = Dialect("header.", "#.", " and ", " or ", "not({})", 'startsWith({}, "{}")', 'some({}, startsWith(#, "{}"))', str)
CEL = Dialect(
    "header.",
    "item.",
    " && ",
    " || ",
    "!({})",
    '{}.startsWith("{}")',
    '{}.exists(one, one.startsWith("{}"))',
    lambda value: repr(float(value)),
)


def written(condition: Condition, dialect: Dialect, wanted: bool = True) -> str:
    """Return the expression that is true exactly where the tree is known to be as wanted."""
    if condition.negated is not None:
        return written(condition.negated, dialect, not wanted)
    children = condition.all or condition.any
    if children is not None:
        joint = dialect.all if (condition.all is not None) is wanted else dialect.any
        return "(" + joint.join(written(child, dialect, wanted) for child in children) + ")"
    field = fields()[str(condition.field)]
    name = (dialect.header if field.level is Level.HEADER else dialect.item) + field.name
    positive, text = _leaf(name, str(condition.op), condition.value, dialect)
    test = text if positive is wanted else dialect.negated.format(text)
    return test if field.name in ALWAYS_KNOWN else f"({name} != null{dialect.all}{test})"


def _leaf(name: str, op: str, value: Any, dialect: Dialect) -> tuple[bool, str]:
    """Return a test, and whether it says the same as the leaf or the opposite."""
    if op in ("in", "not_in"):
        return op == "in", f"{name} in {json.dumps([str(one) for one in value])}"
    if op in ("prefix", "not_prefix", "present", "absent"):
        form = dialect.prefix if op.endswith("prefix") else dialect.any_member
        return op in ("prefix", "present"), f"({dialect.any.join(form.format(name, one) for one in value)})"
    if op == "is":
        return bool(value), f"{name} == true"
    if op == "between":
        low, high = map(dialect.number, value)
        return True, f"({name} >= {low}{dialect.all}{name} <= {high})"
    return True, f"{name} {op} {dialect.number(value)}"


def _parts(profile: Profile, dialect: Dialect) -> tuple[str, str | None]:
    """Return what is asked of the header, and what of an item, None when nothing is."""
    conditions = (*area_conditions(profile), *(profile.condition.all or (profile.condition,)))
    of_item = [part for part in conditions if not _is_header_only(part)]
    of_header = [part for part in conditions if _is_header_only(part)]
    header, item = (dialect.all.join(written(part, dialect) for part in parts) for parts in (of_header, of_item))
    return header or "true", item or None


def _is_header_only(condition: Condition) -> bool:
    return all(fields()[str(leaf.field)].level is Level.HEADER for leaf, _ in naive.leaves(condition))


def _plain(facts: HeaderFacts | ItemFacts) -> dict[str, Any]:
    """Return facts as others take them: numbers as floats, lists, texts and null."""
    return {name: _plain_fact(name, fact) for name, fact in asdict(facts).items()}


def _plain_fact(name: str, fact: Any) -> Any:
    if fact is None or (isinstance(fact, bool | int) and name not in NUMBERS):
        return fact
    if name in NUMBERS:
        return float(fact)
    return list(fact) if isinstance(fact, tuple) else str(fact)


# --- the peers ------------------------------------------------------------------------------------------------------


def by_hand(profiles: Sequence[Profile]) -> Judge:
    """The oracle of our tests: every profile and every item, condition by condition."""
    return lambda case: {found.profile: found.items for found in naive.judge(list(profiles), case)}


def by_zen(profiles: Sequence[Profile]) -> Judge:
    """One decision with an expression for each profile."""
    expressions = [
        {"id": profile.code, "key": profile.code, "value": _zen_expression(*_parts(profile, ZEN))}
        for profile in profiles
    ]
    ends = ({"id": "in", "type": "inputNode", "name": "in"}, {"id": "out", "type": "outputNode", "name": "out"})
    asked = {"id": "ask", "type": "expressionNode", "name": "ask", "content": {"expressions": expressions}}
    edges = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b} for a, b in (("in", "ask"), ("ask", "out"))]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": [*ends, asked], "edges": edges}))

    def judge(case: Case) -> Hits:
        given = {"header": _plain(case.header), "items": [_plain(item) for item in case.items]}
        result = decision.evaluate(given)["result"]
        return {code: tuple(int(item) for item in items if item) for code, items in result.items() if items}

    return judge


def _zen_expression(header: str, item: str | None) -> str:
    return f"({header}) ? {'[0]' if item is None else f'map(filter(items, {item}), #.sequence)'} : []"


def by_cel(profiles: Sequence[Profile]) -> Judge:
    """Two programs for each profile, and a context for each item: faster than CEL's own loop over the items."""
    programs = [
        (profile.code, cel.compile(header), None if item is None else cel.compile(item))
        for profile, (header, item) in ((profile, _parts(profile, CEL)) for profile in profiles)
    ]

    def judge(case: Case) -> Hits:
        header = {"header": _plain(case.header)}
        of_header = cel.Context(variables=header)
        contexts = [(item.sequence, cel.Context(variables={**header, "item": _plain(item)})) for item in case.items]
        hits: Hits = {}
        for code, asked_first, asked in programs:
            if not asked_first.execute(of_header):
                continue
            found = () if asked is None else tuple(number for number, one in contexts if asked.execute(one))
            if found or asked is None:
                hits[code] = found
        return hits

    return judge


BY_HAND = "naive evaluator"
PEERS: Mapping[str, Callable[[Sequence[Profile]], Judge]] = {
    BY_HAND: by_hand,
    "zen-engine": by_zen,
    "CEL (Rust)": by_cel,
}
