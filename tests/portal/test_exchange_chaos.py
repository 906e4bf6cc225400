"""Two countries over a bad network, killed at random: each effect once, a receipt for every message, sound journals.

The whole of it, with 10,000 messages, is `python -m bench.exchange`; docs/exchange.md tells what it found.
"""

from pathlib import Path

import offices
import pytest
import two_countries

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="two databases of their own")

MESSAGES, FAULTS, SEED = 300, 0.3, 20261201


def test_two_countries_exchange_violations_over_a_bad_network_while_both_are_killed(tmp_path: Path) -> None:
    with two_countries.connected(tmp_path, FAULTS, SEED) as run:
        two_countries.exchange(run, MESSAGES, SEED, kill_every=(1, 3), kills_max=2, patience=900)
        figures = two_countries.judge(run)
        requests = figures["requests"]
        assert sum(figures["kills"].values()) >= 1, figures
        assert len(requests) > 3, f"the network was too good: {requests}"
    for side in run.sides:
        side.verify_journal()
