"""A checkpoint is a C2SP signed note that says what the office signed, and can be written in one way only."""

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pki
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.checkpoint import Checkpoint, open_note, origin_of, read_note, sign
from signing.errors import CheckpointInvalid, KeyUnusable, SignerNotAuthorised

ORIGIN = f"shekara.example/journal/{pki.OFFICE_BIN}"
AT = datetime(2026, 11, 24, 5, 0, 0, 1200, tzinfo=UTC)
SAID = Checkpoint(ORIGIN, 20852163, sha256(b"a tree").digest(), AT, 20851000, 20850000)
TEXT = (
    f"{ORIGIN}\n20852163\n{b64encode(SAID.root).decode()}\ntime 2026-11-24T05:00:00.001200Z\n"
    "previous 20851000\nstamped 20850000\n"
)


def note() -> str:
    return sign(SAID, pki.office_key())


def code_of(changed: str) -> str:
    with pytest.raises(CheckpointInvalid) as caught:
        open_note(changed, [pki.office_key().certificate])
    return caught.value.code


def test_a_note_is_opened_by_the_certificate_that_signed_it() -> None:
    other = pki.authority().office("The office's next key", pki.OFFICE_BIN)
    assert open_note(note(), [other.certificate, pki.office_key().certificate]) == SAID
    assert read_note(note()) == SAID


def test_the_note_is_what_c2sp_and_rekor_say() -> None:
    text, _, line = note().rpartition("\n\n")
    dash, name, signature = line.split(" ")
    key = pki.office_key().certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert (text + "\n", dash, name) == (TEXT, "—", ORIGIN)
    assert line.endswith("\n")
    value = b64decode(signature)
    assert value[:4] == sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()[:4]
    key.verify(value[4:], TEXT.encode(), ec.ECDSA(hashes.SHA256()))


def test_the_moment_is_written_in_utc() -> None:
    local = replace(SAID, at=pki.NOW)
    assert "\ntime 2026-11-24T05:00:00.000000Z\n" in local.text()


def test_the_journal_keeps_its_name_when_the_office_changes_its_key() -> None:
    other = pki.authority().office("The office's next key", pki.OFFICE_BIN)
    assert origin_of(other.certificate) == origin_of(pki.office_key().certificate) == ORIGIN


def test_a_person_has_no_journal() -> None:
    with pytest.raises(SignerNotAuthorised):
        origin_of(pki.authority().person("Somebody", "850412450128", None, None).certificate)


def test_an_rsa_key_signs_no_checkpoint() -> None:
    with pytest.raises(KeyUnusable):
        sign(SAID, pki.key_of("anna"))


def test_every_changed_missing_or_repeated_character_is_found() -> None:
    kept = note()
    for place, character in enumerate(kept):
        for other in ("", "0", "B", "\n", " ", "\r", "é", character + character):
            changed = kept[:place] + other + kept[place + 1 :]
            if changed != kept:
                assert code_of(changed).startswith("checkpoint.")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n20852163\n", "\n020852163\n"),
        ("\n20852163\n", "\n-1\n"),
        ("\n20852163\n", "\n٢\n"),
        ("stamped 20850000\n", "stamped 20850000\nmore\n"),
        ("stamped 20850000\n", ""),
        ("stamped 20850000\n", "stamped 020850000\n"),
        ("T05:00:00.001200Z", "T05:00:00.0012Z"),
        ("T05:00:00.001200Z", "T25:00:00.001200Z"),
        ("2026-11-24T", "2026-02-30T"),
        ("\n— ", "\n— somebody AAAAAAAA\n— "),
        ("\n— ", "\n- "),
    ],
)
def test_a_note_written_in_another_way_is_not_read(old: str, new: str) -> None:
    changed = note().replace(old, new, 1)
    assert changed != note()
    assert code_of(changed) == "checkpoint.form"


def test_another_spelling_of_the_same_base64_is_not_read() -> None:
    """The last character before the padding has bits that stand for nothing."""
    for number, line in enumerate(note().split("\n")):
        text = line.rstrip("=")
        if line != text:
            for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
                changed = text[:-1] + last + line[len(text) :]
                lines = [*note().split("\n")[:number], changed, *note().split("\n")[number + 1 :]]
                assert changed == line or code_of("\n".join(lines)).startswith("checkpoint.")


def test_no_signature_is_no_checkpoint() -> None:
    assert code_of("") == "checkpoint.form"
    assert code_of(TEXT) == "checkpoint.form"


def test_a_changed_root_is_told_from_a_changed_key() -> None:
    other = replace(SAID, root=bytes(32))
    assert code_of(note().replace(TEXT, other.text())) == "checkpoint.signature"
    with pytest.raises(CheckpointInvalid) as caught:
        open_note(note(), [])
    assert caught.value.code == "checkpoint.signer"
    assert ORIGIN in caught.value.text("kk")


def test_an_office_cannot_sign_for_the_journal_of_another() -> None:
    other = pki.authority().office("Another office", "150340012340")
    forged = sign(SAID, other)
    with pytest.raises(CheckpointInvalid) as caught:
        open_note(forged, [other.certificate])
    assert caught.value.code == "checkpoint.signer"


def test_a_certificate_whose_key_is_damaged_has_signed_nothing_and_upsets_nothing() -> None:
    good = pki.office_key().certificate
    point = good.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    off_the_curve = point[:-1] + bytes([point[-1] ^ 1])
    damaged = x509.load_der_x509_certificate(good.public_bytes(Encoding.DER).replace(point, off_the_curve))
    assert open_note(note(), [damaged, good]) == SAID
    with pytest.raises(CheckpointInvalid):
        open_note(note(), [damaged])
