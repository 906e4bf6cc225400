"""From a tree that the schema has accepted to the frozen model, in one pass."""

from typing import Any, Final

from lxml import etree
from msgspec import structs

from declarations import model
from declarations.errors import NotADeclaration
from declarations.goods import GOODS_ITEM
from declarations.parties import AGENT, CONSIGNMENT, DECLARANT, PARTY, PARTY_REFERENCE, SIGNATORY, TRADE_TERMS
from declarations.reading import NAMESPACE, Elements, Following, Leaf, Measure, Part, Shape, amount
from declarations.values import code, day, decimal, moment, text, whole

SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_ROOT: Final = f"{{{NAMESPACE}}}Declaration"
_ITEM: Final = f"{{{NAMESPACE}}}GovernmentAgencyGoodsItem"


def read(root: etree._Element) -> model.Declaration:
    """Return what the document says.

    `root` has passed `schema.validate` and holds no comments or processing instructions; a signature is passed over.
    Raises `NotADeclaration` where the tree proves otherwise.
    """
    if next(root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity), None) is not None:
        raise NotADeclaration("document.not_plain")
    rest: Elements = iter(root.iter())
    if next(rest).tag != _ROOT:
        raise NotADeclaration("document.not_valid", {"element": str(root.tag)})
    following: Following = None
    try:
        declaration, following = DECLARATION(rest)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, StopIteration) as error:
        raise NotADeclaration("document.not_valid", {"element": "Declaration"}) from error
    if following is not None and following.tag != SIGNATURE:
        raise NotADeclaration("document.not_valid", {"element": etree.QName(following).localname})
    return _declarant_resolved(declaration)


def _shipment(rest: Elements) -> tuple[model.GoodsShipment, Following]:
    values: dict[str, Any] = {}
    following = SHIPMENT.fill(values, rest)
    items = []
    while following is not None and following.tag == _ITEM:
        item, following = GOODS_ITEM(rest)
        items.append(item)
    return model.GoodsShipment(items=tuple(items), **values), following


def _declarant_resolved(declaration: model.Declaration) -> model.Declaration:
    shipment, declarant = declaration.shipment, declaration.declarant
    changes: dict[str, Any] = {
        field: declarant for field in ("exporter", "importer", "payer") if getattr(shipment, field) is DECLARANT
    }
    if shipment.consignment is not None and shipment.consignment.carrier is DECLARANT:
        changes["consignment"] = structs.replace(shipment.consignment, carrier=declarant)
    return structs.replace(declaration, shipment=structs.replace(shipment, **changes)) if changes else declaration


EXCHANGE = Shape(
    model.CurrencyExchange,
    {"CurrencyTypeCode": Leaf("currency", code), "RateNumeric": Leaf("rate", decimal)},
    {"UnitQuantity": Leaf("units", whole), "RateDate": Leaf("rate_date", day)},
)
PAYMENT_SUMMARY = Shape(
    model.PaymentSummary,
    {"TypeCode": Leaf("type_code", text)},
    {
        "Amount": Measure("amount", amount),
        "MethodCode": Leaf("method", code),
        "DocumentID": Leaf("document", text),
        "DocumentDate": Leaf("document_date", day),
        "PayerID": Leaf("payer", text),
    },
)
DEFERRED_PAYMENT = Shape(
    model.DeferredPayment,
    {"TypeCode": Leaf("type_code", text), "DocumentID": Leaf("document", text), "DueDate": Leaf("due_date", day)},
    {},
)
GUARANTEE = Shape(
    model.ObligationGuarantee,
    {"SecurityDetailsCode": Leaf("details_code", code)},
    {
        "Amount": Measure("amount", amount),
        "ReferenceID": Leaf("reference", text),
        "IssueDate": Leaf("issue_date", day),
    },
)
AMENDMENT = Shape(
    model.Amendment,
    {"ChangeReasonCode": Leaf("reason", code)},
    {"Pointer": Leaf("pointers", text, repeats=True), "StatementDescription": Leaf("description", text)},
)
SHIPMENT = Shape(
    dict,
    {},
    {
        "TransactionNatureCode": Leaf("transaction_nature", code),
        "TransactionFeatureCode": Leaf("transaction_feature", code),
        "TradeCountryCode": Leaf("trade_country", code),
        "ExportCountryCode": Leaf("export_country", code),
        "OriginCountryCode": Leaf("origin_country", code),
        "DestinationCountryCode": Leaf("destination_country", code),
        "Exporter": Part("exporter", PARTY_REFERENCE),
        "Importer": Part("importer", PARTY_REFERENCE),
        "Payer": Part("payer", PARTY_REFERENCE),
        "TradeTerms": Part("trade_terms", TRADE_TERMS),
        "Consignment": Part("consignment", CONSIGNMENT),
    },
)
DECLARATION = Shape(
    model.Declaration,
    {"FunctionCode": Leaf("function", code), "FunctionalReferenceID": Leaf("functional_reference_id", text)},
    {
        "ID": Leaf("registration_number", code),
        "IssueDateTime": Leaf("issued_at", moment),
        "TypeCode": Leaf("type_code", code),
        "ProcedureCode": Leaf("procedure", code),
        "FeatureCode": Leaf("feature", code),
        "TransitFeatureCode": Leaf("transit_feature", text),
        "TransitDirectionCode": Leaf("transit_direction", code),
        "LanguageCode": Leaf("language", code),
        "DeclarationOfficeID": Leaf("office", code),
        "LoadingListQuantity": Leaf("loading_list_quantity", whole),
        "GoodsItemQuantity": Leaf("goods_item_quantity", whole),
        "TotalPackageQuantity": Leaf("total_package_quantity", whole),
        "CustomsValueAmount": Measure("customs_value", amount),
        "InvoiceAmount": Measure("invoice_amount", amount),
        "CurrencyExchange": Part("exchange_rates", EXCHANGE, repeats=True),
        "Declarant": Part("declarant", PARTY),
        "Agent": Part("agent", AGENT),
        "GoodsShipment": Part("shipment", _shipment),
        "PaymentSummary": Part("payments", PAYMENT_SUMMARY, repeats=True),
        "DeferredPayment": Part("deferred_payments", DEFERRED_PAYMENT, repeats=True),
        "ObligationGuarantee": Part("guarantees", GUARANTEE, repeats=True),
        "Amendment": Part("amendments", AMENDMENT, repeats=True),
        "Signatory": Part("signatory", SIGNATORY),
    },
)
