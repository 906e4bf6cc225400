"""Files that people sent, in the database. A person sees only what that person sent for the same organisation."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, and_, delete, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from portal.declarant.goods.tables import SheetMappingRow, UploadRow
from portal.views import SignedIn
from risk_gateway.packing import pack, unpack

KEPT_DAYS: Final = 30
KEPT_MOST: Final = 50
upload = SQLModel.metadata.tables[UploadRow.__tablename__]
sheet_mapping = SQLModel.metadata.tables[SheetMappingRow.__tablename__]


class Kind(StrEnum):
    SHEET = "sheet"
    XML = "xml"


class Upload(Struct, frozen=True):
    """A file as it came. `draft` is where its items go, None for a new draft; `choices` is JSON or empty."""

    id: str
    kind: Kind
    name: str
    draft: str | None
    choices: str
    data: bytes
    kept_at: datetime


def keep(connection: Connection, person: SignedIn, given: Upload) -> None:
    """Keep a file, and drop what this person sent too long ago or beyond the number that is kept."""
    mine = _of(person)
    old = upload.c.kept_at < given.kept_at - timedelta(days=KEPT_DAYS)
    connection.execute(delete(upload).where(mine, old))
    newest = select(upload.c.id).where(mine).order_by(upload.c.kept_at.desc()).limit(KEPT_MOST - 1)
    kept = [row.id for row in connection.execute(newest)]
    connection.execute(delete(upload).where(mine, upload.c.id.not_in(kept)))
    values = {name: getattr(given, name) for name in ("id", "name", "draft", "choices", "kept_at")}
    row = {**values, "kind": given.kind.value, "content": pack(given.data)}
    connection.execute(insert(upload), {**row, "iin": person.iin, "organisation": person.organisation or ""})


def find(connection: Connection, person: SignedIn, upload_id: str, kind: Kind) -> Upload | None:
    """Return a file that this person sent for the same organisation, else None."""
    where = and_(_of(person), upload.c.id == upload_id, upload.c.kind == kind.value)
    row = connection.execute(select(upload).where(where)).first()
    return None if row is None else _read(row)


def choose(connection: Connection, upload_id: str, choices: str) -> None:
    connection.execute(update(upload).where(upload.c.id == upload_id).values(choices=choices))


def remember(connection: Connection, participant: str, headings: str, choices: str, at: datetime) -> None:
    """Keep what the columns under these headings mean for this participant, in place of what was kept before."""
    mine = and_(sheet_mapping.c.participant == participant, sheet_mapping.c.headings == headings)
    connection.execute(delete(sheet_mapping).where(mine))
    row = {"participant": participant, "headings": headings, "choices": choices, "used_at": at}
    connection.execute(insert(sheet_mapping), row)


def remembered(connection: Connection, participant: str, headings: str) -> str | None:
    mine = and_(sheet_mapping.c.participant == participant, sheet_mapping.c.headings == headings)
    return connection.execute(select(sheet_mapping.c.choices).where(mine)).scalar()


def _of(person: SignedIn) -> Any:
    return and_(upload.c.iin == person.iin, upload.c.organisation == (person.organisation or ""))


def _read(row: Any) -> Upload:
    data = unpack(bytes(row.content))
    return Upload(row.id, Kind(row.kind), row.name, row.draft, row.choices, data, aware(row.kept_at))
