"""The pages of docs/guide name what the portal shows, in the same words, with pictures that are there."""

import re
from functools import cache
from pathlib import Path

import pytest

from portal.languages import catalogues

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
LANGUAGES = ("kk", "ru", "en")
OF_OTHERS = {"ncalayer"}  # what is called so everywhere
PAGES = [page for language in LANGUAGES for page in sorted((GUIDE / language).glob("*.md"))]


@cache
def words_of(language: str) -> set[str]:
    """Return the texts of the portal in a language, in small letters; English is the source of all catalogues."""
    messages = [message for each in catalogues("kk" if language == "en" else language) for message in each]
    return {str(message.id if language == "en" else message.string).casefold() for message in messages}


def named(page: Path) -> list[str]:
    return [" ".join(each.split()) for each in re.findall(r"\*\*(.+?)\*\*", page.read_text("utf-8"), re.DOTALL)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_what_a_page_names_stands_in_the_portal(page: Path) -> None:
    known = words_of(page.parent.name)
    assert [each for each in named(page) if each.casefold() not in known | OF_OTHERS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_the_pictures_of_a_page_are_there_and_in_its_language(page: Path) -> None:
    pictures = re.findall(r"\]\(\.\./pictures/(\S+?)\)", page.read_text("utf-8"))
    assert pictures
    assert [each for each in pictures if not (GUIDE / "pictures" / each).is_file()] == []
    assert {Path(each).stem.rsplit("-", 1)[1] for each in pictures} == {page.parent.name}


def test_every_page_exists_in_three_languages_with_the_same_pictures() -> None:
    names = {page.name for page in PAGES}
    for name in names:
        pages = [(GUIDE / each / name).read_text("utf-8") for each in LANGUAGES]
        shown = [re.findall(r"/pictures/(\S+)-\w+\.png", page) for page in pages]
        assert shown[0] == shown[1] == shown[2], name
