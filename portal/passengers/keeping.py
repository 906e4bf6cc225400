"""What goes on with travellers beside the requests: what has expired ends, and old openings are forgotten."""

from portal.office import Office
from portal.passengers.desk import EXPIRED_AT_ONCE, PassengerDesk

PAUSE_SECONDS = 30.0


class PassengerKeeper:
    def __init__(self, office: Office) -> None:
        self._desk = PassengerDesk(office)

    def turn(self) -> float:
        """Do what is due, and return how many seconds to wait for more."""
        return 0.0 if self._desk.tidy() == EXPIRED_AT_ONCE else PAUSE_SECONDS
