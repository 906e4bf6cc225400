"""What goes on in audits beside the requests: what was paid is closed, and the column file kept up to date.

Embedded in `serve`, or `shekara work`; any number may run.
"""

from portal.audits.columns import Columns
from portal.audits.service import Audits
from portal.office import Office

PAUSE_SECONDS = 5.0
REFRESH_EVERY, FORGET_EVERY = 12, 120  # turns


class AuditKeeper:
    def __init__(self, office: Office) -> None:
        self._audits = Audits(office)
        self._columns = Columns(office.engine, office.settings.columns_folder)
        self._turns = 0

    def turn(self) -> float:
        """Do what is due, and return how many seconds to wait for more."""
        self._audits.close_paid()
        if self._turns % REFRESH_EVERY == 0:
            self._columns.refresh()
        if self._turns % FORGET_EVERY == 0:
            self._audits.forget_unsigned()
        self._turns += 1
        return PAUSE_SECONDS
