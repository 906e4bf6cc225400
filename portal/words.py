"""The words for codes that pages show, in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping

from portal.access import Role
from portal.languages import marked as _
from portal.views import Lane, Overall, Step
from signing.bundle import Outcome, Part
from signing.statements import Status
from signing.verdict import Indication

LANES: Mapping[Lane, Mapping[str, str]] = {
    Lane.RELEASE: {
        "style": "release",
        "corridor": _("Green corridor"),
        "outcome": _("Simplified release"),
        "lead": _("Customs has released the goods. No documents and no inspection are needed."),
    },
    Lane.DOCUMENTS: {
        "style": "documents",
        "corridor": _("Yellow corridor"),
        "outcome": _("Documentary check"),
        "lead": _("A customs officer checks the documents before the goods are released."),
    },
    Lane.INSPECTION: {
        "style": "inspection",
        "corridor": _("Red corridor"),
        "outcome": _("Inspection ordered"),
        "lead": _("Customs inspects the goods before they are released."),
    },
}

EXTENTS: Mapping[str, str] = {
    "full": _("Full inspection"),
    "partial": _("Partial inspection"),
    "random": _("Inspection of randomly chosen packages"),
    "visual": _("Visual inspection"),
}

STATUSES: Mapping[str, str] = {
    "PRELODGED": _("Registered before arrival"),
    "ACCEPTED": _("Accepted"),
    "DOCUMENTARY_CHECK": _("Documents are being checked"),
    "DOCUMENTS_REQUESTED": _("Documents requested"),
    "SUBMITTED": _("Documents submitted"),
    "EXPERTISE": _("Sent to expertise"),
    "QUERY": _("Question to the declarant"),
    "INSPECTION_ORDERED": _("Inspection ordered"),
    "IN_PROGRESS": _("Inspection in progress"),
    "ACT_SIGNED": _("Inspection act signed"),
    "DETAINED": _("Goods detained"),
    "PAYMENT_DUE": _("Payment due"),
    "RELEASED": _("Released"),
    "RELEASED_UNDER_SECURITY": _("Released under security"),
    "CLEARED": _("Cleared"),
    "RELEASE_REFUSED": _("Release refused"),
    "WITHDRAWN": _("Withdrawn"),
    "INVALIDATED": _("Invalidated"),
    "RELEASE_CANCELLED": _("Release cancelled"),
    "REJECTED": _("Rejected"),
    "AMENDMENT_REQUESTED": _("Correction requested"),
    "GRANTED": _("Replaced by a newer version"),
    "EXIT_AWAITED": _("Released, exit awaited"),
    "EXITED": _("Exited"),
    "NO_PROOF_OF_EXIT": _("No proof of exit"),
}

MEASURES: Mapping[str, str] = {
    "DOCUMENTARY_CONTROL": _("Check of documents"),
    "REQUEST_DATA": _("Request for data and documents"),
    "CONFIRM_WITH_SOURCE": _("Confirmation from another source"),
    "EXPERTISE": _("Customs expertise"),
    "VALUE_CONTROL": _("Check of the customs value"),
    "INSPECT_VISUAL": _("Visual inspection"),
    "INSPECT_RANDOM": _("Inspection of randomly chosen packages"),
    "INSPECT_PARTIAL": _("Partial inspection"),
    "INSPECT_FULL": _("Full inspection"),
    "SURVEY_AND_SEAL": _("Survey and sealing"),
    "SCAN": _("Scanning"),
    "WEIGH": _("Weighing"),
    "ELECTRONIC_SEAL": _("Electronic seal"),
    "ESCORT": _("Customs escort"),
    "FIX_ROUTE": _("Prescribed route"),
    "SECURITY": _("Security for payment"),
    "DETAIN": _("Detention of the goods"),
}

PAYMENTS: Mapping[str, str] = {
    "1010": _("Customs fee"),
    "2010": _("Import duty"),
    "3010": _("Export duty"),
    "4010": _("Excise"),
    "5010": _("Value added tax"),
}

TYPES: Mapping[str, str] = {"IM": _("Import"), "EX": _("Export"), "TT": _("Transit")}
REGISTRY_EVENTS: Mapping[str, str] = {
    "ADMIT": _("Admitted to the registry"),
    "RENEW": _("Entry renewed"),
    "SUSPEND": _("Entry suspended"),
    "RESTORE": _("Entry given back"),
    "EXCLUDE": _("Excluded from the registry"),
    "REFUSED": _("Application refused"),
    "APPEAL_UPHELD": _("Appeal upheld"),
    "APPEAL_DENIED": _("Appeal denied"),
}
AUDIT_EVENTS: Mapping[str, str] = {
    "OPEN": _("Audit opened"),
    "SIGN_COMPLETE_ACT": _("Act of the complete inspection"),
    "SIGN_DIRECTED_ACT": _("Act of the inspection of one direction"),
    "NOTIFY_DEBT": _("Notification of debt"),
    "ORDER_ELIMINATION": _("Resolution to eliminate a violation"),
    "FIND_NOTHING": _("Nothing was found"),
    "DENY_APPEAL": _("Appeal denied"),
    "UPHOLD_APPEAL": _("Appeal upheld"),
    "ACCEPT_ELIMINATION": _("Elimination accepted"),
    "SETTLE": _("Debt paid, audit closed"),
}
PAYMENT_EVENTS: Mapping[str, str] = {
    "CHARGED": _("Payment due"),
    "SHORT": _("The balance does not reach"),
    "REMINDER": _("Reminder of the last day"),
    "OVERDUE": _("Not paid in time: became debt"),
}
MOVEMENT_EVENTS: Mapping[str, str] = {
    "MOVEMENT_NOTIFIED": _("Crossing notified"),
    "MOVEMENT_CLEARED": _("Documents accepted"),
    "MOVEMENT_MOVING": _("On the way"),
    "MOVEMENT_ARRIVED": _("Arrived"),
    "MOVEMENT_DISCHARGED": _("Discharged"),
    "MOVEMENT_DISCREPANCY": _("Discrepancy found"),
    "MOVEMENT_NOT_DELIVERED": _("Not delivered, enquiry open"),
    "MOVEMENT_RECOVERY": _("Payments being recovered"),
    "MOVEMENT_REFUSED": _("Notification refused"),
    "MOVEMENT_STOPPED": _("Stopped at the border"),
}
EVENTS_TOLD: Mapping[str, str] = {  # in notices that are of no declaration
    **REGISTRY_EVENTS,
    **PAYMENT_EVENTS,
    "CONTEST_UPHELD": _("Objection upheld: the record was annulled"),
    "CONTEST_DENIED": _("Objection denied: the record stands"),
    **AUDIT_EVENTS,
    **MOVEMENT_EVENTS,
    **{lane.value: told["corridor"] for lane, told in LANES.items()},
}
REGISTRY_SCOPE = "REGISTRY"
AUDIT_SCOPE = "AUDIT"
SCOPES: Mapping[str, str] = {  # of powers of attorney
    **TYPES,
    REGISTRY_SCOPE: _("Matters of the registry"),
    AUDIT_SCOPE: _("Audits: to see and to reply"),
}

STEPS: Mapping[Step, str] = {
    Step.RECEIVED: _("Declaration received"),
    Step.SIGNATURE_VERIFIED: _("Signature and authority verified"),
    Step.CHECKED: _("All checks of the declaration passed"),
    Step.REGISTERED: _("Registered"),
    Step.DECIDED: _("Decision made"),
    Step.NOTICE_SEALED: _("Notice sealed by customs"),
    Step.NOTICE_SENT: _("Notice delivered"),
}

OVERALL: Mapping[Overall, Mapping[str, str]] = {
    Overall.WELL: {"style": "passed", "title": _("All signatures are valid")},
    Overall.OPEN: {"style": "open", "title": _("Not every signature could be verified")},
    Overall.WRONG: {"style": "failed", "title": _("Something does not verify")},
}

INDICATIONS: Mapping[Indication, Mapping[str, str]] = {
    Indication.TOTAL_PASSED: {"style": "passed", "text": _("The signature is valid")},
    Indication.TOTAL_FAILED: {"style": "failed", "text": _("The signature is not valid")},
    Indication.INDETERMINATE: {"style": "open", "text": _("Whether the signature is valid cannot be said")},
}

PROFILES: Mapping[str, str] = {
    "xades-b": _("XAdES baseline B"),
    "kz-xmldsig": _("XML signature as NCALayer makes it"),
}

REVOCATION: Mapping[Status, str] = {
    Status.GOOD: _("Not revoked"),
    Status.REVOKED: _("Revoked"),
    Status.UNKNOWN: _("Not known"),
}

REVOCATION_SOURCES: Mapping[str, str] = {
    "crl": _("By the revocation list of %(moment)s"),
    "ocsp": _("By the authority's OCSP answer of %(moment)s"),
}

REVOCATION_REASONS: Mapping[str, str] = {
    "unspecified": _("no reason given"),
    "keyCompromise": _("the key was compromised"),
    "cACompromise": _("the authority was compromised"),
    "affiliationChanged": _("the holder's organisation has changed"),
    "superseded": _("replaced by another certificate"),
    "cessationOfOperation": _("no longer used"),
    "certificateHold": _("suspended"),
    "privilegeWithdrawn": _("the right was withdrawn"),
}

PARTS: Mapping[Part, str] = {
    Part.DECLARATION: _("The stored declaration is the one that was recorded"),
    Part.NOTICE: _("The stored notice is the one that was recorded"),
    Part.INCLUSION: _("The decision stands in the journal under the checkpoint"),
    Part.CHECKPOINT: _("The checkpoint was signed by the customs office"),
    Part.TIME_STAMP: _("The checkpoint was time-stamped by a trusted authority"),
    Part.SIGNATURE: _("The declaration was validly signed at that time"),
    Part.SEAL: _("The notice was validly sealed by the same office"),
}

OUTCOMES: Mapping[Outcome, Mapping[str, str]] = {
    Outcome.OK: {"style": "passed", "text": _("Verified")},
    Outcome.WRONG: {"style": "failed", "text": _("Does not verify")},
    Outcome.NOT_CHECKED: {"style": "open", "text": _("Not checked")},
}

ROLES: Mapping[Role, str] = {
    Role.ANYBODY: _("Visitor"),
    Role.DECLARANT: _("Declarant"),
    Role.BROKER: _("Customs broker"),
    Role.CARRIER: _("Carrier"),
    Role.DOCUMENT_OFFICER: _("Document officer"),
    Role.INSPECTOR: _("Inspector"),
    Role.CHIEF_OF_POST: _("Chief of post"),
    Role.RISK_ANALYST: _("Risk analyst"),
    Role.REGISTRY_OFFICER: _("Registry officer"),
    Role.PASSENGER_INSPECTOR: _("Passenger inspector"),
    Role.AUDITOR: _("Auditor"),
    Role.CHIEF_OF_AUDIT: _("Chief of audit"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.PARTNER_SYSTEM: _("Partner system"),
    Role.SEAL_OPERATOR: _("Seal operator"),
}

PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: (
        _("The request could not be read"),
        _("Check the address, or go back and try again."),
    ),
    403: (
        _("You may not do this"),
        _("Your role has no right to this, or the page has grown too old. Go back, reload it and try again."),
    ),
    404: (
        _("Page not found"),
        _(
            "Check the address. A declaration is seen by its declarant, by a broker with a valid power of attorney, "
            "and by officials of its post."
        ),
    ),
    405: (
        _("This address does not take that"),
        _("Go to the first page and start again."),
    ),
    429: (
        _("Too many requests"),
        _("Wait a minute and try again."),
    ),
    500: (
        _("Something went wrong on our side"),
        _("Nothing you sent was accepted twice. Try again in a few minutes."),
    ),
    503: (
        _("The portal is not available now"),
        _("Nothing was accepted. Try again in a few minutes; you may send the same again."),
    ),
}
