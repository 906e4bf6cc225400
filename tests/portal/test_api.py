"""The API as a program of a participant meets it: over HTTP, with a token, in three languages."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, timedelta

import hostile
import offices
import pki
import pytest
from builders import declaration_xml, mutate
from cast import PARTICIPANTS
from litestar.testing import TestClient
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError

from declarations import store as declarations_store
from portal import app as portal_app
from portal import store as portal_store
from portal.app import create_app
from portal.database import make_engine, reading, writing
from portal.store import token_hash
from signing import errors as signing
from signing import verify, xmlgate

PATH = "/api/v1/declarations"
PROBLEM = "application/problem+json"
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
TOKENS = {key: f"token-of-{key}" for key in PARTICIPANTS}


class Api:
    """A client with the token of a participant of the cast."""

    def __init__(self, client, given, clock):
        self.client = client
        self.settings = given
        self.clock = clock

    def post(self, data, path=PATH, who="altyn", **headers):
        return self.client.post(path, content=data, headers=self._headers(who, headers))

    def get(self, path, who="altyn", **headers):
        return self.client.get(path, headers=self._headers(who, headers))

    def count(self):
        engine = make_engine(self.settings.database_url)
        with reading(engine) as connection:
            found = declarations_store.count_declarations(connection)
        engine.dispose()
        return found

    @staticmethod
    def _headers(who, headers):
        token = {"Authorization": f"Bearer {TOKENS[who]}"} if who else {}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Content-Type": "application/xml", **token, **given}


@contextmanager
def served(given, clock=None):
    clock = clock or offices.StillClock()
    with TestClient(create_app(given, clock), raise_server_exceptions=False) as client:
        yield Api(client, given, clock)


def prepared(home):
    """Return the settings of a portal whose cast has tokens, valid for a day."""
    given = offices.settings(home)
    offices.keep_keys(home)
    offices.seed_cast(given)
    with database(given) as connection:
        for key, token in TOKENS.items():
            until = offices.NOW + timedelta(days=1)
            owner = PARTICIPANTS[key].identifier
            portal_store.add_token(connection, token_hash(token), owner, "tests", offices.NOW, until)
    return given


@contextmanager
def database(given):
    """Open a transaction as another process would."""
    engine = make_engine(given.database_url)
    try:
        with writing(engine) as connection:
            yield connection
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("portal"))


@pytest.fixture(scope="module")
def api(given):
    with served(given) as api:
        yield api


def by_anna(reference, **changes):
    return pki.sign_as("anna", declaration_xml(reference=reference, **changes))


def problem(answer, status, code):
    """Return the problem document, once it has this status and code and its words in three languages."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM)
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert set(body["texts"]) == {"kk", "ru", "en"}
    assert len(set(body["texts"].values())) == 3
    assert not any(PLACEHOLDER.search(words) for words in body["texts"].values())
    return body


# --- lodging --------------------------------------------------------------------------------------------------------


def test_a_signed_declaration_is_answered_with_its_decision(api):
    answer = api.post(by_anna("API-JSON"))

    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"registration_number", "functional_reference_id", "version", "status", "decision"}
    assert set(body["decision"]) == {
        "id",
        "outcome",
        "inspection_extent",
        "measures",
        "explanation",
        "degraded",
        "decided_at",
    }
    assert body["functional_reference_id"] == "API-JSON"
    assert (body["version"], body["status"]) == (1, "RELEASED")
    assert body["decision"]["outcome"] == "SIMPLIFIED_RELEASE"
    assert body["decision"]["degraded"] is False
    for reason in body["decision"]["explanation"]:
        assert set(reason) == {"category", "text", "items", "next_step", "deadline"}
    assert answer.headers["location"] == f"{PATH}/{body['registration_number']}"


def test_the_answer_is_the_sealed_notice_for_who_wants_xml(api):
    answer = api.post(by_anna("API-XML"), Accept="application/xml")

    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("application/xml")
    verified = verify.verify(xmlgate.open_document(answer.content))
    assert pki.trust_store().judge_seal(verified.certificate, verified.chain, offices.NOW).bin == pki.OFFICE_BIN
    assert verified.root.findtext("{*}FunctionalReferenceID") == "API-XML"
    assert verified.root.findtext("{*}Decision/{*}Outcome") == "SIMPLIFIED_RELEASE"


def test_a_notice_that_was_changed_is_not_genuine(api):
    notice = api.post(by_anna("API-CHANGED"), Accept="application/xml").content
    assert b"SIMPLIFIED_RELEASE" in notice

    with pytest.raises(signing.DigestMismatch):
        verify.verify(xmlgate.open_document(notice.replace(b"SIMPLIFIED_RELEASE", b"INSPECTION_ORDER", 1)))


def test_the_same_bytes_get_the_same_answer_in_both_forms(api):
    data, were = by_anna("API-TWICE"), api.count()

    first, again = api.post(data), api.post(data)
    notice, same = api.post(data, Accept="application/xml"), api.post(data, Accept="application/xml")

    assert first.status_code == again.status_code == notice.status_code == 201
    assert first.content == again.content
    assert notice.content == same.content
    assert api.count() == were + 1


def test_the_same_reference_with_other_bytes_is_a_conflict(api):
    first = api.post(by_anna("API-CONFLICT")).json()

    answer = api.post(by_anna("API-CONFLICT", price="1300.00"))

    body = problem(answer, 409, "declaration.duplicate_reference")
    assert first["registration_number"] in body["detail"]
    assert "API-CONFLICT" in body["detail"]


def test_a_large_body_is_judged_in_its_own_process_and_answered_alike(api):
    data = by_anna("API-LARGE", items=60, description_length=800)
    assert len(data) > api.settings.large_body_bytes

    answer, again = api.post(data), api.post(data)

    assert answer.status_code == 201, answer.text
    assert answer.json()["functional_reference_id"] == "API-LARGE"
    assert again.content == answer.content
    spoilt = mutate(declaration_xml(60, reference="API-SPOILT", description_length=800), "//GoodsItemQuantity", "61")
    body = problem(api.post(pki.sign_as("anna", spoilt)), 422, "document.refused")
    assert [(defect["code"], defect["box"]) for defect in body["defects"]] == [("C-301", "5")]


def test_two_portals_on_one_database_give_one_answer(api, given):
    data = by_anna("API-TWO-PORTALS")

    first = api.post(data)
    with served(given) as other:
        again = other.post(data)

    assert again.status_code == first.status_code == 201
    assert again.content == first.content


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YWx0eW46ZGVtbw==", "token-of-altyn"])
def test_without_a_token_nothing_is_open(api, header):
    answer = api.post(by_anna("API-NOBODY"), who=None, Authorization=header)

    problem(answer, 401, "token.missing")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", [PATH, f"{PATH}/check"])
def test_a_token_that_nobody_gave_opens_nothing(api, path):
    problem(api.post(by_anna("API-WRONG"), path, who=None, Authorization="Bearer guess"), 401, "token.unknown")
    problem(api.get(f"{PATH}/20201/241126/0000001", who=None), 401, "token.missing")


def test_a_token_ends_with_its_last_day(api):
    with clock_at(api, offices.NOW + timedelta(days=1, seconds=-1)):
        assert api.get(f"{PATH}/20201/010126/0000001").status_code == 404
    with clock_at(api, offices.NOW + timedelta(days=1)):
        problem(api.get(f"{PATH}/20201/010126/0000001"), 401, "token.unknown")


def test_a_token_that_was_revoked_elsewhere_opens_nothing_a_second_later(api, given):
    where = portal_store.token.c.token_hash == token_hash(TOKENS["kaspi"])
    assert api.get(f"{PATH}/20201/010126/0000001", who="kaspi").status_code == 404
    with database(given) as connection:
        connection.execute(update(portal_store.token).where(where).values(revoked_at=offices.NOW))
        declarations_store.bump_revision(connection)
    api.clock.ticks += 1

    problem(api.get(f"{PATH}/20201/010126/0000001", who="kaspi"), 401, "token.unknown")
    problem(api.post(by_anna("API-REVOKED"), who="kaspi"), 401, "token.unknown")


@contextmanager
def clock_at(api, moment):
    was, api.clock.at = api.clock.at, moment.astimezone(UTC)
    try:
        yield
    finally:
        api.clock.at = was


def test_the_token_of_a_stranger_lodges_nothing(api):
    were = api.count()

    problem(api.post(by_anna("API-STRANGER"), who="qorgan"), 403, "sender.not_party")

    assert api.count() == were


def test_a_signer_without_the_right_is_forbidden(api):
    broker = declaration_xml(reference="API-BROKER", declarant="qorgan", agent="zhibek", signatory="berik")

    answer = api.post(pki.sign_as("berik", broker), who="zhibek")

    problem(answer, 403, "authority.no_power_of_attorney")


def test_a_broker_lodges_with_its_own_token_and_both_sides_read_it(api):
    data = pki.sign_as("berik", declaration_xml(reference="API-BOTH", agent="zhibek", signatory="berik"))

    number = api.post(data, who="zhibek").json()["registration_number"]

    for who, status in (("zhibek", 200), ("altyn", 200), ("qorgan", 404)):
        assert api.get(f"{PATH}/{number}", who=who).status_code == status, who


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data.replace(b">1250.00<", b">1250.01<", 1), "signature.digest"),
        (lambda data: declaration_xml(), "signature.missing"),
    ],
    ids=["changed", "unsigned"],
)
def test_what_is_not_genuinely_signed_is_not_authenticated(api, spoil, code):
    answer = api.post(spoil(by_anna("API-FORGED")))

    problem(answer, 401, code)
    assert answer.headers["www-authenticate"] == "XMLSignature"


# --- what is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("kk", "kk"), ("ru-RU,ru;q=0.9,en;q=0.5", "ru"), ("en-GB", "en"), ("fr, ru;q=0.5", "ru"), (None, "en")],
)
def test_defects_are_named_in_the_language_that_is_asked_for(api, wanted, language):
    xml = mutate(declaration_xml(reference="API-DEFECTS", office="99999"), "/Declaration/GoodsItemQuantity", "2")

    answer = api.post(pki.sign_as("anna", xml), **({"Accept_Language": wanted} if wanted else {}))

    body = problem(answer, 422, "document.refused")
    assert body["detail"] == body["texts"][language]
    assert [(defect["code"], defect["box"]) for defect in body["defects"]] == [("C-109", "A"), ("C-301", "5")]
    for defect in body["defects"]:
        assert set(defect) == {"code", "box", "item", "xpath", "text", "texts"}
        assert defect["text"] == defect["texts"][language]


@pytest.mark.parametrize("attack", hostile.ATTACKS, ids=lambda attack: attack.name)
def test_a_hostile_document_is_refused_with_a_code(api, attack):
    answer = api.post(attack.make())

    assert 400 <= answer.status_code < 500, answer.text
    code = answer.json()["code"]
    if answer.status_code == 413:
        assert code in {"body.too_large", attack.code}
    elif passes_the_gate(attack.make()):  # what it attacks comes after the schema, which it does not follow
        assert code in {attack.code, "document.refused"}
    else:
        assert code == attack.code
    problem(answer, answer.status_code, code)


def passes_the_gate(data):
    try:
        xmlgate.open_document(data)
    except signing.SigningError:
        return False
    return True


def test_hostile_documents_leave_nothing_behind_and_the_portal_well(api):
    were = api.count()

    for attack in hostile.ATTACKS[::9]:
        api.post(attack.make())

    assert api.count() == were
    assert api.get("/health", who=None).status_code == 200


def test_more_than_eight_megabytes_are_too_large(api):
    problem(api.post(b"<a>" + b"x" * 8_000_000), 413, "body.too_large")


def test_more_than_eight_megabytes_are_too_large_though_no_length_is_told(api):
    problem(api.post(b"x" * 1_000_000 for _ in range(9)), 413, "body.too_large")


# --- when it is too much, or the database is gone -------------------------------------------------------------------


def test_a_participant_who_asks_too_often_is_told_when_to_come_again(given):
    clock = offices.StillClock()
    with served(replace(given, requests_per_minute=3), clock) as api:
        number = f"{PATH}/20201/010126/0000001"
        assert [api.get(number).status_code for _ in range(3)] == [404] * 3

        answer = api.get(number)
        problem(answer, 429, "requests.too_many")
        assert answer.headers["retry-after"] == "20"
        assert api.get(number, who="qorgan").status_code == 404
        assert api.get("/health", who=None).status_code == 200

        clock.ticks += 19.9
        assert api.get(number).status_code == 429
        clock.ticks += 0.1
        assert api.get(number).status_code == 404
        assert api.get(number).status_code == 429


def test_while_a_table_is_gone_nothing_is_accepted_and_the_same_bytes_are_taken_afterwards(api, given):
    data = by_anna("API-NO-TABLE")
    rename(given, "revision", "revision_lost")
    try:
        for answer in (api.post(data), api.get("/health", who=None)):
            problem(answer, 503, "portal.unavailable")
            assert answer.headers["retry-after"] == "2"
    finally:
        rename(given, "revision_lost", "revision")

    assert api.get("/health", who=None).json()["status"] == "ok"
    assert api.post(data).status_code == 201


def rename(given, old, new):
    with database(given) as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


@pytest.mark.skipif(offices.POSTGRESQL is not None, reason="a database file is SQLite's")
def test_when_the_database_file_is_gone_nothing_is_accepted(tmp_path, monkeypatch):
    engines = []
    monkeypatch.setattr(portal_app, "make_engine", lambda url: engines.append(make_engine(url)) or engines[-1])
    given = prepared(tmp_path)
    with served(given) as api:
        assert api.post(by_anna("API-BEFORE")).status_code == 201
        file = tmp_path / "shekara.db"
        for engine in engines:
            engine.dispose()
        file.rename(tmp_path / "away")
        file.mkdir()

        for answer in (
            api.post(by_anna("API-GONE")),
            api.get(f"{PATH}/20201/241126/0000001"),
            api.get("/health", who=None),
        ):
            problem(answer, 503, "portal.unavailable")
            assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize(("point", "stored"), [("before commit", 0), ("after commit", 1)])
def test_when_the_write_fails_the_sender_is_told_to_try_again_and_then_gets_the_first_answer(
    given, monkeypatch, point, stored
):
    fails = {point}
    written = set()  # a batch that is only told to judge again writes nothing

    def mark(passed):
        written.add(passed)
        if passed in fails and "after journal" in written:
            raise OperationalError("COMMIT", {}, OSError("disk"))

    monkeypatch.setattr(portal_app, "_crash_mark", lambda crash_at: mark)
    data = by_anna(f"API-{point.upper().replace(' ', '-')}")
    with served(given) as api:
        were = api.count()
        answer = api.post(data)
        problem(answer, 503, "portal.unavailable")
        assert answer.headers["retry-after"] == "2"
        assert api.count() == were + stored

        fails.clear()
        first, again = api.post(data), api.post(data)

        assert first.status_code == again.status_code == 201
        assert first.content == again.content
        assert api.count() == were + 1


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lodged(api):
    return api.post(by_anna("API-READ")).json()


@pytest.mark.parametrize("separator", ["/", "%2F"])
@pytest.mark.parametrize("end", ["", "/decision"])
def test_a_declaration_is_read_by_its_number(api, lodged, separator, end):
    number = lodged["registration_number"].replace("/", separator)

    answer = api.get(f"{PATH}/{number}{end}")

    assert answer.status_code == 200
    assert answer.json() == lodged


@pytest.mark.parametrize("end", ["", "/decision"])
def test_the_sealed_notice_is_read_by_its_number(api, lodged, end):
    answer = api.get(f"{PATH}/{lodged['registration_number']}{end}", Accept="application/xml")

    assert answer.status_code == 200
    verified = verify.verify(xmlgate.open_document(answer.content))
    assert verified.root.findtext("{*}RegistrationNumber") == lodged["registration_number"]
    assert answer.content == api.post(by_anna("API-READ"), Accept="application/xml").content


def test_a_decision_is_read_in_the_language_that_is_asked_for(api, lodged):
    number = lodged["registration_number"]

    texts = {
        language: str(api.get(f"{PATH}/{number}", Accept_Language=language).json()["decision"]["explanation"])
        for language in ("kk", "ru", "en")
    }

    assert len(set(texts.values())) == 3


@pytest.mark.parametrize("end", ["", "/decision"])
def test_others_declarations_look_like_none(api, lodged, end):
    number = lodged["registration_number"]

    body = problem(api.get(f"{PATH}/{number}{end}", who="qorgan"), 404, "declaration.not_found")
    none = problem(api.get(f"{PATH}/20201/241126/9999999{end}", who="qorgan"), 404, "declaration.not_found")

    assert body["detail"].replace(number, "*") == none["detail"].replace("20201/241126/9999999", "*")


@pytest.mark.parametrize("number", ["0/0/0", "%00/241126/1", "' OR 1=1/--/x", "%7B/%7D/%25s", "a" * 300 + "/1/1"])
def test_a_number_that_is_none_is_not_found(api, number):
    problem(api.get(f"{PATH}/{number}"), 404, "declaration.not_found")


def test_an_address_that_does_not_exist_is_a_problem_document(api):
    problem(api.get("/api/v1/elsewhere"), 404, "request.not_found")
    problem(api.get(PATH), 405, "request.method")


# --- checking -------------------------------------------------------------------------------------------------------

OF_RISK = ("risk", "outcome", "profile", "score", "inspect", "decision", "measure")


@pytest.mark.parametrize("sign", [False, True], ids=["unsigned", "signed"])
def test_checking_tells_duties_and_documents_and_nothing_of_risk(api, sign):
    xml, were = declaration_xml(reference="API-CHECK"), api.count()

    answer = api.post(pki.sign_as("anna", xml) if sign else xml, f"{PATH}/check")

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"valid", "defects", "duties", "documents"}
    assert (body["valid"], body["defects"]) == (True, [])
    assert body["duties"]["by_type"]["2010"] == "97518.75"  # 15 % of 650,125.00
    assert body["duties"]["by_type"]["5010"] == "119623.00"  # 16 % of 747,643.75
    assert not [word for word in OF_RISK if word in answer.text.lower()]
    assert api.count() == were


def test_checking_names_the_documents_that_are_needed(api):
    creams = declaration_xml(items=[{"code": "3304990000"}], reference="API-NEEDS")

    documents = api.post(creams, f"{PATH}/check", Accept_Language="ru").json()["documents"]

    declared = {kind: document["declared"] for document in documents for kind in document["kinds"]}
    assert declared["04021"] is True  # the invoice, which box 44 names
    assert declared["03011"] is False  # the contract
    assert all(document["items"] == [1] for document in documents)
    assert all(any("а" <= letter <= "я" for letter in document["name"]) for document in documents)


def test_checking_names_every_defect_and_still_the_duties(api):
    xml = mutate(declaration_xml(reference="API-CHECK", incoterms="ABC"), "/Declaration/GoodsItemQuantity", "2")

    body = api.post(xml, f"{PATH}/check", Accept_Language="kk").json()

    assert body["valid"] is False
    assert [(defect["code"], defect["box"]) for defect in body["defects"]] == [("C-301", "5"), ("C-701", "20")]
    assert all(defect["text"] == defect["texts"]["kk"] for defect in body["defects"])
    assert body["duties"]["by_type"]["2010"] == "97518.75"


def test_checking_what_does_not_follow_the_schema_names_its_defects(api):
    xml = mutate(declaration_xml(), "/Declaration/TypeCode", "XX")

    body = api.post(xml, f"{PATH}/check").json()

    assert body["valid"] is False
    assert [defect["xpath"] for defect in body["defects"]] == ["/Declaration/TypeCode"]


def test_checking_what_is_no_xml_is_refused(api):
    problem(api.post(b"no XML", f"{PATH}/check"), 422, "xml.malformed")


# --- the portal itself ----------------------------------------------------------------------------------------------


def test_the_portal_is_well(api):
    answer = api.get("/health", who=None)

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_the_description_is_openapi_3_1_and_lists_every_route(api):
    description = api.get("/api/openapi.json", who=None).json()

    assert description["openapi"].startswith("3.1")
    paths = description["paths"]
    number = f"{PATH}/{{office}}/{{day}}/{{serial}}"
    of_one = {number, f"{number}/decision", f"{number}/signatures", f"{number}/evidence", f"{number}/selection"}
    assert {path for path in paths if path.startswith(PATH)} == {PATH, f"{PATH}/check", *of_one}
    lodging = paths[PATH]["post"]
    assert set(lodging["requestBody"]["content"]) == {"application/xml"}
    assert {"201", "401", "403", "409", "413", "422", "429", "503"} <= set(lodging["responses"])
    assert "/health" in paths
