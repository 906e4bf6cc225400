"""A stored case judged anew: the same facts and knowledge must give the same assessment and decision, byte for byte."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from zstandard import ZstdError

from risk_gateway import canonical, gateway
from risk_gateway.archive import StoredCase
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.errors import KnowledgeTampered
from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Knowledge
from risk_gateway.packing import unpack

DIGEST = "SHA-256"  # the path of a difference from what the journal holds
NOTHING = "nothing"  # how a report writes what is not there
SHOWN_MOST = 200

ReadKnowledge = Callable[[str], Knowledge | None]  # by version; None where it is not kept; raises KnowledgeTampered
ReadDigest = Callable[[StoredCase], str | None]  # SHA-256 of the assessment in the journal; None where there is none


class Difference(Struct, frozen=True):
    """The first place in which what is stored and what comes out anew differ, both as JSON text.

    `part` is `assessment`, `decision` or `columns`; `path` leads to the place, as `findings[2].weight`. An empty path
    says that the values are the same and only their bytes are not.
    """

    part: str
    path: str
    stored: str
    anew: str

    def __str__(self) -> str:
        if self.path == DIGEST:
            return f"the SHA-256 of the {self.part} is {self.stored} as stored, {self.anew} in the journal"
        if not self.path:
            return f"the {self.part} says the same in other bytes"
        return f"{self.path} of the {self.part} is {self.stored} as stored, {self.anew} anew"


class Replayed(Struct, frozen=True):
    """What came of one replay: neither a difference nor a problem means the same bytes.

    `problem` says why the case could not be judged anew: its knowledge is not there or not what it claims to be, or
    its blobs cannot be read. `unproven` says that nothing but the table tells what was assessed: where an assessment
    stopped for lack of time is taken from it, so that a forged lack of time replays to the same.
    """

    number: str
    difference: Difference | None = None
    problem: str | None = None
    unproven: bool = False

    @property
    def same(self) -> bool:
        return self.difference is None and self.problem is None


def replay(stored: StoredCase, read_knowledge: ReadKnowledge, read_digest: ReadDigest = lambda _: None) -> Replayed:
    """Judge a stored case anew with the knowledge it was judged with, and compare; also with the journal's digest."""
    digest = read_digest(stored)
    replayed = _replayed(stored, read_knowledge, digest)
    return replace(replayed, unproven=digest is None)


def _replayed(stored: StoredCase, read_knowledge: ReadKnowledge, digest: str | None) -> Replayed:
    try:
        known = read_knowledge(stored.knowledge_version)
        if known is None:
            return Replayed(stored.number, problem=f"the knowledge {stored.knowledge_version} is not kept")
        difference = _difference(stored, ready(known).knowledge) or _from_journal(stored, digest)
        return Replayed(stored.number, difference)
    except KnowledgeTampered as error:
        return Replayed(stored.number, problem=error.text("en"))
    except (msgspec.MsgspecError, ZstdError, ValueError) as error:
        return Replayed(stored.number, problem=f"what is stored cannot be read: {error}")


def assess_anew(case: Case, stored: bytes, knowledge: Knowledge) -> Assessment:
    """Return the assessment anew. `stored` is the canonical JSON of the first one.

    Where that one stopped for lack of time, this one stops too. Raises msgspec.MsgspecError when it cannot be read.
    """
    stopped_at = canonical.loads(stored, Assessment).stopped_at
    return gateway.assess(case, knowledge, Budget.replaying(stopped_at))


def compare(part: str, stored: bytes, anew: object) -> Difference | None:
    """Compare stored canonical JSON with a value. Raises msgspec.MsgspecError when it is no JSON."""
    made = canonical.dumps(anew)
    if made == stored:
        return None
    path, was, now = _first("", msgspec.json.decode(stored), msgspec.json.decode(made)) or ("", stored, made)
    return Difference(part, path, _shown(was), _shown(now))


def _difference(stored: StoredCase, knowledge: Knowledge) -> Difference | None:
    case = canonical.loads(unpack(stored.case), Case)
    assessed = unpack(stored.assessment)
    assessment = assess_anew(case, assessed, knowledge)
    decision = decide(assessment, case, knowledge)
    columns = {"block": case.block, "knowledge_version": decision.knowledge_version, "outcome": decision.outcome}
    return (
        compare("assessment", assessed, assessment)
        or compare("decision", unpack(stored.decision), decision)
        or compare("columns", canonical.dumps({name: getattr(stored, name) for name in columns}), columns)
    )


def _from_journal(stored: StoredCase, digest: str | None) -> Difference | None:
    """What replays to the same may have been changed all the same: a lack of time that never was."""
    found = sha256(unpack(stored.assessment)).hexdigest()
    return None if digest in (None, found) else Difference("assessment", DIGEST, found, str(digest))


def _first(path: str, stored: Any, anew: Any) -> tuple[str, Any, Any] | None:
    """Return the first place where two plain values differ, with both; None when they are equal."""
    if stored == anew:
        return None
    if isinstance(stored, Mapping) and isinstance(anew, Mapping):
        pairs = [
            (f"{path}.{name}" if path else name, stored.get(name), anew.get(name)) for name in sorted({*stored, *anew})
        ]
    elif isinstance(stored, list) and isinstance(anew, list):
        length = max(len(stored), len(anew))
        pairs = [(f"{path}[{place}]", _at(stored, place), _at(anew, place)) for place in range(length)]
    else:
        return path, stored, anew
    return next((found for pair in pairs if (found := _first(*pair))), (path, stored, anew))


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None


def _shown(value: object) -> str:
    if value is None:
        return NOTHING
    text = value.decode(errors="replace") if isinstance(value, bytes) else msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]}..."
