"""What registers had said of the permits and contracts of a case when it was judged, and what they say by now."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations import xml
from declarations.store import Stored
from interop import partner_store
from portal.asking.words import UNKNOWN
from portal.desk.views import RegisterSaid
from risk_gateway.bases.registers import store
from risk_gateway.bases.registers.model import Named, RegisterFact, rules_of
from risk_gateway.days import day_of
from risk_gateway.model import Case
from risk_gateway.packing import unpack
from risk_gateway.register_facts import Registered, named
from signing import xmlgate


def registered(connection: Connection, case: Case, stored: Stored, now: datetime) -> tuple[RegisterSaid, ...]:
    """Return a line for each number and partner, and one for each number of which nothing was there yet.

    Nothing for a case that names none, or was judged before registers were asked at all.
    """
    if case.register_facts is None:
        return ()
    document = xmlgate.open_document(unpack(declarations_store.read_document(connection, stored.key)))
    declaration, declarant, at = xml.read(document.root), stored.key.declarant, case.lodged_at
    numbers = named(declaration, declarant, rules_of(day_of(at)))
    newest = store.read(connection, numbers)
    partners = {each.id: each.name for each in partner_store.list_partners(connection)}
    then = Registered(declaration, declarant, case.register_facts, at)
    by_now = Registered(declaration, declarant, newest, now)
    return tuple(line for each in numbers for line in _lines(each, case, then, by_now, newest, partners))


def _lines(
    each: Named,
    case: Case,
    then: Registered,
    by_now: Registered,
    newest: Sequence[RegisterFact],
    partners: Mapping[str, str],
) -> Iterator[RegisterSaid]:
    result, items = then.result(each) or UNKNOWN, then.items(each)
    facts = [fact for fact in case.register_facts or () if fact.named == each]
    if not facts:
        told = [fact.answered_at for fact in newest if fact.named == each and fact.answered_at]
        late = (by_now.result(each) or UNKNOWN, max(told)) if told else None
        yield RegisterSaid(each.register.value, each.number, items, result, since=late)
    for fact in facts:
        usable = fact.usable(case.lodged_at, rules_of(day_of(case.lodged_at)))
        since = None
        for later in newest:
            answered = later.named == each and later.partner == fact.partner and later.answered_at
            if answered and answered != fact.answered_at:
                since = by_now.result(each) or UNKNOWN, answered
        yield RegisterSaid(
            register=each.register.value,
            number=each.number,
            items=items,
            result=result,
            partner=partners.get(fact.partner, fact.partner),
            entry=usable,
            answered_at=fact.answered_at,
            too_old=fact.answered_at is not None and usable is None,
            detail=fact.detail,
            since=since,
        )
