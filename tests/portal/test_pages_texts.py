"""Every text that people read exists in Kazakh and Russian."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir

from portal.languages import catalogues

ROOT = Path(__file__).parents[2]
LANGUAGES = ("kk", "ru")


def catalogue(language: str) -> Catalog:
    """Return the texts of all areas. A text that stands in two of them fails here."""
    together = Catalog(locale=language)
    for each in catalogues(language):
        for message in each:
            if message.id:
                assert message.id not in together, message.id
                together[message.id] = message
    return together


def texts_in_the_product() -> Iterator[tuple[str, str]]:
    """Yield (place, text) for every string marked for translation in templates and in portal's Python."""
    for folder, pattern, method in (
        ("templates", "**.html", "jinja2.ext:babel_extract"),
        ("portal", "**.py", "python"),
    ):
        found = extract_from_dir(
            ROOT / folder,
            method_map=[(pattern, method)],
            options_map={"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}},
            keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
        )
        for name, line, message, _comments, _context in found:
            yield f"{folder}/{name}:{line}", message if isinstance(message, str) else message[0]


def placeholders(text: str) -> set[str]:
    return {part.split(")")[0] for part in text.split("%(")[1:]}


def test_the_texts_are_found() -> None:
    texts = {text for _, text in texts_in_the_product()}
    assert {"Sign out", "Simplified release", "Page not found", "items %(numbers)s"} <= texts
    assert len(texts) > 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    catalog = catalogue(language)
    missing = [
        f"{place}: {text}"
        for place, text in texts_in_the_product()
        if text not in catalog or not catalog[text].string or catalog[text].fuzzy
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    used = {text for _, text in texts_in_the_product()}
    known = [message.id if isinstance(message.id, str) else message.id[0] for message in catalogue(language)]
    assert [text for text in known if text and text not in used] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    for message in catalogue(language):
        assert placeholders(str(message.id)) == placeholders(str(message.string)), message.id


def test_kazakh_is_not_russian() -> None:
    kazakh, russian = catalogue("kk"), catalogue("ru")
    same = [message.id for message in kazakh if message.id and message.string == russian[message.id].string]
    assert set(same) <= {
        "Import",
        "Export",
        "Transit",
        "Excise",
        "Declarant",
        "Inspector",
        "Auditor",
        "Currency",
        "Declaration",
        "The portal",
    }
