"""What a lodged transit declaration tells, and what it leaves unknown."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import builders
import pytest
from lxml import etree

from declarations import tariff, xml
from declarations.reference import Reference
from risk_gateway import facts, transit_facts
from risk_gateway.model import Case, HeaderFacts, ParticipantFacts
from risk_gateway.parameters import ReferenceValues
from risk_gateway.profiles import Category

ALTYN = ParticipantFacts("150340012340", Category.LOW)
KASPI = "091140003214"
LOST = (("non_delivery", date(2026, 3, 2)), ("non_delivery", date(2024, 3, 2)), ("smuggling", date(2026, 3, 2)))


def gathered(data: bytes, at: Any, *, carrier: ParticipantFacts | None = None) -> Case:
    declaration, codes = xml.read(etree.fromstring(data)), Reference.shipped().on(at.date())
    stake = tariff.at_stake(declaration, tariff.payable(declaration, codes), codes)
    delivery = partial(transit_facts.facts_of, declaration, stake, codes, carrier, at.date())
    return facts.gather(
        declaration, stake, ALTYN, None, ReferenceValues(), at, "a" * 64, published=codes.published, delivery=delivery
    )


def header(data: bytes, at: Any) -> HeaderFacts:
    return gathered(data, at).header


def test_what_is_at_stake_is_what_a_release_would_owe(at: Any) -> None:
    stake = header(builders.transit_xml(), at).tax_at_stake_kzt
    declaration = xml.read(etree.fromstring(builders.declaration_xml()))
    owed = tariff.payable(declaration, Reference.shipped().on(at.date()))
    assert owed.fee is not None
    assert owed.fee.amount is not None
    assert stake == owed.total - owed.fee.amount


def test_an_exemption_that_is_claimed_takes_nothing_from_what_is_at_stake(at: Any) -> None:
    exempt = builders.transit_xml(preference=("OO", "ШВ", "-", "OO"))
    assert header(exempt, at).tax_at_stake_kzt == header(builders.transit_xml(), at).tax_at_stake_kzt


@pytest.mark.parametrize(
    ("guarantee", "percent"), [("217141.75", Decimal("100.0")), ("217141.74", Decimal("99.9")), (None, None)]
)
def test_the_guarantee_is_that_of_box_52_where_it_says_one(
    guarantee: str | None, percent: Decimal | None, at: Any
) -> None:
    assert header(builders.transit_xml(guarantee=guarantee), at).guarantee_to_duties_percent == percent


@pytest.mark.parametrize("place", ["//ObligationGuarantee/Amount", "//ObligationGuarantee/Amount/@currencyID"])
def test_a_guarantee_without_a_sum_in_tenge_is_not_known(place: str, at: Any) -> None:
    spoilt = builders.mutate(builders.transit_xml(), place, "USD" if "@" in place else None)
    assert header(spoilt, at).guarantee_to_duties_percent is None


@pytest.mark.parametrize(
    ("destination", "remote"), [("20201", False), ("10101", True), (None, None), ("10702020", None)]
)
def test_how_far_the_destination_is_follows_from_box_53(destination: str | None, remote: bool | None, at: Any) -> None:
    assert header(builders.transit_xml(destination=destination), at).remote_post is remote


@pytest.mark.parametrize(
    ("code", "excise"), [("2208301100", True), ("220830", True), ("8471300000", False), ("847130", False)]
)
def test_excise_goods_are_told_by_their_code(code: str, excise: bool, at: Any) -> None:
    assert header(builders.transit_xml(code=code), at).excise_goods is excise


def test_a_code_that_is_too_short_leaves_what_is_at_stake_unknown_and_is_no_problem(at: Any) -> None:
    case = gathered(builders.transit_xml(code="853922"), at)
    assert case.header.guarantee_to_duties_percent is None
    assert case.items[0].item_tax_kzt is None
    assert case.problem is None


def test_non_deliveries_of_two_years_count_against_the_carrier(at: Any) -> None:
    carrier = ParticipantFacts(KASPI, Category.MEDIUM, violations=LOST)
    assert gathered(builders.transit_xml(), at, carrier=carrier).header.carrier_non_deliveries_24_months == 1
    assert header(builders.transit_xml(), at).carrier_non_deliveries_24_months is None


def test_nothing_is_known_of_seals_and_limits_before_anything_moves(at: Any) -> None:
    told = header(builders.transit_xml(), at)
    unknown = (
        told.seal_mismatch, told.seal_broken, told.off_route, told.unplanned_stop, told.limit_date_missed,
        told.electronic_seal, told.scan_mismatch,
    )  # fmt: skip
    assert set(unknown) == {None}


@pytest.mark.parametrize("kind", ["import", "export"])
def test_other_declarations_know_nothing_of_deliveries(kind: str, at: Any) -> None:
    data = builders.declaration_xml() if kind == "import" else builders.export_xml()
    declaration, codes = xml.read(etree.fromstring(data)), Reference.shipped().on(at.date())
    owed = tariff.payable(declaration, codes)
    assert tariff.at_stake(declaration, owed, codes) is owed
    case = facts.gather(declaration, owed, ALTYN, None, ReferenceValues(), at, "a" * 64)
    assert case.header.movement_event is None
