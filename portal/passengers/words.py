"""Words of travellers in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping
from typing import NamedTuple

from declarations.defects import phrase as phrase  # for the templates
from declarations.passengers.model import Carriage, Direction, DocumentKind, GoodsKind, Mode, MoneyKind, Stay
from portal.languages import marked as _
from portal.passengers.model import Result, Status
from risk_gateway.bases.violations.kinds import words_of
from risk_gateway.coded_facts import Suspicion


class Said(NamedTuple):
    """`title` heads the page, `lead` says what to do next, `tag` is what stands in a list, on its colour."""

    tag: str
    colour: str
    title: str
    lead: str


STATUSES: Mapping[str, Said] = {
    Status.READY: Said(
        _("May go"), "green", _("You may go"), _("Show this page to the inspector if you are asked to.")
    ),
    Status.INSPECTION: Said(
        _("To inspect"),
        "red",
        _("Go to the red corridor"),
        _("An inspector will look at your luggage. Have it ready, and show this page."),
    ),
    Status.PAYMENT_DUE: Said(
        _("To pay"),
        "yellow",
        _("Pay, then go through the red corridor"),
        _("You bring more than is free. Pay the customs receipt order, then show this page to the inspector."),
    ),
    Status.GOODS_DECLARATION: Said(
        _("Goods declaration"),
        "red",
        _("A goods declaration is needed"),
        _("Some goods are more than a traveller may bring. Show this page in the red corridor."),
    ),
    Status.LEFT: Said(_("Left"), "grey", _("You have passed customs"), _("Nothing more is to be done.")),
    Status.EXPIRED: Said(
        _("Expired"), "grey", _("This declaration has expired"), _("Declare anew before you cross the border.")
    ),
}
CORRIDORS: Mapping[str, str] = {"green": _("Green corridor"), "red": _("Red corridor")}
CHOICES: Mapping[str, str] = {
    "green": _("Green corridor: I have nothing to declare"),
    "red": _("Red corridor: I have something to declare"),
}
DIRECTIONS: Mapping[str, str] = {
    Direction.ENTRY: _("I come to Kazakhstan"),
    Direction.EXIT: _("I leave Kazakhstan"),
}
CROSSED: Mapping[str, str] = {Direction.ENTRY: _("came"), Direction.EXIT: _("left the country")}
MODES: Mapping[str, str] = {
    Mode.ROAD: _("By road"),
    Mode.RAIL: _("By train"),
    Mode.AIR: _("By air"),
    Mode.SEA: _("By ship"),
    Mode.FOOT: _("On foot"),
}
DOCUMENTS: Mapping[str, str] = {
    DocumentKind.PASSPORT: _("Passport"),
    DocumentKind.IDENTITY_CARD: _("Identity card"),
    DocumentKind.OTHER: _("Another document"),
}
CARRIAGES: Mapping[str, str] = {
    Carriage.ACCOMPANIED: _("With me"),
    Carriage.UNACCOMPANIED: _("It comes without me"),
    Carriage.PARCEL: _("By post"),
}
GOODS: Mapping[str, str] = {
    GoodsKind.GENERAL: _("Other goods"),
    GoodsKind.ALCOHOL: _("Alcohol"),
    GoodsKind.CIGARETTES: _("Cigarettes"),
    GoodsKind.CIGARS: _("Cigars"),
    GoodsKind.TOBACCO: _("Tobacco"),
}
MONEY: Mapping[str, str] = {
    MoneyKind.CASH: _("Cash"),
    MoneyKind.INSTRUMENT: _("Monetary instrument"),
}
STAYS: Mapping[str, str] = {Stay.TEMPORARY: _("For a time"), Stay.FOR_GOOD: _("For good")}
SUSPICIONS: Mapping[str, str] = {
    Suspicion.NERVOUS_BEHAVIOUR: _("Nervous behaviour"),
    Suspicion.CONTRADICTORY_ANSWERS: _("Answers that contradict each other"),
    Suspicion.UNUSUAL_LUGGAGE: _("Unusual luggage"),
    Suspicion.DOG_ALERT: _("A dog's alert"),
    Suspicion.SCANNER_IMAGE: _("Something on the scanner's image"),
    Suspicion.OPERATIVE_INFORMATION: _("Operative information"),
    Suspicion.OTHER_OBSERVATION: _("Another observation"),
}
RESULTS: Mapping[str, str] = {
    Result.AS_DECLARED: _("All is as declared"),
    Result.DIFFERS: _("It differs by mistake: no violation"),
    Result.UNDECLARED: _("Goods or money were not declared: a violation"),
    Result.SMUGGLING: _("Smuggling: a violation"),
}
RECEIPT: Mapping[str, str] = {
    "title": _("Customs receipt order"),
    "payer": _("Payer"),
    "post": _("Customs post"),
    "for": _("Declaration"),
    "made": _("Worked out"),
    "due": _("To pay by"),
    "code": _("Payment code"),
    "payer_number": _("Number of the payer"),
    "bank": _("Code for the bank"),
    "calculation": _("How it was worked out"),
    "total": _("To pay in all"),
    "open": _("Still open"),
    "paid": _("Paid in full"),
    "sealed": _("Sealed by customs"),
    "attached": _("The sealed original is inside this file."),
    "check": _("Show the code to the inspector"),
}


def violation(kind: str, language: str) -> str:
    """Return the words of a kind of violation."""
    return words_of(kind).into(language)
