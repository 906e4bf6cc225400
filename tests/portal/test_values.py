"""`shekara values`: computed, loaded by an analyst, journalled, met by the next lodgement; what was judged stays."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import offices
import pki
import pytest
from builders import declaration_xml
from cast import PERSONS
from msgspec.structs import replace
from sqlalchemy import select
from typer.testing import CliRunner, Result

from portal.cli import app
from portal.database import reading, writing
from portal.office import Office
from portal.pipeline import judge, lodge
from portal.stages import Lodged
from portal.values import load
from risk_gateway import archive_store, canonical, values_file, values_store
from risk_gateway.analyst_store import put_analyst
from risk_gateway.archive import StoredCase
from risk_gateway.desk import Analyst
from risk_gateway.errors import MoveRefused, ValuesRefused
from risk_gateway.knowledge import shipped_reference_values
from risk_gateway.packing import pack
from risk_gateway.parameters import UnitValue
from signing import store as signing_store
from signing.journal import leaf_hash

SAULE, ANNA = PERSONS["saule"].iin, PERSONS["anna"].iin
DAY = offices.NOW.date()
LAMPS = UnitValue("8539229000", "CN", "kg", Decimal(500), Decimal(900), "test")  # 60 times what Anna declares


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = offices.office(tmp_path)
    offices.for_commands(monkeypatch, made.settings, tmp_path)
    with writing(made.engine) as connection:
        put_analyst(connection, Analyst(SAULE, "Saule"))
    return made


def shekara(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["values", *map(str, arguments)])


def a_file(folder: Path, *values: UnitValue, name: str = "values.toml", since: date = DAY) -> Path:
    path = folder / name
    path.write_text(values_file.write(since, values or (LAMPS,), ()), encoding="utf-8")
    return path


def put(office: Office, *values: UnitValue, since: date = DAY, after: timedelta = timedelta(0)) -> str:
    with writing(office.engine) as connection:
        file = values_file.ValuesFile(unit_value=values or (LAMPS,))
        return load(connection, file, since, SAULE, "test", offices.NOW + after).digest


def judged(office: Office, reference: str = "ALTYN-1") -> Any:
    data = pki.sign_as("anna", declaration_xml(reference=reference))
    return judge(Lodged(data, offices.NOW), office.current(), lambda: 0.0, 250)


# --- in force -------------------------------------------------------------------------------------------------------


def test_while_nothing_is_loaded_the_shipped_values_count(office: Office) -> None:
    with reading(office.engine) as connection:
        assert values_store.read_in_force(connection, DAY) is None
    assert office.snapshot.knowledge(DAY).reference_values is shipped_reference_values()


def test_a_lodgement_meets_new_values_at_once_and_an_older_decision_keeps_the_old_ones(office: Office) -> None:
    data = pki.sign_as("anna", declaration_xml(reference="ALTYN-1"))
    before = lodge(Lodged(data, offices.NOW), office)
    known_before = office.snapshot.knowledge(DAY).version
    put(office)
    later = judged(office, "ALTYN-2")
    assert later.case.items[0].value_to_reference_percent < 3
    assert later.knowledge.version != known_before
    assert before.decision.knowledge_version == known_before
    assert lodge(Lodged(data, offices.NOW), office).decision == before.decision


def test_a_lodgement_judged_before_the_load_is_judged_again_before_it_is_recorded(office: Office) -> None:
    other = offices.reopen(office.settings)
    office.snapshot.knowledge(DAY)
    put(other)
    answer = lodge(Lodged(pki.sign_as("anna", declaration_xml()), offices.NOW), office)
    assert answer.decision.knowledge_version == other.current().knowledge(DAY).version


def test_values_count_from_their_day_on_and_the_newest_of_them(office: Office) -> None:
    first = put(office)
    more = UnitValue("9401", "*", "kg", *map(Decimal, (1, 2)), "test")
    second = put(office, LAMPS, more, after=timedelta(minutes=1))
    put(office, UnitValue("9401", "*", "kg", *map(Decimal, (3, 4)), "test"), since=date(2027, 1, 1))
    with reading(office.engine) as connection:
        in_force = values_store.read_in_force(connection, DAY)
        assert values_store.read_in_force(connection, date(2026, 11, 23)) is None
        assert values_store.read_in_force(connection, DAY) is in_force
    assert in_force is not None
    assert {value.commodity for value in in_force.unit_values} == {"8539229000", "9401"}
    assert first != second


def test_routes_stay_when_a_file_names_only_unit_values(office: Office) -> None:
    put(office)
    assert office.current().knowledge(DAY).reference_values.routes == shipped_reference_values().routes


# --- loading --------------------------------------------------------------------------------------------------------


def test_loading_a_file_is_journalled_with_who_and_what(office: Office, tmp_path: Path) -> None:
    result = shekara("load", a_file(tmp_path), "--by", SAULE, "--json")
    assert result.exit_code == 0, result.output
    digest = json.loads(result.output)["digest"]
    with reading(office.engine) as connection:
        journal = signing_store.journal
        entry = connection.execute(select(journal).where(journal.c.event == "values.loaded")).one()
        (version,) = values_store.read_versions(connection)
    assert (version.digest, version.valid_from, version.source) == (digest, DAY, "values.toml")
    said = json.loads(entry.entry)["particulars"]
    assert said == {"by": SAULE, "digest": digest, "source": "values.toml", "valid_from": "2026-11-24"}
    assert entry.leaf == leaf_hash(entry.entry)


@pytest.mark.parametrize("by", ["000000000000", ANNA])
def test_nobody_but_an_analyst_loads_values(office: Office, tmp_path: Path, by: str) -> None:
    result = shekara("load", a_file(tmp_path), "--by", by)
    assert result.exit_code == 1
    with writing(office.engine) as connection, pytest.raises(MoveRefused):
        load(connection, values_file.ValuesFile(unit_value=(LAMPS,)), DAY, by, "test", offices.NOW)


def test_a_regional_analyst_may_not_load_what_concerns_every_post(office: Office) -> None:
    with writing(office.engine) as connection:
        put_analyst(connection, Analyst("910310300223", "Timur", frozenset({"20201"})))
        with pytest.raises(ValuesRefused, match="values-actor"):
            load(connection, values_file.ValuesFile(unit_value=(LAMPS,)), DAY, "910310300223", "test", offices.NOW)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_wrong_file_is_refused_whole_and_changes_nothing(office: Office, tmp_path: Path, language: str) -> None:
    path = a_file(tmp_path)
    path.write_text(path.read_text("utf-8").replace('"CN"', '"XX"').replace('"500"', '"-5"'), encoding="utf-8")
    revision = office.snapshot.revision
    result = shekara("load", path, "--by", SAULE, "--language", language)
    assert result.exit_code == 1
    assert "values-country" in result.output
    assert "values-number" in result.output
    assert office.current().revision == revision
    with reading(office.engine) as connection:
        assert values_store.read_versions(connection) == []


def test_the_same_values_are_not_loaded_twice(office: Office, tmp_path: Path) -> None:
    path = a_file(tmp_path)
    assert shekara("load", path, "--by", SAULE).exit_code == 0
    again = shekara("load", path, "--by", SAULE)
    assert again.exit_code == 1
    assert "values-known" in again.output


def test_a_file_without_a_day_needs_one(office: Office, tmp_path: Path) -> None:
    path = a_file(tmp_path)
    path.write_text(path.read_text("utf-8").replace("valid_from = 2026-11-24", ""), encoding="utf-8")
    assert "values-no-day" in shekara("load", path, "--by", SAULE).output
    assert shekara("load", path, "--by", SAULE, "--valid-from", "2026-12-01").exit_code == 0


# --- looking --------------------------------------------------------------------------------------------------------


def test_the_list_has_the_newest_first(office: Office) -> None:
    put(office)
    put(office, UnitValue("9401", "*", "kg", *map(Decimal, (3, 4)), "test"), since=date(2027, 1, 1))
    listed = json.loads(shekara("list", "--json").output)
    assert [each["valid_from"] for each in listed] == ["2027-01-01", "2026-11-24"]


def test_what_concerns_some_goods_is_shown_and_that_it_is_only_a_signal(office: Office) -> None:
    put(office)
    shown = shekara("show", "8539", "--on", "2026-11-24")
    assert shown.exit_code == 0
    assert "8539229000" in shown.output
    assert "A signal to look, never a value to impose." in shown.output
    assert "8539229000" not in shekara("show", "8539", "--on", "2026-11-24", "--origin", "TR").output
    assert shekara("show", "0101", "--on", "2026-11-24").exit_code == 2


# --- computing ------------------------------------------------------------------------------------------------------


def test_values_computed_from_past_cases_can_be_loaded(office: Office, tmp_path: Path) -> None:
    made = judged(office)
    past = [_past(made, who, step) for who in range(12) for step in range(6)]
    with writing(office.engine) as connection:
        archive_store.add_past_cases(connection, past)
    out = tmp_path / "computed.toml"
    span = ("--from", "2026-01-01", "--to", "2026-06-30")
    result = shekara("compute", *span, "--valid-from", "2026-11-24", "--out", out, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert (told["declarations"], told["generated_cases"]) == (len(past), 0)
    assert shekara("load", out, "--by", SAULE).exit_code == 0
    known = office.current().knowledge(DAY).reference_values.unit_values
    assert {value.commodity for value in known} == {"8539229000", "853922", "8539"}
    assert all(value.count == 72 and value.period == "2026-01-01/2026-06-30" for value in known)


def test_days_without_cases_give_nothing(office: Office, tmp_path: Path) -> None:
    span = ("--from", "2020-01-01", "--to", "2020-01-31", "--valid-from", "2026-11-24")
    assert shekara("compute", *span, "--out", tmp_path / "none.toml").exit_code == 2


def _past(made: Any, who: int, step: int) -> StoredCase:
    """Return a released case of somebody like the one that was judged, at a price of its own."""
    price = Decimal(8) + Decimal(who) / 10 + Decimal(step) / 7
    items = tuple(replace(item, usd_per_kg=price.quantize(Decimal("0.0001")), unit=None) for item in made.case.items)
    return StoredCase(
        number=f"PAST-{who}-{step}",
        day=date(2026, 3, 1),
        block="imports",
        office="20201",
        declarant=f"{who:012}",
        outcome="SIMPLIFIED_RELEASE",
        knowledge_version=made.knowledge.version,
        case=pack(canonical.dumps(replace(made.case, items=items))),
        assessment=b"",
        decision=b"",
    )
