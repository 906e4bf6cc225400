"""The OpenAPI document against the API: whatever is sent, the answer is one that the document tells of, never a 5xx."""

import json
from collections.abc import Iterator
from typing import Any

import builders
import exchanging
import offices
import pki
import pytest
import schemathesis
from evidencing import decided, give_token
from hypothesis import HealthCheck, given, settings
from litestar.testing import TestClient
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.app import create_app
from portal.exchange.signatures import sign_request

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 25
LODGED = "/api/v1/declarations"
LODGE = f"POST {LODGED}"
EXCHANGE = (
    "GET /exchange/v1/violations",
    "GET /exchange/v1/receipts/{message_id}",
    "POST /exchange/v1/queries",
    "POST /exchange/v1/submissions",
)
OPERATIONS = (
    *EXCHANGE,
    LODGE,
    "POST /api/v1/declarations/check",
    *(
        f"GET /api/v1/declarations/{{office}}/{{day}}/{{serial}}{part}"
        for part in ("", "/decision", "/selection", "/evidence", "/signatures")
    ),
    *(
        f"GET /api/v1/journal/{part}"
        for part in (
            "certificates",
            "checkpoint",
            "checkpoints/{size}",
            "checkpoints/{size}/token",
            "consistency",
            "inclusion/{index}",
        )
    ),
    "GET /api/v1/selection/keys",
    "POST /api/v1/movements/{number}/events",
    "GET /health",
)


class Api:
    """The API over an office that has decided one declaration of Anna's, and its document."""

    def __init__(self, client: TestClient[Any], token: dict[str, str], number: str) -> None:
        self.client, self.token, self.number = client, token, number
        self.document = client.get("/api/openapi.json").json()
        schema = schemathesis.openapi.from_dict(self.document)
        self.operations = {each.ok().label: each.ok() for each in schema.get_all_operations()}

    def send(self, case: Any, headers: dict[str, str]) -> Any:
        """Send a case of schemathesis, and return the answer."""
        wanted = case.as_transport_kwargs(base_url=exchanging.ADDRESS)
        sent = {name: wanted[name] for name in ("params", "cookies") if wanted.get(name)}
        body = wanted.get("data")
        if body is not None:
            sent["content"] = body.encode() if isinstance(body, str) else bytes(body)
        given = {name: value for name, value in wanted["headers"].items() if name.lower() != "authorization"}
        return self.client.request(wanted["method"], wanted["url"], headers={**given, **headers}, **sent)

    def send_signed(self, case: Any) -> Any:
        """Send a case of the exchange as its partner signs it, and return the answer."""
        wanted = case.as_transport_kwargs(base_url=exchanging.ADDRESS)
        body = wanted.get("json")
        content = wanted.get("data") or (b"" if body is None else json.dumps(body).encode())
        content = content.encode() if isinstance(content, str) else bytes(content)
        request = self.client.build_request(
            wanted["method"], wanted["url"], params=wanted.get("params"), content=content
        )
        signed = sign_request(exchanging.foreign_key(), request.method, str(request.url), content, offices.NOW)
        request.headers.update(signed)
        return self.client.send(request)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    home = tmp_path_factory.mktemp("office")
    made = decided(home).attest()
    offices.keep_keys(home)
    token = give_token(made.office, "altyn")
    exchanging.put(made.office, exchanging.partner())
    made.office.recorder.stop()
    app = create_app(exchanging.given_address(made.office), offices.StillClock(offices.NOW))
    with TestClient(app, base_url=exchanging.ADDRESS, raise_server_exceptions=False) as client:
        yield Api(client, token, made.stored.registration_number)


def test_the_document_tells_of_all_that_programs_call_and_of_no_page(api: Api) -> None:
    assert set(api.operations) == set(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("known", [True, False], ids=["token", "no-token"])
def test_every_answer_is_one_of_the_document(api: Api, label: str, known: bool) -> None:
    operation = api.operations[label]

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answered(case: Any) -> None:
        answer = api.send(case, api.token if known else {})
        case.validate_response(answer, checks=CHECKS)

    answered()


@pytest.mark.parametrize("label", EXCHANGE)
def test_what_a_partner_signs_is_answered_as_the_document_tells(api: Api, label: str) -> None:
    operation = api.operations[label]

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answered(case: Any) -> None:
        answer = api.send_signed(case)
        assert answer.status_code != 401
        case.validate_response(answer, checks=CHECKS)

    answered()


@pytest.mark.parametrize("label", [each for each in OPERATIONS if "{serial}" in each])
@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_what_is_there_is_answered_as_the_document_tells(api: Api, label: str, accept: str) -> None:
    office, day, serial = api.number.split("/")
    case = api.operations[label].Case(path_parameters={"office": office, "day": day, "serial": serial})
    answer = api.send(case, {**api.token, "Accept": accept})
    assert answer.status_code == 200
    case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize(
    ("xml", "status"),
    [
        (builders.declaration_xml(reference="DOCUMENT-1"), 201),
        (builders.declaration_xml(reference="DOCUMENT-2", declarant="qorgan"), 403),
        (builders.declaration_xml(reference="DOCUMENT-3", origin="XX"), 422),
        (builders.declaration_xml(reference="SIGN-1", items=2), 409),
    ],
)
def test_what_is_lodged_is_answered_as_the_document_tells(api: Api, xml: bytes, status: int) -> None:
    case = api.operations[LODGE].Case()
    answer = api.client.post(LODGED, content=pki.sign_as("anna", xml), headers=api.token)
    assert answer.status_code == status, answer.json().get("defects") or answer.text
    case.validate_response(answer, checks=CHECKS)
