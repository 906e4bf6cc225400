"""Each step alone, and the whole path in one process, beside the floor; one declaration after another."""

import gc
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import offices
import pki

from bench.documents import signed
from bench.floor import Floor
from bench.table import Aim, Row, at_most, quantile
from declarations import controls, tariff, xml
from portal.entry import make_entry
from portal.office import Office
from portal.pipeline import gate_and_read, gather, judge, lodge, verify_signature
from portal.stages import Assessed, Checked, Lodged
from risk_gateway import gateway
from risk_gateway.budget import Budget
from risk_gateway.days import day_of
from risk_gateway.decision import decide
from signing import verify

SIZES = (1, 14, 100, 999)
WARM_UP = {1: 20, 14: 10, 100: 3, 999: 1}
BUDGET_MS = 10_000  # the time budget of step 6 must not cut short what is measured
WHOLE_PATH_MS = {1: 1.0, 14: 2.5, 999: 250.0}
JUDGE_TO_FLOOR = {1: 2.0, 999: 2.5}
CPU_MS = {999: 200.0}

FLOOR, FLOOR_JUDGE, FLOOR_COMMIT = "floor", "floor without its commit", "floor: one durable commit"
JUDGE, RECORD, WHOLE = "2-7 judge", "8 record, alone in its commit", "1-9 whole path (lodge)"
WITHOUT_COMMIT = (
    "2 gate and schema",
    "3 signature and certificate",
    "3 read the model",
    "3 signature, model, authority",
    "4 controls",
    "4 payable",
    "5 gather",
    "6 assess",
    "7 decide",
    JUDGE,
    "8 make the entry",
)
T = TypeVar("T")


class Watch:
    """Milliseconds of everything that was timed, by name: `times` on the wall, `cpu` on the processor."""

    def __init__(self) -> None:
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.cpu: defaultdict[str, list[float]] = defaultdict(list)

    def time(self, name: str, act: Callable[..., T], *given: object) -> T:
        busy, started = time.thread_time(), time.perf_counter()
        result = act(*given)
        ended, idle = time.perf_counter(), time.thread_time()
        self.times[name].append((ended - started) * 1000)
        self.cpu[name].append((idle - busy) * 1000)
        return result


def measure(items: int, count: int, seconds: float, home: Path) -> list[Row]:
    """Time up to `count` declarations of so many items, for about so many seconds."""
    office = offices.office(home)
    floor = Floor(home / "floor.db", pki.key_of("anna"))
    warm_up, until = WARM_UP[items], time.monotonic() + seconds
    documents = signed(items, 2 * (count + warm_up), "STEPS", pki.key_of("anna"), offices.NOW)
    pairs = list(zip(documents[::2], documents[1::2], strict=True))
    try:
        for one, other in pairs[:warm_up]:
            _once(Watch(), office, floor, one, other)
        _settle_memory()
        watch = Watch()
        for place, (one, other) in enumerate(pairs[warm_up:]):
            if place > 2 and time.monotonic() > until:
                break
            _once(watch, office, floor, one, other)
    finally:
        floor.close()
        office.engine.dispose()
    return _rows(items, watch)


def _once(watch: Watch, office: Office, floor: Floor, one: bytes, other: bytes) -> None:
    """Time the floor, every step of the first document, and the whole path of the second."""
    watch.time(FLOOR_JUDGE, floor.judge, one)
    watch.time(FLOOR_COMMIT, floor.commit, one)
    for kept in (watch.times, watch.cpu):
        kept[FLOOR].append(kept[FLOOR_JUDGE][-1] + kept[FLOOR_COMMIT][-1])
    assessed = _steps(watch, office, Lodged(one, office.clock.now()))
    watch.time(JUDGE, judge, Lodged(one, office.clock.now()), office.snapshot, office.clock.monotonic, BUDGET_MS)
    entry = watch.time("8 make the entry", make_entry, assessed, office.snapshot.revision)
    watch.time(RECORD, office.recorder.record, entry)
    watch.time(WHOLE, lodge, Lodged(other, office.clock.now()), office)


def _steps(watch: Watch, office: Office, lodged: Lodged) -> Assessed:
    """Do what `judge` does, with a watch between the steps. A tree is used up by verifying: it is read twice."""
    snapshot = office.snapshot
    knowledge = snapshot.knowledge(day_of(lodged.received_at))
    codes = snapshot.reference.on(day_of(lodged.received_at))
    document = gate_and_read(lodged).document

    def genuine() -> verify.VerifiedSignature:
        signature = verify.verify(document)
        snapshot.trust.judge(signature.certificate, signature.chain, lodged.received_at)
        return signature

    watch.time("3 read the model", xml.read, watch.time("3 signature and certificate", genuine).root)
    read = watch.time("2 gate and schema", gate_and_read, lodged)
    verified = watch.time("3 signature, model, authority", verify_signature, read, snapshot)
    context = controls.Context(codes, lodged.received_at, verified.signer.iin, verified.signer.bin)
    if defects := watch.time("4 controls", controls.check, verified.declaration, context):
        raise RuntimeError(f"the declaration to be measured has defects: {defects[:3]}")
    checked = Checked(verified, watch.time("4 payable", tariff.payable, verified.declaration, codes))
    case = watch.time("5 gather", gather, checked, snapshot)
    budget = Budget(office.clock.monotonic, BUDGET_MS)
    assessment = watch.time("6 assess", gateway.assess, case, knowledge, budget)
    decision = watch.time("7 decide", decide, assessment, case, knowledge)
    return Assessed(checked, case, knowledge, assessment, decision)


def _settle_memory() -> None:
    """As the server does at its start: what is loaded already stays out of later collections."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _rows(items: int, watch: Watch) -> list[Row]:
    floors = {**dict.fromkeys(WITHOUT_COMMIT, FLOOR_JUDGE), RECORD: FLOOR, WHOLE: FLOOR}
    cpu = {name: quantile(times, 0.5) for name, times in watch.cpu.items()}
    rows = []
    for name in (FLOOR_JUDGE, FLOOR_COMMIT, FLOOR, *floors):
        ratio = cpu[name] / cpu[floors[name]] if name in floors else None
        p50, p99 = (quantile(watch.times[name], share) for share in (0.5, 0.99))
        rows.append(Row(name, items, p50, p99, cpu[name], ratio, aims=_aims(name, items, p50, cpu[name], ratio)))
    return rows


def _aims(name: str, items: int, p50: float, cpu: float, ratio: float | None) -> tuple[Aim, ...]:
    if name == JUDGE and ratio is not None and items in JUDGE_TO_FLOOR:
        return (at_most(ratio, JUDGE_TO_FLOOR[items], "x floor"),)
    aims = []
    if name == WHOLE and items in WHOLE_PATH_MS:
        aims.append(at_most(p50, WHOLE_PATH_MS[items], "p50"))
    if name == WHOLE and items in CPU_MS:
        aims.append(at_most(cpu, CPU_MS[items], "cpu"))
    return tuple(aims)
