"""The archive as the analyst's tools see it: judged cases with what became of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from msgspec import Struct

from risk_gateway.profiles import Motive


class Result(Struct, frozen=True):
    """What a closed control found. `profiles` says of each profile that led to it whether it was right."""

    found: bool
    motive: Motive | None = None
    amount_tiyn: int = 0
    profiles: Mapping[str, bool] = {}


class Truth(Struct, frozen=True):
    """What a generator planted in a case: no motive means honest."""

    motive: Motive | None = None
    items: tuple[int, ...] = ()
    amount_tiyn: int = 0


class StoredCase(Struct, frozen=True, kw_only=True):
    """A judged case, `case`, `assessment` and `decision` still compressed. `number` is the registration number, or that
    of a past case or a judgement. Without a `result` no control was closed; `truth` is known of generated cases only.
    `sequence` is the journal index of its decision; past cases are in no journal."""

    number: str
    day: date
    block: str
    office: str
    declarant: str
    outcome: str
    knowledge_version: str
    case: bytes
    assessment: bytes
    decision: bytes
    result: Result | None = None
    truth: Truth | None = None
    sequence: int | None = None


class Generated:
    """The same cases, counting on the way those that a generator made."""

    def __init__(self, cases: Iterable[StoredCase]) -> None:
        self._cases = cases
        self.generated = 0

    def __iter__(self) -> Iterator[StoredCase]:
        for case in self._cases:
            self.generated += case.truth is not None
            yield case


class Share(Struct, frozen=True):
    """What a closed act says of one profile; of the whole act where `profile` is empty."""

    profile: str
    profile_version: int
    found: bool
    amount_tiyn: int = 0
