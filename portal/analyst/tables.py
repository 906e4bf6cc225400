"""The table of back-tests under way: docs/stores.md tells its duty."""

from datetime import date, datetime

from sqlalchemy import Column, DateTime
from sqlmodel import Field, SQLModel


class BackTestRow(SQLModel, table=True):
    """How far the newest back-test of a version has come. Its report is kept with the profile's steps, not here."""

    __tablename__ = "back_test"
    code: str = Field(primary_key=True, max_length=20)
    version: int = Field(primary_key=True)
    run: str = Field(max_length=32)
    state: str = Field(max_length=10)  # portal.analyst.backtests.State
    first: date
    last: date
    actor: str = Field(max_length=12)
    started_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    told_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    cases: int
    done: int
    trouble: str  # JSON of risk_gateway.words.Words, or empty
