"""Where the inspections that are ordered and not closed are kept, with the marks of their goods."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Connection, Date, bindparam, text

from risk_gateway.history import Addition
from risk_gateway.model import OpenControl
from risk_gateway.profiles import Extent
from risk_gateway.repeated_goods import STORED_MOST, Mark, ordered_controls

MARKS_AT_ONCE = 10_000  # PostgreSQL takes no more than 65,535 values in a question
_READ_CONTROLS = text("""
    SELECT participant, mark, extent, grams, tiyn, ordered_on,
           MIN(functional_reference_id), MAX(functional_reference_id)
      FROM open_control WHERE participant IN :participants AND mark IN :marks AND ordered_on >= :since
     GROUP BY participant, mark, extent, grams, tiyn, ordered_on
""").bindparams(
    bindparam("participants", expanding=True), bindparam("marks", expanding=True), bindparam("since", type_=Date)
)
_ADD_CONTROLS = text("""
    INSERT INTO open_control (participant, functional_reference_id, mark, place, extent, grams, tiyn, ordered_on)
    VALUES (:participant, :reference, :mark, :place, :extent, :grams, :tiyn, :day)
    ON CONFLICT (participant, mark, functional_reference_id, place) DO UPDATE SET
           extent = excluded.extent, grams = excluded.grams, tiyn = excluded.tiyn
""").bindparams(bindparam("day", type_=Date))
_CLOSE_CONTROL = text(
    "DELETE FROM open_control WHERE participant = :participant AND functional_reference_id = :reference"
)


def read_open(connection: Connection, additions: Sequence[Addition]) -> dict[str, list[OpenControl]]:
    """Return the inspections that are ordered and not closed of goods with the marks of these lodgements, by declarant.

    Of those that are alike but for their references two are given, so that one is left when a reference is not counted:
    somebody who declares the same goods every hour shall not make his lodgements slow.
    """
    marks = sorted({mark.mark for given in additions for mark in given.marks})
    found: dict[str, list[OpenControl]] = {}
    for place in range(0, len(marks), MARKS_AT_ONCE):
        asked = {
            "participants": sorted({given.declarant for given in additions}),
            "marks": marks[place : place + MARKS_AT_ONCE],
            "since": min(given.day for given in additions) - STORED_MOST,
        }
        for participant, *control in connection.execute(_READ_CONTROLS, asked):
            mark, extent, grams, tiyn, ordered_on, first, last = control
            found.setdefault(participant, []).extend(
                OpenControl(mark, reference, Extent(extent), grams, tiyn, _day(ordered_on))
                for reference in dict.fromkeys((first, last))
            )
    return found


def add_ordered(connection: Connection, additions: Sequence[Addition]) -> None:
    """Keep by what the goods of inspected declarations are known again."""
    for given in sorted(additions, key=lambda given: (given.declarant, given.reference)):
        open_control(connection, given.declarant, given.reference, given.marks, given.extent, given.day)


def open_control(
    connection: Connection, participant: str, reference: str, marks: Iterable[Mark], extent: Extent | None, day: date
) -> None:
    """Keep by what the goods of one declaration are known again while their inspection is open."""
    rows = [
        {
            "participant": participant,
            "reference": reference,
            "mark": control.mark,
            "place": place,
            "extent": control.extent.value,
            "grams": control.grams,
            "tiyn": control.tiyn,
            "day": day,
        }
        for place, control in enumerate(ordered_controls(marks, reference, extent))
    ]
    if rows:
        connection.execute(_ADD_CONTROLS, rows)


def close_control(connection: Connection, participant: str, reference: str) -> None:
    """Forget that an inspection of these goods is open: it was closed, or officers gave it up. A declaration that is
    withdrawn keeps its own: lodged anew, its goods are inspected."""
    connection.execute(_CLOSE_CONTROL, {"participant": participant, "reference": reference})


def _day(given: date | str) -> date:
    """Return a day as it comes from the driver: SQLite keeps text."""
    return date.fromisoformat(given) if isinstance(given, str) else given
