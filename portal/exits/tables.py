"""Tables of exports at the border. docs/stores.md tells the duty of each. Masses are whole grams."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, text
from sqlmodel import Field, SQLModel

_WAITING = text("left_sequence IS NULL")


def _moment(*, optional: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional)


class ExitArrivalRow(SQLModel, table=True):
    """A vehicle with goods of an export at a border post: arrived, surveyed, left. Each is an entry of the journal."""

    __tablename__ = "exit_arrival"
    __table_args__ = (
        Index("exit_arrival_at_post", "post", "left_sequence"),
        Index(
            "exit_arrival_once",
            "registration_number",
            "vehicle",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    registration_number: str = Field(max_length=30, index=True)
    version: int
    post: str = Field(max_length=10)
    vehicle: str = Field(max_length=40)
    seals: str = Field(max_length=200)
    arrived_at: datetime = Field(sa_column=_moment())
    arrived_by_iin: str = Field(max_length=12)
    surveyed_sequence: int | None = Field(default=None, sa_column=Column(BigInteger))
    surveyed_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    surveyed_by_iin: str | None = Field(default=None, max_length=12)
    as_declared: bool | None = None
    survey_seals: str = Field(default="", max_length=200)
    survey_text: str = ""
    left_sequence: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))
    left_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    left_by_iin: str | None = Field(default=None, max_length=12)
    left_items: str = ""  # JSON: grams by item


class ExitBalanceRow(SQLModel, table=True):
    """How much of an item was released and has left; a constraint keeps more from leaving."""

    __tablename__ = "exit_balance"
    __table_args__ = (
        CheckConstraint("left_grams >= 0 AND left_grams <= released_grams", name="exit_not_more_than_released"),
    )
    registration_number: str = Field(primary_key=True, max_length=30)
    item: int = Field(primary_key=True)
    released_grams: int = Field(sa_column=Column(BigInteger, nullable=False))
    left_grams: int = Field(sa_column=Column(BigInteger, nullable=False))
