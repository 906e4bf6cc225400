"""Movements of before that named a transit declaration use it after the migration: the first of several does."""

import json
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from portal import database
from portal.database import make_engine, reading, writing

ROWS = (  # number, status, reference, hour, declaration
    ("DC-1", "REFUSED", "A", 1, "30301/241126/0000001"),
    ("DC-3", "MOVING", "C", 3, "30301/241126/0000001"),
    ("DC-2", "CLEARED", "B", 2, "30301/241126/0000001"),
    ("DC-4", "MOVING", "D", 4, ""),
    ("DC-5", "MOVING", "E", 5, ""),
    ("DC-6", "DISCHARGED", "F", 6, "30301/241126/0000002"),
)
PUT = text(
    "INSERT INTO movement"
    " (number, status, carrier, reference, departure, destination, day, serial, notified_at, content)"
    " VALUES (:number, :status, 'K', :reference, '30301', '20201', '241126', :serial, :at, :content)"
)


def upgrade(url: str, revision: str) -> None:
    settings = Config()
    settings.set_main_option("script_location", str(database.MIGRATIONS))
    settings.attributes["url"] = url
    command.upgrade(settings, revision)


def test_the_first_movement_that_was_not_refused_uses_the_declaration_it_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'before.db'}"
    upgrade(url, "0025")
    engine = make_engine(url)
    with writing(engine) as connection:
        for number, status, reference, hour, declaration in ROWS:
            at = datetime(2026, 11, 24, hour, tzinfo=UTC).replace(tzinfo=None).isoformat(" ")
            content = json.dumps({"declaration": declaration}).encode()
            values = {"number": number, "status": status, "reference": reference, "serial": hour, "at": at}
            connection.execute(PUT, {**values, "content": content})
    upgrade(url, "head")
    with reading(engine) as connection:
        kept = {row.number: row.declaration for row in connection.execute(text("SELECT * FROM movement"))}
    engine.dispose()
    assert {number: used for number, used in kept.items() if used} == {
        "DC-2": "30301/241126/0000001",
        "DC-6": "30301/241126/0000002",
    }
