"""What registers say of the numbers of a draft: told to who may know, and for the declarant's own numbers only."""

from typing import Final

from lxml import etree
from msgspec import Struct

from declarations import xml
from declarations.writing import write
from interop.adapters.registers.messages import NUMBERS_MOST
from portal.asking.words import UNKNOWN
from portal.database import reading
from portal.declarant.drafting.lodging import Examined
from portal.declarant.drafting.service import Drafting
from portal.declarant.drafting.store import Draft
from risk_gateway.bases.registers import store
from risk_gateway.bases.registers.model import rules_of, worth_asking
from risk_gateway.days import day_of
from risk_gateway.register_facts import Registered, named

SECONDS: Final = 1.5
PURPOSE: Final = "check_before_lodging"


class Note(Struct, frozen=True):
    """What comes of one number: `result` is a word of portal/asking/words.py."""

    register: str
    number: str
    result: str


def notes(drafting: Drafting, draft: Draft, examined: Examined) -> tuple[Note, ...]:
    """Return what registers say of each number that the draft names, asking them where nothing is known yet.

    Nothing of registers that nobody keeps, nor of numbers that another firm must hold: whose a number is, is not for
    everybody to try. Waits, so it is not for the thread of an event loop.
    """
    if examined.payables is None:
        return ()
    now = drafting.office.clock.now()
    rules, declaration = rules_of(day_of(now)), xml.read(etree.fromstring(write(examined.content)))
    own = [each for each in named(declaration, draft.declarant, rules) if each.holder == draft.declarant]
    kept = drafting.office.asking.registers.kept() if own else ()
    own = [each for each in own if each.register in kept][:NUMBERS_MOST]
    with reading(drafting.office.engine) as connection:
        facts = store.read(connection, own)
    if unknown := worth_asking(own, facts, now, rules):
        drafting.office.asking.registers.ask(unknown, PURPOSE, SECONDS)
        with reading(drafting.office.engine) as connection:
            facts = store.read(connection, own)
    said = Registered(declaration, draft.declarant, facts, now)
    return tuple(Note(each.register.value, each.number, said.result(each) or UNKNOWN) for each in own)
