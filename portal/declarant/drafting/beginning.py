"""What a new draft begins with: blank, from an earlier one, or from a declaration that was lodged."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct

from declarations.reference.codes import Codes
from declarations.writing import Content
from portal.access import Role
from portal.declarant.drafting.computing import (
    CURRENCY,
    DUTY_LINE,
    INVOICE,
    STATISTICAL,
    VALUE,
    Sums,
    completed,
    number,
    proposals_for_item,
)
from portal.declarant.drafting.form import Kind
from portal.views import SignedIn

ORIGINAL: Final = "9"
CORRECTION: Final = "4"
_PROCEDURE: Final = {Kind.IMPORT: "40", Kind.EXPORT: "10"}
_OF_ONE_LODGEMENT: Final = ("FunctionalReferenceID", "ID", "IssueDateTime", "Signatory/SigningDate")
_OF_ONE_DAY: Final = ("TotalPackageQuantity", VALUE, VALUE + CURRENCY, INVOICE)
_ROWS_OF_ONE_DAY: Final = ("CurrencyExchange[", "PaymentSummary[", "Amendment[")
_REMEMBERED: Final = ("DeclarationOfficeID", "LanguageCode", "Signatory/PositionName", "Signatory/PlaceName")


class Principal(Struct, frozen=True):
    """For whom a person may draft today, and declarations of which types."""

    identifier: str
    name: str
    types: frozenset[str]
    own: bool = False


def blank(
    kind: Kind, declarant: Principal, person: SignedIn, remembered: Mapping[str, str], reference: str, language: str
) -> Content:
    """Return what a new declaration of this kind begins with; `remembered` is what was written last."""
    fields = {
        "FunctionCode": ORIGINAL,
        "FunctionalReferenceID": reference,
        "TypeCode": kind.type_code,
        "LanguageCode": language,
        "Declarant/Name": declarant.name,
        "Declarant/ID": declarant.identifier,
        "Declarant/ID/@schemeID": "BIN",
        "Declarant/Address/CountryCode": "KZ",
        "GoodsShipment/Consignment/ContainerCode": "0",
    }
    if procedure := _PROCEDURE.get(kind):
        fields |= {"ProcedureCode": procedure, "GoodsShipment/Payer/SameAsDeclarant": "1"}
    if kind is Kind.IMPORT:
        fields |= {"GoodsShipment/Importer/SameAsDeclarant": "1", "GoodsShipment/DestinationCountryCode": "KZ"}
    if kind is Kind.EXPORT:
        fields |= {"GoodsShipment/Exporter/SameAsDeclarant": "1", "GoodsShipment/ExportCountryCode": "KZ"}
    fields |= {path: remembered[path] for path in _REMEMBERED if path in remembered and path != "LanguageCode"}
    fields |= _of_party("Declarant/", "Declarant/ID", declarant.identifier, remembered)
    return signed_by(Content(fields), person, declarant, remembered)


def signed_by(content: Content, person: SignedIn, declarant: Principal, remembered: Mapping[str, str]) -> Content:
    """Return the content with this person in box 54, and the person's firm as the broker of another's declaration."""
    fields = {path: value for path, value in content.fields.items() if path not in ("Signatory/Name", "Signatory/ID")}
    fields |= {"Signatory/Name": person.name, "Signatory/ID": person.iin}
    if declarant.own or person.role is not Role.BROKER:
        return Content({path: value for path, value in fields.items() if not path.startswith("Agent/")}, content.items)
    broker = person.organisation or ""
    if fields.get("Agent/Party/ID") != broker:
        fields = {path: value for path, value in fields.items() if not path.startswith("Agent/")}
        fields |= {
            "Agent/Party/Name": person.organisation_name or "",
            "Agent/Party/ID": broker,
            "Agent/Party/ID/@schemeID": "BIN",
            "Agent/Party/Address/CountryCode": "KZ",
            "Agent/FunctionCode": "2",
        }
        fields |= _of_party("Agent/", "Agent/Party/ID", broker, remembered)
    return Content(fields, content.items)


def copied(content: Content, reference: str) -> Content:
    """Return a new declaration like this one, without what belonged to the one lodgement and its day."""
    fields = {
        path: value
        for path, value in content.fields.items()
        if path not in (*_OF_ONE_LODGEMENT, *_OF_ONE_DAY) and not path.startswith(_ROWS_OF_ONE_DAY)
    }
    fields |= {"FunctionCode": ORIGINAL, "FunctionalReferenceID": reference}
    return Content(fields, [_without_values(item) for item in content.items])


def corrected(content: Content, registration_number: str, codes: Codes, now: datetime) -> Content:
    """Return the correction of a lodged declaration: all that it said, but what the portal would work out the same.

    So nothing changes unseen, and a price that is put right takes the sums that follow from it along.
    """
    fields = {
        path: value for path, value in content.fields.items() if not path.startswith(("Amendment[", "IssueDateTime"))
    }
    fields |= {"FunctionCode": CORRECTION, "ID": registration_number}
    fields.pop("Signatory/SigningDate", None)
    sums = Sums(content, codes)
    items = [_without_proposed(item, fields, sums, codes) for item in content.items]
    bare = {path: value for path, value in fields.items() if path not in _OF_ONE_DAY}
    proposed = completed(Content(bare, items), codes, now).fields
    kept = {
        path: fields[path] for path in _OF_ONE_DAY if path in fields and not _same(fields[path], proposed.get(path))
    }
    return Content({**bare, **kept}, items)


def _without_values(item: Mapping[str, str]) -> dict[str, str]:
    by_price = item.get("CustomsValuation/MethodCode", "1") == "1"
    computed = (STATISTICAL, *((VALUE,) if by_price else ()))
    return {
        path: value
        for path, value in item.items()
        if not path.startswith((*computed, DUTY_LINE)) and path != "SequenceNumeric"
    }


def _without_proposed(item: Mapping[str, str], fields: Mapping[str, str], sums: Sums, codes: Codes) -> dict[str, str]:
    left = dict(item)
    for path in (VALUE, STATISTICAL):
        rest = {each: value for each, value in left.items() if not each.startswith(path)}
        if _same(left.get(path), proposals_for_item(rest, fields, sums, codes).get(path)):
            left = rest
    return left


def _same(one: str | None, other: str | None) -> bool:
    first: Decimal | None = number(one)
    return one == other or (first is not None and first == number(other))


def _of_party(prefix: str, number_path: str, identifier: str, remembered: Mapping[str, str]) -> dict[str, str]:
    """Return what is remembered of a party, if it is the same one."""
    if remembered.get(number_path) != identifier:
        return {}
    return {path: value for path, value in remembered.items() if path.startswith(prefix)}
