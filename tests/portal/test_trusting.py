"""What is known of certificates is fetched in the background, kept, and judged by; a trader never waits for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import builders
import offices
import pytest
import revoking
from cast import PARTICIPANTS, PERSONS
from cryptography import x509
from sqlalchemy import func, select

from portal import trusting
from portal.authorities import AuthorityUnreachable, DemoAuthorities
from portal.database import reading
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.trusting import Fetched, Keeper, keep_files, trust_of
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
        self.forge_list: Callable[[str], bytes] | None = None  # what the network brings instead
        self.forge_answer: Callable[[], bytes] | None = None

    def crl(self, url: str) -> bytes:
        forge = self.forge_list
        return self._answer("crl", lambda: forge(url) if forge else super(Desk, self).crl(url))

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._answer("ocsp", self.forge_answer or (lambda: super(Desk, self).ocsp(url, request)))

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


def trusted(office: Office, authority: DemoAuthority) -> Path:
    """Write the roots into the trust folder, and return it."""
    folder = office.settings.trust_folder
    for name, content in (("roots", authority.root_pem()), ("intermediates", authority.intermediate_pem())):
        (folder / name).mkdir(parents=True)
        (folder / name / "demo.pem").write_bytes(content)
    return folder


def stranger() -> DemoAuthority:
    return DemoAuthority.create(offices.NOW, "Stranger")


def troubles(fetched: list[Fetched]) -> str:
    return " ".join(each.trouble for each in fetched)


def newest(office: Office, at: datetime) -> frozenset[str]:
    with reading(office.engine) as connection:
        return evidence_store.newest_evidence(connection, at)


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


def test_what_says_the_same_is_kept_again_when_half_of_its_time_is_over_and_nothing_is_deleted(
    office: Office, keeper: Keeper, clock: offices.StillClock
) -> None:
    keeper.refresh()
    of_one_round = kept(office)
    clock.at += timedelta(days=3)
    keeper.refresh()
    assert kept(office) == of_one_round
    clock.at += timedelta(days=1)
    keeper.refresh()
    assert kept(office) == 2 * of_one_round


def test_what_says_something_else_is_kept_at_once(
    office: Office, keeper: Keeper, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    keeper.refresh()
    of_one_round = kept(office)
    clock.at += timedelta(minutes=1)
    authority.revoke(berik(authority).certificate, clock.at)
    keeper.refresh()
    assert kept(office) == of_one_round + 1


def test_what_was_fetched_is_there_without_a_database(
    office: Office, keeper: Keeper, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    folder, key = trusted(office, authority), berik(authority)
    with pytest.raises(RevocationUnknown):
        trust_of(office.settings).judge(key.certificate, key.chain, clock.at)
    keep_files(folder, keeper.refresh())
    trust_of(office.settings).judge(key.certificate, key.chain, clock.at)


def test_an_older_list_never_replaces_a_newer_one_in_the_trust_folder(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    trusted(office, authority)
    key, old = berik(authority), {url: authority.crl_at(url, clock.at) for url in authority.crl_urls}
    clock.at += timedelta(hours=1)
    authority.revoke(key.certificate, clock.at)
    keeper.refresh()
    desk.forge_list = old.__getitem__
    keep_files(office.settings.trust_folder, keeper.refresh())
    with pytest.raises(CertificateRevoked):
        trust_of(office.settings).judge(key.certificate, key.chain, clock.at)


FORGED_LISTS: list[tuple[str, Callable[[DemoAuthority, datetime], bytes]]] = [
    ("of a stranger", lambda authority, at: revoking.crl(stranger().issuing, at)),
    ("signed by a stranger", lambda authority, at: revoking.crl(authority.issuing, at, signed_by=stranger().issuing)),
    ("altered", lambda authority, at: revoking.altered(revoking.crl(authority.issuing, at))),
    ("of the root", lambda authority, at: revoking.crl(authority.root, at)),
    ("of changes", lambda authority, at: revoking.crl(authority.issuing, at, extensions=[DELTA])),
    ("of tomorrow", lambda authority, at: revoking.crl(authority.issuing, at + timedelta(days=1))),
    ("no list", lambda authority, at: b"no list"),
]  # fmt: skip
DELTA = (x509.DeltaCRLIndicator(1), True)


@pytest.mark.parametrize("forge", [case[1] for case in FORGED_LISTS], ids=[case[0] for case in FORGED_LISTS])
def test_a_list_that_is_not_of_the_issuer_displaces_nothing(
    forge: Callable[[DemoAuthority, datetime], bytes],
    office: Office,
    keeper: Keeper,
    desk: Desk,
    authority: DemoAuthority,
    clock: offices.StillClock,
) -> None:
    keeper.refresh()
    key = berik(authority)
    lodge_one(office, key, "T-1")  # an answer that says "good" is fetched
    keeper.turn()
    authority.revoke(key.certificate, clock.at)
    clock.at += timedelta(minutes=1)
    desk.silent = {"ocsp"}
    keeper.refresh()
    clock.at += timedelta(minutes=1)
    desk.forge_list = lambda url: forge(authority, clock.at)
    keeper.refresh()
    with pytest.raises(CertificateRevoked):
        lodge_one(office, key, "T-2")


def test_what_is_not_genuine_is_reported_and_not_kept(office: Office, keeper: Keeper, desk: Desk) -> None:
    desk.forge_list = lambda url: revoking.crl(stranger().issuing, office.clock.now())
    assert "not genuine" in troubles(keeper.refresh())
    assert kept(office) == 0


def test_what_is_dated_in_the_future_is_reported_and_not_kept(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority
) -> None:
    desk.forge_list = lambda url: authority.crl_at(url, office.clock.now() + timedelta(minutes=6))
    assert "in the future" in troubles(keeper.refresh())
    assert kept(office) == 0


def test_a_genuine_list_that_is_older_than_what_is_kept_adds_nothing(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    old = {url: authority.crl_at(url, clock.at) for url in authority.crl_urls}
    clock.at += timedelta(hours=1)
    authority.revoke(berik(authority).certificate, clock.at)
    keeper.refresh()
    desk.forge_list = old.__getitem__
    keeper.refresh()
    assert kept(office) == 2


def test_only_the_newest_of_each_subject_is_judged_by_and_the_others_as_of_their_day(
    office: Office, keeper: Keeper, clock: offices.StillClock
) -> None:
    keeper.refresh()
    first = newest(office, clock.at)
    clock.at += timedelta(days=5)
    keeper.refresh()
    second = newest(office, clock.at)
    assert (len(first), len(second), len(first | second)) == (2, 2, 4)
    assert newest(office, clock.at - timedelta(days=1)) == first


@pytest.mark.parametrize("about_the_signer", [True, False])
def test_a_forged_answer_displaces_nothing(
    about_the_signer: bool,
    office: Office,
    keeper: Keeper,
    desk: Desk,
    authority: DemoAuthority,
    clock: offices.StillClock,
) -> None:
    keeper.refresh()
    key = berik(authority)
    lodge_one(office, key, "T-1")
    desk.silent = {"crl"}
    authority.revoke(key.certificate, clock.at)
    clock.at += timedelta(minutes=1)
    keeper.turn()
    clock.at += timedelta(minutes=1)
    signed_by = stranger().issuing if about_the_signer else authority.issuing
    about = key if about_the_signer else berik(authority)
    desk.forge_answer = lambda: revoking.answer(about, authority.issuing, signed_by, at=clock.at)
    assert "not genuine" in troubles(keeper.refresh())
    with pytest.raises(CertificateRevoked):
        lodge_one(office, key, "T-2")


def test_what_was_once_said_to_be_withdrawn_stays_so_when_only_an_older_list_still_holds(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    year = {
        authority.crl_urls[0]: revoking.crl(authority.root, clock.at, lasts=timedelta(days=300)),
        authority.crl_urls[1]: revoking.crl(authority.issuing, clock.at, lasts=timedelta(days=300)),
    }
    desk.forge_list = year.__getitem__
    keeper.refresh()
    key = berik(authority)
    lodge_one(office, key, "T-1")
    clock.at += timedelta(minutes=1)
    authority.revoke(key.certificate, clock.at)
    keeper.turn()
    clock.at += evidence_store.OLDEST + timedelta(days=1)
    later = offices.reopen(office.settings, clock, trust=authority.trust_store().with_evidence(Evidence()))
    with pytest.raises(CertificateRevoked):
        lodge_one(later, key, "T-2")


def test_a_list_of_an_authority_whose_clock_is_a_little_ahead_counts_at_once(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    keeper.refresh()
    key = berik(authority)
    clock.at += timedelta(days=1)
    authority.revoke(key.certificate, clock.at)
    desk.forge_list = lambda url: authority.crl_at(url, clock.at + timedelta(seconds=30))
    keeper.refresh()
    with pytest.raises(CertificateRevoked):
        lodge_one(office, key)


def test_a_list_that_holds_for_a_year_counts_for_a_year(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    of_root = revoking.crl(authority.root, clock.at, lasts=timedelta(days=365))
    clock.at += timedelta(days=300)
    desk.forge_list = lambda url: of_root if url == authority.crl_urls[0] else authority.crl_at(url, clock.at)
    keeper.refresh()
    lodge_one(office, berik(authority))


def test_what_the_trust_folder_holds_counts_beside_what_was_fetched(
    tmp_path: Path, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    of_root = revoking.crl(authority.root, clock.at, lasts=timedelta(days=30))
    office = offices.office(tmp_path / "other", clock, trust=authority.trust_store().with_evidence(Evidence([of_root])))

    def unreachable_root(url: str) -> bytes:
        if url == authority.crl_urls[0]:
            raise AuthorityUnreachable(url)
        return authority.crl_at(url, clock.at)

    desk.forge_list = unreachable_root
    Keeper(office, desk).refresh()
    lodge_one(office, berik(authority))


def test_lists_are_kept_before_any_responder_is_waited_for(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority
) -> None:
    seen: list[int] = []

    def slow() -> bytes:
        seen.append(kept(office))
        raise AuthorityUnreachable("at last")

    desk.forge_answer = slow
    with pytest.raises(RevocationUnknown):
        lodge_one(office, berik(authority))
    keeper.refresh()
    assert seen == [2]


def met(office: Office, authority: DemoAuthority, number: int) -> None:
    """Let the office meet so many signers."""
    for _ in range(number):
        with pytest.raises(RevocationUnknown):
            lodge_one(office, berik(authority))


def test_a_round_ends_when_its_time_is_over_and_the_next_one_goes_on_with_the_others(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    def slow() -> bytes:
        clock.ticks += trusting.ROUND_SECONDS / 2
        return b"no answer"

    met(office, authority, 3)
    desk.forge_answer = slow
    first, second = ({each.subject for each in keeper.refresh() if each.kind == "ocsp"} - {""} for _ in range(2))
    assert (len(first), len(second), len(first | second)) == (2, 2, 3)


def test_a_responder_that_does_not_answer_is_not_asked_again_in_that_round(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority
) -> None:
    met(office, authority, 3)
    desk.silent = {"ocsp"}
    keeper.refresh()
    assert desk.asked.count("ocsp") == 1


def test_between_rounds_no_more_are_asked_about_than_in_a_round(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trusting, "MET_MOST", 2)
    desk.silent = {"crl"}
    keeper.turn()  # is due; the next ones are not
    desk.asked.clear()
    met(office, authority, 3)
    asked = []
    for _ in range(3):
        keeper.turn()
        asked.append(desk.asked.count("ocsp"))
    assert asked == [2, 3, 3]


def test_a_signer_who_has_not_come_back_for_a_day_is_not_asked_about_any_more(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    keeper.refresh()
    lodge_one(office, berik(authority))
    keeper.turn()
    asked = []
    for _ in range(3):
        desk.asked.clear()
        keeper.refresh()
        asked.append(desk.asked.count("ocsp"))
        clock.at += timedelta(hours=20)
    assert asked == [1, 1, 0]


def test_a_signer_who_comes_daily_is_asked_about_for_as_long(
    office: Office, keeper: Keeper, desk: Desk, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    key = berik(authority)
    desk.forge_answer = lambda: b"no answer"  # so that nothing new becomes known
    for day in range(4):
        desk.asked.clear()
        keeper.refresh()
        assert desk.asked.count("ocsp") == min(day, 1)
        lodge_one(office, key, f"T-{day}")
        clock.at += timedelta(hours=20)


def test_where_nobody_lodges_the_office_knows_what_was_fetched(
    office: Office, keeper: Keeper, authority: DemoAuthority, clock: offices.StillClock
) -> None:
    keeper.turn()
    key = berik(authority)
    office.trust.judge(key.certificate, key.chain, clock.at)
