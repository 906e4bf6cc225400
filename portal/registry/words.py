"""Words of the registry in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping

from msgspec import Struct

from portal.languages import marked as _
from risk_gateway.bases.registry.applying import AppealState, ApplicationState
from risk_gateway.bases.registry.criteria import OWN_RECORDS, Outcome
from risk_gateway.bases.registry.model import Status, Step


class Said(Struct, frozen=True):
    """A word, and the colour of the tag on which it stands."""

    name: str
    colour: str


class Criterion(Struct, frozen=True):
    """`demand` is what must hold, with the numbers of the rule; `short` heads a column; `found` writes a value."""

    demand: str
    short: str
    found: str
    answers: Mapping[str, str] = {}


NO_ANSWER = _("no answer")

CRITERIA: Mapping[str, Criterion] = {
    "years_of_activity": Criterion(
        _("Registered for at least %(at_least)s years"), _("Years"), _("%(value)s full years")
    ),
    "declarations": Criterion(
        _("At least %(at_least)s customs declarations on record"), _("Declarations"), _("%(value)s on record")
    ),
    "no_violations": Criterion(
        _("No confirmed violation of customs rules within %(months)s months"), _("Violations"), _("%(value)s confirmed")
    ),
    "no_overdue_payments": Criterion(
        _("No payment to customs past its limit date"), _("Payments"), _("%(value)s overdue")
    ),
    "taxes_settled": Criterion(
        _("No tax debt"), _("Taxes"), "", {"NO": _("no debt"), "YES": _("there is a debt"), "UNKNOWN": NO_ANSWER}
    ),
    "no_law_enforcement_notice": Criterion(
        _("No notice of law enforcement"),
        _("Law enforcement"),
        "",
        {"NO": _("no notice"), "YES": _("there is a notice"), "UNKNOWN": NO_ANSWER},
    ),
    "no_foreign_record": Criterion(
        _("No confirmed violation on record with customs of other countries"),
        _("Customs abroad"),
        "",
        {"NO": _("nothing told"), "YES": _("there is a violation"), "UNKNOWN": NO_ANSWER},
    ),
}

OUTCOMES: Mapping[str, Said] = {
    Outcome.MET: Said(_("Met"), "green"),
    Outcome.NOT_MET: Said(_("Not met"), "red"),
    Outcome.UNKNOWN: Said(_("Not known"), "yellow"),
}

SOURCES: Mapping[str, str] = {OWN_RECORDS: _("Customs")}

STATUSES: Mapping[str, Said] = {
    Status.ACTIVE: Said(_("In the registry"), "green"),
    Status.SUSPENDED: Said(_("Suspended"), "yellow"),
    Status.EXCLUDED: Said(_("Excluded"), "red"),
    Status.LAPSED: Said(_("Ended"), "grey"),
}

MEANINGS: Mapping[str, str] = {
    Status.ACTIVE: _("Your declarations get the simplified procedure at every customs post."),
    Status.SUSPENDED: _("Until this is cleared up your declarations are checked like those of others."),
    Status.EXCLUDED: _("Your declarations are checked like those of others."),
    Status.LAPSED: _("The entry was not renewed in time. Your declarations are checked like those of others."),
}

APPLICATIONS: Mapping[str, Said] = {
    ApplicationState.FILED: Said(_("Being considered"), "blue"),
    ApplicationState.ADMITTED: Said(_("Admitted"), "green"),
    ApplicationState.REFUSED: Said(_("Refused"), "red"),
    ApplicationState.WITHDRAWN: Said(_("Withdrawn"), "grey"),
}

APPEALS: Mapping[str, Said] = {
    AppealState.OPEN: Said(_("Being considered"), "blue"),
    AppealState.UPHELD: Said(_("Upheld"), "green"),
    AppealState.DENIED: Said(_("Denied"), "red"),
}

STEPS: Mapping[str, str] = {
    Step.ADMIT: _("Admitted to the registry"),
    Step.RENEW: _("Entry renewed"),
    Step.SUSPEND: _("Entry suspended"),
    Step.RESTORE: _("Entry given back"),
    Step.EXCLUDE: _("Excluded from the registry"),
}

DOING: Mapping[str, str] = {
    Step.SUSPEND: _("Suspend the entry"),
    Step.EXCLUDE: _("Exclude from the registry"),
    Step.RESTORE: _("Give the entry back"),
}

STATEMENTS: Mapping[str, str] = {
    "APPLICATION": _("Application to the registry of minimal-risk participants"),
    "WITHDRAWAL": _("Withdrawal of the application"),
    "APPEAL": _("Appeal"),
    "DECISION": _("Decision on the application"),
    "STEP": _("Decision on the entry"),
    "APPEAL_DECISION": _("Decision on the appeal"),
}

CATEGORIES: Mapping[str, str] = {"low": _("Low risk"), "medium": _("Medium risk"), "high": _("High risk")}
