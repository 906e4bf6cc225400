"""Words of the pages of partners in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping
from typing import Final

from portal.languages import marked as _

REFUSED: Final[Mapping[str, str]] = {
    "not-in-office": _("Your appointment as administrator has ended"),
    "id": _("Enter 2 to 40 small Latin letters, digits, dashes or underscores, beginning with a letter"),
    "known": _("A partner with this code is on record already"),
    "kind": _("Choose what the partner is"),
    "partner-name": _("Enter the name of the partner, up to 120 characters"),
    "country": _("Enter the two capital letters of the country"),
    "address": _("Enter an address that begins with https://. Only on this machine it may be http://"),
    "rate": _("Enter how many requests a minute, from 1 to 60000"),
    "changed": _("Somebody has changed this partner meanwhile. Look at what is there now, and do it again"),
    "key": _("Paste one certificate or one public key in PEM"),
    "key-weak": _("This key cannot be used: it must be on P-256 or P-384, or RSA of 3072 bits and more"),
    "key-ended": _("The certificate of this key has expired"),
    "key-known": _("This key is on record already, of this partner or of another"),
    "no-keys": _("Without a key nobody knows the partner again. Add one first"),
    "salt": _("To tell numbers or names as hashes, enter the shared secret: 16 characters or more"),
    "kinds": _("Choose kinds of violations from the list"),
    "fields": _("Choose fields from the list"),
    "purposes": _("Enter one purpose a line: small Latin letters, digits and underscores, up to 64"),
    "retention": _("Enter how many days, from 1 to 36500"),
    "proposal-open": _("Another change of this partner waits for a second administrator. Let that be decided first"),
    "own-proposal": _("You asked for this change: another administrator has to confirm it"),
    "gone": _("This message waits no more: it was sent or replayed meanwhile"),
}
OPENS: Final[Mapping[str, str]] = {
    "active": _("The exchange with it begins"),
    "address": _("What is told goes to another address"),
    "keys": _("Another key of it counts"),
    "fields": _("It is told more fields"),
    "kinds": _("It is told of more kinds of violations"),
    "purposes": _("It may ask for more purposes"),
    "retention": _("It may keep longer what it is told"),
    "secret": _("The secret of its hashes is another one"),
}
KINDS: Final[Mapping[str, str]] = {
    "tax_service": _("Tax service"),
    "law_enforcement": _("Law enforcement"),
    "foreign_customs": _("Foreign customs"),
    "payments": _("Bank for payments"),
    "permit_register": _("Register of permits"),
    "currency_register": _("Register of currency contracts"),
    "seal_operator": _("Operator of electronic seals"),
}
FIELDS: Final[Mapping[str, str]] = {
    "id": _("Number of the record"),
    "version": _("Version of the record"),
    "kind": _("Kind of violation"),
    "state": _("State of the record"),
    "scheme": _("Kind of the number"),
    "number": _("Number of the person or firm"),
    "country": _("Country of the number"),
    "name": _("Name of the person or firm"),
    "article": _("Article of the law"),
    "committed_on": _("Day of the violation"),
    "place": _("Place of the violation"),
    "declaration": _("Number of the declaration"),
    "amount_tiyn": _("Amount in tiyn"),
    "decision_number": _("Number of the decision"),
    "decided_on": _("Day of the decision"),
    "appeal": _("Appeal against it"),
    "expires_on": _("Day on which it lapses"),
    "source": _("Kind of source"),
    "source_name": _("Name of the source"),
    "legal_basis": _("Legal basis for holding it"),
    "retain_until": _("Last day on which it may be kept"),
    "recorded_at": _("Moment of recording"),
}
MESSAGE_KINDS: Final[Mapping[str, str]] = {
    "violation": _("Violation"),
    "decision": _("Decision"),
}
CONDITIONS: Final[Mapping[str, str]] = {
    "well": _("In order"),
    "off": _("Switched off"),
    "waits": _("Messages wait"),
    "fails": _("Does not answer"),
    "dead": _("Needs you"),
    "keys": _("No valid key"),
}
ANSWERS: Final[Mapping[str, str]] = {
    "told": _("Told"),
    "nothing": _("Nothing to tell"),
    "refused": _("Refused"),
}
