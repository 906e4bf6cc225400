"""Events of electronic seals: POST /api/v1/movements/{number}/events. docs/movements.md shows an operator how."""

import msgspec
from litestar import Controller, Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from interop.adapters.seals.messages import BATCH_MAX
from portal.access import Permission
from portal.api.documenting import JSON, operation
from portal.exchange.callers import PartnerCaller
from portal.movements.service import Movements

PROBLEMS = (400, 401, 403, 404, 413, 429, 503)
TAKES = (
    f"`events`: 1 to {BATCH_MAX} events of one movement, in any order. Each has `id` (the operator's, always the same "
    "for the same event), `seal`, `kind` (sealed, position, opened, tampered, low_battery, removed), `at` (by the "
    "seal's clock, with its zone), `counter` (the seal's own, counting up), and where known `longitude`, `latitude` "
    "in degrees and `battery_percent`."
)
ANSWERS = "What became of each event: `taken`, `repeated` (taken before) or `refused` with a `code`."


class SealEventsApi(Controller):
    path = "/api/v1/movements"

    @post(
        "/{number:str}/events",
        status_code=200,
        opt={"need": Permission.SEND_SEAL_EVENTS},
        sync_to_thread=True,
        operation_class=operation(
            JSON, answers={200: ANSWERS}, problems=PROBLEMS, takes=TAKES, body=JSON, scheme="signed"
        ),
        summary="Tell what electronic seals told",
    )
    def take(
        self,
        request: Request[PartnerCaller, None, State],
        number: FromPath[str],
        movements: NamedDependency[Movements],
    ) -> Response[bytes]:
        """Take events of the seals of a movement. Late ones, ones out of order and ones that were sent before are
        welcome: what they come to does not depend on the order in which they come. The request is signed as one to
        `/exchange/v1` is (RFC 9421), by a key of the operator on record; so is the answer."""
        answers = movements.take_events(request.user, number)
        return Response(msgspec.json.encode(answers), media_type="application/json")
