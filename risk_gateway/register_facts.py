"""What registers say of the permits and the contracts that one declaration names, as facts. Pure values."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from declarations.model import Declaration, GoodsItem, Party
from risk_gateway.bases.registers.model import (
    ContractResult,
    Named,
    PermitResult,
    Register,
    RegisterFact,
    RegisterRules,
    contract_result,
    permit_result,
    rules_of,
    said_at,
)
from risk_gateway.case import ParticipantFacts
from risk_gateway.days import day_of
from risk_gateway.kept_numbers import kept_number

EXPORT, IMPORT = "EX", "IM"
OF_FIRMS = frozenset({"BIN", "IIN"})  # whose numbers registers of this country know
_PERMITS, _CONTRACTS = list(PermitResult), list(ContractResult)


def holder_of(declaration: Declaration, declarant: str) -> str:
    """Return who must hold what is named: the exporter of an export, else the importer; the declarant where the
    document does not name one by a number of this country."""
    shipment = declaration.shipment
    party: Party | None = shipment.exporter if declaration.type_code == EXPORT else shipment.importer
    identifier = party.identifier if party else None
    return identifier.value if identifier and identifier.scheme in OF_FIRMS else declarant


def named(declaration: Declaration, declarant: str, rules: RegisterRules) -> tuple[Named, ...]:
    """Return every number that a register knows, each once, in order: of what is brought in or out for good."""
    if declaration.type_code not in (EXPORT, IMPORT):
        return ()
    holder = holder_of(declaration, declarant)
    found = {
        Named(holder, register, number) for item in declaration.items for register, number in _of_item(item, rules)
    }
    return tuple(sorted(found))


def _of_item(item: GoodsItem, rules: RegisterRules) -> Iterator[tuple[Register, str]]:
    for document in item.documents:
        register = rules.register_of(document.type_code)
        number = kept_number(document.identifier) if register else ""
        if register and number:
            yield register, number


class Registered:
    """What registers say of one declaration at a moment."""

    def __init__(self, declaration: Declaration, declarant: str, facts: Sequence[RegisterFact], at: datetime) -> None:
        self._declaration = declaration
        self._holder = holder_of(declaration, declarant)
        self._facts = facts
        self._at = at
        self._day = day_of(at)
        self._rules = rules_of(self._day)
        self._grams = self._grams_by_permit()

    def header(self) -> dict[str, Any]:
        """Return the facts of the whole declaration: the contract's, and what is not known."""
        known = named(self._declaration, self._holder, self._rules)
        silent = {each.register.value for each in known if said_at(self._facts, each, self._at, self._rules) is None}
        return {
            "currency_contract_register": self._contract(known),
            "registers_unknown": tuple(sorted(silent)),
        }

    def of_item(self, item: GoodsItem) -> str | None:
        """Return the worst of the permits that an item names; None without one, and where it is not known."""
        numbers = sorted({number for register, number in _of_item(item, self._rules) if register is Register.PERMIT})
        results = [self.permit(number, item.commodity_code) for number in numbers]
        return _worst(results, _PERMITS)

    def result(self, named: Named) -> str | None:
        """Return what comes of one number: of a permit, the worst of the goods that name it."""
        if named.register is Register.CURRENCY_CONTRACT:
            return _worst([self.contract(named.number)], _CONTRACTS)
        goods = [self.permit(named.number, item.commodity_code) for item in self._naming(named)]
        return _worst(goods, _PERMITS)

    def items(self, named: Named) -> tuple[int, ...]:
        """Return the items that name a number."""
        return tuple(item.sequence for item in self._naming(named))

    def _naming(self, named: Named) -> list[GoodsItem]:
        wanted = (named.register, named.number)
        return [item for item in self._declaration.items if wanted in _of_item(item, self._rules)]

    def permit(self, number: str, commodity: str) -> PermitResult | None:
        entries = said_at(self._facts, Named(self._holder, Register.PERMIT, number), self._at, self._rules)
        if entries is None:
            return None
        grams = self._grams[number]
        return max((permit_result(said, self._day, commodity, grams) for said in entries), key=_PERMITS.index)

    def contract(self, number: str) -> ContractResult | None:
        entries = said_at(self._facts, Named(self._holder, Register.CURRENCY_CONTRACT, number), self._at, self._rules)
        if entries is None:
            return None
        invoice = self._declaration.invoice_amount
        currency, cents = (invoice.currency, int(invoice.value * 100)) if invoice else (None, None)
        return max((contract_result(said, self._day, currency, cents) for said in entries), key=_CONTRACTS.index)

    def _contract(self, known: Iterable[Named]) -> str | None:
        results = [self.contract(each.number) for each in known if each.register is Register.CURRENCY_CONTRACT]
        return _worst(results, _CONTRACTS)

    def _grams_by_permit(self) -> Mapping[str, int]:
        """Return the net mass that all items together put on each permit, in whole grams, rounded up."""
        kilograms: dict[str, Decimal] = defaultdict(Decimal)
        for item in self._declaration.items:
            for number in {number for register, number in _of_item(item, self._rules) if register is Register.PERMIT}:
                kilograms[number] += item.net_mass_kg or 0
        whole = {number: int((mass * 1000).to_integral_value(ROUND_CEILING)) for number, mass in kilograms.items()}
        return defaultdict(int, whole)


def registered(declaration: Declaration, declarant: ParticipantFacts, at: datetime) -> Registered | None:
    """Return what registers say of a declaration; None where it names nothing, or nobody looked."""
    facts = declarant.register_facts
    if facts is None or not named(declaration, declarant.identifier, rules_of(day_of(at))):
        return None
    return Registered(declaration, declarant.identifier, facts, at)


def _worst(results: Sequence[PermitResult | ContractResult | None], order: Sequence[Any]) -> str | None:
    """Return the worst of what is known; where nothing of it is bad, what is not known leaves all not known."""
    known = [each for each in results if each is not None]
    worst = min(known, key=order.index, default=None)
    if worst is None or (worst is order[-1] and len(known) < len(results)):
        return None
    return str(worst.value)
