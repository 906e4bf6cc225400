"""Writing a declaration: from plain values by path to XML in the order of the schema, and back.

A path is relative to `Declaration`, or to `GovernmentAgencyGoodsItem` for the values of an item. An element that may
repeat carries its position, from [1]; an attribute ends in `/@name`:

    GoodsShipment/Consignment/TransportEquipment[2]/SealID[1]
    Commodity/ItemChargeAmount/@currencyID

What only counts is never a value: items are numbered, and their number is written, by `write`. Whether the document is
valid is not asked here: an unfinished one can be written, so that the schema says what it lacks.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from msgspec import Struct, field

from declarations.grammar import Element, grammar
from declarations.refusal import own_text
from declarations.values import collapsed

ITEM: Final = "GovernmentAgencyGoodsItem"
VERSION: Final = "1.0"
_COUNTED: Final = ("GoodsItemQuantity", "SequenceNumeric")
_NAMESPACE: Final = "urn:shekara:ccd:1"
_STEP: Final = re.compile(r"([A-Za-z]+)(?:\[([1-9][0-9]{0,2})\])?")


class Content(Struct, frozen=True):
    """Values by path: those of the declaration, and those of each goods item in turn."""

    fields: dict[str, str] = field(default_factory=dict)
    items: list[dict[str, str]] = field(default_factory=list)


_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_AGAIN: Final = "SameAsDeclarant"
_INDENT: Final = "  "


class UnknownPath(ValueError):
    """The schema has no such place."""


def write(content: Content) -> bytes:
    """Return the declaration as XML. Blank values are left out; positions close up. Raises `UnknownPath`.

    What XML has no place for, such as control characters, is left out too.
    """
    values = {**_told(content.fields), "GoodsItemQuantity": str(len(content.items))}
    places = _in_order(values, in_item=False)
    items = content.items
    if items:
        places.append((_ITEMS, ""))
        places.sort(key=_key)
    out = [f'<?xml version="1.0" encoding="UTF-8"?>\n<Declaration xmlns="{_NAMESPACE}" schemaVersion="{VERSION}">\n']
    _emit(out, places, values, 1, items)
    out.append("</Declaration>\n")
    return "".join(out).encode()


def content_of(root: etree._Element) -> Content:
    """Return the values of a declaration; the inverse of `write`. Signature and `Id` are not among them."""
    content = Content()
    _collect(root, grammar(), "", content.fields, content.items)
    return content


@cache
def declared_item() -> Element:
    """Return what the schema says of a goods item."""
    return declared_at(grammar(), "GoodsShipment/" + ITEM)


def declared_at(declared: Element, path: str) -> Element:
    """Return what the schema says of the element at `path` below `declared`; positions do not matter."""
    for step in path.split("/"):
        declared = _child(declared, _name(step)[0], path)
    return declared


class _Place(NamedTuple):
    """A path taken apart. `key` sorts as the schema does; `steps` are the elements, with positions, `tag` the last."""

    key: tuple[tuple[int, int], ...]
    steps: tuple[str, ...]
    names: tuple[str, ...]
    path: str  # of the element, without its attribute


@lru_cache(maxsize=16_384)
def _place(path: str, in_item: bool) -> _Place:
    declared = declared_item() if in_item else grammar()
    element = path.partition("/@")[0]
    key, steps, names = [], [], []
    for step in element.split("/"):
        name, position = _name(step)
        key.append((declared.positions.get(f"{{{_NAMESPACE}}}{name}", -1), position))
        declared = _child(declared, name, path)
        steps.append(step)
        names.append(name)
    return _Place(tuple(key), tuple(steps), tuple(names), element)


def _key(placed: tuple[_Place, str]) -> tuple[tuple[int, int], ...]:
    return placed[0].key


def _told(values: Mapping[str, str]) -> dict[str, str]:
    told = {}
    for path, value in values.items():
        if value.isprintable() and "  " not in value and value[:1] != " " and value[-1:] != " ":
            found = value  # as nearly all are
        else:
            found = collapsed(_NOT_XML.sub("", value))
        if found and path not in _COUNTED:
            told[path] = found
    return told


def _in_order(values: Mapping[str, str], *, in_item: bool) -> list[tuple[_Place, str]]:
    """Return the values of elements in the order of the schema, each with what its tag carries.

    Where the declarant stands again, a party that was given before is passed over.
    """
    again = tuple(path.removesuffix(_AGAIN) + "Party/" for path in values if path.endswith(_AGAIN))
    attributes: dict[str, str] = {}
    for path, value in values.items():
        if "/@" in path:
            place, name = _place(path, in_item), path.partition("/@")[2]
            attributes[place.path] = attributes.get(place.path, "") + f" {name}={quoteattr(value)}"
    found = [
        (_place(path, in_item), attributes.get(path, ""))
        for path in values
        if "/@" not in path and not (again and path.startswith(again))
    ]
    found.sort(key=_key)
    return found


def _emit(
    out: list[str],
    places: list[tuple[_Place, str]],
    values: Mapping[str, str],
    depth: int,
    items: list[dict[str, str]],
) -> None:
    """Write elements and the ones around them, opening and closing these as the paths change."""
    opened: list[str] = []
    for place, attributes in places:
        around = place.steps[:-1]
        common = 0
        while common < len(opened) and common < len(around) and opened[common] == around[common]:
            common += 1
        while len(opened) > common:
            out.append(f"{_INDENT * (depth + len(opened) - 1)}</{_name(opened.pop())[0]}>\n")
        for name in place.names[common:-1]:
            out.append(f"{_INDENT * (depth + len(opened))}<{name}>\n")
            opened.append(place.steps[len(opened)])
        indent = _INDENT * (depth + len(opened))
        if place is _ITEMS:
            for number, item in enumerate(items, 1):
                told = {**_told(item), "SequenceNumeric": str(number)}
                out.append(f"{indent}<{ITEM}>\n")
                _emit(out, _in_order(told, in_item=True), told, depth + len(opened) + 1, [])
                out.append(f"{indent}</{ITEM}>\n")
        else:
            name = place.names[-1]
            text = values[place.path]
            if "&" in text or "<" in text or ">" in text:
                text = escape(text)
            out.append(f"{indent}<{name}{attributes}>{text}</{name}>\n")
    while opened:
        out.append(f"{_INDENT * (depth + len(opened) - 1)}</{_name(opened.pop())[0]}>\n")


def _collect(
    element: etree._Element, declared: Element, path: str, values: dict[str, str], items: list[dict[str, str]]
) -> None:
    counts: dict[str, int] = {}
    for child in element.iterchildren(etree.Element):
        kind = declared.children[declared.positions[str(child.tag)]] if str(child.tag) in declared.positions else None
        if kind is None or kind.opaque or path + kind.name in _COUNTED:
            continue
        if kind.name == ITEM:
            items.append({})
            _collect(child, kind, "", items[-1], items)
            continue
        counts[kind.name] = counts.get(kind.name, 0) + 1
        place = path + kind.name + (f"[{counts[kind.name]}]" if kind.occurs_max > 1 else "")
        if kind.rule is None:
            _collect(child, kind, place + "/", values, items)
            continue
        values[place] = collapsed(own_text(child)) or (kind.rule.fixed or "")
        for name, value in child.attrib.items():
            values[f"{place}/@{name}"] = collapsed(str(value))


def _child(declared: Element, name: str, path: str) -> Element:
    position = declared.positions.get(f"{{{_NAMESPACE}}}{name}")
    if position is None:
        raise UnknownPath(path)
    return declared.children[position]


def _name(step: str) -> tuple[str, int]:
    found = _STEP.fullmatch(step)
    if found is None:
        raise UnknownPath(step)
    return found[1], int(found[2] or 1)


def leaves(declared: Element, path: str = "") -> Iterator[str]:
    """Yield the path of every value that the schema allows below `declared`, positions left out."""
    for child in declared.children:
        if child.opaque or child.name == ITEM or path + child.name in _COUNTED:
            continue
        if child.rule is None:
            yield from leaves(child, f"{path}{child.name}/")
        else:
            yield path + child.name
            yield from (f"{path}{child.name}/@{name}" for name in child.attributes)


_ITEMS: Final = _place(f"GoodsShipment/{ITEM}", False)
