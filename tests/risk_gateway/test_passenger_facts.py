"""What the gateway knows of a traveller: facts of the declaration, crossings, violations, notices, what was seen."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace
from offices import NOW
from travelling import ASAN, LI, declared, dollars, goods, heavy

from declarations.passengers.allowances import allowances_on
from declarations.passengers.computing import Computation, compute
from declarations.passengers.model import Corridor, PassengerDeclaration
from declarations.reference import Reference
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question
from risk_gateway.bases.violations.model import Identity, Scheme, Source, State, Violation
from risk_gateway.coded_facts import Suspicion
from risk_gateway.model import Case
from risk_gateway.passenger_facts import UNKNOWN_CODE, TravellerPast, gather, identical, series_of

CODES = Reference.shipped().on(NOW.date())
NOTHING = TravellerPast(crossings_30_days=0)


def computed(declaration: PassengerDeclaration) -> Computation:
    return compute(declaration, CODES.rate, allowances_on(NOW.date()), 31)


def case(declaration: PassengerDeclaration, past: TravellerPast = NOTHING, suspicion: Suspicion | None = None) -> Case:
    return gather(declaration, computed(declaration), past, digest="0" * 64, at=NOW, suspicion=suspicion)


def violation(committed_on: date, kind: str = "smuggling", state: State = State.CONFIRMED) -> Violation:
    return Violation(
        id="KZ-CRV-1",
        identity=Identity(Scheme.IIN, ASAN.iin or ""),
        kind=kind,
        committed_on=committed_on,
        state=state,
        source=Source.ACT,
        legal_basis="ACT",
        hold_until=date(2031, 1, 1),
        recorded_at=NOW,
        provenance="0" * 64,
        expires_on=date(2025, 1, 1),
    )


def test_a_light_traveller_is_far_below_the_norm() -> None:
    header = case(declared(goods())).header
    assert (header.type_code, header.office, header.corridor_chosen) == ("PD", "30301", "green")
    assert (header.mass_to_allowance_percent, header.value_to_allowance_percent) == (Decimal("40.00"), Decimal("40.00"))
    assert (header.above_allowance, header.cash_above_limit, header.vehicle_present) == (False, False, False)


def test_sixty_kilograms_by_land_are_above() -> None:
    header = case(declared(heavy())).header
    assert (header.above_allowance, header.mass_to_allowance_percent) == (True, Decimal("240.00"))


def test_without_goods_there_is_no_share_of_a_norm() -> None:
    header = case(declared()).header
    assert (header.mass_to_allowance_percent, header.above_allowance) == (None, False)


def test_without_rates_nothing_is_known_and_the_case_says_why() -> None:
    declaration = declared(heavy(), money=(dollars(20_000),))
    made = gather(declaration, Computation(unknown=("EUR",)), NOTHING, digest="0" * 64, at=NOW)
    assert made.problem == "no exchange rate: EUR"
    assert (made.header.above_allowance, made.header.cash_above_limit) == (None, None)


@pytest.mark.parametrize(
    ("corridor", "owner", "told"),
    [(Corridor.RED, "Asan", True), (Corridor.RED, "", False), (Corridor.GREEN, "Asan", False)],
)
def test_money_is_declared_in_the_red_corridor_with_owner_origin_and_use(
    corridor: Corridor, owner: str, told: bool
) -> None:
    header = case(declared(corridor=corridor, money=(dollars(20_000, owner=owner, origin="a", use="b"),))).header
    assert (header.cash_above_limit, header.cash_declared) == (True, told)


def test_identical_articles_are_counted_over_lines_however_they_are_written() -> None:
    lines = goods(description="Smart  phone", quantity=6), goods(description="smart phone", quantity=5), goods()
    assert identical(lines) == 11
    assert identical(()) == 0


@pytest.mark.parametrize(
    ("committed", "kind", "state", "counted"),
    [
        (date(2023, 11, 24), "smuggling", State.CONFIRMED, 1),
        (date(2023, 11, 23), "smuggling", State.CONFIRMED, 0),
        (date(2026, 1, 1), "undeclared_goods", State.CONFIRMED, 0),
        (date(2026, 1, 1), "smuggling", State.ALLEGED, 0),
        (date(2026, 1, 1), "smuggling", State.ANNULLED, 0),
    ],
)
def test_confirmed_smuggling_of_36_months_counts(committed: date, kind: str, state: State, counted: int) -> None:
    past = TravellerPast(crossings_30_days=0, violations=(violation(committed, kind, state),))
    assert case(declared(), past).header.traveller_smuggling_violations_36_months == counted


@pytest.mark.parametrize(
    ("answer", "at", "known"),
    [
        (Answer.YES, NOW, True),
        (Answer.NO, NOW, False),
        (Answer.YES, NOW - timedelta(days=60), None),
        (Answer.UNKNOWN, NOW, None),
    ],
)
def test_a_notice_of_the_police_is_known_while_the_answer_is_fresh(
    answer: Answer, at: datetime, known: bool | None
) -> None:
    fact = PartnerFact("police", Question.POLICE_NOTICE, answer, at, at)
    past = TravellerPast(crossings_30_days=0, partner_facts=(fact,))
    assert case(declared(), past).header.traveller_police_notice is known


def test_of_who_cannot_be_asked_about_nothing_is_known() -> None:
    assert case(declared(traveller=LI)).header.traveller_police_notice is None


def test_what_the_inspector_saw_is_a_fact_and_draws_stay_the_same() -> None:
    before, after = case(declared()), case(declared(), suspicion=Suspicion.DOG_ALERT)
    assert (before.header.inspector_suspicion, after.header.inspector_suspicion) == (None, "dog_alert")
    assert before.series_id == after.series_id


def test_declaring_anew_that_day_draws_the_same_and_the_series_tells_nobody_who_it_is() -> None:
    again = replace(declared(goods()), issued_at=NOW + timedelta(hours=3), corridor=Corridor.RED)
    assert series_of(again) == series_of(declared())
    assert series_of(declared(traveller=LI)) != series_of(declared())
    tomorrow = replace(declared(), issued_at=NOW + timedelta(days=1))
    assert series_of(tomorrow) != series_of(declared())
    assert ASAN.document_number not in series_of(declared())
    assert (ASAN.iin or "") not in series_of(declared())


def test_goods_without_a_code_have_one_that_stands_for_none() -> None:
    items = case(declared(goods(commodity_group="6403"), goods())).items
    assert [each.commodity_code for each in items] == ["6403000000", UNKNOWN_CODE]
