"""Check an exported journal on any machine, with nothing of Shekara: Python 3.11 or later and `cryptography`.

    python verify_journal.py JOURNAL.jsonl [--certificate OFFICE.pem] [--checkpoint NOTE] [--tokens FOLDER]

The file is read once, line by line. Whatever does not fit is named with the first record that it was found at. Exit
status: 0 everything checked fits, 1 something does not, 2 misuse, a file that cannot be read among it. The signatures
of time-stamps are not checked; docs/events.md tells what is, and what is not.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FORMAT = "shekara-journal-1"
ENTRY_KEYS = ["at", "event", "index", "particulars", "subject"]
CLOCKS_DIFFER_MOST = timedelta(minutes=5)  # between a time-stamp authority's clock and the office's, or two machines'
EVENT_LATE_MOST = timedelta(hours=1)  # how long before the checkpoint before it an event may have happened
TSTINFO = bytes.fromhex("060b2a864886f70d0109100104")  # DER of the object identifier id-ct-TSTInfo


class Misfit(Exception):
    """What does not fit, in a sentence."""


class Misuse(Exception):
    """What was given to check with cannot be used."""


@dataclass(frozen=True)
class Statement:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes
    at: datetime
    previous: int
    stamped: int


@dataclass
class Tree:
    """The roots of the perfect subtrees so far, each with the number of leaves below it."""

    count: int = 0
    peaks: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        self.count += 1
        self.peaks.append((1, leaf))
        while len(self.peaks) > 1 and self.peaks[-1][0] == self.peaks[-2][0]:
            (_, right), (width, left) = self.peaks.pop(), self.peaks.pop()
            self.peaks.append((2 * width, _node(left, right)))

    def root(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256().digest()
        hashed = self.peaks[-1][1]
        for _, left in self.peaks[-2::-1]:
            hashed = _node(left, hashed)
        return hashed


@dataclass
class Checker:
    """Goes through the records of an export in order. `wanted` are checkpoints that were got elsewhere."""

    certificates: list[x509.Certificate]
    wanted: list[Statement]
    tokens: Path | None
    tree: Tree = field(default_factory=Tree)
    origin: str | None = None
    checkpoints: int = 0
    signed: int = 0
    signed_at: datetime | None = None
    stamped: int = 0
    stamped_at: str = "-"
    stamps: set[int] = field(default_factory=set)  # sizes of stamped checkpoints that later ones may name
    times: list[tuple[datetime, int]] = field(default_factory=list)  # earliest and latest since the last checkpoint

    def entry(self, record: dict[str, Any]) -> None:
        index, text = self.tree.count, record["entry"]
        leaf = hashlib.sha256(b"\x00" + text.encode()).digest()
        if leaf.hex() != record["leaf"]:
            raise Misfit(f"record {index} does not fit its hash: it was changed")
        try:
            read = json.loads(text)
            form = list(read) == ENTRY_KEYS and text == json.dumps(
                read, ensure_ascii=False, sort_keys=True, separators=(",", ":")
            )
        except (ValueError, TypeError):
            form = False
        if not form:
            raise Misfit(f"record {index} is not a journal entry in canonical form")
        if read["index"] != index:
            raise Misfit(f"record {index} is missing: in its place stands the one numbered {read['index']}")
        self.tree.add(leaf)
        self.moment(datetime.fromisoformat(read["at"]), index)
        for said in [each for each in self.wanted if each.size == self.tree.count]:
            if said.root != self.tree.root():
                raise Misfit(f"the first {said.size} records are not those of the checkpoint got elsewhere")

    def moment(self, at: datetime, index: int) -> None:
        if not self.times:
            self.times = [(at, index), (at, index)]
        elif at < self.times[0][0]:
            self.times[0] = at, index
        elif at > self.times[1][0]:
            self.times[1] = at, index

    def order(self, said: Statement) -> None:
        """Make sure that the events since the last checkpoint happened between that one and this."""
        for at, index in self.times:
            floor = min(self.signed_at, said.at) - EVENT_LATE_MOST if self.signed_at else at
            if not floor <= at <= said.at + CLOCKS_DIFFER_MOST:
                raise Misfit(
                    f"record {index} states {at}: before the checkpoint over {self.signed} records, or after its own"
                )
        self.times, self.signed_at = [], said.at

    def checkpoint(self, record: dict[str, Any]) -> None:
        said = open_note(record["checkpoint"], self.certificates)
        if said.size != self.tree.count:
            raise Misfit(f"a checkpoint over {said.size} records stands after {self.tree.count}: records are missing")
        if said.root != self.tree.root():
            raise Misfit(
                f"a record from {self.signed} to {said.size - 1} is not what was signed over {said.size} records"
            )
        if said.previous != self.signed:
            raise Misfit(f"the checkpoint over {said.previous} records, before that over {said.size}, is missing")
        if self.origin not in (None, said.origin):
            raise Misfit(f"the checkpoint over {said.size} records is of another journal, {said.origin}")
        self.order(said)
        if said.stamped and said.stamped not in self.stamps:
            raise Misfit(f"the time-stamp of the checkpoint over {said.stamped} records was taken away")
        self.stamps = {size for size in self.stamps if size >= said.stamped}
        self.origin, self.signed = said.origin, said.size
        self.checkpoints += 1
        self.wanted = [each for each in self.wanted if each.size != said.size]
        if record["token"] is not None:
            self.token(record["checkpoint"].encode(), base64.b64decode(record["token"], validate=True), said.at)

    def token(self, note: bytes, token: bytes, signed_at: datetime) -> None:
        try:
            imprint, moment = read_token(token)
            at = datetime.fromisoformat(f"{moment[:8]}T{moment[8:]}")
        except (ValueError, IndexError):
            raise Misfit(f"the time-stamp of the checkpoint over {self.signed} records cannot be read") from None
        if imprint != hashlib.sha256(note).digest():
            raise Misfit(f"the time-stamp of the checkpoint over {self.signed} records is of something else")
        if at < signed_at - CLOCKS_DIFFER_MOST:
            raise Misfit(f"the time-stamp of the checkpoint over {self.signed} records is older than the checkpoint")
        self.stamped, self.stamped_at = self.signed, moment
        self.stamps.add(self.signed)
        if self.tokens is not None:
            (self.tokens / f"{self.signed}.note").write_bytes(note)
            (self.tokens / f"{self.signed}.token").write_bytes(token)

    def end(self, count: int, promised: int) -> None:
        if not count == promised == self.tree.count:
            raise Misfit(f"{promised} records were exported, and {self.tree.count} are there")
        for said in self.wanted:
            if said.size > self.tree.count:
                raise Misfit(f"a checkpoint over {said.size} records was signed, and only {self.tree.count} are there")
            raise Misfit(f"the checkpoint over {said.size} records, got elsewhere, is missing")


def check(lines: Iterator[bytes], given: list[x509.Certificate], notes: list[str], tokens: Path | None) -> Checker:
    """Check all the lines of an export. Raises Misfit."""
    records = _records(lines)
    header = next(records, {})
    if header.get("format") != FORMAT:
        raise Misfit(f"line 1 is not the header of {FORMAT}")
    certificates = given or [x509.load_der_x509_certificate(base64.b64decode(each)) for each in header["certificates"]]
    checker = Checker(certificates, [open_note(note, certificates) for note in notes], tokens)
    for record in records:
        if "entry" in record:
            checker.entry(record)
        elif "checkpoint" in record:
            checker.checkpoint(record)
        else:
            checker.end(record["end"], header["size"])
            if next(records, None) is not None:
                raise Misfit("there are records after the end")
            return checker
    raise Misfit(f"the file breaks off after {checker.tree.count} records")


def open_note(note: str, certificates: list[x509.Certificate]) -> Statement:
    """Return what a signed note says, verified by the key that it names. Raises Misfit."""
    text, gap, line = note.rpartition("\n\n")
    text += "\n"
    try:
        origin, size, root, moment, previous, stamped, nothing = text.split("\n")
        dash, name, value = line.removesuffix("\n").split(" ")
        signature = base64.b64decode(value, validate=True)
        said = Statement(
            origin,
            int(size),
            base64.b64decode(root, validate=True),
            datetime.fromisoformat(moment.removeprefix("time ")),
            int(previous.removeprefix("previous ")),
            int(stamped.removeprefix("stamped ")),
        )
    except ValueError:
        raise Misfit(f"this is not a checkpoint: {note[:80]!r}") from None
    if (gap, dash, nothing, name) != ("\n\n", "—", "", origin) or base64.b64encode(signature).decode() != value:
        raise Misfit(f"the checkpoint over {size} records is not written as it should be")
    for certificate in certificates:
        key = certificate.public_key()
        encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        if isinstance(key, ec.EllipticCurvePublicKey) and hashlib.sha256(encoded).digest()[:4] == signature[:4]:
            if not certificate.not_valid_before_utc <= said.at <= certificate.not_valid_after_utc:
                raise Misfit(f"the checkpoint over {size} records was signed outside the dates of its certificate")
            try:
                key.verify(signature[4:], text.encode(), ec.ECDSA(hashes.SHA256()))
            except InvalidSignature:
                raise Misfit(f"the signature of the checkpoint over {size} records is wrong") from None
            return said
    raise Misfit(f"the checkpoint over {size} records was signed by a key without a certificate here")


def read_token(token: bytes) -> tuple[bytes, str]:
    """Return the SHA-256 that a time-stamp token (RFC 3161) is over, and its time. Its signature is not verified.

    TSTInfo is version, policy, messageImprint {algorithm, digest}, serialNumber, genTime, ... Raises ValueError.
    """
    _, content = _part(token[token.index(TSTINFO) + len(TSTINFO) :])  # [0] around the octets of TSTInfo
    _, octets = _part(content)
    _, statement = _part(octets)
    parts = list(_parts(statement))
    digest = list(_parts(parts[2]))[1]
    return digest, parts[4].decode("ascii")


def _parts(data: bytes) -> Iterator[bytes]:
    """Yield the contents of the elements that follow each other in DER."""
    while data:
        rest, content = _part(data)
        yield content
        data = rest


def _part(data: bytes) -> tuple[bytes, bytes]:
    """Return what follows the first DER element, and its contents."""
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise ValueError("a DER element is longer than the data")
    return data[start + length :], data[start : start + length]


def _records(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict) or not {"format", "entry", "checkpoint", "end"} & record.keys():
            raise Misfit(f"line {number} is not a record of an export")
        yield record


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal", type=Path, help="what `shekara journal export` wrote")
    parser.add_argument("--certificate", type=Path, help="PEM of the office's certificates, got from the office itself")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="a signed note, got elsewhere")
    parser.add_argument("--tokens", type=Path, help="a folder for the notes and time-stamp tokens, to check by openssl")
    options = parser.parse_args()
    try:
        given = _certificates(options.certificate) if options.certificate else []
        notes = [path.read_text(encoding="utf-8") for path in options.checkpoint]
        if options.tokens:
            options.tokens.mkdir(parents=True, exist_ok=True)
        with options.journal.open("rb") as lines:
            found = check(lines, given, notes, options.tokens)
    except (OSError, UnicodeDecodeError, Misuse) as error:
        print(f"NOTHING WAS CHECKED TO ITS END: a file cannot be read or written: {error}.", file=sys.stderr)
        return 2
    except Misfit as misfit:
        print(f"DOES NOT FIT: {misfit}.")
        return 1
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        print(f"DOES NOT FIT: a record of the export lacks a part or has a wrong one ({error!r}).")
        return 1
    _report(found, bool(given), len(notes))
    return 0


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError as error:
        raise Misuse(f"{path} holds no certificates in PEM ({error})") from None


def _report(found: Checker, given: bool, notes: int) -> None:
    print(f"journal      {found.origin or 'nothing is signed'}")
    print(f"entries      {found.tree.count}, root {found.tree.root().hex()}")
    print(f"checkpoints  {found.checkpoints}, the newest over {found.signed} entries; {notes} got elsewhere fit too")
    print(f"time-stamps  the newest over {found.stamped} entries, of {found.stamped_at}")
    if found.signed < found.tree.count:
        print(f"not signed   entries {found.signed} to {found.tree.count - 1}")
    for certificate in found.certificates:
        print(f"certificate  {certificate.subject.rfc4514_string()}")
        print(f"             SHA-256 {certificate.fingerprint(hashes.SHA256()).hex()}")
    if not given:
        print("The certificates came with the file: compare their SHA-256 with what the office publishes.")
    if found.stamped:
        print("WHAT WAS CHECKED FITS. The signatures of the time-stamps were NOT verified: --tokens, then openssl ts.")
    else:
        print("WHAT WAS CHECKED FITS. There is no time-stamp: no time is proved.")


if __name__ == "__main__":
    sys.exit(main())
