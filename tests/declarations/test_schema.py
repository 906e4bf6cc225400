"""The schema's refusals: the right code, box, item and place, and never a word where libxml2 is content."""

import copy
import re
from collections.abc import Callable

import builders
import pytest
import xmlschema
from lxml import etree

from declarations import schema
from declarations.defects import LANGUAGES, Defect
from declarations.grammar import SCHEMA_FILE, Element, Rule, grammar
from declarations.refusal import broken, explain
from declarations.values import collapsed

ITEM = "/Declaration/GoodsShipment/GovernmentAgencyGoodsItem"
TWO = builders.declaration_xml(2, agent="zhibek", containers=["MSCU6639870"], charges=[("201", "10.00")])


def defects_of(xml: bytes) -> tuple[Defect, ...]:
    return schema.validate(etree.fromstring(xml))


def insertion(xpath: str, fragment: str) -> bytes:
    return builders.insert(TWO, xpath, fragment)


def mutation(xpath: str, value: str | None) -> bytes:
    return builders.mutate(TWO, xpath, value)


CASES = [
    (mutation("/Declaration/DeclarationOfficeID", None), "S-001", "A", None, "/Declaration/DeclarationOfficeID"),
    (mutation("//Signatory", None), "S-001", "54", None, "/Declaration/Signatory"),
    (mutation("//GovernmentAgencyGoodsItem", None), "S-001", None, None, f"{ITEM}[1]"),
    (mutation(f"{ITEM}[2]/Commodity/Description", None), "S-001", "31.1", 2, f"{ITEM}[2]/Commodity/Description"),
    (mutation("//Importer/SameAsDeclarant", None), "S-001", "8", None, "/Declaration/GoodsShipment/Importer/*"),
    (insertion("//TypeCode[.='IM']", "<Colour>red</Colour>"), "S-002", None, None, "/Declaration/Colour"),
    (insertion(f"{ITEM}[2]/Commodity", "<Price>1</Price>"), "S-002", None, 2, f"{ITEM}[2]/Price"),
    (insertion("//LanguageCode", "<ProcedureCode>40</ProcedureCode>"), "S-002", "1.2", None,
     "/Declaration/ProcedureCode[2]"),
    (mutation("/Declaration/TypeCode", "XX"), "S-003", "1.1", None, "/Declaration/TypeCode"),
    (mutation("/Declaration/FunctionCode", "7"), "S-003", None, None, "/Declaration/FunctionCode"),
    (mutation("//Importer/SameAsDeclarant", "2"), "S-003", "8", None,
     "/Declaration/GoodsShipment/Importer/SameAsDeclarant"),
    (mutation("//Declarant/ID/@schemeID", "INN"), "S-003", "14", None, "/Declaration/Declarant/ID/@schemeID"),
    (mutation(f"{ITEM}[1]/PackagePresenceCode", "9"), "S-003", "31.2", 1, f"{ITEM}[1]/PackagePresenceCode"),
    (mutation(f"{ITEM}[2]/Commodity/ClassificationID", "8539 22"), "S-004", "33.1", 2,
     f"{ITEM}[2]/Commodity/ClassificationID"),
    (mutation(f"{ITEM}[1]/OriginCountryCode", "CHN"), "S-004", "34", 1, f"{ITEM}[1]/OriginCountryCode"),
    (mutation("/Declaration/DeclarationOfficeID", "2020"), "S-004", "A", None, "/Declaration/DeclarationOfficeID"),
    (mutation("//Signatory/ID", "85041245012"), "S-004", "54", None, "/Declaration/Signatory/ID"),
    (mutation(f"{ITEM}[2]/GovernmentProcedure/CurrentCode", "4"), "S-004", "37", 2,
     f"{ITEM}[2]/GovernmentProcedure/CurrentCode"),
    (mutation(f"{ITEM}[1]/Commodity/ItemChargeAmount/@currencyID", "usd"), "S-004", "42", 1,
     f"{ITEM}[1]/Commodity/ItemChargeAmount/@currencyID"),
    (mutation(f"{ITEM}[2]/Commodity/GoodsMeasure/TariffQuantity/@unitCode", "шт."), "S-004", "41", 2,
     f"{ITEM}[2]/Commodity/GoodsMeasure/TariffQuantity/@unitCode"),
    (mutation("/Declaration/FunctionalReferenceID", "R" * 36), "S-005", None, None,
     "/Declaration/FunctionalReferenceID"),
    (mutation(f"{ITEM}[1]/Commodity/Description", "д" * 1001), "S-005", "31.1", 1, f"{ITEM}[1]/Commodity/Description"),
    (mutation("/Declaration/InvoiceAmount", "12,50"), "S-006", "22", None, "/Declaration/InvoiceAmount"),
    (mutation("/Declaration/InvoiceAmount", "12.505"), "S-006", "22", None, "/Declaration/InvoiceAmount"),
    (mutation("/Declaration/GoodsItemQuantity", "2.0"), "S-006", "5", None, "/Declaration/GoodsItemQuantity"),
    (mutation("//CurrencyExchange/RateNumeric", "520.1234567"), "S-006", "23", None,
     "/Declaration/CurrencyExchange[1]/RateNumeric"),
    (mutation(f"{ITEM}[2]/Commodity/GoodsMeasure/NetMassMeasure", "-1"), "S-007", "38", 2,
     f"{ITEM}[2]/Commodity/GoodsMeasure/NetMassMeasure"),
    (mutation("/Declaration/GoodsItemQuantity", "1000"), "S-007", "5", None, "/Declaration/GoodsItemQuantity"),
    (mutation("/Declaration/GoodsItemQuantity", "-1"), "S-007", "5", None, "/Declaration/GoodsItemQuantity"),
    (mutation("/Declaration/IssueDateTime", "24.11.2026 09:00"), "S-008", "54", None, "/Declaration/IssueDateTime"),
    (mutation("//Signatory/SigningDate", "2026-02-29"), "S-008", "54", None, "/Declaration/Signatory/SigningDate"),
    (mutation("//Agent/ContractDate", "2026-1-15"), "S-008", "14, 54", None, "/Declaration/Agent/ContractDate"),
    (mutation("/Declaration/InvoiceAmount/@currencyID", None), "S-009", "22", None,
     "/Declaration/InvoiceAmount/@currencyID"),
    (mutation("//Declarant/ID/@schemeID", None), "S-009", "14", None, "/Declaration/Declarant/ID/@schemeID"),
    (mutation("/Declaration/@schemaVersion", "2.0"), "S-010", None, None, "/Declaration/@schemaVersion"),
    (mutation("/Declaration/@schemaVersion", None), "S-010", None, None, "/Declaration/@schemaVersion"),
    (b"<Invoice/>", "S-010", None, None, "/*"),
    (TWO.replace(b"urn:shekara:ccd:1", b"urn:shekara:ccd:2"), "S-010", None, None, "/*"),
    (mutation("//Declarant/Name", " \n "), "S-011", "14", None, "/Declaration/Declarant/Name"),
    (mutation("/Declaration/InvoiceAmount", ""), "S-011", "22", None, "/Declaration/InvoiceAmount"),
    (insertion("//TradeTerms", "<TradeTerms><ConditionCode>FCA</ConditionCode></TradeTerms>"), "S-012", "20", None,
     "/Declaration/GoodsShipment/TradeTerms[2]"),
    (mutation("//Declarant/ID/@lang", "kk"), "S-013", "14", None, "/Declaration/Declarant/ID/@lang"),
    (TWO.replace(b"<GoodsShipment>", b"<GoodsShipment>words"), "S-014", None, None, "/Declaration/GoodsShipment"),
    (TWO.replace(b"<FunctionCode>9<", b"<FunctionCode><b/>9<", 1), "S-015", None, None, "/Declaration/FunctionCode"),
]  # fmt: skip


@pytest.mark.parametrize(("xml", "code", "box", "item", "xpath"), CASES, ids=[f"{c[1]} {c[4][-40:]}" for c in CASES])
def test_each_refusal_names_code_box_item_and_place(xml, code, box, item, xpath):
    (defect,) = defects_of(xml)

    assert (defect.code, defect.box, defect.item, defect.xpath) == (code, box, item, xpath)
    for language in LANGUAGES:
        assert "{" not in defect.text(language).replace("{urn:", "")


def test_what_is_expected_is_said_in_words():
    (wrong,) = defects_of(mutation("/Declaration/TypeCode", "XX"))
    (malformed,) = defects_of(mutation(f"{ITEM}[2]/Commodity/ClassificationID", "8539 22"))
    (misplaced,) = defects_of(insertion("//TypeCode[.='IM']", "<Colour>red</Colour>"))
    (money,) = defects_of(mutation("/Declaration/InvoiceAmount", "12,50"))

    assert "IM, EX, TT" in wrong.text("ru")
    assert "8539229000" in malformed.text("kk")
    assert "ProcedureCode" in misplaced.text("en")
    assert "at most 20 digits in all and 2 after the point" in money.text("en")


def test_a_long_wrong_value_is_shown_short():
    (defect,) = defects_of(mutation("/Declaration/DeclarationOfficeID", "2" * 500))

    assert len(defect.params["value"]) == 60


def test_all_defects_come_at_once_even_behind_a_misplaced_element():
    xml = builders.insert(TWO, "/Declaration/FunctionCode", "<Colour/>")
    xml = builders.mutate(xml, "//DeclarationOfficeID", "Almaty")
    xml = builders.mutate(xml, f"{ITEM}[1]/Commodity/ClassificationID", None)
    xml = builders.mutate(xml, f"{ITEM}[2]/Commodity/ClassificationID", "lamp")
    xml = builders.mutate(xml, f"{ITEM}[2]/OriginCountryCode", "China")
    xml = builders.mutate(xml, "//Signatory/SigningDate", "today")

    assert [(defect.code, defect.item) for defect in defects_of(xml)] == [
        ("S-002", None),
        ("S-004", None),
        ("S-001", 1),
        ("S-004", 2),
        ("S-004", 2),
        ("S-008", None),
    ]


def test_a_hundred_defects_are_shown_and_the_rest_counted():
    xml = builders.mutate(builders.declaration_xml(150), "//Commodity/ClassificationID", "x")

    defects = defects_of(xml)

    assert len(defects) == 101
    assert (defects[-1].code, defects[-1].params["count"]) == ("S-099", "50")
    assert defects[99].item == 100


def test_a_document_wrong_throughout_is_not_counted_to_its_end():
    xml = builders.mutate(builders.declaration_xml(505), "//Commodity/ClassificationID", "x")

    defects = defects_of(builders.mutate(xml, "//OriginCountryCode", "x"))

    assert (len(defects), defects[-1].params["count"]) == (101, "900+")


def test_absurdly_long_names_are_cut():
    (defect,) = defects_of(insertion("//TypeCode[.='IM']", f"<{'x' * 20000}/>"))

    assert len(defect.xpath) + len(defect.text("ru")) < 500


def test_an_element_of_another_namespace_is_not_taken_for_ours():
    xml = TWO.replace(b"<TypeCode>IM</TypeCode>", b'<TypeCode xmlns="">IM</TypeCode>')

    assert {defect.code for defect in defects_of(xml)} == {"S-001", "S-002"}


def test_a_prefixed_document_is_as_good_as_one_with_a_default_namespace():
    prefixed = (
        TWO.replace(b'xmlns="urn', b'xmlns:c="urn')
        .replace(b"<", b"<c:")
        .replace(b"<c:/", b"</c:")
        .replace(b"<c:?", b"<?")
    )

    assert defects_of(prefixed) == ()
    (defect,) = defects_of(prefixed.replace(b">IM<", b">XX<"))
    assert defect.xpath == "/Declaration/TypeCode"


def test_what_only_libxml2_refuses_is_still_refused_with_its_words():
    xml = TWO.replace(
        b"<Declaration ", b'<Declaration xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true" '
    )

    assert [defect.code for defect in defects_of(xml)] == ["S-098"]
    assert "nil" in defects_of(xml)[0].text("en")


@pytest.mark.parametrize("value", ["20260-11-24", "0001-01-01", "-2026-11-24", "1899-12-31"])
def test_a_date_that_no_calendar_here_holds_is_refused_though_the_schema_takes_it(value):
    xml = mutation(f"{ITEM}[1]/AdditionalDocument/IssueDate", value)

    (defect,) = defects_of(xml)

    assert defect.code == "S-008"
    assert (defect.box, defect.item, defect.xpath) == ("44", 1, f"{ITEM}[1]/AdditionalDocument[1]/IssueDate")
    assert value in defect.text("ru")


def test_comments_inside_values_do_not_change_the_judgement():
    xml = TWO.replace(b"<RateDate>2026-11-23<", b"<RateDate>2026-<!-- month -->11-23<")

    assert defects_of(xml) == ()


def test_what_stands_in_a_signature_is_none_of_the_schema_s_business():
    inside = b'<x xmlns="urn:shekara:ccd:1"><RateDate>-</RateDate></x>'
    signature = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">' + inside + b"</Signature></Declaration>"

    assert defects_of(TWO.replace(b"</Declaration>", signature)) == ()


VALUES = [
    "", " ", "x", "0", "-0", "-1", "+7", "7.", ".7", ".", "00012", "1e5", "12.50", "12.505", "1,5", "999", "1000",
    "9" * 25, "0." + "1" * 7, "100000000000000000000", "1.5000000000", "NaN", "KZ", "kz", "00", "99", "IM", "A1", "ИУ",
    "OO", "-", "12\u00a0", "\u0661\u0662", " 40 ", "2026", "2026Z", "26", "02026", "2026-11-24", "2026-11-24Z",
    "2026-11-24+05:00", "2026-11-24+15:00", "2026-02-30", "2026-11-24T09:00:00", "2026-11-24T24:00:00",
    "2026-11-24T24:00:01", "2026-11-24T09:60:00", "2026-11-24T09:00", "2026-11-24T09:00:60",
    "2026-11-24T09:00:00.123456789Z",
    "2026-11-24 09:00:00", "850412450128", "8539229000", "85392290001", "853", "20201", "20201/241126/0000001",
    "20201/241126/0000001/02", "d1", "1d", "д" * 17, "x" * 51, "x y" * 90, "x" * 1001,
]  # fmt: skip


def rules(element: Element, path: str = "") -> list[tuple[str, Rule]]:
    here = f"{path}/{element.name}"
    if element.rule is not None:
        return [(here, element.rule)]
    return [found for child in element.children for found in rules(child, here)]


def test_the_words_and_libxml2_agree_on_every_kind_of_value():
    """Each kind of value of the schema alone in a schema of its own, against values near every border."""
    seen: set[Rule] = set()
    for path, rule in rules(grammar()):
        if rule in seen or rule.fixed is not None:
            continue
        seen.add(rule)
        judge = etree.XMLSchema(alone(path))
        for value in VALUES:
            leaf = etree.Element("v")
            leaf.text = value
            if rule.base == "gYear" and re.fullmatch("1000|[0-9]{5,}", value):  # the schema's calendar is longer
                continue
            worded = broken(rule, collapsed(value))
            assert (worded is None) == judge.validate(leaf), (path, value, worded)
    assert len(seen) > 40


def alone(path: str) -> etree._Element:
    """Return a schema whose only element `v` has the type of the value at `path`."""
    xs = "{http://www.w3.org/2001/XMLSchema}"
    source = etree.parse(SCHEMA_FILE).getroot()
    named = {f"t:{node.get('name')}": node for node in source if node.get("name")}
    node = named[f"t:{path.split('/')[1]}"]
    for step in path.split("/")[2:]:
        body = named.get(node.get("type", ""), node)
        node = next(each for each in body.iter(f"{xs}element") if each.get("name") == step)
    kind = named.get(node.get("type", ""), node)
    extension = kind.find(f"{xs}simpleContent/{xs}extension")
    simple = source.findall(f"{xs}simpleType")
    outer = etree.fromstring(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t"><xs:element name="v"/></xs:schema>'
    )
    element = outer[0]
    if extension is not None:
        element.set("type", extension.get("base", ""))
    elif node.get("type"):
        element.set("type", node.get("type", ""))
    else:
        element.append(node.find(f"{xs}simpleType"))
    text = etree.tostring(outer).decode().replace(' xmlns:t="urn:t"', "").replace("t:", "")
    types = "".join(etree.tostring(each).decode() for each in simple)
    types = types.replace(' xmlns:t="urn:t"', "").replace(' xmlns:t="urn:shekara:ccd:1"', "").replace('"t:', '"')
    return etree.fromstring(text.replace("</xs:schema>", types + "</xs:schema>"))


def test_the_words_and_xmlschema_name_the_same_places():
    xml = builders.declaration_xml(3, agent="zhibek")
    spoilt = {
        f"{ITEM}[2]/Commodity/ClassificationID": "lamp",
        f"{ITEM}[3]/OriginCountryCode": "China",
        f"{ITEM}[3]/Commodity/GoodsMeasure/NetMassMeasure": "-3",
        "/Declaration/CustomsValueAmount": "1.234",
        "/Declaration/Agent/FunctionCode": "9",
        "/Declaration/Signatory/SigningDate": "2026-13-01",
    }
    for path, value in spoilt.items():
        xml = builders.mutate(xml, path, value)

    judged = xmlschema.XMLSchema(str(SCHEMA_FILE)).iter_errors(etree.fromstring(xml))
    theirs = {str(error.path).replace("{urn:shekara:ccd:1}", "").replace("c:", "") for error in judged}
    ours = {defect.xpath for defect in defects_of(xml)}

    assert ours == theirs == set(spoilt)


def removed(element: etree._Element) -> None:
    element.getparent().remove(element)


def doubled(element: etree._Element) -> None:
    element.addnext(copy.deepcopy(element))


def swapped(element: etree._Element) -> None:
    if element.getnext() is not None:
        element.getnext().addnext(element)


def renamed(element: etree._Element) -> None:
    element.tag = f"{{{builders.NAMESPACE}}}Colour"


def emptied(element: etree._Element) -> None:
    element.clear()


@pytest.mark.parametrize("spoil", [removed, doubled, swapped, renamed, emptied])
def test_the_words_and_libxml2_agree_wherever_the_structure_is_broken(spoil: Callable[[etree._Element], None]):
    judge = etree.XMLSchema(etree.parse(SCHEMA_FILE))
    whole = etree.fromstring(builders.declaration_xml(2, agent="zhibek", containers=["MSCU6639870"]))
    refused = 0
    for position in range(1, sum(1 for _ in whole.iter())):
        spoilt = copy.deepcopy(whole)
        spoil(list(spoilt.iter())[position])
        valid = judge.validate(spoilt)
        refused += not valid
        assert (explain(spoilt) == ()) == valid, etree.tostring(spoilt)
    assert refused > 20
