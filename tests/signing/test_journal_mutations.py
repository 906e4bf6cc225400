"""Whatever is changed in the stored journal, the verifier finds it, and names the first record that does not fit."""

import random
from collections.abc import Callable
from dataclasses import replace

import pki
import pytest
from journal_tampering import change_tiles, tamper
from journals import STAMPED_AT, Tables, entry_row, knowledge, record, signed, tables

from portal import audit
from signing import journal_check
from signing.errors import JournalBroken, TimestampInvalid

SIZES = (64, 128, 200)
CHANGES = 100_000
BATCHES = 20  # so that two processes can share them


def whole() -> Tables:
    return tables(200, *SIZES)


def code_of(tampered: Tables) -> tuple[str, str]:
    """Return the code of what is found, and the place that it names."""
    with pytest.raises(JournalBroken) as caught:
        tampered.verify()
    return caught.value.code, next(iter(caught.value.params.values()))


def test_an_untouched_journal_is_found_whole() -> None:
    summary = tables(600, 200, 300, 600).verify()
    assert (summary.size, summary.tiles, summary.checkpoints, summary.signed) == (600, 2, 3, 600)
    assert tables(0).verify().size == 0


@pytest.mark.parametrize("seed", range(BATCHES))
def test_every_single_change_is_found(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(CHANGES // BATCHES):
        tampered = tamper(whole(), chance)
        try:
            tampered.verify()
        except JournalBroken:
            continue
        pytest.fail(f"not found: {difference(tampered)}")


def test_every_change_of_a_tile_is_found() -> None:
    chance = random.Random(0)
    original = tables(1030)
    for _ in range(60):
        tampered = change_tiles(original, chance)
        if tampered != original:
            assert code_of(tampered)[0] == "journal.tile"


@pytest.mark.parametrize("index", [0, 63, 64, 127, 199])
def test_the_changed_record_is_named(index: int) -> None:
    rows = list(whole().entries)
    rows[index] = (*rows[index][:3], rows[index][3] + b" ", rows[index][4])
    assert code_of(replace(whole(), entries=tuple(rows))) == ("journal.leaf", str(index))


@pytest.mark.parametrize("index", [0, 64, 198])
def test_the_missing_record_is_named(index: int) -> None:
    entries = whole().entries
    assert code_of(replace(whole(), entries=entries[:index] + entries[index + 1 :])) == ("journal.missing", str(index))


@pytest.mark.parametrize(("index", "size"), [(0, "64"), (63, "64"), (64, "128"), (199, "200")])
def test_a_record_rewritten_with_all_that_follows_from_it_contradicts_the_next_checkpoint(
    index: int, size: str
) -> None:
    entry = audit.encode(index, replace_digest(index))
    assert code_of(whole().rewritten(index, entry)) == ("journal.checkpoint", size)


def test_a_rewritten_journal_whose_checkpoints_are_signed_anew_contradicts_the_mark() -> None:
    rewritten = whole().rewritten(3, audit.encode(3, replace_digest(3)))
    anew = [signed(rewritten.first(size).head(), before) for before, size in zip((0, *SIZES), SIZES, strict=False)]
    assert code_of(replace(rewritten, checkpoints=tuple(anew))) == ("journal.mark", "200")


def test_a_checkpoint_of_a_strangers_key_is_found() -> None:
    other = pki.authority().office("Somebody else", "150340012340")
    forged = (*whole().checkpoints[:2], signed(whole().head(), 128, other))
    assert code_of(replace(whole(), checkpoints=forged)) == ("journal.checkpoint", "200")


def test_a_cut_tail_is_found_by_the_mark_and_by_nothing_in_the_database() -> None:
    cut = whole().first(150)
    assert code_of(cut) == ("journal.cut", "200")
    assert replace(cut, mark=None).verify().size == 150


def test_records_beyond_the_last_checkpoint_are_counted_but_not_signed() -> None:
    summary = replace(tables(210, *SIZES), mark=None).verify()
    assert (summary.size, summary.signed) == (210, 200)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry.replace(b'"at"', b' "at"'),
        lambda entry: entry.replace(b'"index":5', b'"index":6'),
        lambda entry: entry.replace(b"decided", b"undecided"),
        lambda entry: entry.replace(b'"subject":"2', b'"subject":"3'),
        lambda entry: entry.replace(b'"index":5', b'"index":5,"index":5'),
        lambda entry: entry.replace(b'"index":5', b'"index":5,"more":""'),
        lambda entry: b"\xff" + entry,
        lambda entry: b"",
    ],
)
def test_an_entry_that_is_not_the_canonical_form_of_its_row_is_named(spoil: Callable[[bytes], bytes]) -> None:
    entry = entry_row(5)[3]
    assert spoil(entry) != entry
    assert code_of(tables(10).rewritten(5, spoil(entry))) == ("journal.entry", "5")


def test_an_event_that_is_not_on_the_list_is_named() -> None:
    index, _, subject, entry, _ = entry_row(0)
    rewritten = tables(1).rewritten(0, entry.replace(b"declaration.decided", b"declaration.dropped"))
    row = (index, "declaration.dropped", subject, *rewritten.entries[0][3:])
    assert code_of(replace(rewritten, entries=(row,))) == ("journal.entry", "0")


# --- time-stamps ----------------------------------------------------------------------------------------------------


def stamped(**changes: object) -> Tables:
    row = replace(whole().checkpoints[1], **{"token": b"token", "stamped_at": STAMPED_AT, **changes})  # type: ignore[arg-type]
    return replace(whole(), checkpoints=(whole().checkpoints[0], row, whole().checkpoints[2]))


def test_the_newest_stamped_checkpoint_is_reported() -> None:
    assert stamped().verify().stamped == 128


@pytest.mark.parametrize("changes", [{"stamped_at": None}, {"stamped_at": pki.authority().made_at.replace(year=2001)}])
def test_a_time_that_is_not_the_tokens_is_found(changes: dict[str, object]) -> None:
    assert code_of(stamped(**changes)) == ("journal.token", "128")


def test_a_token_that_proves_nothing_is_found() -> None:
    def refuse(token: bytes, note: bytes) -> None:
        assert (token, note.decode()) == (b"token", whole().checkpoints[1].note)
        raise TimestampInvalid("timestamp.imprint")

    given = stamped()
    stored = journal_check.Stored(given.entries, given.size, given.frontier, given.tiles, given.checkpoints)
    with pytest.raises(JournalBroken, match=r"journal\.token"):
        journal_check.verify(stored, replace(knowledge(given.mark), read_stamp=refuse))  # type: ignore[arg-type]


def replace_digest(index: int) -> audit.Record:
    """Return the event with the digest of another document."""
    event = record(index)
    return audit.Record(event.event, event.subject, event.at, {**event.particulars, "digest": "f" * 64})


def difference(tampered: Tables) -> str:
    """Return what differs from the whole journal, for the message of a failure."""
    return "; ".join(
        f"{name}: {getattr(tampered, name)!r}"[:3000]
        for name in ("size", "frontier", "tiles", "checkpoints", "entries")
        if getattr(tampered, name) != getattr(whole(), name)
    )
