"""Names of one are found alike in whatever letters, and of two are not; no score says who is who."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.names import generate, measure
from risk_gateway.bases.violations.names import comparable, score, similar
from risk_gateway.bases.violations.terms import terms_on

TODAY = date(2026, 12, 1)
NEARLY_ALIKE = {"two firms, one word and one look-alike", "two persons, similar surnames", "two persons, one surname"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Altyn Dala Trade LLP", "«Алтын Дала Трейд» ТОО"),
        ("Qorgan Import LLP", "ЖШС «Қорған Импорт»"),
        ("Qorgan Import LLP", "Корган-Импорт, ОсОО"),
        ("Tengri Export", "Теңрі Экспорт АҚ"),
        ("Zhibek Logistics", "Жібек Логистика"),
        ("Zhibek Logistics", "Jibek Logistics"),
        ("АлтынДала", "Dala Altyn"),
        ("Ерлан Жұмабаев", "Zhumabayev Yerlan"),
        ("Нұрсұлтан Әбішұлы", "Nursultan Abishuly"),
        ("Товарищество с ограниченной ответственностью «Каспий»", "Kaspiy LLP"),
        ("ÄLEM Şaruaşylyq", "Әлем Шаруашылық"),
    ],
)
def test_spellings_of_one_name_are_the_same(one: str, other: str) -> None:
    assert score(one, other) >= 95


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Altyn Dala Trade LLP", "Altyn Tau Trade LLP"),
        ("Kaspi Carrier LLP", "Kokshe Carrier LLP"),
        ("Жұмабаев Ерлан", "Жұмабаева Айгүл"),
        ("Shanghai Lighting Co., Ltd", "Beijing Lighting Co., Ltd"),
        ("", "Altyn"),
        ("!!!", "???"),
    ],
)
def test_names_of_two_are_not(one: str, other: str) -> None:
    assert score(one, other) < 82


def test_another_legal_form_is_a_little_less_alike() -> None:
    assert score("Altyn LLP", "Altyn JSC") < score("Altyn LLP", "Altyn") == 100


def test_an_initial_stands_for_a_name() -> None:
    assert score("Иванов И. И.", "Ivanov Ivan Ivanovich") >= 82


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_have_one_score_whichever_comes_first(one: str, other: str) -> None:
    assert 0 <= score(one, other) == score(other, one) <= 100


@given(st.text(max_size=60))
def test_a_name_is_as_alike_to_itself_as_can_be(name: str) -> None:
    assert score(name, name) == (100 if comparable(name).words else 0)


def test_the_most_similar_come_first_and_not_too_many() -> None:
    names = ["Altyn Tau", "Алтын Дала", "Nobody", "Altyn Dala LLP", "Altin Dalaa"]
    found = similar("Altyn Dala", names, 82, 2)
    assert [place for place, _ in found] == [1, 3]


def test_an_officer_is_asked_about_nearly_all_who_are_one_and_about_few_who_are_not() -> None:
    pairs = generate()
    assert (len(pairs), sum(pair.same for pair in pairs)) == (2_000, 1_000)
    precision, recall = measure(pairs, terms_on(TODAY).similar_score_min)
    assert recall >= 0.95
    assert precision >= 0.75
    asked = [pair for pair in pairs if not pair.same and score(pair.one, pair.other) >= 82]
    assert {pair.kind for pair in asked} <= NEARLY_ALIKE
