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
from sqlalchemy.exc import IntegrityError

from interop import exchange_store, outbox
from interop.disclosure import ALWAYS, FIELDS, HASHABLE, Policy, disclose
from interop.partner_store import read_partner
from interop.partners import Partner, PartnerKind, read_key
from interop.query_log import Query, log_query
from portal import audit
from portal.account.service import Account
from portal.app import create_app
from portal.database import reading, writing
from portal.errors import NotFound
from portal.office import Office
from portal.partners import forms, proposal_store, words
from portal.partners.errors import Refused
from portal.partners.sample import SAMPLE, preview
from portal.partners.service import Condition, PartnerDesk, Wanted, seen_as
from portal.store import end_official, read_officials
from portal.views import SignedIn
from risk_gateway.bases.violations.kinds import kinds
from signing.store import journal

ASEL, ALIYA, MARAT = person("asel"), person("aliya"), person("marat")
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


def switch_on(desk: PartnerDesk, identifier: str = "neighbour") -> None:
    assert desk.switch(ASEL, identifier, on=True)
    desk.confirm(ALIYA, identifier)


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
    switch_on(desk)
    told = entries(office, audit.Event.PARTNER_CHANGED)
    assert [each["new"] for each in told] == ["yes", "no", "no", "no"]
    assert {each["by"] for each in told} == {ASEL.iin}
    assert [each["second"] for each in told] == ["", "", "", ALIYA.iin]
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
    desk.add_key(ASEL, "neighbour", pem())
    with writing(office.engine) as connection:
        (own,) = read_officials(connection, ASEL.iin)
        end_official(connection, own.id or 0, NOW)
    before = stored(office)
    desk.switch(ALIYA, "neighbour", on=True)
    for change in (
        lambda: desk.confirm(ASEL, "neighbour"),
        lambda: desk.decline(ASEL, "neighbour"),
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


# --- two administrators ---------------------------------------------------------------------------------------------

TOLD = Policy(
    fields=ALWAYS | {"article"},
    hash_fields=frozenset({"number"}),
    kinds=frozenset({"smuggling"}),
    purposes=frozenset({"customs_control"}),
    retention_days=90,
    salt=SECRET,
)


@pytest.fixture
def switched_on(office: Office, desk: PartnerDesk) -> Partner:
    """Return a partner with whom the exchange is on."""
    desk.add_key(ASEL, "neighbour", pem())
    before = desk.partner("neighbour")
    assert not desk.change(ASEL, msgspec.structs.replace(before, policy=TOLD), seen_as(before))
    switch_on(desk)
    return stored(office)


def told_so(**changes: Any) -> dict[str, Any]:
    return {"policy": msgspec.structs.replace(TOLD, **changes)}


OPENINGS = {
    "address": {"address": "https://elsewhere.example"},
    "keys": {"keys": (pem(),)},
    "fields": told_so(fields=TOLD.fields | {"place"}),
    "kinds": told_so(kinds=TOLD.kinds | {"false_code"}),
    "purposes": told_so(purposes=TOLD.purposes | {"registry"}),
    "retention": told_so(retention_days=91),
    "secret": told_so(salt=SECRET + "!"),
}


@pytest.mark.parametrize("what", OPENINGS)
def test_what_opens_the_portal_waits_for_a_second_administrator(
    office: Office, desk: PartnerDesk, switched_on: Partner, what: str
) -> None:
    wish = msgspec.structs.replace(switched_on, **OPENINGS[what])
    assert desk.change(ASEL, wish, seen_as(switched_on))
    assert stored(office) == switched_on
    with refused("own-proposal"):
        desk.confirm(ASEL, "neighbour")
    assert stored(office) == switched_on
    desk.confirm(ALIYA, "neighbour")
    assert stored(office) == wish
    asked = entries(office, audit.Event.PARTNER_PROPOSED)[-1]
    assert (asked["what"], asked["opens"], asked["by"]) == ("proposed", what, ASEL.iin)
    assert SECRET not in repr(asked)


def test_a_hashed_field_that_is_told_as_it_is_opens(office: Office, desk: PartnerDesk, switched_on: Partner) -> None:
    openly = msgspec.structs.replace(TOLD, fields=TOLD.fields | {"number"}, hash_fields=frozenset())
    assert desk.change(ASEL, msgspec.structs.replace(switched_on, policy=openly), seen_as(switched_on))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Another name"},
        {"per_minute": 1},
        {"active": False},
        told_so(fields=ALWAYS),
        told_so(kinds=frozenset()),
        told_so(purposes=frozenset()),
        told_so(retention_days=1),
        told_so(hash_fields=frozenset()),
    ],
)
def test_what_narrows_is_done_by_one_at_once(
    office: Office, desk: PartnerDesk, switched_on: Partner, changes: dict[str, Any]
) -> None:
    wish = msgspec.structs.replace(switched_on, **changes)
    assert not desk.change(ASEL, wish, seen_as(switched_on))
    assert stored(office) == wish


def test_nobody_opens_a_partner_by_switching_it_off_first(
    office: Office, desk: PartnerDesk, switched_on: Partner
) -> None:
    desk.switch(ASEL, "neighbour", on=False)
    desk.add_key(ASEL, "neighbour", pem())
    assert desk.switch(ASEL, "neighbour", on=True)
    assert not stored(office).active


def test_two_are_a_constraint_of_the_database(office: Office, desk: PartnerDesk, switched_on: Partner) -> None:
    desk.add_key(ASEL, "neighbour", pem())
    for by in ((ASEL.iin, ASEL.name), (None, None)):
        with pytest.raises(IntegrityError), writing(office.engine) as connection:
            proposal_store.end(connection, "neighbour", proposal_store.DONE, by, NOW)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), writing(office.engine) as connection:
        proposal_store.add(connection, switched_on, "0" * 64, (ALIYA.iin, ALIYA.name), NOW)


def test_one_change_of_a_partner_waits_at_a_time(desk: PartnerDesk, switched_on: Partner) -> None:
    assert desk.add_key(ASEL, "neighbour", pem())
    with refused("proposal-open"):
        desk.add_key(ALIYA, "neighbour", pem())


def test_a_change_to_what_is_no_longer_there_does_not_wait_on(
    office: Office, desk: PartnerDesk, switched_on: Partner
) -> None:
    assert desk.add_key(ASEL, "neighbour", pem())
    desk.change(ALIYA, msgspec.structs.replace(switched_on, name="Renamed"), seen_as(switched_on))
    with pytest.raises(NotFound):
        desk.confirm(ALIYA, "neighbour")
    assert (stored(office).name, stored(office).keys) == ("Renamed", switched_on.keys)


@pytest.mark.parametrize(("who", "what"), [(ASEL, "withdrawn"), (ALIYA, "declined")])
def test_a_change_is_withdrawn_or_declined(
    office: Office, desk: PartnerDesk, switched_on: Partner, who: SignedIn, what: str
) -> None:
    assert desk.add_key(ASEL, "neighbour", pem())
    desk.decline(who, "neighbour")
    assert stored(office) == switched_on
    last = entries(office, audit.Event.PARTNER_PROPOSED)[-1]
    assert (last["what"], last["by"]) == (what, who.iin)
    assert desk.add_key(ASEL, "neighbour", pem())  # another can wait again


@needs_demo
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_second_administrator_reads_what_shall_be_without_secrets(tmp_path: Path, language: str) -> None:
    with served(tmp_path) as (browser, office):
        desk = PartnerDesk(office)
        desk.add_key(ASEL, "neighbour", pem())
        before = desk.partner("neighbour")
        desk.change(ASEL, msgspec.structs.replace(before, policy=TOLD), seen_as(before))
        desk.switch(ASEL, "neighbour", on=True)
        browser.sign_in("aliya").speak(language)
        page = browser.get(f"{AT}/proposal")
        assert page.status_code == 200
        shown = re.sub(r"\s", "", html.fromstring(page.text).text_content())
        assert read_key(stored(office).keys[0]).id in shown
        assert SECRET not in page.text
        assert "/proposal" in browser.get("/administration/partners").text
        declined = browser.post(f"{AT}/proposal/decline", {})
        assert declined.headers["location"] == AT
        assert not stored(office).active


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
        switch_on(desk, identifier)
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
    assert len({each.pop("salt") for each in told}) == 9
    assert told[1] == {"officer": MARAT.iin, "role": "auditor", "searched": ALTYN, "page": "1"}
    assert len(told) == 9


def test_what_this_office_asked_about_somebody_stands_beside_it(office: Office, desk: PartnerDesk) -> None:
    particulars = {"partners": "tax police", "purpose": "registry", "legal_basis": "article 5"}
    with writing(office.engine) as connection:
        record = audit.Record(audit.Event.PARTNER_ASKED, ALTYN, NOW, particulars)
        audit.record_one(connection, record)
    (own,) = desk.queries(MARAT, Wanted(text=ALTYN), 1).own
    assert (own.partners, own.purpose, own.at) == ("tax police", "registry", NOW)
    assert desk.queries(MARAT, Wanted(text="240140031359"), 1).own == ()
    lately = desk.queries(MARAT, Wanted(), 1)
    assert [each.about for each in lately.own] == [ALTYN]
    assert lately.names[ALTYN] == "Altyn Dala Trade LLP"


def test_many_queries_of_which_it_is_not_told_hide_none_from_a_participant(office: Office, desk: PartnerDesk) -> None:
    asked(office)
    for _ in range(201):
        asked(office, purpose="investigation")
    record = Account(office).record(person("anna"))
    assert record is not None
    assert [each.purpose for each in record.asked] == ["customs_control"]


def test_a_long_log_has_pages(office: Office, desk: PartnerDesk) -> None:
    for number in range(60):
        asked(office, about=f"{number:012}")
    last = desk.queries(MARAT, Wanted(), 9).page
    assert (last.number, last.pages, last.total, len(last.rows)) == (3, 3, 60, 10)
    assert last.rows[-1].about == "000000000000"


# --- pages ----------------------------------------------------------------------------------------------------------


@contextmanager
def served(home: Path) -> Iterator[tuple[Browser, Office]]:
    """Open a browser on a portal with a partner, signed in as the administrator. Nobody works beside the pages: a
    partner switched on would be asked at once, at an address that nobody has."""
    office = caseworking.desk(home).office
    offices.keep_keys(home)
    PartnerDesk(office).add(ASEL, neighbour(policy=Policy(salt=SECRET)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("portal.app.background", lambda _office: [])
        app = create_app(office.settings, office.clock)
    with TestClient(app) as client:
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
        asked = browser.post("/administration/partners/sary/active", {"active": "yes"})
        assert asked.headers["location"] == "/administration/partners/sary/proposal"
        assert not stored(office, "sary").active
        assert "waits for a second administrator" in browser.get("/administration/partners/sary/policy").text
        own = browser.post("/administration/partners/sary/proposal/confirm", {})
        assert (own.status_code, "another administrator has to confirm it" in own.text) == (422, True)
        browser.sign_in("aliya")
        assert "The exchange with it begins" in browser.get("/administration/partners/sary/proposal").text
        assert browser.post("/administration/partners/sary/proposal/confirm", {}).status_code == 303
        assert browser.get("/administration/partners/sary/proposal").status_code == 404
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
        assert browser.get(f"{AT}/proposal").status_code == 404  # nothing waits
        for page in ("", "/policy", "/messages", "/proposal", f"/messages/{message}/replay"):
            assert browser.get(f"/administration/partners/nobody{page}").status_code == 404, page
        for page in (
            "",
            "/policy",
            "/messages/replay",
            f"/messages/{message}/replay",
            "/keys",
            "/keys/00/remove",
            "/active",
            "/proposal/confirm",
            "/proposal/decline",
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
