"""Makes a history, in this process or in several at once; the outcome is the same to the byte."""

import multiprocessing
from collections.abc import Iterator, Sequence
from datetime import date
from heapq import merge
from itertools import groupby
from multiprocessing.connection import Connection, wait

from portal.demo.history.judging import Judged, Shard
from portal.demo.history.planning import SHARDS, Event, Plan, events, plan
from portal.demo.history.rates import reference_of
from portal.demo.history.starter import Starter
from portal.demo.history.usual_values import usual_values
from portal.demo.history.world import make_world

BASE_RATE = 0.05  # share of declarations with a planted fraud
HISTORY_DAYS = 730
BATCH = 250


def make_plan(declarations: int, seed: int, last: date, days: int = HISTORY_DAYS, base_rate: float = BASE_RATE) -> Plan:
    """Return what is to be made; the same arguments, the same history."""
    made = plan(make_world(seed, declarations, last, days), declarations, base_rate)
    return made._replace(values=usual_values(made, reference_of(made.world).on(made.world.first)))


def generate(made: Plan, processes: int = 1) -> Iterator[list[Judged]]:
    """Yield the cases of a history in batches, each shard's in the order of days, the shards as they come."""
    if processes == 1:
        yield from _batches(made, range(SHARDS))
        return
    spawning = multiprocessing.get_context("spawn")
    readers: list[Connection] = []
    workers = []
    for first in range(processes):
        reader, writer = spawning.Pipe(duplex=False)
        worker = spawning.Process(target=_work, args=(writer, made, range(first, SHARDS, processes)), daemon=True)
        worker.start()
        writer.close()  # the worker has its own end: when that closes, the reader meets the end
        readers.append(reader)
        workers.append(worker)
    try:
        yield from _received(readers)
        for worker in workers:
            worker.join()
            if worker.exitcode:
                raise RuntimeError(f"a generating process ended with {worker.exitcode}")
    finally:
        for worker in workers:
            worker.terminate()


def _received(readers: list[Connection]) -> Iterator[list[Judged]]:
    """Yield what the processes send until every one of them has closed its end."""
    while readers:
        heard = wait(readers)
        for reader in [reader for reader in readers if reader in heard]:
            try:
                yield reader.recv()
            except EOFError:
                readers.remove(reader)


def _work(writer: Connection, made: Plan, shards: Sequence[int]) -> None:
    for batch in _batches(made, shards):
        writer.send(batch)
    writer.close()


def _batches(made: Plan, shards: Sequence[int]) -> Iterator[list[Judged]]:
    batch: list[Judged] = []
    for judged in _judged(made, shards):
        batch.append(judged)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _judged(made: Plan, shards: Sequence[int]) -> Iterator[Judged]:
    """Yield the cases of some shards, day by day, so that each day's knowledge is made once."""
    starter = Starter(made)
    of_shard = {shard: Shard(made, shard, starter.motives) for shard in shards}
    in_order = merge(*(_of_shard(made, shard) for shard in shards), key=lambda pair: (pair[0].day, pair[1]))
    for day, of_day in groupby(in_order, key=lambda pair: pair[0].day):
        knowledge, codes = starter.knowledge(day), starter.codes(day)
        for event, shard in of_day:
            yield of_shard[shard].judge(event, knowledge, codes)


def _of_shard(made: Plan, shard: int) -> Iterator[tuple[Event, int]]:
    for event in events(made, shard):
        yield event, shard
