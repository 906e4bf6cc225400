"""The tables of files that people sent: docs/stores.md tells their duty."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index, LargeBinary
from sqlmodel import Field, SQLModel


class UploadRow(SQLModel, table=True):
    """A file that somebody sent and may go on with: an invoice, or a declaration made elsewhere."""

    __tablename__ = "upload"
    __table_args__ = (Index("upload_by_person", "organisation", "iin", "kept_at"),)
    id: str = Field(primary_key=True, max_length=32)
    iin: str = Field(max_length=12)
    organisation: str = Field(max_length=20)
    kind: str = Field(max_length=10)
    name: str = Field(max_length=200)
    draft: str | None = Field(default=None, max_length=32)  # the draft that its items are for
    choices: str  # JSON of portal.declarant.goods.importing.Choice, or empty
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # zstd
    kept_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class SheetMappingRow(SQLModel, table=True):
    """What a participant last said the columns under certain headings mean."""

    __tablename__ = "sheet_mapping"
    participant: str = Field(primary_key=True, max_length=20)
    headings: str = Field(primary_key=True, max_length=64)  # SHA-256 of the headings
    choices: str  # JSON of portal.declarant.goods.blocks.Choices
    used_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
