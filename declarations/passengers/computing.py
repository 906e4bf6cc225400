"""What a traveller pays, worked out so that it can be followed: each step is kept with its numbers.

Nothing is rounded until a payment is known in the currency of the allowances. It becomes tenge by the published rate of
the day and is rounded once, half up, to the tiyn (0.01 tenge). The total is the sum of the rounded payments.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from declarations.passengers.allowances import Allowances, Norm
from declarations.passengers.model import Carriage, Direction, Goods, GoodsKind, Money, PassengerDeclaration

Rates = Callable[[str], Decimal | None]  # tenge of one unit of a currency
TIYN: Final = Decimal("0.01")
_CENT: Final = Decimal("0.01")
_NOTHING: Final = Decimal(0)
_OF_THEIR_OWN: Final = frozenset(GoodsKind) - {GoodsKind.GENERAL}


class Step(Struct, frozen=True):
    """A line of the calculation: its words stand under `code` in words/passengers.toml, numbers are as computed."""

    code: str
    params: Mapping[str, str] = {}


class Payment(Struct, frozen=True):
    """What is to be paid for one reason, rounded to the tiyn."""

    reason: str  # a code of words/passengers.toml
    tenge: Decimal


class Computation(Struct, frozen=True, kw_only=True):
    """What follows from what was declared.

    `unknown` names the currencies without a rate that day: then nothing is known of payments, and nobody leaves
    because of it. `goods_declaration` are codes of why these goods need a goods declaration. The percentages are of
    the norm that is used up most; None where nothing is carried or nothing is known.
    """

    payments: tuple[Payment, ...] = ()
    steps: tuple[Step, ...] = ()
    unknown: tuple[str, ...] = ()
    goods_declaration: tuple[str, ...] = ()
    mass_percent: Decimal | None = None
    value_percent: Decimal | None = None
    above: bool = False
    money_in_limit_currency: Decimal | None = None
    money_above_limit: bool = False

    @property
    def total(self) -> Decimal:
        return sum((each.tenge for each in self.payments), _NOTHING)

    @property
    def total_tiyn(self) -> int:
        return int(self.total.scaleb(2))


def compute(declaration: PassengerDeclaration, rates: Rates, allowances: Allowances, age: int) -> Computation:
    """Return what is to be paid for what was declared, and whether it may be brought so at all."""
    goods = declaration.goods if declaration.crossing.direction is Direction.ENTRY else ()
    unknown = tuple(sorted(_unknown(goods, declaration.money, rates, allowances)))
    if unknown:
        return Computation(unknown=unknown, goods_declaration=tuple(_needs(goods, allowances, age)))
    euro = rates(allowances.currency) or _NOTHING
    work = _Work(euro, rates, allowances)
    for carriage in Carriage:
        carried = [each for each in goods if each.carriage is carriage and each.kind is GoodsKind.GENERAL]
        if carried:
            work.add_general(carried, carriage, allowances.norm(carriage, declaration.crossing.mode))
    work.add_alcohol([each for each in goods if each.kind is GoodsKind.ALCOHOL])
    if work.payments:
        work.steps.append(Step("calculation.total", {"total_kzt": str(sum(each.tenge for each in work.payments))}))
    money = _money_in(declaration.money, rates, allowances.cash_currency)
    needs = tuple(_needs(goods, allowances, age))
    return Computation(
        payments=tuple(work.payments),
        steps=tuple(work.steps),
        goods_declaration=needs,
        mass_percent=work.mass_percent,
        value_percent=work.value_percent,
        above=bool(work.payments or needs),
        money_in_limit_currency=money,
        money_above_limit=money > allowances.cash_limit,
    )


class _Work:
    """The calculation as it grows."""

    def __init__(self, euro: Decimal, rates: Rates, allowances: Allowances) -> None:
        self._euro, self._rates, self._allowances = euro, rates, allowances
        self.payments: list[Payment] = []
        self.steps: list[Step] = []
        self.mass_percent: Decimal | None = None
        self.value_percent: Decimal | None = None

    def add_general(self, goods: Sequence[Goods], carriage: Carriage, norm: Norm) -> None:
        """Add the goods that came in one way: free up to the norm, then a share, not less than a sum by mass."""
        self.steps.append(Step(f"calculation.{carriage.value.lower()}"))
        mass = sum((each.mass_kg for each in goods), _NOTHING)
        value = sum((self._in_euro(each) for each in goods), _NOTHING)
        heavy, dear = max(_NOTHING, mass - norm.free_mass_kg), max(_NOTHING, value - norm.free_value)
        self.steps.append(
            Step("calculation.mass", _said(mass_kg=mass, free_kg=norm.free_mass_kg, above_kg=heavy)),
        )
        self.steps.append(
            Step("calculation.value", _said(value_eur=value, free_eur=norm.free_value, above_eur=dear)),
        )
        self.mass_percent = _most(self.mass_percent, mass * 100 / norm.free_mass_kg)
        self.value_percent = _most(self.value_percent, value * 100 / norm.free_value)
        if not heavy and not dear:
            self.steps.append(Step("calculation.free"))
            return
        share, least = dear * norm.percent / 100, heavy * norm.least_per_kg
        self.steps.append(
            Step(
                "calculation.larger",
                _said(
                    percent=norm.percent,
                    above_eur=dear,
                    share_eur=share,
                    above_kg=heavy,
                    per_kg_eur=norm.least_per_kg,
                    least_eur=least,
                    due_eur=max(share, least),
                ),
            )
        )
        self._pay(f"payment.{carriage.value.lower()}", max(share, least))

    def add_alcohol(self, goods: Sequence[Goods]) -> None:
        """Add alcohol: free up to a volume, then a sum for each litre. What is above the most is not charged here."""
        allowed = self._allowances
        litres = sum((each.litres or _NOTHING for each in goods), _NOTHING)
        charged = min(litres, allowed.alcohol_most_litres) - allowed.alcohol_free_litres
        if charged <= 0:
            return
        due = charged * allowed.alcohol_per_litre
        numbers = _said(
            litres=litres,
            free_litres=allowed.alcohol_free_litres,
            charged_litres=charged,
            per_litre_eur=allowed.alcohol_per_litre,
            due_eur=due,
        )
        self.steps.append(Step("calculation.alcohol", numbers))
        self._pay("payment.alcohol", due)

    def _in_euro(self, goods: Goods) -> Decimal:
        rate = self._rates(goods.currency) or _NOTHING
        value = goods.value * rate / self._euro
        if goods.currency != self._allowances.currency:
            numbers = _said(amount=goods.value, rate_kzt=rate, euro_kzt=self._euro, value_eur=value)
            self.steps.append(Step("calculation.exchange", {**numbers, "currency": goods.currency}))
        return value

    def _pay(self, reason: str, euro: Decimal) -> None:
        tenge = rounded(euro * self._euro)
        self.steps.append(Step("calculation.tenge", _said(due_eur=euro, euro_kzt=self._euro, due_kzt=tenge)))
        self.payments.append(Payment(reason, tenge))


def rounded(tenge: Decimal) -> Decimal:
    """Return tenge to the tiyn, half up."""
    return tenge.quantize(TIYN, ROUND_HALF_UP)


def _needs(goods: Sequence[Goods], allowances: Allowances, age: int) -> Iterator[str]:
    """Yield why a goods declaration is needed."""
    if any(not each.personal_use for each in goods):
        yield "goods_declaration.not_personal"
    litres = sum((each.litres or _NOTHING for each in goods if each.kind is GoodsKind.ALCOHOL), _NOTHING)
    if litres > allowances.alcohol_most_litres:
        yield "goods_declaration.alcohol"
    if _tobacco_share(goods, allowances) > 1:
        yield "goods_declaration.tobacco"
    if age < allowances.adult_years and any(each.kind in _OF_THEIR_OWN for each in goods):
        yield "goods_declaration.minor"


def _tobacco_share(goods: Sequence[Goods], allowances: Allowances) -> Decimal:
    """Return how much of the norm is used, the kinds of tobacco together: 1 is all of it."""
    used = _NOTHING
    for each in goods:
        if each.kind is GoodsKind.CIGARETTES:
            used += Decimal(each.quantity) / allowances.cigarettes
        elif each.kind is GoodsKind.CIGARS:
            used += Decimal(each.quantity) / allowances.cigars
        elif each.kind is GoodsKind.TOBACCO:
            used += each.mass_kg / allowances.tobacco_kg
    return used


def _unknown(goods: Sequence[Goods], money: Sequence[Money], rates: Rates, allowances: Allowances) -> set[str]:
    named = {each.currency for each in goods} | {each.currency for each in money}
    if goods:
        named.add(allowances.currency)
    if money:
        named.add(allowances.cash_currency)
    return {each for each in named if not rates(each)}


def _money_in(money: Sequence[Money], rates: Rates, currency: str) -> Decimal:
    one = rates(currency) or Decimal(1)
    return sum((each.amount * (rates(each.currency) or _NOTHING) / one for each in money), _NOTHING)


def _most(before: Decimal | None, now: Decimal) -> Decimal:
    return now if before is None else max(before, now)


def _said(**numbers: Decimal) -> dict[str, str]:
    """Return numbers as they are told: sums of money to the cent, half up, others as they are."""
    return {name: _told(name, number) for name, number in numbers.items()}


def _told(name: str, number: Decimal) -> str:
    if name.endswith(("_eur", "due_kzt", "total_kzt")):
        return str(number.quantize(_CENT, ROUND_HALF_UP))
    return f"{number.normalize():f}"
