"""Words of movements in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping

from msgspec import Struct

from declarations.movements.events import BreachKind
from declarations.movements.lifecycle import Action, Actor, Status
from declarations.movements.model import SealFound
from portal.languages import marked as _
from portal.movements.model import Scan


class Said(Struct, frozen=True):
    """A word, and the colour of the tag on which it stands."""

    name: str
    colour: str


STATUSES: Mapping[str, Said] = {
    Status.NOTIFIED: Said(_("Crossing notified"), "blue"),
    Status.CLEARED: Said(_("Documents accepted"), "blue"),
    Status.SEALED: Said(_("Seals are on"), "blue"),
    Status.MOVING: Said(_("On the way"), "turquoise"),
    Status.ARRIVED: Said(_("Arrived"), "yellow"),
    Status.DISCHARGED: Said(_("Discharged"), "green"),
    Status.DISCREPANCY: Said(_("Discrepancy found"), "red"),
    Status.NOT_DELIVERED: Said(_("Not delivered, enquiry open"), "red"),
    Status.RECOVERY: Said(_("Payments being recovered"), "red"),
    Status.REFUSED: Said(_("Notification refused"), "grey"),
    Status.STOPPED: Said(_("Stopped at the border"), "red"),
}

NEXT: Mapping[str, str] = {  # what a carrier has to do
    Status.NOTIFIED: _("Bring vehicle, goods and documents to the border post. Customs checks the documents first."),
    Status.CLEARED: _("Have the vehicle sealed at the border post."),
    Status.SEALED: _("Wait at the border post until customs lets the vehicle go."),
    Status.MOVING: _("Keep to the route, leave the seals alone, and be at the post of destination by the limit."),
    Status.ARRIVED: _("Customs checks seals and goods. Leave them where they are until then."),
    Status.DISCHARGED: _("The goods were delivered. The guarantee is given back."),
    Status.DISCREPANCY: _("Goods are missing or differ. Customs computes what is owed."),
    Status.NOT_DELIVERED: _("Tell customs where the goods are, and bring them to the post of destination."),
    Status.RECOVERY: _("Pay what is owed. The guarantee has been taken for it as far as it reaches."),
    Status.REFUSED: _("Clear up the reason, and notify the crossing again under another number."),
    Status.STOPPED: _("The goods may not go on. Turn to the border post."),
}

ACTIONS: Mapping[str, str] = {
    Action.NOTIFY: _("Crossing notified by the carrier"),
    Action.CLEAR: _("Documents checked and accepted"),
    Action.REFUSE: _("Notification refused"),
    Action.STOP: _("Goods stopped"),
    Action.SEAL: _("Seals put on"),
    Action.LET_GO: _("Let go under customs control"),
    Action.ARRIVE: _("Arrival recorded"),
    Action.DISCHARGE: _("Movement discharged"),
    Action.FIND_DISCREPANCY: _("Discrepancy found"),
    Action.MISS_LIMIT: _("Limit passed, enquiry opened"),
    Action.EXPLAIN: _("Answered by the carrier"),
    Action.EXTEND: _("Limit extended"),
    Action.RECOVER: _("Payments recovered"),
    Action.CONFIRM: _("Violation confirmed"),
}

DOING: Mapping[str, str] = {  # what a button says
    Action.CLEAR: _("Accept the documents"),
    Action.REFUSE: _("Refuse the notification"),
    Action.STOP: _("Stop the goods"),
    Action.SEAL: _("Put the seals on"),
    Action.LET_GO: _("Let the vehicle go"),
    Action.ARRIVE: _("Record the arrival"),
    Action.DISCHARGE: _("Discharge the movement"),
    Action.FIND_DISCREPANCY: _("Record the discrepancy"),
    Action.EXPLAIN: _("Answer the enquiry"),
    Action.EXTEND: _("Extend the limit"),
    Action.RECOVER: _("Recover the payments"),
    Action.CONFIRM: _("Confirm the violation"),
}

ACTORS: Mapping[str, str] = {
    Actor.CARRIER: _("Carrier"),
    Actor.INSPECTOR: _("Inspector"),
    Actor.TIMER: _("the portal, by itself"),
}

BREACHES: Mapping[str, Said] = {
    BreachKind.OPENED: Said(_("Seal opened"), "red"),
    BreachKind.TAMPERED: Said(_("Seal tampered with"), "red"),
    BreachKind.REMOVED: Said(_("Seal removed"), "red"),
    BreachKind.OFF_ROUTE: Said(_("Off the route"), "red"),
    BreachKind.UNPLANNED_STOP: Said(_("Unplanned stop"), "yellow"),
    BreachKind.LOW_BATTERY: Said(_("Battery low"), "grey"),
    BreachKind.CLOCK_BACK: Said(_("Clock jumped back"), "yellow"),
    BreachKind.CLOCK_APART: Said(_("Clock apart at sealing"), "yellow"),
    BreachKind.CLOCK_AHEAD: Said(_("Clock runs ahead"), "yellow"),
}

FOUND: Mapping[str, str] = {
    SealFound.INTACT: _("intact"),
    SealFound.BROKEN: _("broken"),
    SealFound.MISSING: _("missing"),
    SealFound.OTHER: _("another number"),
}

SCANS: Mapping[str, str] = {
    Scan.NONE: _("not scanned"),
    Scan.AS_DECLARED: _("as declared"),
    Scan.MISMATCH: _("something else than declared"),
}
