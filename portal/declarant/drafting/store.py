"""Drafts in the database. Whose a draft is, is asked by portal/declarant/drafting/service.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, delete, func, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from declarations.writing import Content
from portal.declarant.drafting.tables import DraftRow
from risk_gateway.packing import pack, unpack

ITEMS_MAX: Final = 999
draft = SQLModel.metadata.tables[DraftRow.__tablename__]
_LISTED: Final = [column for column in draft.c if column.name != "content"]


class TooManyItems(ValueError):
    """A declaration has at most 999 items; nothing was added."""


class DraftLine(Struct, frozen=True):
    """A draft as the list shows it. `lodged_as` is the registration number once it was accepted."""

    id: str
    owner: str
    declarant: str
    author: str
    kind: str
    name: str
    template: bool
    corrects: str | None
    corrects_version: int | None
    lodged_as: str | None
    item_count: int
    revision: int
    created_at: datetime
    updated_at: datetime


class Draft(DraftLine, frozen=True):
    content: Content


def add(connection: Connection, given: Draft) -> None:
    connection.execute(insert(draft), _row(given))


def read(connection: Connection, draft_id: str, *, to_change: bool = False) -> Draft | None:
    """Return a draft; `to_change` keeps others from changing it until the transaction ends."""
    statement = select(draft).where(draft.c.id == draft_id)
    row = connection.execute(statement.with_for_update() if to_change else statement).first()
    return None if row is None else Draft(**_line(row), content=_content(row.content))


def save(connection: Connection, changed: Draft) -> None:
    """Replace a draft, one revision later."""
    row = {**_row(changed), "revision": changed.revision + 1}
    connection.execute(update(draft).where(draft.c.id == changed.id).values(**row))


def remove(connection: Connection, draft_id: str) -> None:
    connection.execute(delete(draft).where(draft.c.id == draft_id))


def newest(
    connection: Connection, owner: str, *, template: bool, lodged: bool, before: datetime | None, limit: int
) -> tuple[DraftLine, ...]:
    """Return the owner's drafts, or templates, those changed last first."""
    where = [draft.c.owner == owner, draft.c.template == template]
    where.append(draft.c.lodged_as.is_not(None) if lodged else draft.c.lodged_as.is_(None))
    if before is not None:
        where.append(draft.c.updated_at < before)
    statement = select(*_LISTED).where(and_(*where)).order_by(draft.c.updated_at.desc(), draft.c.id).limit(limit)
    return tuple(DraftLine(**_line(row)) for row in connection.execute(statement))


def last_of(connection: Connection, owner: str, declarant: str) -> Content | None:
    """Return what the owner wrote last for this declarant."""
    where = and_(draft.c.owner == owner, draft.c.declarant == declarant)
    found = connection.execute(
        select(draft.c.content).where(where).order_by(draft.c.updated_at.desc()).limit(1)
    ).scalar()
    return None if found is None else _content(found)


def add_items(connection: Connection, draft_id: str, items: list[dict[str, str]], at: datetime) -> int:
    """Put items behind those that are there; return how many there are now. Raises `TooManyItems`.

    Items without goods are only the place of documents: the first of those that come takes it.
    """
    found = read(connection, draft_id, to_change=True)
    if found is None:
        return 0
    have = list(found.content.items)
    coming = [dict(item) for item in items]
    if coming and len(have) == 1 and all(path.startswith("AdditionalDocument") for path in have[0]):
        coming[0] = {**coming[0], **have.pop()}
    together = [*have, *coming]
    if len(together) > ITEMS_MAX:
        raise TooManyItems
    content = Content(found.content.fields, together)
    save(connection, msgspec.structs.replace(found, content=content, item_count=len(together), updated_at=at))
    return len(together)


def _content(packed: bytes) -> Content:
    return msgspec.json.decode(unpack(bytes(packed)), type=Content)


def _line(row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in DraftLine.__struct_fields__}
    return {**values, "created_at": aware(row.created_at), "updated_at": aware(row.updated_at)}


def _row(given: Draft) -> dict[str, Any]:
    values = {name: getattr(given, name) for name in DraftLine.__struct_fields__}
    return {**values, "item_count": len(given.content.items), "content": pack(msgspec.json.encode(given.content))}


def count(connection: Connection, owner: str, declarants: Sequence[str]) -> int:
    """Count the drafts of an organisation for these declarants that are neither templates nor lodged."""
    mine = (draft.c.owner == owner) & draft.c.declarant.in_(declarants)
    open_ones = mine & draft.c.template.is_(False) & draft.c.lodged_as.is_(None)
    return int(connection.execute(select(func.count()).select_from(draft).where(open_ones)).scalar_one())
