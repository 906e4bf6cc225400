"""What a profile looks for is said in a sentence that an official reads without the catalog at hand."""

from datetime import date

import pytest
from msgspec.structs import replace
from refused_profiles import SOUND

from risk_gateway.catalog import FieldType, fields
from risk_gateway.conditions import parse
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.profiles import Area, Category, Profile
from risk_gateway.sentences import condition_sentence, sentence
from risk_gateway.words import LANGUAGES

TODAY = date(2026, 11, 24)
BEGINNINGS = {
    "imports": {"kk": "Импорт", "ru": "Ввоз", "en": "Imports"},
    "exports": {"kk": "Экспорт", "ru": "Вывоз", "en": "Exports"},
    "deliveries": {"kk": "Жеткізу", "ru": "Доставка", "en": "Deliveries"},
    "passengers": {"kk": "Жолаушылар", "ru": "Пассажиры", "en": "Passengers"},
    "audits": {"kk": "Шығарылғаннан кейінгі тексеру", "ru": "Проверка после выпуска", "en": "Audits"},
}
SAID = {
    "en": "Imports where the customs procedure is 40 (release for domestic consumption), the commodity code begins "
    "with 9401-9404 and the country of origin is CN (China), provided that the value against the usual lower bound "
    "is below 70 %.",
    "ru": "Ввоз: таможенная процедура — 40 (выпуск для внутреннего потребления), код товара начинается с 9401-9404 и "
    "страна происхождения — CN (Китай); условие: отношение стоимости к обычной нижней границе меньше 70 %.",
    "kk": "Импорт: кедендік рәсім — 40 (ішкі тұтыну үшін шығару), тауар коды мынадан басталады: 9401-9404 және шыққан "
    "елі — CN (Қытай); шарты: құнның әдеттегі төменгі шекке қатынасы мынадан аз: 70 %.",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_area_and_a_condition_make_one_sentence(language: str) -> None:
    assert sentence(SOUND, language, TODAY) == SAID[language]


@pytest.mark.parametrize("profile", shipped_profiles(), ids=lambda profile: profile.code)
def test_every_starter_profile_is_said_in_each_language(profile: Profile) -> None:
    told = {language: sentence(profile, language, TODAY) for language in LANGUAGES}
    assert len(set(told.values())) == 3
    for language, text in told.items():
        assert text.startswith(BEGINNINGS[profile.block][language])
        assert text.endswith(".")
        assert not set(text) & set("{}[]_"), text
        assert "None" not in text
        assert "  " not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(fields()))
def test_every_field_of_the_catalog_has_its_words(name: str, language: str) -> None:
    samples = {
        FieldType.TEXT: ("in", ["low" if fields()[name].codes == "category" else "40"]),
        FieldType.COMMODITY: ("prefix", ["84"]),
        FieldType.NUMBER: (">=", 2),
        FieldType.FLAG: ("is", True),
        FieldType.LIST: ("present", ["02"]),
    }
    op, value = samples[fields()[name].type]
    leaf = {"field": name, "op": op, "value": value}
    held, denied = (condition_sentence(parse(one), language, TODAY) for one in (leaf, {"not": leaf}))
    assert held
    assert held != denied


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"field": "usd_per_kg", "op": "<=", "value": "1.50"}, "the value per kilogram is at most 1.50 USD"),
        ({"not": {"field": "usd_per_kg", "op": "<=", "value": 5}}, "the value per kilogram is above 5 USD"),
        ({"field": "item_count", "op": "between", "value": [2, 15000]}, "the number of items is within 2 to 15 000"),
        (
            {"field": "dispatch_country", "op": "not_in", "value": ["CN", "RU"]},
            "the country of dispatch is not CN (China) or RU (Russia)",
        ),
        (
            {
                "not": {
                    "any": [
                        {"field": "container", "op": "is", "value": True},
                        {"field": "price_zero", "op": "is", "value": False},
                    ]
                }
            },
            "the goods are not in a container and the price is zero",
        ),
        (
            {
                "all": [
                    {"field": "price_zero", "op": "is", "value": True},
                    {"all": [{"field": "container", "op": "is", "value": True}]},
                ]
            },
            "the price is zero and the goods are in a container",
        ),
        (
            {
                "all": [
                    {"field": "price_zero", "op": "is", "value": True},
                    {
                        "any": [
                            {"field": "container", "op": "is", "value": True},
                            {"field": "quota_claimed", "op": "is", "value": True},
                        ]
                    },
                ]
            },
            "the price is zero and at least one of these holds (the goods are in a container or a quota is claimed)",
        ),
        (
            {"field": "documents", "op": "absent", "value": ["04021", "02"]},
            "the documents of the declaration include none of kind 04021 (commercial invoice) or 02*",
        ),
    ],
)
def test_opposites_groups_and_codes_read_plainly(condition: object, said: str) -> None:
    assert condition_sentence(parse(condition), "en", TODAY).replace("\u00a0", " ") == said


def test_russian_denies_each_code_and_writes_a_decimal_comma() -> None:
    leaf = {"field": "dispatch_country", "op": "not_in", "value": ["CN", "RU"]}
    assert condition_sentence(parse(leaf), "ru", TODAY) == "страна отправления — не CN (Китай) и не RU (Россия)"
    leaf = {"field": "usd_per_kg", "op": ">", "value": "0.5"}
    assert condition_sentence(parse(leaf), "ru", TODAY) == "стоимость килограмма больше 0,5 долл. США"


def test_exclusions_of_the_area_are_said() -> None:
    area = Area(commodities_excluded=("9401",), categories_excluded=(Category.LOW,))
    text = sentence(replace(SOUND, area=area), "en", TODAY)
    assert "the declarant's risk category is not low" in text
    assert "the commodity code does not begin with 9401" in text
