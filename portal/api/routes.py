"""The API of declarants and brokers: lodge, check without lodging, read."""

from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery

from declarations import store
from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.api.callers import ApiCaller
from portal.api.documenting import JSON, LODGE_PROBLEMS, XML, operation, read_operation
from portal.checking import check_without_lodging
from portal.database import reading
from portal.entry import Answer
from portal.errors import NotFound
from portal.languages import negotiate
from portal.office import Office
from portal.pipeline import lodge_while_serving
from portal.stages import Lodged

ApiRequest = Request[ApiCaller, None, State]


TAKES = "A declaration of urn:shekara:ccd:1, at most 8,000,000 bytes."
LODGED = operation(
    JSON,
    XML,
    answers={
        201: "The decision.",
        202: "A correction that waits for an officer; the version before it holds.",
    },
    problems=LODGE_PROBLEMS,
    takes=TAKES,
)
CHECKED = operation(JSON, answers={200: "The report."}, problems=LODGE_PROBLEMS, takes=TAKES)


class DeclarationsApi(Controller):
    path = "/api/v1/declarations"
    dependencies = ADDRESS

    @post(opt={"need": Permission.LODGE_DECLARATIONS}, operation_class=LODGED, summary="Lodge a declaration")
    async def lodge(self, request: ApiRequest, the_office: NamedDependency[Office]) -> Response[bytes]:
        """Lodge a signed declaration. The answer is the decision: JSON, or the sealed XML notice by Accept.

        A correction (function code 4) becomes the next version; 202 says that an officer has to permit it first, and
        answers with the version before. The same bytes sent again get the same answer.
        """
        lodged = Lodged(await request.body(), the_office.clock.now(), request.user.participant)
        answer = await lodge_while_serving(lodged, the_office)
        return _answer(request, answer, 202 if answer.asked else 201)

    @post(
        "/check",
        status_code=200,
        opt={"need": Permission.CHECK_DECLARATIONS},
        operation_class=CHECKED,
        summary="Check a declaration without lodging it",
    )
    async def check(self, request: ApiRequest, the_office: NamedDependency[Office]) -> Response[bytes]:
        """Return the defects, what is payable and which documents are needed; nothing is kept, no risk is judged."""
        report = check_without_lodging(
            await request.body(), the_office.current(), the_office.clock.now(), language_of(request)
        )
        return Response(msgspec.json.encode(report), media_type="application/json")

    @get(
        DECLARATION,
        opt={"need": Permission.READ_DECLARATIONS},
        sync_to_thread=True,
        operation_class=read_operation(JSON, XML),
        summary="Read a declaration's status and decision",
    )
    def read(
        self,
        request: ApiRequest,
        the_office: NamedDependency[Office],
        address: NamedDependency[Address],
        version: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        """Return the declaration with its decision, the newest version unless one is named. The three parts are those
        of the registration number."""
        return _answer(request, _find(request, the_office, address.number, version), 200)

    @get(
        f"{DECLARATION}/decision",
        opt={"need": Permission.READ_DECLARATIONS},
        sync_to_thread=True,
        operation_class=read_operation(JSON, XML),
        summary="Read a decision",
    )
    def read_decision(
        self,
        request: ApiRequest,
        the_office: NamedDependency[Office],
        address: NamedDependency[Address],
        version: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        """Return the decision on the newest version, or on the one named: JSON, or the sealed XML notice by Accept."""
        return _answer(request, _find(request, the_office, address.number, version), 200)


def language_of(request: Request[Any, Any, Any]) -> str:
    """Return the language that the caller asks for; English without a wish."""
    return negotiate(None, request.headers.get("accept-language", "en"))


def find_stored(request: ApiRequest, office: Office, number: str, version: int | None = None) -> store.Stored:
    """Return a declaration of which the caller is a party. Raises `NotFound`: others' numbers are not there."""
    with reading(office.engine) as connection:
        stored = store.find_by_number(connection, number, version)
    if stored is None or request.user.participant not in (stored.key.declarant, stored.agent):
        raise NotFound("declaration.not_found", number=number)
    return stored


def _find(request: ApiRequest, office: Office, number: str, version: int | None) -> Answer:
    return office.answer_of(find_stored(request, office, number, version))


def _answer(request: ApiRequest, answer: Answer, status: int) -> Response[bytes]:
    headers = {"Location": f"/api/v1/declarations/{answer.stored.registration_number}"}
    wanted = request.headers.get("accept", "")
    if XML in wanted and "application/json" not in wanted:
        return Response(answer.notice, status_code=status, media_type=f"{XML}; charset=utf-8", headers=headers)
    body = msgspec.json.encode(answer.as_json(language_of(request)))
    return Response(body, status_code=status, media_type="application/json", headers=headers)
