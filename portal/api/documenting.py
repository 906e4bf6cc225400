"""What the OpenAPI document says of an operation beside what Litestar finds out: every answer, with its media types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)

from portal.problems import MEDIA_TYPE as PROBLEM

JSON, XML, TEXT = "application/json", "application/xml", "text/plain"
BEARER = "bearer"  # the name of the security scheme
BEARER_SCHEME = SecurityScheme(type="http", scheme="bearer", description="The token of a participant.")
OPEN_PROBLEMS = (400, 401, 404, 429, 503)  # a token need not be there, but one that is must be valid
READ_PROBLEMS = (*OPEN_PROBLEMS, 403)
LODGE_PROBLEMS = (400, 401, 403, 409, 413, 422, 429, 503)
_PROBLEMS: Mapping[int, str] = {
    400: "What was asked for cannot be read.",
    401: "No valid token, or the signature is not genuine.",
    403: "This is not for the caller, or that person may not sign for that declarant.",
    404: "There is nothing of that name that the caller may read.",
    409: "The trader's reference was used for other bytes, or a correction is not possible so or now.",
    413: "Too large.",
    422: "The document has defects; all are listed.",
    429: "Too many requests.",
    503: "Not now: ask again, or send the same bytes again.",
}
_PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    required=["type", "title", "status", "code", "detail", "texts"],
    properties={
        "type": Schema(type=OpenAPIType.STRING),
        "title": Schema(type=OpenAPIType.STRING),
        "status": Schema(type=OpenAPIType.INTEGER),
        "code": Schema(type=OpenAPIType.STRING),
        "detail": Schema(type=OpenAPIType.STRING),
        "texts": Schema(type=OpenAPIType.OBJECT, description="The detail in kk, ru and en."),
        "defects": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.OBJECT)),
    },
)


def operation(
    *media: str,
    answers: Mapping[int, str],
    problems: Sequence[int],
    takes: str = "",
    body: str = XML,
    open: bool = False,
    scheme: str = BEARER,
) -> type[Operation]:
    """Return the operation class of a route: `answers` are those that succeed, `takes` describes what the body is.

    `body` is its media type, `scheme` the name of the security scheme.
    """
    told = {str(status): OpenAPIResponse(text, content=_content(media)) for status, text in answers.items()}
    refused = {str(status): _problem(status) for status in problems}

    @dataclass
    class Told(Operation):
        def __post_init__(self) -> None:
            self.responses = {**told, **refused}
            self.security = [{}, {scheme: []}] if open else [{scheme: []}]
            if takes:
                self.request_body = RequestBody(required=True, description=takes, content=_content([body]))

    return Told


def read_operation(*media: str, open: bool = False) -> type[Operation]:
    """Return the operation class of a route that only reads."""
    problems = OPEN_PROBLEMS if open else READ_PROBLEMS
    return operation(*media, answers={200: "What was asked for."}, problems=problems, open=open)


def _problem(status: int) -> OpenAPIResponse:
    text = f"{_PROBLEMS.get(status, HTTPStatus(status).phrase)} A problem document (RFC 9457) with a code."
    return OpenAPIResponse(description=text, content={PROBLEM: OpenAPIMediaType(schema=_PROBLEM)})


def _content(media: Sequence[str]) -> dict[str, OpenAPIMediaType]:
    kinds = {JSON: Schema(type=OpenAPIType.OBJECT)}
    return {each: OpenAPIMediaType(schema=kinds.get(each, Schema(type=OpenAPIType.STRING))) for each in media}
