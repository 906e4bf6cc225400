"""What a partner in trouble does instead of answering. Set by POST /faults."""

import threading
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class Kind(StrEnum):
    NONE = "none"
    SLOW = "slow"  # answers after `seconds`
    ERROR = "error"  # 500
    GARBAGE = "garbage"  # 200, and bytes that mean nothing
    TRUNCATED = "truncated"  # half of the answer
    RESET = "reset"  # the connection is cut


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """`times` is how many of the next requests are met so; None: all until another is set."""

    kind: Kind
    seconds: Annotated[float, Meta(ge=0, le=600)] = 5.0
    times: Annotated[int, Meta(ge=1)] | None = None


class Faults:
    """The fault that is set. Safe in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault = Fault(Kind.NONE)
        self._left: int | None = None

    def set(self, fault: Fault) -> None:
        with self._lock:
            self._fault, self._left = fault, fault.times

    def next(self) -> Fault:
        """Return how to meet a request."""
        with self._lock:
            if self._left == 0:
                self._fault, self._left = Fault(Kind.NONE), None
            if self._left is not None:
                self._left -= 1
            return self._fault
