"""Tables of movements. docs/stores.md tells the duty of each; a `sequence` is the index of the journal entry."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


def _moment(*, optional: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional)


class MovementRow(SQLModel, table=True):
    """A movement as it is now. What it is found by stands in columns, all of it in `content`."""

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("carrier", "reference"),
        UniqueConstraint("departure", "day", "serial"),
        Index("movement_of_departure", "departure", "status"),
        Index("movement_of_destination", "destination", "status"),
        Index("movement_by_limit", "status", "limit_at"),
        Index("movement_by_answer", "status", "answer_by"),
        Index("movement_of_declaration", "declaration", unique=True),
    )
    number: str = Field(primary_key=True, max_length=40)
    status: str = Field(max_length=16)
    carrier: str = Field(max_length=12)
    reference: str = Field(max_length=40)
    departure: str = Field(max_length=5)
    destination: str = Field(max_length=5)
    day: str = Field(max_length=6)
    serial: int
    declaration: str | None = Field(default=None, max_length=40)  # transit declaration that it uses, alone
    notified_at: datetime = Field(sa_column=_moment())
    limit_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    answer_by: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON of the Movement


class MovementMoveRow(SQLModel, table=True):
    """A move of a movement: rows are added, never changed. `actor_iin` is empty for the timer."""

    __tablename__ = "movement_move"
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: str = Field(max_length=40, index=True)
    action: str = Field(max_length=20)
    source: str = Field(max_length=16)
    target: str = Field(max_length=16)
    actor: str = Field(max_length=12)
    actor_iin: str = Field(max_length=12)
    actor_name: str
    at: datetime = Field(sa_column=_moment())
    reason: str = Field(max_length=40)
    text: str
    details: str  # canonical JSON
    after: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON of the Movement that the move left
    notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # sealed XML, zstd


class MovementSealRow(SQLModel, table=True):
    """A seal that is on goods under way: each is on one movement."""

    __tablename__ = "movement_seal"
    seal: str = Field(primary_key=True, max_length=40)
    movement: str = Field(max_length=40, index=True)


class SealEventRow(SQLModel, table=True):
    """What a seal told, once. `at` is by the seal's clock, `received_at` by ours; `sequence` is of its batch."""

    __tablename__ = "seal_event"
    __table_args__ = (Index("seal_event_of_movement", "movement"),)
    operator: str = Field(primary_key=True, max_length=40)
    id: str = Field(primary_key=True, max_length=64)
    movement: str = Field(max_length=40)
    seal: str = Field(max_length=40)
    kind: str = Field(max_length=12)
    at: datetime = Field(sa_column=_moment())
    counter: int = Field(sa_column=Column(BigInteger, nullable=False))
    longitude: int | None = None
    latitude: int | None = None
    battery_percent: int | None = None
    x: int | None = None
    y: int | None = None
    metres_off: int | None = None
    at_place: bool = False
    ahead_seconds: int = 0
    received_at: datetime = Field(sa_column=_moment())
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))


class MovementAlarmRow(SQLModel, table=True):
    """An alarm, raised once. It is withdrawn when events that came later show that nothing was."""

    __tablename__ = "movement_alarm"
    __table_args__ = (Index("movement_alarm_unjudged", "judged"),)
    movement: str = Field(primary_key=True, max_length=40)
    key: str = Field(primary_key=True, max_length=140)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON of the Breach
    raised_at: datetime = Field(sa_column=_moment())
    withdrawn_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    judged: bool = False  # by the gateway, or nothing to judge
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))


class MovementFileRow(SQLModel, table=True):
    """A file that an inspector put beside a move: the picture of a scan."""

    __tablename__ = "movement_file"
    id: str = Field(primary_key=True, max_length=32)
    movement: str = Field(max_length=40, index=True)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    position: int
    name: str = Field(max_length=120)
    media_type: str = Field(max_length=100)
    size: int
    digest: str = Field(max_length=64)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # zstd
    uploaded_at: datetime = Field(sa_column=_moment())
