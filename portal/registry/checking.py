"""What must hold before a statement is prepared, and again when it comes back signed: one check for each kind.

Each returns the intent with its text cleaned and what follows from the day filled in. Raises `RegistryRefused`, and
`RegistryNotFound` for what is not there or not this maker's.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.participants import PowerOfAttorney
from declarations.reference import Reference
from portal.registry import reasons
from portal.registry.errors import RegistryNotFound, RegistryRefused
from portal.registry.model import OF_APPLICANTS, Intent, Kind, Maker
from portal.registry.verifying import known_of
from portal.registry.weighing import another_weighs
from portal.words import REGISTRY_SCOPE
from risk_gateway.bases.registry import application_store, store
from risk_gateway.bases.registry.applying import COMMITTEE, Appeal, AppealState, Application, ApplicationState
from risk_gateway.bases.registry.criteria import Criteria, criteria_on, evaluate, months_after, unknown, unmet
from risk_gateway.bases.registry.model import ALLOWED, EntryStep, Status, Step, status_of
from risk_gateway.days import day_of

Kept = TypeVar("Kept", Application, Appeal)

TEXT_MOST = 4000
OF_APPLICATION, OF_STEP = "application:", "step:"
_WITH_WORDS = frozenset({reasons.OTHER, "under_examination", "criteria_unmet", "false_information", "violation"})


def check(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    """Return what is to be signed, or was; see the module."""
    if intent.kind in OF_APPLICANTS:
        demand_own(connection, intent.participant, by, day_of(now))
    elif by.organisation is not None:
        raise RegistryNotFound
    return _CHECKS[intent.kind](connection, replace(intent, text=cleaned(intent.text)), by, now)


def demand_own(connection: Connection, participant: str, by: Maker, day: date) -> None:
    """Raises `RegistryNotFound` unless the maker is here for this participant, or holds its power of attorney today."""
    if by.organisation is None or declarations_store.read_participant(connection, participant) is None:
        raise RegistryNotFound
    if by.organisation != participant and not holds_power(connection, participant, by.organisation, day):
        raise RegistryNotFound


def holds_power(connection: Connection, principal: str, agent: str, day: date) -> bool:
    """Tell whether a power of attorney that covers the registry is valid on that day."""
    return any(
        each.agent == agent and covers(each, day) for each in declarations_store.read_powers(connection, principal)
    )


def covers(power: PowerOfAttorney, day: date) -> bool:
    """Tell whether a power of attorney is valid on a day and covers the registry."""
    return power.allows(REGISTRY_SCOPE, day)


def contestable(connection: Connection, participant: str, now: datetime) -> tuple[str, str] | None:
    """Return what a participant may appeal against now and who decided it, "" for the portal.

    It is the last thing that was decided against it, for as many days as the criteria say.
    """
    criteria, found = criteria_on(day_of(now)), []
    steps = store.read_steps(connection, participant)
    if steps and steps[-1].step in (Step.SUSPEND, Step.EXCLUDE):
        found.append((steps[-1].at, f"{OF_STEP}{steps[-1].number}", steps[-1].by_iin))
    last = next(iter(application_store.applications_of(connection, participant)), None)
    if last is not None and last.state is ApplicationState.REFUSED and last.decided_at is not None:
        found.append((last.decided_at, f"{OF_APPLICATION}{last.number}", last.decided_by_iin or ""))
    appealed = {each.against: each for each in application_store.appeals_of(connection, participant)}
    lately = [
        (at, against, by)
        for at, against, by in found
        if now <= at + timedelta(days=criteria.appeal_days) and _may_appeal(appealed.get(against), at)
    ]
    return max(lately)[1:] if lately else None


def _may_appeal(before: Appeal | None, at: datetime) -> bool:
    """Tell whether what was decided at that moment is not what an appeal was about already."""
    return before is None or (before.state is not AppealState.OPEN and before.filed_at < at)


def offices(day: date) -> tuple[str, ...]:
    """Return where applications are filed: the Committee, and every post."""
    return (COMMITTEE, *sorted(Reference.shipped().on(day).offices))


def cleaned(text: str) -> str:
    """Return a text with plain line ends. Raises `RegistryRefused` when it is too long, or no text."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    if len(plain) > TEXT_MOST:
        raise RegistryRefused("registry.text_long", "text", most=str(TEXT_MOST))
    if not all(line.isprintable() for line in plain.split("\n")):
        raise RegistryRefused("registry.text_characters", "text")
    return plain


# --- applicants -----------------------------------------------------------------------------------------------------


def _application(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    today = day_of(now)
    if intent.office not in offices(today):
        raise RegistryRefused("registry.office", "office")
    waiting = _waiting(connection, intent.participant)
    if waiting is not None:
        raise RegistryRefused("registry.already_open", number=waiting.number)
    steps = store.read_steps(connection, intent.participant)
    status = status_of(steps, now)
    if status is Status.SUSPENDED:
        raise RegistryRefused("registry.suspended")
    if status is not Status.ACTIVE:
        return replace(intent, renewal=False)
    ends = steps[-1].valid_to
    renew_from = ends - timedelta(days=criteria_on(today).renew_days_before)
    if today < renew_from:
        raise RegistryRefused("registry.is_in", valid_to=f"{ends:%d.%m.%Y}", renew_from=f"{renew_from:%d.%m.%Y}")
    return replace(intent, renewal=True)


def _withdrawal(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    found = _found(application_store.find_application(connection, intent.application))
    if found.participant != intent.participant:
        raise RegistryNotFound
    _demand_waiting(found)
    return intent


def _appeal(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    if any(each.state is AppealState.OPEN for each in application_store.appeals_of(connection, intent.participant)):
        raise RegistryRefused("registry.appeal_open")
    found = contestable(connection, intent.participant, now)
    if found is None or intent.against not in ("", found[0]):
        raise RegistryRefused("registry.nothing_to_appeal")
    if not intent.text:
        raise RegistryRefused("registry.text_needed", "text")
    return replace(intent, against=found[0])


# --- officers -------------------------------------------------------------------------------------------------------


def _decision(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    found = _found(application_store.find_application(connection, intent.application))
    _demand_waiting(found)
    if found.by_iin == by.iin:
        raise RegistryRefused("registry.own_application")
    if found.round == 0:
        raise RegistryRefused("registry.not_verified")
    if intent.round != found.round:
        raise RegistryRefused("registry.moved_meanwhile")
    intent = replace(intent, participant=found.participant, renewal=found.renewal)
    return _admission(connection, intent, found, now) if intent.granted else _refusal(intent)


def _admission(connection: Connection, intent: Intent, found: Application, now: datetime) -> Intent:
    findings = application_store.read_findings(connection, found.number, found.round)
    if unmet(findings):
        raise RegistryRefused("registry.criteria_unmet")
    _demand_still_met(connection, found, now)
    waived = unknown(findings)
    if waived and (intent.waiver not in reasons.offered(reasons.WAIVE) or not intent.text):
        raise RegistryRefused("registry.waiver_needed", "waiver")
    steps = store.read_steps(connection, found.participant)
    step = Step.RENEW if found.renewal else Step.ADMIT
    if step not in ALLOWED[status_of(steps, now)]:
        raise RegistryRefused("registry.step")
    return replace(
        intent,
        step=step,
        after=len(steps),
        valid_to=intent.valid_to or _end(criteria_on(day_of(now)), steps, day_of(now), step),
        reasons=("criteria_met",),
        waived=waived,
        waiver=intent.waiver if waived else "",
    )


def obstacle_to_admitting(connection: Connection, found: Application, now: datetime) -> RegistryRefused | None:
    """Return why nobody could admit on an application now, though nothing was found against it."""
    try:
        _demand_still_met(connection, found, now)
    except RegistryRefused as refused:
        return refused
    steps = store.read_steps(connection, found.participant)
    step = Step.RENEW if found.renewal else Step.ADMIT
    return None if step in ALLOWED[status_of(steps, now)] else RegistryRefused("registry.step")


def _demand_still_met(connection: Connection, found: Application, now: datetime) -> None:
    """Raises `RegistryRefused` for findings that are too old, or that our own records no longer bear out."""
    criteria = criteria_on(day_of(now))
    if now > application_store.found_at(connection, found.number, found.round) + timedelta(days=criteria.findings_days):
        raise RegistryRefused("registry.findings_old", days=str(criteria.findings_days))
    if unmet(evaluate(criteria, known_of(connection, found.participant, now), now, day_of(now))):
        raise RegistryRefused("registry.unmet_meanwhile")


def _refusal(intent: Intent) -> Intent:
    if not intent.reasons or not set(intent.reasons) <= set(reasons.offered(reasons.REFUSE)):
        raise RegistryRefused("registry.reason_needed", "reasons")
    if reasons.OTHER in intent.reasons and not intent.text:
        raise RegistryRefused("registry.text_needed", "text")
    return replace(intent, waived=(), waiver="", valid_to=None, step=None)


def _step(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    steps = store.read_steps(connection, intent.participant)
    if not steps:
        raise RegistryNotFound
    if intent.after != len(steps):
        raise RegistryRefused("registry.moved_meanwhile")
    if intent.step is None or intent.step in (Step.ADMIT, Step.RENEW):
        raise RegistryRefused("registry.step")
    if intent.step not in ALLOWED[status_of(steps, now)]:
        raise RegistryRefused("registry.step")
    if len(intent.reasons) != 1 or intent.reasons[0] not in reasons.offered(intent.step.value):
        raise RegistryRefused("registry.reason_needed", "reasons")
    if intent.reasons[0] in _WITH_WORDS and not intent.text:
        raise RegistryRefused("registry.text_needed", "text")
    if intent.step is Step.RESTORE and another_weighs(connection, steps, steps[-1], now, looks=True):
        raise RegistryRefused("registry.another_counts")
    return replace(intent, valid_to=None)


def _appeal_decision(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    found = _found(application_store.find_appeal(connection, intent.appeal))
    if found.state is not AppealState.OPEN:
        raise RegistryRefused("registry.decided_meanwhile")
    if by.iin in (found.contested_iin, found.by_iin):
        raise RegistryRefused("registry.own_decision")
    if not intent.text:
        raise RegistryRefused("registry.text_needed", "text")
    if intent.granted:
        _demand_no_other_violation(connection, found, now)
    return replace(intent, participant=found.participant, against=found.against)


def _demand_no_other_violation(connection: Connection, appeal: Appeal, now: datetime) -> None:
    """Raises `RegistryRefused` when the entry would be given back although another violation counts."""
    steps = store.read_steps(connection, appeal.participant)
    contested = next((each for each in steps if appeal.against == f"{OF_STEP}{each.number}"), None)
    if contested is None or Step.RESTORE not in ALLOWED[status_of(steps, now)]:
        return
    if another_weighs(connection, steps, contested, now):
        raise RegistryRefused("registry.another_counts")


_CHECKS: Mapping[Kind, Callable[[Connection, Intent, Maker, datetime], Intent]] = {
    Kind.APPLICATION: _application,
    Kind.WITHDRAWAL: _withdrawal,
    Kind.APPEAL: _appeal,
    Kind.DECISION: _decision,
    Kind.STEP: _step,
    Kind.APPEAL_DECISION: _appeal_decision,
}


def _waiting(connection: Connection, participant: str) -> Application | None:
    mine = application_store.applications_of(connection, participant)
    return next((each for each in mine if each.state is ApplicationState.FILED), None)


def _demand_waiting(found: Application) -> None:
    if found.state is not ApplicationState.FILED:
        raise RegistryRefused("registry.decided_meanwhile")


def _end(criteria: Criteria, steps: tuple[EntryStep, ...], today: date, step: Step) -> date:
    """Return the last day of an entry: so many months from today, or from the end of the entry that is renewed."""
    return months_after(steps[-1].valid_to if step is Step.RENEW else today, criteria.entry_months)


def _found(found: Kept | None) -> Kept:
    if found is None:
        raise RegistryNotFound
    return found
