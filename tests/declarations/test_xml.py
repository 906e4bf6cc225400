"""Reading: what the model says equals what the document says, element by element."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import msgspec
import pytest
from cast import PARTICIPANTS
from lxml import etree

from declarations import schema, xml
from declarations.errors import NotADeclaration
from declarations.goods import GOODS_ITEM
from declarations.grammar import Element, Rule, grammar
from declarations.model import Amount, Declaration, Quantity
from declarations.reading import NAMESPACE, Shape
from declarations.xml import DECLARATION, SHIPMENT

REAL = Path(__file__).parents[3] / "shared" / "data" / "declarations"
NAMES = {"d": NAMESPACE}


def read(data: bytes) -> Declaration:
    root = etree.fromstring(data)
    assert schema.validate(root) == ()
    return xml.read(root)


def real_documents() -> list[Any]:
    found = sorted(REAL.glob("*.xml"))
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=f"no real declarations in {REAL}"))]


@pytest.mark.parametrize("path", real_documents(), ids=lambda path: path.stem if path else "none")
def test_a_real_declaration_reads_back_to_the_cent(path):
    root = etree.parse(path).getroot()
    assert schema.validate(root) == ()

    declaration = xml.read(root)

    def texts(xpath: str) -> list[str]:
        return [" ".join(found.split()) for found in root.xpath(xpath, namespaces=NAMES)]

    item = "d:GoodsShipment/d:GovernmentAgencyGoodsItem"
    columns = {
        f"{item}/d:SequenceNumeric/text()": [str(each.sequence) for each in declaration.items],
        f"{item}/d:Commodity/d:Description/text()": [each.description for each in declaration.items],
        f"{item}/d:Commodity/d:ClassificationID/text()": [each.commodity_code for each in declaration.items],
        f"{item}/d:OriginCountryCode/text()": [
            each.origin_country for each in declaration.items if each.origin_country
        ],
        f"{item}/d:Commodity/d:GoodsMeasure/d:TariffQuantity/@unitCode": [
            each.tariff_quantity.unit for each in declaration.items if each.tariff_quantity
        ],
        f"{item}/d:Packaging/d:TypeCode/text()": [
            packaging.type_code for each in declaration.items for packaging in each.packagings
        ],
    }
    for xpath, expected in columns.items():
        assert texts(xpath) == expected
    numbers = {
        "d:Commodity/d:ItemChargeAmount": [each.price and each.price.value for each in declaration.items],
        "d:CustomsValueAmount": [each.customs_value and each.customs_value.value for each in declaration.items],
        "d:StatisticalValueAmount": [
            each.statistical_value and each.statistical_value.value for each in declaration.items
        ],
        "d:Commodity/d:GoodsMeasure/d:GrossMassMeasure": [each.gross_mass_kg for each in declaration.items],
        "d:Commodity/d:GoodsMeasure/d:NetMassMeasure": [each.net_mass_kg for each in declaration.items],
        "d:Commodity/d:GoodsMeasure/d:TariffQuantity": [
            each.tariff_quantity and each.tariff_quantity.value for each in declaration.items
        ],
        "d:PackageQuantity": [each.package_quantity for each in declaration.items],
    }
    for xpath, values in numbers.items():
        found = [element.xpath(f"string({xpath})", namespaces=NAMES) for element in root.xpath(item, namespaces=NAMES)]
        assert [Decimal(text) if text else None for text in found] == [
            None if value is None else Decimal(value) for value in values
        ]
    assert texts("d:CustomsValueAmount/text()") == [str(declaration.customs_value and declaration.customs_value.value)]
    assert texts("d:InvoiceAmount/@currencyID") == [declaration.invoice_amount and declaration.invoice_amount.currency]
    assert texts("d:CurrencyExchange/d:RateNumeric/text()") == [str(each.rate) for each in declaration.exchange_rates]
    assert texts("d:Signatory/d:ID/text()") == [declaration.signatory.iin]
    assert len(leaves_of(declaration)) >= sum(1 for element in root.iter() if len(element) == 0)


def leaves_of(value: Any) -> list[str]:
    """Return every value inside the model as text, structure left away."""
    if isinstance(value, msgspec.Struct):
        return [leaf for field in value.__struct_fields__ for leaf in leaves_of(getattr(value, field))]
    if isinstance(value, tuple):
        return [leaf for each in value for leaf in leaves_of(each)]
    if isinstance(value, datetime):
        return [value.isoformat()]
    return [] if value is None else [str(value)]


class Everything:
    """Builds a document with every element of the schema, repeated where it may be, each text as different as its
    type lets it be. `said` is what the model has to contain."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.number = 0

    def build(self, declared: Element) -> etree._Element:
        made = etree.Element(declared.tag, nsmap={None: NAMESPACE})
        if declared.rule is not None:
            made.text = self.value(declared.rule, declared.name)
        for name, attribute in declared.attributes.items():
            if name == "schemaVersion":
                made.set(name, "1.0")
            elif attribute.required:
                made.set(name, self.value(attribute.rule, name))
        children = declared.children[-1:] if declared.choice else declared.children
        for child in children:
            if not child.opaque:
                made.extend([self.build(child) for _ in range(min(child.occurs_max, 2))])
        return made

    def value(self, rule: Rule, name: str) -> str:
        self.number += 1
        text, said = self.text(rule, name)
        self.said.append(said)
        return text

    def text(self, rule: Rule, name: str) -> tuple[str, str]:
        number = self.number
        if rule.allowed:
            value = rule.allowed[number % len(rule.allowed)]
            return value, {"0": "False", "1": "True"}[value] if name == "ContainerCode" else value
        if rule.pattern is not None:
            value = BY_PATTERN[rule.pattern](number)
            return f" \n{value}\t", value
        if rule.length_max is not None:
            value = f"{name} {number}" if rule.length_max >= 50 else str(1000 + number)[-rule.length_max :]
            return f"\t{value} ", value
        if rule.base == "decimal":
            return f" {number}.5 ", f"{number}.5"
        if rule.base == "nonNegativeInteger":
            return f"+{number}", str(number)
        if rule.base == "date":
            day = date.fromordinal(date(2026, 1, 1).toordinal() + number).isoformat()
            return f"{day}+05:00", day
        if rule.base == "dateTime":
            return "2026-11-24T09:00:00", "2026-11-24T09:00:00+05:00"
        assert rule.base == "gYear"
        return f"{2000 + number % 26}Z", str(2000 + number % 26)


def letters(number: int) -> str:
    return chr(65 + number // 26 % 26) + chr(65 + number % 26)


BY_PATTERN = {
    "[0-9]{1}": lambda number: str(number % 10),
    "[0-9]{2}": lambda number: f"{number % 100:02d}",
    "[0-9]{3}": lambda number: f"{number % 1000:03d}",
    "[0-9]{4}": lambda number: f"{number:04d}",
    "[0-9]{5}": lambda number: f"{number:05d}",
    "[0-9]{12}": lambda number: f"{number:012d}",
    "[A-Z]{3}": lambda number: f"X{letters(number)}",
    "[0-9A-Z]{2}": lambda number: f"{letters(number)}",
    "[0-9A-Z]{3}": lambda number: f"{number % 1000:03d}",
    "[0-9A-ZА-Я]{2}": lambda number: f"Ы{number % 10}",
    "[0-9A-ZА-Я\\-]{1,2}": lambda number: f"{letters(number)}",
    "[A-Z]{2}|00": letters,
    "[A-Z]{2}|00|99": letters,
    "[0-9]{5}([0-9]{3})?": lambda number: f"{number:08d}",
    "[0-9]{4,10}": lambda number: f"{number:010d}",
    "[0-9]{5,8}/[0-9]{6}/[0-9A-ZА-Я]{5,7}(/[0-9]{2})?": lambda number: f"20201/241126/{number:07d}",
}


def test_every_element_of_the_schema_is_read_and_nothing_else():
    everything = Everything()
    root = everything.build(grammar())
    assert schema.validate(root) == ()
    assert len(everything.said) > 500

    declaration = xml.read(root)

    assert sorted(leaves_of(declaration)) == sorted(everything.said)
    assert fields_left_empty(declaration) == set()


def fields_left_empty(value: Any) -> set[str]:
    """Return the fields of the model that are None or () anywhere inside `value`."""
    if isinstance(value, tuple):
        return {name for each in value for name in fields_left_empty(each)}
    if not isinstance(value, msgspec.Struct):
        return set()
    found = set()
    for field in value.__struct_fields__:
        inner = getattr(value, field)
        found |= {f"{type(value).__name__}.{field}"} if inner in (None, ()) else fields_left_empty(inner)
    return found


def test_each_text_goes_to_the_field_of_its_name():
    """Free text of the complete document carries its element's name: a swapped pair of fields would show here."""
    declaration = xml.read(Everything().build(grammar()))
    shipment, item = declaration.shipment, declaration.items[1]
    consignment, address = shipment.consignment, declaration.declarant.address
    assert consignment is not None
    assert address is not None
    assert declaration.agent is not None
    assert item.quota is not None
    for text, name in {
        declaration.declarant.name: "Name",
        declaration.declarant.emails[1]: "Email",
        declaration.declarant.identity_document: "IdentityDocumentID",
        declaration.declarant.aeo_registry_id: "AEORegistryID",
        address.region: "CountrySubDivisionName",
        address.city: "CityName",
        address.line: "Line",
        declaration.agent.contract_id: "ContractID",
        declaration.signatory.name: "Name",
        declaration.signatory.position: "PositionName",
        declaration.signatory.place: "PlaceName",
        declaration.signatory.authority_document: "AuthorityDocumentID",
        declaration.payments[1].document: "DocumentID",
        declaration.deferred_payments[0].document: "DocumentID",
        declaration.guarantees[1].reference: "ReferenceID",
        declaration.amendments[0].pointers[1]: "Pointer",
        declaration.amendments[0].description: "StatementDescription",
        consignment.goods_locations[1].identifier: "ID",
        consignment.goods_locations[1].name: "Name",
        consignment.transhipments[0].place: "PlaceName",
        item.description: "Description",
        item.trade_mark: "TradeMarkName",
        item.model: "ModelName",
        item.manufacturer: "ManufacturerName",
        item.vehicles[1].make: "MakeName",
        item.vehicles[1].model: "ModelName",
        item.quota.identifier: "ID",
        item.packagings[0].marks: "MarksNumbersID",
        item.previous_documents[1].identifier: "ID",
        item.documents[1].identifier: "ID",
        item.documents[1].issuer: "IssuerName",
        item.documents[1].attachment: "AttachmentID",
        item.statements[1].description: "StatementDescription",
    }.items():
        assert str(text).rpartition(" ")[0] == name


def test_pairs_of_one_kind_are_not_swapped():
    data = builders.declaration_xml(
        procedure="40",
        previous_procedure="51",
        feature="123",
        preference=("A1", "B2", "C3", "D4"),
        charges=[("201", "10.00"), ("301", "-2.50")],
        documents=[{"type": "04021", "id": "7", "date": "2026-01-02", "expires": "2026-03-04"}],
        previous_documents=[{"type": "09999", "id": "8", "date": "2025-05-06", "line": "3"}],
        fees=[{"type": "2010", "base": "100.00", "rate": "15", "amount": "15.00", "method": "IU"}],
    )
    item = read(data).items[0]

    assert item.procedure is not None
    assert item.preference is not None
    assert (item.procedure.current, item.procedure.previous, item.procedure.feature) == ("40", "51", "123")
    assert (item.preference.fee, item.preference.duty, item.preference.excise, item.preference.vat) == (
        "A1",
        "B2",
        "C3",
        "D4",
    )
    assert [(charge.type_code, charge.amount.value) for charge in item.charges] == [
        ("201", Decimal("10.00")),
        ("301", Decimal("-2.50")),
    ]
    assert (item.documents[0].issue_date, item.documents[0].expiration_date) == (date(2026, 1, 2), date(2026, 3, 4))
    assert (item.previous_documents[0].issue_date, item.previous_documents[0].line) == (date(2025, 5, 6), 3)
    fee = item.duty_tax_fees[0]
    assert (fee.base_amount, fee.rate, fee.payment) == (
        Amount(Decimal("100.00"), "KZT"),
        Decimal("15"),
        Amount(Decimal("15.00"), "KZT"),
    )
    assert item.gross_mass_kg == Decimal("172.500")
    assert item.net_mass_kg == Decimal("150.000")
    assert item.tariff_quantity == Quantity(Decimal("5000"), "796")


def test_same_as_declarant_is_the_declarant_itself():
    data = builders.insert(
        builders.declaration_xml(), "//BorderTransportMeans", "<Carrier><SameAsDeclarant/></Carrier>"
    )
    declaration = read(data)
    consignment = declaration.shipment.consignment

    assert declaration.shipment.importer is declaration.declarant
    assert declaration.shipment.payer is declaration.declarant
    assert consignment is not None
    assert consignment.carrier is declaration.declarant
    assert declaration.shipment.exporter is not None
    assert declaration.shipment.exporter.name == "MERIDIAN LIGHTING CO LTD"


def test_white_space_collapses_as_the_schema_says_and_a_no_break_space_stays():
    data = builders.declaration_xml(description=" LED\n\t lamps,\u00a0 60 W ")

    assert read(data).items[0].description == "LED lamps,\u00a0 60 W"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-24T09:00:00", datetime(2026, 11, 24, 4, 0, tzinfo=UTC)),
        ("2026-11-24T09:00:00Z", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("2026-11-24T09:00:00.25+14:00", datetime(2026, 11, 23, 19, 0, 0, 250000, tzinfo=UTC)),
        ("2026-12-31T24:00:00", datetime(2026, 12, 31, 19, 0, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_kazakhstan_s(written, moment):
    data = builders.mutate(builders.declaration_xml(), "/Declaration/IssueDateTime", written)

    assert read(data).issued_at == moment


@pytest.mark.parametrize("written", ["2026-11-23", "2026-11-23Z", "2026-11-23+05:00"])
def test_a_date_may_carry_a_zone(written):
    data = builders.mutate(builders.declaration_xml(), "//RateDate", written)

    assert read(data).exchange_rates[0].rate_date == date(2026, 11, 23)


def test_amounts_are_exact():
    data = builders.mutate(builders.declaration_xml(), "/Declaration/InvoiceAmount", "123456789012345678.90")

    assert read(data).invoice_amount == Amount(Decimal("123456789012345678.90"), "USD")


def test_thousands_of_leading_zeros_are_still_a_number():
    data = builders.mutate(builders.declaration_xml(), "/Declaration/TotalPackageQuantity", "0" * 5000 + "25")

    assert read(data).total_package_quantity == 25


def test_a_signature_is_passed_over():
    signature = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature></Declaration>'

    assert read(builders.declaration_xml().replace(b"</Declaration>", signature)) == read(builders.declaration_xml())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"<ClassificationID>85", b"<ClassificationID>85<!-- -->"),
        lambda data: data.replace(b"<ClassificationID>85", b"<ClassificationID>85<?p?>"),
        lambda data: builders.mutate(data, "//Declarant", None),
        lambda data: builders.mutate(data, "//SequenceNumeric", "one"),
        lambda data: builders.mutate(data, "//RateDate", "yesterday"),
        lambda data: builders.mutate(data, "//InvoiceAmount", ""),
        lambda data: builders.mutate(data, "//InvoiceAmount/@currencyID", None),
        lambda data: builders.insert(data, "//OriginCountryCode", "<Colour>red</Colour>"),
        lambda data: builders.insert(data, "//Signatory", "<Signatory2/>"),
        lambda data: b"<Declaration/>",
    ],
)
def test_what_the_schema_would_refuse_is_never_read_as_something_else(spoil):
    with pytest.raises(NotADeclaration):
        xml.read(etree.fromstring(spoil(builders.declaration_xml())))


def test_no_part_of_the_schema_ends_in_a_name_that_may_follow_it():
    """What reading in document order rests on."""

    def check(declared: Element, following: set[str]) -> None:
        names = [child.name for child in declared.children]
        assert not following & set(names), (declared.name, following)
        for position, child in enumerate(declared.children):
            if child.children:
                after = {child.name, *names[position + 1 :], *(following if not child.choice else set())}
                check(child, after)

    check(grammar(), set())


def test_every_shape_follows_its_type_in_the_schema():
    """What is taken by position is required, single, plain and in this order; the rest is known by name, all of it."""
    compared = set()

    def compare(shape: Shape, declared: Element, also: frozenset[str] = frozenset()) -> None:
        compared.add(id(shape))
        count = len(shape.names)
        leading, others = declared.children[:count], declared.children[count:]
        assert shape.names == tuple(child.name for child in leading)
        assert all(
            (child.occurs_min, child.occurs_max) == (1, 1) and child.rule and not child.attributes for child in leading
        )
        assert set(shape.known) == {child.tag for child in others if not child.opaque} - also
        for child in others:
            if child.children:
                inner = shape.known[child.tag][2] if child.tag in shape.known else GOODS_ITEM
                if child.name == "GoodsShipment":
                    compare(SHIPMENT, child, frozenset({f"{{{NAMESPACE}}}GovernmentAgencyGoodsItem"}))
                else:
                    compare(getattr(inner, "__self__", inner), child)

    compare(DECLARATION, grammar())
    assert len(compared) == 35


def test_the_builders_make_what_they_say():
    many = read(builders.declaration_xml(7, agent="zhibek", signatory="berik", containers=["MSCU6639870"]))
    export = read(builders.export_xml())

    assert (many.goods_item_quantity, len(many.items)) == (7, 7)
    assert many.agent is not None
    assert many.agent.party.identifier is not None
    assert many.agent.party.identifier.value == PARTICIPANTS["zhibek"].identifier
    assert many.customs_value is not None
    assert many.customs_value.value == sum(item.customs_value.value for item in many.items if item.customs_value)
    assert many.invoice_amount is not None
    assert many.invoice_amount.value == sum(item.price.value for item in many.items if item.price)
    assert (export.type_code, export.procedure) == ("EX", "10")
    assert export.shipment.exporter is export.declarant
