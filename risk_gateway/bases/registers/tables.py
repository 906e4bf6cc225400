"""What registers said of numbers, and which to ask about next. docs/stores.md tells the duty.

Moments are milliseconds since 1970 in UTC, 0 where there is none: one statement reads them beside counts.
"""

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel


class RegisterFactRow(SQLModel, table=True):
    """The newest answer of a partner about a holder's number; a failure keeps the answer of before.

    `kind` names the register, `said` is the answer's JSON, or empty. `seen_ms` is when somebody needed it last,
    `due_ms` when it is to be asked for again.
    """

    __tablename__ = "register_fact"
    holder: str = Field(primary_key=True, max_length=40)
    kind: str = Field(primary_key=True, max_length=20)
    number: str = Field(primary_key=True, max_length=50)
    partner: str = Field(primary_key=True, max_length=40)
    said: str
    answered_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    asked_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    seen_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    due_ms: int = Field(sa_column=Column(BigInteger, index=True, nullable=False))
    detail: str = Field(max_length=200)
