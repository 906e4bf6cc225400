"""Words of administration in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping
from typing import Final

from portal.languages import marked as _

REFUSED: Final[Mapping[str, str]] = {
    "iin": _("Enter an IIN: 12 digits, the last of which follows from the others"),
    "himself": _("Nobody appoints themselves. Another administrator has to do it"),
    "end-himself": _("Nobody ends their own appointment. Another administrator has to do it"),
    "name": _("Enter the name, up to 120 characters"),
    "role": _("Choose a role"),
    "post": _("Choose the post at which the person serves"),
    "no-post": _("This role serves the whole country. Leave the post empty"),
    "regions": _("Choose posts from the list"),
    "from": _("Enter the first day, not before today"),
    "to": _("Enter the last day, not before the first"),
    "twice": _("This person holds the same office on some of these days. End that appointment first"),
    "alone": _("Administrators and auditors hold no other office. End the other appointment first"),
    "ended": _("This appointment has ended already"),
    "not-in-office": _("Your own appointment has ended"),
    "identifier": _("Enter a BIN or an IIN: 12 digits, the last of which follows from the others"),
    "known": _("This participant is recorded already. Search for it and change it there"),
    "roles": _("Choose at least one role"),
    "registered": _("Enter the day of state registration, not after today"),
    "own": _("This is your own IIN. Another administrator has to do it"),
    "principal": _("Enter the BIN or IIN of a recorded participant"),
    "agent": _("Enter the BIN of a recorded participant or the IIN of a person, other than who gives it"),
    "number": _("Enter the number that stands on it, up to 50 characters"),
    "number-used": _("A power of attorney with this number between these two is recorded already"),
    "scope": _("Choose at least one kind of declaration"),
    "power-from": _("Enter the first day"),
    "power-to": _("Enter the last day, not before today and not before the first day"),
    "power-over": _("It has ended or is revoked. Record a new one"),
    "revoked-on": _("Enter the first day on which it holds no more, from today to its last day"),
    "changed": _("Somebody has changed it meanwhile. See what it says now, and decide again"),
    "file": _("Choose a CSV file"),
    "file-name": _("Give the file a name of up to 100 printable characters"),
    "tariff": _("The file is not a tariff. Nothing was changed"),
    "rates": _("The file is no list of exchange rates. Nothing was changed"),
}

FIRM_ROLES: Final[Mapping[str, str]] = {
    "importer": _("Importer"),
    "exporter": _("Exporter"),
    "broker": _("Customs broker"),
    "carrier": _("Carrier"),
}
CATEGORIES: Final[Mapping[str, str]] = {
    "low": _("Low risk"),
    "medium": _("Medium risk"),
    "high": _("High risk"),
}
REGIONS: Final[Mapping[str, str]] = {
    "astana": _("City of Astana"),
    "almaty": _("City of Almaty"),
    "zhetisu": _("Zhetisu region"),
    "zhambyl": _("Zhambyl region"),
    "kostanay": _("Kostanay region"),
}
OFFICIAL_STATES: Final[Mapping[str, str]] = {
    "serving": _("In office"),
    "coming": _("Not yet in office"),
    "ended": _("Ended"),
}
POWER_STATES: Final[Mapping[str, str]] = {
    "valid": _("Valid today"),
    "soon": _("Ends within 30 days"),
    "future": _("Not yet valid"),
    "ended": _("Ended or revoked"),
}
KINDS: Final[Mapping[str, str]] = {
    "DECISION_NOTICE": _("Decision on the declaration"),
    "MOVE_NOTICE": _("Change in the declaration"),
    "REGISTRY_NOTICE": _("Registry of minimal-risk participants"),
    "PAYMENT_NOTICE": _("Payments"),
    "AUDIT_NOTICE": _("Audit after release"),
    "MOVEMENT_NOTICE": _("Movement under customs control"),
    "JUDGEMENT_NOTICE": _("Decision of customs"),
    "VIOLATION_NOTICE": _("Objection to a record of violations"),
}
TABLES: Final[Mapping[str, str]] = {
    "charges": _("Additions to and deductions from the customs value"),
    "countries": _("Countries"),
    "currencies": _("Currencies"),
    "document_kinds": _("Kinds of documents"),
    "incoterms": _("Terms of delivery"),
    "offices": _("Customs posts"),
    "packages": _("Kinds of packages"),
    "payments": _("Kinds of payments"),
    "preferences": _("Preferences"),
    "procedure_features": _("Features of procedures"),
    "procedures": _("Customs procedures"),
    "transport_modes": _("Modes of transport"),
    "units": _("Units of measure"),
    "valuation": _("Methods of valuation"),
    "tariff": _("Tariff"),
    "excise": _("Excise rates"),
    "vat": _("Value added tax"),
    "fee": _("Customs fee"),
    "exchange_rates": _("Exchange rates"),
}
