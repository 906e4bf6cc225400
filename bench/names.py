"""How well similar names are told apart: `python -m bench.names`.

2,000 pairs of generated names: half are of one firm or person, written by two people in different letters, order,
legal form and with typing errors; half are of two whose names have something in common. The spellings stand in a table
written by hand, not made by the code that is measured. Everything is fictitious; the seed is fixed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from risk_gateway.bases.violations.names import score
from risk_gateway.bases.violations.terms import Terms
from risk_gateway.dated import periods

PAIRS = 2_000
SEED = 20261201
LANGUAGES = ("kk", "ru", "en")
WORDS = [  # Kazakh, Russian, English, and another English spelling
    line.split()
    for line in """
    Алтын Алтын Altyn Altin
    Дала Дала Dala Dala
    Қорған Корган Qorgan Korgan
    Теңрі Тенгри Tengri Tengry
    Жібек Жибек Zhibek Jibek
    Жолы Жолы Zholy Joly
    Каспий Каспий Kaspiy Kaspii
    Байтерек Байтерек Baiterek Bayterek
    Самұрық Самрук Samruk Samruq
    Қазына Казына Kazyna Qazyna
    Шыңғыс Чингис Shyngys Chingis
    Хан Хан Khan Han
    Сарыарқа Сарыарка Saryarka Saryarqa
    Тұлпар Тулпар Tulpar Tulpar
    Бәйге Байге Baige Bayge
    Ақжол Акжол Akzhol Aqjol
    Көкше Кокше Kokshe Kokshe
    Тау Тау Tau Taw
    Өркен Оркен Orken Orken
    Үміт Умит Umit Umit
    Ұлы Улы Uly Uli
    Нұр Нур Nur Nur
    Жарық Жарык Zharyk Jaryq
    Әлем Алем Alem Alem
    Дәулет Даулет Daulet Dawlet
    Ынтымақ Ынтымак Yntymak Intymaq
    Еңбек Енбек Yenbek Enbek
    Шаңырақ Шанырак Shanyrak Shanyraq
    Қызғалдақ Кызгалдак Kyzgaldak Qyzgaldaq
    Сұңқар Сункар Sunkar Sunqar
    Ертіс Иртыш Irtysh Ertis
    Іле Или Ili Ile
    Тянь-Шань Тянь-Шань Tian-Shan Tien-Shan
    Восток Восток Vostok Wostok
    Север Север Sever Sewer
    Звезда Звезда Zvezda Swesda
    Меридиан Меридиан Meridian Meridian
    Горизонт Горизонт Gorizont Horizont
    Юпитер Юпитер Yupiter Jupiter
    Феникс Феникс Feniks Phoenix
    Шелк Шёлк Shelk Shyolk
    Чайка Чайка Chayka Chaika
    """.strip().splitlines()
]
GENERIC = [
    line.split()
    for line in """
    Трейд Трейд Trade Trading
    Импорт Импорт Import Import
    Экспорт Экспорт Export Export
    Логистика Логистика Logistics Logistic
    Құрылыс Строй Stroy Construction
    Сервис Сервис Service Service
    Групп Групп Group Group
    """.strip().splitlines()
]
FORMS = {
    "limited": {"kk": ["ЖШС"], "ru": ["ТОО", "ООО", "ОсОО"], "en": ["LLP", "LLC", "Ltd"]},
    "stock": {"kk": ["АҚ"], "ru": ["АО", "ОАО"], "en": ["JSC", "PLC"]},
    "sole": {"kk": ["ЖК"], "ru": ["ИП"], "en": ["IE"]},
}
SURNAMES = [
    line.split()
    for line in """
    Жұмабаев Жумабаев Zhumabayev Jumabaev
    Әбішев Абишев Abishev Abyshev
    Қасымов Касымов Kassymov Qasymov
    Сейітқали Сейткали Seitkali Seyitqali
    Нұрғалиев Нургалиев Nurgaliyev Nurgaliev
    Оспанов Оспанов Ospanov Ospanow
    Шәріпов Шарипов Sharipov Sharypov
    Иванов Иванов Ivanov Iwanow
    Щербаков Щербаков Shcherbakov Scherbakov
    Цой Цой Tsoy Tsoi
    """.strip().splitlines()
]
GIVEN = [
    line.split()
    for line in """
    Ерлан Ерлан Yerlan Erlan
    Айгүл Айгуль Aigul Aygul
    Нұрсұлтан Нурсултан Nursultan Nursultan
    Гүлнар Гульнар Gulnar Gulnar
    Тимур Тимур Timur Timour
    Сәуле Сауле Saule Sawle
    Юрий Юрий Yuriy Iurii
    Жанна Жанна Zhanna Janna
    """.strip().splitlines()
]
LOOKALIKES = [  # other words that differ in a letter or two: two firms, two persons
    [one.split() for one in line.split("/")]
    for line in """
    Алтын Алтын Altyn Altin / Алтай Алтай Altai Altay
    Дала Дала Dala Dala / Дана Дана Dana Dana
    Тұлпар Тулпар Tulpar Tulpar / Тайпар Тайпар Taipar Taypar
    Нұр Нур Nur Nur / Нұра Нура Nura Nura
    Сұңқар Сункар Sunkar Sunqar / Самғар Самгар Samgar Samghar
    Қазына Казына Kazyna Qazyna / Қазыбек Казыбек Kazybek Qazybek
    Ақжол Акжол Akzhol Aqjol / Ақсай Аксай Aksai Aqsay
    Жібек Жибек Zhibek Jibek / Жетібек Жетибек Zhetibek Jetibek
    Звезда Звезда Zvezda Swesda / Звено Звено Zveno Sweno
    Меридиан Меридиан Meridian Meridian / Медиан Медиан Median Median
    """.strip().splitlines()
]
OTHER_SURNAMES = [
    [one.split() for one in line.split("/")]
    for line in """
    Жұмабаев Жумабаев Zhumabayev Jumabaev / Жүнісбаев Жунусбаев Zhunusbayev Junisbaev
    Оспанов Оспанов Ospanov Ospanow / Османов Османов Osmanov Osmanow
    Қасымов Касымов Kassymov Qasymov / Қасенов Касенов Kassenov Qasenow
    Иванов Иванов Ivanov Iwanow / Ивановский Ивановский Ivanovskiy Iwanowsky
    """.strip().splitlines()
]
LETTERS = {"kk": "аәбгдежзиклмнопрст", "ru": "абвгдежзиклмнопрст", "en": "abdegiklmnoprstuvz"}


@dataclass(frozen=True)
class Pair:
    """Two names, whether they are of one, and what was done to the second, or what two have in common."""

    one: str
    other: str
    same: bool
    kind: str


def generate(count: int = PAIRS, seed: int = SEED) -> list[Pair]:
    """Return so many pairs, half of them the same, in an order that says nothing."""
    chance = random.Random(seed)
    kinds: tuple[Callable[[random.Random, bool], Pair], ...] = (_firms, _firms, _firms, _persons)
    pairs = [chance.choice(kinds)(chance, number % 2 == 0) for number in range(count)]
    chance.shuffle(pairs)
    return pairs


def _firms(chance: random.Random, same: bool) -> Pair:
    words = chance.sample(WORDS, 2)
    generic = chance.choice(GENERIC)
    form = chance.choice(list(FORMS))
    others, kind = words, ""
    if not same:
        words, others, kind = _two_firms(chance, words)
    chance.shuffle(others := list(others))
    said = [*words, generic] if chance.random() < 0.7 else words
    said_otherwise = [*others, generic] if generic in said and chance.random() < 0.8 else others
    one = _written(chance, said, form)
    other = _written(chance, said_otherwise, form if chance.random() < 0.9 else "")
    return _spoilt(chance, one, other, f"two firms, {kind}" if kind else "")


def _two_firms(chance: random.Random, words: list[list[str]]) -> tuple[list[list[str]], list[list[str]], str]:
    """Return the words of two firms, and what they have in common."""
    apart = [each for each in WORDS if each not in words]
    drawn = chance.random()
    if drawn < 0.4:
        like, unlike = chance.choice(LOOKALIKES)
        return [words[0], like], [words[0], unlike], "one word and one look-alike"
    if drawn < 0.8:
        return words, [words[0], chance.choice(apart)], "one word"
    return words, chance.sample(apart, 2), "at most a common word"


def _persons(chance: random.Random, same: bool) -> Pair:
    surname, given = chance.choice(SURNAMES), chance.choice(GIVEN)
    other_surname, other_given, kind = surname, given, ""
    if not same and chance.random() < 0.5:
        surname, other_surname = chance.choice(OTHER_SURNAMES)
        kind = "two persons, similar surnames"
    elif not same:
        kind = "two persons, one surname"
        other_given = chance.choice([each for each in GIVEN if each is not given])
    one = _in(chance, [surname, given])
    other = _in(chance, [other_surname, other_given])
    if chance.random() < 0.3:
        other.reverse()
    return _spoilt(chance, " ".join(one), " ".join(other), kind)


def _written(chance: random.Random, words: list[list[str]], form: str) -> str:
    language = chance.choice(LANGUAGES)
    shown = [_spelling(chance, word, language) for word in words]
    if not form:
        return " ".join(shown)
    legal = chance.choice(FORMS[form][language])
    named = " ".join(shown)
    return chance.choice((f"{legal} «{named}»", f"{named} {legal}", f'"{named}", {legal}'))


def _in(chance: random.Random, words: list[list[str]]) -> list[str]:
    language = chance.choice(LANGUAGES)
    return [_spelling(chance, word, language) for word in words]


def _spelling(chance: random.Random, word: list[str], language: str) -> str:
    if language == "en":
        return word[chance.choice((2, 3))]
    return word[LANGUAGES.index(language)]


def _spoilt(chance: random.Random, one: str, other: str, two: str) -> Pair:
    """Return the pair with the second name as somebody typed it; `two` says what two have in common, "" for one."""
    drawn = chance.random()
    if drawn < 0.25:
        return Pair(one, _mistyped(chance, other), not two, two or "one, with a typing error")
    if drawn < 0.35:
        return Pair(one, other.upper(), not two, two or "one, in capitals")
    return Pair(one, other, not two, two or "one")


def _mistyped(chance: random.Random, name: str) -> str:
    places = [at for at, letter in enumerate(name[:-1]) if letter.isalpha() and name[at + 1].isalpha() and at > 0]
    at = chance.choice(places)
    letters = LETTERS["en"] if name[at].isascii() else LETTERS["ru"]
    way = chance.randrange(3)
    if way == 0:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + (chance.choice(letters) if way == 1 else "") + name[at + 1 :]


def measure(pairs: list[Pair], least: int) -> tuple[float, float]:
    """Return precision and recall of asking whether two are the same from a score of `least` on."""
    asked = [pair for pair in pairs if score(pair.one, pair.other) >= least]
    right = sum(pair.same for pair in asked)
    return right / len(asked) if asked else 1.0, right / sum(pair.same for pair in pairs)


def main() -> None:
    pairs = generate()
    in_force = periods(Terms, "violations")[-1].similar_score_min
    console = Console()
    table = Table(title=f"{len(pairs)} pairs of names, seed {SEED}")
    for heading in ("asked from a score of", "precision", "recall"):
        table.add_column(heading, justify="right")
    for least in sorted({70, 75, 80, in_force, 90, 95}):
        precision, recall = measure(pairs, least)
        table.add_row(f"{least}{' (in force)' if least == in_force else ''}", f"{precision:.3f}", f"{recall:.3f}")
    console.print(table)
    by_kind = Table(title=f"about whom an officer is asked from {in_force} on")
    for heading in ("pairs of", "pairs", "asked"):
        by_kind.add_column(heading, justify="right" if heading != "pairs of" else "left")
    for kind in sorted({pair.kind for pair in pairs}):
        those = [pair for pair in pairs if pair.kind == kind]
        asked = sum(score(pair.one, pair.other) >= in_force for pair in those)
        by_kind.add_row(kind, str(len(those)), f"{asked / len(those):.3f}")
    console.print(by_kind)


if __name__ == "__main__":
    main()
