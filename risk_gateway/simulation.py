"""What a draft profile would have done: it is run over stored cases, and what it would have changed is added up.

Only the draft is run. Where it fires, its finding joins the stored ones (in place of those of an older version of the
same code), and the outcome is concluded anew with the parameters and the draws of that day.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct, field
from msgspec.structs import replace

from risk_gateway import canonical, catalog, gateway, scoring, selection
from risk_gateway.archive import StoredCase
from risk_gateway.budget import Budget
from risk_gateway.dated import in_force
from risk_gateway.decision import decide
from risk_gateway.errors import KnowledgeTampered
from risk_gateway.knowledge import Ready, ready
from risk_gateway.manifest import version_of
from risk_gateway.model import Assessment, Case, Decision, Evidence, Finding, Knowledge, Measure
from risk_gateway.packing import unpack
from risk_gateway.profiles import Condition, MeasureCode, Outcome, Profile, strictness_of
from risk_gateway.replay import ReadKnowledge

EXAMPLES_MOST = 10
WITHOUT_MOTIVE = "not stated"


class Effort(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[effort]]` table of effort.toml: officer hours per measure."""

    valid_from: date
    valid_to: date
    source: str
    hours: dict[MeasureCode, Decimal]

    def of(self, measures: Iterable[Measure]) -> Decimal:
        return sum((self.hours[measure.code] for measure in measures), Decimal(0))


class Example(Struct, frozen=True, kw_only=True):
    """A case that the draft would have touched. `found` is None where no control was closed."""

    number: str
    day: date
    before: Outcome
    after: Outcome
    items: tuple[int, ...]
    evidence: tuple[Evidence, ...]
    found: bool | None = None
    planted: str | None = None

    @property
    def rank(self) -> tuple[bool, bool, int, date, str]:
        """The most telling have the highest rank: a violation, then a stricter lane, then the newest."""
        stricter = strictness_of(self.after) - strictness_of(self.before)
        return bool(self.found), self.planted is not None, stricter, self.day, self.number


class Sums(Struct):
    """What is added up, case by case and then part by part. `known` and `planted` count violations by motive, those
    with `_hit` the ones on which the draft fires."""

    cases: int = 0
    hits: int = 0
    alone: int = 0
    controls: int = 0
    findings: int = 0
    judged: int = 0
    unreadable: int = 0
    hours: Decimal = Decimal(0)
    shifts: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)
    overlap: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    known_hit: Counter[str] = field(default_factory=Counter)
    planted: Counter[str] = field(default_factory=Counter)
    planted_hit: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    by_day: Counter[date] = field(default_factory=Counter)
    acted_upon: Counter[date] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def add(self, other: "Sums") -> None:
        """Take in another part's sums."""
        for name in self.__struct_fields__:
            mine, its = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                mine.update(its)
            else:
                setattr(self, name, mine + its)
        self.keep_examples()

    def keep_examples(self) -> None:
        """Drop all examples but the most telling."""
        self.examples = sorted(self.examples, key=lambda example: example.rank, reverse=True)[:EXAMPLES_MOST]


class Simulation:
    """A draft on its way through stored cases; `read_knowledge` gives what each was judged with."""

    def __init__(self, draft: Profile, read_knowledge: ReadKnowledge) -> None:
        self.sums = Sums()
        self._draft = replace(draft, valid_from=date.min, valid_to=date.max)  # as if it had been in force then
        self._read = read_knowledge
        self._lens: Ready | None = None
        self._with_draft: dict[str, Knowledge] = {}
        self._marks = f'"profile":"{draft.code}"'.encode()
        self._fields = [catalog.fields()[name] for name in sorted(_names(draft.condition))]

    def take(self, stored: StoredCase) -> None:
        """Run the draft over one more case. Where the knowledge is not there, or altered, it counts as unreadable."""
        try:
            known = self._read(stored.knowledge_version)
        except KnowledgeTampered:
            known = None
        if known is None:
            self.sums.unreadable += 1
            return
        case = canonical.loads(unpack(stored.case), Case)
        finding = next(iter(gateway.BLOCKS[stored.block](case, self._ready(known), Budget.replaying(None))), None)
        self._count(stored, case, finding)
        assessed = unpack(stored.assessment)
        if finding is not None or self._marks in assessed:
            self._conclude(stored, case, known, finding, canonical.loads(assessed, Assessment))

    def _ready(self, known: Knowledge) -> Ready:
        """Return the draft, compiled alone."""
        if self._lens is None:
            self._lens = ready(_rebuilt(known, (self._draft,)))
        return self._lens

    def _count(self, stored: StoredCase, case: Case, finding: Finding | None) -> None:
        """Count hits and the violations that are known of, found and missed."""
        sums, hit = self.sums, finding is not None
        sums.cases += 1
        sums.hits += hit
        for fact in self._fields:
            parts = (case.header,) if fact.level is catalog.Level.HEADER else case.items
            sums.unknown[fact.name] += all(getattr(part, fact.name) is None for part in parts)
        if stored.result is not None:
            sums.controls += hit
            sums.findings += hit and stored.result.found
            if stored.result.found:
                motive = stored.result.motive.value if stored.result.motive else WITHOUT_MOTIVE
                sums.known[motive] += 1
                sums.known_hit[motive] += hit
        if stored.truth is not None:
            sums.judged += hit
            if stored.truth.motive is not None:
                sums.planted[stored.truth.motive.value] += 1
                sums.planted_hit[stored.truth.motive.value] += hit
        if hit:
            sums.by_day[stored.day] += 1

    def _conclude(
        self, stored: StoredCase, case: Case, known: Knowledge, finding: Finding | None, before: Assessment
    ) -> None:
        """Add up what the draft changes in one case."""
        together = self._knowledge(known)
        after, acted_upon = self._assessed(stored, case, together, finding, before)
        sums = self.sums
        shift = Outcome(stored.outcome), after.outcome
        if shift[0] is not shift[1]:
            sums.shifts[shift] += 1
        effort = in_force(Effort, "effort", stored.day)
        decided = canonical.loads(unpack(stored.decision), Decision)
        sums.hours += effort.of(decide(after, case, together).measures) - effort.of(decided.measures)
        if finding is None:
            return
        others = {one.profile for one in before.findings} - {self._draft.code}
        sums.overlap.update(others)
        sums.alone += not others
        sums.acted_upon[stored.day] += acted_upon
        sums.examples.append(_example(stored, shift, finding))
        if len(sums.examples) > 4 * EXAMPLES_MOST:
            sums.keep_examples()

    def _assessed(
        self, stored: StoredCase, case: Case, together: Knowledge, finding: Finding | None, before: Assessment
    ) -> tuple[Assessment, bool]:
        """Return the assessment with the draft, and whether this hit is acted upon."""
        code = self._draft.code
        findings = tuple(one for one in before.findings if one.profile != code)
        draws = tuple(one for one in before.selections if one.profile != code)
        acted_upon = False
        if finding is not None:
            (drawn,), of_draft = selection.select([finding], self._loaded(case, stored.day), together)
            acted_upon = drawn.selected
            findings += (drawn,)
            draws += tuple(one for one in of_draft if one.profile == code)
        after = scoring.conclude(
            case, together, findings, draws, before.opinion, before.degraded, before.stopped_at, before.problem
        )
        return after, acted_upon

    def _loaded(self, case: Case, day: date) -> Case:
        """Return the case with the hits of the draft acted upon before that day, where it has a daily cap."""
        if self._draft.daily_cap is None:
            return case
        capped = {**case.load.capped, self._draft.code: self.sums.acted_upon[day]}
        return replace(case, load=replace(case.load, capped=capped))

    def _knowledge(self, known: Knowledge) -> Knowledge:
        """Return the knowledge with the draft in it. Cases come by day, so that few are needed at a time."""
        found = self._with_draft.get(known.version)
        if found is None:
            others = tuple(one for one in known.profiles if one.code != self._draft.code)
            self._with_draft = {known.version: _rebuilt(known, (*others, self._draft))}
            found = self._with_draft[known.version]
        return found


def _names(condition: Condition) -> set[str]:
    """Return the fields that a condition asks for."""
    parts = (*(condition.all or ()), *(condition.any or ()), *([condition.negated] if condition.negated else []))
    own = {condition.field} if condition.field else set()
    return own.union(*(_names(part) for part in parts))


def _rebuilt(known: Knowledge, profiles: Sequence[Profile]) -> Knowledge:
    made = replace(known, profiles=tuple(sorted(profiles, key=lambda one: (one.code, one.version))))
    return replace(made, version=version_of(made))


def _example(stored: StoredCase, shift: tuple[Outcome, Outcome], finding: Finding) -> Example:
    return Example(
        number=stored.number,
        day=stored.day,
        before=shift[0],
        after=shift[1],
        items=finding.items,
        evidence=finding.evidence,
        found=stored.result.found if stored.result else None,
        planted=stored.truth.motive.value if stored.truth and stored.truth.motive else None,
    )
