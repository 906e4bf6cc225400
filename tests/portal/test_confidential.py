"""Nothing that a declarant can reach tells how risks are recognised: every page, answer, file, message and log line.

Profiles with distinctive values judge here, so that whatever shows is a leak and no coincidence. Every route that opens
for a declarant, a broker or anybody is walked; one that is not fails the test.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from html import unescape
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import auditing_after
import judgings
import offices
import pki
import pytest
import registering
import things
import travelling
import violating
from browsing import CSRF_COOKIE
from builders import declaration_xml
from caseworking import PDF
from caseworking import person as one_of_the_cast
from cast import PARTICIPANTS
from confidential import distinctive, secrets_of, secrets_of_assessment, traces
from litestar import Litestar
from litestar.routes import HTTPRoute
from sqlalchemy import Connection, select
from structlog.testing import capture_logs
from telling import API, Portal, bearer, lodgements, prepared, served

from declarations.lifecycle import Action, StatementKind, Status
from interop.store import outbox
from portal import store as portal_store
from portal.access import GRANTED, Role
from portal.authorities import DemoAuthorities
from portal.background import notary_of
from portal.casework.model import Upload, Wanted, Writing
from portal.casework.work import CaseWork
from portal.database import make_engine, reading, writing
from portal.declarant.printed import MARK_LENGTH
from portal.judging import for_participant
from portal.pages import Pages
from portal.passengers.public_pages import COOKIE as TRAVELLER_COOKIE
from portal.selection import KeyKeeper
from portal.settings import Settings
from portal.worker import Worker
from risk_gateway import archive_store, canonical, judgement_store
from risk_gateway.bases.partner_facts import store as partner_facts
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question
from risk_gateway.model import Assessment
from risk_gateway.packing import unpack
from risk_gateway.selection import RANDOM_DRAW
from signing import store as signing_store

LANGUAGES = ("kk", "ru", "en")
PEOPLE = ("anna", "berik", "yerkin", "zarina")
TELLING_KEYS = {"weight", "score", "threshold", "factor", "propensity", "probability", "family", "opinion", "findings"}
OPEN_TO_DECLARANTS = GRANTED[Role.DECLARANT] | GRANTED[Role.BROKER] | GRANTED[Role.ANYBODY]
LINK = re.compile(r'(?:href|action|hx-get)="(/[^"]*)"')
PARAMETER = re.compile(r"\{(\w+):(\w+)\}")


SAID = {Question.POLICE_NOTICE: "QX-NOTICE-7748", Question.TAX_DEBT: "QX-DEBT-7749"}  # details of partners' answers
LEADS_ELSEWHERE = (  # forms that never answer with a page
    "/account/notifications/resend",
    "/drafts/{draft:str}/goods",
    "/registry/application/withdraw",
)
CRITERIA = frozenset({"police_notice", "tax_debt"})  # of the registry: public, and told to whom they are about
REFUSED_WITH_A_PAGE = (400, 409, 422)  # an empty form: what is wrong is told on its page


class Walked(NamedTuple):
    """What was answered: (who asked, where, headers or body), and each (method, path) that was answered well."""

    answers: list[tuple[str, str, bytes]]
    opened: set[tuple[str, str]]

    def note(self, who: str, answer: Any) -> Any:
        path = answer.request.url.path
        heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
        self.answers.append((who, path, heads + b"\n\n"))
        self.answers.append((who, path, answer.content))
        if answer.status_code < 400 or (answer.request.method == "POST" and answer.status_code in REFUSED_WITH_A_PAGE):
            self.opened.add((answer.request.method, path))
        return answer


pytestmark = pytest.mark.skipif(
    offices.POSTGRESQL is not None, reason="signs in as the cast, which is impossible with PostgreSQL"
)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    given = prepared(tmp_path_factory.mktemp("portal"))
    _let_partners_say_yes(given)
    with served(given) as portal:
        yield portal


def _let_partners_say_yes(given: Settings) -> None:
    """Have partners say of every firm what a declarant must not learn."""
    engine = make_engine(given.database_url)
    with writing(engine) as connection:
        for firm in PARTICIPANTS:
            _say(connection, firm, Answer.YES)
    engine.dispose()


def _say(connection: Connection, firm: str, answer: Answer) -> None:
    said = [
        PartnerFact(f"partner-{detail}", question, answer, offices.NOW, offices.NOW, detail)
        for question, detail in SAID.items()
    ]
    partner_facts.put(connection, PARTICIPANTS[firm].identifier, said)


@pytest.fixture(scope="module")
def walked() -> Walked:
    return Walked([], set())


class Lodged(NamedTuple):
    """Numbers of what was lodged, log lines, what else may stand in an address, by the name of its place, numbers of
    what was judged without being lodged, and the key with which a browser sees a traveller's record."""

    numbers: list[str]
    lines: list[str]
    places: dict[str, tuple[str, ...]]
    judged: list[str]
    traveller: str


@pytest.fixture(scope="module")
def lodged(portal: Portal, walked: Walked) -> Lodged:
    """Lodge everything, rightly and wrongly, and have it attested and delivered; return numbers and log lines."""
    caught = Lines()
    root = logging.getLogger()
    root.addHandler(caught)
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        with capture_logs() as lines:
            numbers = list(_lodge_all(portal, walked))
            places, traveller = _work(portal, numbers)
            judged = list(_judge(portal))
            _attest_and_deliver(portal)
    finally:
        root.setLevel(level)
        root.removeHandler(caught)
    told = [*(json.dumps(line, ensure_ascii=False, default=str) for line in lines), *caught.lines]
    return Lodged(numbers, told, places, judged, traveller)


def _judge(portal: Portal) -> Iterator[str]:
    """Have a movement and a traveller judged of whom anna's firm is told."""
    office = offices.reopen(portal.settings, portal.clock)
    for case in (
        judgings.case("deliveries", guarantee_to_duties_percent=Decimal(50), remote_post=True, seal_broken=True),
        judgings.case("passengers", mass_to_allowance_percent=Decimal(90), crossings_30_days=4, above_allowance=True),
        judgings.case("audits", vat_return_difference_percent=Decimal(40)),
    ):
        yield judgings.record(office, case, participant=PARTICIPANTS["altyn"].identifier).number
    office.engine.dispose()


def _work(portal: Portal, numbers: list[str]) -> tuple[dict[str, tuple[str, ...]], str]:
    """Have an officer ask for documents of anna's and anna answer; let her begin one of each thing there is.

    Return what may stand in an address, and the key of a traveller's browser.
    """
    office = offices.reopen(portal.settings, portal.clock)
    work, anna = CaseWork(office), one_of_the_cast("anna")
    number = next(
        one for one in numbers if work.case(one_of_the_cast("erlan"), one).status is Status.DOCUMENTS_REQUESTED
    )
    asked = Wanted(
        number=number,
        action=Action.REQUEST_DOCUMENTS,
        expected=Status.DOCUMENTS_REQUESTED,
        by=work.mover(one_of_the_cast("nurlan")),
        questions=("The contract",),
        limit=offices.NOW + timedelta(days=2),
        text="Please",
    )
    work.move(asked)
    files = (Upload("contract.pdf", PDF),)
    answer = Writing(kind=StatementKind.SUBMISSION, expected=work.case(anna, number).status, text="Here", files=files)
    submitted = work.prepare(anna, number, answer)
    work.accept(anna, submitted.id, pki.sign_as("anna", submitted.document, portal.clock.at))
    again = Writing(kind=StatementKind.WITHDRAWAL, expected=work.case(anna, number).status, text="Ordered twice")
    prepared = work.prepare(anna, number, again)
    contested = violating.things(office, lambda document: pki.sign_as("anna", document, portal.clock.at), anna)
    applied = registering.things(office)
    traveller, begun = travelling.begun(office)
    with writing(office.engine) as connection:
        _say(connection, "tengri", Answer.NO)  # so that something of it is released, and can be audited
    audited = auditing_after.things(office, firm="tengri", key="zarina")
    with writing(office.engine) as connection:
        _say(connection, "tengri", Answer.YES)
    history = work.history(anna, number)
    digests = [work.case(one_of_the_cast("erlan"), one).stored.digest for one in numbers]
    office.engine.dispose()
    kept = next(event.statement.files[0].id for event in history if event.statement)
    things.sign_in(portal.client, "anna")
    uploads = (
        things.sent_declaration(portal.client, declaration_xml(reference="SEEN-1")),
        things.sent_invoice(portal.client),
    )
    made = {
        "statement": (
            submitted.id,
            prepared.id,
            applied["filed"]["statement"],
            applied["withdrawing"]["statement"],
            begun,
            audited["audit_reply"]["statement"],
            audited["audit_served"]["statement"],
        ),
        "reference": (traveller.record.reference,),
        "action": ("REPLY",),
        "number": (audited["audit"]["number"],),
        "file": (kept,),
        "sequence": tuple(str(event.sequence) for event in history),
        "what": ("answer", "withdrawal", "appeal"),
        "draft": (things.drafted(portal.client, uploads[0]),),
        "section": ("general", "payments"),
        "item": ("1",),
        "ending": ("csv", "xlsx"),
        "mark": tuple(digest[:MARK_LENGTH] for digest in digests),
        "upload": uploads,
        "endpoint": (things.made_webhook(portal.client),),
        "token": (things.issued_token(portal.client),),
        "violation": (contested["raised"]["violation"], contested["contested"]["violation"]),
        "contest": (contested["raised"]["contest"], contested["contested"]["contest"]),
    }
    portal.client.cookies.clear()
    return made, traveller.key


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def _lodge_all(portal: Portal, walked: Walked) -> Iterator[str]:
    for name, (data, who) in lodgements().items():
        for language in LANGUAGES:
            walked.note(who, portal.client.post(f"{API}/check", content=data, headers=_heads(who, language)))
        portal.clock.hurries = name == "degraded"
        answer = walked.note(who, portal.lodge(data, who))
        portal.clock.hurries = False
        assert answer.status_code == 201, answer.text
        yield answer.json()["registration_number"]
        for language in LANGUAGES:  # the same again is the same answer, as JSON and as a notice
            walked.note(who, portal.lodge(data, who, language))
            walked.note(
                who,
                portal.client.post(API, content=data, headers={**_heads(who, language), "Accept": "application/xml"}),
            )
    wrong = pki.sign_as("anna", declaration_xml(reference="WRONG-1", incoterms="XXX"))
    other = pki.sign_as("anna", declaration_xml(2, reference="WAIVED-1"))
    for data, who in ((wrong, "altyn"), (other, "altyn"), (b"<no/>", "altyn"), (wrong, "qorgan"), (wrong, "nobody")):
        for language in LANGUAGES:
            answer = walked.note(who, portal.client.post(API, content=data, headers=_heads(who, language)))
            assert answer.status_code >= 400


def _heads(who: str, language: str) -> dict[str, str]:
    return {**bearer(who), "Accept-Language": language}


def _attest_and_deliver(portal: Portal) -> None:
    """Have another process of the office time-stamp the journal and deliver the messages."""
    office = offices.reopen(portal.settings, portal.clock)
    notary_of(office, DemoAuthorities(pki.authority(), office.clock)).attest()
    Worker(office.engine, office.clock).turn()
    office.engine.dispose()


# --- what must not show ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def assessments(portal: Portal, lodged: Lodged) -> list[Assessment]:
    engine = make_engine(portal.settings.database_url)
    with reading(engine) as connection:
        stored = [archive_store.find_case(connection, number) for number in (*lodged.numbers, *lodged.judged)]
    engine.dispose()
    return [canonical.loads(unpack(one.assessment), Assessment) for one in stored if one is not None]


@pytest.fixture(scope="module")
def tokens(portal: Portal, assessments: list[Assessment]) -> frozenset[str]:
    office = offices.reopen(portal.settings, portal.clock)
    known = office.snapshot.knowledge(offices.NOW.date())
    office.engine.dispose()
    secrets = [*secrets_of(known), *(secret for each in assessments for secret in secrets_of_assessment(each))]
    secrets += [*SAID.values(), *(f"partner-{detail}" for detail in SAID.values())]
    return distinctive(iter([*secrets, "zqx", "Zqx", "Зңқ", "Зъщ", "Quaggazz"])) | {"Quaggazz", "zqx_", "Зңқ", "Зъщ"}


def test_the_declarations_met_all_that_could_show(assessments: list[Assessment], tokens: frozenset[str]) -> None:
    fired = {finding.profile for each in assessments for finding in each.findings}
    assert fired >= {"QX-7741", "QX-7742", "QX-7743", "QX-7744", "QX-7745", "TT-02", "PD-06", "PA-25"}
    assert any(each.waived for each in assessments)
    assert any(each.degraded for each in assessments)
    assert any(each.by_draw == "INSPECTION_ORDER" for each in assessments)
    assert any(each.opinion is not None for each in assessments)
    assert {finding.profile for each in assessments for finding in each.findings} >= {"IM-39", "IM-39P"}
    assert {"QX-7741", "9961.3725", "zqx_qx_7741", "Quaggazz: read the ledger.", *SAID.values()} <= tokens


def test_no_answer_to_lodging_or_checking_tells(walked: Walked, lodged: Lodged, tokens: frozenset[str]) -> None:
    assert leaks(walked, tokens) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_tells(
    portal: Portal, walked: Walked, lodged: Lodged, tokens: frozenset[str], person: str, language: str
) -> None:
    portal.client.cookies.clear()
    portal.client.cookies.set("shekara_language", language)
    seen = Walked([], walked.opened)
    sign_in(portal, seen, person, lodged.traveller)
    crawl(portal, seen, person, ["/", *(address for address in page_addresses(portal, lodged))])
    portal.client.cookies.clear()
    assert leaks(seen, tokens) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", ["altyn", "zhibek", "qorgan", "tengri", "nobody"])
def test_no_answer_of_the_api_tells(
    portal: Portal, walked: Walked, lodged: Lodged, tokens: frozenset[str], who: str, language: str
) -> None:
    seen = Walked([], walked.opened)
    for address in api_addresses(portal, lodged):
        for accepted in ("application/json", "application/xml"):
            heads = {"Accept-Language": language, "Accept": accepted, **({} if who == "nobody" else bearer(who))}
            seen.note(who, portal.client.get(address, headers=heads))
    assert leaks(seen, tokens) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_a_participant_reads_of_a_judgement_tells(
    portal: Portal, lodged: Lodged, tokens: frozenset[str], language: str
) -> None:
    """Neither what is answered, nor its part of a page, nor the sealed notice."""
    engine, parts = make_engine(portal.settings.database_url), Pages(demo=False)
    with reading(engine) as connection:
        kept = [judgement_store.find(connection, number) for number in lodged.judged]
    engine.dispose()
    for each in kept:
        assert each is not None
        told = for_participant(each, language)
        page = parts.render("judging/_participant.html", language, {"told": told})
        for content in (json.dumps(told, ensure_ascii=False).encode(), page.encode(), unpack(each.notice)):
            assert traces(tokens, content) == []
            assert not TELLING_KEYS & set(re.findall(r'"(\w+)":', content.decode()))


def test_every_route_that_opens_for_a_declarant_was_walked(portal: Portal, walked: Walked, lodged: Lodged) -> None:
    """Runs the walk once for itself, so that it stands alone."""
    for who in ("altyn", "zhibek", "qorgan", "tengri"):
        for address in api_addresses(portal, lodged):
            walked.note(who, portal.client.get(address, headers={**bearer(who), "Accept": "application/json"}))
    for person in PEOPLE:
        portal.client.cookies.clear()
        sign_in(portal, walked, person, lodged.traveller)
        crawl(portal, walked, person, ["/", *page_addresses(portal, lodged)])
        for address in writes(portal, lodged):
            post(portal, walked, person, address, {})
    portal.client.cookies.clear()
    unseen = [route for route in open_routes(portal.app) if not any(fits(route, one) for one in walked.opened)]
    assert not unseen, unseen


def test_neither_messages_nor_notifications_nor_journal_entries_nor_log_lines_tell(
    portal: Portal, lodged: Lodged, tokens: frozenset[str]
) -> None:
    engine = make_engine(portal.settings.database_url)
    with reading(engine) as connection:
        bodies = [bytes(row.body) for row in connection.execute(select(outbox))]
        told = [repr(tuple(row)).encode() for row in connection.execute(select(portal_store.notification))]
        entries = [bytes(row.entry) for row in connection.execute(select(signing_store.journal))]
        shown = [entry for entry in entries if re.search(rb'"(declaration|selection|judgement)[.]', entry)]
    engine.dispose()
    assert len(bodies) >= 6
    assert len(told) >= 6
    assert len(shown) >= 6
    lines = [line.encode() for line in lodged.lines]
    found = {token for content in (*bodies, *told, *shown, *lines) for token in traces(tokens, content)}
    assert found == set()


def test_when_the_days_key_is_disclosed_the_draws_of_profiles_stay_secret(tmp_path: Path) -> None:
    given = prepared(tmp_path)
    data, who = lodgements()["waived"]
    with served(given) as portal:
        number = portal.lodge(data, who).json()["registration_number"]
    later = offices.NOW + timedelta(days=3)
    office = offices.reopen(given, offices.StillClock(later))
    KeyKeeper(office.engine, office.clock).turn()
    with reading(office.engine) as connection:
        stored = archive_store.find_case(connection, number)
    assert stored is not None
    made = canonical.loads(unpack(stored.assessment), Assessment)
    known = office.snapshot.knowledge(offices.NOW.date())
    told = {known.day_key.hex(), *(drawn.draw for drawn in made.selections if drawn.profile == RANDOM_DRAW)}
    secret = distinctive(iter([*secrets_of(known), *secrets_of_assessment(made)])) - told
    assert any(drawn.draw in secret for drawn in made.selections)
    seen = Walked([], set())
    with served(given, later) as portal:
        sign_in(portal, seen, "anna")
        crawl(portal, seen, "anna", ["/", f"/declarations/{number}/selection"])
    assert any(known.day_key.hex().encode() in content for _, _, content in seen.answers)
    assert leaks(seen, secret) == []


# --- walking --------------------------------------------------------------------------------------------------------


def leaks(walked: Walked, tokens: frozenset[str]) -> list[tuple[str, str, list[str]]]:
    """Return who could read where what must not show; telling keys of JSON count, too."""
    found = []
    for who, path, content in {(who, path, content) for who, path, content in walked.answers}:
        public = CRITERIA if path.startswith("/registry/application/") else frozenset()
        traced = traces(tokens - public, content) + sorted(TELLING_KEYS & keys_of(content))
        if traced:
            found.append((who, path, traced))
    return sorted(found)


def keys_of(content: bytes) -> set[str]:
    """Return every key of a JSON text, lower-case."""
    if not content.startswith((b"{", b"[")):
        return set()
    keys: set[str] = set()
    json.loads(content, object_hook=lambda made: keys.update(key.lower() for key in made))
    return keys


def sign_in(portal: Portal, walked: Walked, person: str, traveller: str = "") -> None:
    """Sign in, in a browser that may see the record of a traveller, too."""
    portal.client.cookies.set(TRAVELLER_COOKIE, traveller)
    walked.note("nobody", portal.client.get("/demo/sign-in"))
    answer = post(portal, walked, person, "/demo/sign-in", {"person": person})
    assert answer.status_code == 303, answer.text


def post(portal: Portal, walked: Walked, who: str, address: str, fields: dict[str, str]) -> Any:
    if CSRF_COOKIE not in portal.client.cookies:
        portal.client.get("/")
    form = {**fields, "_csrf_token": portal.client.cookies[CSRF_COOKIE]}
    return walked.note(who, portal.client.post(address, data=form, follow_redirects=False))


def crawl(portal: Portal, walked: Walked, who: str, addresses: list[str]) -> None:
    """Open these addresses and whatever they link to within the portal, whole and as fragments."""
    waiting, known = list(addresses), set(addresses)
    while waiting:
        address = waiting.pop()
        for heads in ({}, {"HX-Request": "true"}):
            answer = walked.note(who, portal.client.get(address, headers=heads, follow_redirects=False))
            for link in map(unescape, LINK.findall(answer.text)):
                if link not in known and not link.startswith(("/static/", "/sign-out", "/live/")):
                    known.add(link)
                    waiting.append(link)


def open_routes(app: Litestar) -> list[tuple[str, str]]:
    """Return (method, path) of every route that opens for a declarant, a broker or anybody."""
    return sorted(
        (method, route.path)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.get("need") in OPEN_TO_DECLARANTS
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
        # built files; a machine's page of what is not there; events that do not end and tell only numbers (test_live)
        if not route.path.startswith(("/static/", "/api/{path", "/live/"))
        if (method, route.path) not in {("POST", path) for path in LEADS_ELSEWHERE}
    )


def writes(portal: Portal, lodged: Lodged) -> list[str]:
    """Return the address of every form of a person's pages: what takes away comes last, and signing out at the end."""
    forms = [path for method, path in open_routes(portal.app) if method == "POST" and not path.startswith("/api")]
    number = lodged.numbers[0]
    found = {address for path in forms for address in _filled(path, number, lodged.places)}
    ends = ("/delete", "/remove", "/revoke", "/travellers/close", "/sign-in", "/demo/sign-in", "/sign-out")
    return sorted(found, key=lambda address: (address.endswith(ends), address == "/sign-out", address))


def fits(route: tuple[str, str], asked: tuple[str, str]) -> bool:
    pattern = PARAMETER.sub("[^/]+", route[1])
    return route[0] == asked[0] and re.fullmatch(pattern, asked[1]) is not None


def page_addresses(portal: Portal, lodged: Lodged) -> list[str]:
    return [address for address in _addresses(portal, lodged) if not address.startswith("/api")]


def api_addresses(portal: Portal, lodged: Lodged) -> list[str]:
    consistency = "/api/v1/journal/consistency?first=1&second=2"
    return [address for address in _addresses(portal, lodged) if address.startswith("/api")] + [consistency]


def _addresses(portal: Portal, lodged: Lodged) -> list[str]:
    """Return the address of every page and answer to read, for each declaration. KeyError: a parameter nobody knows."""
    engine = make_engine(portal.settings.database_url)
    with reading(engine) as connection:
        size = connection.execute(select(signing_store.checkpoint.c.size)).scalars().first()
    engine.dispose()
    readable = [path for method, path in open_routes(portal.app) if method == "GET"]
    places = {**lodged.places, "size": (str(size),), "index": ("1",)}
    return sorted(
        {address for path in readable for number in lodged.numbers for address in _filled(path, number, places)}
    )


def _filled(path: str, number: str, places: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield a path with each that may stand in its places."""
    known = {
        **places,
        **{name: (part,) for name, part in zip(("office", "day", "serial"), number.split("/"), strict=True)},
    }
    names = [name for name, _ in PARAMETER.findall(path)]
    for chosen in product(*(known[name] for name in names)):
        values = dict(zip(names, chosen, strict=True))
        yield PARAMETER.sub(lambda match, values=values: values[match[1]], path)  # type: ignore[misc]
