"""The posts: where they are, who serves there, and how many inspections they can make a day."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from declarations.reference import Reference
from portal.access import Role
from portal.admin import store
from portal.database import reading
from portal.office import Office
from risk_gateway import capacity_store
from risk_gateway.days import day_of
from risk_gateway.knowledge import shipped_parameters

COUNTED: Final = (Role.DOCUMENT_OFFICER, Role.INSPECTOR, Role.PASSENGER_INSPECTOR, Role.CHIEF_OF_POST)


class Post(Struct, frozen=True):
    """`officials` counts who is in office today, by role; `capacity` is None where there is no limit."""

    code: str
    name: str
    region: str
    border: str | None
    fictitious: bool
    officials: Mapping[str, int]
    capacity: int | None


class Posts:
    def __init__(self, office: Office) -> None:
        self._office = office

    def page(self, text: str, language: str, number: int) -> store.Page:
        """Return the posts whose code, name or region holds a text."""
        today = day_of(self._office.clock.now())
        with reading(self._office.engine) as connection:
            counted = store.count_officials(connection, today)
            set_here = capacity_store.read_capacity(connection, today)
        capacity = {**shipped_parameters(today).capacity, **set_here}
        wanted = text.casefold()
        found = [
            Post(
                code=code,
                name=office.names.get(language, code),
                region=office.region,
                border=office.border,
                fictitious=office.fictitious,
                officials={role: counted.get((code, role), 0) for role in COUNTED},
                capacity=capacity.get(code),
            )
            for code, office in sorted(Reference.shipped().on(today).offices.items())
            if any(wanted in each.casefold() for each in (code, office.region, *office.names.values()))
        ]
        pages = max(1, -(-len(found) // store.PAGE))
        shown = min(max(1, number), pages)
        return store.Page(found[(shown - 1) * store.PAGE : shown * store.PAGE], shown, pages, len(found))
