"""The one way in which an entry of the registry changes.

`take_step` writes all that a step consists of into its caller's transaction: the step with its sealed notice, the
journal's entry, the message to the participant, and the revision, so that the next lodgement is judged with it. The
caller's commit is the commit point: before it nothing has happened.
"""

from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from declarations import store as declarations_store
from interop import store as interop_store
from interop.registry_notices import RegistryTold, registry_notice
from portal import audit
from portal.casework.desk import Desk
from portal.registry import telling
from portal.registry.errors import RegistryRefused
from portal.registry.model import Maker
from risk_gateway.bases.registry import store
from risk_gateway.bases.registry.model import ALLOWED, EntryStep, Step, status_of
from risk_gateway.packing import pack
from signing import seal
from signing import store as signing_store


class Wanted(Struct, frozen=True, kw_only=True):
    """A step that is to be taken. `valid_to` None leaves the end as it is; `by` None is the portal itself.

    `statement` and `statement_digest` name the signed statement behind it, where there is one.
    """

    participant: str
    step: Step
    reason: str
    valid_to: date | None = None
    text: str = ""
    by: Maker | None = None
    cause: str = ""
    statement: str | None = None
    statement_digest: str = ""


def take_step(connection: Connection, desk: Desk, wanted: Wanted, now: datetime) -> EntryStep:
    """Take a step in the caller's transaction; it waits for the journal's head, and so for every lodgement.

    Raises `RegistryRefused` for a step that the entry as it stands does not allow.
    """
    size, frontier = signing_store.lock_head(connection)
    steps = store.read_steps(connection, wanted.participant)
    at = max(now, steps[-1].at) if steps else now
    before = status_of(steps, at)
    valid_to = wanted.valid_to or (steps[-1].valid_to if steps else None)
    if wanted.step not in ALLOWED[before] or valid_to is None:
        raise RegistryRefused("registry.step")
    step = EntryStep(
        participant=wanted.participant,
        number=len(steps) + 1,
        step=wanted.step,
        at=at,
        valid_to=valid_to,
        reason=wanted.reason,
        text=wanted.text,
        by_iin=wanted.by.iin if wanted.by else "",
        by_name=wanted.by.name if wanted.by else "",
        cause=wanted.cause,
        statement=wanted.statement,
        sequence=size,
    )
    notice = sealed(desk, telling.told_of_step(step, wanted.statement_digest), now)
    store.add_step(connection, step, pack(notice))
    desk.mark("after step")
    particulars = telling.particulars_of_step(step, before, wanted.statement_digest, notice)
    record = audit.Record(audit.Event.REGISTRY_MOVED, step.participant, at, particulars)
    audit.append(connection, size, frontier, [record])
    desk.mark("after step entry")
    send(connection, step.participant, telling.subject_of_step(step), notice, size, now)
    declarations_store.bump_revision(connection)
    desk.mark("after step message")
    return step


def sealed(desk: Desk, told: RegistryTold, now: datetime) -> bytes:
    return seal.seal(registry_notice(told), desk.keyring.at(now), now)


def send(connection: Connection, participant: str, subject: str, notice: bytes, sequence: int, now: datetime) -> None:
    """Leave a sealed notice to the outbox."""
    message: dict[str, Any] = {
        "message_id": f"registry:{sequence}",
        "recipient": f"participant:{participant}",
        "kind": telling.NOTICE,
        "subject": subject,
        "body": pack(notice),
        "sequence": sequence,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
    }
    interop_store.add_messages(connection, [message])
