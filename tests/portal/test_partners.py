"""Administration of partners, and the log of who asked about whom."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import caseworking
import msgspec
import offices
import pki
import pytest
from browsing import Browser
from caseworking import person
from cast import PARTICIPANTS, PERSONS
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from litestar.testing import TestClient
from lxml import html
from portal_fakes import World
from sqlalchemy import select

from interop import exchange_store, outbox
from interop.disclosure import ALWAYS, FIELDS, HASHABLE, Policy, disclose
from interop.partner_store import read_partner
from interop.partners import Partner, PartnerKind, read_key
from interop.query_log import Query, log_query
from portal import audit
from portal.app import create_app
from portal.database import reading, writing
from portal.office import Office
from portal.partners import forms, words
from portal.partners.errors import Refused
from portal.partners.sample import SAMPLE, preview
from portal.partners.service import Condition, PartnerDesk, Wanted, seen_as
from portal.store import end_official, read_officials
from risk_gateway.bases.violations.kinds import kinds
from signing.store import journal

ASEL, MARAT = person("asel"), person("marat")
ALTYN = PARTICIPANTS["altyn"].identifier
NOW = offices.NOW
SECRET = "agreed-with-nobody-else"
VIOLATION = "KZ-CRV-2026-0000777"
needs_demo = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the cast signs in on SQLite only")


def pem(key: Any = None) -> str:
    key = key or ec.generate_private_key(ec.SECP256R1())
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def neighbour(**changes: Any) -> Partner:
    usual = Partner(
        id="neighbour",
        kind=PartnerKind.FOREIGN_CUSTOMS,
        name="Customs of a neighbour",
        country="KG",
        address="https://customs.example/exchange",
        keys=(),
        policy=Policy(),
        active=False,
    )
    return msgspec.structs.replace(usual, **changes)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


@pytest.fixture
def desk(office: Office) -> PartnerDesk:
    made = PartnerDesk(office)
    made.add(ASEL, neighbour())
    return made


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refused) as found:
        yield
    assert found.value.code == code


def stored(office: Office, identifier: str = "neighbour") -> Partner:
    with reading(office.engine) as connection:
        found = read_partner(connection, identifier)
    assert found is not None
    return found


def entries(office: Office, event: audit.Event) -> list[dict[str, str]]:
    with reading(office.engine) as connection:
        found = connection.execute(select(journal.c.entry).where(journal.c.event == event.value)).scalars()
        return [msgspec.json.decode(entry)["particulars"] for entry in found]


def dead_letter(office: Office, partner: str = "neighbour", subject: str = VIOLATION) -> str:
    body = msgspec.json.encode({"number": ALTYN, "name": "Hidden LLP"})
    with writing(office.engine) as connection:
        message = outbox.send(connection, partner, "violation", subject, body, NOW)
        found = exchange_store.read_outgoing(connection, message)
        assert found is not None
        exchange_store.end(connection, found, exchange_store.DEAD, NOW, code="exchange.unreachable")
    return message


# --- what is typed --------------------------------------------------------------------------------------------------

PARTICULARS = {
    "id": "neighbour",
    "kind": "foreign_customs",
    "partner_name": "Customs of a neighbour",
    "country": "kg",
    "address": "https://customs.example/exchange/",
    "per_minute": "600",
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": ""}, "id"),
        ({"id": "A"}, "id"),
        ({"id": "../admin"}, "id"),
        ({"id": "x" * 41}, "id"),
        ({"id": "new"}, "id"),
        ({"kind": "army"}, "kind"),
        ({"partner_name": " "}, "partner-name"),
        ({"partner_name": "x" * 121}, "partner-name"),
        ({"country": "ZZZ"}, "country"),
        ({"country": "11"}, "country"),
        ({"address": "http://customs.example"}, "address"),
        ({"address": "ftp://customs.example"}, "address"),
        ({"address": "https://user@customs.example"}, "address"),
        ({"address": "https://customs.example/?key=1"}, "address"),
        ({"address": "https://customs.example/#x"}, "address"),
        ({"address": "https://"}, "address"),
        ({"address": "https://[::1"}, "address"),
        ({"address": "javascript:alert(1)"}, "address"),
        ({"per_minute": "0"}, "rate"),
        ({"per_minute": "60001"}, "rate"),
        ({"per_minute": "-1"}, "rate"),
        ({"per_minute": "٦"}, "rate"),
    ],
)
def test_a_partner_that_is_not_right_is_refused_beside_its_field(changes: dict[str, str], code: str) -> None:
    with refused(code):
        forms.new_partner({**PARTICULARS, **changes})


def test_a_new_partner_is_switched_off_without_keys_and_told_nothing() -> None:
    assert forms.new_partner(PARTICULARS) == neighbour()


def test_a_partner_on_this_machine_may_be_without_https() -> None:
    assert forms.new_partner({**PARTICULARS, "address": "http://127.0.0.1:8471"}).address == "http://127.0.0.1:8471"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fields": ["number", "salt"]}, "fields"),
        ({"number_as": "anything"}, "fields"),
        ({"number_as": "hashed", "salt": ""}, "salt"),
        ({"number_as": "hashed", "salt": "short"}, "salt"),
        ({"salt": "short"}, "salt"),
        ({"kinds": ["treason"]}, "kinds"),
        ({"purposes": "Customs Control"}, "purposes"),
        ({"purposes": "\n".join(f"p{number}" for number in range(51))}, "purposes"),
        ({"retention_days": "0"}, "retention"),
        ({"retention_days": "forever"}, "retention"),
    ],
)
def test_a_policy_that_is_not_right_is_refused(changes: dict[str, Any], code: str) -> None:
    with refused(code):
        forms.with_policy(neighbour(), {"retention_days": "365", **changes})


def test_a_policy_is_typed_as_it_is_and_its_secret_stays() -> None:
    before = neighbour(policy=Policy(salt=SECRET))
    typed = {
        "number_as": "hashed",
        "name_as": "open",
        "fields": ["article", "committed_on"],
        "kinds": "smuggling",
        "purposes": " customs_control \r\n\r\nregistry\n",
        "retention_days": "90",
        "salt": "",
    }
    policy = forms.with_policy(before, typed).policy
    assert policy == Policy(
        fields=ALWAYS | {"name", "article", "committed_on"},
        hash_fields=frozenset({"number"}),
        kinds=frozenset({"smuggling"}),
        purposes=frozenset({"customs_control", "registry"}),
        retention_days=90,
        salt=SECRET,
    )
    assert forms.with_policy(before, forms.typed_policy(policy)).policy == policy
    assert SECRET not in repr(forms.typed_policy(policy))


def test_every_field_and_kind_of_partner_has_words() -> None:
    assert words.FIELDS.keys() == FIELDS
    assert words.KINDS.keys() == set(PartnerKind)
    assert words.CONDITIONS.keys() == set(Condition)


# --- what would leave -----------------------------------------------------------------------------------------------


def test_without_a_kind_nothing_would_leave() -> None:
    assert not any(each.leaves for each in preview(Policy(fields=FIELDS, salt=SECRET, hash_fields=HASHABLE)))


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_the_preview_is_what_leaves(kind: str) -> None:
    policy = Policy(
        fields=ALWAYS | {"article", "name"}, hash_fields=frozenset({"number"}), kinds=frozenset({kind}), salt=SECRET
    )
    shown = {
        f"{each.field}_hash" if each.hashed else each.field: each.leaves for each in preview(policy) if each.leaves
    }
    told = disclose(msgspec.structs.replace(SAMPLE, kind=kind), policy)
    assert shown == {name: str(value) for name, value in (told or {}).items()}
    assert SAMPLE.identity.number not in shown.values()


# --- changes --------------------------------------------------------------------------------------------------------


def test_every_change_is_in_the_journal_without_its_secrets(office: Office, desk: PartnerDesk) -> None:
    key = pem()
    desk.add_key(ASEL, "neighbour", key)
    before = desk.partner("neighbour")
    policy = Policy(fields=FIELDS, kinds=frozenset({"smuggling"}), salt=SECRET, retention_days=30)
    desk.change(ASEL, msgspec.structs.replace(before, policy=policy), seen_as(before))
    desk.switch(ASEL, "neighbour", on=True)
    told = entries(office, audit.Event.PARTNER_CHANGED)
    assert [each["new"] for each in told] == ["yes", "no", "no", "no"]
    assert {each["by"] for each in told} == {ASEL.iin}
    assert told[-1]["keys"] == read_key(key).id
    assert (told[-1]["active"], told[-1]["salted"], told[-1]["retention_days"]) == ("yes", "yes", "30")
    assert SECRET not in repr(told)


def test_a_code_is_given_once(desk: PartnerDesk) -> None:
    with refused("known"):
        desk.add(ASEL, neighbour(name="Another"))


def test_of_two_who_change_a_partner_the_second_sees_it_first(office: Office, desk: PartnerDesk) -> None:
    before = desk.partner("neighbour")
    desk.change(ASEL, msgspec.structs.replace(before, name="First"), seen_as(before))
    with refused("changed"):
        desk.change(ASEL, msgspec.structs.replace(before, name="Second"), seen_as(before))
    assert stored(office).name == "First"


def test_who_is_administrator_no_more_changes_nothing(office: Office, desk: PartnerDesk) -> None:
    message = dead_letter(office)
    with writing(office.engine) as connection:
        (own,) = read_officials(connection, ASEL.iin)
        end_official(connection, own.id or 0, NOW)
    before = stored(office)
    for change in (
        lambda: desk.add(ASEL, neighbour(id="another")),
        lambda: desk.change(ASEL, msgspec.structs.replace(before, name="X"), seen_as(before)),
        lambda: desk.add_key(ASEL, "neighbour", pem()),
        lambda: desk.remove_key(ASEL, "neighbour", "00"),
        lambda: desk.switch(ASEL, "neighbour", on=True),
        lambda: desk.replay(ASEL, "neighbour", message),
        lambda: desk.replay_all(ASEL, "neighbour"),
    ):
        with refused("not-in-office"):
            change()
    assert stored(office) == before


# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_new_key_comes_before_the_old_one_which_goes_on_to_count(office: Office, desk: PartnerDesk) -> None:
    old, new = pem(), pem()
    desk.add_key(ASEL, "neighbour", old)
    desk.add_key(ASEL, "neighbour", new)
    assert stored(office).keys == (new, old)
    assert [each.holds for each in desk.shown("neighbour").keys] == [True, True]
    desk.remove_key(ASEL, "neighbour", read_key(old).id)
    assert stored(office).keys == (new,)


def test_a_key_belongs_to_one_partner(office: Office, desk: PartnerDesk) -> None:
    key = pem()
    desk.add_key(ASEL, "neighbour", key)
    desk.add(ASEL, neighbour(id="another"))
    for partner in ("neighbour", "another"):
        with refused("key-known"):
            desk.add_key(ASEL, partner, key)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: "", "key"),
        (lambda: "-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----", "key"),
        (lambda: pem(ec.generate_private_key(ec.SECP521R1())), "key-weak"),
        (lambda: pem(rsa.generate_private_key(65537, 2048)), "key-weak"),
        (lambda: pem() + pem(), "key"),
        (
            lambda: (
                ec.generate_private_key(ec.SECP256R1())
                .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                .decode()
            ),
            "key",
        ),
    ],
)
def test_what_is_no_usable_key_is_refused(office: Office, desk: PartnerDesk, make: Any, code: str) -> None:
    with refused(code):
        desk.add_key(ASEL, "neighbour", forms.pem_of({"pem": make()}))
    assert stored(office).keys == ()


def test_a_certificate_that_has_expired_is_refused(office: Office) -> None:
    clock = offices.StillClock()
    desk = PartnerDesk(offices.reopen(office.settings, clock))
    desk.add(ASEL, neighbour())
    certificate = pki.office_key().certificate
    clock.at = certificate.not_valid_after_utc + timedelta(seconds=1)
    with refused("key-ended"):
        desk.add_key(ASEL, "neighbour", certificate.public_bytes(Encoding.PEM).decode())


def test_without_a_key_no_exchange_begins(office: Office, desk: PartnerDesk) -> None:
    with refused("no-keys"):
        desk.switch(ASEL, "neighbour", on=True)
    assert not stored(office).active


# --- how it goes ----------------------------------------------------------------------------------------------------


def test_those_that_need_somebody_come_first(office: Office, desk: PartnerDesk) -> None:
    for identifier in ("well", "waits", "dead", "keys"):
        desk.add(ASEL, neighbour(id=identifier))
        desk.add_key(ASEL, identifier, pem())
        desk.switch(ASEL, identifier, on=True)
    desk.remove_key(ASEL, "keys", read_key(stored(office, "keys").keys[0]).id)
    dead_letter(office, "dead")
    with writing(office.engine) as connection:
        outbox.send(connection, "waits", "violation", VIOLATION, b"{}", NOW - timedelta(minutes=6))
    assert [(each.partner.id, each.condition.value) for each in desk.listed()] == [
        ("dead", "dead"),
        ("keys", "keys"),
        ("waits", "waits"),
        ("well", "well"),
        ("neighbour", "off"),
    ]


def test_a_dead_letter_is_sent_again_once_and_that_is_in_the_journal(office: Office, desk: PartnerDesk) -> None:
    message = dead_letter(office)
    desk.replay(ASEL, "neighbour", message)
    assert [each.id for each in desk.messages("neighbour", "waiting", 1).rows] == [message]
    assert entries(office, audit.Event.EXCHANGE_REPLAYED) == [{"message": message, "by": ASEL.iin}]
    with refused("gone"):
        desk.replay(ASEL, "neighbour", message)
    assert len(entries(office, audit.Event.EXCHANGE_REPLAYED)) == 1


def test_a_dead_letter_of_another_partner_is_not_sent_again(office: Office, desk: PartnerDesk) -> None:
    desk.add(ASEL, neighbour(id="another"))
    message = dead_letter(office)
    with refused("gone"):
        desk.replay(ASEL, "another", message)
    assert [each.id for each in desk.messages("neighbour", "dead", 1).rows] == [message]


def test_all_dead_letters_of_one_partner_are_sent_again_in_their_order(office: Office, desk: PartnerDesk) -> None:
    desk.add(ASEL, neighbour(id="another"))
    other = dead_letter(office, "another")
    messages = [dead_letter(office, subject=f"{VIOLATION}{number}") for number in range(60)]
    assert desk.replay_all(ASEL, "neighbour") == 60
    waiting = [each.id for number in (1, 2, 3) for each in desk.messages("neighbour", "waiting", number).rows]
    assert waiting == messages
    assert len(entries(office, audit.Event.EXCHANGE_REPLAYED)) == 60
    assert [each.id for each in desk.messages("another", "dead", 1).rows] == [other]


# --- the log --------------------------------------------------------------------------------------------------------


def asked(office: Office, **changes: Any) -> None:
    usual = {
        "partner": "neighbour",
        "about": ALTYN,
        "purpose": "customs_control",
        "legal_basis": "Agreement, article 4",
    }
    with writing(office.engine) as connection:
        log_query(connection, Query(**{**usual, "at": NOW, "answer": "nothing", **changes}))


def test_the_log_is_searched_and_that_it_was_is_in_the_journal(office: Office, desk: PartnerDesk) -> None:
    asked(office)
    asked(office, about="240140031359", answer="told", told=("KZ-CRV-1 1",), at=NOW + timedelta(days=1))
    asked(office, about="240140031359", answer="refused", code="exchange.purpose", purpose="curiosity")
    for wanted, count in (
        (Wanted(), 3),
        (Wanted(text=ALTYN), 1),
        (Wanted(text=ALTYN[:6]), 0),
        (Wanted(text="CURIOUS"), 0),
        (Wanted(text="curios"), 1),
        (Wanted(text="%"), 0),
        (Wanted(answer="refused"), 1),
        (Wanted(partner="another"), 0),
        (Wanted(first=NOW + timedelta(hours=1)), 1),
    ):
        assert desk.queries(MARAT, wanted, 1).page.total == count, wanted
    told = entries(office, audit.Event.EXCHANGE_LOG_READ)
    assert told[1] == {"officer": MARAT.iin, "role": "auditor", "searched": ALTYN, "page": "1"}
    assert len(told) == 9


def test_what_this_office_asked_about_somebody_stands_beside_it(office: Office, desk: PartnerDesk) -> None:
    particulars = {"partners": "tax police", "purpose": "registry", "legal_basis": "article 5"}
    with writing(office.engine) as connection:
        record = audit.Record(audit.Event.PARTNER_ASKED, ALTYN, NOW, particulars)
        audit.record_one(connection, record)
    (own,) = desk.queries(MARAT, Wanted(text=ALTYN), 1).own
    assert (own.partners, own.purpose, own.at) == ("tax police", "registry", NOW)
    assert desk.queries(MARAT, Wanted(), 1).own == ()


def test_a_long_log_has_pages(office: Office, desk: PartnerDesk) -> None:
    for number in range(60):
        asked(office, about=f"{number:012}")
    last = desk.queries(MARAT, Wanted(), 9).page
    assert (last.number, last.pages, last.total, len(last.rows)) == (3, 3, 60, 10)
    assert last.rows[-1].about == "000000000000"


# --- pages ----------------------------------------------------------------------------------------------------------


@contextmanager
def served(home: Path) -> Iterator[tuple[Browser, Office]]:
    """Open a browser on a portal with a partner and a dead letter, signed in as the administrator."""
    office = caseworking.desk(home).office
    offices.keep_keys(home)
    PartnerDesk(office).add(ASEL, neighbour(policy=Policy(salt=SECRET)))
    with TestClient(create_app(office.settings, office.clock)) as client:
        world: World = None  # type: ignore[assignment]
        yield Browser(client, world).speak("en").sign_in("asel"), office


AT = "/administration/partners/neighbour"


@needs_demo
def test_no_page_of_administration_tells_of_whom_a_message_is_nor_the_secret(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, office):
        message = dead_letter(office)
        asked(office)
        for page in (
            "/administration/partners",
            AT,
            f"{AT}/policy",
            f"{AT}/messages",
            f"{AT}/messages?status=waiting",
            f"{AT}/messages/{message}/replay",
        ):
            answer = browser.get(page)
            assert answer.status_code == 200, (page, answer.text)
            for hidden in (VIOLATION, ALTYN, "Hidden LLP", SECRET):
                assert hidden not in answer.text, (page, hidden)


@needs_demo
def test_a_partner_is_recorded_given_a_key_and_switched_on(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, office):
        added = browser.post("/administration/partners/new", {**PARTICULARS, "id": "sary"})
        assert added.headers["location"] == "/administration/partners/sary"
        key = pem()
        assert browser.post("/administration/partners/sary/keys", {"pem": key}).status_code == 303
        assert browser.post("/administration/partners/sary/active", {"active": "yes"}).status_code == 303
        page = browser.get("/administration/partners/sary").text
        shown = re.sub(r"\s", "", html.fromstring(page).text_content())
        assert read_key(key).id in shown
        assert "In order" in page
        again = browser.post("/administration/partners/new", {**PARTICULARS, "id": "sary"})
        assert again.status_code == 422
        assert 'id="id-error"' in again.text
        assert stored(office, "sary").active


@needs_demo
def test_a_policy_is_tried_before_it_is_in_force(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, office):
        form = html.fromstring(browser.get(f"{AT}/policy").text).xpath("//input[@name='seen']/@value")
        chosen = {
            "seen": str(form[0]),
            "number_as": "hashed",
            "name_as": "kept",
            "fields": "article",
            "kinds": "smuggling",
            "purposes": "customs_control",
            "retention_days": "30",
        }
        tried = browser.post(f"{AT}/policy", {**chosen, "what": "preview"})
        assert tried.status_code == 200
        assert "This is not in force yet" in tried.text
        assert SAMPLE.article in tried.text
        assert stored(office).policy == Policy(salt=SECRET)
        assert browser.post(f"{AT}/policy", {**chosen, "what": "save"}).status_code == 303
        assert stored(office).policy.hash_fields == {"number"}
        stale = browser.post(f"{AT}/policy", {**chosen, "what": "save"})
        assert stale.status_code == 422
        assert "Somebody has changed this partner meanwhile" in stale.text


@needs_demo
def test_a_replay_is_asked_before_it_is_done(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, office):
        message = dead_letter(office)
        assert f"{AT}/messages/{message}/replay" in browser.get(f"{AT}/messages").text
        assert "Yes, send it again" in browser.get(f"{AT}/messages/{message}/replay").text
        done = browser.post(f"{AT}/messages/{message}/replay", {})
        assert done.headers["location"] == f"{AT}/messages?status=waiting"
        twice = browser.post(f"{AT}/messages/{message}/replay", {})
        assert twice.status_code == 422
        assert "This message waits no more" in twice.text
        assert browser.get(f"{AT}/messages/{message}/replay").status_code == 404


@needs_demo
def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, office):
        message = dead_letter(office)
        for page in ("", "/policy", "/messages", f"/messages/{message}/replay"):
            assert browser.get(f"/administration/partners/nobody{page}").status_code == 404, page
        for page in (
            "",
            "/policy",
            "/messages/replay",
            f"/messages/{message}/replay",
            "/keys",
            "/keys/00/remove",
            "/active",
        ):
            assert browser.post(f"/administration/partners/nobody{page}", {"pem": pem()}).status_code == 404, page
        assert browser.post(f"{AT}/keys/00/remove", {}).status_code == 404


@needs_demo
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_auditor_reads_the_log_in_every_language(tmp_path: Path, language: str) -> None:
    with served(tmp_path) as (browser, office):
        asked(office, answer="told", told=("KZ-CRV-1 1",))
        auditor = Browser(browser.client.__class__(browser.client.app), browser.world).sign_in("marat")
        auditor.speak(language)
        page = auditor.get(f"/exchange-log?search={ALTYN}&answer=told&since=2026-11-24&page=7")
        assert page.status_code == 200
        for shown in (ALTYN, "Altyn Dala Trade LLP", "Customs of a neighbour", "Agreement, article 4", "KZ-CRV-1 1"):
            assert shown in page.text
        assert auditor.get("/administration/partners").status_code == 403


@needs_demo
@pytest.mark.parametrize("who", sorted(set(PERSONS) - {"marat"}))
def test_the_log_is_for_auditors(tmp_path: Path, who: str) -> None:
    with served(tmp_path) as (browser, _office):
        browser.sign_in(who)
        assert browser.get("/exchange-log").status_code == 403
