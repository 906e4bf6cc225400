"""Numbers of papers that were kept before they had one form are brought into it, and none of them is lost."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from portal import database
from portal.database import make_engine, reading, writing

ALTYN, TENGRI = "150340012340", "111111111111"


def upgrade(url: str, revision: str) -> None:
    settings = Config()
    settings.set_main_option("script_location", str(database.MIGRATIONS))
    settings.attributes["url"] = url
    command.upgrade(settings, revision)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'before.db'}"


def put(url: str, table: str, *rows: dict[str, Any]) -> None:
    engine = make_engine(url)
    with writing(engine) as connection:
        for row in rows:
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), row)
    engine.dispose()


def kept(url: str, statement: str) -> list[tuple[Any, ...]]:
    engine = make_engine(url)
    with reading(engine) as connection:
        found = [tuple(row) for row in connection.execute(text(statement))]
    engine.dispose()
    return found


def test_of_invoice_numbers_that_become_one_the_earliest_use_stays(url: str) -> None:
    def use(participant: str, invoice: str, reference: str, day: int) -> dict[str, Any]:
        used_on = date(2026, 11, day).isoformat()
        return {
            "participant": participant, "invoice": invoice, "functional_reference_id": reference, "used_on": used_on,
        }  # fmt: skip

    upgrade(url, "0003")
    put(
        url,
        "invoice_use",
        use(ALTYN, "INV-7", "LATER", 9),
        use(ALTYN, "\u0406NV-7", "EARLIER", 3),
        use(ALTYN, "INV-8", "OTHER", 1),
        use(TENGRI, "\u0406NV\u20117", "TENGRI", 5),
    )
    upgrade(url, "0004")
    assert kept(
        url, "SELECT participant, invoice, functional_reference_id, used_on FROM invoice_use ORDER BY 1, 2"
    ) == [
        (TENGRI, "INV-7", "TENGRI", "2026-11-05"),
        (ALTYN, "INV-7", "EARLIER", "2026-11-03"),
        (ALTYN, "INV-8", "OTHER", "2026-11-01"),
    ]


def test_of_certificates_that_become_one_the_issued_row_stays_and_what_was_written_off_is_added(url: str) -> None:
    def certificate(number: str, holder: str, issued: int, used: int) -> dict[str, Any]:
        return {"identifier": number, "holder": holder, "issued_g": issued, "used_g": used, "source": "test"}

    upgrade(url, "0003")
    put(
        url,
        "certificate",
        certificate("ST1-7", ALTYN, 500, 100),
        certificate("st1-7", ALTYN, 900, 30),
        certificate("S\u04221-7", TENGRI, 900, 70),
        certificate("kz 1", TENGRI, 10, 1),
    )
    upgrade(url, "0004")
    assert kept(url, "SELECT identifier, holder, issued_g, used_g, source FROM certificate ORDER BY 1") == [
        ("KZ1", TENGRI, 10, 1, "test"),
        ("ST1-7", ALTYN, 500, 130, "test"),
    ]


def test_what_had_its_form_stays_as_it_is(url: str) -> None:
    upgrade(url, "0003")
    upgrade(url, "0004")
    assert (
        kept(url, "SELECT * FROM invoice_use UNION ALL SELECT participant, mark, extent, mark FROM open_control") == []
    )
