"""The calculator comes to the same as a lodged declaration, and says how."""

from datetime import date
from decimal import Decimal

import pytest

from declarations.model import Amount, GoodsItem, Quantity
from declarations.reference import Reference
from declarations.reference.codes import Codes
from declarations.tariff import DUTY, EXCISE, FEE, NO_MASS, VAT, item_payables
from portal.declarant.goods.calculator import ADD_TRANSPORT, NoExchangeRate, Wish, calculate

CODES = Reference.shipped().on(date(2026, 11, 24))
CHAIRS, MEAT, PHONES = "9401610000", "0201100008", "8517130000"


def wish(code: str = CHAIRS, value: str = "1000", currency: str = "USD", **more: object) -> Wish:
    return Wish(code, Decimal(value), currency, **more)  # type: ignore[arg-type]


def as_lodged(asked: Wish, codes: Codes, customs_value: Decimal) -> dict[str, Decimal | None]:
    """Return what the declaration with this item would owe."""
    item = GoodsItem(
        sequence=1,
        description="Goods",
        commodity_code=asked.code,
        net_mass_kg=asked.net_mass_kg,
        customs_value=Amount(customs_value, "KZT"),
        additional_quantities=(Quantity(asked.quantity, asked.unit),) if asked.quantity and asked.unit else (),
    )
    return {line.type_code: line.amount for line in item_payables(item, "40", codes).lines}


def test_without_a_rate_of_exchange_nothing_is_guessed() -> None:
    with pytest.raises(NoExchangeRate):
        calculate(wish(currency="JPY"), CODES)


def test_without_the_mass_a_duty_by_weight_is_not_determined_and_says_why() -> None:
    bill = calculate(wish(MEAT), CODES)
    duty = next(each for each in bill.sums if each.type_code == DUTY)
    assert (duty.amount, duty.why and duty.why.reason) == (None, NO_MASS)
    assert not bill.determined
    assert bill.total == CODES.fee


@pytest.mark.parametrize(
    "asked",
    [
        wish(),
        wish(PHONES, "250000.55", "CNY"),
        wish(MEAT, "10", "EUR", net_mass_kg=Decimal("1234.5")),
        wish(CHAIRS, "10", "EUR", net_mass_kg=Decimal("1234.5")),
        wish("2203000100", "700", "KZT", quantity=Decimal("0.5"), unit="113"),
    ],
)
def test_it_owes_what_a_lodged_declaration_owes(asked: Wish) -> None:
    bill = calculate(asked, CODES)
    found = {each.type_code: each.amount for each in bill.sums}
    assert found.pop(FEE) == CODES.fee
    assert found == as_lodged(asked, CODES, bill.customs_value)


@pytest.mark.parametrize("code", [line.code for line in CODES.tariff.lines()])
def test_what_is_told_of_a_duty_adds_up_to_it(code: str) -> None:
    asked = wish(code, "10000", net_mass_kg=Decimal(700), quantity=Decimal(30), unit="796")
    for each in calculate(asked, CODES).sums:
        if each.amount is None or len(each.parts) < 2 or each.rate is None:
            continue
        told = max(each.parts) if each.rate.operator == "NLT" else sum(each.parts)
        assert abs(told - each.amount) <= Decimal("0.01")


def test_transport_to_the_border_is_added_and_that_behind_it_taken_off() -> None:
    bill = calculate(wish(transport=Decimal(200), inland=Decimal(50)), CODES)
    assert bill.customs_value == (1150 * bill.exchange).quantize(Decimal("0.01"))
    assert [(term.sign, term.amount) for term in bill.terms] == [("+", 1000), ("+", 200), ("-", 50)]


def test_a_price_without_transport_is_pointed_out_under_fob_and_not_under_cif() -> None:
    hinted = {terms: {text for text, _ in calculate(wish(terms=terms), CODES).hints} for terms in ("FOB", "CIF")}
    assert ADD_TRANSPORT in hinted["FOB"]
    assert ADD_TRANSPORT not in hinted["CIF"]


def test_value_added_tax_is_that_of_the_day() -> None:
    before, after = (Reference.shipped().on(date(year, 6, 1)) for year in (2025, 2026))
    rates = []
    for codes in (before, after):
        bill = calculate(wish(PHONES, "1000", "KZT"), codes)
        rates += [each.percent for each in bill.sums if each.type_code == VAT]
    assert rates == ["12%", "16%"]


def test_excise_is_told_for_excisable_goods() -> None:
    bill = calculate(wish("2203000100", "700", "KZT", quantity=Decimal(100), unit="112"), CODES)
    excise = next(each for each in bill.sums if each.type_code == EXCISE)
    assert excise.amount == Decimal(10000)
