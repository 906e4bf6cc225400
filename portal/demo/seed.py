"""Demo data: a throw-away authority and keys for the whole cast, participants, powers of attorney, and tokens."""

import secrets
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.participants import Participant, PowerOfAttorney
from portal import profile_desk
from portal.app import open_office
from portal.authorities import DEMO_PASSWORD, authorities_of, demo_folder
from portal.clock import Clock
from portal.database import make_engine, migrate, writing
from portal.demo.cast import ANALYSTS, PARTICIPANTS, PERSONS, DemoParticipant
from portal.demo.partners import put_partners
from portal.demo.pasts import put_pasts
from portal.demo.seals import put_operator
from portal.keys import OFFICE
from portal.settings import Settings
from portal.store import Official, add_official, add_token, read_officials, token_hash
from portal.trusting import Keeper
from risk_gateway import store as risk_store
from risk_gateway.analyst_store import put_analyst
from risk_gateway.bases.registry import store as registry_store
from risk_gateway.bases.registry.model import EntryStep, Step
from risk_gateway.days import begins, day_of
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.model import Category
from signing.authority import P256, RSA_2048, DemoAuthority

OFFICE_NAME = "State Revenue Committee (demo)"
OFFICE_BIN = "200140000017"
TOKEN_DAYS = 365
OFFICIALS_SINCE = date(2025, 1, 6)
ENTERED_ON = date(2025, 2, 3)
ENTRY_ENDS = date(2027, 12, 31)
POWERS = (("altyn", "zhibek", "ZL-2026/1", "IM EX TT"), ("tengri", "zhibek", "ZL-2026/2", "IM EX TT"))


def seed(settings: Settings, clock: Clock) -> None:
    """Make everything that the demonstration needs; what is there already stays as it is."""
    migrate(settings.database_url)
    now = clock.now()
    if not demo_folder(settings).exists():
        _make_keys(settings, now)
    engine = make_engine(settings.database_url)
    with writing(engine) as connection:
        _put_participants(connection, day_of(now))
        put_pasts(connection)
        put_partners(connection, settings, clock)
        put_operator(connection, settings, clock)
        profile_desk.install(connection, shipped_profiles(), now)
        for analyst in ANALYSTS:
            put_analyst(connection, analyst)
        for key, participant in PARTICIPANTS.items():
            _put_token(connection, settings.home / "demo" / "tokens" / f"{key}.txt", participant.identifier, now)
        put_officials(connection)
        declarations_store.bump_revision(connection)
    engine.dispose()
    _fetch_evidence(settings, clock)


def _fetch_evidence(settings: Settings, clock: Clock) -> None:
    """Learn of the demonstration's certificates what can be known, as `shekara trust refresh` does."""
    office = open_office(settings, clock)
    Keeper(office, authorities_of(settings, clock)).refresh()
    office.engine.dispose()


def _make_keys(settings: Settings, now: datetime) -> None:
    authority = DemoAuthority.create(now)
    authority.save(demo_folder(settings), DEMO_PASSWORD)
    _write(settings.trust_folder / "roots" / "demo-root.pem", authority.root_pem())
    _write(settings.trust_folder / "intermediates" / "demo-issuing.pem", authority.intermediate_pem())
    firms = {firm.identifier: firm.name for firm in PARTICIPANTS.values()}
    for person in PERSONS.values():
        key = authority.person(
            name=person.name,
            iin=person.iin,
            organisation_bin=person.organisation,
            organisation=firms[person.organisation] if person.organisation else None,
            kind=RSA_2048 if person.key == "anna" else P256,
        )
        _write(settings.home / "demo" / "keys" / f"{person.key}.p12", key.to_pkcs12(DEMO_PASSWORD))
    office = authority.office(OFFICE_NAME, OFFICE_BIN)
    _write(settings.trust_folder / OFFICE, f"{OFFICE_BIN}\n".encode())
    _write(settings.office_key_file, office.to_pkcs12(settings.office_key_password))


def _put_participants(connection: Connection, today: date) -> None:
    for firm in PARTICIPANTS.values():
        given = Participant(firm.identifier, firm.name, frozenset(firm.roles), firm.registered_on)
        declarations_store.put_participant(connection, given)
        risk_store.put_category(connection, firm.identifier, firm.registered_on, firm.category)
        put_entry(connection, firm, today)
    for principal, agent, number, scope in POWERS:
        declarations_store.put_power(
            connection,
            PowerOfAttorney(
                principal=PARTICIPANTS[principal].identifier,
                agent=PARTICIPANTS[agent].identifier,
                number=number,
                valid_from=date(2026, 1, 15),
                valid_to=max(date(2027, 12, 31), today + timedelta(days=365)),
                scope=frozenset(scope.split()),
            ),
        )


def put_entry(connection: Connection, firm: DemoParticipant, today: date) -> None:
    """Enter a firm of low risk into the registry, as of before the demonstration began; what is there stays."""
    if firm.category != Category.LOW or registry_store.read_steps(connection, firm.identifier):
        return
    entry = EntryStep(
        participant=firm.identifier,
        number=1,
        step=Step.ADMIT,
        at=begins(ENTERED_ON),
        valid_to=max(ENTRY_ENDS, today + timedelta(days=365)),
        reason="taken_over",
    )
    registry_store.add_step(connection, entry)


def put_officials(connection: Connection) -> None:
    """Appoint those of the cast who serve at customs."""
    known = {each.iin for each in read_officials(connection)}
    for person in PERSONS.values():
        if person.organisation is None and person.iin not in known:
            appointment = Official(
                iin=person.iin,
                name=person.name,
                role=person.role,
                post=person.post,
                valid_from=OFFICIALS_SINCE,
                valid_to=None,
                appointed_by="demo",
            )
            add_official(connection, appointment)


def _put_token(connection: Connection, path: Path, participant: str, now: datetime) -> None:
    if path.exists():
        return
    token = secrets.token_urlsafe(32)
    add_token(connection, token_hash(token), participant, "demo", now, now + timedelta(days=TOKEN_DAYS))
    _write(path, f"{token}\n".encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
