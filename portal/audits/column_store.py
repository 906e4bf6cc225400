"""The parts of the column file as Parquet: how they are written and opened, with DuckDB in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import duckdb

MEMORY: Final = "1GB"
_COLUMNS: Final = {
    "number": "VARCHAR",
    "version": "INTEGER",
    "day": "DATE",
    "block": "VARCHAR",
    "declarant": "VARCHAR",
    "agent": "VARCHAR",
    "office": "VARCHAR",
    "item": "INTEGER",
    "commodity": "VARCHAR",
    "origin": "VARCHAR",
    "grams": "BIGINT",
    "tiyn": "BIGINT",
    "cents": "BIGINT",
    "tax_tiyn": "BIGINT",
    "flagged": "BOOLEAN",
}


def write_part(lines: str, before: Sequence[str], target: str) -> int:
    """Write a Parquet file of a file of JSON lines and of older parts; return how many rows it has."""
    with opened() as database:
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items())
        source = f"SELECT * FROM read_json($lines, format = 'newline_delimited', columns = {{{columns}}})"  # noqa: S608
        database.execute(f"CREATE TEMP TABLE part AS {source}", {"lines": lines})
        if before:
            database.execute("INSERT INTO part SELECT * FROM read_parquet($before)", {"before": list(before)})
        database.execute(f"COPY part TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return int(_one(database.execute("SELECT count(*) FROM part"))[0])


def write_synthetic(target: str, rows: int, participants: int, last: date) -> None:
    """Write made-up items for measurements: so many rows of so many participants over three years."""
    with opened() as database:
        database.execute(
            f"""
            COPY (
                SELECT 'S' || lpad((i // 10)::VARCHAR, 12, '0') AS number, 1 AS version,
                    ($last::DATE - ((hash(i // 10) % 1095)::INTEGER)) AS day, 'imports' AS block,
                    lpad((hash(i // 10, 1) % $participants)::VARCHAR, 12, '0') AS declarant,
                    'B' || (hash(i // 10, 2) % 40)::VARCHAR AS agent, '20201' AS office, (i % 10 + 1)::INTEGER AS item,
                    (1000 + (hash(i // 10, 1) % $participants * 7 + hash(i, 3) % 6) % 900)::VARCHAR
                        || lpad((hash(i, 4) % 9)::VARCHAR, 2, '0') || '0000' AS commodity,
                    (['CN', 'DE', 'TR', 'IT', 'KR'])[1 + (hash(i, 5) % 5)::INTEGER] AS origin,
                    (1000 + hash(i, 6) % 900000)::BIGINT AS grams, (50000 + hash(i, 7) % 9000000)::BIGINT AS tiyn,
                    (100 + hash(i, 8) % 20000)::BIGINT AS cents, (1000 + hash(i, 9) % 90000)::BIGINT AS tax_tiyn,
                    hash(i // 10, 10) % 50 = 0 AS flagged
                FROM range($rows) AS made(i)
            ) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
            """,  # noqa: S608
            {"last": last, "participants": participants, "rows": rows},
        )


def source(files: Sequence[str]) -> str:
    """Return what stands for these parts in a statement; without parts there is nothing."""
    if not files:
        columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in _COLUMNS.items())
        return f"(SELECT {columns} WHERE false)"
    listed = ", ".join("'{}'".format(name.replace("'", "''")) for name in files)
    return f"read_parquet([{listed}])"


@contextmanager
def opened() -> "Iterator[duckdb.DuckDBPyConnection]":
    """Open a database in memory of its own."""
    database = duckdb.connect(":memory:", config={"memory_limit": MEMORY, "autoinstall_known_extensions": False})
    try:
        yield database
    finally:
        database.close()


def _one(found: Any) -> Sequence[Any]:
    return found.fetchone() or ()
