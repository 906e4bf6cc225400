"""Profiles as TOML: what is written is read as the same profile, and written again as the same bytes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from refused_profiles import CASES, SOUND, changed

from risk_gateway.knowledge import parse_profiles, shipped_profiles
from risk_gateway.profile_toml import write
from risk_gateway.profiles import MeasureCode, MeasureOrder, Profile, SelectionRates, When
from risk_gateway.words import Words

RICH = replace(
    SOUND,
    daily_cap=5,
    selection=SelectionRates(low=Decimal("0.10"), medium=Decimal("1e-6"), high=Decimal(1)),
    measures=(
        MeasureOrder(MeasureCode.SCAN, 'Look “behind” the\n\\wall\\ — "double".'),
        MeasureOrder(MeasureCode.POST_AUDIT_FLAG, when=When.AFTER_RELEASE),
    ),
)


def test_the_starter_profiles_are_written_and_read_as_the_same_bytes() -> None:
    text = write(shipped_profiles())
    read = parse_profiles(text, "all")
    assert read == shipped_profiles()
    assert [profile.digest for profile in read] == [profile.digest for profile in shipped_profiles()]
    assert write(read) == text


@pytest.mark.parametrize("profile", [SOUND, RICH, *map(changed, CASES)])
def test_any_profile_also_a_wrong_one_comes_back_as_it_was(profile: Profile) -> None:
    (read,) = parse_profiles(write([profile]), "one")
    assert (read.digest, read.approver) == (profile.digest, profile.approver)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    told = replace(SOUND, title=Words(text, text, text))
    assert parse_profiles(write([told]), "one") == (told,)


def test_what_is_as_usual_is_left_out() -> None:
    text = write([replace(SOUND, measures=(MeasureOrder(MeasureCode.SCAN),))])
    assert 'measures = [{ code = "SCAN" }]' in text
    assert not any(name in text for name in ("selection", "daily_cap", "approver", "posts", "instruction"))
