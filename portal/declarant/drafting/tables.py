"""The table of drafts: declarations that are being written, and templates. docs/stores.md tells its duty."""

from datetime import datetime

from sqlalchemy import Boolean, Column, DateTime, Index, LargeBinary
from sqlmodel import Field, SQLModel


class DraftRow(SQLModel, table=True):
    __tablename__ = "draft"
    __table_args__ = (Index("draft_by_owner", "owner", "template", "updated_at"),)
    id: str = Field(primary_key=True, max_length=32)
    owner: str = Field(max_length=20)
    declarant: str = Field(max_length=20)
    author: str = Field(max_length=12)
    kind: str = Field(max_length=4)
    name: str = Field(max_length=100)
    template: bool = Field(sa_column=Column(Boolean, nullable=False))
    corrects: str | None = Field(default=None, max_length=40)  # a registration number
    corrects_version: int | None = None  # that it was copied from
    lodged_as: str | None = Field(default=None, max_length=40)  # likewise, once accepted
    item_count: int
    revision: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # declarations.writing.Content, JSON, zstd
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    updated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
