"""Knowledge is exchanged while lodgements go on: none fails, and each was judged by one state of knowledge."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import offices
import pki
import pytest
from builders import declaration_xml
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations import store as declarations_store
from portal.database import reading, writing
from portal.entry import Answer
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import archive_store, knowledge_store, profile_store, selection_store
from risk_gateway.compiler import compiled
from risk_gateway.emergency import Judging
from risk_gateway.knowledge import build
from risk_gateway.manifest import digest_of
from risk_gateway.replay import replay

DAY = offices.NOW.date()
LODGERS, LODGEMENTS, SWAPS = 3, 4, 6


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def approve(office: Office, version: int) -> None:
    """Put a new version of a profile in force, as an approval does."""
    with writing(office.engine) as connection:
        first = profile_store.read_judging(connection, DAY).profiles[0]
        profile_store.install(connection, [replace(first, version=version)], offices.NOW)
        declarations_store.bump_revision(connection)


def profiles(office: Office) -> dict[str, object]:
    return {profile.code: profile for profile in office.snapshot.knowledge(DAY).profiles}


def test_profiles_that_stay_are_the_same_objects_and_are_neither_hashed_nor_compiled_again(office: Office) -> None:
    before = profiles(office)
    worked_out = {code: (digest_of(profile), compiled(profile)) for code, profile in before.items()}  # type: ignore[arg-type]
    approve(office, version=2)
    assert office.refresh()
    after = profiles(office)
    changed = {code for code in before if after[code] is not before[code]}
    assert len(changed) == 1
    stayed = before.keys() - changed
    assert all((digest_of(after[code]), compiled(after[code])) == worked_out[code] for code in stayed)  # type: ignore[arg-type]


def test_a_revision_that_changes_no_knowledge_leaves_its_version(office: Office) -> None:
    before = office.snapshot.knowledge(DAY)
    with writing(office.engine) as connection:
        declarations_store.bump_revision(connection)
    assert office.refresh()
    assert office.snapshot.knowledge(DAY).version == before.version


def test_an_amendment_is_drawn_with_the_key_of_the_day_of_its_series(office: Office) -> None:
    earlier = DAY - timedelta(days=2)
    with writing(office.engine) as connection:
        key = replace(offices.undrawn(earlier), key=b"e" * 32, commitment=selection_store.commitment_of(b"e" * 32))
        selection_store.add_key(connection, key)
    today, of_series = office.snapshot.knowledge(DAY), office.snapshot.knowledge(DAY, earlier)
    assert (of_series.day, of_series.key_day, of_series.day_key) == (DAY, earlier, b"e" * 32)
    assert of_series.version != today.version
    with reading(office.engine) as connection:
        assert knowledge_store.read(connection, of_series.version) == of_series


def test_a_profile_approved_while_knowledge_is_read_judges_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_judging, approvals = profile_store.read_judging, iter([2])

    def meanwhile(connection: Connection, day: date) -> Judging:
        read = read_judging(connection, day)
        for version in approvals:
            approve(office, version)
        return read

    monkeypatch.setattr(profile_store, "read_judging", meanwhile)
    assert office.snapshot.knowledge(DAY).profiles[0].version == 2


def test_each_database_keeps_all_that_its_knowledge_consists_of(office: Office, tmp_path: Path) -> None:
    other = offices.office(tmp_path / "other")
    for version in (1, 2):
        for each in (office, other):
            if version > 1:
                approve(each, version)
                assert each.refresh()
            known = each.snapshot.knowledge(DAY)
            with reading(each.engine) as connection:
                assert knowledge_store.read(connection, known.version) == known


def test_knowledge_that_was_rolled_back_is_kept_whole_when_it_comes_again(office: Office) -> None:
    before = office.snapshot.knowledge(DAY)
    first, second, *rest = before.profiles
    parts = {name: getattr(before, name) for name in ("day", "parameters", "reference_values", "phrases", "day_key")}
    one = build(profiles=(replace(first, version=8), second, *rest), **parts)
    two = build(profiles=(replace(first, version=8), replace(second, version=9), *rest), **parts)
    with suppress(RuntimeError), writing(office.engine) as connection:
        knowledge_store.keep(connection, one)
        raise RuntimeError
    with writing(office.engine) as connection:
        knowledge_store.keep(connection, two)
    with reading(office.engine) as connection:
        assert knowledge_store.read(connection, two.version) == two


def test_no_lodgement_fails_while_knowledge_is_swapped(office: Office) -> None:
    def swap(version: int) -> None:
        approve(office, version)
        office.refresh()
        office.snapshot.knowledge(DAY)

    def lodge_some(lodger: int) -> list[Answer]:
        documents = (declaration_xml(reference=f"SWAP-{lodger}-{number}") for number in range(LODGEMENTS))
        return [lodge(Lodged(pki.sign_as("anna", document), offices.NOW), office) for document in documents]

    with ThreadPoolExecutor(LODGERS + 1) as pool:
        lodging = [pool.submit(lodge_some, lodger) for lodger in range(LODGERS)]
        swapping = [pool.submit(swap, version) for version in range(2, 2 + SWAPS)]
        answers = [answer for each in lodging for answer in each.result()]
        for each in swapping:
            each.result()
    assert len({answer.stored.registration_number for answer in answers}) == LODGERS * LODGEMENTS
    assert not any(answer.decision.degraded for answer in answers)
    replays_as_decided(office, answers)


def replays_as_decided(office: Office, answers: list[Answer]) -> None:
    with reading(office.engine) as connection:
        read: Callable[[str], object] = lambda version: knowledge_store.find(connection, version)  # noqa: E731
        for answer in answers:
            stored = archive_store.find_case(connection, answer.stored.registration_number)
            assert stored is not None
            assert replay(stored, read).same  # type: ignore[arg-type]
