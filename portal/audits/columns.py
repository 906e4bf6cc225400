"""The column file: every declared item as Parquet beside the database, for questions over years.

It is derived: deleted, it is made anew. A manifest tells how far it has come in the journal; what was decided since is
added to its last part until that is full, and then a new part begins. Parts are replaced, never changed: who reads one
meanwhile reads on. One process at a time adds to it; the others read.
"""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Engine

from portal.audits import column_store, rows_store
from portal.audits.rows_store import ItemRow
from portal.database import reading

PART_ROWS: Final = 200_000
AT_ONCE: Final = 2_000  # declarations read between two looks at the manifest


class Part(Struct, frozen=True):
    name: str
    rows: int


class Manifest(Struct, frozen=True):
    """`sequence` is the last place in the journal that is in `parts`; `past` how many cases of before are in theirs."""

    sequence: int = -1
    parts: tuple[Part, ...] = ()
    past: int = 0
    past_parts: tuple[Part, ...] = ()
    made: int = 0  # how many parts were ever made: no name serves twice


class Columns:
    """`folder` is of this machine."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def files(self) -> list[str]:
        """Return the parts as they are."""
        kept = self._manifest()
        return [str(self._folder / each.name) for each in (*kept.past_parts, *kept.parts)]

    def refresh(self) -> int:
        """Add what was decided since; return how many declarations. Does nothing while another process does it."""
        with self._alone() as alone:
            if not alone:
                return 0
            self._refresh_past()
            added = 0
            while True:
                taken = self._add_decided()
                added += taken
                if taken < AT_ONCE:
                    return added

    def _add_decided(self) -> int:
        kept = self._manifest()
        with reading(self._engine) as connection:
            new = rows_store.decided_since(connection, kept.sequence, AT_ONCE)
        if new:
            rows = [row for _, items in new for row in items]
            last = kept.parts[-1] if kept.parts and kept.parts[-1].rows < PART_ROWS else None
            part = self._write(rows, kept.made, last)
            parts = (*(kept.parts[:-1] if last else kept.parts), part)
            self._keep(replace(kept, sequence=new[-1][0], parts=parts, made=kept.made + 1))
        return len(new)

    def _refresh_past(self) -> None:
        kept = self._manifest()
        with reading(self._engine) as connection:
            number = rows_store.count_past(connection)
            if number == kept.past:
                return
            parts: list[Part] = []
            rows = iter(rows_store.past_items(connection))
            while some := list(islice(rows, PART_ROWS)):
                parts.append(self._write(some, kept.made + len(parts), None))
        self._keep(replace(kept, past=number, past_parts=tuple(parts), made=kept.made + len(parts)))

    def _write(self, rows: Iterable[ItemRow], number: int, before: Part | None) -> Part:
        """Write a part of what `before` has and these rows."""
        name, lines = f"items-{number:07d}.parquet", self._folder / f"items-{number:07d}.jsonl"
        with lines.open("wb") as target:
            for row in rows:
                target.write(msgspec.json.encode(row) + b"\n")
        old = [str(self._folder / before.name)] if before else []
        count = column_store.write_part(str(lines), old, str(self._folder / name))
        lines.unlink()
        return Part(name, count)

    def _manifest(self) -> Manifest:
        try:
            return msgspec.json.decode((self._folder / "manifest.json").read_bytes(), type=Manifest)
        except (FileNotFoundError, msgspec.MsgspecError):
            return Manifest()

    def _keep(self, manifest: Manifest) -> None:
        """Let the manifest take effect at once, and drop what no manifest names but the one before."""
        before = {each.name for each in (*self._manifest().parts, *self._manifest().past_parts)}
        written = self._folder / "manifest.json.new"
        written.write_bytes(msgspec.json.encode(manifest))
        written.replace(self._folder / "manifest.json")
        named = {each.name for each in (*manifest.parts, *manifest.past_parts)} | before
        for path in self._folder.glob("items-*"):
            if path.name not in named:
                path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
