"""What is checked of results that do not stand: each was annulled in the journal, and each annulment is on record."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from portal.audit import Event
from risk_gateway.annulment_store import annulment, control_result
from signing.journal_check import read_entry
from signing.store import journal


def annulment_doubts(connection: Connection) -> Iterator[str]:
    """Yield in a sentence whatever does not fit."""
    wanted = select(journal.c.index, journal.c.entry).where(journal.c.event == Event.CONTROL_ANNULLED.value)
    told = {index: read_entry(bytes(entry)).particulars for index, entry in connection.execute(wanted)}
    rows = connection.execute(select(control_result.c.act, control_result.c.sequence))
    acts = {row.act: row.sequence for row in rows}
    for row in connection.execute(select(annulment).order_by(annulment.c.sequence)):
        closing = str(acts.get(row.act, "none"))
        due = {"act": row.act, "closing": closing, "reason": row.reason, "by": row.by_iin}
        if told.pop(row.sequence, None) != due:
            yield f"that act {row.act} does not stand is not what the journal says"
    for index in sorted(told):
        yield f"entry {index} of the journal annuls an act, and nothing on record says so"
