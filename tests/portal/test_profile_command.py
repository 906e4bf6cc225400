"""`shekara profile`: an analyst's work from a TOML file to a profile that judges, with each refusal in his language."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import offices
import pytest
from cast import PERSONS
from click.testing import Result
from msgspec.structs import replace
from refused_profiles import SOUND
from sqlalchemy import update
from typer.testing import CliRunner

from portal import profile_desk
from portal.cli import app
from portal.clock import SystemClock
from portal.database import writing
from portal.languages import KAZAKHSTAN_TIME
from portal.office import Office
from risk_gateway.profile_store import profile_table
from risk_gateway.profile_toml import write
from risk_gateway.profiles import Profile

SAULE, TIMUR, DANA = "881231450112", "910310300223", "900523450679"
ASEL = PERSONS["asel"].iin
Shekara = Callable[..., Result]
TODAY: date = SystemClock().now().astimezone(KAZAKHSTAN_TIME).date()  # one day, even over midnight


def current(profile: Profile = SOUND, **changes: object) -> Profile:
    """Return a profile that is in force on the day of the test, which the command takes from the clock."""
    return replace(profile, **{"valid_from": TODAY, "valid_to": TODAY + timedelta(days=300), **changes})


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


@pytest.fixture
def shekara(office: Office, monkeypatch: pytest.MonkeyPatch) -> Shekara:
    offices.for_commands(monkeypatch, office.settings)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, ["profile", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(write([current()]), encoding="utf-8")
    return path


def back_tested(office: Office, profile: Profile) -> None:
    """Attach what `shekara simulate --draft` would."""
    days = {"first": str(TODAY - timedelta(days=100)), "last": str(TODAY - timedelta(days=1))}
    told = {"digest": profile.digest, **days, "cases": 1000, "hits": 12}
    with writing(office.engine) as connection:
        now = SystemClock().now()
        profile_desk.attach_report(connection, profile.code, profile.version, json.dumps(told).encode(), SAULE, now)


def listed(shekara: Shekara, *words: str) -> dict[tuple[str, int], dict[str, object]]:
    lines = [json.loads(line) for line in shekara("list", "--json", *words).stdout.splitlines()]
    return {(line["code"], line["version"]): line for line in lines}


def test_from_a_file_to_a_profile_that_judges(shekara: Shekara, office: Office, file: Path) -> None:
    assert shekara("validate", file).exit_code == 0
    assert "a new draft" in shekara("import", file, "--by", SAULE).stdout
    assert "is there already" in shekara("import", file, "--by", SAULE).stdout
    assert "validated" in shekara("validate", "IM-90", "--by", SAULE).stdout
    back_tested(office, current())
    assert "submitted" in shekara("submit", "IM-90", "--by", SAULE).stdout
    approved = shekara("approve", "IM-90", "--by", TIMUR)
    assert "fires on 12 of 1000 cases (1.2 %)" in approved.stdout
    assert approved.stdout.endswith("IM-90 version 1: approved\n")
    assert listed(shekara)["IM-90", 1]["state"] == "active"
    assert shekara("suspend", "IM-90", "--by", TIMUR, "--reason", "wrong goods").exit_code == 0
    assert listed(shekara)["IM-90", 1]["state"] == "suspended"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", "бейінді авторы бекіте алмайды"),
        ("ru", "автор не может утвердить"),
        ("en", "an author cannot approve"),
    ],
)
def test_an_author_is_told_in_his_language_that_he_cannot_approve(
    shekara: Shekara, office: Office, file: Path, language: str, words: str
) -> None:
    shekara("import", file, "--by", SAULE)
    shekara("validate", "IM-90", "--by", SAULE)
    back_tested(office, current())
    shekara("submit", "IM-90", "--by", SAULE)
    refused = shekara("approve", "IM-90", "--by", SAULE, "--language", language)
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert listed(shekara)["IM-90", 1]["status"] == "submitted"


def test_all_that_is_wrong_with_a_file_is_told(shekara: Shekara, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(write([current(weight=0, measures=()), current(code="IM-91", family="No")]), encoding="utf-8")
    refused = shekara("validate", wrong)
    assert refused.exit_code == 1
    for code in ("profile-weightless", "profile-measures", "profile-family"):
        assert code in refused.stderr


def test_a_wrong_draft_may_be_kept_but_goes_no_further_and_is_told_why(shekara: Shekara, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(write([current(weight=0)]), encoding="utf-8")
    assert shekara("import", wrong, "--by", SAULE).exit_code == 0
    refused = shekara("validate", "IM-90", "--by", SAULE, "--language", "ru")
    assert refused.exit_code == 1
    assert "profile-weightless" in refused.stderr
    assert "ничего не меняет" in refused.stderr
    assert "profile-weightless" in shekara("show", "IM-90").stdout


@pytest.mark.parametrize("text", ["[[profile]\n", "x = 1\n", '[[profile]]\ncode = "IM-90"\nsurprise = 1\n'])
def test_a_file_that_is_no_profile_is_refused_whole(shekara: Shekara, tmp_path: Path, text: str) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(text, encoding="utf-8")
    for words in (("validate", broken), ("import", broken, "--by", SAULE)):
        refused = shekara(*words)
        assert refused.exit_code == 1
        assert "profile-shape" in refused.stderr


def test_a_draft_without_a_proper_code_is_not_kept(shekara: Shekara, tmp_path: Path) -> None:
    odd = tmp_path / "odd.toml"
    odd.write_text(write([current(), current(code="im_90\u0000" + 40 * "x")]), encoding="utf-8")
    refused = shekara("import", odd, "--by", SAULE)
    assert refused.exit_code == 1
    assert "profile-code" in refused.stderr
    assert "IM-90" not in {code for code, _ in listed(shekara)}


def test_a_file_is_kept_as_a_whole_or_not_at_all(shekara: Shekara, tmp_path: Path) -> None:
    two = tmp_path / "two.toml"
    two.write_text(write([current(), current(code="IM-91")]), encoding="utf-8")
    assert shekara("import", two, "--by", DANA).exit_code == 1
    assert not {"IM-90", "IM-91"} & {code for code, _ in listed(shekara)}


def test_a_file_of_other_bytes_than_text_is_refused(shekara: Shekara, tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    assert "profile-shape" in shekara("validate", tmp_path / "bytes.toml").stderr


@pytest.mark.parametrize(
    "words",
    [
        ("show", "XX-1"),
        ("show", "IM-16", "--version", "9"),
        ("export", "XX-1"),
        ("submit", "XX-1", "--by", SAULE),
        ("suspend", "IM-16", "--by", SAULE),
        ("validate", "no-such-file.toml"),
        ("import", "no-such-file.toml", "--by", SAULE),
    ],
)
def test_misuse_ends_in_two(shekara: Shekara, words: tuple[str, ...]) -> None:
    assert shekara(*words).exit_code == 2


def test_what_is_exported_and_imported_again_is_the_same_and_makes_no_version(
    shekara: Shekara, tmp_path: Path, file: Path
) -> None:
    shekara("import", file, "--by", SAULE)
    exported = shekara("export", "IM-90").stdout
    assert exported == file.read_text(encoding="utf-8")
    (tmp_path / "again.toml").write_text(exported, encoding="utf-8")
    assert "is there already" in shekara("import", tmp_path / "again.toml", "--by", SAULE).stdout


def test_a_profile_that_does_not_judge_although_approved_is_shown_with_the_reason(
    shekara: Shekara, office: Office
) -> None:
    with writing(office.engine) as connection:
        row = profile_table.c.code == "IM-16"
        connection.execute(update(profile_table).where(row).values(content=b"damaged", valid_to=date(9999, 1, 1)))
    line = listed(shekara, "--language", "kk")["IM-16", 1]
    assert line["state"] == "does not judge"
    assert "бағалауға қатыспайды" in json.dumps(line, ensure_ascii=False)
    assert "profile-tampered" in shekara("list").stdout
    assert "profile-tampered" in shekara("show", "IM-16").stdout


def test_a_profile_is_shown_as_a_sentence_with_its_life(shekara: Shekara, file: Path) -> None:
    shekara("import", file, "--by", SAULE)
    shown = shekara("show", "IM-90", "--language", "ru")
    assert "код товара начинается с 9401-9404" in shown.stdout
    assert "черновик" in shown.stdout
    assert not {"draft", "version", "weight", "back-test", "orders", "author"} & set(shown.stdout.split())
    as_json = json.loads(shekara("show", "IM-90", "--json").stdout)
    assert as_json["sentence"].startswith("Imports where")
    assert as_json["steps"][0][1:3] == ["draft", SAULE]


def test_a_command_takes_a_step_with_all_profiles_or_with_none_and_judging_changes_once(
    shekara: Shekara, office: Office, tmp_path: Path
) -> None:
    two = tmp_path / "two.toml"
    two.write_text(write([current(), current(code="IM-91")]), encoding="utf-8")
    shekara("import", two, "--by", SAULE)
    shekara("validate", "IM-90", "IM-91", "--by", SAULE)
    for code in ("IM-90", "IM-91"):
        back_tested(office, current(code=code))
    assert shekara("submit", "IM-90", "--by", SAULE).exit_code == 0
    assert shekara("approve", "IM-90", "IM-91", "--by", TIMUR).exit_code == 1
    assert listed(shekara)["IM-90", 1]["status"] == "submitted"
    shekara("submit", "IM-91", "--by", SAULE)
    told = shekara("approve", "IM-90", "IM-91", "--by", TIMUR)
    assert told.exit_code == 0, told.output
    assert {listed(shekara)[code, 1]["state"] for code in ("IM-90", "IM-91")} == {"active"}


def test_an_older_version_is_shown_as_replaced(shekara: Shekara, office: Office, tmp_path: Path) -> None:
    for weight in (30, 31):
        (tmp_path / "one.toml").write_text(write([current(weight=weight)]), encoding="utf-8")
        shekara("import", tmp_path / "one.toml", "--by", SAULE)
        shekara("validate", "IM-90", "--by", SAULE)
        back_tested(office, current(weight=weight, version=weight - 29))
        shekara("submit", "IM-90", "--by", SAULE)
        assert shekara("approve", "IM-90", "--by", TIMUR).exit_code == 0
    assert listed(shekara)["IM-90", 2]["state"] == "active"
    assert ("IM-90", 1) not in listed(shekara)
    assert listed(shekara, "--all")["IM-90", 1]["state"] == "replaced"
    assert json.loads(shekara("show", "IM-90", "--version", "1", "--json").stdout)["state"] == "replaced"


def test_an_appointed_analyst_works_inside_his_posts(shekara: Shekara, file: Path) -> None:
    assert shekara("appoint", "790101300120", "Aibek", "--by", ASEL, "--post", "30301").exit_code == 0
    assert "Aibek" in shekara("analysts").stdout
    refused = shekara("import", file, "--by", "790101300120", "--language", "en")
    assert refused.exit_code == 1
    assert "stays inside his own posts (30301)" in refused.stderr
