"""What officers do with a correction that waits for them: grant it or deny it. docs/decisions/0014-amendments.md."""

from sqlalchemy import Connection

from declarations import amendment_store
from declarations import store as declarations_store
from declarations.amendment_store import Amendment, State
from declarations.lifecycle import Action, Status
from portal.casework.desk import Desk
from portal.casework.model import Moved, Mover, Wanted
from portal.casework.moving import make_move
from portal.database import reading, writing
from portal.entry import Answer
from portal.errors import AmendmentRefused
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.versions_store import read_base
from risk_gateway.packing import unpack
from signing import store as signing_store


def grant(office: Office, number: str, officer: Mover) -> Answer:
    """Let a correction become the next version: it goes through all steps as if it came now.

    Raises `AmendmentRefused` when none waits, `CaseRefused` when this officer may not, and what lodging raises: what is
    no longer in order can only be denied.
    """
    with reading(office.engine) as connection:
        asked = _waiting(connection, number)
    lodged = Lodged(unpack(asked.content), office.clock.now(), asked.sender, granted_by=officer)
    return lodge(lodged, office)


def deny(office: Office, number: str, officer: Mover, reason: str, text: str) -> Moved:
    """Leave the declaration as it is. Raises `AmendmentRefused` when none waits, `CaseRefused` when this officer may
    not or gives no reason."""
    with writing(office.engine) as connection:
        signing_store.lock_head(connection)
        asked = _waiting(connection, number)
        wanted = Wanted(
            number=number,
            action=Action.DENY_AMENDMENT,
            expected=Status.AMENDMENT_REQUESTED,
            by=officer,
            target=_status_before(connection, number),
            reason=reason,
            text=text,
        )
        moved = make_move(connection, Desk(office.clock, office.keyring), wanted)
        amendment_store.set_state(connection, asked.digest, State.DENIED)
    return moved


def _status_before(connection: Connection, number: str) -> Status | None:
    stored = declarations_store.find_by_number(connection, number)
    base = read_base(connection, stored.key.declarant, stored.key.functional_reference_id) if stored else None
    return base.status if base else None


def _waiting(connection: Connection, number: str) -> Amendment:
    asked = amendment_store.find_waiting(connection, number)
    if asked is None:
        raise AmendmentRefused("amendment.nothing_waits", number=number)
    return asked
