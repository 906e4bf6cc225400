"""Spoilt declarations, each wrong in one way: all are refused by name, and nothing of them is kept."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

import offices
import pki
import pytest
from builders import declaration_xml, export_xml, insert, mutate
from cast import PARTICIPANTS, PERSONS
from sqlalchemy import func, select

from declarations import store as declarations_store
from declarations.errors import DeclarationRefused, NotAnOriginal, NotAuthorised
from interop import store as outbox
from portal.database import reading, writing
from portal.errors import DuplicateReference, SenderNotParty
from portal.pipeline import lodge
from portal.stages import Lodged
from signing import errors as signing
from signing import store as journal
from signing.authority import DemoAuthority
from signing.signer import SigningKey, sign
from signing.usages import ORGANISATION

ANNA = PERSONS["anna"]
ALTYN, QORGAN, KASPI = (PARTICIPANTS[key].identifier for key in ("altyn", "qorgan", "kaspi"))
NUMBER = "20201/231126/0000001"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Make = Callable[[], bytes]


# --- ways to spoil a declaration ------------------------------------------------------------------------------------


def made(**changes: object) -> Make:
    return lambda: declaration_xml(**changes)


def put(xpath: str, value: str | None, **changes: object) -> Make:
    """Return a maker of the declaration with another text at `xpath`; None takes the element out."""
    return lambda: mutate(declaration_xml(**changes), xpath, value)


def after(xpath: str, fragment: str, **changes: object) -> Make:
    return lambda: insert(declaration_xml(**changes), xpath, fragment)


def before(xpath: str, fragment: str, **changes: object) -> Make:
    return lambda: insert(declaration_xml(**changes), xpath, fragment, before=True)


def duty(rate: str, amount: str, **changes: object) -> Make:
    return made(fees=[{"type": "2010", "base": "650125.00", "rate": rate, "amount": amount}], **changes)


def document(**changes: str) -> Make:
    return made(documents=[{"type": "04021", "id": "INV-1", "date": "2026-11-12", **changes}])


# Declarations that Anna signs: what is wrong, (code, box) of every defect that must be named, how it is made.
DEFECTS: list[tuple[str, list[tuple[str, str | None]], Make]] = [
    # counts and sums
    ("box 5 counts two items for one", [("C-301", "5")], put("/Declaration/GoodsItemQuantity", "2")),
    ("box 5 counts one item for two", [("C-301", "5")], put("/Declaration/GoodsItemQuantity", "1", items=2)),
    ("box 6 has one package too many", [("C-303", "6")], put("/Declaration/TotalPackageQuantity", "26")),
    ("box 6 has one package too few", [("C-303", "6")], put("/Declaration/TotalPackageQuantity", "24")),
    ("box 12 is one tiyn too high", [("C-304", "12")], put("/Declaration/CustomsValueAmount", "650125.01")),
    ("box 12 lacks the second item", [("C-304", "12")], put("/Declaration/CustomsValueAmount", "650125.00", items=2)),
    ("box 12 is in dollars", [("C-307", "12")], put("/Declaration/CustomsValueAmount/@currencyID", "USD")),
    ("box 22 is one cent too low", [("C-305", "22")], put("/Declaration/InvoiceAmount", "1249.99")),
    ("box 22 lacks the second item", [("C-305", "22")], put("/Declaration/InvoiceAmount", "1250.00", items=2)),
    ("box 42 is one cent too high", [("C-305", "22"), ("C-401", "45")], put("//ItemChargeAmount", "1250.01")),
    (
        "box 42 is in another currency than box 22",
        [("C-306", "42")],
        put("/Declaration/InvoiceAmount/@currencyID", "EUR"),
    ),
    ("box 45 is two tiyn above price times rate", [("C-401", "45")], made(value="650125.02")),
    ("box 45 leaves out the freight", [("C-401", "45")], made(value="650125.00", charges=[("17", "9000.00")])),
    (
        "box 45 is in dollars",
        [("C-307", "45")],
        put("//GovernmentAgencyGoodsItem/CustomsValueAmount/@currencyID", "USD"),
    ),
    ("freight is taken off the price", [("C-408", "45")], made(charges=[("17", "-9000.00")])),
    ("box 46 is in euros", [("C-308", "46")], put("//StatisticalValueAmount/@currencyID", "EUR")),
    ("items are numbered 1 and 3", [("C-302", "32")], made(items=[{}, {"sequence": 3}])),
    # masses and quantities
    ("net is a gram above gross", [("C-309", "38")], made(gross="150.000", net="150.001")),
    ("net of the second item is above gross", [("C-309", "38")], made(items=[{}, {"net": "760.001"}])),
    ("lamps come without the pieces that are demanded", [("C-504", "41")], made(quantity=None)),
    ("lamps are measured in kilograms", [("C-504", "41")], made(unit="166")),
    # rates
    ("the dollar's rate was never published", [("C-402", "23")], made(rate="500.00")),
    ("the rate is of tomorrow", [("C-405", "23")], made(rate_date="2026-11-25")),
    ("the price is in dollars and no rate is given", [("C-403", "23")], put("/Declaration/CurrencyExchange", None)),
    # codes that do not exist
    ("commodity of chapter 77", [("C-502", "33")], made(code="7701000000")),
    ("commodity of nine digits", [("C-501", "33")], made(code="853922900")),
    ("country of origin", [("C-601", "34")], put("//GovernmentAgencyGoodsItem/OriginCountryCode", "XX")),
    ("country of trade", [("C-602", "11")], put("//TradeCountryCode", "XX")),
    ("country of dispatch", [("C-602", "15a")], put("//ExportCountryCode", "XX")),
    ("country of destination", [("C-602", "17a")], put("//DestinationCountryCode", "XX")),
    ("country of the exporter", [("C-204", "2")], put("//Exporter/Party/Address/CountryCode", "ZZ")),
    (
        "currency of a second rate",
        [("C-603", "23")],
        after(
            "/Declaration/CurrencyExchange",
            "<CurrencyExchange><CurrencyTypeCode>ABC</CurrencyTypeCode><RateNumeric>1</RateNumeric></CurrencyExchange>",
        ),
    ),
    ("unit of measure", [("C-604", "41")], made(code="9401610000", unit="999")),
    ("kind of package", [("C-605", "31")], made(package_type="Q0")),
    ("preference", [("C-606", "36")], made(preference=("OO", "99", "-", "OO"))),
    ("procedure", [("C-607", "1"), ("C-607", "37")], made(procedure="41")),
    ("terms of delivery", [("C-701", "20")], made(incoterms="ABC")),
    ("mode of transport at the border", [("C-702", "25")], put("//BorderTransportMeans/ModeCode", "39")),
    ("mode of transport on departure", [("C-702", "26")], put("//DepartureTransportMeans/ModeCode", "39")),
    ("method of valuation", [("C-407", "43")], made(method="7")),
    ("customs office", [("C-109", "A")], made(office="99999")),
    ("kind of document", [("C-801", "44")], document(type="99999")),
    (
        "kind of payment",
        [("C-901", "47")],
        made(fees=[{"type": "7777", "base": "100.00", "rate": "10", "amount": "10.00"}]),
    ),
    # procedures
    ("an import under the export procedure", [("C-105", "1")], made(procedure="10")),
    ("a second item under another procedure", [("C-106", "37")], made(items=[{}, {"procedure": "53"}])),
    ("goods from a warehouse without its document", [("C-608", "40")], made(previous_procedure="70")),
    ("a re-import after nothing", [("C-609", "37")], made(procedure="60")),
    # numbers with check digits
    (
        "the exporter's BIN is twelve zeros",
        [("C-202", "2")],
        after("//Exporter/Party/Name", '<ID schemeID="BIN">000000000000</ID>'),
    ),
    (
        "the exporter's BIN has a wrong check digit",
        [("C-202", "2")],
        after("//Exporter/Party/Name", '<ID schemeID="BIN">150340012341</ID>'),
    ),
    (
        "the signatory's IIN has a wrong check digit",
        [("C-203", "54"), ("C-951", "54")],
        put("/Declaration/Signatory/ID", "850412450129"),
    ),
    ("a container's check digit", [("C-703", "31")], made(containers=["CSQU3054384"])),
    ("a container listed twice", [("C-705", "31")], made(containers=["CSQU3054383"] * 2)),
    ("a container, and box 19 says none", [("C-706", "19")], put("//ContainerCode", "0", containers=["CSQU3054383"])),
    # dates
    ("issued eleven minutes after it came in", [("C-108", "54")], made(issued_at="2026-11-24T10:11:00+05:00")),
    ("signed tomorrow", [("C-952", "54")], put("/Declaration/Signatory/SigningDate", "2026-11-25")),
    ("an invoice of tomorrow", [("C-802", "44")], document(date="2026-11-25")),
    ("a certificate that expired yesterday", [("C-803", "44")], document(expires="2026-11-23")),
    ("30 February, which no calendar has", [("S-008", "54")], put("/Declaration/Signatory/SigningDate", "2026-02-30")),
    # payments
    ("duty of 10 % where the tariff says 15 %", [("C-904", "47")], duty("10", "65012.50")),
    ("a line of duty that does not recompute", [("C-903", "47"), ("C-904", "47")], duty("15", "97518.00")),
    (
        "box B is not the sum of box 47",
        [("C-907", "B")],
        lambda: insert(
            duty("15", "97518.75")(),
            "/Declaration/Signatory",
            '<PaymentSummary><TypeCode>2010</TypeCode><Amount currencyID="KZT">97518.74</Amount></PaymentSummary>',
            before=True,
        ),
    ),
    # what kind of document it is
    ("a correction of nothing", [("C-101", "A")], made(function="4")),
    ("a withdrawal of nothing", [("C-101", "A")], made(function="1")),
    ("an original with a number", [("C-102", "A")], made(registration_number=NUMBER)),
    (
        "an original with amendments",
        [("C-103", None)],
        before("/Declaration/Signatory", "<Amendment><ChangeReasonCode>1</ChangeReasonCode></Amendment>"),
    ),
    ("a function code that does not exist", [("S-003", None)], made(function="7")),
    # signatory
    ("box 54 names Yerkin and Anna signed", [("C-951", "54")], made(signatory="yerkin")),
    # the form
    ("no trader's reference", [("S-001", None)], put("/Declaration/FunctionalReferenceID", None)),
    ("an amount in words", [("S-006", "22")], put("/Declaration/InvoiceAmount", "much")),
]


@pytest.fixture
def office(tmp_path):
    made = offices.office(tmp_path)
    yield made
    made.engine.dispose()


def kept(office):
    """Return all that recording a declaration would change."""
    with reading(office.engine) as connection:
        messages = connection.execute(select(func.count()).select_from(outbox.outbox)).scalar_one()
        serials = connection.execute(select(declarations_store.counter)).all()
        count = declarations_store.count_declarations(connection)
        return count, journal.read_leaves(connection), journal.lock_head(connection), messages, serials


def nothing():
    return 0, [], (0, b""), 0, []


def refused(office, data, sender=None):
    with pytest.raises(Exception) as caught:
        lodge(Lodged(data, office.clock.now(), sender), office)
    return caught.value


@pytest.mark.parametrize(("why", "expected", "make"), DEFECTS, ids=[row[0] for row in DEFECTS])
def test_a_spoilt_declaration_is_refused_naming_what_is_wrong_and_its_box(office, why, expected, make):
    error = refused(office, pki.sign_as("anna", make()))

    assert isinstance(error, DeclarationRefused), error
    assert sorted({(defect.code, defect.box or "") for defect in error.defects}) == sorted(
        (code, box or "") for code, box in expected
    )
    assert kept(office) == nothing()


# --- signatures, certificates and the right to sign -----------------------------------------------------------------


@cache
def import_by_anna() -> bytes:
    return pki.sign_as("anna", declaration_xml())


def signed(key: Callable[[], SigningKey], xml: Make = declaration_xml) -> Make:
    return lambda: sign(xml(), key(), pki.NOW)


def by(person: str, xml: Make = declaration_xml) -> Make:
    return lambda: pki.sign_as(person, xml())


def changed(old: str, new: str) -> Make:
    """Return a maker of Anna's signed declaration, changed afterwards."""

    def make() -> bytes:
        data = import_by_anna()
        assert old.encode() in data, old
        return data.replace(old.encode(), new.encode(), 1)

    return make


def rewritten(pattern: str, change: Callable[[re.Match[bytes]], bytes]) -> Make:
    def make() -> bytes:
        data, count = re.subn(pattern.encode(), change, import_by_anna(), count=1, flags=re.DOTALL)
        assert count == 1, pattern
        return data

    return make


def another_letter(match: re.Match[bytes]) -> bytes:
    """Return base64 that differs in its first letter."""
    return (b"B" if match[0][:1] == b"A" else b"A") + match[0][1:]


def anna_of(authority: Callable[[], DemoAuthority] = pki.authority, **certificate: object) -> Callable[[], SigningKey]:
    return lambda: authority().person(ANNA.name, ANNA.iin, ALTYN, "Altyn Dala Trade LLP", **certificate)


def nested() -> bytes:
    """Return the signed declaration inside a new one that nobody signed."""
    inner = re.sub(rb"<\?xml[^>]*\?>\s*", b"", import_by_anna())
    return b'<Declaration xmlns="urn:shekara:ccd:1" schemaVersion="1.0">%b</Declaration>' % inner


def and_another(match: re.Match[bytes]) -> bytes:
    return match[0] + re.sub(rb'(Id="|(?:URI|Target)="#)', rb"\1second-", match[0])


SIGNATURE = "<ds:Signature .*</ds:Signature>"

# What is wrong, the class and code of the refusal, how the signed document is made.
SIGNATURES: list[tuple[str, type[Exception], str, Make]] = [
    ("unsigned", signing.ProfileViolation, "signature.missing", declaration_xml),
    ("a digit of the price changed", signing.DigestMismatch, "signature.digest", changed(">1250.00<", ">1250.01<")),
    ("a letter of a name changed", signing.DigestMismatch, "signature.digest", changed("MERIDIAN", "MERIDIAM")),
    ("a space added", signing.DigestMismatch, "signature.digest", changed("<TypeCode>", " <TypeCode>")),
    ("the declarant replaced", signing.DigestMismatch, "signature.digest", changed(ALTYN, QORGAN)),
    (
        "an element taken out",
        signing.DigestMismatch,
        "signature.digest",
        rewritten("<PlaceName>.*?</PlaceName>", lambda match: b""),
    ),
    (
        "the time of signing changed",
        signing.DigestMismatch,
        "signature.digest",
        rewritten("(?<=<xades:SigningTime>)2026", lambda match: b"2025"),
    ),
    (
        "the digest changed",
        signing.SignatureInvalid,
        "signature.digest",
        rewritten("(?<=<ds:DigestValue>)[^<]*", another_letter),
    ),
    (
        "the signature's value changed",
        signing.SignatureInvalid,
        "signature.value",
        rewritten("(?<=<ds:SignatureValue>)[^<]*", another_letter),
    ),
    (
        "the signature put in twice",
        signing.ProfileViolation,
        "xml.identifier",
        rewritten(SIGNATURE, lambda match: match[0] * 2),
    ),
    ("a second signature", DeclarationRefused, "document.refused", rewritten(SIGNATURE, and_another)),
    ("the signed one wrapped in another", DeclarationRefused, "document.refused", nested),
    (
        "RSA with SHA-1",
        signing.AlgorithmForbidden,
        "signature.algorithm",
        changed("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    ),
    (
        "a shared secret for a signature",
        signing.AlgorithmForbidden,
        "signature.algorithm",
        changed(
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
        ),
    ),
    ("cut in the middle", signing.MalformedXml, "xml.malformed", lambda: import_by_anna()[:2000]),
    (
        "an entity declared",
        signing.ProfileViolation,
        "xml.doctype",
        lambda: import_by_anna().replace(b"<Declaration", b'<!DOCTYPE d [<!ENTITY e "1">]><Declaration', 1),
    ),
    (
        "certificate of a rogue root",
        signing.CertificateUntrusted,
        "certificate.untrusted",
        signed(anna_of(lambda: DemoAuthority.create(pki.NOW))),
    ),
    (
        "certificate expired an hour ago",
        signing.CertificateExpired,
        "certificate.expired",
        signed(anna_of(since=pki.NOW - DAY, until=pki.NOW - HOUR)),
    ),
    (
        "certificate valid from in an hour",
        signing.CertificateExpired,
        "certificate.not_yet_valid",
        signed(anna_of(since=pki.NOW + HOUR)),
    ),
    ("certificate not for signing", signing.SignerNotAuthorised, "certificate.usage", signed(anna_of(usages=()))),
    ("the office's own seal", signing.SignerNotAuthorised, "certificate.subject", signed(pki.office_key)),
    ("signed by another importer", NotAuthorised, "authority.wrong_signer", by("yerkin")),
    ("signed by an inspector", NotAuthorised, "authority.wrong_signer", by("dana")),
    (
        "signed for the firm without the right to",
        NotAuthorised,
        "authority.no_right_to_sign",
        signed(anna_of(usages=(ORGANISATION,))),
    ),
    (
        "a declarant without a number",
        NotAuthorised,
        "authority.declarant_unnumbered",
        by("anna", put("/Declaration/Declarant/ID", None)),
    ),
    (
        "a declarant's BIN with a wrong check digit",
        NotAuthorised,
        "authority.wrong_signer",
        by("anna", put("/Declaration/Declarant/ID", "150340012341")),
    ),
    (
        "signed by the broker, who is not named",
        NotAuthorised,
        "authority.agent_not_named",
        by("berik", made(signatory="berik")),
    ),
    (
        "signed by a broker without a power",
        NotAuthorised,
        "authority.no_power_of_attorney",
        by("berik", made(declarant="qorgan", agent="zhibek", signatory="berik")),
    ),
    (
        "a withdrawal of a registered declaration",
        NotAnOriginal,
        "document.not_original",
        by("anna", made(function="1", registration_number=NUMBER)),
    ),
]


@pytest.mark.parametrize(("why", "kind", "code", "make"), SIGNATURES, ids=[row[0] for row in SIGNATURES])
def test_a_document_that_is_not_duly_signed_is_refused_with_its_reason(office, why, kind, code, make):
    error = refused(office, make())

    assert isinstance(error, kind), error
    assert error.code == code
    for language in ("kk", "ru", "en"):
        assert "{" not in error.text(language)
    assert kept(office) == nothing()


POWERS = [
    ("expired yesterday", "authority.power_expired", {"valid_to": date(2026, 11, 23)}),
    ("begins tomorrow", "authority.power_not_yet_valid", {"valid_from": date(2026, 11, 25)}),
    ("revoked today", "authority.power_revoked", {"revoked_on": date(2026, 11, 24)}),
    ("revoked long ago", "authority.power_revoked", {"revoked_on": date(2026, 2, 1)}),
    ("for exports only", "authority.scope", {"scope": frozenset({"EX"})}),
]


@pytest.mark.parametrize(("why", "code", "changes"), POWERS, ids=[row[0] for row in POWERS])
def test_a_broker_whose_power_of_attorney_does_not_hold_is_refused(office, why, code, changes):
    with writing(office.engine) as connection:
        declarations_store.put_power(connection, offices.power("altyn", "zhibek", **changes))
        declarations_store.bump_revision(connection)

    error = refused(office, pki.sign_as("berik", declaration_xml(agent="zhibek", signatory="berik")))

    assert isinstance(error, NotAuthorised), error
    assert error.code == code
    assert "P-1" in error.text("kk")
    assert kept(office) == nothing()


@pytest.mark.parametrize("sender", [QORGAN, KASPI, "940240000021"])
def test_the_token_of_a_stranger_lodges_nothing(office, sender):
    error = refused(office, import_by_anna(), sender)

    assert isinstance(error, SenderNotParty)
    assert error.code == "sender.not_party"
    assert kept(office) == nothing()


AGAIN = [
    ("another price", by("anna", made(price="1260.00"))),
    ("another item more", by("anna", made(items=2))),
    ("the same, signed a second later", lambda: pki.sign_as("anna", declaration_xml(), pki.NOW + timedelta(seconds=1))),
    ("the same, with a line more at the end", lambda: import_by_anna() + b"\n"),
]


@pytest.mark.parametrize(("why", "make"), AGAIN, ids=[row[0] for row in AGAIN])
def test_a_reference_that_was_used_before_is_refused_for_other_bytes(office, why, make):
    first = lodge(Lodged(import_by_anna(), office.clock.now(), ALTYN), office)
    was = kept(office)

    error = refused(office, make(), ALTYN)

    assert isinstance(error, DuplicateReference), error
    assert error.params == {"reference": "ALTYN-2026-0001", "number": first.stored.registration_number}
    assert kept(office) == was
    assert was[0] == 1


def test_a_refusal_spends_neither_the_reference_nor_a_number(office):
    refused(office, pki.sign_as("anna", put("/Declaration/GoodsItemQuantity", "2")()))

    answer = lodge(Lodged(import_by_anna(), office.clock.now(), ALTYN), office)

    assert answer.stored.registration_number == "20201/241126/0000001"


def test_another_declarant_may_use_the_same_reference(office):
    lodge(Lodged(import_by_anna(), office.clock.now()), office)
    other = declaration_xml(declarant="qorgan", signatory="yerkin")

    answer = lodge(Lodged(pki.sign_as("yerkin", other), office.clock.now()), office)

    assert answer.stored.registration_number == "20201/241126/0000002"


@pytest.mark.parametrize(
    ("person", "xml"),
    [
        ("anna", declaration_xml),
        ("zarina", export_xml),
        ("berik", made(agent="zhibek", signatory="berik")),
    ],
    ids=["import", "export", "by a broker"],
)
def test_what_is_not_spoilt_is_accepted(office, person, xml):
    answer = lodge(Lodged(pki.sign_as(person, xml()), office.clock.now()), office)

    assert answer.stored.registration_number == "20201/241126/0000001"
    assert kept(office)[0] == 1


def test_there_are_at_least_sixty_spoilt_declarations():
    assert len(DEFECTS) + len(SIGNATURES) + len(POWERS) + len(AGAIN) >= 60
    names = [row[0] for row in (*DEFECTS, *SIGNATURES)]
    assert len(set(names)) == len(names)
