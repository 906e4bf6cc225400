"""Keeps a generated history as past cases, with the knowledge that they were judged with: all of it or nothing.

The day keys stay inside that knowledge: nobody committed to them, so `selection_key` knows nothing of them.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection

from portal import audit
from portal.demo.history.judging import Judged, number_of
from portal.demo.history.planning import SHARDS, Plan
from portal.demo.history.starter import Starter
from risk_gateway import archive_store, knowledge_store

ROWS_AT_ONCE = 1000


class HistoryUnsound(RuntimeError):
    """Cases could not be replayed with the knowledge that would be kept."""


def is_there(connection: Connection, seed: int) -> bool:
    """Say whether a history of this seed was kept before."""
    return any(archive_store.find_case(connection, number_of(seed, shard, 1)) for shard in range(SHARDS))


def keep(connection: Connection, made: Plan, judged: Sequence[Judged], now: datetime) -> None:
    """Keep the cases of a history and what they were judged with, in the caller's transaction, and journal that.

    Raises `IntegrityError` for cases that are there already, `HistoryUnsound` when other knowledge judged them.
    """
    starter = Starter(made)
    for (day, version), _ in groupby(sorted((one.stored.day, one.stored.knowledge_version) for one in judged)):
        knowledge = starter.knowledge(day)
        if knowledge.version != version:
            raise HistoryUnsound(f"what judged on {day} is not what is kept: was the product changed meanwhile?")
        knowledge_store.keep(connection, knowledge)
    in_order = sorted((one.stored for one in judged), key=lambda case: (case.day, case.number))
    for start in range(0, len(in_order), ROWS_AT_ONCE):
        archive_store.add_past_cases(connection, in_order[start : start + ROWS_AT_ONCE])
    particulars = {"cases": str(len(judged)), "from": f"{made.world.first}", "to": f"{made.world.last}"}
    record = audit.Record(audit.Event.HISTORY_GENERATED, f"GEN{made.world.seed}", now, particulars)
    audit.record_one(connection, record)
