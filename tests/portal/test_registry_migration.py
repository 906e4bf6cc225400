"""Whoever was of low risk before there was a registry has an entry in it after the migration."""

from datetime import UTC, date, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from portal import database
from portal.database import make_engine, reading, writing
from risk_gateway.bases.registry import store
from risk_gateway.bases.registry.model import Status
from risk_gateway.model import Category

ALTYN, QORGAN, TENGRI = "150340012340", "240140031359", "180740024681"
ROWS = (
    (ALTYN, date(2020, 1, 1), "medium"),
    (ALTYN, date(2024, 5, 6), "low"),
    (QORGAN, date(2024, 1, 15), "high"),
    (TENGRI, date(2021, 1, 1), "low"),
    (TENGRI, date(2025, 1, 1), "medium"),
)


def upgrade(url: str, revision: str) -> None:
    settings = Config()
    settings.set_main_option("script_location", str(database.MIGRATIONS))
    settings.attributes["url"] = url
    command.upgrade(settings, revision)


def test_low_risk_on_record_becomes_an_entry_from_the_same_day_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'before.db'}"
    upgrade(url, "0013")
    engine = make_engine(url)
    with writing(engine) as connection:
        for participant, valid_from, category in ROWS:
            put = text("INSERT INTO risk_category (participant, valid_from, category) VALUES (:p, :d, :c)")
            connection.execute(put, {"p": participant, "d": valid_from.isoformat(), "c": category})
    upgrade(url, "head")
    noon = datetime(2026, 11, 24, 7, tzinfo=UTC)
    with reading(engine) as connection:
        statuses = {each: store.status_at(connection, each, noon) for each in (ALTYN, QORGAN, TENGRI)}
        assert statuses == {ALTYN: Status.ACTIVE, QORGAN: None, TENGRI: None}
        (step,) = store.read_steps(connection, ALTYN)
        assert (step.at, step.reason, step.sequence) == (datetime(2024, 5, 5, 19, tzinfo=UTC), "taken_over", None)
        assert store.category_at(connection, ALTYN, noon) is Category.LOW
        assert store.category_at(connection, TENGRI, noon) is Category.MEDIUM
    engine.dispose()
