"""What goes on with travellers beside the requests: what has expired ends, what is old is forgotten or erased."""

from portal.office import Office
from portal.passengers.desk import ERASED_AT_ONCE, EXPIRED_AT_ONCE, PassengerDesk

PAUSE_SECONDS = 30.0


class PassengerKeeper:
    def __init__(self, office: Office) -> None:
        self._desk = PassengerDesk(office)

    def turn(self) -> float:
        """Do what is due, and return how many seconds to wait for more."""
        ended, erased = self._desk.tidy(), self._desk.erase()
        return 0.0 if ended == EXPIRED_AT_ONCE or erased == ERASED_AT_ONCE else PAUSE_SECONDS
