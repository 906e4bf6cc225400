"""How a complex type of the schema becomes a model class: one `Shape` each, read from elements in document order.

No type of the schema ends in a name that may also follow it, so a part ends where a name comes that it does not know.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

from lxml import etree

from declarations import model
from declarations.values import text

NAMESPACE: Final = "urn:shekara:ccd:1"

Elements = Iterator[etree._Element]
Following = etree._Element | None


class Reader(Protocol):
    """Reads a part whose own element has just been taken; returns its value and the first element after it."""

    def __call__(self, rest: Elements) -> tuple[Any, Following]: ...


class Leaf(NamedTuple):
    """`read` takes the element's text."""

    field: str
    read: Callable[[str], Any]
    repeats: bool = False


class Measure(NamedTuple):
    """`read` takes the element, for the sake of its attribute."""

    field: str
    read: Callable[[etree._Element], Any]
    repeats: bool = False


class Part(NamedTuple):
    field: str
    read: Reader
    repeats: bool = False


class Same(NamedTuple):
    """An element that only groups: its children are fields of the model class around it."""

    shape: "Shape"


_LEAF, _MEASURE, _PART, _LEAVES, _MEASURES, _PARTS, _SAME = range(7)


def _entry(entry: "Leaf | Measure | Part | Same") -> tuple[int, str, Callable[..., Any]]:
    """Return the entry as the innermost loop wants it: what to do, the field, the reader."""
    if isinstance(entry, Same):
        return _SAME, "", entry.shape.fill
    kind = (_LEAF, _MEASURE, _PART)[(Leaf, Measure, Part).index(type(entry))]
    return (kind + _LEAVES if entry.repeats else kind), entry.field, entry.read


class Shape:
    """How one complex type becomes one model class.

    `leading` are the leaves that the schema requires before anything optional: they are taken by position, and their
    `names` serve only to compare the shape with the schema.
    """

    def __init__(
        self, make: Callable[..., Any], leading: dict[str, Leaf], others: dict[str, Leaf | Measure | Part | Same]
    ) -> None:
        self.make = make
        self.names = tuple(leading)
        self.leading: tuple[tuple[str, Callable[[Any], Any]], ...] = tuple(
            (leaf.field, leaf.read) for leaf in leading.values()
        )
        self.known: dict[Any, tuple[int, str, Callable[..., Any]]] = {
            f"{{{NAMESPACE}}}{name}": _entry(entry) for name, entry in others.items()
        }

    def __call__(self, rest: Elements) -> tuple[Any, Following]:
        values: dict[str, Any] = {}
        following = self.fill(values, rest)
        return self.make(**values), following

    def fill(self, values: dict[str, Any], rest: Elements) -> Following:
        """Put what this shape knows into `values`; return the first element that it does not know."""
        for field, read in self.leading:
            values[field] = read(next(rest).text)
        element = next(rest, None)
        known = self.known
        if not known:
            return element
        while element is not None:
            entry = known.get(element.tag)
            if entry is None:
                break
            kind, field, read = entry
            if kind is _LEAF:
                values[field] = read(element.text)
                element = next(rest, None)
            elif kind is _MEASURE:
                values[field] = read(element)
                element = next(rest, None)
            elif kind is _SAME:
                element = read(values, rest)
            elif kind is _PART:
                values[field], element = read(rest)
            elif kind is _PARTS:
                value, element = read(rest)
                values[field] = (*values.get(field, ()), value)
            else:
                value = read(element.text if kind is _LEAVES else element)
                values[field] = (*values.get(field, ()), value)
                element = next(rest, None)
        return element


# Below, the schema demands both text and attribute: lxml's types cannot know it.


def amount(element: etree._Element) -> model.Amount:
    value, currency = element.text, element.get("currencyID")
    return model.Amount(Decimal(value), currency.strip())  # type: ignore[arg-type, union-attr]  # see above


def quantity(element: etree._Element) -> model.Quantity:
    value, unit = element.text, element.get("unitCode")
    return model.Quantity(Decimal(value), unit.strip())  # type: ignore[arg-type, union-attr]  # see above


def identifier(element: etree._Element) -> model.PartyIdentifier:
    value, scheme = element.text, element.get("schemeID")
    return model.PartyIdentifier(text(value), scheme.strip())  # type: ignore[arg-type, union-attr]  # see above
