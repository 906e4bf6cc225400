"""Knowledge is checked before it may judge, has one hash, and is dated."""

import base64
import hashlib
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from risk_gateway import canonical, knowledge
from risk_gateway.compiler import compiled
from risk_gateway.errors import KnowledgeTampered, ParametersRefused, ProfileRefused
from risk_gateway.manifest import digest_of, manifest_of, version_of
from risk_gateway.parameters import ReferenceValues
from risk_gateway.profiles import Block, Level, SelectionRates

KEY = bytes(32)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"weight": 101}, "profile-weight"),
        ({"weight": -1}, "profile-weight"),
        ({"valid_to": date(2025, 12, 31)}, "profile-dates"),
        ({"approver": "Saule"}, "profile-approver"),
        ({"measures": ()}, "profile-measures"),
        ({"level": Level.REGIONAL}, "profile-posts"),
        ({"posts": ("20201",)}, "profile-posts"),
        ({"selection": SelectionRates(low=0)}, "profile-rate"),
        ({"condition": {"field": "price_zero", "op": "is", "value": True}}, None),
    ],
)
def test_a_profile_that_breaks_a_rule_cannot_become_knowledge(
    changes: Any, code: str | None, known: Any, profile: Any
) -> None:
    if code is None:
        assert known(profile(**changes)).profiles
        return
    with pytest.raises(ProfileRefused) as refused:
        known(profile(**changes))
    assert refused.value.code == code
    assert refused.value.place == "T-1"


def test_one_day_has_one_version_of_a_profile(known: Any, profile: Any) -> None:
    with pytest.raises(ProfileRefused, match="profile-twice"):
        known(profile(version=1), profile(version=2))
    assert known(profile(valid_to=date(2026, 6, 30)), profile(version=2)).profiles


def test_an_expired_profile_does_not_judge(case: Any, known: Any, profile: Any, assess: Any) -> None:
    current = profile("T-2", weight=10)
    assessment = assess(case(), known(profile(weight=90, valid_to=date(2026, 11, 23)), current))
    assert [finding.profile for finding in assessment.findings] == ["T-2"]


def test_a_regional_profile_stays_inside_its_posts(case: Any, known: Any, profile: Any, assess: Any) -> None:
    regional = known(profile(level=Level.REGIONAL, posts=("30301",)))
    assert [bool(assess(case({"office": post}), regional).findings) for post in ("30301", "20201")] == [True, False]


def test_the_version_changes_with_every_part_and_only_then(known: Any, profile: Any, parameters: Any) -> None:
    one, same = known(profile(weight=40)), known(profile(weight=40))
    assert one.version == same.version == version_of(one)
    others = [
        known(profile(weight=41)),
        known(profile(weight=40), profile("T-2")),
        known(profile(weight=40), day=date(2026, 11, 25)),
        known(profile(weight=40), day_key=b"k" * 32),
        known(profile(weight=40), parameters=replace(parameters, random_version=2)),
        known(profile(weight=40), reference_values=ReferenceValues()),
        known(profile(weight=40), phrases={}),
        replace(one, key_day=date(2026, 11, 23)),
        replace(one, problem="no profiles"),
    ]
    assert len({version_of(each) for each in (one, *others)}) == 1 + len(others)


def test_who_sees_what_knowledge_consists_of_does_not_see_the_day_key(known: Any, profile: Any) -> None:
    secret = b"the key of the day, 32 bytes long"
    shown = canonical.dumps(manifest_of(known(profile(), day_key=secret)))
    assert hashlib.sha256(secret).hexdigest().encode() in shown
    assert not any(form in shown for form in (secret, secret.hex().encode(), base64.b64encode(secret)))


def test_a_changed_object_under_a_known_version_is_not_compiled(known: Any, profile: Any) -> None:
    honest = known(profile("T-OWN-OF-THIS-TEST"))
    assert knowledge.ready(honest).knowledge is honest
    with pytest.raises(KnowledgeTampered):
        knowledge.ready(replace(honest, profiles=()))
    with pytest.raises(KnowledgeTampered):
        knowledge.ready(replace(honest, parameters=replace(honest.parameters, random_version=2)))


def test_another_day_key_and_another_day_share_the_engines_of_the_same_profiles(known: Any, profile: Any) -> None:
    profiles = (profile("T-1"), profile("T-2", valid_to=date(2026, 11, 24)))
    today = knowledge.ready(known(*profiles))
    with_another_key = knowledge.ready(known(*profiles, day_key=b"k" * 32))
    tomorrow = knowledge.ready(known(*profiles, day=date(2026, 11, 25)))
    assert today.engine(Block.IMPORTS) is with_another_key.engine(Block.IMPORTS)
    assert today.engine(Block.IMPORTS) is not tomorrow.engine(Block.IMPORTS)


def test_a_profile_that_stays_is_neither_hashed_nor_compiled_again(known: Any, profile: Any) -> None:
    stays, goes = profile("T-1"), profile("T-2")
    knowledge.prepare(known(stays, goes))
    before = digest_of(stays), compiled(stays)
    knowledge.prepare(known(stays, profile("T-3")))
    assert (digest_of(stays), compiled(stays)) == before


def test_more_knowledge_than_is_kept_in_memory_still_judges(case: Any, known: Any, profile: Any, assess: Any) -> None:
    versions = [known(profile(version=n)) for n in range(1, knowledge.READY_MAX + 4)]
    for _ in range(2):
        for version in versions:
            assert assess(case(), version).knowledge_version == version.version


def test_a_day_without_parameters_has_no_knowledge() -> None:
    with pytest.raises(ParametersRefused, match="2020-01-01"):
        knowledge.shipped(date(2020, 1, 1), KEY)


def test_shipped_knowledge_is_the_same_each_time_and_differs_by_key() -> None:
    day = date(2026, 11, 24)
    assert knowledge.shipped(day, KEY).version == knowledge.shipped(day, KEY).version
    assert knowledge.shipped(day, KEY).version != knowledge.shipped(day, b"k" * 32).version


def test_a_profile_text_that_cannot_be_read_says_what_is_wrong() -> None:
    for text in ("[[profile]\n", "x = 1\n", '[[profile]]\ncode = "T-1"\n'):
        with pytest.raises(ProfileRefused, match="profile-shape"):
            knowledge.parse_profiles(text, "mine.toml")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"documentary_from": 0}, "parameters-bands"),
        ({"documentary_from": 61}, "parameters-bands"),
        ({"factor_low": -1}, "parameters-factor"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    changes: Any, code: str, known: Any, profile: Any, parameters: Any
) -> None:
    with pytest.raises(ParametersRefused, match=code):
        known(profile(), parameters=replace(parameters, **changes))


def test_knowledge_read_anew_is_verified_once_and_then_remembered() -> None:
    first, again = (knowledge.shipped(date(2026, 11, 24), KEY) for _ in range(2))
    compiled = knowledge.ready(first)
    assert knowledge.ready(again) is compiled
    assert compiled.knowledge is again
