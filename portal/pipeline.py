"""One lodgement, from the bytes a broker sends to the sealed decision he gets, in nine steps.

    1 receive        bytes, moment, sender, if the office is open   -> Lodged
    2 gate and read  limits and schema, before any cryptography     -> Read
    3 verify         signature, certificate, right to sign          -> Verified
    4 control        every rule of the declaration, all at once, and
                     what a correction corrects                     -> Checked
    5 gather         a frozen Case, and the frozen Knowledge of the day
    6 assess         within a time budget
    7 decide         release, documentary check or inspection       -> Assessed
    8 record         declaration, decision, history, what is payable, journal entries and outbox message
                     in ONE transaction
    9 answer         the sealed decision                            -> Answer

A correction of a registered declaration goes the same way, as the next version of it. Where an officer has to permit it
first it waits after step 4 (`Asked`), and goes the whole way again when he does: docs/decisions/0014-amendments.md.

Where partners could say more of the declarant, or registers of the permits and contracts that he names, than is known,
they are asked once, for a moment, after step 7, and the case is judged again: docs/decisions/0016 and 0023.

Movements, travellers and audits are judged at moments of their own, by the same steps 6 and 7: portal/judging.

Steps 2 to 7 (`judge`) change nothing: they read bytes, a `Snapshot` and, in step 5 only, the past of the participants;
from the `Case` on all is pure. A step is a function from one type to the next, so none can be left out. Step 8 is in
portal/recording.py: its commit is the point from which a crash loses nothing. Within a second portal/notary.py has the
journal signed and time-stamped; while it cannot for long, the office is closed. docs/journey.md follows one
declaration through the code, with the same numbers.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeGuard

from declarations import controls, schema, tariff, xml
from declarations.controls.header import CORRECTION, LODGED_ANEW
from declarations.errors import DeclarationRefused, DeclarationsError, NotAnOriginal
from declarations.participants import authority
from portal.correcting import base_of
from portal.entry import Answer, Asked, Entry, make_asked, make_entry
from portal.errors import AmendmentRefused, Outdated, SenderNotParty, Unavailable
from portal.judging.assessing import assess_and_decide
from portal.office import Office, Snapshot
from portal.stages import Assessed, Checked, Lodged, Read, Verified
from risk_gateway import facts, history, selection, transit_facts
from risk_gateway.budget import Budget
from risk_gateway.days import day_of
from risk_gateway.model import Case, Knowledge
from signing import verify, xmlgate
from signing.errors import SigningError

Refusal = (SigningError, DeclarationsError, SenderNotParty, AmendmentRefused)
JUDGED_MOST = 30  # times that one lodgement is judged anew because what judges was changed under it


def gate_and_read(lodged: Lodged) -> Read:
    """Step 2. Raises `SigningError` (the gate) or `DeclarationRefused` (the schema)."""
    document = xmlgate.open_document(lodged.data)
    if defects := schema.validate(document.root):
        raise DeclarationRefused(defects)
    return Read(lodged, document)


def verify_signature(read: Read, snapshot: Snapshot) -> Verified:
    """Step 3: is it genuine, who signed, may that person sign for that declarant today?"""
    lodged = read.lodged
    signature = verify.verify(read.document)
    signer = snapshot.trust.judge(signature.certificate, signature.chain, lodged.received_at)
    declaration = xml.read(signature.root)
    declarant = declaration.declarant.identifier
    givers = {party for party in (declarant and declarant.value, signer.bin) if party}
    powers = tuple(power for giver in sorted(givers) for power in snapshot.directory.powers(giver))
    granted = authority(
        declaration,
        signer.iin,
        signer.bin,
        signer.may_sign_for_organisation,
        powers,
        day_of(lodged.received_at),
    )
    if lodged.sender not in (None, granted.declarant, granted.agent):
        raise SenderNotParty(lodged.sender)
    return Verified(lodged, declaration, signer, granted)


def control(verified: Verified, snapshot: Snapshot) -> Checked:
    """Step 4. Raises `DeclarationRefused` with every defect found, `AmendmentRefused`, or `NotAnOriginal`."""
    received_at = verified.lodged.received_at
    codes = snapshot.reference.on(day_of(received_at))
    context = controls.Context(codes, received_at, verified.signer.iin, verified.signer.bin)
    if defects := controls.check(verified.declaration, context):
        raise DeclarationRefused(defects)
    payables, function = tariff.payable(verified.declaration, codes), verified.declaration.function
    if function == CORRECTION:
        return Checked(verified, payables, base_of(verified, snapshot))
    if function not in LODGED_ANEW:
        raise NotAnOriginal("document.not_original", {"function": function})
    return Checked(verified, payables)


def gather(checked: Checked, snapshot: Snapshot) -> Case:
    """Step 5: all that the gateway may know of this case, in one frozen value."""
    verified, directory, base = checked.verified, snapshot.directory, checked.base
    received_at = verified.lodged.received_at
    day = day_of(received_at)
    granted = verified.authority
    returned = base.returned if base else {}
    known, codes = knowledge_for(checked, snapshot), snapshot.reference.on(day)
    past = directory.past(history.question(verified.declaration, granted.declarant, granted.agent, day, returned))
    stake = tariff.at_stake(verified.declaration, checked.payables, codes)
    return facts.gather(
        verified.declaration,
        stake,
        history.of_declarant(directory.risk_facts(granted.declarant, received_at), past),
        history.of_agent(directory.risk_facts(granted.agent, received_at), past) if granted.agent else None,
        known.reference_values,
        received_at,
        hashlib.sha256(verified.lodged.data).hexdigest(),
        load=selection.in_force(past.load, known),
        earlier=base.earlier if base else None,
        published=codes.published,
        delivery=partial(transit_of, checked, snapshot, stake),
    )


def transit_of(checked: Checked, snapshot: Snapshot, stake: tariff.Payables) -> dict[str, Any]:
    """Part of step 5: what a transit declaration tells of its delivery, and what is known of its carrier."""
    declaration, received_at = checked.verified.declaration, checked.verified.lodged.received_at
    if declaration.type_code != tariff.TRANSIT:
        return {}
    named, day = transit_facts.carrier_of(declaration), day_of(received_at)
    carrier = snapshot.directory.risk_facts(named, received_at) if named else None
    return transit_facts.facts_of(declaration, stake, snapshot.reference.on(day), carrier, day)


def knowledge_for(checked: Checked, snapshot: Snapshot) -> Knowledge:
    """Part of step 5. A correction is drawn with the key of the first day: amending is no second throw."""
    day, base = day_of(checked.verified.lodged.received_at), checked.base
    return snapshot.knowledge(day, base.first_day if base and base.first_day != day else None)


def check(lodged: Lodged, snapshot: Snapshot) -> Checked:
    """Steps 2 to 4. Raises `SigningError`, `DeclarationsError`, `SenderNotParty` or `AmendmentRefused`."""
    return control(verify_signature(gate_and_read(lodged), snapshot), snapshot)


def judge(lodged: Lodged, snapshot: Snapshot, ticks: Callable[[], float], budget_ms: int) -> Assessed:
    """Steps 2 to 7. Raises what `check` raises."""
    return assess(check(lodged, snapshot), snapshot, ticks, budget_ms)


def assess(checked: Checked, snapshot: Snapshot, ticks: Callable[[], float], budget_ms: int) -> Assessed:
    """Steps 5 to 7.

    Changes nothing, but that the first of a day keeps the day's knowledge. When judging breaks down it is done again
    without the model, then without profiles: a documentary check at least, marked as degraded.
    """
    case, knowledge, budget = gather(checked, snapshot), knowledge_for(checked, snapshot), Budget(ticks, budget_ms)
    return Assessed(checked, case, *assess_and_decide(case, knowledge, snapshot, budget))  # 6, 7


def prepare(lodged: Lodged, office: Office) -> Entry | Asked | Answer:
    """Judge with what the office knows now; give the first answer to a document that was accepted before.

    A refusal counts only when it was judged with the newest knowledge, and never for bytes that were once accepted.
    """
    while True:
        snapshot = office.snapshot
        try:
            checked = check(lodged, snapshot)
            if checked.base is not None and checked.needs_permission:
                return make_asked(checked, checked.base, snapshot.revision)
            assessed = assess(checked, snapshot, office.clock.monotonic, office.settings.risk_budget_ms)
            return make_entry(assessed, snapshot.revision)
        except Refusal:
            if office.refresh():
                continue
            if lodged.granted_by is not None:
                raise
            if earlier := office.answer_to(hashlib.sha256(lodged.data).hexdigest(), lodged.sender):
                return earlier
            raise


def lodge(lodged: Lodged, office: Office) -> Answer:
    """All nine steps. Raises what `check` raises, `DuplicateReference`, or `Unavailable`."""
    office.demand_open()
    for attempt in range(JUDGED_MOST):
        entry = prepare(lodged, office)
        if isinstance(entry, Answer):
            return entry
        if attempt == 0 and _unasked(entry) and asyncio.run(_told_more(entry, office)):
            continue
        try:
            return office.recorder.ask(entry) if isinstance(entry, Asked) else office.recorder.record(entry)  # 8, 9
        except Outdated:
            office.refresh()
    raise Unavailable


async def lodge_while_serving(lodged: Lodged, office: Office) -> Answer:
    """The same nine steps in the server: large bodies are judged in a process of their own, and lodgements that
    arrive together share one commit."""
    office.demand_open()
    for attempt in range(JUDGED_MOST):
        if office.aside is not None and len(lodged.data) > office.settings.large_body_bytes:
            entry = await _judged_aside(office.aside(lodged))
        else:
            entry = prepare(lodged, office)
        if isinstance(entry, Answer):
            return entry
        if attempt == 0 and _unasked(entry) and await _told_more(entry, office):
            continue
        try:
            if isinstance(entry, Asked):
                return await asyncio.to_thread(office.recorder.ask, entry)
            recorded: Future[Answer] = office.recorder.submit(entry)
            return await asyncio.wrap_future(recorded)
        except Outdated:
            office.refresh()
    raise Unavailable


def _unasked(entry: Entry | Asked) -> TypeGuard[Entry]:
    """Tell whether partners could say more of the declarant or of what he names: docs/decisions/0016, 0023."""
    return isinstance(entry, Entry) and (entry.ask_partners or bool(entry.ask_registers))


async def _told_more(entry: Entry, office: Office) -> bool:
    """Wait once, a moment, for all that could say more, together; tell whether there is more to judge by."""
    asking = office.asking
    questions = [asking.before_judging(entry.key.declarant)] if entry.ask_partners else []
    if entry.ask_registers:
        questions.append(asking.registers.before_judging(entry.ask_registers))
    return any(await asyncio.gather(*questions))


async def _judged_aside(judged: Future[Entry | Asked | Answer]) -> Entry | Asked | Answer:
    try:
        return await asyncio.wrap_future(judged)
    except BrokenProcessPool:
        raise Unavailable from None
