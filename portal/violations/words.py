"""Words of violations in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping

from portal.languages import marked as _
from risk_gateway.bases.violations.contest_store import Ended
from risk_gateway.bases.violations.model import Appeal, Scheme

APPEALS: Mapping[str, str] = {
    Appeal.NONE: _("Not contested"),
    Appeal.OPEN: _("Contested, not decided yet"),
    Appeal.DENIED: _("Contested, and the objection was denied"),
    Appeal.UPHELD: _("Contested, and the objection was upheld"),
}

SCHEMES: Mapping[str, str] = {
    Scheme.BIN: _("BIN"),
    Scheme.IIN: _("IIN"),
    Scheme.FOREIGN: _("Number given abroad"),
}

TOLD: Mapping[str, str] = {  # what a partner can tell otherwise
    "kind": _("Kind of violation"),
    "state": _("State"),
    "number": _("Number"),
    "article": _("Article"),
    "committed_on": _("Committed on"),
    "place": _("Place"),
    "declaration": _("Declaration"),
    "amount_tiyn": _("Amount in tiyn"),
    "decision_number": _("Number of the decision"),
    "decided_on": _("Day of the decision"),
}

GROUNDS: Mapping[str, str] = {
    "other_person": _("It is about another organisation or person"),
    "not_committed": _("There was no violation"),
    "wrong_facts": _("The kind, day or amount is wrong"),
    "decision_ended": _("The decision behind it was cancelled, by a court or a higher authority"),
    "expired": _("It should no longer be held"),
}

ENDED: Mapping[str, str] = {
    Ended.UPHELD: _("Upheld: the record was annulled"),
    Ended.DENIED: _("Denied: the record stands"),
    Ended.OVERTAKEN: _("Overtaken: whoever had written the record annulled it, or it is about somebody else"),
}

REASONS: Mapping[str, Mapping[str, str]] = {
    Ended.UPHELD: {
        "other_person": _("It was about somebody else"),
        "not_proven": _("The violation is not proven"),
        "decision_ended": _("The decision behind it no longer stands"),
        "recorded_wrongly": _("It was recorded wrongly"),
    },
    Ended.DENIED: {
        "proven": _("The violation is proven by its act"),
        "no_evidence": _("The objection shows no evidence"),
        "decision_stands": _("The decision behind it stands"),
        "other_way": _("It is for another authority to decide"),
    },
}
