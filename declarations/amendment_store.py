"""Corrections that an officer has to permit: the signed document waits here until it is granted or denied."""

from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct, structs
from sqlalchemy import Connection, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from declarations.tables import AmendmentRow

amendment = SQLModel.metadata.tables[AmendmentRow.__tablename__]


class State(StrEnum):
    WAITING = "WAITING"
    GRANTED = "GRANTED"
    DENIED = "DENIED"


class Amendment(Struct, frozen=True):
    """A correction that was asked for. `amends` is the version it corrects, `content` the signed bytes, zstd.

    `sender` is the participant whose token or session brought it, `reason` what the document says of why.
    """

    digest: str
    registration_number: str
    amends: int
    state: State
    sender: str | None
    signer_iin: str
    reason: str
    received_at: datetime
    sequence: int
    content: bytes


def add_amendment(connection: Connection, given: Amendment) -> None:
    row = structs.asdict(given)
    connection.execute(insert(amendment), {**row, "received_at": given.received_at.astimezone(UTC)})


def find_amendment(connection: Connection, digest: str) -> Amendment | None:
    """Return the correction that came as these bytes."""
    row = connection.execute(select(amendment).where(amendment.c.digest == digest)).first()
    return None if row is None else _amendment(row)


def find_waiting(connection: Connection, number: str) -> Amendment | None:
    """Return the correction of this declaration that waits for an officer: there is one at most."""
    waits = (amendment.c.registration_number == number) & (amendment.c.state == State.WAITING.value)
    row = connection.execute(select(amendment).where(waits)).first()
    return None if row is None else _amendment(row)


def read_amendments(connection: Connection, number: str) -> tuple[Amendment, ...]:
    """Return every correction of this declaration that was asked for, oldest first."""
    of_number = select(amendment).where(amendment.c.registration_number == number)
    return tuple(_amendment(row) for row in connection.execute(of_number.order_by(amendment.c.sequence)))


def set_state(connection: Connection, digest: str, state: State) -> None:
    connection.execute(update(amendment).where(amendment.c.digest == digest).values(state=state.value))


def _amendment(row: object) -> Amendment:
    given = {name: getattr(row, name) for name in Amendment.__struct_fields__}
    given.update(state=State(given["state"]), received_at=aware(given["received_at"]), content=bytes(given["content"]))
    return Amendment(**given)
