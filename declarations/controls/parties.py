"""Boxes 2, 8, 9, 14, 50 and 54: who takes part, and the customs broker."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import CONSIGNMENT, ROOT, SHIPMENT
from declarations.identifiers import is_bin, is_iin
from declarations.model import Declaration, Party

NATIONAL_SCHEMES: Final = frozenset({"BIN", "IIN"})
REGISTRY_FORM: Final = re.compile(r"(?=.*[0-9])[0-9A-Za-zА-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі№/. -]{3,25}")
DECISION_257: Final = "EEC Decision 257"
SINCE: Final = date(2011, 1, 1)


def _parties(declaration: Declaration) -> Iterator[tuple[str, str, Party]]:
    """Yield path, box and party of everyone named; who is the declarant again is not repeated."""
    declarant, shipment = declaration.declarant, declaration.shipment
    yield f"{ROOT}/Declarant", "14", declarant
    if declaration.agent is not None:
        yield f"{ROOT}/Agent/Party", "54", declaration.agent.party
    carrier = shipment.consignment.carrier if shipment.consignment is not None else None
    others = (
        (f"{SHIPMENT}/Exporter/Party", "2", shipment.exporter),
        (f"{SHIPMENT}/Importer/Party", "8", shipment.importer),
        (f"{SHIPMENT}/Payer/Party", "9", shipment.payer),
        (f"{CONSIGNMENT}/Carrier/Party", "50", carrier),
    )
    for path, box, party in others:
        if party is not None and party is not declarant:
            yield path, box, party


@control("C-201", box="14", source=f"{DECISION_257}, box 14", since=SINCE)
def declarant_gives_a_number(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The declarant of an import or export must give its BIN or IIN."""
    identifier = declaration.declarant.identifier
    if declaration.type_code != "TT" and (identifier is None or identifier.scheme not in NATIONAL_SCHEMES):
        yield Place(f"{ROOT}/Declarant/ID", params={"name": declaration.declarant.name})


@control("C-202", box="14", source="Rules on forming identification numbers of Kazakhstan", since=SINCE)
def bins_are_well_formed(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A BIN must have twelve digits, a fifth digit of 4, 5 or 6, and the right check digit."""
    return _wrong_numbers(declaration, "BIN", is_bin)


@control("C-203", box="14", source="Rules on forming identification numbers of Kazakhstan", since=SINCE)
def iins_are_well_formed(declaration: Declaration, context: Context) -> Iterator[Place]:
    """An IIN must have twelve digits, begin with a date of birth, and have the right check digit."""
    yield from _wrong_numbers(declaration, "IIN", is_iin)
    number = declaration.signatory.iin
    if number is not None and not is_iin(number):
        yield Place(f"{ROOT}/Signatory/ID", params={"number": number}, box="54")


def _wrong_numbers(declaration: Declaration, scheme: str, right: Callable[[str], bool]) -> Iterator[Place]:
    for path, box, party in _parties(declaration):
        identifier = party.identifier
        if identifier is not None and identifier.scheme == scheme and not right(identifier.value):
            yield Place(f"{path}/ID", params={"number": identifier.value}, box=box)


@control("C-204", box="14", source="EEC Decision 378, annex 22 (countries)", since=SINCE)
def countries_of_addresses_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The country of a party's address must be in the classifier of countries."""
    countries = context.codes.countries_or_open
    for path, box, party in _parties(declaration):
        if party.address is not None and party.address.country not in countries:
            yield Place(f"{path}/Address/CountryCode", params={"code": party.address.country}, box=box)


@control("C-205", box="54", source="EAEU Customs Code, article 401", since=date(2018, 1, 1))
def broker_gives_a_number(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The customs broker must give its BIN or IIN."""
    agent = declaration.agent
    if agent is None:
        return
    identifier = agent.party.identifier
    if identifier is None or identifier.scheme not in NATIONAL_SCHEMES:
        yield Place(f"{ROOT}/Agent/Party/ID", params={"name": agent.party.name})


@control("C-206", box="54", source="EAEU Customs Code, article 405", since=date(2018, 1, 1))
def contract_of_the_broker_is_signed(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The contract with the customs broker must not be dated in the future."""
    agent = declaration.agent
    if agent is not None and agent.contract_date > context.today:
        params = {"contract": agent.contract_id, "date": agent.contract_date.isoformat()}
        yield Place(f"{ROOT}/Agent/ContractDate", params=params)


@control(
    "C-207",
    box="54",
    source="EAEU Customs Code, article 402 (register of customs representatives)",
    since=date(2018, 1, 1),
)
def registry_number_of_the_broker_is_well_formed(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The broker's number in the register must be 3 to 25 letters, digits, slashes and dashes, with a digit."""
    agent = declaration.agent
    if agent is not None and not REGISTRY_FORM.fullmatch(agent.registry_id):
        yield Place(f"{ROOT}/Agent/RegistryID", params={"number": agent.registry_id})


@control("C-208", box="54", source="EAEU Customs Code, article 401", since=date(2018, 1, 1))
def broker_is_not_the_declarant(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The customs broker must be someone other than the declarant."""
    agent, own = declaration.agent, declaration.declarant.identifier
    if agent is not None and own is not None and agent.party.identifier == own:
        yield Place(f"{ROOT}/Agent/Party/ID", params={"number": own.value})
