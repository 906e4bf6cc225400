"""The audit finds what was changed of profiles behind the desk's back, by what the journal tells of them."""

from datetime import date
from pathlib import Path

import offices
import pytest
from msgspec.structs import replace
from refused_profiles import SOUND
from sqlalchemy import Connection

from portal.auditing.profiles import all_profile_misfits
from portal.database import reading, writing
from portal.office import Office
from risk_gateway.packing import pack
from risk_gateway.profile_store import install, move_table, profile_table

IM_16 = profile_table.c.code == "IM-16"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = offices.office(tmp_path)
    offices.journal_profiles(made)
    return made


def misfits(office: Office) -> list[str]:
    with reading(office.engine) as connection:
        return list(all_profile_misfits(connection))


def test_profiles_that_the_journal_tells_of_are_in_order(office: Office) -> None:
    assert misfits(office) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "expired"}, "the status of profile IM-16 version 1 is expired, in the journal it is approved"),
        ({"status": "?"}, "the status of profile IM-16 version 1 is ?, in the journal it is approved"),
        ({"approver": None}, "the approver of profile IM-16 version 1 is nobody"),
        ({"author": "700101300125"}, "the author of profile IM-16 version 1 is 700101300125"),
        ({"valid_to": date(2026, 11, 1)}, "the valid_to of profile IM-16 version 1 is 2026-11-01"),
        ({"valid_from": date(2030, 1, 1)}, "the valid_from of profile IM-16 version 1 is 2030-01-01"),
        ({"content": b"damaged"}, "the content of profile IM-16 version 1 cannot be read"),
        ({"content": pack(SOUND.content)}, "the content of profile IM-16 version 1 is that of IM-90 version 1"),
        ({"digest": "0" * 64}, "the content of profile IM-16 version 1 is not the one in the journal"),
    ],
)
def test_a_changed_row_is_found(office: Office, changes: dict[str, object], told: str) -> None:
    with writing(office.engine) as connection:
        connection.execute(profile_table.update().where(IM_16).values(**changes))

    assert any(told in sentence for sentence in misfits(office))


def test_another_content_with_its_own_digest_and_dates_is_found(office: Office) -> None:
    def rewritten(connection: Connection) -> None:
        forged = replace(SOUND, code="IM-16", weight=1)
        values = {"content": pack(forged.content), "digest": forged.digest, "author": forged.author}
        dates = {"valid_from": forged.valid_from, "valid_to": forged.valid_to}
        connection.execute(profile_table.update().where(IM_16).values(**values, **dates))

    with writing(office.engine) as connection:
        rewritten(connection)

    assert "the content of profile IM-16 version 1 is not the one in the journal" in misfits(office)


def test_a_profile_that_was_removed_or_slipped_in_with_its_steps_is_found(office: Office) -> None:
    with writing(office.engine) as connection:
        connection.execute(profile_table.delete().where(IM_16))
        connection.execute(move_table.delete().where(move_table.c.code == "IM-16"))
        install(connection, [replace(SOUND, approver="910310300223")], offices.NOW)

    assert misfits(office) == [
        "the journal tells nothing of profile IM-90 version 1",
        "the journal tells of profile IM-16 version 1, which is not kept",
    ]


def test_a_step_that_was_removed_or_signed_by_another_is_found(office: Office) -> None:
    step = (move_table.c.code == "IM-16") & (move_table.c.status == "submitted")
    with writing(office.engine) as connection:
        connection.execute(move_table.update().where(step).values(actor="700101300125"))
    assert misfits(office) == ["the steps kept of profile IM-16 version 1 are not the 2 of the journal"]

    with writing(office.engine) as connection:
        connection.execute(move_table.delete().where(step))
    assert misfits(office) == ["the steps kept of profile IM-16 version 1 are not the 2 of the journal"]
