"""Work that is done again and again beside the requests: the worker's, the notary's, the keeper's of trust."""

import threading
from collections.abc import Callable

import structlog

TROUBLE_SECONDS = 15.0
PATIENCE_SECONDS = 5.0


class Repeating:
    """Take turns in a thread of its own until stopped. A turn returns how many seconds to wait for the next one.

    Who stops it waits `patience` seconds for the turn that is being taken; then it ends with the process.
    """

    def __init__(self, name: str, turn: Callable[[], float], patience: float = PATIENCE_SECONDS) -> None:
        self._name = name
        self._turn = turn
        self._patience = patience
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the turn that is being taken, which may be waiting for somebody else."""
        self._stopping.set()
        self._thread.join(self._patience)

    def _run(self) -> None:
        trouble = ""
        while not self._stopping.is_set():
            before = trouble
            try:
                pause, trouble = self._turn(), ""
            except Exception as error:  # noqa: BLE001 whatever a turn meets, the next one is taken
                pause, trouble = TROUBLE_SECONDS, f"{type(error).__name__}: {error}"
            if trouble != before:
                structlog.get_logger().warning(f"{self._name}.{'trouble' if trouble else 'well'}", trouble=trouble)
            self._stopping.wait(pause)
