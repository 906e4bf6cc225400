"""Two countries that exchange violations over a bad network while both are killed at random.

    python -m bench.exchange --messages 10000

Prints what was sent, what the network did to it, and how long messages took while one of them was poison. It fails when
an effect is missing or doubled, a receipt is missing, a cursor is behind, or a journal does not verify.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

FAULTS = 0.3
KILL_EVERY = (20.0, 90.0)  # seconds in which both serve
POISON = b"KZ-CRV-poisonous"
BESIDE = 200  # messages sent around a poisonous one


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.exchange", description=__doc__)
    options.add_argument("--messages", type=int, default=10_000, help="both ways together")
    options.add_argument("--seed", type=int, default=20261201)
    options.add_argument("--patience", type=float, default=7200.0, help="seconds")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        _chaos(Path(home) / "chaos", given.messages, given.seed, given.patience)
        for poison in (None, POISON):
            _poison(Path(home) / ("poison" if poison else "calm"), given.seed, poison)


def _chaos(home: Path, messages: int, seed: int, patience: float) -> None:
    import two_countries

    with two_countries.connected(home, FAULTS, seed) as run:
        two_countries.exchange(run, messages, seed, kill_every=KILL_EVERY, kills_max=messages, patience=patience)
        figures = two_countries.judge(run)
    for name, value in figures.items():
        print(f"{name}: {value}")
    for side in run.sides:
        print(f"journal of {side.name}: {side.verify_journal().strip()}")


def _poison(home: Path, seed: int, poison: bytes | None) -> None:
    """Send messages at once of which one ends every connection that carries it, or none; print how long they took."""
    import two_countries

    with two_countries.connected(home, 0.0, seed, poison) as run:
        side, other = run.sides
        names = side.named(range(BESIDE))
        side.record([*names[: BESIDE // 2], POISON.decode(), *names[BESIDE // 2 :]])
        while side.health(other).waiting > (poison is not None):
            time.sleep(0.1)  # both portals are other processes: their queue can only be looked at
        seconds = side.latencies(other)
    print(
        f"{'beside poison' if poison else 'without poison'}: {len(seconds)} messages,"
        f" median {median(seconds):.2f} s, the longest {max(seconds):.2f} s"
    )


if __name__ == "__main__":
    main()
