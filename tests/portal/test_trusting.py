"""What is known of certificates is fetched in the background, kept, and judged by; a trader never waits for it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import builders
import offices
import pytest
from cast import PARTICIPANTS, PERSONS
from sqlalchemy import func, select

from portal.authorities import ANSWER_BYTES_MAX, AuthorityUnreachable, DemoAuthorities, HttpAuthorities
from portal.database import reading
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.trusting import Keeper, keep_files, trust_of
from signing import evidence_store
from signing.authority import DemoAuthority
from signing.errors import CertificateRevoked, RevocationUnknown
from signing.revocation import Evidence
from signing.signer import SigningKey, sign


class Desk(DemoAuthorities):
    """The demonstration's authorities, which note what they were asked and can be made silent."""

    def __init__(self, authority: DemoAuthority, clock: offices.StillClock) -> None:
        super().__init__(authority, clock)
        self.asked: list[str] = []
        self.silent: set[str] = set()

    def crl(self, url: str) -> bytes:
        return self._answer("crl", lambda: super(Desk, self).crl(url))

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._answer("ocsp", lambda: super(Desk, self).ocsp(url, request))

    def _answer(self, kind: str, answer: Callable[[], bytes]) -> bytes:
        self.asked.append(kind)
        if kind in self.silent:
            raise AuthorityUnreachable(kind)
        return answer()


@pytest.fixture
def clock() -> offices.StillClock:
    return offices.StillClock()


@pytest.fixture
def authority() -> DemoAuthority:
    return DemoAuthority.create(offices.NOW)


@pytest.fixture
def desk(authority: DemoAuthority, clock: offices.StillClock) -> Desk:
    return Desk(authority, clock)


@pytest.fixture
def office(tmp_path: Path, clock: offices.StillClock, authority: DemoAuthority) -> Office:
    """An office that knows nothing of any certificate yet."""
    made = offices.office(tmp_path, clock, trust=authority.trust_store().with_evidence(Evidence()))
    return made


@pytest.fixture
def keeper(office: Office, desk: Desk) -> Keeper:
    return Keeper(office, desk)


def berik(authority: DemoAuthority) -> SigningKey:
    broker = PARTICIPANTS["zhibek"]
    return authority.person(PERSONS["berik"].name, PERSONS["berik"].iin, broker.identifier, broker.name)


def lodge_one(office: Office, key: SigningKey, reference: str = "T-1") -> None:
    document = sign(
        builders.declaration_xml(reference=reference, agent="zhibek", signatory="berik"), key, office.clock.now()
    )
    lodge(Lodged(document, office.clock.now()), office)


def kept(office: Office) -> int:
    with reading(office.engine) as connection:
        return connection.execute(select(func.count()).select_from(evidence_store.evidence)).scalar_one()


def test_a_signer_of_whom_nothing_is_known_is_asked_to_come_back_and_is_known_then(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority
) -> None:
    desk.silent = {"crl"}
    keeper.turn()
    key = berik(authority)
    with pytest.raises(RevocationUnknown):
        lodge_one(office, key)
    desk.silent = set()
    keeper.refresh()
    lodge_one(office, key)


def test_an_answer_on_a_certificate_just_met_is_fetched_before_the_next_full_round(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority
) -> None:
    keeper.turn()
    lodge_one(office, berik(authority))
    desk.asked.clear()
    keeper.turn()
    keeper.turn()
    assert desk.asked == ["ocsp"]


def test_a_certificate_revoked_since_is_refused_after_the_next_round(
    office: Office, keeper: Keeper, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    keeper.refresh()
    key = berik(authority)
    lodge_one(office, key, "T-1")
    clock.at += timedelta(hours=1)
    authority.revoke(key.certificate, clock.at)
    clock.at += timedelta(minutes=1)
    keeper.refresh()
    with pytest.raises(CertificateRevoked):
        lodge_one(office, key, "T-2")


def test_when_an_authority_is_silent_what_is_known_stays_good_until_it_ages(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    keeper.refresh()
    key = berik(authority)
    desk.silent = {"crl", "ocsp"}
    assert {each.trouble for each in keeper.refresh()} <= {"crl", "ocsp"}
    clock.at += timedelta(days=1)
    lodge_one(office, key, "T-1")
    clock.at += timedelta(days=60)
    office.refresh()
    with pytest.raises(RevocationUnknown):
        lodge_one(office, key, "T-2")


def test_of_each_subject_only_the_last_of_a_day_is_kept(
    office: Office, keeper: Keeper, clock: offices.StillClock
) -> None:
    keeper.refresh()
    of_one_round = kept(office)
    clock.at += timedelta(hours=1)
    keeper.refresh()
    assert kept(office) == of_one_round
    clock.at += timedelta(days=1)
    keeper.refresh()
    assert kept(office) == 2 * of_one_round


def test_what_was_fetched_is_there_without_a_database(
    tmp_path: Path, office: Office, keeper: Keeper, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    folder = office.settings.trust_folder
    for name, content in (("roots", authority.root_pem()), ("intermediates", authority.intermediate_pem())):
        (folder / name).mkdir(parents=True)
        (folder / name / "demo.pem").write_bytes(content)
    key = berik(authority)
    with pytest.raises(RevocationUnknown):
        trust_of(office.settings).judge(key.certificate, key.chain, clock.at)
    keep_files(folder, keeper.refresh())
    trust_of(office.settings).judge(key.certificate, key.chain, clock.at)


@contextmanager
def answering(status: int, parts: Iterator[bytes]) -> Iterator[str]:
    """Serve one answer on loopback; yields the address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            try:
                for part in parts:
                    self.wfile.write(part)
            except OSError:
                pass  # the caller has heard enough

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/list.crl"
    thread.join()
    server.server_close()


def test_a_list_comes_over_http(authority: DemoAuthority) -> None:
    with answering(200, iter([b"a list"])) as url:
        assert HttpAuthorities("").crl(url) == b"a list"


@pytest.mark.parametrize(
    ("status", "parts"),
    [(404, [b"none"]), (200, [bytes(1_000_000)] * (ANSWER_BYTES_MAX // 1_000_000 + 2))],
    ids=["not found", "endless"],
)
def test_an_authority_that_answers_badly_is_as_good_as_silent(status: int, parts: list[bytes]) -> None:
    with answering(status, iter(parts)) as url, pytest.raises(AuthorityUnreachable):
        HttpAuthorities("").crl(url)


def test_an_address_where_nobody_listens_is_as_good_as_silent() -> None:
    with pytest.raises(AuthorityUnreachable):
        HttpAuthorities("http://127.0.0.1:9/").timestamp(b"request")
