"""The schema as data: what each element may hold and which box of the form it is, read once from the XSD itself.

Only the constructs that `schemas/ccd-1.0.xsd` uses are known; any other raises ValueError, so a schema that grows is
noticed by the first test. Whether a document is valid is never decided here: that is libxml2's word (`schema`).
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree
from msgspec import Struct

SCHEMA_FILE: Final = Path(__file__).parent / "schemas" / "ccd-1.0.xsd"
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_BOX: Final = r"(?:[0-9]+(?:\.[0-9]+)?[a-z]?|[A-D])\b"
_BOXES: Final = re.compile(rf"\bbox(?:es)? ({_BOX}(?:\s*[/,]\s*{_BOX})*)")
UNBOUNDED: Final = 2**31


class Rule(Struct, frozen=True):
    """What a value must be. `base` is a built-in type of XML Schema, without prefix."""

    base: str
    pattern: str | None = None
    allowed: tuple[str, ...] = ()
    fixed: str | None = None
    length_max: int | None = None
    digits_max: int | None = None
    decimals_max: int | None = None
    negative: bool = True


class Attribute(Struct, frozen=True):
    rule: Rule
    required: bool


class Element(Struct, frozen=True):
    """One declared element. `rule` is None where it holds elements. `choice`: one of the children, not all in order.

    `tag` is the name with its namespace. `box` is its own or the nearest around it. `positions` gives each child's
    place in `children` by tag. `opaque`: the schema does not look inside.
    """

    name: str
    tag: str
    occurs_min: int
    occurs_max: int
    box: str | None = None
    rule: Rule | None = None
    attributes: Mapping[str, Attribute] = {}
    children: tuple["Element", ...] = ()
    positions: Mapping[str, int] = {}
    choice: bool = False
    opaque: bool = False


@cache
def grammar() -> Element:
    """Return the declaration's root element with everything under it."""
    schema = etree.parse(SCHEMA_FILE).getroot()
    types = {
        name: node
        for node in schema.iterchildren(f"{_XS}simpleType", f"{_XS}complexType")
        if (name := node.get("name")) is not None
    }
    root = schema.find(f"{_XS}element")
    if root is None:
        raise ValueError("the schema declares no root element")
    return _Reading(types, schema.attrib["targetNamespace"]).element(root, None)


class _Reading:
    """Follows the named types of one schema file."""

    def __init__(self, types: Mapping[str, etree._Element], namespace: str) -> None:
        self.types = types
        self.namespace = namespace

    def element(self, node: etree._Element, box: str | None) -> Element:
        occurs_max = node.get("maxOccurs", "1")
        occurs = (int(node.get("minOccurs", "1")), UNBOUNDED if occurs_max == "unbounded" else int(occurs_max))
        if reference := node.get("ref"):
            prefix, _, name = reference.partition(":")
            return Element(name, f"{{{node.nsmap[prefix]}}}{name}", *occurs, opaque=True)
        name, box = node.attrib["name"], _box(node) or box
        tag, kind = f"{{{self.namespace}}}{name}", self._type_of(node)
        if isinstance(kind, str) or kind.tag == f"{_XS}simpleType":
            return Element(name, tag, *occurs, box, rule=self._fixed(node, self._rule(kind)))
        if (extension := kind.find(f"{_XS}simpleContent/{_XS}extension")) is not None:
            rule = self._rule(self._named(extension.attrib["base"]))
            return Element(name, tag, *occurs, box, rule=rule, attributes=self._attributes(extension))
        sequence, choice = kind.find(f"{_XS}sequence"), kind.find(f"{_XS}choice")
        group = sequence if sequence is not None else choice
        if group is None:
            raise ValueError(f"{name}: neither sequence nor choice")
        children = tuple(self.element(child, box) for child in group.iterchildren(etree.Element))
        positions = {child.tag: position for position, child in enumerate(children)}
        return Element(
            name, tag, *occurs, box, None, self._attributes(kind), children, positions, choice=sequence is None
        )

    def _type_of(self, node: etree._Element) -> etree._Element | str:
        if (name := node.get("type")) is not None:
            return self._named(name)
        for kind in node.iterchildren(f"{_XS}simpleType", f"{_XS}complexType"):
            return kind
        return "string"

    def _named(self, name: str) -> etree._Element | str:
        prefix, _, local = name.rpartition(":")
        return local if prefix == "xs" else self.types[local]

    def _attributes(self, node: etree._Element) -> dict[str, Attribute]:
        return {
            attribute.attrib["name"]: Attribute(
                self._fixed(attribute, self._rule(self._type_of(attribute))), attribute.get("use") == "required"
            )
            for attribute in node.iterchildren(f"{_XS}attribute")
        }

    def _fixed(self, node: etree._Element, rule: Rule) -> Rule:
        return rule if (fixed := node.get("fixed")) is None else Rule(rule.base, fixed=fixed)

    def _rule(self, kind: etree._Element | str) -> Rule:
        """Return the facets of a simple type, those of the types it is derived from included."""
        if isinstance(kind, str):
            return Rule(kind, negative=kind != "nonNegativeInteger")
        restriction = kind.find(f"{_XS}restriction")
        if restriction is None:
            raise ValueError("a simple type that is no restriction")
        rule = self._rule(self._named(restriction.attrib["base"]))
        found: dict[str, Any] = {}
        for facet in restriction.iterchildren(etree.Element):
            name, value = etree.QName(facet).localname, facet.attrib["value"]
            if name == "enumeration":
                found["allowed"] = (*found.get("allowed", ()), value)
            elif name in _FACETS:
                field, convert = _FACETS[name]
                found[field] = convert(value)
            elif name not in ("whiteSpace", "minLength"):
                raise ValueError(f"unknown facet {name}")
        return Rule(**{field: found.get(field, getattr(rule, field)) for field in Rule.__struct_fields__})


_FACETS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "pattern": ("pattern", str),
    "maxLength": ("length_max", int),
    "totalDigits": ("digits_max", int),
    "fractionDigits": ("decimals_max", int),
    "minInclusive": ("negative", lambda value: value != "0"),
}


def _box(node: etree._Element) -> str | None:
    words = node.findtext(f"{_XS}annotation/{_XS}documentation") or ""
    found = _BOXES.search(words)
    return None if found is None else ", ".join(re.findall(_BOX, found[1]))
