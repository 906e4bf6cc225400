"""How similar two names are, however they are spelled: in Kazakh, Russian or English letters, in another order, with
another legal form. A score only asks an officer; it never decides who is who."""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from anyascii import anyascii
from msgspec import Struct
from rapidfuzz import fuzz, process

_FILE = Path(__file__).parent / "names.toml"
_GENERIC_WEIGHT = 0.3  # of a word that many have in their names, or a patronymic, where others weigh 1
_ALIKE_MIN = 65  # two words less alike than this have nothing to do with each other
_JOINED_MIN = 92  # so alike are names that differ only in where words end
_MISTYPED_MIN, _MISTYPED_ALIKE = 5, 85  # letters, and how alike a word is to one that many have, for a typing error
_INITIAL = 85  # how alike a word is to its first letter
_OTHER_FORM = 4  # what another legal form takes from the score
_ROUGH_MIN = 50  # below this roughly, the exact score is not looked at
_ROUGH_MOST = 60
_KNOWN = 1 << 17  # names whose comparable form is remembered
_PATRONYMICS = ("ovich", "evich", "ovna", "evna", "uli", "kizi", "ugli")


class Comparable(Struct, frozen=True):
    """A name as it is compared: its words in letters a-z and digits, sorted; those that say little; its legal form."""

    words: tuple[str, ...]
    generic: frozenset[str]
    form: str

    @property
    def text(self) -> str:
        return " ".join(self.words)


class _Table(Struct, frozen=True):
    letters: Mapping[int, str]
    spellings: tuple[tuple[str, str], ...]
    forms: tuple[tuple[tuple[str, ...], str], ...]
    generic: Mapping[str, str]


@lru_cache(maxsize=_KNOWN)
def comparable(name: str) -> Comparable:
    """Return what is compared of a name; of one that is nothing but a legal form, that itself."""
    table = _table()
    every = _words(name, table)
    words, form = _without_form(every, table)
    known = tuple(_meant(word, table.generic) for word in words or every)
    little = {word for word in known if word in table.generic.values() or word.endswith(_PATRONYMICS)}
    return Comparable(tuple(sorted(known)), frozenset(little), form)


def score(one: str, other: str) -> int:
    """Return how similar two names are, 0-100; the order of the two plays no part."""
    return _score(comparable(one), comparable(other))


def similar(name: str, names: Sequence[str], least: int, most: int) -> tuple[tuple[int, int], ...]:
    """Return (place in `names`, score) of the most similar, the best first: `most` with a score of `least` and more."""
    wanted = comparable(name)
    if not wanted.words:
        return ()
    texts = [comparable(each).text for each in names]
    rough = process.extract(
        wanted.text, texts, scorer=fuzz.token_set_ratio, score_cutoff=_ROUGH_MIN, limit=_ROUGH_MOST
    ) + process.extract(wanted.text, texts, scorer=fuzz.ratio, score_cutoff=_ROUGH_MIN, limit=_ROUGH_MOST)
    places = sorted({place for _, _, place in rough})
    scored = sorted(((_score(wanted, comparable(names[place])), place) for place in places), key=_best_first)
    return tuple((place, points) for points, place in scored if points >= least)[:most]


def _best_first(scored: tuple[int, int]) -> tuple[int, int]:
    return -scored[0], scored[1]


def _score(one: Comparable, other: Comparable) -> int:
    if not one.words or not other.words:
        return 0
    generic = one.generic | other.generic
    points = max(_by_words(one.words, other.words, generic), _joined(one, other))
    differs = one.form and other.form and one.form != other.form
    return max(0, round(points) - (_OTHER_FORM if differs else 0))


def _by_words(one: Sequence[str], other: Sequence[str], generic: frozenset[str]) -> float:
    """Return the mean, over the words of both, of how alike each is to the nearest of the other name."""
    weighed = [(_weight(word, generic), _nearest(word, other)) for word in one]
    weighed += [(_weight(word, generic), _nearest(word, one)) for word in other]
    return sum(weight * alike for weight, alike in weighed) / sum(weight for weight, _ in weighed)


def _joined(one: Comparable, other: Comparable) -> float:
    """Return how alike two names are that end their words elsewhere, 0 when they do not."""
    if len(one.words) == len(other.words):
        return 0.0
    found = fuzz.ratio("".join(one.words), "".join(other.words))
    return found if found >= _JOINED_MIN else 0.0


def _weight(word: str, generic: frozenset[str]) -> float:
    return _GENERIC_WEIGHT if word in generic else 1.0


def _nearest(word: str, words: Iterable[str]) -> float:
    return max(_alike(word, each) for each in words)


def _alike(one: str, other: str) -> float:
    if min(len(one), len(other)) == 1 and one[0] == other[0]:
        return 100.0 if one == other else _INITIAL
    found = fuzz.ratio(one, other)
    return found if found >= _ALIKE_MIN else 0.0


def _meant(word: str, generic: Mapping[str, str]) -> str:
    """Return what stands for a word that many have, be it mistyped; any other word itself."""
    if word in generic or len(word) < _MISTYPED_MIN:
        return generic.get(word, word)
    nearest = process.extractOne(word, generic.keys(), scorer=fuzz.ratio, score_cutoff=_MISTYPED_ALIKE)
    return generic[nearest[0]] if nearest else word


# --- letters and words ----------------------------------------------------------------------------------------------


def _words(name: str, table: _Table) -> tuple[str, ...]:
    """Return the words of a name in letters a-z and digits, sounds that are written differently written alike."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    latin = anyascii(unicodedata.normalize("NFC", plain).translate(table.letters)).lower()
    apart = "".join(each if each.isalnum() else "" if each in "'`" else " " for each in latin)
    return tuple(filter(None, (_spelled(word, table) for word in apart.split())))


def _spelled(word: str, table: _Table) -> str:
    for written, sound in table.spellings:
        word = word.replace(written, sound)
    single = [each for place, each in enumerate(word) if place == 0 or each != word[place - 1] or each.isdigit()]
    return "".join(single)


def _without_form(words: tuple[str, ...], table: _Table) -> tuple[tuple[str, ...], str]:
    """Return the words without legal forms, and the first form found."""
    form = ""
    for written, kind in table.forms:
        for place in range(len(words) - len(written), -1, -1):
            if words[place : place + len(written)] == written:
                words = words[:place] + words[place + len(written) :]
                form = form or kind
    return words, form


@cache
def _table() -> _Table:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    letters = str.maketrans(raw["letters"])
    bare = _Table(letters, tuple(raw["spellings"].items()), (), {})
    forms = [(_words(written, bare), kind) for kind, each in raw["forms"].items() for written in each]
    generic = {"".join(_words(written, bare)): word for word, each in raw["generic"].items() for written in each}
    return _Table(letters, bare.spellings, tuple(sorted(forms, key=lambda form: -len(form[0]))), generic)
