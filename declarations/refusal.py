"""Why the schema refuses a document, said for people: every place at once, each with what is expected there.

Called only after libxml2 has refused. Elements are compared with the declared order so that one that is missing,
misplaced or unknown hides nothing that stands behind it.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lxml import etree

from declarations import values
from declarations.defects import Defect, shortened
from declarations.grammar import Element, Rule, grammar

DEFECTS_MAX: Final = 100
COUNTED_MAX: Final = 900  # of the rest; a document this wrong is not worth walking to its end
_NAMES_SHOWN_MAX: Final = 4
_SCHEMA_INSTANCE: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_NUMBER: Final = re.compile(r"[+-]?(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))")
_NAME: Final = re.compile(r"[^\W\d][\w.-]*")
_ZONE: Final = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_TIMES: Final = {
    "date": (re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_ZONE}"), values.day),
    "dateTime": (
        re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]+)?{_ZONE}"),
        values.moment,
    ),
    "gYear": (re.compile(rf"[0-9]{{4}}{_ZONE}"), values.year),
}


class Place:
    """Where the walk is: an element, its path with bare names, and the goods item around it."""

    __slots__ = ("declared", "element", "item", "path")

    def __init__(self, element: etree._Element, declared: Element, path: str, item: int | None) -> None:
        self.element = element
        self.declared = declared
        self.path = path
        self.item = item

    def defect(self, code: str, path: str | None = None, box: str | None = None, **params: str) -> Defect:
        return Defect(
            code, box or self.declared.box, self.item, path or self.path, {"element": self.declared.name, **params}
        )


def explain(root: etree._Element) -> tuple[Defect, ...]:
    """Return up to 100 defects of `root` in document order, then one that counts the rest (900+ at most).

    Empty if none is found. Takes about 2 microseconds for an element.
    """
    declared = grammar()
    if root.tag != declared.tag:
        return (Defect("S-010", None, None, "/*", {"value": shortened(str(root.tag)), "expected": declared.tag}),)
    defects = _inside(Place(root, declared, f"/{declared.name}", None))
    shown = tuple(islice(defects, DEFECTS_MAX))
    more = sum(1 for _ in islice(defects, COUNTED_MAX))
    if not more:
        return shown
    count = f"{more}+" if more == COUNTED_MAX else str(more)
    return (*shown, Defect("S-099", None, None, "/Declaration", {"count": count}))


def _inside(place: Place) -> Iterator[Defect]:
    if place.declared.opaque:
        return
    if place.declared.attributes or place.element.attrib:
        yield from _attributes(place)
    if place.declared.rule is not None:
        yield from _value(place, place.declared.rule)
    else:
        yield from _children(place)


def _attributes(place: Place) -> Iterator[Defect]:
    declared, given = place.declared.attributes, place.element.attrib
    for name, attribute in declared.items():
        value = given.get(name)
        path = f"{place.path}/@{name}"
        if name == "schemaVersion" and value != attribute.rule.fixed:
            params = {"value": shortened(f"schemaVersion {value}"), "expected": f"schemaVersion {attribute.rule.fixed}"}
            yield place.defect("S-010", path, **params)
        elif value is None and attribute.required:
            expected = ", ".join(attribute.rule.allowed)
            form = attribute.rule.pattern or "listed"
            yield place.defect("S-009", path, attribute=name, form=form, expected=expected)
        elif value is not None and (found := broken(attribute.rule, values.collapsed(value))) is not None:
            code, params = found
            yield place.defect(code, path, **{**params, "element": f"{place.declared.name}/@{name}"})
    for name in given:
        if name not in declared and not str(name).startswith(_SCHEMA_INSTANCE):
            yield place.defect("S-013", f"{place.path}/@{_bare(name)}", attribute=_bare(name))


def _children(place: Place) -> Iterator[Defect]:
    element, declared = place.element, place.declared
    if stray := values.collapsed(own_text(element)):
        yield place.defect("S-014", value=shortened(stray))
    counts = [0] * len(declared.children)
    reached = 0
    for child in element.iterchildren(etree.Element):
        position = declared.positions.get(str(child.tag))
        if position is None:
            yield _unexpected(place, child, reached, counts)
            continue
        kind = declared.children[position]
        counts[position] += 1
        inner = _place(place, child, kind, counts[position])
        if position < reached and not declared.choice:
            yield _unexpected(place, child, reached, counts, inner.path, kind.box)
        elif counts[position] == kind.occurs_max + 1:
            yield inner.defect("S-012", parent=declared.name, limit=str(kind.occurs_max))
        reached = max(reached, position)
        yield from _inside(inner)
    yield from _missing(place, counts)


def _missing(place: Place, counts: list[int]) -> Iterator[Defect]:
    declared = place.declared
    if declared.choice:
        if sum(counts) != 1:
            names = " / ".join(child.name for child in declared.children)
            yield place.defect("S-001", f"{place.path}/*", element=names, parent=declared.name)
        return
    for child, count in zip(declared.children, counts, strict=True):
        if count < child.occurs_min:
            position = "[1]" if child.occurs_max > 1 else ""
            path = f"{place.path}/{child.name}{position}"
            yield place.defect("S-001", path, child.box, element=child.name, parent=declared.name)


def _unexpected(
    place: Place,
    child: etree._Element,
    reached: int,
    counts: list[int],
    path: str | None = None,
    box: str | None = None,
) -> Defect:
    declared = place.declared
    expected = []
    for following, count in zip(declared.children[reached:], counts[reached:], strict=True):
        if count < following.occurs_max:
            expected.append(following.name)
        if following.occurs_min > count or len(expected) == _NAMES_SHOWN_MAX:
            break
    namespace = declared.tag.removesuffix(declared.name)
    name = str(child.tag).removeprefix(namespace)  # one of another namespace keeps it, so that it can be told apart
    path = path or f"{place.path}/{_bare(name)}"
    return place.defect(
        "S-002",
        path,
        box,
        element=shortened(name),
        parent=declared.name,
        expected=", ".join(expected) or f"</{declared.name}>",
    )


def _place(parent: Place, child: etree._Element, kind: Element, count: int) -> Place:
    position = f"[{count}]" if kind.occurs_max > 1 or count > 1 else ""
    item = count if kind.name == "GovernmentAgencyGoodsItem" else parent.item
    return Place(child, kind, f"{parent.path}/{kind.name}{position}", item)


def _value(place: Place, rule: Rule) -> Iterator[Defect]:
    element = place.element
    if len(element) and (child := next(element.iterchildren(etree.Element), None)) is not None:
        yield place.defect("S-015", value=_bare(child.tag))
    elif (found := broken(rule, values.collapsed(own_text(element)))) is not None:
        code, params = found
        yield place.defect(code, **params)


def broken(rule: Rule, value: str) -> tuple[str, dict[str, str]] | None:
    """Return the code and parameters of what is wrong with a collapsed value, or None."""
    if rule.fixed is not None:
        good, code, params = value in ("", rule.fixed), "S-003", {"expected": rule.fixed}
    elif value == "":
        return "S-011", {}
    elif rule.allowed:
        good, code, params = value in rule.allowed, "S-003", {"expected": ", ".join(rule.allowed)}
    elif rule.pattern is not None:
        good, code, params = re.fullmatch(rule.pattern, value) is not None, "S-004", {"form": rule.pattern}
    elif rule.length_max is not None:
        params = {"length": str(len(value)), "limit": str(rule.length_max)}
        good, code = len(value) <= rule.length_max, "S-005"
    elif rule.base in _TIMES:
        good, code, params = _in_calendar(rule.base, value), "S-008", {"form": rule.base}
    elif rule.base == "ID":
        good, code, params = _NAME.fullmatch(value) is not None, "S-004", {"form": "ID"}
    else:
        return _broken_number(rule, value)
    return None if good else (code, {"value": shortened(value), **params})


def _broken_number(rule: Rule, value: str) -> tuple[str, dict[str, str]] | None:
    whole = rule.base == "nonNegativeInteger"
    found = _NUMBER.fullmatch(value)
    if found is None or (whole and "." in value):
        return "S-006", _wanted(rule, value)
    before, after = (found[1] or "").lstrip("0"), (found[2] or found[3] or "").rstrip("0")
    if value.startswith("-") and not rule.negative and (before or after):
        return "S-007", {"value": shortened(value), "limit": "≥ 0"}
    if rule.decimals_max is not None and len(after) > rule.decimals_max:
        return "S-006", _wanted(rule, value)
    if rule.digits_max is not None and len(before) + len(after) > rule.digits_max:
        limits = {"value": shortened(value), "limit": f"0–{'9' * rule.digits_max}"}
        return ("S-007", limits) if whole else ("S-006", _wanted(rule, value))
    return None


def _wanted(rule: Rule, value: str) -> dict[str, str]:
    return {
        "value": shortened(value),
        "form": "decimal" if rule.base == "decimal" else "integer",
        "digits": str(rule.digits_max),
        "decimals": str(rule.decimals_max or 0),
    }


def _in_calendar(base: str, value: str) -> bool:
    form, read = _TIMES[base]
    if not form.fullmatch(value):
        return False
    try:
        read(value)
    except ValueError:
        return False
    return True


def own_text(element: etree._Element) -> str:
    """Return the text directly inside, that behind comments and children included."""
    if len(element) == 0:
        return element.text or ""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _bare(tag: object) -> str:
    """Return an element's or attribute's name without namespace, cut where it is absurdly long."""
    return shortened(str(tag).rpartition("}")[2])
