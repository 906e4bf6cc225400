"""Every way in which somebody with the database in hand might change one thing in the stored journal."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from journals import Tables

T = TypeVar("T")


def tamper(tables: Tables, chance: random.Random) -> Tables:
    """Return the tables after one change, drawn at random."""
    while True:
        changed = chance.choice(WAYS)(tables, chance)
        if changed != tables:
            return changed


def change_tiles(tables: Tables, chance: random.Random) -> Tables:
    """One tile is changed in any column, deleted, repeated or put in another's place."""
    place, other = chance.sample(range(len(tables.tiles)), 2)
    tile = tables.tiles[place]
    column = chance.choice(["level", "index", "root"])
    ways = (
        _with(tables.tiles, place, replace(tile, **{column: _other_value(getattr(tile, column), chance)})),
        _without(tables.tiles, place),
        (*tables.tiles, tile),
        _with(tables.tiles, other, tile),
    )
    return replace(tables, tiles=chance.choice(ways))


def _change_entry(tables: Tables, chance: random.Random) -> Tables:
    """Another byte, character or number in any column of one row."""
    place = chance.randrange(len(tables.entries))
    row: list[Any] = list(tables.entries[place])
    column = chance.choice([0, 1, 2, 3, 3, 3, 4])
    row[column] = _other_value(row[column], chance)
    return replace(tables, entries=_with(tables.entries, place, tuple(row)))


def _delete_entry(tables: Tables, chance: random.Random) -> Tables:
    return replace(tables, entries=_without(tables.entries, chance.randrange(len(tables.entries))))


def _swap_entries(tables: Tables, chance: random.Random) -> Tables:
    """Two rows change places, with or without their numbers, or exchange the contents of a column."""
    one, two = chance.sample(range(len(tables.entries)), 2)
    rows: list[list[Any]] = [list(row) for row in tables.entries]
    for column in chance.choice([range(5), range(1, 5), [3, 4], [chance.randrange(5)]]):
        rows[one][column], rows[two][column] = rows[two][column], rows[one][column]
    return replace(tables, entries=tuple(tuple(row) for row in rows))


def _swap_bytes(tables: Tables, chance: random.Random) -> Tables:
    place = chance.randrange(len(tables.entries))
    index, event, subject, entry, leaf = tables.entries[place]
    one, two = chance.sample(range(len(entry)), 2)
    swapped = bytearray(entry)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    return replace(tables, entries=_with(tables.entries, place, (index, event, subject, bytes(swapped), leaf)))


def _shorten_entry(tables: Tables, chance: random.Random) -> Tables:
    place = chance.randrange(len(tables.entries))
    index, event, subject, entry, leaf = tables.entries[place]
    shorter = entry[: chance.randrange(len(entry))]
    return replace(tables, entries=_with(tables.entries, place, (index, event, subject, shorter, leaf)))


def _repeat_entry(tables: Tables, chance: random.Random) -> Tables:
    place = chance.randrange(len(tables.entries))
    return replace(tables, entries=(*tables.entries[:place], tables.entries[place], *tables.entries[place:]))


def _cut_tail(tables: Tables, chance: random.Random) -> Tables:
    """Rows alone, or also the head and tiles that follow from them, or the checkpoints too."""
    cut = tables.first(chance.randrange(len(tables.entries)))
    columns = ("entries", "size", "frontier", "tiles", "checkpoints")
    gone = columns[: chance.choice([1, 4, 5])]
    return replace(tables, **{column: getattr(cut, column) for column in gone})


def _change_head(tables: Tables, chance: random.Random) -> Tables:
    column = chance.choice(["size", "frontier"])
    return replace(tables, **{column: _other_value(getattr(tables, column), chance)})


def _change_checkpoint(tables: Tables, chance: random.Random) -> Tables:
    place = chance.randrange(len(tables.checkpoints))
    row = tables.checkpoints[place]
    column = chance.choice(["size", "root", "note", "note", "signed_at"])
    changed = replace(row, **{column: _other_value(getattr(row, column), chance)})
    return replace(tables, checkpoints=_with(tables.checkpoints, place, changed))


def _delete_checkpoint(tables: Tables, chance: random.Random) -> Tables:
    return replace(tables, checkpoints=_without(tables.checkpoints, chance.randrange(len(tables.checkpoints))))


def _swap_notes(tables: Tables, chance: random.Random) -> Tables:
    one, two = chance.sample(range(len(tables.checkpoints)), 2)
    rows = list(tables.checkpoints)
    rows[one], rows[two] = replace(rows[one], note=rows[two].note), replace(rows[two], note=rows[one].note)
    return replace(tables, checkpoints=tuple(rows))


def _other_value(value: Any, chance: random.Random) -> Any:
    """Return a value one step from this one: another byte, character, number or moment."""
    if isinstance(value, bytes):
        place = chance.randrange(len(value))
        return value[:place] + bytes([value[place] ^ (1 << chance.randrange(8))]) + value[place + 1 :]
    if isinstance(value, str):
        place = chance.randrange(len(value))
        other = chance.choice(["", "0", "A", "я", "\n", "=", value[place].swapcase()])
        return value[:place] + other + value[place + 1 :]
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 1 << chance.randrange(8)])
    return value + timedelta(microseconds=chance.choice([-1, 1, 10**6]))


def _with(rows: Sequence[T], place: int, row: T) -> tuple[T, ...]:
    return (*rows[:place], row, *rows[place + 1 :])


def _without(rows: Sequence[T], place: int) -> tuple[T, ...]:
    return (*rows[:place], *rows[place + 1 :])


WAYS: Sequence[Callable[[Tables, random.Random], Tables]] = (
    *(_change_entry,) * 8,
    _delete_entry,
    _swap_entries,
    _swap_bytes,
    _shorten_entry,
    _repeat_entry,
    _cut_tail,
    _change_head,
    _change_checkpoint,
    _delete_checkpoint,
    _swap_notes,
)
