"""What a declaration owes: fee, import duty, excise and VAT, computed from the reference data of one day.

Nothing is guessed: a payment that cannot be computed is "not determined", with the reason. Computed are imports for
domestic consumption (procedure 40); under any other import procedure payments depend on conditions that a declaration
does not show. An exemption claimed in box 36 (any code but OO or -) is not granted here: that payment is not
determined.
"""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from declarations.defects import phrase
from declarations.model import Declaration, GoodsItem
from declarations.reference.codes import TENGE, Codes
from declarations.reference.rate import NOT_LESS_THAN, Rate

FEE: Final = "1010"
DUTY: Final = "2010"
EXCISE: Final = "4010"
VAT: Final = "5010"
DOMESTIC_CONSUMPTION: Final = "40"
TRANSIT: Final = "TT"

NO_CUSTOMS_VALUE: Final = "T-101"
NOT_IN_TARIFF: Final = "T-102"
SUBDIVIDED: Final = "T-103"
NO_MASS: Final = "T-104"
NO_QUANTITY: Final = "T-105"
NO_EXCHANGE_RATE: Final = "T-106"
EXEMPTION_CLAIMED: Final = "T-107"
PROCEDURE_NOT_COVERED: Final = "T-108"
BASE_NOT_DETERMINED: Final = "T-109"

TIYN: Final = Decimal("0.01")
_WIDE: Final = Context(prec=80)  # the schema allows quantities and rates whose product has more than 28 digits
_KILOGRAM: Final = "166"
_TONNE: Final = "168"
_KILOGRAMS: Final = {_KILOGRAM: Decimal(1), _TONNE: Decimal(1000)}
_CUBIC_CENTIMETRE: Final = "111"
_HUNDRED: Final = Decimal(100)


class PayableLine(Struct, frozen=True, gc=False):
    """One payment. `amount` and `base` are tenge; an amount of None is not determined, and `reason` says why.

    `base` is what a share is taken of; None for a specific rate. `rate` is as printed in the tariff.
    """

    type_code: str
    base: Decimal | None
    rate: str
    amount: Decimal | None
    reason: str | None = None

    def reason_text(self, language: str) -> str | None:
        return None if self.reason is None else phrase(self.reason, language)


class ItemPayables(Struct, frozen=True):
    """The payments of one item. `duty_share` is its duty over its customs value, 0-1 or more; None when unknown."""

    item: int
    lines: tuple[PayableLine, ...]
    duty_share: Decimal | None = None

    def line(self, type_code: str) -> PayableLine | None:
        return next((line for line in self.lines if line.type_code == type_code), None)


class Payables(Struct, frozen=True):
    """What a declaration owes. `totals` are of the determined lines, `undetermined` counts the others, by type code."""

    items: tuple[ItemPayables, ...]
    fee: PayableLine | None
    totals: Mapping[str, Decimal]
    undetermined: Mapping[str, int]

    @property
    def determined(self) -> bool:
        return not self.undetermined

    @property
    def total(self) -> Decimal:
        """Return the tenge owed as far as they are determined."""
        return sum(self.totals.values(), Decimal(0))


def payable(declaration: Declaration, codes: Codes) -> Payables:
    """Return what `declaration` owes, in tenge, each line rounded half up to tiyn.

    Imports bear a fee, duty, excise and VAT; exports the fee (an export duty is not computed); transit nothing.
    """
    imported = declaration.type_code == "IM"
    items = (
        tuple(item_payables(item, declaration.procedure, codes) for item in declaration.items)
        if imported
        else tuple(ItemPayables(item.sequence, ()) for item in declaration.items)
    )
    bears_fee = imported or declaration.type_code == "EX"
    return _summed(PayableLine(FEE, None, f"{codes.fee} {TENGE}", codes.fee) if bears_fee else None, items)


def at_stake(declaration: Declaration, owed: Payables, codes: Codes) -> Payables:
    """Return what is lost if the goods go astray: what is owed; of a transit, which owes nothing, what would be owed if
    the goods were released for domestic consumption without any exemption."""
    if declaration.type_code != TRANSIT:
        return owed
    return _summed(
        None, tuple(item_payables(_released(item), DOMESTIC_CONSUMPTION, codes) for item in declaration.items)
    )


def excisable(commodity_code: str, codes: Codes) -> bool | None:
    """Tell whether goods bear excise; None where the code is too short to tell."""
    if codes.excise(commodity_code) is not None:
        return True
    return None if any(each.startswith(commodity_code) for each in codes.excises) else False


def _released(item: GoodsItem) -> GoodsItem:
    """Return transit goods as if they were released. Where only the gross mass is known, never less is at stake."""
    return replace(item, procedure=None, preference=None, net_mass_kg=item.net_mass_kg or item.gross_mass_kg)


def _summed(fee: PayableLine | None, items: tuple[ItemPayables, ...]) -> Payables:
    totals: dict[str, Decimal] = {}
    undetermined: dict[str, int] = {}
    for line in _lines(fee, items):
        if line.amount is None:
            undetermined[line.type_code] = undetermined.get(line.type_code, 0) + 1
        else:
            totals[line.type_code] = totals.get(line.type_code, Decimal(0)) + line.amount
    return Payables(items, fee, totals, undetermined)


def item_payables(item: GoodsItem, procedure: str | None, codes: Codes) -> ItemPayables:
    """Return the payments of one imported item; `procedure` is box 1.2, for an item that does not give its own."""
    current = item.procedure.current if item.procedure else procedure
    value = item.customs_value
    if current != DOMESTIC_CONSUMPTION:
        return _nothing_determined(item, PROCEDURE_NOT_COVERED)
    if value is None or value.currency != TENGE:
        return _nothing_determined(item, NO_CUSTOMS_VALUE)
    duty = _duty(item, value.value, codes)
    excise = _excise(item, codes)
    vat = _vat(item, value.value, duty, excise, codes)
    share = duty.amount / value.value if duty.amount is not None and value.value else None
    return ItemPayables(item.sequence, (duty, vat) if excise is None else (duty, excise, vat), share)


def round_to_tiyn(amount: Decimal) -> Decimal:
    """Return `amount` rounded half up to a hundredth, however large it is."""
    return amount.quantize(TIYN, ROUND_HALF_UP, _WIDE)


def _lines(fee: PayableLine | None, items: tuple[ItemPayables, ...]) -> Iterator[PayableLine]:
    if fee is not None:
        yield fee
    for item in items:
        yield from item.lines


def _nothing_determined(item: GoodsItem, reason: str) -> ItemPayables:
    return ItemPayables(item.sequence, tuple(PayableLine(code, None, "", None, reason) for code in (DUTY, VAT)))


def _duty(item: GoodsItem, value: Decimal, codes: Codes) -> PayableLine:
    rate = _duty_rate(item.commodity_code, codes)
    if isinstance(rate, str):
        return PayableLine(DUTY, value, "", None, rate)
    if item.preference and item.preference.duty not in codes.no_preference:
        return PayableLine(DUTY, value, rate.text, None, EXEMPTION_CLAIMED)
    return _charged(DUTY, item, value, rate, codes)


def _duty_rate(commodity_code: str, codes: Codes) -> Rate | str:
    """Return the rate of duty, or the reason why it is not determined."""
    if line := codes.tariff.line(commodity_code):
        return line.rate
    if not codes.tariff.complete:
        return NOT_IN_TARIFF
    lines = codes.tariff.subdivided(commodity_code)
    if not lines:
        return NOT_IN_TARIFF
    first = lines[0].rate
    return first if all(first.charges_as(line.rate) for line in lines) else SUBDIVIDED


def _excise(item: GoodsItem, codes: Codes) -> PayableLine | None:
    rate = codes.excise(item.commodity_code)
    if rate is None:
        return None
    if item.preference and item.preference.excise not in codes.no_preference:
        return PayableLine(EXCISE, None, rate.text, None, EXEMPTION_CLAIMED)
    return _charged(EXCISE, item, Decimal(0), rate, codes)


def _vat(item: GoodsItem, value: Decimal, duty: PayableLine, excise: PayableLine | None, codes: Codes) -> PayableLine:
    rate = f"{(codes.vat_rate * _HUNDRED).normalize():f}%"
    excise_amount = Decimal(0) if excise is None else excise.amount
    if duty.amount is None or excise_amount is None:
        return PayableLine(VAT, None, rate, None, BASE_NOT_DETERMINED)
    base = value + duty.amount + excise_amount
    if item.preference and item.preference.vat not in codes.no_preference:
        return PayableLine(VAT, base, rate, None, EXEMPTION_CLAIMED)
    return PayableLine(VAT, base, rate, round_to_tiyn(base * codes.vat_rate))


def _charged(type_code: str, item: GoodsItem, value: Decimal, rate: Rate, codes: Codes) -> PayableLine:
    """Return the line of `rate`: a share of `value`, a specific amount, the greater of the two, or their sum."""
    base = value if rate.percent is not None else None
    share = None if rate.percent is None else value * rate.percent / _HUNDRED
    if rate.unit is None or rate.amount is None or rate.currency is None:
        return PayableLine(type_code, base, rate.text, round_to_tiyn(share or Decimal(0)))
    quantity = quantity_in(item, rate.unit, codes)
    if quantity is None:
        reason = NO_MASS if rate.unit in _KILOGRAMS else NO_QUANTITY
        return PayableLine(type_code, base, rate.text, None, reason)
    tenge = codes.rate(rate.currency)
    if tenge is None:
        return PayableLine(type_code, base, rate.text, None, NO_EXCHANGE_RATE)
    amount = quantity / rate.per * rate.amount * tenge
    if share is not None:
        amount = max(share, amount) if rate.operator == NOT_LESS_THAN else share + amount
    return PayableLine(type_code, base, rate.text, round_to_tiyn(amount))


def quantity_in(item: GoodsItem, unit: str, codes: Codes) -> Decimal | None:
    """Return how much of `unit` the item is: net mass (box 38), else box 41, box 31 or the engines of vehicles."""
    if unit in _KILOGRAMS and item.net_mass_kg is not None:
        return item.net_mass_kg / _KILOGRAMS[unit]
    declared = (
        (item.tariff_quantity, *item.additional_quantities) if item.tariff_quantity else item.additional_quantities
    )
    for quantity in declared:
        found = codes.in_unit(quantity.value, quantity.unit, unit)
        if found is not None:
            return found
    if unit == _CUBIC_CENTIMETRE and item.vehicles:
        capacities = [vehicle.engine_capacity for vehicle in item.vehicles]
        if None not in capacities:
            return sum((capacity for capacity in capacities if capacity is not None), Decimal(0))
    return None
