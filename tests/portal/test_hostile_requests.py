"""Requests that no page of ours makes: numbers and texts that no column can keep, addresses that lead elsewhere."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import caseworking
import offices
import pytest
from caseworking import YELLOW, Desk, person
from litestar.testing import TestClient
from telling import HastyClock

from declarations.lifecycle import StatementKind, Status
from portal.accounts.places import local_address
from portal.app import create_app
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.model import Upload, Writing

HUGE = 10**30


@pytest.fixture
def desk(tmp_path) -> Desk:
    return caseworking.desk(tmp_path, YELLOW)


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    offices.keep_keys(desk.office.settings.home)
    given = replace(desk.office.settings, demo=True)
    with TestClient(create_app(given, HastyClock(desk.clock.at)), raise_server_exceptions=False) as made:
        yield made


def sign_in(client: TestClient, who: str) -> None:
    client.get("/")
    form = {"person": who, "_csrf_token": client.cookies["shekara_csrf"]}
    assert client.post("/demo/sign-in", data=form, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("anna", f"/declarations?after={HUGE}"),
        ("anna", f"/declarations/{{number}}?version={HUGE}"),
        ("anna", f"/declarations/{{number}}/notices/{HUGE}"),
        ("anna", f"/declarations/{{number}}/state/answer?request_id={HUGE}"),
        ("anna", "/declarations/{number}/files/%00"),
        ("anna", "/declarations/{number}/statements/%00"),
        ("anna", "/declarations/20201/241126/000000%00"),
        ("anna", "/drafts/%00"),
        ("anna", f"/declarations?after={'9' * 5000}"),
        ("nurlan", f"/desk?after={HUGE}"),
        ("nurlan", "/desk?search=%00"),
        ("nurlan", "/desk?q=%00"),
        ("nurlan", "/desk?assignee=%00"),
        ("nurlan", f"/desk/cases/{{number}}/notices/{HUGE}"),
        ("nurlan", f"/desk/cases/{{number}}?first_item={HUGE}"),
        ("erlan", f"/desk/cases/{{number}}/proposals/{HUGE}"),
        ("anna", "/sign-in?next=//["),
        ("anna", "/language"),
    ],
)
def test_what_no_column_can_keep_is_no_failure_of_ours(client: TestClient, desk: Desk, who: str, address: str) -> None:
    sign_in(client, who)

    answer = client.get(address.replace("{number}", desk.numbers[YELLOW]), follow_redirects=False)

    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("request_number", [HUGE, 10**17, -1])
def test_an_answer_to_a_request_that_nobody_made_is_not_prepared(desk: Desk, request_number: int) -> None:
    writing = Writing(
        kind=StatementKind.SUBMISSION, expected=Status.DOCUMENTS_REQUESTED, text="Here", request=request_number
    )
    with pytest.raises(CaseRefused) as refused:
        desk.work.prepare(person("anna"), desk.numbers[YELLOW], writing)
    assert refused.value.code == "case.no_request"


@pytest.mark.parametrize("given", ["9" * 5000, str(HUGE), "²", "1e3"])
def test_a_form_with_a_number_that_is_none_is_answered(client: TestClient, desk: Desk, given: str) -> None:
    sign_in(client, "anna")
    at = f"/declarations/{desk.numbers[YELLOW]}"
    token = client.cookies["shekara_csrf"]
    for where, fields in (
        (f"{at}/state/answer", {"text": "Here", "request": given}),
        (f"{at}/amend", {"version": given}),
    ):
        files = [("signed", ("a.xml", b"<x/>"))]
        answer = client.post(where, data={**fields, "_csrf_token": token}, files=files, follow_redirects=False)
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "address", ["//[", "x://[", "http://[", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_an_address_elsewhere_leads_to_the_first_page(address: str) -> None:
    assert local_address(address) == "/"


def test_a_page_from_nowhere_does_not_break_the_choice_of_language(client: TestClient) -> None:
    client.get("/")
    form = {"language": "kk", "_csrf_token": client.cookies["shekara_csrf"]}
    for referer in ("http://[", "//[::1", "http://evil.example/x"):
        answer = client.post("/language", data=form, headers={"referer": referer}, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/")


def test_statements_that_are_never_signed_do_not_pile_up(desk: Desk) -> None:
    number = desk.numbers[YELLOW]
    writing = Writing(
        kind=StatementKind.SUBMISSION,
        expected=Status.DOCUMENTS_REQUESTED,
        text="Here",
        files=(Upload("a.pdf", caseworking.PDF),),
    )
    made = []
    for _ in range(8):
        desk.clock.at += timedelta(seconds=1)
        made.append(desk.work.prepare(person("anna"), number, writing))

    kept = [each for each in made if _is_there(desk, each.id)]
    assert [each.id for each in kept] == [each.id for each in made[-5:]]


def _is_there(desk: Desk, statement: str) -> bool:
    try:
        desk.work.prepared(person("anna"), statement)
    except CaseNotFound:
        return False
    return True
