"""With what work is done: the clock, the office's keys, and the hook of the crash tests."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.clock import Clock
from signing.keyring import Keyring


@dataclass(frozen=True)
class Desk:
    """`mark` is told each point of the transaction at which a crash test may strike."""

    clock: Clock
    keyring: Keyring
    mark: Callable[[str], None] = lambda point: None
