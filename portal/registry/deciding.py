"""What a signed statement brings about, in the transaction that accepts it. The journal's head is locked.

Each function returns the number of what was filed or decided. What must hold has been checked: checking.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from portal import audit
from portal.casework.desk import Desk
from portal.registry import checking, telling
from portal.registry.entering import Wanted, sealed, send, take_step
from portal.registry.errors import RegistryRefused
from portal.registry.model import Intent, Kind, Maker
from risk_gateway.bases.registry import application_store, store
from risk_gateway.bases.registry.applying import Appeal, AppealState, Application, ApplicationState
from risk_gateway.bases.registry.model import ALLOWED, EntryStep, Step, status_of
from risk_gateway.packing import pack
from signing import store as signing_store


@dataclass(frozen=True)
class Signed:
    """A statement that has been accepted: by whom, its id and the SHA-256 of the signed bytes."""

    intent: Intent
    by: Maker
    statement: str
    digest: str
    at: datetime


def bring_about(connection: Connection, desk: Desk, signed: Signed) -> str:
    return _EFFECTS[signed.intent.kind](connection, desk, signed)


def _apply(connection: Connection, desk: Desk, signed: Signed) -> str:
    size, frontier = signing_store.lock_head(connection)
    intent, by = signed.intent, signed.by
    made = Application(
        number=f"MRA-{size:07d}",
        participant=intent.participant,
        renewal=intent.renewal,
        office=intent.office,
        filed_at=signed.at,
        by_iin=by.iin,
        by_name=by.name,
        agent=None if by.organisation == intent.participant else by.organisation,
        statement=signed.statement,
        state=ApplicationState.FILED,
    )
    application_store.add_application(connection, made)
    desk.mark("after application")
    said = {"office": intent.office, "renewal": "yes" if intent.renewal else "no"}
    audit.append(connection, size, frontier, [_applied(made.number, signed, said)])
    return made.number


def _withdraw(connection: Connection, desk: Desk, signed: Signed) -> str:
    size, frontier = signing_store.lock_head(connection)
    number = signed.intent.application
    values = {
        "state": ApplicationState.WITHDRAWN.value,
        "decided_at": signed.at,
        "decision": signed.statement,
        "decided_sequence": size,
    }
    if not application_store.close_application(connection, number, values):
        raise RegistryRefused("registry.decided_meanwhile")
    audit.append(connection, size, frontier, [_applied(number, signed, {})])
    return number


def _appeal(connection: Connection, desk: Desk, signed: Signed) -> str:
    size, frontier = signing_store.lock_head(connection)
    intent, by = signed.intent, signed.by
    contested = checking.contestable(connection, intent.participant, signed.at)
    if contested is None or contested[0] != intent.against:
        raise RegistryRefused("registry.nothing_to_appeal")
    made = Appeal(
        number=f"MRP-{size:07d}",
        participant=intent.participant,
        against=intent.against,
        contested_iin=contested[1],
        filed_at=signed.at,
        by_iin=by.iin,
        by_name=by.name,
        text=intent.text,
        statement=signed.statement,
        state=AppealState.OPEN,
    )
    application_store.add_appeal(connection, made)
    desk.mark("after appeal")
    audit.append(connection, size, frontier, [_applied(made.number, signed, {"against": intent.against})])
    return made.number


def _decide(connection: Connection, desk: Desk, signed: Signed) -> str:
    size, frontier = signing_store.lock_head(connection)
    intent, found = signed.intent, application_store.find_application(connection, signed.intent.application)
    if found is None:
        raise RegistryRefused("registry.decided_meanwhile")
    made = replace(
        found,
        state=ApplicationState.ADMITTED if intent.granted else ApplicationState.REFUSED,
        decided_at=signed.at,
        decided_by_iin=signed.by.iin,
        decided_by_name=signed.by.name,
        reasons=intent.reasons,
        text=intent.text,
        decision=signed.statement,
        decided_sequence=size,
    )
    notice = sealed(desk, telling.told_of_refusal(made, signed.digest), signed.at) if telling.is_told(made) else None
    if not application_store.close_application(connection, made.number, _decided(made, notice)):
        raise RegistryRefused("registry.decided_meanwhile")
    desk.mark("after decision")
    particulars = telling.particulars_of_decision(made, signed.digest, notice)
    record = audit.Record(audit.Event.REGISTRY_DECIDED, made.number, signed.at, particulars)
    audit.append(connection, size, frontier, [record])
    desk.mark("after decision entry")
    if notice is not None:
        send(connection, made.participant, made.number, notice, size, signed.at)
    else:
        _enter(connection, desk, signed, made)
    return made.number


def _enter(connection: Connection, desk: Desk, signed: Signed, made: Application) -> None:
    intent = signed.intent
    wanted = Wanted(
        participant=made.participant,
        step=Step.RENEW if made.renewal else Step.ADMIT,
        reason=intent.reasons[0],
        valid_to=intent.valid_to,
        by=signed.by,
        cause=made.number,
        statement=signed.statement,
        statement_digest=signed.digest,
    )
    take_step(connection, desk, wanted, signed.at)


def _step(connection: Connection, desk: Desk, signed: Signed) -> str:
    intent = signed.intent
    if intent.step is None:
        raise RegistryRefused("registry.step")
    wanted = Wanted(
        participant=intent.participant,
        step=intent.step,
        reason=intent.reasons[0],
        text=intent.text,
        by=signed.by,
        statement=signed.statement,
        statement_digest=signed.digest,
    )
    return telling.subject_of_step(take_step(connection, desk, wanted, signed.at))


def _decide_appeal(connection: Connection, desk: Desk, signed: Signed) -> str:
    """Decide on an appeal; one that is upheld gives the entry back, or has the application decided anew."""
    size, frontier = signing_store.lock_head(connection)
    intent, found = signed.intent, application_store.find_appeal(connection, signed.intent.appeal)
    if found is None:
        raise RegistryRefused("registry.decided_meanwhile")
    made = replace(
        found,
        state=AppealState.UPHELD if intent.granted else AppealState.DENIED,
        decided_at=signed.at,
        decided_by_iin=signed.by.iin,
        decided_by_name=signed.by.name,
        decided_text=intent.text,
        decision=signed.statement,
        decided_sequence=size,
    )
    notice = sealed(desk, telling.told_of_appeal(made, signed.digest), signed.at)
    if not application_store.close_appeal(connection, made.number, _decided_appeal(made, notice)):
        raise RegistryRefused("registry.decided_meanwhile")
    desk.mark("after decision")
    particulars = telling.particulars_of_decision(made, signed.digest, notice)
    record = audit.Record(audit.Event.REGISTRY_DECIDED, made.number, signed.at, particulars)
    audit.append(connection, size, frontier, [record])
    send(connection, made.participant, made.number, notice, size, signed.at)
    desk.mark("after decision entry")
    if intent.granted:
        _give_back(connection, desk, signed, made)
    return made.number


def _give_back(connection: Connection, desk: Desk, signed: Signed, appeal: Appeal) -> None:
    if appeal.against.startswith(checking.OF_APPLICATION):
        mine = application_store.applications_of(connection, appeal.participant)
        if not any(each.state is ApplicationState.FILED for each in mine):
            application_store.reopen_application(connection, appeal.against.removeprefix(checking.OF_APPLICATION))
        return
    steps = store.read_steps(connection, appeal.participant)
    if Step.RESTORE in ALLOWED[status_of(steps, signed.at)] and not _decided_since(steps, appeal):
        wanted = Wanted(
            participant=appeal.participant,
            step=Step.RESTORE,
            reason="appeal_upheld",
            by=signed.by,
            cause=appeal.number,
            statement=signed.statement,
            statement_digest=signed.digest,
        )
        take_step(connection, desk, wanted, signed.at)


def _decided_since(steps: Sequence[EntryStep], appeal: Appeal) -> bool:
    """Tell whether an officer took the entry away after the step that is contested: that stands by itself."""
    later = (each for each in steps if each.number > int(appeal.against.removeprefix(checking.OF_STEP)))
    return any(each.by_iin and each.step in (Step.SUSPEND, Step.EXCLUDE) for each in later)


_EFFECTS: Mapping[Kind, Callable[[Connection, Desk, Signed], str]] = {
    Kind.APPLICATION: _apply,
    Kind.WITHDRAWAL: _withdraw,
    Kind.APPEAL: _appeal,
    Kind.DECISION: _decide,
    Kind.STEP: _step,
    Kind.APPEAL_DECISION: _decide_appeal,
}


def _applied(number: str, signed: Signed, said: Mapping[str, str]) -> audit.Record:
    """Return the journal's entry of what an applicant filed."""
    particulars = {
        "kind": signed.intent.kind.value,
        "participant": signed.intent.participant,
        "by": signed.by.iin,
        "organisation": signed.by.organisation or "",
        "statement": signed.digest,
        **said,
    }
    return audit.Record(audit.Event.REGISTRY_APPLIED, number, signed.at, particulars)


def _decided(made: Application, notice: bytes | None) -> dict[str, object]:
    return {
        "state": made.state.value,
        "decided_at": made.decided_at,
        "decided_by_iin": made.decided_by_iin,
        "decided_by_name": made.decided_by_name,
        "reasons": " ".join(made.reasons),
        "text": made.text,
        "decision": made.decision,
        "decided_sequence": made.decided_sequence,
        "notice": None if notice is None else pack(notice),
    }


def _decided_appeal(made: Appeal, notice: bytes) -> dict[str, object]:
    return {
        "state": made.state.value,
        "decided_at": made.decided_at,
        "decided_by_iin": made.decided_by_iin,
        "decided_by_name": made.decided_by_name,
        "decided_text": made.decided_text,
        "decision": made.decision,
        "decided_sequence": made.decided_sequence,
        "notice": pack(notice),
    }
