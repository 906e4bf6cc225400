"""How many events of electronic seals a second the portal takes over HTTP: signed, verified, stored, durable.

    python -m bench.movements --events 20000 --batch 100

It serves a portal on SQLite in this process' folder for temporary files, lets trucks depart, and sends their journeys
from several senders. Prints events a second and how long a batch took, for single events and for batches; a part of the
batches is sent twice and out of order. It fails when an event is missing or stands twice.
"""

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from statistics import quantiles
from typing import Any

from msgspec.structs import replace

from bench.http import Server

SENDERS = 4
AGAIN = 0.05  # of the batches


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.movements", description=__doc__)
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--batch", type=int, nargs="*", default=[1, 20, 100, 500])
    options.add_argument("--trucks", type=int, default=100)
    given = options.parse_args()
    for size in given.batch:
        with tempfile.TemporaryDirectory(prefix="shekara-bench-") as folder:
            measure(Path(folder), min(given.events, size * 2_000), size, given.trucks)


def measure(home: Path, events: int, size: int, trucks: int) -> None:
    import carrying
    import httpx
    import offices
    from sqlalchemy import func, select

    from declarations.movements import store
    from interop.adapters.seals.messages import batch_of
    from portal.database import reading
    from portal.exchange.signatures import sign_request

    desk = carrying.desk(home, at=datetime.now(UTC))
    offices.keep_keys(home)
    numbers = [desk.moving(reference=f"BENCH-{each}") for each in range(trucks)]
    batches = _batches(desk, numbers, events, size)
    sent = [each for each in batches for _ in range(2 if random.random() < AGAIN else 1)]
    random.shuffle(sent)
    waiting: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
    for number, told in sent:
        waiting.put((number, batch_of(told)))
    seconds: list[float] = []
    url = desk.office.settings.database_url
    with Server(home, made=True, SHEKARA_DATABASE_URL=url, SHEKARA_DEMO="1") as server:

        def send() -> None:
            with httpx.Client(timeout=60) as client:
                while True:
                    try:
                        number, body = waiting.get_nowait()
                    except Empty:
                        return
                    url = f"http://127.0.0.1:{server.port}/api/v1/movements/{number}/events"
                    begun = time.perf_counter()
                    headers = sign_request(carrying.operators_key(), "POST", url, body, datetime.now(UTC))
                    answer = client.post(url, content=body, headers=headers)
                    assert answer.status_code == 200, answer.text
                    seconds.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        senders = [threading.Thread(target=send) for _ in range(SENDERS)]
        for each in senders:
            each.start()
        for each in senders:
            each.join()
        took = time.perf_counter() - begun
    with reading(desk.office.engine) as connection:
        kept = connection.execute(select(func.count()).select_from(store.seal_event)).scalar_one()
    told_once = sum(len(each) for _, each in batches)
    assert kept == told_once, f"{kept} of {told_once} events are there"
    told_in_all = sum(len(each) for _, each in sent)
    cuts = quantiles(seconds, n=100)
    print(
        f"batches of {size}: {told_in_all / took:,.0f} events/s ({told_in_all} events, {len(sent)} requests,"
        f" {SENDERS} senders), a request p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
    )


def _batches(desk: Any, numbers: Sequence[str], events: int, size: int) -> list[tuple[str, list[Any]]]:
    """Return so many events in batches of a size: positions along the road, counted on from truck to truck."""
    made: list[tuple[str, list[Any]]] = []
    each_truck = max(size, events // len(numbers))
    for number in numbers:
        way = desk.journey(number)[1:]
        told = [
            replace(way[place % len(way)], id=f"{number}:{place}", counter=place, at=desk.clock.at)
            for place in range(each_truck)
        ]
        made += [(number, told[start : start + size]) for start in range(0, len(told), size)]
        if sum(len(each) for _, each in made) >= events:
            break
    return made


if __name__ == "__main__":
    main()
