"""A case judged, and a judgement kept."""

from msgspec import Struct

from risk_gateway.model import Assessment, Case, Decision, Knowledge


class Judged(Struct, frozen=True):
    case: Case
    knowledge: Knowledge
    assessment: Assessment
    decision: Decision


class Kept(Struct, frozen=True):
    """`number` is `<subject>/J<n>`; `sequence` its index in the journal, `notice` the sealed XML."""

    number: str
    judged: Judged
    notice: bytes
    sequence: int
