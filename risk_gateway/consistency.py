"""Whether a condition can hold at all, and whether it can fail: contradictions and tautologies, found exactly.

The values of each field that a profile mentions are cut into cells within which no leaf of it distinguishes: for
`x < 5` and `x > 10` these are below 5, 5, 5 to 10, 10, above 10. A leaf then is a set of cells, and a tree is tried
cell by cell. Facts are taken as known and as independent of each other; numbers begin at 0.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple, TypeAlias

from msgspec.structs import fields as struct_fields

from risk_gateway.catalog import Field, FieldType, fields
from risk_gateway.model import HeaderFacts, ItemFacts
from risk_gateway.profiles import Condition

WORK_MAX = 500_000  # parts looked at for one profile: well below a second
DEPTH_MAX = 200
CHAPTERS = frozenset(f"{chapter:02}" for chapter in range(1, 98)) - {"77"}
OTHER = ""

Universe: TypeAlias = Callable[[Field], Collection[str] | None]  # every value that a field can have, None when open


class TooComplicated(Exception):
    """The tree has too many combinations to be tried."""


class Choice(NamedTuple):
    """The variable has one of these cells."""

    variable: str
    cells: frozenset[str | int]


class Every(NamedTuple):
    parts: tuple["Formula", ...]


class Some(NamedTuple):
    parts: tuple["Formula", ...]


Formula: TypeAlias = Choice | Every | Some


class Grid:
    """The cells of every field that the conditions mention."""

    def __init__(self, conditions: Iterable[Condition], universe: Universe) -> None:
        mentioned: dict[str, list[Condition]] = {}
        for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
            mentioned.setdefault(str(leaf.field), []).append(leaf)
        self._cells: dict[str, tuple[str | int, ...]] = {}
        self._cuts: dict[str, list[Decimal]] = {}
        self._axioms: list[Formula] = []
        self._work = 0
        for name, given in mentioned.items():
            self._add(fields()[name], given, universe)

    def _add(self, field: Field, given: list[Condition], universe: Universe) -> None:
        if field.type is FieldType.NUMBER:
            self._cuts[field.name] = sorted({Decimal(0), *(number for leaf in given for number in _numbers(leaf))})
            self._cells[field.name] = tuple(self._number_cells(field.name))
            return
        if field.type is FieldType.FLAG:
            self._cells[field.name] = (0, 1)
            return
        texts = sorted({text for leaf in given for text in _texts(leaf)})
        if field.type is FieldType.LIST:
            self._add_list(field.name, texts)
            return
        known = universe(field)
        if field.type is FieldType.COMMODITY:
            open_ended = not set(texts) >= CHAPTERS
        else:
            open_ended = known is None or bool(set(known) - set(texts))
            texts = [text for text in texts if known is None or text in known]
        self._cells[field.name] = (*texts, *((OTHER,) if open_ended else ()))

    def _add_list(self, name: str, texts: list[str]) -> None:
        """A list has a variable for each beginning: whether a member begins so. 06011 on it means 06 on it."""
        for text in texts:
            self._cells[f"{name} {text}"] = (0, 1)
        for short in texts:
            for long in texts:
                if long != short and long.startswith(short):
                    parts = (Choice(f"{name} {long}", frozenset({0})), Choice(f"{name} {short}", frozenset({1})))
                    self._axioms.append(Some(parts))

    def _number_cells(self, name: str) -> Iterator[int]:
        """Yield 2i for the i-th limit, 2i + 1 for what lies above it, from 0 on; whole numbers skip empty gaps."""
        cuts, whole = self._cuts[name], name in _whole_numbers()
        for place, cut in enumerate(cuts):
            if cut >= 0 and (not whole or cut == int(cut)):
                yield 2 * place
            if cut >= 0 and not (whole and place + 1 < len(cuts) and int(cut) + 1 >= cuts[place + 1]):
                yield 2 * place + 1

    def formula(self, condition: Condition, wanted: bool = True) -> Formula:
        """Return a checked tree, or its opposite, over the cells."""
        if condition.negated is not None:
            return self.formula(condition.negated, not wanted)
        if condition.field is None:
            parts = tuple(self.formula(child, wanted) for child in (condition.all or ()) + (condition.any or ()))
            return _every(parts) if (condition.all is not None) is wanted else _some(parts)
        field = fields()[condition.field]
        if field.type is FieldType.LIST:
            return self._list(condition, (condition.op == "present") is wanted)
        cells = frozenset(cell for cell in self._cells[field.name] if self._holds(field, condition, cell) is wanted)
        return Choice(field.name, cells)

    def _list(self, leaf: Condition, present: bool) -> Formula:
        parts = tuple(Choice(f"{leaf.field} {text}", frozenset({int(present)})) for text in _texts(leaf))
        return Some(parts) if present else Every(parts)

    def _holds(self, field: Field, leaf: Condition, cell: str | int) -> bool:
        if field.type is FieldType.FLAG:
            return bool(cell) is leaf.value
        if field.type is FieldType.NUMBER:
            return self._number_holds(field.name, leaf, int(cell))
        if field.type is FieldType.COMMODITY:
            return str(cell).startswith(_texts(leaf)) is (leaf.op == "prefix")
        return (cell in _texts(leaf)) is (leaf.op == "in")

    def _number_holds(self, name: str, leaf: Condition, cell: int) -> bool:
        places = [2 * self._cuts[name].index(number) for number in _numbers(leaf)]
        if leaf.op == "between":
            return places[0] <= cell <= places[1]
        (at,) = places
        return {"<": cell < at, "<=": cell <= at, ">": cell > at, ">=": cell >= at}[str(leaf.op)]

    def possible(self, formulas: Sequence[Formula]) -> bool:
        """Say whether all of these can hold at once. Raises TooComplicated."""
        return self._try([*self._axioms, *formulas], {}, depth=0)

    def _try(self, pending: list[Formula], allowed: dict[str, frozenset[str | int]], depth: int) -> bool:
        """Say whether `pending` can hold with what is `allowed`: what is certain first, then one branch at a time."""
        allowed, choices = dict(allowed), []
        while pending:
            part = pending.pop()
            self._spend(depth)
            if isinstance(part, Every):
                pending.extend(part.parts)
            elif isinstance(part, Some):
                choices.append(part)
            else:
                left = part.cells & self._left(part.variable, allowed)
                if not left:
                    return False
                allowed[part.variable] = left
        open_choices = [open_choice for choice in choices if (open_choice := self._narrowed(choice, allowed))]
        if not open_choices:
            return True
        first = min(open_choices, key=lambda choice: len(choice.parts))
        others = [choice for choice in open_choices if choice is not first]
        return any(self._try([option, *others], allowed, depth + 1) for option in first.parts)

    def _narrowed(self, choice: Some, allowed: dict[str, frozenset[str | int]]) -> Some | None:
        """Return the branches that are still open; None when one of them holds already."""
        still = []
        for part in choice.parts:
            self._spend(0)
            if isinstance(part, Choice):
                left = self._left(part.variable, allowed)
                if left <= part.cells:
                    return None
                if not left & part.cells:
                    continue
            still.append(part)
        return Some(tuple(still))

    def _left(self, variable: str, allowed: dict[str, frozenset[str | int]]) -> frozenset[str | int]:
        found = allowed.get(variable)
        return frozenset(self._cells[variable]) if found is None else found

    def _spend(self, depth: int) -> None:
        self._work += 1
        if self._work > WORK_MAX or depth > DEPTH_MAX:
            raise TooComplicated


def core(grid: Grid, conditions: Sequence[Condition]) -> list[Condition]:
    """Return the fewest of these conditions, each needed, that cannot hold together."""
    needed = list(conditions)
    for condition in conditions:
        fewer = [one for one in needed if one is not condition]
        if fewer and not grid.possible([grid.formula(one) for one in fewer]):
            needed = fewer
    return needed


def leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the leaves of a tree, in reading order."""
    if condition.negated is not None:
        yield from leaves(condition.negated)
    elif condition.field is None:
        for child in (condition.all or ()) + (condition.any or ()):
            yield from leaves(child)
    else:
        yield condition


def _every(parts: tuple[Formula, ...]) -> Formula:
    return parts[0] if len(parts) == 1 else Every(parts)


def _some(parts: tuple[Formula, ...]) -> Formula:
    """Join what is said of one variable: `x < 5 or x >= 5` then is every cell of it."""
    choices = [part for part in parts if isinstance(part, Choice)]
    if len(choices) == len(parts) and len({choice.variable for choice in choices}) == 1:
        return Choice(choices[0].variable, frozenset().union(*(choice.cells for choice in choices)))
    return Some(parts)


def _texts(leaf: Condition) -> tuple[str, ...]:
    return tuple(str(part) for part in leaf.value) if isinstance(leaf.value, tuple) else ()


def _numbers(leaf: Condition) -> tuple[Decimal, ...]:
    return tuple(Decimal(part) for part in (leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)))  # type: ignore[arg-type]


@cache
def _whole_numbers() -> frozenset[str]:
    """Return the fields that hold counts."""
    facts = (*struct_fields(HeaderFacts), *struct_fields(ItemFacts))
    return frozenset(fact.name for fact in facts if fact.type == int | None)
