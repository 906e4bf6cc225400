"""What is wrong with the shape of a file is told in the analyst's language, with the place."""

import pytest

from risk_gateway.errors import ProfileRefused
from risk_gateway.knowledge import parse_profiles
from risk_gateway.words import LANGUAGES

PROFILE = '[[profile]]\ncode = "IM-90"\n'


@pytest.mark.parametrize(
    ("text", "russian"),
    [
        ("[[profile]\n", "строка 1, столбец 10: нарушены правила TOML"),
        ("x = 1\n", "$: нет «profile»"),
        (f"{PROFILE}surprise = 1\n", "$[0]: поля «surprise» не бывает"),
        (PROFILE, "$[0]: нет «version»"),
        (f'{PROFILE}version = "one"\n', "$[0].version: значение типа str, а нужно int"),
        (
            f'{PROFILE}version = 1\ntitle = {{ kk = "a", ru = "b", en = "c" }}\nblock = "sea"\n',
            "значения «sea» не бывает",
        ),
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_the_reader_s_language(text: str, russian: str) -> None:
    with pytest.raises(ProfileRefused) as refused:
        parse_profiles(text, "mine.toml")
    assert russian in refused.value.text("ru")
    told = {refused.value.text(language) for language in LANGUAGES}
    assert len(told) == 3
    assert all("mine.toml" in each for each in told)
