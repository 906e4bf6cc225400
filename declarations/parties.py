"""How parties and transport are read: shapes of the schema's types outside the goods items."""

from declarations import model
from declarations.reading import Leaf, Measure, Part, Shape, identifier
from declarations.values import code, day, text, whole

DECLARANT = model.Party(name="")  # stands for SameAsDeclarant until the declarant is known


def _party(same: bool = False, party: model.Party | None = None) -> model.Party:
    return DECLARANT if same or party is None else party


def _flag(value: str) -> bool:
    return value.strip() == "1"


ADDRESS = Shape(
    model.Address,
    {"CountryCode": Leaf("country", code)},
    {
        "CountrySubDivisionName": Leaf("region", text),
        "CityName": Leaf("city", text),
        "Line": Leaf("line", text),
        "PostcodeID": Leaf("postcode", text),
    },
)
PARTY = Shape(
    model.Party,
    {"Name": Leaf("name", text)},
    {
        "ID": Measure("identifier", identifier),
        "Address": Part("address", ADDRESS),
        "Phone": Leaf("phones", text, repeats=True),
        "Email": Leaf("emails", text, repeats=True),
        "IdentityDocumentID": Leaf("identity_document", text),
        "AEORegistryID": Leaf("aeo_registry_id", text),
    },
)
PARTY_REFERENCE = Shape(
    _party, {}, {"SameAsDeclarant": Measure("same", lambda element: True), "Party": Part("party", PARTY)}
)
VEHICLE = Shape(
    model.Vehicle,
    {"ID": Leaf("identifier", text)},
    {"CountryCode": Leaf("country", code), "TrailerID": Leaf("trailer", text)},
)
MEANS = Shape(
    model.TransportMeans,
    {},
    {
        "ModeCode": Leaf("mode", code),
        "RegistrationNationalityCode": Leaf("nationality", code),
        "Quantity": Leaf("quantity", whole),
        "Vehicle": Part("vehicles", VEHICLE, repeats=True),
    },
)
AGENT = Shape(
    model.Agent,
    {},
    {
        "Party": Part("party", PARTY),
        "FunctionCode": Leaf("function", code),
        "RegistryID": Leaf("registry_id", text),
        "ContractID": Leaf("contract_id", text),
        "ContractDate": Leaf("contract_date", day),
    },
)
SIGNATORY = Shape(
    model.Signatory,
    {"Name": Leaf("name", text)},
    {
        "ID": Leaf("iin", code),
        "PositionName": Leaf("position", text),
        "PlaceName": Leaf("place", text),
        "AuthorityDocumentID": Leaf("authority_document", text),
        "SigningDate": Leaf("signing_date", day),
    },
)
GOODS_LOCATION = Shape(
    model.GoodsLocation,
    {},
    {
        "TypeCode": Leaf("type_code", code),
        "OfficeID": Leaf("office", code),
        "ID": Leaf("identifier", text),
        "Name": Leaf("name", text),
        "Address": Part("address", ADDRESS),
    },
)
DESTINATION_OFFICE = Shape(
    model.DestinationOffice,
    {"ID": Leaf("office", code)},
    {"ControlZoneID": Leaf("control_zone", text), "LimitDate": Leaf("limit_date", day)},
)
EQUIPMENT = Shape(
    model.TransportEquipment,
    {"SequenceNumeric": Leaf("sequence", whole), "ID": Leaf("identifier", text)},
    {"TypeCode": Leaf("type_code", code), "SealID": Leaf("seals", text, repeats=True)},
)
TRANSHIPMENT = Shape(
    model.Transhipment,
    {"CountryCode": Leaf("country", code)},
    {
        "PlaceName": Leaf("place", text),
        "TransportMeans": Part("means", MEANS),
        "ContainerID": Leaf("containers", text, repeats=True),
    },
)
CONSIGNMENT = Shape(
    model.Consignment,
    {},
    {
        "ContainerCode": Leaf("container", _flag),
        "DepartureTransportMeans": Part("departure_means", MEANS),
        "BorderTransportMeans": Part("border_means", MEANS),
        "BorderOfficeID": Leaf("border_offices", code, repeats=True),
        "GoodsLocation": Part("goods_locations", GOODS_LOCATION, repeats=True),
        "Carrier": Part("carrier", PARTY_REFERENCE),
        "RoutingCountryCode": Leaf("routing_countries", code, repeats=True),
        "DestinationOffice": Part("destination_office", DESTINATION_OFFICE),
        "TransportEquipment": Part("equipment", EQUIPMENT, repeats=True),
        "Transhipment": Part("transhipments", TRANSHIPMENT, repeats=True),
    },
)
TRADE_TERMS = Shape(
    model.TradeTerms,
    {"ConditionCode": Leaf("condition", code)},
    {"LocationName": Leaf("location", text), "DeliveryKindCode": Leaf("delivery_kind", code)},
)
