"""In what capacities a person may act, by the records of the day."""

from datetime import date, timedelta
from pathlib import Path

import offices
import pytest
from cast import PARTICIPANTS, PERSONS

from declarations import store as declarations_store
from declarations.participants import Participant
from portal.access import Role
from portal.database import reading, writing
from portal.office import Office
from portal.people import OFFICIAL_ROLES, RecordedPeople, capacities
from portal.store import Official, add_official, end_official, read_officials, use_challenge
from portal.views import SignedIn
from risk_gateway.days import day_of

TODAY = day_of(offices.NOW)
IIN = "850412450128"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def appointed(office: Office, **changes: object) -> int:
    usual = {
        "iin": IIN,
        "name": "Жаңа Адам",
        "role": Role.INSPECTOR.value,
        "post": "20201",
        "valid_from": TODAY,
        "valid_to": TODAY,
        "appointed_by": PERSONS["asel"].iin,
    }
    with writing(office.engine) as connection:
        return add_official(connection, Official(**{**usual, **changes}))  # type: ignore[arg-type]


def of(office: Office, iin: str, firm: str | None = None, day: date = TODAY) -> tuple[SignedIn, ...]:
    with reading(office.engine) as connection:
        return capacities(connection, iin, firm, day, "By Certificate")


@pytest.mark.parametrize("person", PERSONS.values(), ids=lambda person: person.key)
def test_each_of_the_cast_has_the_one_capacity_of_the_cast(office: Office, person: object) -> None:
    [found] = of(office, person.iin, person.organisation)  # type: ignore[attr-defined]
    assert (found.role, found.organisation, found.post) == (person.role, person.organisation, person.post)  # type: ignore[attr-defined]


def test_nobody_has_none(office: Office) -> None:
    assert of(office, "010101500017") == ()
    assert of(office, "010101500017", "010140000019") == ()


def test_a_firm_is_acted_for_by_whom_its_certificate_names_only(office: Office) -> None:
    anna = PERSONS["anna"]
    assert of(office, anna.iin) == ()
    [found] = of(office, "010101500017", anna.organisation)
    assert (found.name, found.organisation_name) == ("By Certificate", PARTICIPANTS["altyn"].name)


@pytest.mark.parametrize(("days", "in_office"), [(-1, False), (0, True), (1, True), (2, False)])
def test_an_appointment_counts_from_its_first_day_to_its_last(office: Office, days: int, in_office: bool) -> None:
    appointed(office, valid_to=TODAY + timedelta(days=1))
    assert bool(of(office, IIN, day=TODAY + timedelta(days=days))) is in_office


def test_an_appointment_without_an_end_goes_on(office: Office) -> None:
    appointed(office, valid_to=None)
    assert of(office, IIN, day=TODAY + timedelta(days=20_000))


def test_an_appointment_that_was_ended_is_over_at_once_and_stays_on_record(office: Office) -> None:
    identifier = appointed(office)
    with writing(office.engine) as connection:
        assert end_official(connection, identifier, offices.NOW)
        assert not end_official(connection, identifier, offices.NOW)
    assert of(office, IIN) == ()
    with reading(office.engine) as connection:
        assert [each.ended_at for each in read_officials(connection, IIN)] == [offices.NOW]


def test_who_serves_at_two_posts_and_in_a_firm_has_three_capacities(office: Office) -> None:
    appointed(office)
    appointed(office, post="10101", role=Role.CHIEF_OF_POST.value)
    found = of(office, IIN, PARTICIPANTS["altyn"].identifier)
    assert [(each.role, each.post, each.organisation) for each in found] == [
        (Role.INSPECTOR, "20201", None),
        (Role.CHIEF_OF_POST, "10101", None),
        (Role.DECLARANT, None, PARTICIPANTS["altyn"].identifier),
    ]


@pytest.mark.parametrize(
    ("roles", "capacity"),
    [
        ({"importer"}, [Role.DECLARANT]),
        ({"importer", "exporter"}, [Role.DECLARANT]),
        ({"broker"}, [Role.BROKER]),
        ({"broker", "importer", "carrier"}, [Role.BROKER, Role.CARRIER, Role.DECLARANT]),
        ({"warehouse"}, []),
        (set(), []),
    ],
)
def test_a_firm_acts_in_its_roles(office: Office, roles: set[str], capacity: list[Role]) -> None:
    with writing(office.engine) as connection:
        firm = Participant("240140031359", "Жаңа ЖШС", frozenset(roles), TODAY)
        declarations_store.put_participant(connection, firm)
    assert [each.role for each in of(office, IIN, "240140031359")] == capacity


def test_who_is_in_business_without_a_firm_acts_under_the_own_number(office: Office) -> None:
    with writing(office.engine) as connection:
        trader = Participant(IIN, "ЖК Жаңа", frozenset({"importer"}), TODAY)
        declarations_store.put_participant(connection, trader)
    [found] = of(office, IIN)
    assert (found.role, found.organisation) == (Role.DECLARANT, IIN)


def test_no_appointment_makes_a_declarant_or_a_program(office: Office) -> None:
    for role in set(Role) - OFFICIAL_ROLES:
        appointed(office, role=role.value)
    appointed(office, role="wizard")
    assert of(office, IIN) == ()


def test_the_records_are_asked_at_every_time(office: Office) -> None:
    people = RecordedPeople(office.engine, office.clock)
    assert people.capacities(IIN, None) == ()
    appointed(office)
    assert len(people.capacities(IIN, None)) == 1
    office.clock.at += timedelta(days=1)  # type: ignore[attr-defined]
    assert people.capacities(IIN, None) == ()


def test_a_challenge_is_used_once_and_forgotten_when_it_is_too_old_anyway(office: Office) -> None:
    lifetime = timedelta(minutes=2)
    with writing(office.engine) as connection:
        assert use_challenge(connection, "a", offices.NOW, lifetime)
        assert not use_challenge(connection, "a", offices.NOW + lifetime, lifetime)
        assert use_challenge(connection, "b", offices.NOW + 3 * lifetime, lifetime)
        assert use_challenge(connection, "a", offices.NOW + 3 * lifetime, lifetime)
