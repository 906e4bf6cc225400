"""The thin rows of before become first versions of full records: nobody gains or loses by the migration."""

from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from portal.database import MIGRATIONS, make_engine, reading, writing
from risk_gateway.bases.violations import store

QORGAN, ANNA = "240140031359", "850412450128"
ROWS = (
    ("act:A-1", QORGAN, "understated_value", date(2024, 2, 29)),
    ("V-2", ANNA, "false declaration", date(2026, 3, 10)),
    ("agt:A-1", ANNA, "found_by_control", date(2026, 3, 11)),
)


def test_every_row_is_a_first_version_that_counts_as_it_did(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["url"] = url
    command.upgrade(settings, "0012")
    engine = make_engine(url)
    with writing(engine) as connection:
        for row in ROWS:
            values = dict(zip(("id", "participant", "kind", "day"), row, strict=True))
            connection.execute(text("INSERT INTO violation VALUES (:id, :participant, :kind, :day)"), values)
    command.upgrade(settings, "0013")
    with reading(engine) as connection:
        found = [each for _, each in store.changed_since(connection, 0, 10)]
        assert [(each.id, each.identity.number, each.kind, each.committed_on) for each in found] == [
            ("KZ-CRV-2024-0000001", QORGAN, "understated_value", date(2024, 2, 29)),
            ("KZ-CRV-2026-0000002", ANNA, "false_declaration", date(2026, 3, 10)),
            ("KZ-CRV-2026-0000003", ANNA, "found_by_control", date(2026, 3, 11)),
        ]
        assert [each.decision_number for each in found] == ["A-1", "V-2", "A-1"]
        assert {each.version for each in found} == {1}
        assert store.counting(connection, QORGAN, date(2026, 2, 27)) == (("understated_value", date(2024, 2, 29)),)
        assert store.counting(connection, QORGAN, date(2026, 2, 28)) == ()
        assert len(store.counting(connection, ANNA, date(2026, 12, 1))) == 2
    engine.dispose()


def test_a_base_of_before_that_is_empty_stays_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["url"] = url
    command.upgrade(settings, "0013")
    engine = make_engine(url)
    with reading(engine) as connection:
        assert store.last_cursor(connection) == 0
    engine.dispose()
