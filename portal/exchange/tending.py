"""What goes on in the exchange beside the requests: who becomes known is matched with what partners told by hash, and
what was kept long enough is deleted.

Embedded in `serve`, or `shekara work`; any number may run.
"""

from datetime import date, datetime, timedelta

from msgspec import Struct

from interop import exchange_store, query_log
from interop.partner_store import list_partners
from interop.partners import Partner
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.exchange import hash_store, hashes
from portal.office import Office
from portal.violations import service as violations
from risk_gateway.bases.violations.model import UNKNOWN_HASH, Violation
from risk_gateway.dated import periods
from risk_gateway.days import day_of
from signing import store as signing_store

PAUSE_SECONDS = 60.0
FORGET_EVERY = 60  # turns


class Keeping(Struct, frozen=True, forbid_unknown_fields=True):
    """A period of `bases/parameters/exchange.toml`; `valid_to` is its last day."""

    valid_from: date
    valid_to: date
    source: str
    kept_days: int


def keeping_of(day: date) -> Keeping | None:
    """Return how long things are kept on a day; None, and nothing is deleted, outside all periods."""
    return next((each for each in periods(Keeping, "exchange") if each.valid_from <= day <= each.valid_to), None)


class ExchangeKeeper:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)
        self._turns = 0

    def turn(self) -> float:
        """Do what is due, and return how many seconds to wait for more."""
        now = self._office.clock.now()
        with reading(self._office.engine) as connection:
            unmatched = hash_store.unmatched(connection, day_of(now))
            partners = {each.id: each for each in list_partners(connection)}
        told_by = {each.id: each.id.partition(":")[0] for each in unmatched}
        for partner in sorted(set(told_by.values()) & partners.keys()):
            hashes.learn(self._office.engine, partners[partner])
        for violation in unmatched:
            if told_by[violation.id] in partners:
                self._match(partners[told_by[violation.id]], violation, now)
        if self._turns % FORGET_EVERY == 0:
            self._forget(now)
        self._turns += 1
        return PAUSE_SECONDS

    def _forget(self, now: datetime) -> None:
        keeping = keeping_of(day_of(now))
        if keeping is not None:
            before = now - timedelta(days=keeping.kept_days)
            with writing(self._office.engine) as connection:
                exchange_store.forget(connection, before)
                query_log.forget(connection, before)

    def _match(self, partner: Partner, violation: Violation, now: datetime) -> None:
        digits = violation.identity.number.removeprefix(UNKNOWN_HASH)
        with reading(self._office.engine) as connection:
            if hashes.number_of(connection, digits, partner) is None:
                return
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)
            number = hashes.number_of(connection, digits, partner)
            if number is not None:
                violations.recognise(connection, self._desk, violation.id, number, partner.id, now)
