"""Who may lodge: every way to be refused, then the ways that are allowed."""

from datetime import date
from typing import Any

import builders
import pytest
from cast import PARTICIPANTS, PERSONS
from lxml import etree

from declarations import xml
from declarations.defects import LANGUAGES
from declarations.errors import NotAuthorised
from declarations.model import Declaration
from declarations.participants import OWN, POWER_OF_ATTORNEY, PowerOfAttorney, authority

TODAY = date(2026, 11, 24)
ALTYN, ZHIBEK, QORGAN = (PARTICIPANTS[key].identifier for key in ("altyn", "zhibek", "qorgan"))
ANNA, BERIK, YERKIN = (PERSONS[key].iin for key in ("anna", "berik", "yerkin"))


def declaration(**changes: Any) -> Declaration:
    return xml.read(etree.fromstring(builders.declaration_xml(**changes)))


def power(**changes: Any) -> PowerOfAttorney:
    usual = {
        "principal": ALTYN,
        "agent": ZHIBEK,
        "number": "ZL-2026/15",
        "valid_from": date(2026, 1, 15),
        "valid_to": date(2026, 12, 31),
        "scope": frozenset({"IM", "EX"}),
    }
    return PowerOfAttorney(**{**usual, **changes})


def refusal(
    document: Declaration, iin: str | None, organisation: str | None, *powers: PowerOfAttorney, may_sign: bool = True
):
    with pytest.raises(NotAuthorised) as refused:
        authority(document, iin, organisation, may_sign, powers, TODAY)
    for language in LANGUAGES:
        assert "{" not in refused.value.text(language)
    return refused.value


BY_BROKER = declaration(agent="zhibek", signatory="berik")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valid_to": date(2026, 11, 23)}, "authority.power_expired"),
        ({"valid_from": date(2026, 11, 25)}, "authority.power_not_yet_valid"),
        ({"revoked_on": date(2026, 11, 24)}, "authority.power_revoked"),
        ({"revoked_on": date(2026, 11, 1), "valid_to": date(2026, 11, 23)}, "authority.power_revoked"),
        ({"scope": frozenset({"EX"})}, "authority.scope"),
        ({"scope": frozenset()}, "authority.scope"),
        ({"principal": QORGAN}, "authority.no_power_of_attorney"),
        ({"agent": QORGAN}, "authority.no_power_of_attorney"),
    ],
)
def test_a_broker_s_power_must_hold_today_for_this_type_and_these_two(changes, code):
    assert refusal(BY_BROKER, BERIK, ZHIBEK, power(**changes)).code == code


def test_a_broker_without_any_power_is_refused():
    error = refusal(BY_BROKER, BERIK, ZHIBEK)

    assert error.code == "authority.no_power_of_attorney"
    assert error.params == {"declarant": ALTYN, "agent": ZHIBEK}


@pytest.mark.parametrize("changes", [{"valid_to": TODAY}, {"valid_from": TODAY}, {"revoked_on": date(2026, 11, 25)}])
def test_both_end_days_count_and_a_revocation_only_from_its_day(changes):
    given = power(**changes)

    granted = authority(BY_BROKER, BERIK, ZHIBEK, True, [given], TODAY)

    assert (granted.declarant, granted.agent, granted.basis) == (ALTYN, ZHIBEK, POWER_OF_ATTORNEY)
    assert granted.powers == (given,)


def test_one_good_power_among_bad_ones_suffices_and_the_nearest_bad_one_is_named():
    old, narrow = power(number="old", valid_to=date(2025, 12, 31)), power(number="narrow", scope=frozenset({"TT"}))

    assert authority(BY_BROKER, BERIK, ZHIBEK, True, [old, narrow, power()], TODAY).powers == (power(),)
    error = refusal(BY_BROKER, BERIK, ZHIBEK, narrow, old)
    assert (error.code, error.params["number"], error.params["scope"]) == ("authority.scope", "narrow", "TT")
    later = power(number="later", valid_to=date(2026, 11, 1))
    assert refusal(BY_BROKER, BERIK, ZHIBEK, later, old).params["number"] == "later"


def test_a_stranger_is_refused_whether_an_agent_is_named_or_not():
    assert refusal(declaration(), YERKIN, QORGAN, power()).code == "authority.wrong_signer"
    assert refusal(BY_BROKER, YERKIN, QORGAN, power()).code == "authority.wrong_signer"
    assert refusal(declaration(), YERKIN, None).code == "authority.wrong_signer"
    assert refusal(declaration(), None, None).code == "authority.wrong_signer"


def test_an_agent_with_a_power_must_be_named_in_the_declaration():
    assert refusal(declaration(), BERIK, ZHIBEK, power()).code == "authority.agent_not_named"


def test_an_agent_who_is_a_person_signs_for_himself_not_for_his_employer():
    document = xml.read(
        etree.fromstring(builders.mutate(builders.declaration_xml(agent="zhibek"), "//Agent/Party/ID", BERIK))
    )

    granted = authority(document, BERIK, None, False, [power(agent=BERIK)], TODAY)
    assert granted.agent == BERIK
    assert authority(document, BERIK, QORGAN, False, [power(agent=BERIK)], TODAY).agent == BERIK
    assert refusal(document, BERIK, None, power()).code == "authority.no_power_of_attorney"


def test_a_person_of_the_declarant_may_sign_though_an_agent_is_named():
    granted = authority(BY_BROKER, ANNA, ALTYN, True, [], TODAY)

    assert (granted.agent, granted.basis, granted.powers) == (None, OWN, ())


def test_the_declarant_signs_for_itself():
    granted = authority(declaration(), ANNA, ALTYN, True, [], TODAY)

    assert (granted.declarant, granted.agent, granted.basis) == (ALTYN, None, OWN)


def test_an_employee_without_the_right_to_sign_needs_a_power_from_the_firm():
    document = declaration()
    error = refusal(document, ANNA, ALTYN, power(), may_sign=False)
    assert (error.code, error.params) == ("authority.no_right_to_sign", {"signer": ANNA, "organisation": ALTYN})

    personal = power(agent=ANNA, number="P-1")
    granted = authority(document, ANNA, ALTYN, False, [power(), personal], TODAY)
    assert (granted.basis, granted.agent, granted.powers) == (POWER_OF_ATTORNEY, None, (personal,))
    lapsed = power(agent=ANNA, valid_to=date(2026, 11, 23))
    assert refusal(document, ANNA, ALTYN, lapsed, may_sign=False).code == "authority.power_expired"


def test_a_broker_s_employee_needs_the_right_to_sign_for_the_broker():
    assert refusal(BY_BROKER, BERIK, ZHIBEK, power(), may_sign=False).code == "authority.no_right_to_sign"

    employed = power(principal=ZHIBEK, agent=BERIK, number="E-9")
    granted = authority(BY_BROKER, BERIK, ZHIBEK, False, [power(), employed], TODAY)
    assert granted.powers == (power(), employed)


def test_a_sole_trader_signs_with_a_personal_certificate_and_an_employee_s_one_will_not_do():
    data = builders.mutate(builders.declaration_xml(), "/Declaration/Declarant/ID", ANNA)
    document = xml.read(etree.fromstring(builders.mutate(data, "/Declaration/Declarant/ID/@schemeID", "IIN")))

    assert authority(document, ANNA, None, False, [], TODAY).basis == OWN
    assert refusal(document, ANNA, QORGAN).code == "authority.wrong_signer"
    assert refusal(document, BERIK, None).code == "authority.wrong_signer"


def test_a_personal_certificate_does_not_sign_for_the_firm_that_employs_its_owner():
    assert refusal(declaration(), ANNA, None).code == "authority.wrong_signer"


def test_a_declarant_without_a_number_cannot_be_judged():
    document = xml.read(
        etree.fromstring(builders.mutate(builders.declaration_xml(), "/Declaration/Declarant/ID", None))
    )

    assert refusal(document, ANNA, ALTYN).code == "authority.declarant_unnumbered"
