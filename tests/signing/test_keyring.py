"""The office's keys follow one another without a gap, and what is in use is plain at every moment."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import keyrings
import pki
import pytest
from keyrings import DAY, YEAR, files_of, keep, list_keys, office_key, replace_list, ring, use_of

from signing.authority import P384
from signing.errors import KeyUnusable, SigningError
from signing.keyring import KeyFiles, Keyring, Use, check_successor, covered_until, list_entry
from signing.signer import SigningKey

NOW = pki.NOW
START = NOW - DAY
SECOND = timedelta(seconds=1)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(SigningError) as refused:
        act()
    return refused.value.code


def test_a_single_key_is_in_use_as_long_as_its_certificate_is_valid() -> None:
    key = pki.office_key()
    keyring, begins, ends = Keyring.of(key), key.certificate.not_valid_before_utc, key.certificate.not_valid_after_utc
    assert keyring.at(begins) is keyring.at(ends) is key
    for moment in (begins - SECOND, ends + SECOND):
        assert refusal(lambda at=moment: keyring.at(at)) == "keyring.none"


def test_the_key_begun_last_is_in_use_from_its_very_moment() -> None:
    old, new = use_of(START, NOW + YEAR), Use(office_key(START, NOW + 2 * YEAR), NOW + 30 * DAY)
    keyring = ring(new, old)
    assert keyring.at(new.since - SECOND) is old.key
    assert keyring.at(new.since) is new.key


def test_an_older_key_is_used_again_when_the_newer_certificate_has_expired() -> None:
    old, brief = use_of(START, NOW + YEAR), use_of(NOW, NOW + 10 * DAY)
    assert ring(old, brief).at(NOW + 5 * DAY) is brief.key
    assert ring(old, brief).at(NOW + 11 * DAY) is old.key


def test_a_key_does_not_begin_before_its_certificate() -> None:
    old, new = use_of(START, NOW + YEAR), Use(office_key(NOW + 5 * DAY, NOW + YEAR), NOW)
    assert ring(old, new).at(NOW + 4 * DAY) is old.key
    assert ring(old, new).at(NOW + 5 * DAY) is new.key


def test_all_certificates_are_published_the_newest_first() -> None:
    uses = [use_of(START, NOW + YEAR), use_of(NOW, NOW + YEAR), use_of(NOW + 9 * DAY, NOW + YEAR)]
    assert ring(*uses).certificates() == tuple(use.key.certificate for use in reversed(uses))


def test_the_ring_knows_whose_seal_it_makes() -> None:
    assert Keyring.of(pki.office_key()).bin == pki.OFFICE_BIN


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (lambda: [office_key(START, NOW, P384)], "seal.key"),
        (lambda: [pki.office_key(), pki.authority().office("Another", "200140000017")], "keyring.organisation"),
        (lambda: [pki.authority().person("Nobody's", "850412450128")], "keyring.organisation"),
        (list, "keyring.organisation"),
    ],
)
def test_a_ring_holds_p256_seals_of_one_organisation(keys: Callable[[], list[SigningKey]], code: str) -> None:
    uses = [Use(key, NOW) for key in keys()]
    assert refusal(lambda: ring(*uses)) == code


def test_the_first_key_is_a_file_and_the_list_names_those_that_follow(tmp_path: Path) -> None:
    first, second = office_key(START, NOW + YEAR), office_key(START, NOW + 2 * YEAR)
    keep(tmp_path / "office.p12", first)
    keep(tmp_path / "office" / "second.p12", second)
    list_keys(tmp_path, ("second.p12", NOW + 9 * DAY))
    keyring = Keyring.of_files(files_of(tmp_path))
    assert keyring.at(NOW).certificate == first.certificate
    assert keyring.at(NOW + 9 * DAY).certificate == second.certificate


def test_a_key_that_is_added_is_taken_up_by_a_ring_in_use(tmp_path: Path) -> None:
    keep(tmp_path / "office.p12", office_key(START, NOW + YEAR))
    keyring = Keyring.of_files(files_of(tmp_path))
    before, added = keyring.at(NOW), office_key(START, NOW + YEAR)
    assert keyring.at(NOW) is before  # nothing is opened again as long as nothing has changed
    keep(tmp_path / "office" / "second.p12", added)
    list_keys(tmp_path, ("second.p12", NOW))
    assert keyring.at(NOW).certificate == added.certificate


def test_a_first_key_that_is_replaced_is_taken_up_too(tmp_path: Path) -> None:
    keep(tmp_path / "office.p12", office_key(START, NOW + YEAR))
    keyring, other = Keyring.of_files(files_of(tmp_path)), office_key(START, NOW + YEAR)
    keep(tmp_path / "new.p12", other)
    (tmp_path / "new.p12").replace(tmp_path / "office.p12")
    assert keyring.at(NOW).certificate == other.certificate


def test_the_first_key_may_be_gone_when_others_are_listed(tmp_path: Path) -> None:
    second = office_key(START, NOW + YEAR)
    keep(tmp_path / "office" / "second.p12", second)
    assert refusal(lambda: Keyring.of_files(files_of(tmp_path))) == "key.missing"
    list_keys(tmp_path, ("second.p12", NOW))
    assert Keyring.of_files(files_of(tmp_path)).certificates() == (second.certificate,)


@pytest.mark.parametrize(
    "text",
    [
        "[[key]",
        "[[key]]\nsource = 'a.p12'",
        "[[key]]\nsince = 2026-11-24T00:00:00\nsource = 'a.p12'",  # in which zone?
        "[[key]]\nsince = '2026-11-24T00:00:00Z'\nsource = 'a.p12'",
        "[[key]]\nsince = 2026-11-24T00:00:00Z\nsource = 1",
        "[[key]]\nsince = 2026-11-24T00:00:00Z\nsource = 'a.p12'\npassword = 'x'",
        "[key]\nsource = 'a.p12'",
        "key = 1",
        "[[kez]]\nsince = 2026-11-24T00:00:00Z\nsource = 'a.p12'",
    ],
)
def test_a_list_that_cannot_be_read_stops_the_office_until_it_is_corrected(tmp_path: Path, text: str) -> None:
    keep(tmp_path / "office.p12", office_key(START, NOW + YEAR))
    keyring = Keyring.of_files(files_of(tmp_path))
    replace_list(tmp_path, text)
    for _ in range(2):
        assert refusal(lambda: keyring.at(NOW)) == "keyring.unreadable"
    replace_list(tmp_path, "# none")
    assert len(keyring.uses()) == 1


def test_a_listed_file_that_is_missing_stops_the_office(tmp_path: Path) -> None:
    keep(tmp_path / "office.p12", office_key(START, NOW + YEAR))
    list_keys(tmp_path, ("second.p12", NOW))
    assert refusal(lambda: Keyring.of_files(files_of(tmp_path))) == "key.missing"


def test_a_list_is_written_as_it_is_read(tmp_path: Path) -> None:
    names = ('a "quoted" name.p12', "мөр.p12", "tab\there.p12")
    for name in names:
        keep(tmp_path / "office" / name, office_key(START, NOW + YEAR))
    list_keys(tmp_path, *((name, NOW) for name in names))
    assert [(use.source, use.since) for use in Keyring.of_files(files_of(tmp_path)).uses()] == [
        (name, NOW) for name in names
    ]


def test_without_support_for_tokens_a_key_on_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "signing.pkcs11", None)  # as where the extra is not installed
    files = KeyFiles("pkcs11:token=t;id=%01?module-path=/lib/token.so", tmp_path, "x")
    assert refusal(lambda: Keyring.of_files(files)) == "pkcs11.support"


def test_where_the_keys_are_does_not_show_what_opens_them(tmp_path: Path) -> None:
    assert keyrings.PASSWORD not in repr(files_of(tmp_path))


@pytest.mark.parametrize("since", [NOW, NOW + 30 * DAY, NOW + YEAR])
def test_a_key_may_follow_while_one_is_in_use(since: datetime) -> None:
    check_successor([use_of(START, NOW + YEAR)], Use(office_key(START, NOW + 3 * YEAR), since), NOW)


@pytest.mark.parametrize(
    ("make", "since", "code"),
    [
        (lambda: office_key(START, NOW + 3 * YEAR), NOW - SECOND, "keyring.past"),
        (lambda: office_key(START, NOW + 3 * YEAR), NOW + YEAR + SECOND, "keyring.gap"),
        (lambda: office_key(NOW + 2 * DAY, NOW + 3 * YEAR), NOW + DAY, "keyring.dates"),
        (lambda: office_key(START, NOW + 2 * DAY), NOW + 3 * DAY, "keyring.dates"),
        (lambda: office_key(START, NOW + YEAR, P384), NOW, "seal.key"),
        (lambda: pki.authority().office("Another", "200140000017"), NOW, "keyring.organisation"),
    ],
)
def test_a_key_that_may_not_follow_is_refused(make: Callable[[], SigningKey], since: datetime, code: str) -> None:
    uses = [use_of(START, NOW + YEAR)]
    assert refusal(lambda: check_successor(uses, Use(make(), since), NOW)) == code


def test_a_key_is_not_added_twice() -> None:
    use = use_of(START, NOW + YEAR)
    assert refusal(lambda: check_successor([use], Use(use.key, NOW), NOW)) == "keyring.known"


def test_when_no_key_is_in_use_one_may_begin_now() -> None:
    check_successor([use_of(START - YEAR, START)], use_of(NOW, NOW + YEAR), NOW)


@pytest.mark.parametrize(
    ("days", "covered"),
    [
        ([(-1, 10)], 10),
        ([(-1, 10), (5, 20)], 20),
        ([(5, 20), (-1, 10)], 20),
        ([(-1, 10), (11, 20)], 10),
        ([(-1, 30), (5, 20)], 30),
        ([(-1, 10), (10, 20), (20, 40)], 40),
        ([(-9, -1)], 0),
        ([(1, 9)], 0),
        ([], 0),
    ],
)
def test_coverage_ends_where_no_key_takes_over(days: list[tuple[int, int]], covered: int) -> None:
    uses = [use_of(NOW + begins * DAY, NOW + ends * DAY) for begins, ends in days]
    assert covered_until(uses, NOW) == NOW + covered * DAY


def test_an_unreadable_key_is_told_as_such(tmp_path: Path) -> None:
    keep(tmp_path / "office.p12", office_key(START, NOW + YEAR))
    with pytest.raises(KeyUnusable) as refused:
        KeyFiles(str(tmp_path / "office.p12"), tmp_path, "wrong").read()
    assert refused.value.code == "key.unreadable"
    assert list_entry("a", NOW).count("\n") == 3
