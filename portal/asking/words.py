"""What registers say, in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping
from typing import Final

from portal.languages import marked as _

NUMBERS: Final[Mapping[str, str]] = {
    "permit": _("Permit %(number)s"),
    "currency_contract": _("Currency contract %(number)s"),
}
FOR_OFFICERS: Final[Mapping[str, str]] = {
    "confirmed": _("Confirmed"),
    "not_found": _("Not on the register"),
    "other_party": _("On the register, but somebody else's"),
    "revoked": _("Revoked"),
    "closed": _("Taken off the register"),
    "not_valid": _("Not valid on the day of the declaration"),
    "other_goods": _("For other goods"),
    "exhausted": _("Less is left on it than is declared"),
    "other_currency": _("In another currency than the invoice"),
    "exceeded": _("Less is left on it than the invoice"),
    "unknown": _("Not known"),
}
FOR_DECLARANTS: Final[Mapping[str, str]] = {
    "confirmed": _("The register confirms it"),
    "not_found": _("The register does not confirm it for this firm"),
    "other_party": _("The register does not confirm it for this firm"),
    "revoked": _("By the register it was revoked"),
    "closed": _("By the register it was closed"),
    "not_valid": _("By the register it is not valid today"),
    "other_goods": _("By the register it is for other goods"),
    "exhausted": _("By the register less is left on it than is declared"),
    "other_currency": _("By the register it is in another currency than the invoice"),
    "exceeded": _("By the register less is left on it than the invoice"),
    "unknown": _("The register has not answered. That does not keep you from lodging"),
}
UNKNOWN: Final = "unknown"
