"""Random selection as anybody may check it: the keys of the days, and the random draw of an own declaration."""

from datetime import date
from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.api.callers import SELECTION
from portal.api.documenting import JSON, read_operation
from portal.api.routes import ApiRequest, find_stored
from portal.errors import NotFound
from portal.office import Office
from portal.stored_draws import StoredDraws


class SelectionApi(Controller):
    path = SELECTION

    @get(
        "/keys",
        opt={"need": Permission.SEE_PUBLIC_PAGES},
        sync_to_thread=True,
        operation_class=read_operation(JSON, open=True),
        summary="Read the keys of random selection",
    )
    def keys(self, the_office: NamedDependency[Office], before: FromQuery[date | None] = None) -> Response[bytes]:
        """Return a month of days, newest first: the SHA-256 that was published before each, with its entry of the
        journal, and the key once its day is well over. `next_before` leads to earlier days."""
        return _json(StoredDraws(the_office).days(before))


class DrawApi(Controller):
    path = "/api/v1/declarations"
    dependencies = ADDRESS

    @get(
        f"{DECLARATION}/selection",
        opt={"need": Permission.READ_DECLARATIONS},
        sync_to_thread=True,
        operation_class=read_operation(JSON),
        summary="Read a declaration's random draw",
    )
    def random_draw(
        self, request: ApiRequest, the_office: NamedDependency[Office], address: NamedDependency[Address]
    ) -> Response[bytes]:
        """Return what the draw was made over, and after the key is disclosed the draw itself, for checking it."""
        stored = find_stored(request, the_office, address.number)
        found = StoredDraws(the_office).random_draw(stored.registration_number)
        if found is None:
            raise NotFound("declaration.not_found", number=address.number)
        return _json(found)


def _json(content: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(content), media_type="application/json")
