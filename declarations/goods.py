"""How a goods item is read: shapes of the schema's types inside it."""

from declarations import model
from declarations.reading import Leaf, Measure, Part, Same, Shape, amount, quantity
from declarations.values import code, day, decimal, text, whole, year

SECOND_RATE = Shape(
    model.SecondRate,
    {
        "OperatorCode": Leaf("operator", code),
        "TaxRateNumeric": Leaf("rate", decimal),
        "RateTypeCode": Leaf("rate_type", code),
    },
    {"RateCurrencyCode": Leaf("currency", code), "RateUnitCode": Leaf("unit", code)},
)
DUTY_TAX_FEE = Shape(
    model.DutyTaxFee,
    {"TypeCode": Leaf("type_code", text)},
    {
        "TaxBaseAmount": Measure("base_amount", amount),
        "TaxBaseQuantity": Measure("base_quantity", quantity),
        "TaxRateNumeric": Leaf("rate", decimal),
        "RateTypeCode": Leaf("rate_type", code),
        "RateCurrencyCode": Leaf("rate_currency", code),
        "RateUnitCode": Leaf("rate_unit", code),
        "SecondRate": Part("second_rate", SECOND_RATE),
        "PaymentAmount": Measure("payment", amount),
        "PaymentMethodCode": Leaf("payment_method", code),
    },
)
GOODS_VEHICLE = Shape(
    model.GoodsVehicle,
    {"ID": Leaf("vin", text)},
    {
        "MakeName": Leaf("make", text),
        "ModelName": Leaf("model", text),
        "ManufactureYear": Leaf("year", year),
        "EngineCapacityMeasure": Leaf("engine_capacity", decimal),
    },
)
GOODS_MEASURE = Shape(
    dict,
    {},
    {
        "GrossMassMeasure": Leaf("gross_mass_kg", decimal),
        "NetMassMeasure": Leaf("net_mass_kg", decimal),
        "NetNetWeightMeasure": Leaf("net_net_mass_kg", decimal),
        "TariffQuantity": Measure("tariff_quantity", quantity),
        "AdditionalQuantity": Measure("additional_quantities", quantity, repeats=True),
    },
)
COMMODITY = Shape(
    dict,
    {"Description": Leaf("description", text), "ClassificationID": Leaf("commodity_code", code)},
    {
        "AdditionalClassificationID": Leaf("additional_code", code),
        "ProhibitionFreeCode": Leaf("prohibition_free", code),
        "IntellectualPropertyCode": Leaf("intellectual_property", code),
        "TradeMarkName": Leaf("trade_mark", text),
        "ModelName": Leaf("model", text),
        "ManufacturerName": Leaf("manufacturer", text),
        "GoodsMeasure": Same(GOODS_MEASURE),
        "ItemChargeAmount": Measure("price", amount),
        "DutyTaxFee": Part("duty_tax_fees", DUTY_TAX_FEE, repeats=True),
        "Vehicle": Part("vehicles", GOODS_VEHICLE, repeats=True),
    },
)
PREFERENCE = Shape(
    model.PreferenceCode,
    {
        "FeeCode": Leaf("fee", code),
        "DutyCode": Leaf("duty", code),
        "ExciseCode": Leaf("excise", code),
        "VATCode": Leaf("vat", code),
    },
    {},
)
CHARGE = Shape(
    model.ChargeDeduction, {"ChargesTypeCode": Leaf("type_code", text)}, {"Amount": Measure("amount", amount)}
)
VALUATION = Shape(
    dict,
    {"MethodCode": Leaf("valuation_method", code)},
    {"ChargeDeduction": Part("charges", CHARGE, repeats=True)},
)
PROCEDURE = Shape(
    model.Procedure,
    {
        "CurrentCode": Leaf("current", code),
        "PreviousCode": Leaf("previous", code),
        "FeatureCode": Leaf("feature", code),
    },
    {},
)
QUOTA = Shape(
    model.Quota,
    {"ID": Leaf("identifier", text)},
    {"Quantity": Measure("quantities", quantity, repeats=True), "Amount": Measure("amount", amount)},
)
PACKAGING = Shape(
    model.Packaging,
    {"TypeCode": Leaf("type_code", code)},
    {"Quantity": Leaf("quantity", whole), "MarksNumbersID": Leaf("marks", text)},
)
PREVIOUS_DOCUMENT = Shape(
    model.PreviousDocument,
    {},
    {
        "TypeCode": Leaf("type_code", code),
        "ID": Leaf("identifier", text),
        "IssueDate": Leaf("issue_date", day),
        "LineNumeric": Leaf("line", whole),
    },
)
DOCUMENT = Shape(
    model.AdditionalDocument,
    {"TypeCode": Leaf("type_code", code), "ID": Leaf("identifier", text)},
    {
        "IssueDate": Leaf("issue_date", day),
        "ExpirationDate": Leaf("expiration_date", day),
        "IssuerName": Leaf("issuer", text),
        "CountryCode": Leaf("country", code),
        "PresentationCode": Leaf("presentation", code),
        "AttachmentID": Leaf("attachment", text),
    },
)
STATEMENT = Shape(
    model.AdditionalInformation,
    {},
    {"StatementCode": Leaf("code", text), "StatementDescription": Leaf("description", text)},
)
GOODS_ITEM = Shape(
    model.GoodsItem,
    {"SequenceNumeric": Leaf("sequence", whole)},
    {
        "Commodity": Same(COMMODITY),
        "PreferenceCode": Part("preference", PREFERENCE),
        "CustomsValuation": Same(VALUATION),
        "CustomsValueAmount": Measure("customs_value", amount),
        "StatisticalValueAmount": Measure("statistical_value", amount),
        "GovernmentProcedure": Part("procedure", PROCEDURE),
        "OriginCountryCode": Leaf("origin_country", code),
        "PreferentialOriginCountryCode": Leaf("preferential_origin_country", code),
        "Quota": Part("quota", QUOTA),
        "PackageQuantity": Leaf("package_quantity", whole),
        "PackagePresenceCode": Leaf("package_presence", code),
        "Packaging": Part("packagings", PACKAGING, repeats=True),
        "TransportEquipmentID": Leaf("containers", text, repeats=True),
        "PreviousDocument": Part("previous_documents", PREVIOUS_DOCUMENT, repeats=True),
        "AdditionalDocument": Part("documents", DOCUMENT, repeats=True),
        "AdditionalInformation": Part("statements", STATEMENT, repeats=True),
    },
)
