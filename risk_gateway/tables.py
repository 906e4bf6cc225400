"""Tables of decisions and of what the gateway remembers. docs/stores.md tells the duty of each."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary
from sqlmodel import Field, SQLModel


class DecisionRow(SQLModel, table=True):
    """A decision with all that is needed to replay it; every blob is zstd."""

    __tablename__ = "decision"
    declarant: str = Field(primary_key=True, max_length=20)
    functional_reference_id: str = Field(primary_key=True, max_length=35)
    version: int = Field(primary_key=True)
    decision_id: str = Field(index=True)
    knowledge_version: str
    degraded: bool
    decided_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    case: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON of the Case
    assessment: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON
    decision: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON
    payables: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON, as shown
    notice: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # the sealed XML


class JudgementRow(SQLModel, table=True):
    """A case judged at another moment than a lodgement, with all that is needed to replay it; every blob is zstd.

    `subject` is what was judged (a movement, a passenger declaration, an audit), `ordinal` the how manyth judgement of
    it. `participant` is a BIN or IIN, None for a traveller without one.
    """

    __tablename__ = "judgement"
    number: str = Field(primary_key=True, max_length=80)
    subject: str = Field(index=True, max_length=70)
    ordinal: int
    moment: str
    block: str
    office: str
    participant: str | None = Field(default=None, index=True, max_length=20)
    told: bool  # whether the participant was sent the notice
    series_id: str = Field(index=True)
    day: date = Field(index=True)  # in Kazakhstan, of `judged_at`
    judged_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    outcome: str
    degraded: bool
    decision_id: str
    knowledge_version: str
    case: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON of the Case
    assessment: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON
    decision: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON
    notice: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # the sealed XML
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))  # the journal index


class KnowledgeRow(SQLModel, table=True):
    """What the gateway knew, once per version: the canonical JSON of the digests of its parts, zstd."""

    __tablename__ = "knowledge"
    version: str = Field(primary_key=True, max_length=64)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class KnowledgePartRow(SQLModel, table=True):
    """A part of knowledge under its SHA-256 in hex: canonical JSON, zstd. Written once, never changed."""

    __tablename__ = "knowledge_part"
    digest: str = Field(primary_key=True, max_length=64)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ProfileRow(SQLModel, table=True):
    """One version of a risk profile. The content never changes; its status does."""

    __tablename__ = "risk_profile"
    code: str = Field(primary_key=True, max_length=20)
    version: int = Field(primary_key=True)
    status: str = Field(index=True)  # draft, validated, back_tested, submitted, approved, suspended, expired
    block: str
    level: str
    author: str
    approver: str | None = None
    valid_from: date
    valid_to: date
    digest: str  # SHA-256 of the canonical JSON
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON, zstd


class ProfileMoveRow(SQLModel, table=True):
    """Each step in the life of a profile version: who, when, why, and what the approver saw."""

    __tablename__ = "risk_profile_move"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(index=True, max_length=20)
    version: int
    status: str
    actor: str
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    reason: str = ""
    report: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # of the back-test: JSON, zstd


class ProfileTallyRow(SQLModel, table=True):
    """What a profile version brought, by day: hits, how many were acted upon, controls closed, what they found."""

    __tablename__ = "risk_profile_tally"
    code: str = Field(primary_key=True, max_length=20)
    version: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    hits: int = 0
    selected: int = 0
    controls: int = 0
    findings: int = 0
    revenue_tiyn: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class RiskCursorRow(SQLModel, table=True):
    """How far a background task has read: the journal index of the last decision it took in."""

    __tablename__ = "risk_cursor"
    name: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))


class AnalystRow(SQLModel, table=True):
    """A risk analyst; no posts means republican."""

    __tablename__ = "analyst"
    iin: str = Field(primary_key=True, max_length=12)
    name: str
    posts: str = ""  # space-separated


class ReferenceValuesRow(SQLModel, table=True):
    """A dated version of the reference values; the newest of those that are valid counts."""

    __tablename__ = "reference_values"
    digest: str = Field(primary_key=True, max_length=64)
    valid_from: date = Field(index=True)
    source: str
    loaded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON, zstd


class FraudModelRow(SQLModel, table=True):
    """A trained fraud model. At most one of a block is the champion and one the challenger."""

    __tablename__ = "fraud_model"
    version: str = Field(primary_key=True, max_length=64)  # SHA-256 of the canonical JSON
    block: str
    status: str = Field(index=True)  # candidate, challenger, champion, retired
    trained_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    trained_by: str
    approved_by: str | None = None
    metrics: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON, zstd


class RiskCategoryRow(SQLModel, table=True):
    """The risk category of a participant from a day on."""

    __tablename__ = "risk_category"
    participant: str = Field(primary_key=True, max_length=20)
    valid_from: date = Field(primary_key=True)
    category: str  # low, medium, high


class SelectionKeyRow(SQLModel, table=True):
    """The key of one day's random selection: committed to before the day, secret until it is disclosed after it."""

    __tablename__ = "selection_key"
    day: date = Field(primary_key=True)
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    commitment: str  # SHA-256 of the key, hex
    committed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    disclosed_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class ParticipantHistoryRow(SQLModel, table=True):
    """Counts over all that a participant declared, or filed for others as their agent; kept with each lodgement."""

    __tablename__ = "participant_history"
    participant: str = Field(primary_key=True, max_length=20)
    declarations: int = 0
    declarations_as_agent: int = 0
    amendments_after_notice: int = 0
    exports_without_exit: int = 0


class ParticipantGoodsRow(SQLModel, table=True):
    """What a participant has declared before, by commodity and origin ("" where unknown), and what was found in it."""

    __tablename__ = "participant_goods"
    participant: str = Field(primary_key=True, max_length=20)
    commodity: str = Field(primary_key=True, max_length=10)
    origin: str = Field(primary_key=True, max_length=2)
    first_on: date
    declarations: int = 0
    findings: int = 0


class InvoiceUseRow(SQLModel, table=True):
    """An invoice number that a participant has declared, and under which of its own references first."""

    __tablename__ = "invoice_use"
    participant: str = Field(primary_key=True, max_length=20)
    invoice: str = Field(primary_key=True, max_length=50)
    functional_reference_id: str
    used_on: date


class OpenControlRow(SQLModel, table=True):
    """By what the goods of a declaration are known whose inspection is ordered and not closed; kept when withdrawn."""

    __tablename__ = "open_control"
    participant: str = Field(primary_key=True, max_length=20)
    mark: str = Field(primary_key=True, max_length=60)
    functional_reference_id: str = Field(primary_key=True, max_length=35)
    place: int = Field(primary_key=True)  # among the marks of that declaration
    extent: str
    grams: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    tiyn: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    ordered_on: date


class CertificateRow(SQLModel, table=True):
    """A certificate or permit with a quantity: what it covers and what was written off, in whole grams."""

    __tablename__ = "certificate"
    identifier: str = Field(primary_key=True, max_length=50)
    holder: str = Field(index=True, max_length=20)
    issued_g: int = Field(sa_column=Column(BigInteger, nullable=False))
    used_g: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    source: str = ""


class DayCountRow(SQLModel, table=True):
    """What was ordered on a day: `inspections:POST`, or `profile:CODE` of a profile with a daily cap."""

    __tablename__ = "day_count"
    day: date = Field(primary_key=True)
    name: str = Field(primary_key=True, max_length=40)
    count: int = 0


class ControlResultRow(SQLModel, table=True):
    """What a closed control found: a row for the whole act (`profile` empty), one for each profile that led to it."""

    __tablename__ = "control_result"
    act: str = Field(primary_key=True, max_length=40)
    profile: str = Field(primary_key=True, max_length=20, default="")
    profile_version: int = 0
    declarant: str = Field(index=True, max_length=20)
    functional_reference_id: str
    version: int
    found: bool
    motive: str | None = None
    amount_tiyn: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    inspector: str
    closed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))  # the journal index


class ControlAnnulmentRow(SQLModel, table=True):
    """That what a closed control found does not stand: its result stays as it was written, and nothing counts it."""

    __tablename__ = "control_annulment"
    act: str = Field(primary_key=True, max_length=40)
    reason: str = Field(max_length=60)  # number of the audit or declaration whose appeal was upheld
    by_iin: str = Field(max_length=12)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))  # the journal index


class PostCapacityRow(SQLModel, table=True):
    """How many inspections a post can make a day, from a day on; the newest that has begun counts."""

    __tablename__ = "post_capacity"
    post: str = Field(primary_key=True, max_length=8)
    valid_from: date = Field(primary_key=True)
    inspections: int


class OverrideRow(SQLModel, table=True):
    """A decision that officers made milder: from what to what, why, and the two who answer for it."""

    __tablename__ = "decision_override"
    declarant: str = Field(primary_key=True, max_length=20)
    functional_reference_id: str = Field(primary_key=True, max_length=35)
    version: int = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    from_outcome: str
    to_outcome: str
    reason_code: str
    officer: str
    approver: str


class PastCaseRow(SQLModel, table=True):
    """A case of before, judged without a signed document: generated, or taken over from an older system."""

    __tablename__ = "past_case"
    number: str = Field(primary_key=True, max_length=40)
    day: date = Field(index=True)
    block: str
    office: str
    declarant: str = Field(index=True, max_length=20)
    outcome: str
    knowledge_version: str
    case: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON, zstd
    assessment: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON, zstd
    decision: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON, zstd
    result: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # JSON: what a closed control found
    truth: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # JSON: what a generator planted
