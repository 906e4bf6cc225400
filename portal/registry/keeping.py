"""What goes on in the registry beside the requests: applications are verified, and categories worked out each month.

Embedded in `serve`, or `shekara work`; any number may run.
"""

from portal.office import Office
from portal.registry.categories import recompute_if_due
from portal.registry.service import Registry

PAUSE_SECONDS = 1.0
FORGET_EVERY = 600  # turns


class RegistryKeeper:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._registry = Registry(office)
        self._turns = 0

    def turn(self) -> float:
        """Do what is due, and return how many seconds to wait for more."""
        self._registry.verify_waiting()
        recompute_if_due(self._office.engine, self._office.clock)
        if self._turns % FORGET_EVERY == 0:
            self._registry.forget_unsigned()
        self._turns += 1
        return PAUSE_SECONDS
