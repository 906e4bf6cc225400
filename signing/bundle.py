"""The evidence bundle: one file with which a declaration and its notice are verified years later, without us.

It holds the journal's entry of the decision, the proof that the entry stands under a checkpoint of the office, the
time-stamp over that checkpoint, and what was known of certificates then. The roots we trust NEVER come from it: what it
brings along is either signed by those below such a root, or covered by a digest that is.
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

import msgspec
from cryptography import x509
from lxml import etree
from msgspec import Meta, Struct

from signing import journal, timestamp
from signing.certificates import read_certificate
from signing.checkpoint import Checkpoint, open_note
from signing.errors import CheckpointInvalid, EvidenceInvalid, RevocationUnknown, SigningError
from signing.holders import Sealer
from signing.journal_check import Entry
from signing.revocation import Evidence
from signing.timestamp import CLOCKS_DIFFER_MOST, Stamp
from signing.trust import TrustStore
from signing.verdict import Report, judge_signature
from signing.xmlgate import NOTICE, open_document

BUNDLE_BYTES_MOST = 64_000_000  # revocation lists of a national authority run to megabytes
DECIDED = "declaration.decided"

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Hash = Annotated[bytes, Meta(min_length=journal.HASH_BYTES, max_length=journal.HASH_BYTES)]
Index = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Der = Annotated[bytes, Meta(max_length=timestamp.ANSWER_BYTES_MOST)]
Result = TypeVar("Result")


class Bundle(Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag="shekara-evidence"):
    """What proves one decision. In the file, bytes are base64 and digests (SHA-256) hex; certificates are DER.

    `path` are the sibling hashes of the entry at `index`, from the leaf up, in the tree of `size`. `checkpoint` is the
    signed note over that tree, `token` the time-stamp over the note. `notice` is None when no notice was recorded.
    """

    declaration: Digest
    notice: Digest | None
    entry: Annotated[str, Meta(max_length=65_536)]
    index: Index
    size: Index
    path: Annotated[tuple[Hash, ...], Meta(max_length=64)]
    checkpoint: Annotated[str, Meta(max_length=4_096)]
    token: Der
    certificates: Annotated[tuple[Der, ...], Meta(max_length=32)]
    crls: Annotated[tuple[bytes, ...], Meta(max_length=32)] = ()
    ocsp: Annotated[tuple[Der, ...], Meta(max_length=32)] = ()
    version: Literal[1] = 1


class Part(StrEnum):
    """What is looked at, in the order it is told."""

    DECLARATION = "declaration"  # its digest is the recorded one
    NOTICE = "notice"  # so is the notice's, and the notice speaks of this declaration and entry
    INCLUSION = "inclusion"  # the entry stands in the tree of the checkpoint
    CHECKPOINT = "checkpoint"  # the office signed it, with a certificate that was valid at the time-stamp
    TIME_STAMP = "time_stamp"  # the checkpoint existed at this time
    SIGNATURE = "signature"  # the declaration's signatures were valid then
    SEAL = "seal"  # so was the notice's, and it is of the office that signed the checkpoint


class Outcome(StrEnum):
    """NOT_CHECKED is no success: the finding says what was missing."""

    OK = "ok"
    WRONG = "wrong"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class PartFinding:
    """What was found of one part: `error` says what does not fit or is missing, and is None only when it is ok."""

    part: Part
    outcome: Outcome
    error: SigningError | None = None


@dataclass(frozen=True)
class Findings:
    """What a bundle proves of a declaration and its notice: one finding for each part, none left out.

    `stamp` is set once the time-stamp over the checkpoint is good, `existed_at` once every step from the declaration's
    bytes to it is: then they existed at that moment. `office` signed the checkpoint: whether it is the office one means
    is for the reader to see, for any organisation that a root vouches for may sign checkpoints of its own.
    """

    parts: tuple[PartFinding, ...]
    stamp: Stamp | None
    existed_at: datetime | None
    office: Sealer | None
    signatures: tuple[Report, ...]
    seals: tuple[Report, ...]

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong; without a notice, what concerns it is not checked."""
        return self.first_failure is None

    @property
    def first_failure(self) -> PartFinding | None:
        return next((each for each in self.parts if each.outcome is Outcome.WRONG), None)


@dataclass(frozen=True)
class NoticeReferences:
    """What a notice says of the declaration it answers: SHA-256 of its bytes (hex), and the journal's index."""

    digest: str
    index: int | None


def write(bundle: Bundle) -> bytes:
    """Return the bundle as JSON, always the same for the same bundle: sorted keys, two spaces, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(bundle, order="sorted"), indent=2) + b"\n"


def read(data: bytes) -> Bundle:
    """Read a bundle as `write` wrote it; nothing is verified. Raises EvidenceInvalid."""
    if len(data) > BUNDLE_BYTES_MOST:
        raise EvidenceInvalid("evidence.large", {"maximum": str(BUNDLE_BYTES_MOST)})
    try:
        bundle = msgspec.json.decode(data, type=Bundle)
        same = write(bundle) == data
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise EvidenceInvalid("evidence.unreadable", {"reason": str(error)[:200]}) from None
    if not same:
        raise EvidenceInvalid("evidence.unreadable", {"reason": "not as it was written"})
    return bundle


_NOTICES = ("DecisionNotice", "MoveNotice")
_BEGINNING = 200  # bytes that an XML declaration and the opening tag take


def is_notice(document: bytes) -> bool:
    """Tell whether a document is a notice of the office; of a damaged one, whether it begins like one."""
    try:
        return open_document(document).root.tag in [f"{{{NOTICE}}}{name}" for name in _NOTICES]
    except SigningError:
        return any(f"<{name}".encode() in document[:_BEGINNING] for name in _NOTICES)


def read_notice(notice: bytes) -> NoticeReferences:
    """Return what a notice refers to; its seal is not looked at. Raises SigningError."""
    root = open_document(notice).root
    etree.strip_tags(root, etree.Comment)  # no signature covers them, and they would part a text in two
    digest, index = (root.findtext(f"{{{NOTICE}}}{name}") or "" for name in ("DeclarationDigest", "JournalIndex"))
    return NoticeReferences(digest, int(index) if index.isascii() and index.isdigit() and len(index) < 20 else None)


def check(
    bundle: Bundle,
    declaration: bytes,
    notice: bytes | None,
    trust: TrustStore,
    at: datetime,
    office_bin: str | None = None,
) -> Findings:
    """Return what the bundle proves of these bytes, as of the moment `at`.

    `office_bin` is the BIN of the office whose journal it must be; without it, the caller sees to that.

    Signatures are judged at the time of the time-stamp when the whole chain to it holds, else at `at`. The trusted
    roots are those of `trust`; its evidence is added to by the bundle's revocation lists and OCSP answers.
    """
    known = trust.evidence
    trust = trust.with_evidence(Evidence((*known.crls, *bundle.crls), (*known.ocsp, *bundle.ocsp)))
    steps = _Steps()
    opened = steps.take(Part.CHECKPOINT, lambda: _open_checkpoint(bundle))
    stamp = steps.take(Part.TIME_STAMP, lambda: _verify_stamp(bundle, trust, at))
    office = None
    if opened is None:
        steps.leave(Part.INCLUSION, _unchecked(Part.CHECKPOINT))
    else:
        steps.take(Part.INCLUSION, lambda: _prove_inclusion(bundle, opened.checkpoint))
        if stamp is None:
            steps.leave(Part.CHECKPOINT, _unchecked(Part.TIME_STAMP))
        else:
            office = steps.take(Part.CHECKPOINT, lambda: _judge_office(opened, stamp, trust, office_bin))
    steps.take(Part.DECLARATION, lambda: _compare_declaration(bundle, declaration))
    existed_at = stamp.at if stamp and steps.hold(*_CHAIN, Part.DECLARATION) else None
    signatures = judge_signature(declaration, trust, at, existed_at)
    steps.take(Part.SIGNATURE, lambda: _demand_passed(signatures))
    seals: tuple[Report, ...] = ()
    if notice is None:
        for part in (Part.NOTICE, Part.SEAL):
            steps.leave(part, EvidenceInvalid("evidence.notice_missing"))
    else:
        steps.take(Part.NOTICE, lambda: _compare_notice(bundle, notice))
        noticed_at = stamp.at if stamp and steps.hold(*_CHAIN, Part.NOTICE) else None
        seals = judge_signature(notice, trust, at, noticed_at, seal=True)
        steps.take(Part.SEAL, lambda: _demand_seal_of(office, seals))
        if office is None and steps.hold(Part.SEAL):
            steps.leave(Part.SEAL, _unchecked(Part.CHECKPOINT))
    return Findings(steps.findings(), stamp, existed_at, office, signatures, seals)


_CHAIN = (Part.INCLUSION, Part.CHECKPOINT, Part.TIME_STAMP)


class _Steps:
    """What was found so far, one finding for each part."""

    def __init__(self) -> None:
        self._found: dict[Part, PartFinding] = {}

    def take(self, part: Part, step: Callable[[], Result]) -> Result | None:
        """Return what the step returns and note that the part is ok, or note what it raises."""
        try:
            result = step()
        except SigningError as error:
            self._found[part] = PartFinding(part, Outcome.WRONG, error)
            return None
        self._found[part] = PartFinding(part, Outcome.OK)
        return result

    def leave(self, part: Part, why: SigningError) -> None:
        self._found[part] = PartFinding(part, Outcome.NOT_CHECKED, why)

    def hold(self, *parts: Part) -> bool:
        return all(self._found[part].outcome is Outcome.OK for part in parts)

    def findings(self) -> tuple[PartFinding, ...]:
        return tuple(self._found[part] for part in Part)


def _unchecked(needed: Part) -> EvidenceInvalid:
    return EvidenceInvalid("evidence.unchecked", {"part": needed.value})


def _verify_stamp(bundle: Bundle, trust: TrustStore, at: datetime) -> Stamp:
    stamp = timestamp.verify(bundle.token, bundle.checkpoint.encode(), trust)
    if stamp.at > at:
        raise EvidenceInvalid("evidence.later", {"at": stamp.at.isoformat(), "judged_at": at.isoformat()})
    return stamp


def _judge_office(opened: "_Opened", stamp: Stamp, trust: TrustStore, office_bin: str | None) -> Sealer:
    """Return who signed the checkpoint: the office that was expected, and no later than it was stamped."""
    if stamp.at < opened.checkpoint.at - CLOCKS_DIFFER_MOST:
        raise EvidenceInvalid("evidence.earlier", {"at": stamp.at.isoformat()})
    office = trust.judge_seal(opened.signer, opened.chain, stamp.at)
    if office.caution:
        raise RevocationUnknown("certificate.revocation_unknown")
    if office_bin not in (None, office.bin):
        raise EvidenceInvalid("evidence.other_office", {"office": office.bin, "expected": str(office_bin)})
    return office


@dataclass(frozen=True)
class _Opened:
    """A checkpoint, and the certificate whose key signed it, not judged yet; `chain` came with it."""

    checkpoint: Checkpoint
    signer: x509.Certificate
    chain: Sequence[x509.Certificate]


def _open_checkpoint(bundle: Bundle) -> _Opened:
    certificates = [read_certificate(b2a_base64(each, newline=False).decode()) for each in bundle.certificates]
    opened = open_note(bundle.checkpoint, certificates)
    return _Opened(opened, next(each for each in certificates if _signed(bundle.checkpoint, each)), certificates)


def _signed(note: str, certificate: x509.Certificate) -> bool:
    try:
        open_note(note, [certificate])
    except CheckpointInvalid:
        return False
    return True


def _prove_inclusion(bundle: Bundle, tree: Checkpoint) -> None:
    leaf = journal.leaf_hash(bundle.entry.encode())
    if bundle.size != tree.size or not journal.includes(tree.root, tree.size, bundle.index, leaf, bundle.path):
        raise EvidenceInvalid("evidence.inclusion", {"index": str(bundle.index), "size": str(tree.size)})


def _read_entry(bundle: Bundle) -> Entry:
    """Return the journal's entry, once it is that of a decision and stands where the bundle says."""
    try:
        entry = msgspec.json.decode(bundle.entry, type=Entry)
    except (msgspec.DecodeError, RecursionError):
        raise EvidenceInvalid("evidence.entry") from None
    if entry.event != DECIDED or entry.index != bundle.index:
        raise EvidenceInvalid("evidence.entry")
    return entry


def _compare_declaration(bundle: Bundle, declaration: bytes) -> None:
    if hashlib.sha256(declaration).hexdigest() != bundle.declaration:
        raise EvidenceInvalid("evidence.declaration")
    if _read_entry(bundle).particulars.get("digest") != bundle.declaration:
        raise EvidenceInvalid("evidence.entry")


def _compare_notice(bundle: Bundle, notice: bytes) -> None:
    if hashlib.sha256(notice).hexdigest() != bundle.notice:
        raise EvidenceInvalid("evidence.notice")
    if _read_entry(bundle).particulars.get("notice") != bundle.notice:
        raise EvidenceInvalid("evidence.entry")
    if read_notice(notice) != NoticeReferences(bundle.declaration, bundle.index):
        raise EvidenceInvalid("evidence.notice_references")


def _demand_passed(reports: Sequence[Report]) -> None:
    """Raise what is wrong with the first signature that did not pass."""
    for report in reports:
        if report.error is not None:
            raise report.error


def _demand_seal_of(office: Sealer | None, seals: Sequence[Report]) -> None:
    """Raise unless the notice is sealed, and by the organisation that signed the checkpoint."""
    _demand_passed(seals)
    sealed_by = {seal.signer.bin for seal in seals if seal.signer}
    if office is not None and sealed_by != {office.bin}:
        raise EvidenceInvalid("evidence.office", {"office": office.bin})
