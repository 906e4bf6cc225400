"""`python -m bench.engine`: 10,000 active risk profiles against declarations of 1 to 999 items, beside peers that judge
the same profiles and must find the same; the same of profiles that are in question everywhere; and what it takes to
exchange such knowledge. It takes about 100 seconds."""

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import offices
from msgspec.structs import replace

from bench.profiles import case, profiles, profiles_on_all_goods
from bench.table import Row, at_least, at_most, quantile, show
from declarations import store as declarations_store
from portal.database import writing
from risk_gateway import leaves, profile_store
from risk_gateway.budget import Budget
from risk_gateway.engine import Engine
from risk_gateway.model import Case
from risk_gateway.profiles import Profile

PROFILES, WORST_PROFILES = 10_000, 1_000
SIZES = (1, 10, 100, 999)
CASES = {1: 40, 10: 30, 100: 20, 999: 5}
OURS_SECONDS, OURS_MOST = 2.0, 400
PEERS_MOST = {1: 5, 10: 5, 100: 3, 999: 1}
SHORTENED_FROM = 999  # items, from which on a tenth of the profiles is judged by hand, and its time multiplied
ENGINE_MS, FASTER_THAN_PEERS, EXCHANGE_MS = {100: 5.0}, {100: 50.0}, 500.0


def main() -> None:
    os.environ.pop("SHEKARA_TEST_DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="shekara-bench-") as folder:
        sections = measure(), measure_worst(), exchange(Path(folder))
    show(sections, f"The risk engine, {PROFILES:,} active profiles, {os.cpu_count()} cores")


# --- judging --------------------------------------------------------------------------------------------------------


def measure(sizes: Sequence[int] = SIZES) -> list[Row]:
    """Time the engine and its peers on declarations of these sizes. Raises RuntimeError when they do not agree."""
    return _compared(f"{PROFILES:,} profiles", profiles(PROFILES), sizes)


def measure_worst(sizes: Sequence[int] = (1, 100)) -> list[Row]:
    """The same of profiles that the index rules out nowhere. There are no aims."""
    return _compared(f"{WORST_PROFILES:,} on all goods", profiles_on_all_goods(WORST_PROFILES), sizes, aims=False)


def _compared(label: str, known: Sequence[Profile], sizes: Sequence[int], *, aims: bool = True) -> list[Row]:
    from bench import peers

    engine = Engine(known)
    judges = {name: make(known) for name, make in peers.PEERS.items()}
    few = known[::10]
    of_few = peers.by_hand(few)
    _settle_memory()
    rows: list[Row] = []
    for items in sizes:
        cases = [case(items, number) for number in range(CASES[items])]
        ours = _ours(engine, cases)
        others = {}
        for name, judge in judges.items():
            shortened = name == peers.BY_HAND and items >= SHORTENED_FROM
            asked, profiles_asked = (of_few, few) if shortened else (judge, known)
            _demand_agreement(name, engine, asked, cases[0], profiles_asked)
            others[name] = _watched(asked, cases[: PEERS_MOST[items]], times=10 if shortened else 1)
        rows += _rows(label, items, ours, others, aims=aims)
    return rows


class Watched(NamedTuple):
    """Milliseconds by the clock on the wall, and of the processor."""

    wall: list[float]
    cpu: list[float]


def _ours(engine: Engine, cases: Sequence[Case]) -> Watched:
    def judge(one: Case) -> object:
        return list(engine.judge(one, Budget(time.perf_counter, 1e6)))

    _watched(judge, cases)
    until = time.monotonic() + OURS_SECONDS
    found = Watched([], [])
    while time.monotonic() < until and len(found.wall) < OURS_MOST:
        once = _watched(judge, cases)
        found = Watched(found.wall + once.wall, found.cpu + once.cpu)
    return found


def _watched(judge: Callable[[Case], object], cases: Sequence[Case], times: int = 1) -> Watched:
    """Return what it takes to judge each case, as often as `times` says."""
    wall, cpu = [], []
    for one in cases:
        busy, started = time.process_time(), time.perf_counter()
        judge(one)
        ended, idle = time.perf_counter(), time.process_time()
        wall.append((ended - started) * 1000 * times)
        cpu.append((idle - busy) * 1000 * times)
    return Watched(wall, cpu)


def _demand_agreement(
    name: str, engine: Engine, judge: Callable[[Case], object], one: Case, known: Sequence[Profile]
) -> None:
    """A peer that finds something else is no peer."""
    asked = {profile.code for profile in known}
    found = {each.profile: each.items for each in engine.judge(one, Budget.replaying(None)) if each.profile in asked}
    if judge(one) != found:
        raise RuntimeError(f"{name} does not find in {len(one.items)} items what the engine finds")


def _rows(label: str, items: int, ours: Watched, others: Mapping[str, Watched], *, aims: bool) -> Iterator[Row]:
    p50, cpu = quantile(ours.wall, 0.5), quantile(ours.cpu, 0.5)
    to_best = min(quantile(watched.cpu, 0.5) for watched in others.values()) / cpu
    met = [at_most(p50, ENGINE_MS[items], "p50")] if aims and items in ENGINE_MS else []
    met += [at_least(to_best, FASTER_THAN_PEERS[items], "x peer")] if aims and items in FASTER_THAN_PEERS else []
    yield Row(f"{label}: engine", items, p50, quantile(ours.wall, 0.99), cpu, aims=tuple(met))
    for name, (wall, busy) in others.items():
        ratio = quantile(busy, 0.5) / cpu
        yield Row(f"{label}: {name}", items, quantile(wall, 0.5), max(wall), quantile(busy, 0.5), ratio)


# --- exchanging -----------------------------------------------------------------------------------------------------


def exchange(home: Path) -> list[Row]:
    """Time what compiling and indexing from nothing takes, as at a start, and the exchange when one profile is new."""
    return [
        _exchange_row(f"{PROFILES:,} profiles: compiled from nothing", _from_nothing(5)),
        _exchange_row(f"{PROFILES:,} profiles: exchange when one is new", _after_approvals(home, 10), EXCHANGE_MS),
    ]


def _exchange_row(name: str, watched: Watched, aim: float | None = None) -> Row:
    p50, cpu = quantile(watched.wall, 0.5), quantile(watched.cpu, 0.5)
    aims = () if aim is None else (at_most(p50, aim, "p50"),)
    return Row(name, 0, p50, max(watched.wall), cpu, aims=aims)


def _from_nothing(repeated: int) -> Watched:
    found = Watched([], [])
    for _ in range(repeated):
        known = profiles(PROFILES)
        leaves.leaf.cache_clear()
        _settle_memory()
        once = _watched(lambda _: Engine(known), [case(1)])  # noqa: B023
        found = Watched(found.wall + once.wall, found.cpu + once.cpu)
    return found


def _after_approvals(home: Path, approvals: int) -> Watched:
    """Approve a new version of one profile again and again, and see when an office at work judges by it."""
    office = offices.office(home)
    known = profiles(PROFILES)
    with writing(office.engine) as connection:
        profile_store.install(connection, known, offices.NOW)
    day = offices.NOW.date()
    office.snapshot.knowledge(day)
    _settle_memory()
    found = Watched([], [])
    for version in range(2, 2 + approvals):
        with writing(office.engine) as connection:
            profile_store.install(connection, [replace(known[version], version=version)], offices.NOW)
            declarations_store.bump_revision(connection)
        once = _watched(lambda _: office.refresh() and office.snapshot.knowledge(day), [case(1)])
        found = Watched(found.wall + once.wall, found.cpu + once.cpu)
    office.engine.dispose()
    return found


def _settle_memory() -> None:
    """As the server does at its start: what is loaded already stays out of later collections."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


if __name__ == "__main__":
    main()
