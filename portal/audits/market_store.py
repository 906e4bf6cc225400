"""Questions to the column file, in DuckDB's SQL: what it says of everybody, and of one beside its peers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final

import duckdb
from msgspec import Struct

from portal.audits.column_store import opened, source

PEERS_MIN: Final = 3  # others who declare the same: of fewer nothing is said


class Market(Struct, frozen=True):
    """What the column file says of one participant of a moment; None where there is nothing to compare with."""

    declarant: str
    classification_drift_percent: float | None
    origin_shift_percent: float | None
    value_to_peers_percent: float | None
    broker_changes_12_months: int
    flagged_declarations: int
    declarations: int
    tiyn: int  # customs value of imports, last twelve full months
    grams: int


# --- everybody ------------------------------------------------------------------------------------------------------


def markets(files: Sequence[str], last: date, declarant: str | None = None) -> tuple[Market, ...]:
    """Return what the file says of everybody who declared in the twelve months up to a day, or of one of them."""
    with _market(files, last, declarant) as database:
        found = database.execute(_MARKETS, {"who": declarant, "peers": PEERS_MIN, "last": last})
        return tuple(Market(*row) for row in found.fetchall())


# --- one participant ------------------------------------------------------------------------------------------------


class Month(Struct, frozen=True):
    month: date
    declarations: int
    items: int
    tiyn: int
    grams: int
    tax_tiyn: int


class Price(Struct, frozen=True):
    """What one pays for a kilogram of goods of an origin against what each peer pays on average: USD."""

    block: str
    subheading: str
    origin: str
    tiyn: int
    own: float
    peers: float
    importers: int


class Classes(Struct, frozen=True):
    """How the mass within a heading is classified: `code` is the one in which it differs most from peers now, with
    shares 0-1 of it; `before` and `now` are the distances from peers (0-1), of the year before and of the last."""

    block: str
    heading: str
    before: float | None
    now: float
    code: str
    own_before: float
    own_now: float
    peers_now: float


class Origin(Struct, frozen=True):
    """A share 0-1 of the mass, in the year before and in the last."""

    origin: str
    before: float
    now: float


class Broker(Struct, frozen=True):
    agent: str | None
    declarations: int
    first: date
    last: date
    tiyn: int


class Picture(Struct, frozen=True):
    """Everything that the column file says of one participant."""

    months: tuple[Month, ...]
    prices: tuple[Price, ...]
    classes: tuple[Classes, ...]
    origins: tuple[Origin, ...]
    brokers: tuple[Broker, ...]
    market: Market | None


def picture(files: Sequence[str], declarant: str, last: date, undone: Sequence[str] = ()) -> Picture:
    """Return what the file says of one participant up to a day; declarations that came to nothing are left out."""
    with _market(files, last, declarant, undone) as database:
        who = {"who": declarant}
        compared = {**who, "peers": PEERS_MIN}
        market = database.execute(_MARKETS, {**compared, "last": last}).fetchone()
        return Picture(
            months=tuple(Month(*row) for row in database.execute(_MONTHS).fetchall()),
            prices=tuple(Price(*row) for row in database.execute(_PRICES, compared).fetchall()),
            classes=tuple(Classes(*row) for row in database.execute(_CLASSES, compared).fetchall()),
            origins=tuple(Origin(*row) for row in database.execute(_ORIGINS, who).fetchall()),
            brokers=tuple(Broker(*row) for row in database.execute(_BROKERS).fetchall()),
            market=Market(*market) if market else None,
        )


def months(files: Sequence[str], declarant: str, last: date) -> tuple[Month, ...]:
    """Return the months of one participant up to a day."""
    with opened() as database:
        database.execute(_ITEMS.format(source=source(files), last=last.isoformat()))
        database.execute(_OWN, {"who": declarant, "undone": []})
        return tuple(Month(*row) for row in database.execute(_MONTHS).fetchall())


# --- the statements -------------------------------------------------------------------------------------------------

_ITEMS: Final = """
    CREATE TEMP VIEW item AS
        SELECT whole.*, substr(commodity, 1, 4) AS heading, whole.day > DATE '{last}' - INTERVAL 12 MONTH AS now
        FROM {source} AS whole
            LEFT JOIN (SELECT number, max(version) AS version FROM {source} WHERE version > 1 GROUP BY number) AS newest
                USING (number)
        WHERE whole.version = coalesce(newest.version, 1) AND whole.day <= DATE '{last}'
            AND whole.day > DATE '{last}' - INTERVAL 60 MONTH
"""

_OWN: Final = """
    CREATE TEMP TABLE own AS
        SELECT * FROM item
        WHERE ($who IS NULL OR declarant = $who) AND number NOT IN (SELECT unnest($undone::VARCHAR[]))
"""

_MARKET: Final = """
    CREATE TEMP TABLE market AS
        SELECT declarant, block, now, heading, commodity, substr(commodity, 1, 6) AS subheading,
            coalesce(origin, '') AS origin,
            sum(grams)::DOUBLE AS grams, sum(cents)::DOUBLE AS cents, sum(tiyn)::BIGINT AS tiyn
        FROM item
        WHERE day > DATE '{last}' - INTERVAL 24 MONTH AND grams > 0 AND cents > 0
            AND heading IN (SELECT heading FROM own) AND number NOT IN (SELECT unnest($undone::VARCHAR[]))
        GROUP BY ALL
"""

_TABLES: Final = """
    CREATE TEMP TABLE price AS
        SELECT declarant, block, subheading, origin, sum(cents) * 10 / sum(grams) AS usd_per_kg,
            sum(grams) AS grams, sum(cents) AS cents, sum(tiyn)::BIGINT AS tiyn
        FROM market WHERE now GROUP BY ALL;
    CREATE TEMP TABLE usual AS
        SELECT block, subheading, origin, median(usd_per_kg) AS usd_per_kg, count(*) AS importers
        FROM price GROUP BY ALL;
    CREATE TEMP TABLE coded AS
        SELECT declarant, block, now, heading, commodity, sum(grams) AS grams FROM market GROUP BY ALL;
    CREATE TEMP TABLE coded_by_all AS
        SELECT block, now, heading, commodity, sum(grams) AS grams FROM coded GROUP BY ALL;
    CREATE TEMP TABLE headed AS
        SELECT declarant, block, now, heading, sum(grams) AS grams FROM coded GROUP BY ALL;
    CREATE TEMP TABLE headed_by_all AS
        SELECT block, now, heading, sum(grams) AS grams, count(*) AS importers FROM headed GROUP BY ALL;
    CREATE TEMP TABLE share AS
        SELECT coded.declarant, coded.block, coded.now, coded.heading, coded.commodity,
            coded.grams / headed.grams AS own,
            CASE WHEN headed_by_all.grams > headed.grams
                THEN (coded_by_all.grams - coded.grams) / (headed_by_all.grams - headed.grams) END AS peers,
            headed.grams AS grams, headed_by_all.importers - 1 AS others
        FROM coded JOIN headed USING (declarant, block, now, heading)
            JOIN coded_by_all USING (block, now, heading, commodity)
            JOIN headed_by_all USING (block, now, heading);
    CREATE TEMP TABLE distance AS
        SELECT declarant, block, now, heading, any_value(grams) AS grams, any_value(others) AS others,
            (sum(abs(own - peers)) + greatest(0, 1 - sum(peers))) / 2 AS distance
        FROM share WHERE peers IS NOT NULL GROUP BY ALL;
"""

_MARKETS: Final = """
    WITH asked AS (
        SELECT declarant, count(DISTINCT number) FILTER (now) AS declarations,
            count(DISTINCT number) FILTER (flagged AND day > $last::DATE - INTERVAL 36 MONTH) AS flagged,
            coalesce(sum(tiyn) FILTER (now AND block = 'imports'), 0)::BIGINT AS tiyn,
            coalesce(sum(grams) FILTER (now AND block = 'imports'), 0)::BIGINT AS grams
        FROM own GROUP BY declarant HAVING bool_or(now)
    ), drift AS (
        SELECT declarant, 100 * sum((after.distance - before.distance) * after.grams) / sum(after.grams) AS percent
        FROM (SELECT * FROM distance WHERE now AND others >= $peers) AS after
            JOIN (SELECT * FROM distance WHERE NOT now AND others >= $peers) AS before
                USING (declarant, block, heading)
        WHERE $who IS NULL OR declarant = $who GROUP BY declarant
    ), spread AS (
        SELECT declarant, block, subheading, origin, now, sum(grams) AS grams,
            sum(grams) / sum(sum(grams)) OVER (PARTITION BY declarant, block, subheading, now) AS share,
            sum(sum(grams)) OVER (PARTITION BY declarant, block, subheading, now) AS whole
        FROM market WHERE $who IS NULL OR declarant = $who GROUP BY declarant, block, subheading, origin, now
    ), both_years AS (
        SELECT declarant, block, subheading FROM spread GROUP BY declarant, block, subheading
        HAVING bool_or(now) AND bool_or(NOT now)
    ), moved AS (
        SELECT declarant, block, subheading, origin,
            abs(coalesce(sum(share) FILTER (now), 0) - coalesce(sum(share) FILTER (NOT now), 0)) / 2 AS part,
            max(whole) FILTER (now) AS whole
        FROM spread JOIN both_years USING (declarant, block, subheading) GROUP BY ALL
    ), shifted AS (
        SELECT declarant, block, subheading, sum(part) AS part, max(whole) AS whole FROM moved GROUP BY ALL
    ), shift AS (
        SELECT declarant, 100 * sum(part * whole) / sum(whole) AS percent FROM shifted GROUP BY declarant
    ), valued AS (
        SELECT declarant, 100 * sum(price.cents) / sum(price.grams * usual.usd_per_kg / 10) AS percent
        FROM price JOIN usual USING (block, subheading, origin)
        WHERE importers > $peers AND ($who IS NULL OR declarant = $who) GROUP BY declarant
    ), filed AS (
        SELECT declarant, number, any_value(agent) AS agent, min(day) AS day
        FROM own WHERE now GROUP BY ALL
    ), changed AS (
        SELECT declarant, count(*) FILTER (was IS DISTINCT FROM coalesce(agent, '')) AS changes
        FROM (
            SELECT declarant, agent,
                lag(coalesce(agent, ''), 1, coalesce(agent, ''))
                    OVER (PARTITION BY declarant ORDER BY day, number) AS was
            FROM filed
        ) GROUP BY declarant
    )
    SELECT asked.declarant, CASE WHEN drift.percent < 0 THEN 0 ELSE drift.percent END, shift.percent, valued.percent,
        coalesce(changed.changes, 0)::INTEGER, asked.flagged::INTEGER, asked.declarations::INTEGER,
        asked.tiyn, asked.grams
    FROM asked LEFT JOIN drift USING (declarant) LEFT JOIN shift USING (declarant) LEFT JOIN valued USING (declarant)
        LEFT JOIN changed USING (declarant)
    ORDER BY asked.declarant
"""

_MONTHS: Final = """
    SELECT date_trunc('month', day)::DATE AS month, count(DISTINCT number)::INTEGER, count(*)::INTEGER,
        coalesce(sum(tiyn) FILTER (block = 'imports'), 0)::BIGINT,
        coalesce(sum(grams) FILTER (block = 'imports'), 0)::BIGINT, coalesce(sum(tax_tiyn), 0)::BIGINT
    FROM own GROUP BY month ORDER BY month
"""

_PRICES: Final = """
    SELECT block, subheading, origin, price.tiyn, price.usd_per_kg, usual.usd_per_kg, (importers - 1)::INTEGER
    FROM price JOIN usual USING (block, subheading, origin)
    WHERE declarant = $who AND importers > $peers ORDER BY price.tiyn DESC, subheading, origin LIMIT 12
"""

_CLASSES: Final = """
    WITH most AS (
        SELECT *, row_number() OVER (PARTITION BY block, heading ORDER BY abs(own - peers) DESC, commodity) AS place
        FROM share WHERE now AND declarant = $who AND peers IS NOT NULL
    )
    SELECT most.block, most.heading, before.distance, after.distance, most.commodity,
        coalesce(earlier.own, 0), most.own, most.peers
    FROM most
        JOIN distance AS after ON after.declarant = $who AND after.now AND after.block = most.block
            AND after.heading = most.heading
        LEFT JOIN distance AS before ON before.declarant = $who AND NOT before.now AND before.block = most.block
            AND before.heading = most.heading
        LEFT JOIN share AS earlier ON earlier.declarant = $who AND NOT earlier.now AND earlier.block = most.block
            AND earlier.commodity = most.commodity
    WHERE most.place = 1 AND most.others >= $peers
    ORDER BY after.distance - coalesce(before.distance, 0) DESC, most.heading LIMIT 12
"""

_ORIGINS: Final = """
    WITH part AS (
        SELECT origin, now, sum(grams) / sum(sum(grams)) OVER (PARTITION BY now) AS share
        FROM market WHERE declarant = $who GROUP BY origin, now
    )
    SELECT origin, coalesce(sum(share) FILTER (NOT now), 0), coalesce(sum(share) FILTER (now), 0)
    FROM part GROUP BY origin ORDER BY 3 DESC, 2 DESC, origin LIMIT 12
"""

_BROKERS: Final = """
    SELECT agent, count(DISTINCT number)::INTEGER, min(day), max(day), coalesce(sum(tiyn), 0)::BIGINT
    FROM own GROUP BY agent ORDER BY 2 DESC, agent LIMIT 12
"""


@contextmanager
def _market(
    files: Sequence[str], last: date, declarant: str | None, undone: Sequence[str] = ()
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Open the file with the tables that questions are asked of. An empty file has none of anything."""
    with opened() as database:
        place = {"source": source(files), "last": last.isoformat()}
        given = {"undone": list(undone)}
        database.execute(_ITEMS.format(**place))
        database.execute(_OWN, {"who": declarant, **given})
        database.execute(_MARKET.format(**place), given)
        database.execute(_TABLES)
        yield database
