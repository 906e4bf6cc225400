"""What happened to a declaration and what its declarant may do, in words for him: each needs a translation."""

from collections.abc import Mapping

from declarations.lifecycle import Action
from portal.languages import marked as _

HAPPENED: Mapping[str, str] = {
    Action.REQUEST_DOCUMENTS: _("Customs asked for documents"),
    Action.REQUEST_DATA: _("Customs asked for data"),
    Action.ASK: _("Customs asked a question"),
    Action.ORDER_EXPERTISE: _("Customs sent the goods or documents to an expert"),
    Action.RECORD_EXPERTISE: _("The expert's conclusion arrived"),
    Action.SUBMIT: _("You answered"),
    Action.TELL_OVERDUE: _("The time limit has passed without an answer"),
    Action.ORDER_INSPECTION: _("Customs ordered an inspection"),
    Action.START_INSPECTION: _("The inspection began"),
    Action.SIGN_ACT: _("The inspector signed the inspection act"),
    Action.DOWNGRADE: _("Customs made the control milder"),
    Action.RELEASE: _("Customs released the goods"),
    Action.RELEASE_PAID: _("The payment arrived and the goods are released"),
    Action.RELEASE_UNDER_SECURITY: _("Customs released the goods under security"),
    Action.CLEAR: _("Everything is settled"),
    Action.DEMAND_PAYMENT: _("Customs demanded a payment"),
    Action.REFUSE_RELEASE: _("Customs refused the release"),
    Action.DETAIN: _("Customs detained the goods"),
    Action.END_DETENTION: _("Customs ended the detention"),
    Action.INVALIDATE: _("Customs invalidated the declaration"),
    Action.CANCEL_RELEASE: _("Customs cancelled the release"),
    Action.WITHDRAW: _("You withdrew the declaration"),
    Action.REQUEST_AMENDMENT: _("You asked to correct the declaration"),
    Action.AMEND: _("Your correction was entered"),
    Action.GRANT_AMENDMENT: _("Customs permitted your correction"),
    Action.DENY_AMENDMENT: _("Customs did not permit your correction"),
    Action.APPEAL: _("You appealed"),
    Action.UPHOLD_APPEAL: _("Your appeal was upheld"),
    Action.DISMISS_APPEAL: _("Your appeal was dismissed"),
    Action.AWAIT_EXIT: _("The goods are expected at the border"),
    Action.CONFIRM_EXIT: _("The goods left the country"),
    Action.MISS_EXIT: _("No proof that the goods left the country"),
    Action.COMPLETE_TRANSIT: _("The goods arrived, and the transit is completed"),
}
KINDS: Mapping[str, str] = {
    "DOCUMENTS": _("Documents"),
    "DATA": _("Data"),
    "QUESTION": _("Question"),
    "EXPERTISE": _("Expertise"),
}
