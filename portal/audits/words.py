"""Words of audits after release in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping

from msgspec import Struct

from declarations.audits.lifecycle import Action, Status
from declarations.audits.model import AppealState, Chosen, Direction
from portal.languages import marked as _


class Said(Struct, frozen=True):
    """A word, and the colour of the tag on which it stands."""

    name: str
    colour: str


STATUSES: Mapping[str, Said] = {
    Status.SELECTED: Said(_("Candidate"), "grey"),
    Status.PREPARED: Said(_("Plan waits for approval"), "yellow"),
    Status.OPEN: Said(_("Open"), "blue"),
    Status.COMPLETE: Said(_("Complete inspection done"), "blue"),
    Status.DIRECTED: Said(_("Inspection of one direction done"), "blue"),
    Status.DEBT_NOTICE: Said(_("Debt notified"), "red"),
    Status.ELIMINATION_ORDER: Said(_("Elimination ordered"), "orange"),
    Status.NO_FINDING: Said(_("Nothing found"), "green"),
    Status.APPEALED: Said(_("Appealed"), "purple"),
    Status.CLOSED: Said(_("Closed"), "green"),
    Status.ANNULLED: Said(_("Annulled on appeal"), "grey"),
    Status.SET_ASIDE: Said(_("Set aside"), "grey"),
}

MADE: Mapping[str, str] = {
    Action.SELECT: _("Selected"),
    Action.PREPARE: _("Plan of the audit"),
    Action.SET_ASIDE: _("Set aside"),
    Action.RETURN_PLAN: _("Plan returned"),
    Action.OPEN: _("Audit opened"),
    Action.SIGN_COMPLETE_ACT: _("Act of the complete inspection"),
    Action.SIGN_DIRECTED_ACT: _("Act of the inspection of one direction"),
    Action.NOTIFY_DEBT: _("Notification of debt"),
    Action.ORDER_ELIMINATION: _("Resolution to eliminate a violation"),
    Action.FIND_NOTHING: _("No violation was found"),
    Action.REPLY: _("Reply of the participant"),
    Action.APPEAL: _("Appeal"),
    Action.DENY_APPEAL: _("Appeal denied"),
    Action.UPHOLD_APPEAL: _("Appeal upheld"),
    Action.REPORT_ELIMINATION: _("Report that the violation is eliminated"),
    Action.ACCEPT_ELIMINATION: _("Elimination accepted"),
    Action.SETTLE: _("Debt paid, audit closed"),
}

DOING: Mapping[str, str] = {
    Action.PREPARE: _("Plan the audit"),
    Action.SET_ASIDE: _("Set the candidate aside"),
    Action.RETURN_PLAN: _("Return the plan"),
    Action.OPEN: _("Approve the plan and open the audit"),
    Action.SIGN_COMPLETE_ACT: _("Write the act of a complete inspection"),
    Action.SIGN_DIRECTED_ACT: _("Write the act of an inspection of one direction"),
    Action.NOTIFY_DEBT: _("Notify a debt"),
    Action.ORDER_ELIMINATION: _("Order that a violation be eliminated"),
    Action.FIND_NOTHING: _("Close without a finding"),
    Action.REPLY: _("Reply"),
    Action.APPEAL: _("Appeal against the outcome"),
    Action.DENY_APPEAL: _("Deny the appeal"),
    Action.UPHOLD_APPEAL: _("Uphold the appeal"),
    Action.REPORT_ELIMINATION: _("Report that the violation is eliminated"),
    Action.ACCEPT_ELIMINATION: _("Accept the elimination"),
}

HINTS: Mapping[str, str] = {
    Action.PREPARE: _("What is looked into and why. The participant does not read it."),
    Action.SET_ASIDE: _("Why there will be no audit. The participant is not told."),
    Action.RETURN_PLAN: _("What the auditor should change. The participant is not told."),
    Action.OPEN: _("The participant is told, and reads what you write."),
    Action.REPLY: _("The auditor reads it with the case."),
    Action.APPEAL: _("What you contest, and why. Until it is decided nothing falls due."),
    Action.REPORT_ELIMINATION: _("What was done, and when."),
}
READ_BY_PARTICIPANT = _("The participant reads it.")

DIRECTIONS: Mapping[str, str] = {
    Direction.CLASSIFICATION: _("Classification of goods"),
    Direction.VALUE: _("Customs value"),
    Direction.ORIGIN: _("Country of origin"),
    Direction.PAYMENTS: _("Payments and reliefs"),
    Direction.EXIT: _("Exports and their exit"),
}

CHOSEN: Mapping[str, str] = {
    Chosen.JUDGED: _("by risk profiles"),
    Chosen.RANDOM: _("by the provable draw"),
    Chosen.BY_HAND: _("by an auditor"),
}

APPEALS: Mapping[str, Said] = {
    AppealState.OPEN: Said(_("Being considered"), "blue"),
    AppealState.UPHELD: Said(_("Upheld"), "green"),
    AppealState.DENIED: Said(_("Denied"), "red"),
}
