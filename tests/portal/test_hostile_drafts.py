"""Drafts that would overwrite what somebody else corrected, or fill the database."""

from datetime import timedelta
from pathlib import Path

from cast import PERSONS
from drafting import begin, desk, fill, lodge, number_in, stored

from declarations import store as declarations_store
from declarations.lifecycle import Actor
from portal import amending
from portal.casework.model import Mover
from portal.database import reading

NURLAN = Mover(Actor.DOCUMENT_OFFICER, PERSONS["nurlan"].iin, PERSONS["nurlan"].name, "20201")


def test_a_correction_begun_from_an_older_version_overwrites_no_newer_one(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        location = lodge(browser, fill(browser, begin(browser))).headers["location"]
        number = number_in(location)
        one, other = (browser.post(f"{location}/correct", {}).headers["location"] for _ in range(2))
        assert stored(office, one).corrects_version == 1
        assert lodge(browser, one).status_code == 303
        with reading(office.engine) as connection:
            waits = declarations_store.find_by_number(connection, number).status == "AMENDMENT_REQUESTED"
        if waits:
            amending.grant(office, number, NURLAN)

        office.clock.at += timedelta(minutes=1)  # signed later, so it is no repetition
        answer = lodge(browser, other)

        assert answer.status_code == 422
        assert "was registered meanwhile" in answer.text
        with reading(office.engine) as connection:
            versions = declarations_store.find_versions(connection, number)
    assert [each.key.version for each in versions] == [1, 2]
    assert stored(office, other).lodged_as is None
