"""`python -m bench.engine`: 10,000 active risk profiles against declarations of 1 to 999 items, beside peers that judge
the same profiles and must find the same; and what it takes to exchange such knowledge. It takes about 100 seconds."""

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from msgspec.structs import replace

from bench.profiles import case, profiles
from bench.table import Row, at_least, at_most, quantile, show
from risk_gateway.budget import Budget
from risk_gateway.engine import Engine
from risk_gateway.model import Case
from risk_gateway.profiles import Profile

PROFILES = 10_000
SIZES = (1, 10, 100, 999)
CASES = {1: 40, 10: 30, 100: 20, 999: 5}
OURS_SECONDS, OURS_MOST = 2.0, 400
PEERS_MOST = {1: 5, 10: 5, 100: 3, 999: 1}
TENTH = 999  # from so many items on the evaluator by hand gets a tenth of the profiles, and ten times its time counts
ENGINE_MS, FASTER_THAN_PEERS, REBUILD_MS = {100: 5.0}, {100: 50.0}, 500.0
OURS = "engine: 10,000 profiles"


def main() -> None:
    os.environ.pop("SHEKARA_TEST_DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="shekara-bench-") as folder:
        sections = measure(Path(folder), SIZES), exchange(Path(folder))
    show(sections, f"The risk engine, {PROFILES:,} active profiles, {os.cpu_count()} cores")


# --- judging --------------------------------------------------------------------------------------------------------


def measure(_: Path, sizes: Sequence[int]) -> list[Row]:
    """Time the engine and its peers on declarations of these sizes. Raises RuntimeError when they do not agree."""
    from bench import peers

    known = profiles(PROFILES)
    engine = Engine(known)
    judges = {name: make(known) for name, make in peers.PEERS.items()}
    of_tenth = peers.by_hand(known[::10])
    _settle_memory()
    rows = []
    for items in sizes:
        cases = [case(items, number) for number in range(CASES[items])]
        ours = _times(lambda one: list(engine.judge(one, Budget(time.perf_counter, 1e6))), cases, OURS_MOST)
        others = {}
        for name, judge in judges.items():
            by_tenth = name == "naive evaluator" and items >= TENTH
            _demand_agreement(
                name, engine, of_tenth if by_tenth else judge, cases[0], known[::10] if by_tenth else known
            )
            times = _times(of_tenth if by_tenth else judge, cases, PEERS_MOST[items])
            others[name] = [each * (10 if by_tenth else 1) for each in times]
        rows += _rows(items, ours, others)
    return rows


def _demand_agreement(
    name: str, engine: Engine, judge: Callable[[Case], object], one: Case, known: Sequence[Profile]
) -> None:
    """A peer that finds something else is no peer."""
    asked = {profile.code for profile in known}
    found = {each.profile: each.items for each in engine.judge(one, Budget.replaying(None)) if each.profile in asked}
    if judge(one) != found:
        raise RuntimeError(f"{name} does not find in {len(one.items)} items what the engine finds")


def _times(judge: Callable[[Case], object], cases: Sequence[Case], most: int) -> list[float]:
    """Return the milliseconds of up to so many judgements, after the caches are warm."""
    times: list[float] = []
    until = time.monotonic() + OURS_SECONDS
    if most == OURS_MOST:
        for one in cases:
            judge(one)
    for one in cycle(cases):
        started = time.perf_counter()
        judge(one)
        times.append((time.perf_counter() - started) * 1000)
        if len(times) >= most or (time.monotonic() > until and len(times) >= min(most, 20)):
            return times
    return times


def _rows(items: int, ours: list[float], others: dict[str, list[float]]) -> Iterator[Row]:
    p50 = quantile(ours, 0.5)
    to_best = min(quantile(times, 0.5) for times in others.values()) / p50
    aims = [at_most(p50, ENGINE_MS[items], "p50")] if items in ENGINE_MS else []
    aims += [at_least(to_best, FASTER_THAN_PEERS[items], "x best peer")] if items in FASTER_THAN_PEERS else []
    yield Row(OURS, items, p50, quantile(ours, 0.95), aims=tuple(aims))
    for name, times in others.items():
        yield Row(f"  {name}", items, quantile(times, 0.5), quantile(times, 0.95), ratio=quantile(times, 0.5) / p50)


# --- exchanging -----------------------------------------------------------------------------------------------------


def exchange(home: Path) -> list[Row]:
    """Time what makes new knowledge ready to judge: all of it, and all of which one profile has changed."""
    scratch = [_from_scratch() for _ in range(5)]
    changed = _after_approvals(home / "exchange", 10)
    return [
        Row(name, 0, quantile(times, 0.5), max(times), aims=(at_most(quantile(times, 0.5), REBUILD_MS, "p50"),))
        for name, times in (
            ("knowledge: build 10,000 profiles from scratch", scratch),
            ("knowledge: read, build and keep, one of 10,000 new", changed),
        )
    ]


def _from_scratch() -> float:
    from risk_gateway import knowledge

    shipped = knowledge.shipped(case(1).lodged_at.date(), bytes(32))
    names = ("day", "parameters", "reference_values", "phrases", "day_key")
    rest = {name: getattr(shipped, name) for name in names}
    known = profiles(PROFILES)
    _settle_memory()
    started = time.perf_counter()
    knowledge.prepare(knowledge.build(profiles=known, **rest))
    return (time.perf_counter() - started) * 1000


def _after_approvals(home: Path, approvals: int) -> list[float]:
    """Approve a new version of one profile again and again, and see when an office at work judges by it."""
    import offices

    from declarations import store as declarations_store
    from portal.database import writing
    from risk_gateway import profile_store

    office = offices.office(home)
    known = profiles(PROFILES)
    with writing(office.engine) as connection:
        profile_store.install(connection, known, offices.NOW)
    office.snapshot.knowledge(offices.NOW.date())
    _settle_memory()
    times = []
    for version in range(2, 2 + approvals):
        with writing(office.engine) as connection:
            profile_store.install(connection, [replace(known[version], version=version)], offices.NOW)
            declarations_store.bump_revision(connection)
        started = time.perf_counter()
        office.refresh()
        office.snapshot.knowledge(offices.NOW.date())
        times.append((time.perf_counter() - started) * 1000)
    office.engine.dispose()
    return times


def _settle_memory() -> None:
    """As the server does at its start: what is loaded already stays out of later collections."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


if __name__ == "__main__":
    main()
