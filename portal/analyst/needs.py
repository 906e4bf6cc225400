"""What needs an analyst: alarms, which go to a person and to nobody else, and what waits for one."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from portal.analyst.steering import Line, Steering
from portal.analyst.watching import Watching
from portal.views import SignedIn
from risk_gateway.desk import Status

ENDS_WITHIN: Final = timedelta(days=30)
UNFINISHED: Final = (Status.DRAFT, Status.VALIDATED, Status.BACK_TESTED)


class Kind(StrEnum):
    NOT_JUDGING = "not-judging"
    WORN_OUT = "worn-out"
    NOTHING_FOUND = "nothing-found"
    DRIFT = "drift"
    APPROVE = "approve"
    ENDS = "ends"
    UNFINISHED = "unfinished"


class Need(Struct, frozen=True):
    """One thing to do. `line` is the profile that it is about, None for the model."""

    kind: Kind
    line: Line | None = None


class Needs:
    def __init__(self, steering: Steering, watching: Watching) -> None:
        self._steering = steering
        self._watching = watching

    def of(self, person: SignedIn) -> list[Need]:
        """Return everything that needs this analyst, alarms first."""
        found = [need for line in self._steering.lines(person) for need in self._of_line(person, line)]
        if self._watching.drift_alarm():
            found.append(Need(Kind.DRIFT))
        order = list(Kind)
        return sorted(found, key=lambda need: order.index(need.kind))

    def _of_line(self, person: SignedIn, line: Line) -> list[Need]:
        profile, own = line.profile, line.profile.author == person.iin
        needs: list[Need] = []
        if line.refused:
            needs.append(Need(Kind.NOT_JUDGING, line))
        if line.judging is not None and line.record is not None and line.record.alarm is not None:
            needs.append(Need(Kind(line.record.alarm.value), line))
        if line.status is Status.SUBMITTED and not own:
            needs.append(Need(Kind.APPROVE, line))
        if line.status in UNFINISHED and own:
            needs.append(Need(Kind.UNFINISHED, line))
        if line.judging is not None and profile.valid_to - self._steering.today() <= ENDS_WITHIN:
            needs.append(Need(Kind.ENDS, line))
        return needs
