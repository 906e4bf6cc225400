"""Fraud models come to judge under two persons: every move is on record, and every process hears of it."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import archives
import fraud_models
import msgspec
import offices
import pki
import pytest
from builders import declaration_xml
from cast import PERSONS
from evidencing import browsing_stored
from fraud_models import small
from lxml import html
from msgspec.structs import replace
from sqlalchemy import update
from typer.testing import CliRunner
from typer.testing import Result as Run

from declarations import store as declarations_store
from portal import cli, model_desk
from portal.database import reading, writing
from portal.model_work import ACTS_MIN, Learned
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import archive_store, canonical, knowledge
from risk_gateway.analyst_store import put_analyst
from risk_gateway.archive import Result, StoredCase
from risk_gateway.desk import Analyst
from risk_gateway.errors import KnowledgeTampered, MoveRefused
from risk_gateway.fraud_model import model_store
from risk_gateway.fraud_model.evaluation import measure
from risk_gateway.fraud_model.features import FEATURES
from risk_gateway.fraud_model.lifecycle import Status
from risk_gateway.fraud_model.spec import FraudModel, sealed
from risk_gateway.model import Assessment, Case, HeaderFacts, ItemFacts
from risk_gateway.packing import pack, unpack
from risk_gateway.profiles import Category, SelectionRates
from signing import store as signing_store

SAULE, TIMUR = PERSONS["saule"].iin, PERSONS["timur"].iin
REGIONAL, NOBODY = PERSONS["erlan"].iin, PERSONS["anna"].iin
FIRST = date(2026, 3, 2)
METRICS = msgspec.json.encode(
    Learned(first=FIRST, last=FIRST, acts=2, found=1, items=2, held_out=measure([0.1, 0.9], [False, True], [0.0, 1.0]))
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = offices.office(tmp_path)
    with writing(made.engine) as connection:
        put_analyst(connection, Analyst(REGIONAL, "Erlan", frozenset({"20201"})))
    return made


@pytest.fixture
def shekara(office: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    offices.for_commands(monkeypatch, office.settings)
    return lambda *words: CliRunner().invoke(cli.app, ["model", *words])


def keep(office: Office, model: FraudModel, by: str = SAULE) -> str:
    with writing(office.engine) as connection:
        return model_desk.keep_candidate(connection, model, by, METRICS, offices.NOW).version


def promote(office: Office, version: str, by: str = TIMUR) -> list[tuple[str, Status | None, Status]]:
    with writing(office.engine) as connection:
        moves = model_desk.promote(connection, version, by, offices.NOW)
    return [(moved.version, moved.before, moved.after) for moved in moves]


def statuses(office: Office) -> dict[str, Status]:
    with reading(office.engine) as connection:
        return {model.version: model.status for model in model_store.read_all(connection)}


def moves_of(office: Office, version: str) -> list[dict[str, Any]]:
    """Return the particulars of a model's moves, as the journal has them."""
    with reading(office.engine) as connection:
        entries = signing_store.read_entries(connection, version)
    assert {event for _, event, _ in entries} <= {"model.moved"}
    return [json.loads(entry)["particulars"] for _, _, entry in entries]


# --- who may do what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "code"), [(SAULE, "model-same-person"), (NOBODY, "move-unknown-analyst"), (REGIONAL, "model-regional")]
)
def test_a_model_is_not_promoted_by_who_trained_it_nor_by_who_may_not(by: str, code: str, office: Office) -> None:
    version = keep(office, small())
    revision = office.snapshot.revision
    office.refresh()
    with pytest.raises(MoveRefused) as refused:
        promote(office, version, by)
    assert refused.value.code == code
    assert all(refused.value.text(language) for language in ("kk", "ru", "en"))
    assert statuses(office) == {version: Status.CANDIDATE}
    assert len(moves_of(office, version)) == 1
    assert office.snapshot.revision == revision + 1


@pytest.mark.parametrize("by", [NOBODY, REGIONAL])
def test_a_model_of_somebody_who_is_no_republican_analyst_is_not_kept(by: str, office: Office) -> None:
    with pytest.raises(MoveRefused):
        keep(office, small(), by)
    assert statuses(office) == {}


def test_the_very_same_model_is_kept_once(office: Office) -> None:
    keep(office, small())
    with pytest.raises(MoveRefused, match="model-known"):
        keep(office, small(), TIMUR)


def test_a_champion_or_a_retired_model_cannot_rise_and_an_unknown_one_does_nothing(office: Office) -> None:
    version = keep(office, small())
    promote(office, version)
    promote(office, version)
    for wanted, code in ((version, "model-champion"), ("0" * 12, "model-unknown")):
        with pytest.raises(MoveRefused, match=code):
            promote(office, wanted)
    with writing(office.engine) as connection:
        model_desk.retire(connection, version, SAULE, offices.NOW)
    with pytest.raises(MoveRefused, match="model-move"):
        promote(office, version)


def test_a_model_that_cannot_be_loaded_does_not_rise(office: Office) -> None:
    version = keep(office, sealed(replace(small(), booster="hello")))
    with pytest.raises(MoveRefused, match="model-unusable"):
        promote(office, version)
    assert statuses(office) == {version: Status.CANDIDATE}


def test_a_model_of_exports_is_compared_but_does_not_come_to_judge(office: Office) -> None:
    version = keep(office, sealed(replace(small(), block="exports")))
    promote(office, version)
    with pytest.raises(MoveRefused, match="model-block"):
        promote(office, version)


# --- what moves -------------------------------------------------------------------------------------------------------


def test_a_candidate_challenges_and_then_judges_and_each_move_is_in_the_journal(office: Office) -> None:
    version = keep(office, small())
    assert champion(office) is None
    assert promote(office, version[:12]) == [(version, Status.CANDIDATE, Status.CHALLENGER)]
    assert champion(office) is None
    assert promote(office, version) == [(version, Status.CHALLENGER, Status.CHAMPION)]
    assert champion(office) == small()
    assert moves_of(office, version) == [
        {"after": "candidate", "before": "", "by": SAULE},
        {"after": "challenger", "before": "candidate", "by": TIMUR},
        {"after": "champion", "before": "challenger", "by": TIMUR},
    ]


def test_there_is_one_champion_and_who_was_it_retires(office: Office) -> None:
    for seed in (7, 8):
        version = keep(office, small(seed))
        promote(office, version)
        moves = promote(office, version)
    assert moves[0] == (small().version, Status.CHAMPION, Status.RETIRED)
    assert statuses(office) == {small().version: Status.RETIRED, small(8).version: Status.CHAMPION}
    assert champion(office) == small(8)
    assert moves_of(office, small().version)[-1]["after"] == "retired"


def test_while_nothing_changes_the_champion_is_the_same_object(office: Office) -> None:
    version = keep(office, small())
    promote(office, version)
    promote(office, version)
    assert champion(office) is champion(office)


@pytest.mark.parametrize("content", [b"altered", pack(canonical.dumps(replace(small(9), source="altered")))])
def test_a_model_that_was_altered_in_the_database_is_told(content: bytes, office: Office) -> None:
    version = keep(office, small(9))
    with writing(office.engine) as connection:
        table = model_store.fraud_model
        connection.execute(update(table).values(content=content).where(table.c.version == version))
    with reading(office.engine) as connection, pytest.raises(KnowledgeTampered):
        model_store.read_model(connection, version)


def test_the_next_lodgement_is_judged_by_the_new_champion_and_older_ones_replay_with_theirs(
    office: Office, shekara: Callable[..., Run]
) -> None:
    numbers, opinions = [], []
    for seed in (7, 8):
        version = keep(office, small(seed))
        promote(office, version)
        promote(office, version)
        document = pki.sign_as("anna", declaration_xml(reference=f"MODEL-{seed}"))
        office.refresh()
        answer = lodge(Lodged(document, offices.NOW), office)
        numbers.append(answer.stored.registration_number)
        opinions.append(assessment_of(office, numbers[-1]).opinion)
    assert [opinion and opinion.model for opinion in opinions] == [small(7).version, small(8).version]
    for number in numbers:
        run = CliRunner().invoke(cli.app, ["replay", number])
        assert run.exit_code == 0, run.output


def champion(office: Office) -> FraudModel | None:
    with reading(office.engine) as connection:
        return model_store.read_champion(connection)


def assessment_of(office: Office, number: str) -> Assessment:
    with reading(office.engine) as connection:
        stored = archive_store.find_case(connection, number)
    assert stored is not None
    return canonical.loads(unpack(stored.assessment), Assessment)


# --- over the archive -------------------------------------------------------------------------------------------------


def acts(count: int, first: date = FIRST, seed: int = 7) -> list[StoredCase]:
    """Return past cases that chance had inspected, ten a day, with what their acts found."""
    shipped = knowledge.shipped(date(2026, 11, 24), bytes(32))
    parts = {name: getattr(shipped, name) for name in ("day", "profiles", "reference_values", "phrases", "day_key")}
    everything = replace(shipped.parameters, random_rates=SelectionRates(*[Decimal(1)] * 3))
    known = knowledge.build(**parts, parameters=everything)
    made = []
    for number, example in enumerate(fraud_models.examples(count, seed)):
        day = first + timedelta(days=number // 10)
        row, result = example.row, Result(found=example.found, amount_tiyn=1_000 if example.found else 0)
        item = ItemFacts(
            sequence=1,
            commodity_code=row.commodity,
            origin_country=row.origin,
            net_mass_kg=Decimal(str(row.mass_kg)),
            item_value_usd=Decimal(str(row.value)),
        )
        case = Case(
            series_id=f"{row.declarant}/{seed}-{number}",
            document_digest="0" * 64,
            block="imports",
            lodged_at=datetime(day.year, day.month, day.day, 6, tzinfo=offices.NOW.tzinfo),
            declarant=row.declarant,
            header=HeaderFacts(type_code="IM", declarant_category=Category.MEDIUM, procedure="40", office="20201"),
            items=(item,),
        )
        made.append(archives.judged(case, known, f"PAST-{seed}-{number:05}", day=day, result=result))
    return made


def archive(office: Office, cases: list[StoredCase]) -> None:
    with writing(office.engine) as connection:
        archive_store.add_past_cases(connection, cases)


def told(run: Run) -> dict[str, Any]:
    assert run.exit_code == 0, run.output
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_nothing_is_trained_without_cases_or_with_too_few_acts(office: Office, shekara: Callable[..., Run]) -> None:
    assert shekara("train", "--by", SAULE).exit_code == 2
    archive(office, acts(40))
    run = shekara("train", "--by", SAULE, "--language", "en")
    assert run.exit_code == 1
    assert "40" in run.stderr
    assert str(ACTS_MIN) in run.stderr
    assert statuses(office) == {}


def assert_page_tells_of_drift(office: Office) -> None:
    for language in ("kk", "ru", "en"):
        with browsing_stored(office, "timur", language) as browser:
            page = html.fromstring(browser.get("/risk/models").text)
        (chart,) = page.xpath("//*[@id='chart-drift']")
        assert not {code for code in FEATURES if "_" in code and code in chart.text_content()}


def test_a_model_is_trained_measured_promoted_and_watched(office: Office, shekara: Callable[..., Run]) -> None:
    archive(office, acts(500))
    learned = told(shekara("train", "--by", SAULE, "--to", "2026-04-15", "--json"))
    assert (learned["acts"], learned["last"]) == (450, "2026-04-15")
    assert learned["held_out"]["auc"] > 0.7
    version = learned["version"][:12]

    measured = told(shekara("evaluate", version, "--json"))
    assert measured["models"][learned["version"]]["cases"] == 50
    assert measured["first"] == "2026-04-16"

    for _ in range(2):
        assert shekara("promote", version, "--by", TIMUR).exit_code == 0
    watched = shekara("drift", "--days", "30", "--json")
    assert watched.exit_code in (0, 1)
    report = json.loads(watched.stdout)
    assert report["version"] == learned["version"]
    assert sum(one["acts"] for one in report["calibration"]) == 300
    assert_page_tells_of_drift(office)
    listed = json.loads(shekara("list", "--json").stdout)
    assert (listed["status"], listed["trained_by"], listed["approved_by"]) == ("champion", SAULE, TIMUR)


@pytest.mark.parametrize(
    "words",
    [("drift",), ("evaluate",), ("evaluate", "abc", "--csv", __file__), ("train", "--by", SAULE, "--from", "May")],
    ids=" ".join,
)
def test_what_cannot_be_done_ends_as_misuse(words: tuple[str, ...], shekara: Callable[..., Run]) -> None:
    assert shekara(*words).exit_code == 2


def test_a_file_that_is_no_benchmark_is_misuse(shekara: Callable[..., Run]) -> None:
    assert shekara("evaluate", "--csv", __file__, "--valid", __file__).exit_code == 2


def test_the_tables_fit_a_terminal(office: Office, shekara: Callable[..., Run]) -> None:
    keep(office, small())
    for words in (("list",), ("promote", small().version, "--by", TIMUR)):
        run = shekara(*words)
        assert run.exit_code == 0
        assert "…" not in run.stdout


def test_the_revision_tells_other_processes_of_each_move(office: Office) -> None:
    with reading(office.engine) as connection:
        before = declarations_store.read_revision(connection)
    version = keep(office, small())
    promote(office, version)
    with reading(office.engine) as connection:
        assert declarations_store.read_revision(connection) == before + 2
