"""The journal at work: one checkpoint of a size, ever; proofs over HTTP; what is exported is checked without us."""

import ast
import importlib.util
import json
import multiprocessing
import random
import shutil
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import alembic.command
import builders
import offices
import pki
import pytest
import signing_apart
import stamping
from cast import PARTICIPANTS
from litestar.testing import TestClient
from sqlalchemy import delete, select, text, update
from sqlalchemy.event import listen, remove
from typer.testing import CliRunner

from portal import audit, journal
from portal import database as portal_database
from portal.app import create_app
from portal.database import make_engine, reading, writing
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.store import add_token, token_hash
from signing import checkpoint, highwater, store
from signing import journal as tree
from signing.checkpoint import StoredCheckpoint
from signing.errors import CheckpointInvalid, CheckpointRefused, JournalBroken, KeyUnusable
from signing.keyring import Keyring, Use

VERIFIER = Path(__file__).parents[2] / "docs" / "verifier" / "verify_journal.py"
CERTIFICATES = (pki.office_key().certificate,)


class Desk:
    """A journal on a fresh database, with its file of the high-water mark."""

    def __init__(self, home):
        self.settings = offices.settings(home)
        self.kept = self.settings.checkpoint_file
        self.clock = offices.StillClock()
        self.engine = self.connect()

    def connect(self):
        engine = make_engine(self.settings.database_url)
        offices.opened.append(engine)
        return engine

    def grow(self, count, note="event"):
        with writing(self.engine) as connection:
            size, frontier = store.lock_head(connection)
            audit.append(connection, size, frontier, [event(number, note) for number in range(size, size + count)])

    def sign(self, key=None):
        self.clock.at += timedelta(seconds=1)
        return journal.make_checkpoint(self.engine, Keyring.of(key or pki.office_key()), self.clock, self.kept)

    def stamp(self):
        """Have the newest checkpoint stamped, as the notary would."""
        with writing(self.engine) as connection:
            newest = store.read_newest_checkpoint(connection)
            store.set_token(connection, newest.size, stamping.token_of(newest.note.encode()), pki.NOW)

    def sign_blindly(self, previous, at=offices.NOW, stamped=0):
        """Sign what is there without looking at it, as somebody with the office's key could."""
        with writing(self.engine) as connection:
            head = tree.Head.from_bytes(*store.read_head(connection))
            origin = checkpoint.origin_of(pki.office_key().certificate)
            said = checkpoint.Checkpoint(origin, head.size, tree.root(head), at, previous, stamped)
            note = checkpoint.sign(said, pki.office_key())
            store.add_checkpoint(connection, StoredCheckpoint(said.size, said.root, note, at, None, None))
        highwater.write_mark(self.kept, note)

    def insert(self, at):
        """Append an event of this moment."""
        with writing(self.engine) as connection:
            audit.record_one(connection, audit.Record(audit.Event.TOKEN_ISSUED, "x", at, {}))

    def verify(self, *notes):
        mark = journal.read_mark(self.engine, self.kept)
        marks = [*notes, *([mark] if mark else [])]
        return journal.verify(self.engine, CERTIFICATES, pki.trust_store(), marks, self.clock.at)

    def sizes(self):
        with reading(self.engine) as connection:
            return list(connection.execute(select(store.checkpoint.c.size).order_by(store.checkpoint.c.size)).scalars())

    def lose(self, table, condition):
        with writing(self.engine) as connection:
            connection.execute(delete(table).where(condition))

    def restore(self, count):
        """Bring the database back to what it was when it held so many events, as an old backup would."""
        with writing(self.engine) as connection:
            connection.execute(delete(store.journal).where(store.journal.c.index >= count))
            connection.execute(delete(store.tile).where((store.tile.c.index + 1) * 256 > count))
            connection.execute(delete(store.checkpoint).where(store.checkpoint.c.size > count))
            head = tree.head_of(store.read_leaves(connection))
            connection.execute(update(store.head).values(size=count, frontier=head.frontier_bytes()))

    def lodge(self):
        """Lodge a declaration; return its registration number."""
        signed = pki.sign_as("anna", builders.declaration_xml())
        return lodge(Lodged(signed, offices.NOW, None), offices.reopen(self.settings)).stored.registration_number


def event(number, note="event"):
    particulars = {"digest": f"{number:064x}", "note": note}
    at = offices.NOW + timedelta(milliseconds=number)
    return audit.Record(audit.Event.DECLARATION_DECIDED, f"20201/241126/{number:07}", at, particulars)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "home")


# --- tiles and proofs on the database -------------------------------------------------------------------------------


def test_tiles_are_kept_as_they_are_completed_and_proofs_use_them(desk):
    for count in (250, 10, 600, 1):
        desk.grow(count)
    with reading(desk.engine) as connection:
        leaves, subtree = store.read_leaves(connection), store.subtree(connection)
        tiles = connection.execute(select(store.tile.c.level, store.tile.c.index)).all()
        assert sorted(map(tuple, tiles)) == [(1, 0), (1, 1), (1, 2)]
        in_memory = tree.subtree_of(leaves)
        for index, size in ((0, 1), (0, 861), (255, 256), (256, 700), (860, 861), (511, 861)):
            assert tree.prove_inclusion(index, size, subtree) == tree.prove_inclusion(index, size, in_memory)
        for first, second in ((1, 861), (256, 861), (300, 700), (861, 861)):
            assert tree.prove_consistency(first, second, subtree) == tree.prove_consistency(first, second, in_memory)


def test_a_proof_over_a_missing_tile_says_which(desk):
    desk.grow(600)
    desk.lose(store.tile, store.tile.c.index == 1)
    with reading(desk.engine) as connection, pytest.raises(JournalBroken) as caught:
        tree.prove_inclusion(0, 600, store.subtree(connection))
    assert caught.value.code == "journal.tile"


@pytest.mark.skipif(bool(offices.POSTGRESQL), reason="makes a database of its own")
def test_a_journal_older_than_its_tiles_gets_them_when_it_is_migrated(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'old.db'}"
    upgrade = alembic.command.upgrade
    monkeypatch.setattr(portal_database.command, "upgrade", lambda settings, _: upgrade(settings, "0001"))
    portal_database.migrate(url)
    monkeypatch.undo()
    engine = make_engine(url)
    offices.opened.append(engine)
    with writing(engine) as connection:
        for number in range(520):
            entry = audit.encode(number, event(number))
            row = {"index": number, "event": "declaration.decided", "subject": event(number).subject, "entry": entry}
            connection.execute(store.journal.insert().values(**row, leaf=tree.leaf_hash(entry)))
        head = tree.head_of(store.read_leaves(connection))
        connection.execute(update(store.head).values(size=head.size, frontier=head.frontier_bytes()))
    portal_database.migrate(url)
    assert journal.verify(engine, CERTIFICATES, pki.trust_store(), [], offices.NOW).tiles == 2


# --- signing checkpoints --------------------------------------------------------------------------------------------


def test_nothing_is_signed_over_an_empty_journal(desk):
    assert desk.sign() is None
    assert not desk.kept.exists()


def test_a_checkpoint_says_size_and_root_and_is_kept_outside_the_database(desk):
    desk.grow(5)
    made = desk.sign()
    said = checkpoint.open_note(made.note, CERTIFICATES)
    with reading(desk.engine) as connection:
        assert store.read_newest_checkpoint(connection) == made
        assert said.root == tree.root(tree.head_of(store.read_leaves(connection)))
    assert (said.size, said.at, said.previous) == (5, desk.clock.at, 0)
    assert desk.kept.read_text(encoding="utf-8") == made.note


def test_the_same_size_is_never_signed_twice(desk):
    desk.grow(5)
    assert desk.sign() == desk.sign()
    assert desk.sizes() == [5]


def test_each_checkpoint_names_the_one_before(desk):
    for _ in range(3):
        desk.grow(2)
        made = desk.sign()
    assert checkpoint.read_note(made.note).previous == 4
    assert desk.verify().checkpoints == 3


def test_a_crash_before_the_commit_leaves_a_note_that_becomes_the_checkpoint(desk):
    desk.grow(5)
    made = desk.sign()
    desk.lose(store.checkpoint, store.checkpoint.c.size == 5)
    assert desk.sign() == made
    assert desk.sizes() == [5]


def test_a_commit_that_fails_leaves_a_note_that_becomes_the_checkpoint(desk):
    desk.grow(5)

    def fail(_):
        raise OSError("the disk is full")

    listen(desk.engine, "commit", fail)
    with pytest.raises(OSError):
        desk.sign()
    remove(desk.engine, "commit", fail)
    left = highwater.read_mark(desk.kept)
    assert desk.sizes() == []
    assert desk.sign().note == left


def test_such_a_note_becomes_the_checkpoint_after_the_office_has_changed_its_key(desk):
    desk.grow(5)
    made = desk.sign()
    desk.lose(store.checkpoint, store.checkpoint.c.size == 5)
    new = pki.authority().office("The office's next key", pki.OFFICE_BIN)
    first, later = pki.office_key(), desk.clock.at
    keyring = Keyring(lambda: [Use(first, offices.NOW - timedelta(days=1)), Use(new, later)])
    assert keyring.at(later) is new
    assert journal.make_checkpoint(desk.engine, keyring, desk.clock, desk.kept) == made


def test_after_such_a_crash_a_journal_that_has_grown_is_signed_at_its_new_size_only(desk):
    desk.grow(5)
    desk.sign()
    desk.lose(store.checkpoint, store.checkpoint.c.size == 5)
    desk.grow(1)
    assert desk.sign().size == 6
    assert desk.sizes() == [6]


def test_nothing_is_kept_in_the_database_when_the_mark_cannot_be_written(desk):
    desk.grow(5)
    desk.kept.parent.parent.mkdir(exist_ok=True)
    desk.kept.parent.write_text("a file where the folder should be")
    with pytest.raises(OSError):
        desk.sign()
    assert desk.sizes() == []


def test_a_database_restored_from_an_old_copy_is_not_signed_before_or_after_it_has_grown_again(desk):
    desk.grow(300)
    desk.sign()
    desk.grow(5)
    desk.sign()
    desk.restore(300)
    assert refusal(desk) == "checkpoint.behind"
    desk.grow(5, "another")
    assert refusal(desk) == "checkpoint.inconsistent"
    desk.grow(500, "another")
    assert refusal(desk) == "checkpoint.inconsistent"
    assert desk.sizes() == [300]


def test_a_database_whose_own_checkpoint_is_contradicted_is_not_signed(desk):
    desk.grow(5)
    desk.sign()
    with writing(desk.engine) as connection:
        note = checkpoint.read_note(store.read_newest_checkpoint(connection).note)
        other = checkpoint.sign(replace(note, root=bytes(32)), pki.office_key())
        connection.execute(update(store.checkpoint).values(note=other))
    desk.grow(1)
    assert refusal(desk) == "checkpoint.inconsistent"


def test_on_a_new_machine_nothing_is_signed_until_the_operator_vouches_for_the_database(desk):
    desk.grow(5)
    made = desk.sign()
    shutil.rmtree(desk.kept.parent)
    desk.grow(1)
    assert refusal(desk) == "checkpoint.mark_missing"
    assert journal.keep_mark(desk.engine, CERTIFICATES, desk.kept, None) == checkpoint.read_note(made.note)
    assert desk.sign().size == 6


def test_the_operator_cannot_vouch_for_a_database_older_than_a_note_that_he_has(desk):
    desk.grow(5)
    desk.sign()
    desk.grow(1)
    note = desk.sign().note
    desk.restore(5)
    shutil.rmtree(desk.kept.parent)
    with pytest.raises(CheckpointRefused):
        journal.keep_mark(desk.engine, CERTIFICATES, desk.kept, note)
    assert not desk.kept.exists()


def test_the_mark_is_never_lowered(desk):
    desk.grow(5)
    first = desk.sign().note
    desk.grow(1)
    second = desk.sign().note
    assert journal.keep_mark(desk.engine, CERTIFICATES, desk.kept, first).size == 6
    assert highwater.read_mark(desk.kept) == second


def test_a_mark_that_is_not_the_offices_note_is_not_kept(desk):
    desk.grow(5)
    note = desk.sign().note
    stranger = pki.authority().office("Another office", "150340012340").certificate
    with pytest.raises(CheckpointInvalid):
        journal.keep_mark(desk.engine, [stranger], desk.kept, note)


def test_of_two_machines_each_lifts_its_mark_to_the_newest_checkpoint(desk, tmp_path):
    desk.grow(5)
    desk.sign()
    other = tmp_path / "another" / "checkpoint"
    journal.keep_mark(desk.engine, CERTIFICATES, other, None)
    desk.grow(1)
    made = desk.sign()
    assert journal.make_checkpoint(desk.engine, Keyring.of(pki.office_key()), desk.clock, other) == made
    assert highwater.read_mark(other) == made.note


def test_an_rsa_key_signs_nothing(desk):
    desk.grow(1)
    with pytest.raises(KeyUnusable):
        desk.sign(pki.key_of("anna"))
    assert desk.sizes() == []


def refusal(desk):
    with pytest.raises(CheckpointRefused) as caught:
        desk.sign()
    return caught.value.code


def test_two_processes_at_once_never_sign_two_checkpoints_of_one_size(desk):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    key = pki.office_key().to_pkcs12("demo")
    given = (desk.settings.database_url, desk.kept, key)
    processes = [
        context.Process(
            target=signing_apart.keep_signing, args=(*given, offices.NOW + timedelta(seconds=second), 25, answers)
        )
        for second in range(2)
    ]
    for process in processes:
        process.start()
    notes = [note for _ in processes for note in iter(lambda: answers.get(timeout=60), None)]
    for process in processes:
        process.join(60)
    assert len(notes) == 100
    by_size = {checkpoint.open_note(note, CERTIFICATES).size: note for note in notes}
    assert len(by_size) == len(set(notes)) >= 25
    assert set(desk.sizes()) == set(by_size)
    assert desk.verify().size == 50


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_a_token_is_set_once_and_the_first_that_covers_an_entry_proves_its_time(desk):
    for _ in range(3):
        desk.grow(2)
        desk.sign()
    with writing(desk.engine) as connection:
        assert store.covering(connection, 0) is None
        for size in (4, 6):
            store.set_token(connection, size, b"token %d" % size, pki.NOW)
        store.set_token(connection, 4, b"another", pki.NOW + timedelta(days=1))
        assert [store.covering(connection, index).size for index in (0, 3, 4, 5)] == [4, 4, 6, 6]
        assert store.covering(connection, 6) is None
        assert store.read_checkpoint(connection, 4).token == b"token 4"
        assert store.read_checkpoint(connection, 4).stamped_at == pki.NOW
        assert store.read_newest_stamped(connection).size == 6


def test_what_is_not_signed_or_stamped_yet_is_known(desk):
    def known():
        with reading(desk.engine) as connection:
            return store.count_unsigned(connection), journal.unstamped_since(connection)

    assert known() == (0, None)
    desk.grow(3)
    assert known() == (3, event(0).at)
    desk.sign()
    assert known() == (0, event(0).at)
    desk.stamp()
    assert known() == (0, None)
    desk.grow(2)
    assert known() == (2, event(3).at)


# --- recomputing ----------------------------------------------------------------------------------------------------


def test_a_whole_journal_is_verified_with_its_time_stamps(desk):
    desk.grow(520)
    desk.sign()
    desk.stamp()
    desk.grow(3)
    found = desk.verify()
    assert (found.size, found.tiles, found.checkpoints, found.signed, found.stamped) == (523, 2, 1, 520, 520)


def test_a_time_stamp_of_another_note_is_found(desk):
    desk.grow(2)
    desk.sign()
    with writing(desk.engine) as connection:
        store.set_token(connection, 2, stamping.token_of(b"another note"), pki.NOW)
    assert broken(desk) == ("journal.token", {"size": "2"})


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE journal SET subject = 'nobody' WHERE \"index\" = 7", "journal.entry"),
        ('DELETE FROM journal WHERE "index" = 7', "journal.missing"),
        ('DELETE FROM journal WHERE "index" > 550', "journal.cut"),
        ("UPDATE journal_head SET size = 4, frontier = (SELECT root FROM journal_tile LIMIT 1)", "journal.head"),
        ('DELETE FROM journal_tile WHERE "index" = 0', "journal.tile"),
        ('UPDATE journal_tile SET level = 99 WHERE "index" = 1', "journal.tile"),
        ("DELETE FROM journal_checkpoint WHERE size = 300", "journal.unsigned"),
        ("DELETE FROM journal_checkpoint WHERE size = 600", "journal.pending"),
        ("UPDATE journal_checkpoint SET size = 301 WHERE size = 300", "journal.checkpoint"),
    ],
)
def test_what_was_changed_in_the_database_is_found(desk, statement, code):
    desk.grow(300)
    desk.sign()
    desk.grow(300)
    desk.sign()
    with writing(desk.engine) as connection:
        connection.execute(text(statement))
    assert broken(desk)[0] == code


def test_a_crash_between_mark_and_commit_is_not_called_a_deletion_and_heals(desk):
    for count in (5, 2):
        desk.grow(count)
        desk.sign()
    desk.lose(store.checkpoint, store.checkpoint.c.size == 7)
    assert broken(desk) == ("journal.pending", {"size": "7"})
    desk.sign()
    assert desk.verify().checkpoints == 2


def test_two_checkpoints_that_are_missing_were_deleted(desk):
    for count in (5, 2, 1):
        desk.grow(count)
        desk.sign()
    desk.lose(store.checkpoint, store.checkpoint.c.size > 5)
    assert broken(desk) == ("journal.unsigned", {"size": "8"})


def test_a_token_that_was_taken_away_is_found_once_the_next_checkpoint_is_signed(desk):
    take_a_token_away(desk)
    assert broken(desk) == ("journal.token_missing", {"size": "5"})
    desk.grow(1)
    assert checkpoint.read_note(desk.sign().note).stamped == 5  # it is not forgotten
    assert broken(desk) == ("journal.token_missing", {"size": "5"})


def take_a_token_away(desk):
    desk.grow(5)
    desk.sign()
    desk.stamp()
    desk.grow(2)
    desk.sign()
    with writing(desk.engine) as connection:
        connection.execute(update(store.checkpoint).values(token=None, stamped_at=None))


def test_a_token_older_than_its_checkpoint_is_found(desk):
    stamp_early(desk)
    assert broken(desk) == ("journal.token", {"size": "5"})


def stamp_early(desk):
    desk.clock.at += timedelta(minutes=6)
    desk.grow(5)
    desk.sign()
    desk.stamp()


OUT_OF_TIME = {
    "before": offices.NOW - timedelta(hours=1, seconds=1),
    "long before": offices.NOW - timedelta(days=1000),
    "after": offices.NOW + timedelta(minutes=5, seconds=2),
}


@pytest.mark.parametrize("at", OUT_OF_TIME.values(), ids=OUT_OF_TIME.keys())
def test_an_event_of_another_time_is_found_even_when_it_was_signed(desk, at):
    out_of_time(desk, at)
    code, particulars = broken(desk)
    assert (code, particulars["index"]) == ("journal.time", "5")


def out_of_time(desk, at):
    desk.grow(5)
    desk.sign_blindly(0)
    desk.insert(at)
    desk.insert(offices.NOW)
    desk.sign_blindly(5, offices.NOW + timedelta(seconds=1))


def test_an_old_copy_of_the_database_is_found_by_the_mark_or_by_a_note_got_elsewhere(desk):
    desk.grow(5)
    desk.sign()
    desk.grow(2)
    note = desk.sign().note
    desk.restore(5)
    assert broken(desk) == ("journal.cut", {"size": "7", "count": "5"})
    shutil.rmtree(desk.kept.parent)
    assert desk.verify().size == 5
    assert broken(desk, note)[0] == "journal.cut"


def test_verifying_sees_one_moment_while_others_append(desk):
    desk.grow(3)
    with journal.still(desk.engine) as connection, store.read_all(connection) as stored:
        desk.grow(4)
        assert len(list(stored.entries)) == stored.size == 3


def broken(desk, *notes):
    with pytest.raises(JournalBroken) as caught:
        desk.verify(*notes)
    return caught.value.code, dict(caught.value.params)


# --- the independent verifier ---------------------------------------------------------------------------------------


def load_verifier():
    spec = importlib.util.spec_from_file_location("verify_journal", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_journal"] = module
    spec.loader.exec_module(module)
    return module


INDEPENDENT = load_verifier()


def exported(desk):
    return list(journal.export(desk.engine, CERTIFICATES))


def misfit(lines, notes=(), certificates=()):
    with pytest.raises((INDEPENDENT.Misfit, KeyError, TypeError, AttributeError, ValueError)) as caught:
        INDEPENDENT.check(iter(lines), list(certificates), list(notes), None)
    return str(caught.value)


@pytest.fixture
def full(desk):
    """A journal with three checkpoints, one of them stamped, and two events that none covers."""
    for count in (7, 8, 5):
        desk.grow(count, 'Қазақ «кеден» \\ " \n \x7f')
        desk.sign()
    desk.stamp()
    desk.grow(2)
    return desk


def test_the_verifier_imports_nothing_but_the_standard_library_and_cryptography():
    module = ast.parse(VERIFIER.read_text(encoding="utf-8"))
    imported = {name.name for node in ast.walk(module) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(module) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == {"cryptography"}


def test_an_export_is_found_whole_on_another_machine(full, tmp_path):
    bundle, note = tmp_path / "journal.jsonl", tmp_path / "note"
    bundle.write_bytes(b"".join(line + b"\n" for line in exported(full)))
    note.write_text(full.kept.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-I", str(VERIFIER), str(bundle), "--checkpoint", str(note)]
    result = subprocess.run([*command, "--tokens", str(tmp_path / "tokens")], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "entries      22" in result.stdout
    assert "not signed   entries 20 to 21" in result.stdout
    assert "over 20 entries, of 20261124050000" in result.stdout
    assert (tmp_path / "tokens" / "20.note").read_text(encoding="utf-8") == note.read_text(encoding="utf-8")
    assert (tmp_path / "tokens" / "20.token").exists()


def test_what_does_not_fit_is_named_and_told_by_the_exit_status(full, tmp_path):
    bundle = tmp_path / "journal.jsonl"
    bundle.write_bytes(b"\n".join(exported(full)).replace(b'0000005\\"', b'0000009\\"'))
    result = subprocess.run([sys.executable, "-I", str(VERIFIER), str(bundle)], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (1, "")
    assert "record 5 does not fit its hash" in result.stdout


@pytest.mark.parametrize("at", OUT_OF_TIME.values(), ids=OUT_OF_TIME.keys())
def test_the_verifier_finds_an_event_of_another_time(desk, at):
    out_of_time(desk, at)
    assert "record 5 states" in misfit(exported(desk))


def test_the_verifier_finds_a_token_that_was_taken_away(desk):
    take_a_token_away(desk)
    assert "the checkpoint over 5 records was taken away" in misfit(exported(desk))


def test_the_verifier_finds_a_token_older_than_its_checkpoint(desk):
    stamp_early(desk)
    assert "is older than the checkpoint" in misfit(exported(desk))


def test_the_last_line_says_what_was_not_verified(full, tmp_path):
    bundle = tmp_path / "journal.jsonl"
    bundle.write_bytes(b"\n".join(exported(full)))
    assert "signatures of the time-stamps were NOT verified" in verifier(bundle).stdout.splitlines()[-1]
    with writing(full.engine) as connection:
        connection.execute(update(store.checkpoint).values(token=None, stamped_at=None))
    bundle.write_bytes(b"\n".join(exported(full)))
    assert "There is no time-stamp" in verifier(bundle).stdout.splitlines()[-1]


@pytest.mark.parametrize("option", [None, "--certificate", "--checkpoint"])
def test_a_file_that_cannot_be_read_is_told_in_a_line(full, tmp_path, option):
    bundle, missing = tmp_path / "journal.jsonl", tmp_path / "missing"
    bundle.write_bytes(b"\n".join(exported(full)))
    result = verifier(bundle, option, missing) if option else verifier(missing)
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert str(missing) in result.stderr


def test_a_file_without_certificates_is_told_in_a_line(full, tmp_path):
    bundle, empty = tmp_path / "journal.jsonl", tmp_path / "empty.pem"
    bundle.write_bytes(b"\n".join(exported(full)))
    empty.touch()
    result = verifier(bundle, "--certificate", empty)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)


def verifier(*arguments):
    command = [sys.executable, "-I", str(VERIFIER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_every_changed_byte_missing_line_or_swap_of_an_export_is_found(full):
    lines = exported(full)
    stamped = next(number for number, line in enumerate(lines) if b'"token":"' in line)
    whole = b"\n".join(lines)
    chance = random.Random(0)
    for _ in range(1500):
        place = chance.randrange(len(whole))
        changed = whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(7)]) + whole[place + 1 :]
        number = whole[:place].count(b"\n")
        if number not in (0, stamped) and json_of(changed) != json_of(whole):
            assert misfit(changed.split(b"\n"), [full.kept.read_text(encoding="utf-8")])
    for number in range(len(lines)):
        assert misfit(lines[:number] + lines[number + 1 :], [full.kept.read_text(encoding="utf-8")])
        assert misfit([*lines[: number + 1], lines[number], *lines[number + 1 :]])
        if number:
            assert misfit([*lines[: number - 1], lines[number], lines[number - 1], *lines[number + 1 :]])


def json_of(lines):
    """Return what the lines say, or the bytes where they say nothing."""
    try:
        return [json.loads(line) for line in lines.split(b"\n")]
    except ValueError:
        return lines


def test_an_export_without_its_end_is_found_incomplete(full):
    assert "breaks off after 22" in misfit(exported(full)[:-1])


def test_a_tail_that_is_cut_everywhere_is_found_by_a_note_got_elsewhere(full):
    note = full.kept.read_text(encoding="utf-8")
    full.restore(15)
    lines = exported(full)
    assert INDEPENDENT.check(iter(lines), [], [], None).tree.count == 15
    assert "only 15 are there" in misfit(lines, [note])


def test_a_rewritten_journal_is_found_by_the_next_checkpoint(full):
    lines = exported(full)
    entry = json.loads(lines[10])["entry"].replace('"note":"', '"note":"another ')
    lines[10] = json.dumps({"entry": entry, "leaf": tree.leaf_hash(entry.encode()).hex()}).encode()
    assert "a record from 7 to 14 is not what was signed over 15 records" in misfit(lines)


def test_a_time_stamp_of_something_else_is_found(full):
    lines = exported(full)
    token = b64encode(stamping.token_of(b"something else")).decode()
    place = next(number for number, line in enumerate(lines) if b'"token":"' in line)
    lines[place] = json.dumps({**json.loads(lines[place]), "token": token}).encode()
    assert "is of something else" in misfit(lines)


def test_certificates_got_from_the_office_count_more_than_those_in_the_file(full):
    stranger = pki.authority().office("Another office", "150340012340").certificate
    assert INDEPENDENT.check(iter(exported(full)), list(CERTIFICATES), [], None).checkpoints == 3
    assert "without a certificate" in misfit(exported(full), certificates=[stranger])


# --- over HTTP ------------------------------------------------------------------------------------------------------


class Client:
    """A client of the portal, with or without the token of a participant."""

    def __init__(self, client, desk):
        self._client = client
        self.desk = desk

    def get(self, path, who=None, **parameters):
        headers = {"Authorization": f"Bearer token-of-{who}"} if who else {}
        return self._client.get(f"/api/v1/journal/{path}", headers=headers, params=parameters)


def served(home):
    """Return a client of a portal that takes requests, but does no work beside them: what is signed, the test signs."""
    desk = Desk(home)
    offices.keep_keys(home)
    offices.seed_cast(desk.settings)
    with writing(desk.engine) as connection:
        for who in ("altyn", "tengri"):
            until = offices.NOW + timedelta(days=1)
            add_token(connection, token_hash(f"token-of-{who}"), PARTICIPANTS[who].identifier, "", offices.NOW, until)
    app = create_app(desk.settings, offices.StillClock())
    offices.opened.append(app.dependencies["the_office"].dependency().engine)
    return Client(TestClient(app, raise_server_exceptions=False), desk)


@pytest.fixture
def api(tmp_path):
    return served(tmp_path / "home")


def problem(answer, status, code):
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert len(set(answer.json()["texts"].values())) == 3


def hashes_of(texts):
    return [bytes.fromhex(each) for each in texts]


def test_anybody_reads_the_newest_checkpoint_its_certificate_and_its_token(api):
    api.desk.grow(5)
    made = api.desk.sign()
    answer = api.get("checkpoint")
    assert (answer.status_code, answer.text) == (200, made.note)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    token = "checkpoints/5/token"
    assert f"/api/v1/journal/{token}" in answer.headers["link"]
    problem(api.get(token), 404, "journal.no_token")
    api.desk.stamp()
    assert INDEPENDENT.read_token(api.get(token).content)[1] == "20261124050000Z"
    read = api.get("checkpoints/5").json()
    assert (read["size"], read["root"], read["note"]) == (5, made.root.hex(), made.note)
    assert read["token"] == b64encode(api.get(token).content).decode()
    certificates = INDEPENDENT.x509.load_pem_x509_certificates(api.get("certificates").content)
    assert checkpoint.open_note(answer.text, certificates).size == 5


def test_inclusion_is_proved_at_the_newest_checkpoint_or_at_the_size_asked_for(api):
    api.desk.grow(300)
    made = api.desk.sign()
    api.desk.grow(3)
    for size, answer in ((300, api.get("inclusion/7")), (302, api.get("inclusion/7", size=302))):
        proof = answer.json()
        assert proof["size"] == size
        leaf, root = bytes.fromhex(proof["leaf"]), bytes.fromhex(proof["root"])
        assert leaf == tree.leaf_hash(audit.encode(7, event(7)))
        assert tree.includes(root, size, 7, leaf, hashes_of(proof["path"]))
    assert api.get("inclusion/7").json()["root"] == made.root.hex()


def test_consistency_of_any_two_sizes_is_proved(api):
    api.desk.grow(300)
    for first, second in ((1, 300), (256, 299), (300, 300)):
        proof = api.get("consistency", first=first, second=second).json()
        roots = hashes_of([proof["first_root"], proof["second_root"]])
        assert tree.consistent(first, second, *roots, hashes_of(proof["proof"]))


def test_an_entry_is_shown_to_a_party_of_its_declaration_and_to_nobody_else(api):
    number = api.desk.lodge()
    api.desk.sign()
    entry = api.get("inclusion/0", "altyn").json()["entry"]
    assert json.loads(entry)["subject"] == number
    for who in (None, "tengri"):
        answer = api.get("inclusion/0", who)
        assert (answer.status_code, answer.json()["entry"]) == (200, None)


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        ("checkpoint", {}, 404, "journal.no_checkpoint"),
        ("inclusion/0", {}, 404, "journal.no_checkpoint"),
        ("checkpoints/1", {}, 404, "journal.no_such_checkpoint"),
        (f"checkpoints/{2**70}", {}, 404, "journal.no_such_checkpoint"),
        ("checkpoints/-1/token", {}, 404, "journal.no_such_checkpoint"),
        ("checkpoints/first", {}, 404, "request.not_found"),
        ("inclusion/3", {"size": 3}, 404, "journal.no_entry"),
        ("inclusion/-1", {"size": 3}, 404, "journal.no_entry"),
        (f"inclusion/{2**70}", {"size": 3}, 404, "journal.no_entry"),
        ("inclusion/0", {"size": 4}, 404, "journal.no_size"),
        ("inclusion/0", {"size": 0}, 404, "journal.no_size"),
        ("inclusion/0", {"size": 2**70}, 404, "journal.no_size"),
        ("inclusion/0", {"size": "all"}, 400, "request.malformed"),
        ("consistency", {"first": 3, "second": 2}, 404, "journal.no_size"),
        ("consistency", {"first": 0, "second": 2}, 404, "journal.no_size"),
        ("consistency", {"first": 1, "second": 4}, 404, "journal.no_size"),
        ("consistency", {"first": 1}, 400, "request.malformed"),
    ],
)
def test_what_is_not_there_is_told_by_a_problem_document(api, path, parameters, status, code):
    api.desk.grow(3)
    problem(api.get(path, **parameters), status, code)


def test_an_unknown_token_is_refused_even_where_none_is_needed(api):
    problem(api.get("checkpoint", "nobody"), 401, "token.unknown")


def test_those_without_a_token_share_one_bucket_of_requests(tmp_path, monkeypatch):
    monkeypatch.setattr(offices, "settings", lambda home, make=offices.settings: make(home, requests_per_minute=2))
    api = served(tmp_path / "home")
    assert [api.get("certificates").status_code for _ in range(3)] == [200, 200, 429]
    assert api.get("certificates", "altyn").status_code == 200


# --- commands -------------------------------------------------------------------------------------------------------


@pytest.fixture
def shekara(full, monkeypatch):
    """Run the command on the journal of `full`."""
    from portal.commands.journal import app

    home = full.settings.home
    offices.keep_keys(home)
    offices.for_commands(monkeypatch, full.settings, home)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])


def test_verify_says_what_was_found(full, shekara):
    result = shekara("verify", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["entries"] == 22
    assert "entries      22" in shekara("verify").stdout


def test_verify_names_the_first_record_that_does_not_fit_and_why(full, shekara):
    with writing(full.engine) as connection:
        connection.execute(update(store.checkpoint).where(store.checkpoint.c.size == 15).values(note="no note"))
    result = shekara("verify", "--language", "ru")
    assert result.exit_code == 1
    assert "на 15 записей не сходится: изменена запись начиная с 7" in result.stderr
    assert "Это не контрольная точка" in result.stderr
    found = json.loads(shekara("verify", "--json").stdout)
    assert (found["valid"], found["code"], found["size"]) == (False, "journal.checkpoint", "15")


def test_verify_demands_a_mark_or_a_note_where_something_was_signed(full, shekara, tmp_path):
    note = tmp_path / "note"
    shutil.move(full.kept, note)
    result = shekara("verify")
    assert (result.exit_code, "shekara journal keep" in result.stderr) == (1, True)
    assert shekara("verify", "--checkpoint", note).exit_code == 0
    assert shekara("keep", note).exit_code == 0
    assert shekara("verify").exit_code == 0


def test_prove_prints_a_proof_under_the_first_stamped_checkpoint(full, shekara):
    proof = json.loads(shekara("prove", "--index", 3).stdout)
    said = checkpoint.open_note(proof["checkpoint"], CERTIFICATES)
    leaf = tree.leaf_hash(proof["entry"].encode())
    assert (proof["size"], proof["leaf"]) == (20, leaf.hex())
    assert tree.includes(said.root, said.size, 3, leaf, hashes_of(proof["path"]))


def test_prove_finds_the_entry_of_a_declaration(full, shekara):
    offices.seed_cast(full.settings)
    number = full.lodge()
    assert shekara("prove", number).exit_code == 1
    full.sign()
    proof = json.loads(shekara("prove", number).stdout)
    assert json.loads(proof["entry"])["subject"] == number
    assert (proof["index"], proof["size"], proof["token"]) == (22, 24, None)  # what is payable comes after it


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--index", "20"], 1), (["--index", "99"], 1), (["20201/241126/0000009"], 1), (["no number"], 2), ([], 2)],
)
def test_prove_says_when_there_is_nothing_to_prove(shekara, arguments, status):
    result = shekara("prove", *arguments)
    assert (result.exit_code, result.stdout) == (status, "")


def test_export_writes_a_file_for_its_owner_only_that_the_verifier_accepts(shekara, tmp_path):
    bundle = tmp_path / "journal.jsonl"
    assert shekara("export", "-o", bundle).exit_code == 0
    assert bundle.stat().st_mode & 0o077 == 0
    with bundle.open("rb") as lines:
        assert INDEPENDENT.check(lines, list(CERTIFICATES), [], None).tree.count == 22
