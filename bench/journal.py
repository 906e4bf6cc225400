"""`python -m bench.journal`: what the journal costs, on SQLite: appending, signing, proving, and recomputing it all.

It makes a journal of 1,000,000 events (`--events` for another number) in the folder for temporary files, with a
checkpoint and a time-stamp token every 1,000, and takes about a minute.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine

EVENTS = 1_000_000
BATCH = 64  # as many as the portal records in one transaction
BETWEEN_CHECKPOINTS = 1_000  # as under load: portal/notary.py
PROOFS = 1_000
VERIFIER = Path(__file__).parents[1] / "docs" / "verifier" / "verify_journal.py"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.journal", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    events = parser.parse_args().events
    os.environ.pop("SHEKARA_TEST_DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="shekara-bench-") as folder:
        measure(events, Path(folder))


def measure(events: int, home: Path) -> None:
    """Print a line for each thing measured."""
    import offices
    import pki

    from portal import journal
    from portal.database import make_engine

    before = os.getloadavg()[0]
    given = offices.settings(home)
    engine = make_engine(given.database_url)
    certificates = (pki.office_key().certificate,)
    print(f"The journal on SQLite, {events:,} events, {os.cpu_count()} cores, load {before:.1f} before")
    in_memory(events)
    grow(engine, events, given.checkpoint_file)
    prove(engine, events)
    mark = given.checkpoint_file.read_text(encoding="utf-8")
    show_time(
        "verify everything (shekara journal verify)",
        lambda: journal.verify(engine, certificates, pki.trust_store(), [mark], offices.NOW + timedelta(days=1)),
    )
    bundle = home / "journal.jsonl"
    with bundle.open("wb") as file:
        show_time("export", lambda: file.writelines(line + b"\n" for line in journal.export(engine, certificates)))
    show_time(
        "the independent verifier",
        lambda: subprocess.run([sys.executable, VERIFIER, bundle], check=True, stdout=subprocess.DEVNULL),
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'most memory of this process':60} {peak:8.0f} MB")
    engine.dispose()


def in_memory(events: int) -> None:
    """Appending without a database: what the tree itself costs, with tiles."""
    from signing import journal

    leaves = [journal.leaf_hash(b"%d" % number) for number in range(min(events, 200_000))]
    started = time.perf_counter()
    journal.append(journal.Head(), leaves)
    each = (time.perf_counter() - started) / len(leaves)
    print(f"{'append one leaf in memory':60} {each * 1e6:8.2f} us")


def grow(engine: Engine, events: int, kept: Path) -> None:
    """Append in batches, each in a durable transaction, and sign now and then."""
    import offices
    import pki
    import stamping

    from portal import audit, journal
    from portal.database import writing
    from signing import store
    from signing.keyring import Keyring

    clock = offices.StillClock()
    keyring = Keyring.of(pki.office_key())
    appending: list[float] = []
    signing: list[float] = []
    due = BETWEEN_CHECKPOINTS
    for start in range(0, events, BATCH):
        records = [event(number) for number in range(start, min(start + BATCH, events))]
        with writing(engine) as connection:
            size, frontier = store.lock_head(connection)
            started = time.perf_counter()
            audit.append(connection, size, frontier, records)
            appending.append((time.perf_counter() - started) / len(records))
        if start + len(records) >= due:
            due += BETWEEN_CHECKPOINTS
            clock.at += timedelta(seconds=1)
            started = time.perf_counter()
            made = journal.make_checkpoint(engine, keyring, clock, kept)
            signing.append(time.perf_counter() - started)
            assert made is not None
            with writing(engine) as connection:
                store.set_token(connection, made.size, stamping.token_of(made.note.encode(), clock.at), clock.at)
    few = len(appending) // 10
    print(f"{'append one of 64, first tenth of the journal':60} {median(appending[:few]) * 1e6:8.2f} us")
    print(f"{'append one of 64, last tenth of the journal':60} {median(appending[-few:]) * 1e6:8.2f} us")
    print(f"{'sign a checkpoint, with its proof and both durable writes':60} {median(signing) * 1e3:8.2f} ms")


def prove(engine: Engine, events: int) -> None:
    from portal.database import reading
    from signing import journal, store

    with reading(engine) as connection:
        subtree = store.subtree(connection)
        places = range(0, events - 1, max(1, events // PROOFS))
        show_each("prove inclusion", lambda place: journal.prove_inclusion(place, events, subtree), places)
        show_each("prove consistency", lambda place: journal.prove_consistency(place + 1, events, subtree), places)


def event(number: int) -> Any:
    """Return an event as long as those of decisions are."""
    import offices

    from portal import audit

    particulars = {
        "declarant": "150340012340",
        "reference": f"BENCH-{number}",
        "version": "1",
        "digest": f"{number:064x}",
        "notice": f"{number + 1:064x}",
        "signature": "TOTAL-PASSED",
        "signer": "850412450128",
        "decision": f"20201-{number:024x}",
        "outcome": "SIMPLIFIED_RELEASE",
        "knowledge": "f" * 64,
    }
    number_of = f"20201/241126/{number:07}"
    return audit.Record(audit.Event.DECLARATION_DECIDED, number_of, offices.NOW, particulars)


def show_each(name: str, call: Callable[[int], object], places: range) -> None:
    taken = []
    for place in places:
        started = time.perf_counter()
        call(place)
        taken.append(time.perf_counter() - started)
    taken.sort()
    worst = taken[len(taken) * 99 // 100]
    print(f"{name + ', median and 99th percentile':60} {median(taken) * 1e3:8.2f} ms, {worst * 1e3:.2f} ms")


def show_time(name: str, call: Callable[[], object]) -> None:
    started = time.perf_counter()
    call()
    print(f"{name:60} {time.perf_counter() - started:8.2f} s")


if __name__ == "__main__":
    main()
