"""What the gateway knew is kept part by part, each once, and is found again only as it was."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import leaks
import offices
import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import NoResultFound

from portal.database import writing
from risk_gateway import knowledge, knowledge_store, selection_store
from risk_gateway.errors import KnowledgeTampered
from risk_gateway.fraud_model.spec import FraudModel, sealed
from risk_gateway.knowledge_store import keep, knowledge_table, part_table
from risk_gateway.manifest import digest_of, manifest_of, parts_of
from risk_gateway.model import Knowledge
from risk_gateway.packing import pack, unpack

DAY = offices.NOW.date()
SECRET = b"the key that decides what is drawn on the 24th of November 2026"
NOTHING = {name: {} for name in ("encodings", "medians", "codes", "reference")}
MODEL = sealed(
    FraudModel(block="imports", features=(), booster="tree", calibration=((0.0, 0.5),), source="test", **NOTHING)  # type: ignore[arg-type]
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A database without keys, in one transaction."""
    office = offices.office(tmp_path)
    with writing(office.engine) as made:
        made.execute(selection_store.selection_key.delete())
        selection_store.add_key(made, replace(offices.undrawn(DAY), key=SECRET, commitment=committed(SECRET)))
        yield made


def committed(key: bytes) -> str:
    return selection_store.commitment_of(key)


@pytest.fixture
def known() -> Callable[..., Knowledge]:
    """Return the shipped knowledge of the day with changes."""

    def make(**changes: Any) -> Knowledge:
        shipped = knowledge.shipped(DAY, SECRET)
        names = ("day", "profiles", "parameters", "reference_values", "phrases", "day_key", "model")
        return knowledge.build(**{**{name: getattr(shipped, name) for name in names}, **changes})

    return make


def counted(connection: Connection) -> tuple[int, int]:
    """Return how many manifests and parts are kept."""
    tables = (knowledge_table, part_table)
    return tuple(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)  # type: ignore[return-value]


def test_what_is_kept_is_read_again_as_it_was(connection: Connection, known: Any) -> None:
    for kept in (known(), known(model=MODEL), replace_problem(known(profiles=()), "profile-missing")):
        keep(connection, kept)
        assert knowledge_store.read(connection, kept.version) == kept
        assert knowledge.ready(knowledge_store.read(connection, kept.version))


def replace_problem(made: Knowledge, problem: str) -> Knowledge:
    parts = {name: getattr(made, name) for name in made.__struct_fields__ if name != "version"}
    return knowledge.build(**{**parts, "problem": problem})


def test_nothing_is_kept_twice(connection: Connection, known: Any) -> None:
    first = known()
    keep(connection, first)
    manifests, parts = counted(connection)
    keep(connection, first)
    assert counted(connection) == (manifests, parts)
    changed = replace(first.profiles[0], weight=first.profiles[0].weight + 1, version=2)
    keep(connection, known(profiles=(changed, *first.profiles[1:])))
    assert counted(connection) == (manifests + 1, parts + 2)  # the profile, and the list that names it
    keep(connection, known(model=MODEL))
    assert counted(connection) == (manifests + 2, parts + 3)


def test_another_day_adds_nothing_but_its_manifest(connection: Connection, known: Any) -> None:
    keep(connection, known())
    manifests, parts = counted(connection)
    tomorrow = offices.undrawn(DAY + timedelta(days=1))
    selection_store.add_key(connection, tomorrow)
    keep(connection, known(day=tomorrow.day, day_key=tomorrow.key))
    assert counted(connection) == (manifests + 1, parts)


def test_the_key_of_an_earlier_day_is_found_by_that_day(connection: Connection, known: Any) -> None:
    later = known(day=DAY + timedelta(days=3), key_day=DAY)
    keep(connection, later)
    assert knowledge_store.read(connection, later.version) == later


def test_a_committed_key_is_not_kept_with_the_knowledge(connection: Connection, known: Any) -> None:
    keep(connection, known())
    forms = leaks.forms_of_text(SECRET.decode())
    for table in (knowledge_table, part_table):
        for row in connection.execute(select(table.c.content)):
            assert leaks.traces(forms, unpack(row.content)) == []


def test_a_key_to_which_nobody_committed_is_kept_as_a_part(connection: Connection, known: Any) -> None:
    generated = known(day=date(2026, 3, 2), day_key=bytes(range(32)))
    for _ in range(2):
        keep(connection, generated)
    assert knowledge_store.read(connection, generated.version) == generated


def test_what_is_alive_in_memory_is_handed_out_again(connection: Connection, known: Any) -> None:
    kept = known()
    keep(connection, kept)
    one, other = (knowledge_store.read(connection, kept.version) for _ in range(2))
    assert all(mine is theirs for mine, theirs in zip(one.profiles, other.profiles, strict=True))
    assert one.reference_values is other.reference_values


# --- found not as it was --------------------------------------------------------------------------------------------


def test_knowledge_that_was_never_kept_is_not_found(connection: Connection) -> None:
    with pytest.raises(NoResultFound):
        knowledge_store.read(connection, "0" * 64)
    assert knowledge_store.find(connection, "0" * 64) is None


@pytest.mark.parametrize("spoiled", ["changed", "no zstd", "gone"])
def test_no_part_may_be_another_than_was_kept(connection: Connection, known: Any, spoiled: str) -> None:
    kept = known(model=MODEL)
    keep(connection, kept)
    alive = knowledge_store.read(connection, kept.version)
    digests = [digest for digest, _ in parts_of(kept, manifest_of(kept))] + [
        digest_of(alive.profiles[0]),
        digest_of(alive.profiles[-1]),
    ]
    for digest in digests:
        where = part_table.c.digest == digest
        content = bytes(connection.execute(select(part_table.c.content).where(where)).scalar_one())
        if spoiled == "gone":
            connection.execute(part_table.delete().where(where))
        else:
            other = pack(unpack(content).replace(b'"', b'" ', 1)) if spoiled == "changed" else b"\x00"
            connection.execute(part_table.update().where(where).values(content=other))
        with pytest.raises(KnowledgeTampered):
            knowledge_store.read(connection, kept.version)
        assert knowledge_store.find(connection, kept.version) is None
        connection.execute(part_table.delete().where(where))
        connection.execute(part_table.insert().values(digest=digest, content=content))
    assert knowledge_store.read(connection, kept.version) == kept


def test_a_manifest_that_is_not_its_version_is_tampered(connection: Connection, known: Any) -> None:
    kept = known()
    keep(connection, kept)
    content = connection.execute(select(knowledge_table.c.content)).scalar_one()
    other = pack(bytes(unpack(bytes(content))).replace(b'"key_day":null', b'"key_day":"2026-11-24"'))
    connection.execute(knowledge_table.update().values(content=other))
    with pytest.raises(KnowledgeTampered):
        knowledge_store.read(connection, kept.version)


def test_another_key_than_was_committed_to_is_tampered(connection: Connection, known: Any) -> None:
    kept = known()
    keep(connection, kept)
    connection.execute(selection_store.selection_key.update().values(key=b"k" * 32, commitment=committed(b"k" * 32)))
    with pytest.raises(KnowledgeTampered):
        knowledge_store.read(connection, kept.version)


def test_a_manifest_shows_the_commitment(connection: Connection, known: Any) -> None:
    assert manifest_of(known()).key == committed(SECRET)
