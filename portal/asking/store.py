"""Who is at work: declarants of new declarations and of drafts."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, DateTime, bindparam, text

from declarations.store import aware

_DECLARED = text("""
    SELECT declarant, MAX(received_at) AS seen_at, MAX(sequence) AS last
      FROM (SELECT declarant, received_at, sequence FROM declaration
             WHERE sequence > :after ORDER BY sequence LIMIT :most) AS newest
     GROUP BY declarant
""").columns(seen_at=DateTime(timezone=True))
_DRAFTED = text("SELECT DISTINCT declarant FROM draft WHERE updated_at >= :since AND declarant <> ''").bindparams(
    bindparam("since", type_=DateTime(timezone=True))
)


def declared(connection: Connection, after: int, most: int) -> tuple[Mapping[str, datetime], int]:
    """Return who declared after a place in the journal, and when last; and up to where that was read."""
    rows = connection.execute(_DECLARED, {"after": after, "most": most}).all()
    return {row.declarant: aware(row.seen_at) for row in rows}, max((row.last for row in rows), default=after)


def drafted(connection: Connection, since: datetime) -> list[str]:
    """Return for whom somebody has worked on a draft since then."""
    return list(connection.execute(_DRAFTED, {"since": since}).scalars())
