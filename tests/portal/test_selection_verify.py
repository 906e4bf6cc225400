"""Anybody can check a draw once the day's key is disclosed; whatever was changed is found and named."""

import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import evidencing
import offices
import pki
import pytest
from cast import PARTICIPANTS
from litestar.testing import TestClient
from msgspec import json as msgspec_json
from msgspec.structs import replace
from sqlalchemy import update
from tampering import archive_of
from typer.testing import CliRunner

from declarations.store import Stored
from portal import cli, selection
from portal.api.selection import DrawApi, SelectionApi
from portal.auditing.draws import DrawReport, verify_draws
from portal.authorities import DemoAuthorities
from portal.background import notary_of
from portal.database import writing
from portal.office import Office
from portal.pipeline import lodge
from portal.selection import commit, disclose_due
from portal.stages import Lodged
from risk_gateway import canonical, selection_store
from risk_gateway.days import begins
from risk_gateway.model import Assessment, Case
from risk_gateway.packing import pack, unpack
from risk_gateway.store import decision
from signing import store as signing_store

DAY = offices.NOW.date()
KEY = hashlib.sha256(b"the key of this test").digest()
EVENING = datetime(2026, 11, 23, 18, 59, tzinfo=UTC)  # a minute before the day begins in Kazakhstan
OVER = begins(DAY + timedelta(days=2))
VERIFIER = Path(__file__).parents[2] / "docs" / "verifier" / "verify_selection.py"


@dataclass
class Drawn:
    """A declaration lodged on a day, and its office."""

    office: Office
    stored: Stored

    def at(self, moment: datetime) -> "Drawn":
        self.office.clock.at = moment
        return self

    def attest(self) -> "Drawn":
        notary_of(self.office, DemoAuthorities(pki.authority(), self.office.clock)).attest()
        return self

    def disclose(self) -> "Drawn":
        disclose_due(self.office.engine, self.office.clock.now())
        return self

    def report(self) -> DrawReport:
        return verify_draws(archive_of(self.office), self.stored.registration_number, self.stored.key)

    def codes(self) -> set[str]:
        return {misfit.code for misfit in self.report().misfits}

    def rewrite(self, column: str, edit: Callable[[Any], Any], kind: type) -> None:
        """Change the stored case or assessment behind the portal's back."""
        with writing(self.office.engine) as connection:
            old = canonical.loads(unpack(bytes(connection.execute(decision.select()).one()._mapping[column])), kind)
            connection.execute(update(decision).values({column: pack(canonical.dumps(edit(old)))}))


def lodged(home: Path, key: bytes = KEY, committed_at: datetime = EVENING, reference: str = "DRAW-1") -> Drawn:
    office = offices.office(home, offices.StillClock(committed_at))
    with writing(office.engine) as connection:
        connection.execute(selection_store.selection_key.delete())
        commit(connection, DAY, committed_at, key)
    notary_of(office, DemoAuthorities(pki.authority(), office.clock)).attest()
    office.clock.at = max(offices.NOW, committed_at)
    signed = pki.sign_as("anna", builders.declaration_xml(reference=reference))
    answer = lodge(Lodged(signed, offices.NOW, PARTICIPANTS["altyn"].identifier), office)
    return Drawn(office, answer.stored).attest()


@pytest.fixture
def drawn(tmp_path: Path) -> Drawn:
    return lodged(tmp_path)


@pytest.fixture
def disclosed(drawn: Drawn) -> Drawn:
    return drawn.at(OVER).disclose()


def drawing_key() -> bytes:
    """Return a key under which DRAW-1 is drawn at the rate of a minimal-risk participant."""
    series = f"{PARTICIPANTS['altyn'].identifier}/DRAW-1|random|1".encode()
    keys = (hashlib.sha256(str(number).encode()).digest() for number in range(10_000))
    return next(key for key in keys if hmac.digest(key, series, "sha256") < bytes.fromhex("01" + "0" * 62))


# --- nothing is wrong -----------------------------------------------------------------------------------------------


def test_every_draw_follows_from_the_disclosed_key(disclosed: Drawn) -> None:
    report = disclosed.report()
    assert report.misfits == ()
    assert report.disclosed
    (random,) = report.judged.assessment.selections
    by_hand = hmac.digest(KEY, f"{report.judged.case.series_id}|random|1".encode(), "sha256").hex()
    assert random.draw == by_hand


def test_a_declaration_that_was_drawn_is_inspected_and_its_proof_holds(tmp_path: Path) -> None:
    drawn = lodged(tmp_path, drawing_key()).at(OVER).disclose()
    assert drawn.stored.outcome == "INSPECTION_ORDER"
    assert drawn.report().misfits == ()


def test_before_disclosure_nothing_is_wrong_and_the_moment_is_told(drawn: Drawn) -> None:
    report = drawn.report()
    assert report.misfits == ()
    assert not report.disclosed
    assert report.verifiable_from == OVER


# --- the proof is weaker --------------------------------------------------------------------------------------------


def test_a_key_committed_to_after_the_day_began_is_told(tmp_path: Path) -> None:
    drawn = lodged(tmp_path, committed_at=begins(DAY) + timedelta(hours=1)).at(OVER).disclose()
    report = drawn.report()
    assert [misfit.code for misfit in report.misfits] == ["selection.late"]
    assert report.fits


def test_a_commitment_that_was_stamped_only_after_the_day_began_is_late_whatever_our_clock_said(
    tmp_path: Path,
) -> None:
    office = offices.office(tmp_path, offices.StillClock(EVENING))
    with writing(office.engine) as connection:
        connection.execute(selection_store.selection_key.delete())
        commit(connection, DAY, EVENING, KEY)
    office.clock.at = offices.NOW
    signed = pki.sign_as("anna", builders.declaration_xml(reference="DRAW-1"))
    drawn = Drawn(office, lodge(Lodged(signed, offices.NOW), office).stored)
    assert drawn.codes() == {"selection.unstamped"}
    assert drawn.attest().codes() == {"selection.late"}


# --- something is wrong ---------------------------------------------------------------------------------------------


def test_a_changed_rate_is_found(disclosed: Drawn) -> None:
    def cheaper(assessment: Assessment) -> Assessment:
        (random,) = assessment.selections
        return replace(assessment, selections=(replace(random, rate=Decimal("0.5"), selected=True),))

    disclosed.rewrite("assessment", cheaper, Assessment)
    assert "selection.rate" in disclosed.codes()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"draw": "f" * 64}, "selection.draw"),
        ({"profile_version": 2}, "selection.draw"),
        ({"selected": True}, "selection.selected"),
        ({"profile": "another"}, "selection.draws"),
    ],
    ids=lambda value: str(value),
)
def test_a_changed_draw_is_found(disclosed: Drawn, changes: dict[str, Any], code: str) -> None:
    def changed(assessment: Assessment) -> Assessment:
        return replace(assessment, selections=(replace(assessment.selections[0], **changes),))

    disclosed.rewrite("assessment", changed, Assessment)
    assert code in disclosed.codes()


def test_a_draw_that_was_left_out_is_found(disclosed: Drawn) -> None:
    disclosed.rewrite("assessment", lambda assessment: replace(assessment, selections=()), Assessment)
    assert "selection.draws" in disclosed.codes()


def test_a_drawn_declaration_that_was_let_go_is_found(tmp_path: Path) -> None:
    drawn = lodged(tmp_path, drawing_key()).at(OVER).disclose()

    def let_go(assessment: Assessment) -> Assessment:
        return replace(assessment, by_draw=type(assessment.by_draw).SIMPLIFIED_RELEASE)

    drawn.rewrite("assessment", let_go, Assessment)
    assert drawn.codes() == {"selection.outcome"}


def test_a_case_of_another_series_or_category_is_found_by_the_journal(disclosed: Drawn) -> None:
    disclosed.rewrite("case", lambda case: replace(case, series_id="150340012340/BETTER"), Case)
    assert {"selection.case", "selection.series", "selection.draw"} <= disclosed.codes()


def test_a_key_that_was_changed_with_its_commitment_is_found(drawn: Drawn) -> None:
    other = hashlib.sha256(b"another").digest()
    with writing(drawn.office.engine) as connection:
        values = {"key": other, "commitment": selection_store.commitment_of(other)}
        connection.execute(selection_store.selection_key.update().values(**values))
    assert "selection.key_changed" in drawn.codes()
    assert "selection.disclosed_wrong" in drawn.at(OVER).disclose().codes()


def test_a_commitment_rewritten_in_the_journal_is_found(disclosed: Drawn) -> None:
    table = signing_store.journal
    with writing(disclosed.office.engine) as connection:
        where = table.c.subject == selection.subject_of(DAY)
        entry = bytes(connection.execute(table.select().where(where).order_by(table.c.index)).first().entry)
        other = entry.replace(hashlib.sha256(KEY).hexdigest().encode(), b"0" * 64)
        connection.execute(update(table).where(where, table.c.index == 0).values(entry=other))
    assert {"selection.entry", "selection.key_changed"} <= disclosed.codes()


def test_a_day_without_any_commitment_is_found(drawn: Drawn) -> None:
    with writing(drawn.office.engine) as connection:
        connection.execute(
            signing_store.journal.delete().where(signing_store.journal.c.subject == selection.subject_of(DAY))
        )
    assert "selection.uncommitted" in drawn.codes()


def test_what_cannot_be_read_is_told_and_nothing_breaks(disclosed: Drawn) -> None:
    with writing(disclosed.office.engine) as connection:
        connection.execute(update(decision).values(assessment=b"\x00"))
    assert disclosed.codes() == {"selection.unreadable"}


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def run(drawn: Drawn, *words: str) -> Any:
        home = drawn.office.settings.home
        offices.keep_keys(home)
        offices.for_commands(monkeypatch, drawn.office.settings, home)
        return CliRunner().invoke(cli.app, ["selection", "verify", drawn.stored.registration_number, *words])

    return run


def test_the_command_tells_of_a_draw_that_fits(disclosed: Drawn, verify: Callable[..., Any]) -> None:
    told = verify(disclosed, "--json")
    assert told.exit_code == 0, told.output
    content = json.loads(told.stdout)
    assert content["valid"] is True
    assert content["key"] == KEY.hex()
    assert content["draws"][0]["rate"] == "0.005"
    assert content["late"] is False


def test_the_command_says_when_it_can_be_verified(drawn: Drawn, verify: Callable[..., Any]) -> None:
    told = verify(drawn, "--language", "ru")
    assert told.exit_code == 2
    assert "Проверка возможна с 2026-11-26T00:00+05:00" in told.stdout


def test_the_command_names_what_does_not_fit(disclosed: Drawn, verify: Callable[..., Any]) -> None:
    disclosed.rewrite("assessment", lambda assessment: replace(assessment, selections=()), Assessment)
    told = verify(disclosed)
    assert told.exit_code == 1
    assert "DOES NOT FIT" in told.stdout


def test_the_estimate_says_when_nothing_was_inspected_yet(drawn: Drawn, verify: Callable[..., Any]) -> None:
    verify(drawn)  # sets the environment
    told = CliRunner().invoke(
        cli.app, ["selection", "estimate", "--from", "2026-11-01", "--to", "2026-11-30", "--json"]
    )
    assert told.exit_code == 2
    content = json.loads(told.stdout)
    assert (content["low"], content["high"], content["population_left_out"]) == (0.0, 1.0, 1)


# --- what a declarant and everybody may read ------------------------------------------------------------------------


def api(drawn: Drawn, participant: str = "altyn") -> tuple[TestClient, dict[str, str]]:
    headers = evidencing.give_token(drawn.office, participant)
    return TestClient(evidencing.evidence_api(drawn.office, SelectionApi, DrawApi)), headers


def test_everybody_reads_the_keys_and_no_secret(drawn: Drawn) -> None:
    client, _ = api(drawn)
    before = client.get("/api/v1/selection/keys")
    assert before.status_code == 200
    (today,) = [each for each in before.json()["keys"] if each["day"] == DAY.isoformat()]
    assert today["commitment"] == hashlib.sha256(KEY).hexdigest()
    assert today["key"] is None
    assert KEY.hex() not in before.text

    drawn.at(OVER).disclose()
    (after,) = [each for each in client.get("/api/v1/selection/keys").json()["keys"] if each["day"] == today["day"]]
    assert after["key"] == KEY.hex()
    assert json.loads(after["disclosed_entry"])["particulars"]["key"] == KEY.hex()


def test_a_declarant_reads_its_random_draw_after_disclosure_and_nothing_before(drawn: Drawn) -> None:
    client, headers = api(drawn)
    address = f"/api/v1/declarations/{drawn.stored.registration_number}/selection"
    secret = client.get(address, headers=headers).json()
    assert [secret[name] for name in ("draw", "rate", "share", "selected", "fits")] == [None] * 5

    drawn.at(OVER).disclose()
    told = client.get(address, headers=headers).json()
    assert told["fits"] is True
    assert told["draw"] == hmac.digest(KEY, f"{told['series']}|random|{told['version']}".encode(), "sha256").hex()
    assert (told["selected"], told["rate"]) == (False, "0.005")


def test_anothers_draw_is_not_there(drawn: Drawn) -> None:
    client, headers = api(drawn, "qorgan")
    address = f"/api/v1/declarations/{drawn.stored.registration_number}/selection"
    assert client.get(address, headers=headers).status_code == 404
    assert client.get(address).status_code == 401


def test_the_pages_show_the_keys_and_the_own_draw(disclosed: Drawn) -> None:
    for language, words in (("en", "was not drawn at random"), ("ru", "не была отобрана"), ("kk", "түскен жоқ")):
        with evidencing.browsing_stored(disclosed.office, "anna", language) as browser:
            page = browser.get(f"/declarations/{disclosed.stored.registration_number}/selection")
            assert words in page.text
            assert f"hexkey:{KEY.hex()}" in page.text
            assert KEY.hex() in browser.get("/selection").text


def test_the_page_of_the_draw_is_not_there_for_others(disclosed: Drawn) -> None:
    with evidencing.browsing_stored(disclosed.office, "yerkin") as browser:
        assert browser.get(f"/declarations/{disclosed.stored.registration_number}/selection").status_code == 404


# --- on another machine ---------------------------------------------------------------------------------------------


def test_the_verifier_alone_makes_the_draw_anew(disclosed: Drawn, tmp_path: Path) -> None:
    client, headers = api(disclosed)
    told = client.get(f"/api/v1/declarations/{disclosed.stored.registration_number}/selection", headers=headers).json()
    assert verified(told, tmp_path) == 0
    assert verified({**told, "rate": "1"}, tmp_path) == 1
    assert verified({**told, "key": {**told["key"], "key": "00" * 32}}, tmp_path) == 1
    assert verified({**told, "draw": None}, tmp_path) == 2


def verified(told: dict[str, Any], folder: Path) -> int:
    file = folder / "draw.json"
    file.write_bytes(msgspec_json.encode(told))
    return subprocess.run([sys.executable, str(VERIFIER), str(file)], capture_output=True).returncode
