"""The words of the desk, in English; templates/texts/*/desk.po has the other two languages."""

from collections.abc import Mapping

from msgspec import Struct

from declarations.lifecycle import Action
from portal.asking import words as register_words
from portal.casework.model import ProposalOutcome, RequestKind
from portal.desk.views import Pace
from portal.languages import marked as _
from risk_gateway.profiles import Motive, Outcome


class ActionWords(Struct, frozen=True):
    """`name` is on the link to the form, `button` on the form; `lead` says what follows; `text` labels the text."""

    name: str
    button: str
    lead: str
    text: str = _("Text for the declarant")
    warning: bool = False


ACTIONS: Mapping[Action, ActionWords] = {
    Action.REQUEST_DOCUMENTS: ActionWords(
        _("Request documents"),
        _("Send the request"),
        _("The declarant is told at once and has to answer, signed, by the date that you set."),
        _("What is needed, and why"),
    ),
    Action.REQUEST_DATA: ActionWords(
        _("Request data"),
        _("Send the request"),
        _("The declarant is told at once and has to answer, signed, by the date that you set."),
        _("What is needed, and why"),
    ),
    Action.ASK: ActionWords(
        _("Ask a question"),
        _("Send the question"),
        _("The declarant is told at once and has to answer, signed, by the date that you set."),
        _("Your question"),
    ),
    Action.ORDER_EXPERTISE: ActionWords(
        _("Send to expertise"),
        _("Send to expertise"),
        _("The time limit of the check waits for the expert. The declarant is told what is examined and by when."),
        _("What the expert shall find out"),
    ),
    Action.RECORD_EXPERTISE: ActionWords(
        _("Record the expert's conclusion"),
        _("Record the conclusion"),
        _("The check of documents goes on with what the expert found."),
        _("Conclusion of the expert"),
    ),
    Action.ORDER_INSPECTION: ActionWords(
        _("Escalate to inspection"),
        _("Order the inspection"),
        _("The case goes to the inspectors of the post. The declarant is told to present the goods."),
        _("Why the goods have to be seen"),
        warning=True,
    ),
    Action.START_INSPECTION: ActionWords(
        _("Start the inspection"),
        _("Start the inspection"),
        _("The declarant is told that the goods are being inspected. From now on no correction is taken."),
    ),
    Action.SIGN_ACT: ActionWords(
        _("Write the inspection act"),
        _("Prepare the act for signing"),
        _("You say what was seen, and sign it with your own key."),
    ),
    Action.RELEASE: ActionWords(
        _("Release"),
        _("Release the goods"),
        _("The declarant gets a sealed notice of release. Only the chief of post can take it back."),
        _("What settled the check"),
    ),
    Action.RELEASE_UNDER_SECURITY: ActionWords(
        _("Release under security"),
        _("Release under security"),
        _("The goods go; the sum stays secured until the check is over."),
    ),
    Action.CLEAR: ActionWords(
        _("Clear"),
        _("Clear the declaration"),
        _("What was secured is settled, and the security is given back."),
        _("How it was settled"),
    ),
    Action.DEMAND_PAYMENT: ActionWords(
        _("Demand payment"),
        _("Send the demand"),
        _("The goods are released when the sum is paid. The declarant is told how much, why, and by when."),
        _("For what it is owed"),
    ),
    Action.REFUSE_RELEASE: ActionWords(
        _("Refuse release"),
        _("Refuse release"),
        _("The declarant gets a sealed refusal with your reasons, and may appeal against it."),
        _("Reasons, with the provisions they rest on"),
        warning=True,
    ),
    Action.DETAIN: ActionWords(
        _("Detain the goods"),
        _("Detain the goods"),
        _("The goods stay under customs control until the chief of post ends the detention."),
        _("Reasons, with the provisions they rest on"),
        warning=True,
    ),
    Action.END_DETENTION: ActionWords(
        _("End the detention"),
        _("End the detention"),
        _("The case goes back to where it was before the goods were detained."),
        _("Why the detention ends"),
    ),
    Action.INVALIDATE: ActionWords(
        _("Invalidate the declaration"),
        _("Invalidate the declaration"),
        _("The declaration has no effect any more. The declarant may appeal against it."),
        _("Reasons, with the provisions they rest on"),
        warning=True,
    ),
    Action.CANCEL_RELEASE: ActionWords(
        _("Cancel the release"),
        _("Cancel the release"),
        _("The release has no effect any more, and the goods come back under control. The declarant may appeal."),
        _("Reasons, with the provisions they rest on"),
        warning=True,
    ),
    Action.GRANT_AMENDMENT: ActionWords(
        _("Grant the correction"),
        _("Grant the correction"),
        _("A new version is registered and judged anew. It never gets a milder lane by itself."),
    ),
    Action.DENY_AMENDMENT: ActionWords(
        _("Deny the correction"),
        _("Deny the correction"),
        _("The declaration stays as it was, and the check goes on."),
        _("Reasons for the declarant"),
    ),
    Action.UPHOLD_APPEAL: ActionWords(
        _("Uphold the appeal"),
        _("Uphold the appeal"),
        _("The declarant was right. What was ended goes on."),
        _("Reasons for the declarant"),
    ),
    Action.DISMISS_APPEAL: ActionWords(
        _("Dismiss the appeal"),
        _("Dismiss the appeal"),
        _("What was decided stays. The declarant may go to court."),
        _("Reasons for the declarant"),
    ),
}
"""What officers do. Of what is not here, others are the actors, or it has a way of its own (a milder lane)."""

HAPPENED: Mapping[str, str] = {
    "request documents": _("Documents requested"),
    "request data": _("Data requested"),
    "ask a question": _("Question asked"),
    "order expertise": _("Expertise ordered"),
    "record the conclusion of an expertise": _("Conclusion of the expert recorded"),
    "submit": _("The declarant has answered"),
    "tell that a limit has passed": _("A time limit has passed"),
    "order inspection": _("Inspection ordered"),
    "start inspection": _("Inspection started"),
    "sign the act": _("Inspection act signed"),
    "downgrade": _("Milder lane approved"),
    "release": _("Released"),
    "release under security": _("Released under security"),
    "clear": _("Cleared"),
    "demand payment": _("Payment demanded"),
    "refuse release": _("Release refused"),
    "detain": _("Goods detained"),
    "end detention": _("Detention ended"),
    "invalidate": _("Declaration invalidated"),
    "cancel release": _("Release cancelled"),
    "withdraw": _("Declaration withdrawn"),
    "request amendment": _("Correction requested"),
    "amend": _("Corrected"),
    "grant amendment": _("Correction granted"),
    "deny amendment": _("Correction denied"),
    "appeal": _("Appeal lodged"),
    "uphold appeal": _("Appeal upheld"),
    "dismiss appeal": _("Appeal dismissed"),
    "await exit": _("Exit awaited"),
    "confirm exit": _("Exit confirmed"),
    "release what is paid": _("Released when it was paid"),
    "miss exit": _("No proof of exit"),
    "complete transit": _("Transit completed"),
    "assigned": _("Case assigned"),
    "downgrade proposed": _("Milder lane proposed"),
    "downgrade declined": _("Milder lane declined"),
}

ACTORS: Mapping[str, str] = {
    "portal": _("The portal"),
    "gateway": _("The risk gateway"),
    "timer": _("The portal, by the clock"),
    "declarant": _("Declarant"),
    "document officer": _("Document officer"),
    "inspector": _("Inspector"),
    "chief of post": _("Chief of post"),
}

PACES: Mapping[Pace, str] = {
    Pace.ON_TIME: _("On time"),
    Pace.DUE_SOON: _("Due soon"),
    Pace.OVERDUE: _("Overdue"),
    Pace.DONE: _("No time limit"),
}

REQUESTS: Mapping[RequestKind, str] = {
    RequestKind.DOCUMENTS: _("Documents"),
    RequestKind.DATA: _("Data"),
    RequestKind.QUESTION: _("Question"),
    RequestKind.EXPERTISE: _("Expertise"),
}

PROPOSALS: Mapping[ProposalOutcome, str] = {
    ProposalOutcome.APPROVED: _("Approved"),
    ProposalOutcome.DECLINED: _("Declined"),
    ProposalOutcome.LAPSED: _("Lapsed: the case went on meanwhile"),
}

MILDER: Mapping[Outcome, str] = {
    Outcome.SIMPLIFIED_RELEASE: _("Release without a check (green)"),
    Outcome.DOCUMENTARY_CHECK: _("Check of documents instead of an inspection (yellow)"),
}

QUESTIONS: Mapping[str, str] = {
    "tax_debt": _("Owes taxes"),
    "police_notice": _("Notice of law enforcement"),
    "foreign_record": _("Violations abroad"),
}

REGISTERS, REGISTERED = register_words.NUMBERS, register_words.FOR_OFFICERS

ANSWERS: Mapping[str, str] = {"yes": _("Yes"), "no": _("No"), "unknown": _("Not known")}

CATEGORIES: Mapping[str, str] = {
    "low": _("Low risk: in the minimal-risk registry"),
    "medium": _("Medium risk"),
    "high": _("High risk"),
}

MOTIVES: Mapping[Motive, str] = {
    Motive.PROHIBITION: _("Prohibited goods"),
    Motive.SAFETY: _("Unsafe goods"),
    Motive.UNDERSTATED_VALUE: _("Understated value"),
    Motive.OVERSTATED_VALUE: _("Overstated value"),
    Motive.UNDERSTATED_VOLUME: _("Understated quantity"),
    Motive.CONCEALMENT: _("Concealed goods"),
    Motive.FALSE_ORIGIN: _("False origin"),
    Motive.FALSE_CODE: _("False commodity code"),
    Motive.CAPITAL_FLIGHT: _("Capital flight"),
    Motive.FALSE_EXPORT: _("Export on paper only"),
    Motive.FALSE_DOCUMENTS: _("False documents"),
    Motive.EVADED_CONTROL: _("Evaded control"),
    Motive.NON_DELIVERY: _("Non-delivery"),
    Motive.SMUGGLING: _("Smuggling"),
    Motive.UNDECLARED_GOODS: _("Undeclared goods or cash"),
    Motive.UNPAID_DUTIES: _("Unpaid duties"),
}
