"""Words of what the gateway said, for officers, in English; templates/texts/ has the other two languages.

Every template knows them as `judged`.
"""

from collections.abc import Mapping

from portal.languages import marked as _
from risk_gateway.profiles import Kind

KINDS: Mapping[str, str] = {
    Kind.DIRECT.value: _("direct"),
    Kind.INDIRECT.value: _("adds to the score"),
}

# operators of conditions, as an officer reads them between a fact and a value; that of a flag needs no word
OPERATORS: Mapping[str, str] = {
    "in": _("is one of"),
    "not_in": _("is none of"),
    "prefix": _("begins with"),
    "not_prefix": _("does not begin with"),
    "<": _("below"),
    "<=": _("at most"),
    ">": _("above"),
    ">=": _("at least"),
    "between": _("within"),
    "present": _("there is"),
    "absent": _("there is no"),
}

FLAGS: Mapping[str, str] = {"true": _("Yes"), "false": _("No")}

OUTCOMES: Mapping[str, str] = {
    "SIMPLIFIED_RELEASE": _("release"),
    "DOCUMENTARY_CHECK": _("documents"),
    "INSPECTION_ORDER": _("inspection"),
}

DEGRADED: Mapping[str, str] = {
    "out-of-time": _("The gateway ran out of time."),
    "out-of-knowledge": _("What the gateway judges with was incomplete."),
    "error": _("Judging broke down."),
}

MOMENTS: Mapping[str, str] = {
    "crossing": _("at the crossing"),
    "declaration": _("when it was declared"),
    "seal_event": _("after an event of a seal"),
    "arrival": _("on arrival"),
    "deadline": _("when the limit date had passed"),
    "assessment": _("when an inspector assessed it"),
    "selection": _("when it was selected"),
}
