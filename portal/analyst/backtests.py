"""A back-test in a process of its own, so that lodgements go on: it says how far it has come, and keeps its report."""

import multiprocessing
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import structlog
from msgspec import Struct
from sqlalchemy import Engine

from portal import profile_desk
from portal.analyst import store
from portal.analyst.store import State
from portal.analyst.telling import told
from portal.analyst.words import section
from portal.by_days import Span, knowledge_reader, spans
from portal.clock import Clock, SystemClock
from portal.database import opened_engine, reading, writing
from risk_gateway import archive_store, canonical, desk_store
from risk_gateway.days import day_of
from risk_gateway.errors import RiskGatewayError
from risk_gateway.profiles import Profile
from risk_gateway.simulation import Simulation, Sums
from risk_gateway.simulation_report import Report, report
from risk_gateway.words import Words

TOLD_EVERY: Final = 1.0  # seconds
SILENT_MOST: Final = timedelta(minutes=2)  # then its process is gone


class Job(Struct, frozen=True):
    """A back-test to be run. Without days it is over all there are."""

    url: str
    run: str
    code: str
    version: int
    first: date | None
    last: date | None
    actor: str


Start = Callable[[Job], None]


def start_process(job: Job) -> None:
    """Run a job beside this process; it ends with it."""
    multiprocessing.get_context("spawn").Process(target=run, args=(job,), daemon=True).start()


def run(job: Job, clock: Clock | None = None) -> None:
    """Run a job to its end, and tell that end whatever it is."""
    clock = clock or SystemClock()
    with opened_engine(job.url) as engine:
        progress = _Progress(engine, job, clock)
        try:
            made = simulated(engine, job, progress, day_of(clock.now()))
            with writing(engine) as connection:
                content = canonical.dumps(made)
                profile_desk.attach_report(connection, job.code, job.version, content, job.actor, clock.now())
            progress.tell(State.DONE)
        except RiskGatewayError as error:
            progress.fail(told(error))
        except Exception:  # noqa: BLE001 whatever breaks has to be told on the page that waits for it
            structlog.get_logger().exception("back_test.failed", profile=job.code)
            progress.fail(section("trouble")["broken"])


class _Progress:
    def __init__(self, engine: Engine, job: Job, clock: Clock) -> None:
        self._engine = engine
        self._job = job
        self._clock = clock
        self._told = 0.0
        self.cases = 0
        self.done = 0

    def step(self) -> None:
        self.done += 1
        if time.monotonic() - self._told >= TOLD_EVERY:
            self.tell(State.RUNNING)

    def tell(self, state: State) -> None:
        self._told = time.monotonic()
        with writing(self._engine) as connection:
            store.tell(connection, self._job.run, self._clock.now(), self.cases, self.done, state)

    def fail(self, trouble: Words) -> None:
        with writing(self._engine) as connection:
            store.tell(connection, self._job.run, self._clock.now(), self.cases, self.done, State.FAILED, trouble)


def simulated(engine: Engine, job: Job, progress: "_Progress", today: date) -> Report:
    """Run the draft over the cases of its block; a new office has none, and its approver sees that."""
    with reading(engine) as connection:
        draft = desk_store.read_standing(connection, job.code, job.version).profile
        over = spans(connection, job.first, job.last, draft.block.value)
        there = archive_store.span(connection, draft.block.value)
    progress.cases = sum(span.cases for span in over)
    progress.tell(State.RUNNING)
    sums = Sums()
    for span in over:
        sums.add(_span(engine, draft, span, progress))
    first = over[0].first if over else job.first or today
    last = over[-1].last if over else job.last or today
    return report(draft, first, last, sums, there)


def _span(engine: Engine, draft: Profile, span: Span, progress: "_Progress") -> Sums:
    with reading(engine) as connection:
        simulation = Simulation(draft, knowledge_reader(connection))
        for stored in archive_store.read_cases(connection, span.first, span.last, draft.block.value):
            simulation.take(stored)
            progress.step()
    return simulation.sums
