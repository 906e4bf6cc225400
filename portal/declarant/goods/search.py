"""Finding a commodity code in the loaded tariff, by its beginning or by words in Kazakh, Russian or English."""

import csv
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from declarations.reference.commodity_tariff import Tariff, TariffLine

FOUND_MAX: Final = 40
_FOLDER: Final = Path(__file__).parent / "nomenclature"
_LEVELS: Final = (2, 4, 6)
_WEIGHT: Final = {2: 1, 4: 4, 6: 6}
_EVERYDAY_WEIGHT: Final = 8
_STEM_COUNTS: Final = 4  # times that a stem counts more than the beginning of a word
_WORD_COUNTS: Final = 8
_WHOLE: Final = "="
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_STEM_MIN: Final = 3
_TEXTS: Final = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))["search"]
_EMPTY: Final = frozenset(_TEXTS["empty"])
_ENDINGS: Final = sorted(_TEXTS["endings"], key=len, reverse=True)


class Step(Struct, frozen=True):
    """One level above a code. `language` is that of the name: English where no other is known."""

    code: str
    name: str
    language: str


class Hit(Struct, frozen=True):
    line: TariffLine
    path: tuple[Step, ...]


class Found(Struct, frozen=True):
    """The first lines that were found, best first, and how many there are in all."""

    hits: tuple[Hit, ...]
    total: int

    def by_heading(self) -> tuple[tuple[Hit, ...], ...]:
        """Return the lines together with the others of their heading, the heading of the best first."""
        headings: dict[str, list[Hit]] = {}
        for hit in self.hits:
            headings.setdefault(hit.line.code[:4], []).append(hit)
        return tuple(map(tuple, headings.values()))


class Nomenclature:
    """A tariff made searchable."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self._lines: dict[str, list[TariffLine]] = {}
        for line in tariff.lines():
            self._lines.setdefault(line.code[:6], []).append(line)
        self._postings: dict[str, dict[str, int]] = {}  # by stem, and by whole word after a mark
        for leaf in self._lines:
            for level in _LEVELS:
                self._post(leaf, _words_at(leaf[:level]), _WEIGHT[level])
            self._post(leaf, _everyday_words_at(leaf[:4]), _EVERYDAY_WEIGHT)
        self._words = sorted(word for word in self._postings if word[0] != _WHOLE)

    def _post(self, leaf: str, words: frozenset[str], weight: int) -> None:
        for word in words:
            known = self._postings.setdefault(word, {})
            known[leaf] = max(known.get(leaf, 0), weight)

    def search(self, text: str, language: str, limit: int = FOUND_MAX) -> Found:
        """Return lines whose code begins with the digits of `text`, or that all its words tell of."""
        digits = re.sub(r"[\s.\-]", "", text)
        if digits.isascii() and digits.isdigit():
            lines = list(self._beginning_with(digits))
        else:
            lines = list(self._told_by(text))
        return Found(tuple(Hit(line, path_of(line.code, language)) for line in lines[:limit]), len(lines))

    def _beginning_with(self, digits: str) -> Iterator[TariffLine]:
        return self.tariff.beginning_with(digits[:10])

    def _told_by(self, text: str) -> Iterator[TariffLine]:
        each = [scores for word in dict.fromkeys(_spelt(text)) if (scores := self._scores(word))]
        if not each:
            return
        leaves = set(each[0]).intersection(*each[1:]) or set().union(*each)
        total = {leaf: sum(scores.get(leaf, 0) for scores in each) for leaf in leaves}
        for leaf in sorted(leaves, key=lambda leaf: (-total[leaf], leaf)):
            yield from self._lines[leaf]

    def _scores(self, word: str) -> dict[str, int]:
        """Return how strongly each six-digit code is told of: by the word itself most, then by its stem, then by words
        that begin with the stem."""
        stem = _stem(word)
        scores: dict[str, int] = {}
        if len(stem) >= _STEM_MIN:
            at = bisect_left(self._words, stem)
            while at < len(self._words) and self._words[at].startswith(stem):
                for leaf, weight in self._postings[self._words[at]].items():
                    scores[leaf] = max(scores.get(leaf, 0), weight)
                at += 1
        for spelling, times in ((stem, _STEM_COUNTS), (_WHOLE + word, _WORD_COUNTS)):
            for leaf, weight in self._postings.get(spelling, {}).items():
                scores[leaf] = max(scores.get(leaf, 0), weight * times)
        return scores


def _spelt(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold().replace("ё", "е")) if word not in _EMPTY]


def _stem(word: str) -> str:
    ending = next((ending for ending in _ENDINGS if word.endswith(ending) and len(word) - len(ending) >= _STEM_MIN), "")
    return word.removesuffix(ending)


@cache
def _words_at(code: str) -> frozenset[str]:
    """Return the stems, and marked the whole words, of all names of one chapter, heading or subheading."""
    return _stems_and_words(" ".join(names().get(code, {}).values()))


@cache
def _everyday_words_at(heading: str) -> frozenset[str]:
    return _stems_and_words(_also().get(heading, ""))


def _stems_and_words(text: str) -> frozenset[str]:
    spelt = _spelt(text)
    return frozenset({*map(_stem, spelt), *(_WHOLE + word for word in spelt)})


def path_of(code: str, language: str) -> tuple[Step, ...]:
    """Return the chapter, heading and subheading of a code, as far as they have a name."""
    steps = []
    for level in _LEVELS:
        known = names().get(code[:level], {})
        if name := known.get(language):
            steps.append(Step(code[:level], name, language))
        elif name := known.get("en"):
            steps.append(Step(code[:level], name, "en"))
    return tuple(steps)


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """Return the names of chapters, headings and subheadings, by code and language."""
    found: dict[str, dict[str, str]] = {}
    for file in ("harmonized_system_en.csv", "names.csv"):
        with (_FOLDER / file).open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                code = row.pop("code")
                found.setdefault(code, {}).update(row)
    return found


@cache
def _also() -> Mapping[str, str]:
    """Return everyday words for goods that the tariff calls otherwise."""
    with (_FOLDER / "also.csv").open(encoding="utf-8", newline="") as source:
        return {row["code"]: row["words"] for row in csv.DictReader(source)}
