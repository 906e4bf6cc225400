"""One declaration made up: honest, or with a fraud planted in it."""

import hashlib
from typing import NamedTuple

import msgspec

from declarations.model import Declaration
from declarations.reference import Codes
from declarations.tariff import payable
from portal.demo.history.chance import Chance
from portal.demo.history.controls import loss
from portal.demo.history.declaring import declare
from portal.demo.history.drafts import Draft
from portal.demo.history.frauds import FRAUDS
from portal.demo.history.record import Memory, balances_of, facts_of, invoice_of
from portal.demo.history.world import EXPORT_MOTIVES, IMPORT_MOTIVES, Firm
from risk_gateway import facts
from risk_gateway.archive import Truth
from risk_gateway.model import Case
from risk_gateway.parameters import ReferenceValues
from risk_gateway.profiles import Motive

HABITUAL = 0.8  # how often a wrongdoer does what he usually does
CHEATS_MAX = 0.95


class Made(NamedTuple):
    """What is declared, and what is true of it."""

    draft: Draft
    declaration: Declaration
    truth: Truth


def make(honest: Draft, cheating: float, codes: Codes, chance: Chance) -> Made:
    """Return what a firm declares instead of an honest draft: mostly just that. `cheating` is the plan's factor."""
    if not chance.happens(min(CHEATS_MAX, honest.firm.cheats * cheating)):
        return Made(honest, declare(honest, codes), Truth())
    motive = _motive(honest.firm, chance)
    changed = honest.copy()
    touched = FRAUDS[motive](changed, chance)
    if touched is None:  # no occasion for it here: what always can be done
        motive = Motive.OVERSTATED_VALUE if honest.firm.exports else Motive.UNDERSTATED_VALUE
        touched = FRAUDS[motive](changed, chance) or ()
    declared = declare(changed, codes)
    amount = loss(motive, declare(honest, codes), declared, touched, codes)
    return Made(changed, declared, Truth(motive, touched, amount))


def case_of(made: Made, memory: Memory, values: ReferenceValues, codes: Codes) -> Case:
    """Return the facts of a declaration, by the functions of the portal."""
    draft, declaration = made.draft, made.declaration
    agent = memory.of(draft.broker) if draft.broker else None
    return facts.gather(
        declaration,
        payable(declaration, codes),
        facts_of(memory.of(draft.firm), invoice_of(draft), balances_of(draft)),
        facts_of(agent, "", None) if agent else None,
        values,
        draft.at,
        hashlib.sha256(msgspec.json.encode(declaration)).hexdigest(),
        published=codes.published,
    )


def _motive(firm: Firm, chance: Chance) -> Motive:
    if chance.happens(HABITUAL):
        return chance.one_of(firm.motives)
    return chance.weighted(EXPORT_MOTIVES if firm.exports else IMPORT_MOTIVES)
