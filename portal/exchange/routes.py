"""The exchange with partners: /exchange/v1. docs/exchange.md shows a partner how to call it."""

from typing import Annotated

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import SecurityScheme
from litestar.params import FromPath, FromQuery, Parameter

from portal.access import Permission
from portal.api.documenting import JSON, TEXT, operation
from portal.exchange.callers import PartnerCaller
from portal.exchange.cursors import PAGE_MAX
from portal.exchange.service import Exchange

PartnerRequest = Request[PartnerCaller, None, State]

SIGNED = "signed"  # the name of the security scheme
SIGNED_SCHEME = SecurityScheme(
    type="http",
    scheme="signature",
    description="RFC 9421 over method, authority, path, query and content digest, by a key of the partner on record.",
)
PROBLEMS = (400, 401, 403, 413, 429, 503)
NEED = {"need": Permission.EXCHANGE}
TAKES_QUERY = "Whom (`number` with `country`, or `number_hash`), for what `purpose`, on what `legal_basis`."
TAKES_BATCH = "`messages`: 1 to 100 envelopes, at most 2,000,000 bytes in all."


class ExchangeApi(Controller):
    path = "/exchange/v1"

    @get(
        "/violations",
        opt=NEED,
        sync_to_thread=True,
        operation_class=operation(JSON, answers={200: "A page."}, problems=(*PROBLEMS, 410), scheme=SIGNED),
        summary="Read violations since a cursor",
    )
    def violations(
        self,
        request: PartnerRequest,
        exchange: NamedDependency[Exchange],
        after: FromQuery[Annotated[str, Parameter(max_length=120)]] = "",
        limit: FromQuery[Annotated[int, Parameter(ge=1, le=PAGE_MAX)]] = PAGE_MAX,
    ) -> Response[bytes]:
        """Return versions of violations that were written after the cursor `after`, as far as the partner's policy
        lets them be told, and the cursor to ask with next. When a cursor is lost (410), begin anew without one."""
        return _json(exchange.violations(request.user.partner, after, limit))

    @post(
        "/queries",
        status_code=200,
        opt=NEED,
        sync_to_thread=True,
        operation_class=operation(
            JSON, answers={200: "What may be told."}, problems=PROBLEMS, takes=TAKES_QUERY, body=JSON, scheme=SIGNED
        ),
        summary="Ask about somebody",
    )
    def query(self, request: PartnerRequest, exchange: NamedDependency[Exchange]) -> Response[bytes]:
        """Return the violations of a person or firm that the partner's policy lets be told for this purpose.

        Every query is logged, and shown to the auditor and, where law allows, to whom it was about."""
        return _json(exchange.query(request.user.partner, request.user.body))

    @post(
        "/submissions",
        status_code=200,
        opt=NEED,
        sync_to_thread=True,
        operation_class=operation(
            JSON, answers={200: "An answer to each."}, problems=PROBLEMS, takes=TAKES_BATCH, body=JSON, scheme=SIGNED
        ),
        summary="Submit messages",
    )
    def submit(self, request: PartnerRequest, exchange: NamedDependency[Exchange]) -> Response[bytes]:
        """Take messages; each is answered by itself, in the order of the batch: `taken` or `refused` with a signed
        receipt, or `later`. A message that is sent again gets the receipt that it got before."""
        caller = request.user
        return _json(exchange.submit(caller.partner, caller.proof, caller.body))

    @get(
        "/receipts/{message_id:str}",
        opt=NEED,
        sync_to_thread=True,
        operation_class=operation(TEXT, answers={200: "A JWS."}, problems=(*PROBLEMS, 404), scheme=SIGNED),
        summary="Read the receipt of a message",
    )
    def receipt(
        self, request: PartnerRequest, exchange: NamedDependency[Exchange], message_id: FromPath[str]
    ) -> Response[bytes]:
        """Return the receipt of a message that the partner sent, as a compact JWS."""
        receipt = exchange.receipt(request.user.partner, message_id)
        return Response(receipt.encode(), media_type="text/plain")


def _json(value: object) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json")
