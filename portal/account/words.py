"""Words of the account in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping

from portal.languages import marked as _
from portal.webhooks.addresses import Problem
from risk_gateway.model import Category

CATEGORIES: Mapping[str, Mapping[str, str]] = {
    Category.LOW: {
        "name": _("Low risk"),
        "text": _("Customs trusts your record: your declarations are checked less often than those of others."),
    },
    Category.MEDIUM: {
        "name": _("Medium risk"),
        "text": _("The usual category. Your declarations are checked as often as those of most others."),
    },
    Category.HIGH: {
        "name": _("High risk"),
        "text": _("Your declarations are checked more often than those of others."),
    },
}

TOLD: Mapping[str, str] = {
    "DECISION_NOTICE": _("Decision on the declaration"),
    "MOVE_NOTICE": _("Change in the declaration"),
    "REGISTRY_NOTICE": _("Registry of minimal-risk participants"),
    "PAYMENT_NOTICE": _("Payments"),
    "AUDIT_NOTICE": _("Audit after release"),
    "MOVEMENT_NOTICE": _("Movement under customs control"),
    "JUDGEMENT_NOTICE": _("Decision of customs"),
    "VIOLATION_NOTICE": _("Objection to a record of violations"),
    "TEST": _("Test message"),
}

PLACES: Mapping[str, tuple[str, str]] = {  # of notices that are of no declaration: who may, and the page's name
    "VIOLATION_NOTICE": ("KEEP_ACCOUNT", "account"),
    "REGISTRY_NOTICE": ("APPLY", "registry-application"),
    "PAYMENT_NOTICE": ("SEE_LEDGER", "payments"),
    "AUDIT_NOTICE": ("STATE", "own-audits"),
    "MOVEMENT_NOTICE": ("CARRY", "own-movements"),
}

PROBLEMS: Mapping[str, str] = {
    Problem.URL: _("This is not a web address. Write one such as https://erp.example.kz/customs"),
    Problem.HTTPS: _("The address must begin with https://"),
    Problem.FORBIDDEN: _("The address leads into a private network. Give a public one"),
    Problem.NAME: _("There is no host of this name"),
    Problem.TIME: _("It did not answer within 10 seconds"),
    Problem.CERTIFICATE: _("Its TLS certificate is not valid"),
    Problem.CONNECTION: _("The connection failed"),
}

REFUSED: Mapping[str, str] = {
    "label": _("Write what the token is for, up to 60 characters"),
    "days": _("Choose for how long"),
    "tokens": _("You have as many valid tokens as are allowed. Revoke one that you no longer need"),
    "endpoints": _("You have as many webhooks as are allowed. Remove one that you no longer need"),
    "known": _("You have a webhook to this address already"),
}
