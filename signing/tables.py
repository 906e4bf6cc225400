"""Tables of the journal. docs/stores.md tells the duty of each."""

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel


class JournalRow(SQLModel, table=True):
    """One event: `entry` is the exact canonical JSON whose leaf hash is in the tree."""

    __tablename__ = "journal"
    index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    event: str
    subject: str = Field(index=True)  # what it is about, such as a registration number
    entry: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class JournalHeadRow(SQLModel, table=True):
    """One row: the size of the tree and its compact form, locked by whoever appends."""

    __tablename__ = "journal_head"
    id: int = Field(default=1, primary_key=True)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    frontier: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
