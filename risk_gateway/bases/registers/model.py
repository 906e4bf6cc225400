"""What a register said of a number that a declaration names, and what may be concluded from it. Pure values."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from risk_gateway.dated import periods


class Register(StrEnum):
    """Registers that others keep: permits of non-tariff regulation, and currency contracts."""

    PERMIT = "permit"
    CURRENCY_CONTRACT = "currency_contract"


class Named(Struct, frozen=True, order=True):
    """A number that a declaration names, in its kept form, and who must hold what it stands for."""

    holder: str
    register: Register
    number: str


class Standing(StrEnum):
    """Whether a register knows a number as the holder's."""

    ENTERED = "entered"
    OTHER_PARTY = "other_party"
    NOT_FOUND = "not_found"


class Said(Struct, frozen=True, omit_defaults=True):
    """What a register says. All but `standing` is of an entry of the holder's own: of another's nothing is told.

    A permit is for goods whose codes begin with one of `commodities`; `grams_left` is None where it has no quantity. A
    contract is in `currency`; `cents_left` are hundredths of it, None where it has no amount. `closed_on` is the day
    from which it does not count: revoked, or closed.
    """

    standing: Standing
    valid_from: date | None = None
    valid_to: date | None = None
    closed_on: date | None = None
    commodities: tuple[str, ...] = ()
    grams_left: int | None = None
    currency: str | None = None
    cents_left: int | None = None


class RegisterFact(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The newest answer of a partner about a number. `answered_at` is the moment of which it speaks, None where there
    never was one; `asked_at` when it was sought last. `detail` tells the officer why an answer is not known."""

    partner: str
    register: Register
    number: str
    holder: str
    asked_at: datetime
    answered_at: datetime | None = None
    said: Said | None = None
    detail: str = ""

    @property
    def named(self) -> Named:
        return Named(self.holder, self.register, self.number)

    def usable(self, at: datetime, rules: "RegisterRules") -> Said | None:
        """Return what may be relied on at a moment."""
        fresh = self.answered_at is not None and self.answered_at >= at - timedelta(hours=rules.usable_hours)
        return self.said if fresh else None


class PermitResult(StrEnum):
    """What comes of a permit, the worst first."""

    NOT_FOUND = "not_found"
    OTHER_PARTY = "other_party"
    REVOKED = "revoked"
    NOT_VALID = "not_valid"
    OTHER_GOODS = "other_goods"
    EXHAUSTED = "exhausted"
    CONFIRMED = "confirmed"


class ContractResult(StrEnum):
    """What comes of a currency contract, the worst first."""

    NOT_FOUND = "not_found"
    OTHER_PARTY = "other_party"
    CLOSED = "closed"
    NOT_VALID = "not_valid"
    OTHER_CURRENCY = "other_currency"
    EXCEEDED = "exceeded"
    CONFIRMED = "confirmed"


class RegisterRules(Struct, frozen=True, forbid_unknown_fields=True):
    """A period of `bases/parameters/registers.toml`; `valid_to` is its last day."""

    valid_from: date
    valid_to: date
    source: str
    permit_kinds: tuple[str, ...]
    contract_kinds: tuple[str, ...]
    usable_hours: int
    refresh_hours: int
    lately_days: int
    ask_again_seconds: int
    lodgement_wait_milliseconds: int

    def register_of(self, kind: str) -> Register | None:
        """Return the register that knows documents of a kind."""
        if kind.startswith(self.permit_kinds):
            return Register.PERMIT
        return Register.CURRENCY_CONTRACT if kind.startswith(self.contract_kinds) else None


def rules_of(day: date) -> RegisterRules:
    """Return the rules of a day; outside all periods the nearest counts, for no lodgement may fail here."""
    known = periods(RegisterRules, "registers")
    return next((each for each in reversed(known) if each.valid_from <= day), known[0])


def said_at(facts: Iterable[RegisterFact], named: Named, at: datetime, rules: RegisterRules) -> tuple[Said, ...] | None:
    """Return the entries that registers have of a number at a moment, or what they say instead; None for not known.

    One entry is enough, whatever the others say. That there is none takes the word of every register that was asked.
    """
    usable = [fact.usable(at, rules) for fact in facts if fact.named == named]
    entries = tuple(said for said in usable if said is not None and said.standing is Standing.ENTERED)
    if entries:
        return entries
    if not usable or None in usable:
        return None
    return tuple(said for said in usable if said is not None)


def worth_asking(
    named: Iterable[Named], facts: Iterable[RegisterFact], at: datetime, rules: RegisterRules
) -> tuple[Named, ...]:
    """Return the numbers for whose answers a lodgement should wait: not known, and not asked about a moment ago."""
    recently, known = at - timedelta(seconds=rules.ask_again_seconds), tuple(facts)
    asked = {fact.named for fact in known if fact.asked_at > recently}
    return tuple(each for each in named if each not in asked and said_at(known, each, at, rules) is None)


def permit_result(said: Said, day: date, commodity: str, grams: int) -> PermitResult:
    """Say whether a permit covers goods on a day; `grams` is all that the declaration puts on it."""
    if said.standing is Standing.NOT_FOUND:
        return PermitResult.NOT_FOUND
    if said.standing is Standing.OTHER_PARTY:
        return PermitResult.OTHER_PARTY
    if _closed(said, day):
        return PermitResult.REVOKED
    if not _valid(said, day):
        return PermitResult.NOT_VALID
    if not commodity.startswith(said.commodities):
        return PermitResult.OTHER_GOODS
    if said.grams_left is not None and grams > said.grams_left:
        return PermitResult.EXHAUSTED
    return PermitResult.CONFIRMED


def contract_result(said: Said, day: date, currency: str | None, cents: int | None) -> ContractResult:
    """Say whether a contract covers an invoice on a day; None where the declaration does not tell its amount."""
    if said.standing is Standing.NOT_FOUND:
        return ContractResult.NOT_FOUND
    if said.standing is Standing.OTHER_PARTY:
        return ContractResult.OTHER_PARTY
    if _closed(said, day):
        return ContractResult.CLOSED
    if not _valid(said, day):
        return ContractResult.NOT_VALID
    if currency is not None and currency != said.currency:
        return ContractResult.OTHER_CURRENCY
    if said.cents_left is not None and cents is not None and cents > said.cents_left:
        return ContractResult.EXCEEDED
    return ContractResult.CONFIRMED


def _closed(said: Said, day: date) -> bool:
    return said.closed_on is not None and said.closed_on <= day


def _valid(said: Said, day: date) -> bool:
    begun = said.valid_from is None or said.valid_from <= day
    return begun and (said.valid_to is None or day <= said.valid_to)
