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
BESIDE, ROUNDS = 200, 7  # messages sent around a poisonous one; how often


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
    """Send messages at once, again and again; each time one of them ends every connection that carries it, or none
    does. Print how long the others took."""
    import two_countries

    with two_countries.connected(home, 0.0, seed, poison) as run:
        side, other = run.sides
        rounds = []
        for number in range(ROUNDS + 1):  # the first only warms up
            names = side.named(range(number * BESIDE, (number + 1) * BESIDE))
            middle = [f"{POISON.decode()}-{number}"] if number else []
            since = two_countries.CLOCK.now()
            side.record([*names[: BESIDE // 2], *middle, *names[BESIDE // 2 :]])
            while side.health(other).waiting > (number if poison else 0):
                time.sleep(0.02)  # both portals are other processes: their queue can only be looked at
            rounds.append(side.latencies(other, since))
    lasts = [max(each) for each in rounds[1:]]
    print(
        f"{'beside poison' if poison else 'without poison'}: {ROUNDS} times {BESIDE} messages,"
        f" the one in the middle took {median(map(median, rounds[1:])):.2f} s, the last {median(lasts):.2f} s"
        f" (medians; the last of each round: {', '.join(f'{each:.2f}' for each in lasts)})"
    )


if __name__ == "__main__":
    main()
