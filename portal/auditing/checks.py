"""What is checked of every declaration: one function a check, each yields a sentence for whatever does not fit."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NamedTuple

import msgspec
from lxml import etree

from declarations import controls, numbering
from declarations.controls.header import CORRECTION, LODGED_ANEW
from declarations.errors import DeclarationsError
from declarations.store import REPLACED
from portal.audit import Event
from portal.auditing.archive import message_id
from portal.auditing.dossier import Dossier, Unfounded
from portal.auditing.moves import move_notices, moves, statements_signed
from portal.auditing.registry import minimal_risk
from portal.entry import status_after
from risk_gateway import canonical
from risk_gateway.days import day_of
from risk_gateway.model import Case
from risk_gateway.packing import unpack
from risk_gateway.replay import compare
from signing import journal
from signing.errors import words
from signing.verdict import Report

PASSED, FLAGGED = "TOTAL-PASSED", "INDETERMINATE/TRY_LATER"
WORTH = {PASSED: 2, FLAGGED: 1}  # the verdicts under which documents are taken
LARGEST_STORED = 2**63 - 1
SHOWN_MOST = 80
Find = Callable[[Dossier], Iterator[str]]


class Check(NamedTuple):
    """`code` names it in reports; the first line of the function's docstring is what it demands."""

    code: str
    find: Find


def papers(dossier: Dossier) -> Iterator[str]:
    """Document, decision, journal entry and notice to the declarant are all there."""
    stored = dossier.papers
    for name, paper in (
        ("document", stored.document),
        ("decision", stored.decision),
        ("journal entry", stored.entry),
        ("message in the outbox", stored.message),
    ):
        if paper is None:
            yield f"there is no {name}"


def document_bytes(dossier: Dossier) -> Iterator[str]:
    """The SHA-256 of the stored document is the recorded one, in the table and in the journal."""
    yield from differences(
        ("digest of the declaration", dossier.stored.digest, dossier.digest),
    )


def entry(dossier: Dossier) -> Iterator[str]:
    """The journal's entry is canonical, is about this declaration, and says what is recorded and stored."""
    stored, kept, (index, event, subject, content, leaf) = dossier.stored, dossier.kept, dossier.row
    said = dossier.entry
    if journal.leaf_hash(content) != leaf:
        yield "the leaf hash is not that of the entry"
    particulars = {
        "declarant": stored.key.declarant,
        "reference": stored.key.functional_reference_id,
        "version": str(stored.key.version),
        "digest": stored.digest,
        "signer": stored.signer_iin,
        "decision": kept.decision_id,
        "outcome": stored.outcome,
        "knowledge": kept.knowledge_version,
        "case": hashlib.sha256(unpack(kept.case)).hexdigest(),
        "notice": hashlib.sha256(dossier.notice).hexdigest(),
    }
    yield from differences(
        ("index", index, stored.sequence),
        ("index in the entry", said.index, stored.sequence),
        ("event", event, Event.DECLARATION_DECIDED.value),
        ("event in the entry", said.event, Event.DECLARATION_DECIDED.value),
        ("subject", subject, stored.registration_number),
        ("subject in the entry", said.subject, stored.registration_number),
        ("time in the entry", said.at, stored.accepted_at),
        *((f"{name} in the entry", said.particulars.get(name), value) for name, value in particulars.items()),
    )


def inclusion(dossier: Dossier) -> Iterator[str]:
    """A path leads from the entry to the root that the office signed, and that signature and time-stamp are genuine."""
    if not dossier.included:
        yield f"the entry is not under the root of the first {dossier.attested.size} entries"


def gate(dossier: Dossier) -> Iterator[str]:
    """The document passes the gate and the schema."""
    for code in dossier.defects:
        yield f"the schema refuses it: {code}"


def signature(dossier: Dossier) -> Iterator[str]:
    """The signature holds at its proven time, and the recorded verdict is no better than what is found now."""
    dossier.signature  # noqa: B018 raises what is wrong with it
    yield from verdict(dossier.reports, dossier.recorded_verdict or PASSED)
    yield from differences(
        ("IIN of the signer", dossier.stored.signer_iin, dossier.signer.iin),
        ("name of the signer", dossier.stored.signer_name, dossier.signer.name),
    )


def right(dossier: Dossier) -> Iterator[str]:
    """The signer might sign for the declarant on that day, and who is recorded are those of the document."""
    granted, stored = dossier.granted, dossier.stored
    yield from differences(
        ("declarant", stored.key.declarant, granted.declarant),
        ("agent", stored.agent, granted.agent),
    )


def rules(dossier: Dossier) -> Iterator[str]:
    """The controls of that day pass; the first version is an original, every other one a correction."""
    declaration, signer = dossier.declaration, dossier.signer
    context = controls.Context(dossier.codes, dossier.stored.received_at, signer.iin, signer.bin)
    for defect in controls.check(declaration, context):
        yield f"a control of that day is broken: {defect.code} at {defect.xpath}"
    if declaration.function not in (LODGED_ANEW if dossier.key.version == 1 else (CORRECTION,)):
        yield f"version {dossier.key.version} has the function {declaration.function}"


def payables(dossier: Dossier) -> Iterator[str]:
    """What is payable, computed anew with the rates and the tariff of that day, is what is stored."""
    if msgspec.json.encode(dossier.payables) != unpack(dossier.kept.payables):
        yield f"{dossier.payables.total} tenge are computed, which is not the computation that is stored"


def knowledge(dossier: Dossier) -> Iterator[str]:
    """What the gateway knew is kept, its version is the hash of its content, and it is that of the day of receipt."""
    if dossier.knowledge is None:
        yield f"there is no knowledge {dossier.kept.knowledge_version} in canonical form under that version"
        return
    day = day_of(dossier.stored.received_at)
    yield from differences(("day of the knowledge", dossier.known.day, day))
    key_day = dossier.known.key_day or day
    yield from differences(("day of the selection key", key_day, day_of(dossier.versions[0].received_at)))
    if dossier.known.day_key != dossier.archive.selection_key(key_day):
        yield f"random selection was drawn with another key than that of {key_day}"


def case(dossier: Dossier) -> Iterator[str]:
    """The facts of the stored case that the declaration gives are those gathered from it anew."""
    if canonical.dumps(dossier.gathered) != unpack(dossier.kept.case):
        yield f"the stored case differs from the declaration in {_first_difference(dossier.case, dossier.gathered)}"


def assessment(dossier: Dossier) -> Iterator[str]:
    """The stored case, assessed anew with the stored knowledge, gives the stored assessment byte for byte."""
    anew = dossier.assessment  # before what is stored: a blob that cannot be read is this check's, not the next one's
    if difference := compare("assessment", unpack(dossier.kept.assessment), anew):
        yield str(difference)


def assessment_digest(dossier: Dossier) -> Iterator[str]:
    """The SHA-256 of the stored assessment is the one in the journal; entries of before 2026-12 have none."""
    told = dossier.entry.particulars.get("assessment")
    if told is None:
        raise Unfounded("assessment digest")
    found = hashlib.sha256(unpack(dossier.kept.assessment)).hexdigest()
    yield from differences(("SHA-256 of the assessment in the entry", told, found))


def decision(dossier: Dossier) -> Iterator[str]:
    """The decision that follows anew is the stored one byte for byte, and its columns say the same."""
    kept, anew = dossier.kept, dossier.decision
    if difference := compare("decision", unpack(kept.decision), anew):
        yield str(difference)
    yield from differences(
        ("id of the decision", kept.decision_id, anew.id),
        ("version of the knowledge", kept.knowledge_version, anew.knowledge_version),
        ("mark as degraded", kept.degraded, anew.degraded),
        ("time of the decision", kept.decided_at, anew.decided_at),
    )


def seal(dossier: Dossier) -> Iterator[str]:
    """The seal of the notice holds, and is the office's."""
    dossier.seal  # noqa: B018 raises what is wrong with it
    yield from verdict(dossier.seal_reports, FLAGGED)
    if dossier.sealer.bin not in dossier.archive.office:
        yield f"the notice is sealed by {dossier.sealer.bin}, which is not the office"


def notice(dossier: Dossier) -> Iterator[str]:
    """The notice says what is stored of declaration and decision, and nothing else."""
    due, said = dossier.due_notice, dossier.seal.root
    for mine, found in _side_by_side(due, said):
        if mine != found:
            yield f"the notice has {_shown(found)} where {_shown(mine)} is due"
            return


def columns(dossier: Dossier) -> Iterator[str]:
    """What the declaration is listed by is what document and decision say."""
    stored, declaration = dossier.stored, dossier.declaration
    value = declaration.customs_value
    yield from differences(
        ("reference", stored.key.functional_reference_id, declaration.functional_reference_id),
        ("name of the declarant", stored.declarant_name, declaration.declarant.name),
        ("type", stored.type_code, declaration.type_code),
        ("procedure", stored.procedure, declaration.procedure),
        ("office", stored.office, declaration.office),
        ("number of items", stored.item_count, len(declaration.items)),
        ("customs value", stored.customs_value_tiyn, _tiyn(value.value) if value and value.currency == "KZT" else None),
        ("outcome", stored.outcome, dossier.stored_decision.outcome.value),
        ("status", stored.status, (dossier.archive.last_target(stored) or dossier.due_status).value),
    )
    if stored.accepted_at < stored.received_at:
        yield "it was accepted before it was received"


def number(dossier: Dossier) -> Iterator[str]:
    """The registration number is well formed, of the office and of the local day of acceptance."""
    stored = dossier.stored
    try:
        read = numbering.parse(stored.registration_number)
    except DeclarationsError:
        yield "the registration number is malformed"
        return
    yield from differences(
        ("registration number", stored.registration_number, str(read)),
        ("office in the number", read.office, stored.office),
        ("day in the number", read.day, day_of(dossier.versions[0].accepted_at)),
    )


def versions(dossier: Dossier) -> Iterator[str]:
    """Versions follow each other under one number and reference, and a correction is in no milder lane than before."""
    stored, there = dossier.stored, dossier.versions
    newest, version = there[-1].key, stored.key.version
    yield from differences(
        ("versions", [each.key.version for each in there], list(range(1, newest.version + 1))),
        ("mark as replaced", stored.status == REPLACED, version != newest.version),
    )
    if version == 1:
        return
    before = dossier.archive.standing(there[version - 2])
    due = status_after(dossier.stored_decision.outcome, before.earlier, before.status)
    yield from differences(
        ("lane of the version before", dossier.case.earlier, before.earlier),
        ("status that it begins with", dossier.due_status.value, due),
    )


def message(dossier: Dossier) -> Iterator[str]:
    """The message to the declarant is the notice."""
    sent, stored = dossier.message, dossier.stored
    yield from differences(
        ("recipient of the message", sent.recipient, f"participant:{stored.key.declarant}"),
        ("kind of the message", sent.kind, "DECISION_NOTICE"),
        ("subject of the message", sent.subject, stored.registration_number),
        ("sequence of the message", sent.sequence, stored.sequence),
        ("id of the message", sent.message_id, message_id(stored.registration_number, stored.key.version)),
    )
    if unpack(sent.body) != dossier.notice:
        yield "the message in the outbox is not the notice"


CHECKS = (
    Check("papers", papers),
    Check("bytes", document_bytes),
    Check("entry", entry),
    Check("inclusion", inclusion),
    Check("gate", gate),
    Check("signature", signature),
    Check("right", right),
    Check("rules", rules),
    Check("payables", payables),
    Check("knowledge", knowledge),
    Check("case", case),
    Check("minimal-risk", minimal_risk),
    Check("assessment", assessment),
    Check("assessment-digest", assessment_digest),
    Check("decision", decision),
    Check("seal", seal),
    Check("notice", notice),
    Check("columns", columns),
    Check("number", number),
    Check("versions", versions),
    Check("message", message),
    Check("moves", moves),
    Check("move-notices", move_notices),
    Check("statements", statements_signed),
)


def verdict(reports: tuple[Report, ...], recorded: str) -> Iterator[str]:
    """Yield what is found worse than recorded, and what does not hold at all."""
    if recorded not in WORTH:
        yield f"{recorded} is no verdict under which a document is taken"
    for report in reports:
        found = _worth(report)
        if not found or found < WORTH.get(recorded, 0):
            yield f"recorded as {recorded}, found {report.indication}: {_why(report)}"


def differences(*triples: tuple[str, Any, Any]) -> Iterator[str]:
    """Yield a sentence for each (name, what is recorded, what is found) that differ."""
    for name, recorded, found in triples:
        if recorded != found:
            yield f"the {name} is {_shown(recorded)}, elsewhere it is {_shown(found)}"


def _worth(report: Report) -> int:
    """Return 2 for a signature that holds, 1 for one that a dated rule let pass with a flag, 0 for any other."""
    return 2 if report.passed else 1 if report.caution else 0


def _why(report: Report) -> str:
    if report.error is not None:
        return report.error.text("en")
    return words()[report.caution]["en"] if report.caution else ""


def _shown(value: object) -> str:
    text = value.isoformat() if isinstance(value, datetime) else "nothing" if value is None else str(value)
    return text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]}..."


def _tiyn(tenge: Decimal) -> int | None:
    tiyn = int(tenge * 100)
    return tiyn if tiyn <= LARGEST_STORED else None


def _side_by_side(one: etree._Element, other: etree._Element) -> Iterator[tuple[str | None, str | None]]:
    """Yield element by element, in order, what two trees say; None where one has ended."""
    yield from zip_longest(map(_said, one.iter()), map(_said, other.iter()))


def _said(element: etree._Element) -> str:
    """Return one element with its path from the root, attributes and text."""
    path = "/".join(etree.QName(step).localname for step in reversed([element, *element.iterancestors()]))
    attributes = "".join(f' {name}="{value}"' for name, value in sorted(element.attrib.items()))
    return f"{path}{attributes}: {element.text or ''}{element.tail or ''}"


def _first_difference(stored: Case, gathered: Case) -> str:
    """Name the first fact in which two cases differ."""
    whole, made = msgspec.to_builtins(stored), msgspec.to_builtins(gathered)
    for name in made:
        if name not in ("header", "items") and whole.get(name) != made[name]:
            return str(name)
    pairs = [("header", whole["header"], made["header"])]
    pairs += [
        (f"item {item['sequence']}", kept, item) for kept, item in zip(whole["items"], made["items"], strict=True)
    ]
    for place, kept, item in pairs:
        for name in sorted({*kept, *item}):
            if kept.get(name) != item.get(name):
                return f"{name} of {place}"
    return "its form"
