"""A case holds what the document and the caller tell, and nothing that they do not."""

from datetime import date
from decimal import Decimal
from typing import Any

import builders
import pytest
from lxml import etree
from msgspec.structs import replace

from declarations import xml
from declarations.reference import Reference
from declarations.tariff import ItemPayables, Payables, payable
from risk_gateway.facts import gather
from risk_gateway.model import Case, ParticipantFacts
from risk_gateway.parameters import ReferenceValues, UnitValue, UsualRoute
from risk_gateway.profiles import Category

ALTYN = ParticipantFacts("150340012340", Category.LOW, date(2015, 3, 2))
LAMPS = UnitValue("8539", "*", "kg", Decimal("5"), Decimal("10"), "test")


def gathered(
    data: bytes,
    at: Any,
    declarant: ParticipantFacts = ALTYN,
    agent: ParticipantFacts | None = None,
    values: ReferenceValues = ReferenceValues(),
    **keywords: Any,
) -> Case:
    declaration = xml.read(etree.fromstring(data))
    owed = payable(declaration, Reference.shipped().on(at.date()))
    return gather(declaration, owed, declarant, agent, values, at, "a" * 64, **keywords)


def test_an_import_becomes_a_case_of_the_block_imports(at: Any) -> None:
    case = gathered(builders.declaration_xml(), at)
    assert (case.block, case.series_id, case.lodged_at) == ("imports", "150340012340/ALTYN-2026-0001", at)
    assert case.document_digest == "a" * 64
    header, item = case.header, case.items[0]
    assert (header.procedure, header.office, header.transport_mode) == ("40", "20201", "31")
    assert (header.dispatch_country, header.incoterms, header.item_count) == ("CN", "CPT", 1)
    assert (header.invoice_value_usd, header.customs_value_kzt) == (Decimal("1250.00"), Decimal("650125.00"))
    assert (header.documents, header.agent_present, header.declarant_age_months) == (("04021",), False, 140)
    assert (item.sequence, item.commodity_code, item.origin_country) == (1, "8539229000", "CN")
    assert (item.usd_per_kg, item.usd_per_unit, item.unit) == (Decimal("8.3333"), Decimal("0.2500"), "796")
    assert (item.net_gross_percent, item.preference_claimed) == (Decimal("86.96"), False)
    assert (item.origin_not_dispatch, item.price_zero) == (False, False)


def test_what_nobody_tells_is_not_known(at: Any) -> None:
    data = builders.declaration_xml(gross=None, net=None, quantity=None, origin=None)
    for removed in ("//ExportCountryCode", "//OriginCountryCode"):
        data = builders.mutate(data, removed, None)
    case = gathered(data, at, ParticipantFacts("150340012340", Category.LOW))
    header, item = case.header, case.items[0]
    unknown = (
        item.usd_per_kg, item.net_gross_percent, item.value_to_reference_percent, item.origin_not_dispatch,
        item.first_commodity, item.certificate_exceeded, header.unusual_route, header.routing_countries,
        header.border_offices, header.invoice_reused, header.declarant_age_months, header.declarant_declarations,
        header.agent_violations_24_months,
    )  # fmt: skip
    assert set(unknown) == {None}


@pytest.mark.parametrize("origin", ["00", "99"])
def test_an_origin_that_is_declared_as_unknown_is_not_known(origin: str, at: Any) -> None:
    item = gathered(builders.declaration_xml(origin=origin), at).items[0]
    assert (item.origin_country, item.origin_not_dispatch) == (None, None)


def test_a_transit_becomes_a_case_of_the_block_deliveries(at: Any) -> None:
    assert gathered(builders.transit_xml(), at).block == "deliveries"


def test_the_value_is_the_lowest_that_the_document_states(at: Any) -> None:
    data = builders.mutate(builders.declaration_xml(), "//StatisticalValueAmount", "99999.00")
    assert gathered(data, at).items[0].item_value_usd == Decimal("1250.00")


def test_a_free_gift_is_valued_by_its_customs_value(at: Any) -> None:
    item = gathered(builders.declaration_xml(price="0.00", value="520100.00", statistical="1000.00"), at).items[0]
    assert (item.price_zero, item.item_value_usd) == (True, Decimal("1000.00"))


def test_values_in_another_currency_are_not_guessed_without_a_dollar_rate(at: Any) -> None:
    case = gathered(builders.declaration_xml(currency="CNY"), at)
    assert case.header.invoice_value_usd is None
    assert case.items[0].item_value_usd == Decimal("175.93")


@pytest.mark.parametrize(
    ("values", "percent"),
    [
        ((LAMPS,), "166.67"),
        ((LAMPS, UnitValue("853922", "*", "kg", Decimal(20), Decimal(40), "test")), "41.67"),
        ((LAMPS, UnitValue("8539", "CN", "kg", Decimal(10), Decimal(40), "test")), "83.33"),
        ((UnitValue("8539229000", "*", "796", Decimal("0.5"), Decimal(1), "test"), LAMPS), "50.00"),
        ((UnitValue("8539", "*", "112", Decimal(1), Decimal(1), "test"),), None),
        ((UnitValue("9401", "*", "kg", Decimal(1), Decimal(1), "test"),), None),
        ((), None),
    ],
    ids=["heading", "subheading first", "its origin first", "by piece", "another unit", "another heading", "none"],
)
def test_the_closest_reference_value_counts(values: Any, percent: str | None, at: Any) -> None:
    item = gathered(builders.declaration_xml(), at, values=ReferenceValues(values)).items[0]
    assert item.value_to_reference_percent == (None if percent is None else Decimal(percent))


def test_a_preference_is_claimed_by_any_code_but_none(at: Any) -> None:
    claimed = [
        gathered(builders.declaration_xml(preference=("OO", duty, "-", "OO")), at).items[0].preference_claimed
        for duty in ("OO", "ОО", "-", "ПП")
    ]
    assert claimed == [False, False, False, True]


def test_cover_goods_show_the_gap_to_the_highest_duty(at: Any) -> None:
    declaration = xml.read(etree.fromstring(builders.declaration_xml(3)))
    shares = (Decimal("0.15"), Decimal(0), None)
    owed = Payables(tuple(ItemPayables(n, (), share) for n, share in enumerate(shares, 1)), None, {}, {})
    case = gather(declaration, owed, ALTYN, None, ReferenceValues(), at, "a" * 64)
    assert [item.duty_gap_percent for item in case.items] == [0, 15, None]
    assert case.header.duty_share_max_percent == 15
    assert case.header.tax_at_stake_kzt is None


@pytest.mark.parametrize(
    ("day", "counted"),
    [(date(2024, 11, 24), 0), (date(2024, 11, 25), 1), (date(2026, 11, 24), 1), (date(2026, 11, 25), 0)],
)
def test_a_violation_counts_for_twenty_four_months_from_the_day_of_receipt(day: date, counted: int, at: Any) -> None:
    broker = ParticipantFacts("110540007770", Category.MEDIUM, violations=(("false declaration", day),))
    header = gathered(builders.declaration_xml(), at, agent=broker).header
    assert (header.agent_violations_24_months, header.declarant_violations_24_months) == (counted, 0)


@pytest.mark.parametrize(("registered", "months"), [(date(2026, 5, 24), 6), (date(2026, 5, 25), 5)])
def test_a_month_is_whole_when_its_day_has_come(registered: date, months: int, at: Any) -> None:
    young = ParticipantFacts("150340012340", Category.HIGH, registered)
    assert gathered(builders.declaration_xml(), at, young).header.declarant_age_months == months


def test_a_certificate_is_exceeded_by_all_items_that_use_it_together(at: Any) -> None:
    documents = ({"type": "06011", "id": "ST1-7", "date": "2026-11-01"},)
    data = builders.declaration_xml(2, documents=documents, net="60.000")

    def exceeded(**balance: str) -> list[bool | None]:
        balances = {number.replace("_", "-"): Decimal(mass) for number, mass in balance.items()}
        firm = ParticipantFacts("150340012340", Category.LOW, certificate_balances_kg=balances)
        return [item.certificate_exceeded for item in gathered(data, at, firm).items]

    assert exceeded(ST1_7="119.999") == [True, True]
    assert exceeded(ST1_7="120") == [False, False]
    assert exceeded(OTHER="1") == [None, None]


def test_a_certificate_of_which_nothing_is_on_record_is_not_known_to_be_enough(at: Any) -> None:
    def said(*numbers: str) -> tuple[bool | None, bool | None]:
        documents = tuple({"type": "06011", "id": number, "date": "2026-11-01"} for number in numbers)
        firm = ParticipantFacts("150340012340", Category.LOW, certificate_balances_kg={"ST1-7": Decimal(1)})
        item = gathered(builders.declaration_xml(documents=documents, net="60.000"), at, firm).items[0]
        return item.certificate_exceeded, item.certificate_unknown

    assert said() == (False, False)
    assert said("NOWHERE") == (None, True)
    assert said("ST1-7") == (True, False)
    assert said("ST1-7", "NOWHERE") == (True, True)
    assert said("SТ1\u2011\u200b7") == (True, False)  # a Cyrillic letter, another hyphen, and one that nobody sees


def test_the_published_rates_tell_what_goods_are_worth_in_any_currency(at: Any) -> None:
    data = builders.declaration_xml(currency="CNY", price="1250.00")
    header, (item,) = (
        (case := gathered(data, at, published={"CNY": Decimal("73.20"), "USD": Decimal("520.10")})).header,
        case.items,
    )
    assert (header.invoice_value_usd, item.item_value_usd) == (Decimal("175.93"), Decimal("175.93"))
    assert header.rate_deviation_percent == 0


def test_an_absurd_rate_of_the_document_hides_no_value_and_is_told(at: Any) -> None:
    data = builders.declaration_xml(rate="5.20")
    published = {"USD": Decimal("520.10")}
    absurd = gathered(data, at, published=published)
    assert absurd.items[0].item_value_usd == Decimal("12.50")  # the lowest of what its boxes say
    assert absurd.header.rate_deviation_percent == Decimal("99.00")
    assert gathered(builders.declaration_xml(), at).header.rate_deviation_percent is None


def test_a_rate_that_nobody_published_is_taken_from_the_document(at: Any) -> None:
    header = gathered(builders.declaration_xml(currency="EUR"), at, published={"USD": Decimal("520.10")}).header
    assert header.invoice_value_usd == Decimal("1453.33")
    assert header.rate_deviation_percent is None


def test_goods_of_unknown_origin_are_held_against_the_strictest_of_all_origins(at: Any) -> None:
    values = ReferenceValues(
        (
            UnitValue("8539", "DE", "kg", Decimal(20), Decimal(25), "test"),
            UnitValue("8539", "IT", "kg", Decimal(18), Decimal(40), "test"),
            UnitValue("8539", "*", "kg", Decimal(5), Decimal(10), "test"),
        )
    )
    hidden, told = (
        gathered(builders.declaration_xml(origin=origin), at, values=values).items[0] for origin in ("00", "VN")
    )
    assert (hidden.value_to_reference_percent, hidden.value_to_median_percent) == (Decimal("41.67"), Decimal("20.83"))
    assert (told.value_to_reference_percent, told.value_to_median_percent) == (Decimal("166.67"), Decimal("83.33"))
    assert (hidden.origin_unknown, told.origin_unknown) == (True, None)


def test_what_the_participant_did_before_is_told_by_the_caller(at: Any) -> None:
    firm = ParticipantFacts(
        "150340012340",
        Category.MEDIUM,
        used_invoices=frozenset({"INV-ALTYN-2026-0001"}),
        known_commodities=frozenset({"9401610000"}),
        declarations_count=4,
    )
    case = gathered(builders.declaration_xml(2), at, firm)
    assert case.header.invoice_reused is True
    assert case.header.declarant_declarations == 4
    assert [item.first_commodity for item in case.items] == [True, False]


def test_an_amendment_with_its_own_number_keeps_the_series_of_the_first_lodgement(at: Any) -> None:
    data = builders.declaration_xml(reference="ALTYN-2026-0002")
    assert gathered(data, at, series_id="150340012340/ALTYN-2026-0001").series_id == "150340012340/ALTYN-2026-0001"


@pytest.mark.parametrize(
    ("offices", "countries", "unusual"),
    [
        (("30301",), (), False),
        (("50501",), (), True),
        (("30301",), ("CN", "KG"), True),
        ((), ("CN",), False),
        ((), (), None),
    ],
)
def test_a_route_is_unusual_when_an_office_or_country_is_not_on_the_habitual_ones(
    offices: tuple[str, ...], countries: tuple[str, ...], unusual: bool | None, at: Any
) -> None:
    habit = ReferenceValues((), (UsualRoute("CN", ("30301", "40401"), ("CN", "KZ"), "test"),))
    declaration = xml.read(etree.fromstring(builders.declaration_xml()))
    consignment = replace(declaration.shipment.consignment, border_offices=offices, routing_countries=countries)
    moved = replace(declaration, shipment=replace(declaration.shipment, consignment=consignment))
    owed = payable(moved, Reference.shipped().on(at.date()))
    assert gather(moved, owed, ALTYN, None, habit, at, "a" * 64).header.unusual_route is unusual


def test_amounts_at_the_limits_of_the_schema_are_divided_without_error(at: Any) -> None:
    item = gathered(builders.declaration_xml(price="9999999999999.99", net="0.001", gross="9999999999.999"), at).items[
        0
    ]
    assert item.usd_per_kg == Decimal("9999999999999990.0000")
    assert item.net_gross_percent == 0
