"""What the pages show, and what they need from storage to show it. Only shapes: nothing here reads or decides."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from declarations.search import ALL, Group, Search
from portal.access import Role
from signing.bundle import PartFinding
from signing.timestamp import Stamp
from signing.verdict import Report


class SignedIn(Struct, frozen=True):
    """The person at the keyboard. `organisation` is the BIN acted for; officials have a `post` instead."""

    iin: str
    name: str
    role: Role
    organisation: str | None = None
    organisation_name: str | None = None
    post: str | None = None


class Session(Struct, frozen=True):
    """A signed-in person; `key` is the SHA-256 of the cookie's secret, in hex.

    `firm` is the BIN that the person's certificate named.
    """

    key: str
    person: SignedIn
    created_at: datetime
    seen_at: datetime
    firm: str | None = None


class Sessions(Protocol):
    """Where sessions are kept. Time-outs are judged by `portal.accounts.sessions`, not by the store."""

    def create(self, session: Session) -> None:
        """Store a new session."""

    def find(self, key: str) -> Session | None:
        """Return the session of this key, however old, or None."""

    def touch(self, key: str, at: datetime) -> None:
        """Set `seen_at` of this session; nothing happens when it is gone."""

    def end(self, key: str) -> None:
        """Remove this session; nothing happens when it is gone."""


@runtime_checkable  # it is handed to routes
class People(Protocol):
    def capacities(self, iin: str, firm: str | None, name: str = "") -> tuple[SignedIn, ...]:
        """Return in what capacities a person may act today, by the records as they are now. See portal/people.py."""


class Principals(Protocol):
    def principals_of(self, agent: str, day: date) -> Sequence[str]:
        """Return the numbers of whom this broker acts for: the power of attorney is valid on `day` and not revoked."""


class KeyDay(Struct, frozen=True):
    """The key of a day's random selection: what the journal committed to, in which entry, and the key once disclosed.

    `entry` and `disclosed_entry` are the canonical bytes of the journal as text; `late` tells that the day had begun.
    """

    day: date
    commitment: str | None
    journal_index: int | None
    entry: str | None
    late: bool
    discloses_at: datetime
    key: str | None = None
    disclosed_index: int | None = None
    disclosed_entry: str | None = None


class KeyDays(Struct, frozen=True):
    """A page of days, newest first; `next_before` leads to the earlier ones, None at the end."""

    keys: tuple[KeyDay, ...]
    next_before: date | None


class RandomDraw(Struct, frozen=True):
    """The random draw of a declaration. All after `key` is None while the key is secret.

    `draw` is HMAC-SHA256(key, "series|random|version") in hex and `share` the same as a fraction of 1; it selects below
    `rate`. `fits` tells whether the recorded draw follows from the key.
    """

    number: str
    series: str
    key: KeyDay
    version: int | None = None
    rate: Decimal | None = None
    draw: str | None = None
    share: Decimal | None = None
    selected: bool | None = None
    fits: bool | None = None


@runtime_checkable  # it is handed to routes
class Draws(Protocol):
    def days(self, before: date | None) -> KeyDays:
        """Return the days before `before`, by default from the newest that is committed to."""

    def random_draw(self, registration_number: str) -> RandomDraw | None:
        """Return the random draw of a declaration, None when there is no such declaration."""


class Lane(StrEnum):
    """The outcomes of a decision."""

    RELEASE = "SIMPLIFIED_RELEASE"
    DOCUMENTS = "DOCUMENTARY_CHECK"
    INSPECTION = "INSPECTION_ORDER"


class DeclarationSummary(Struct, frozen=True):
    """A line of the list. `sequence` grows with time and is the key of paging; `customs_value` is tenge."""

    sequence: int
    registration_number: str  # office/ddmmyy/serial
    functional_reference_id: str
    type_code: str  # IM, EX, TT
    procedure: str | None
    declarant: str
    declarant_name: str
    received_at: datetime
    status: str
    outcome: Lane
    item_count: int
    customs_value: Decimal | None


class SummaryPage(Struct, frozen=True):
    """One page of the list, newest first; `next_after` is the `sequence` to go on from, or None at the end."""

    rows: tuple[DeclarationSummary, ...]
    next_after: int | None


class Explanation(Struct, frozen=True):
    """One reason, in the reader's language and safe for the declarant."""

    category: str
    text: str
    items: tuple[int, ...]
    next_step: str
    deadline: datetime | None
    legal_basis: str
    appeal: str


class MeasureOrdered(Struct, frozen=True):
    """`code` as in docs/glossary.md, e.g. DOCUMENTARY_CONTROL; `items` empty means the whole declaration."""

    code: str
    items: tuple[int, ...] = ()
    deadline: datetime | None = None


class DecisionView(Struct, frozen=True):
    """What the declarant may know of a decision: a flag for audit is never among `measures`.

    `inspection_extent` is full, partial, random or visual when the outcome is an inspection.
    """

    id: str
    outcome: Lane
    inspection_extent: str | None
    measures: tuple[MeasureOrdered, ...]
    explanation: tuple[Explanation, ...]
    degraded: bool
    decided_at: datetime


class ItemView(Struct, frozen=True):
    """One goods item. `customs_value` and `duty` are tenge.

    A duty of None was not determined, and `duty_reason` says why in the reader's language.
    """

    sequence: int
    commodity_code: str
    description: str
    origin_country: str | None
    net_mass_kg: Decimal | None
    price: Decimal | None
    price_currency: str | None
    customs_value: Decimal | None
    duty: Decimal | None
    duty_rate: str | None = None
    duty_reason: str | None = None


class PaymentView(Struct, frozen=True):
    """What is payable under one payment type (1010, 2010, 4010, 5010). None was not determined: `reason` says why.

    `reason` is in the reader's language.
    """

    type_code: str
    amount: Decimal | None
    reason: str | None = None


class SignerView(Struct, frozen=True):
    name: str
    iin: str
    organisation_name: str | None
    organisation: str | None
    signed_at: datetime | None


class Step(StrEnum):
    """What the timeline can tell."""

    RECEIVED = "received"
    SIGNATURE_VERIFIED = "signature verified"
    CHECKED = "checked"
    REGISTERED = "registered"
    DECIDED = "decided"
    NOTICE_SEALED = "notice sealed"
    NOTICE_SENT = "notice sent"


class TimelineEvent(Struct, frozen=True):
    at: datetime
    step: Step


class MovementView(Struct, frozen=True):
    """The movement under a transit declaration. `event` is what was last told of it, as in `words.MOVEMENT_EVENTS`."""

    number: str
    event: str
    carrier: str
    carrier_name: str
    departure: str
    destination: str
    limit: datetime | None


class DeclarationPage(Struct, frozen=True):
    """Everything on the page of one declaration. `office_name` is in the reader's language."""

    summary: DeclarationSummary
    version: int
    office: str
    office_name: str
    agent: str | None
    agent_name: str | None
    exporter_name: str | None
    importer_name: str | None
    export_country: str | None
    destination_country: str | None
    invoice_amount: Decimal | None
    invoice_currency: str | None
    decision: DecisionView
    items: tuple[ItemView, ...]
    payments: tuple[PaymentView, ...]
    payment_total: Decimal | None  # tenge; None when any part was not determined
    signer: SignerView
    timeline: tuple[TimelineEvent, ...]
    movement: MovementView | None = None


class Trouble(Struct, frozen=True):
    """What is wrong with what is stored; `texts` by language."""

    code: str
    texts: Mapping[str, str]


class JournalPlace(Struct, frozen=True):
    """Where the decision stands in the journal, and what proves that it stood there.

    `recorded` is the verdict on the signatures written there at receipt, `signer` the IIN of who signed; both are None
    when the entry cannot be read. `size` and
    `signed_at` are of the first checkpoint with a time-stamp that covers it, None while there is none; then `stamp` is
    None too and `parts` is empty. `trouble` says why the proof could not be gathered from what is stored.
    """

    index: int
    recorded: str | None
    signer: str | None
    size: int | None = None
    signed_at: datetime | None = None
    stamp: Stamp | None = None
    parts: tuple[PartFinding, ...] = ()
    trouble: Trouble | None = None


class Overall(StrEnum):
    """The first thing to know: is all well, is something wrong, or is the question open?"""

    WELL = "well"
    WRONG = "wrong"
    OPEN = "open"


class SignaturesPage(Struct, frozen=True):
    """The signatures of a declaration and of its notice, judged at `judged_at`, and what proves them.

    `existed_at` is the moment at which, as the time-stamp proves, the signed declaration existed. Without a proof
    signatures are judged at the moment of receipt, by the portal's own clock.
    """

    registration_number: str
    declarant: str
    declarant_name: str
    agent: str | None
    agent_name: str | None
    outcome: Lane
    status: str
    received_at: datetime
    accepted_at: datetime
    digest: str  # SHA-256 of what was received, hex, as it was recorded
    office_bin: str  # of the office that decided
    judged_at: datetime
    existed_at: datetime | None
    overall: Overall
    signatures: tuple[Report, ...]
    seals: tuple[Report, ...]
    journal: JournalPlace


class ReadPart(StrEnum):
    """What an officer opened, as the journal calls it."""

    SIGNATURES = "signatures"
    DECLARATION = "declaration"
    NOTICE = "notice"
    EVIDENCE = "evidence"
    CASE = "case"
    FILE = "file"


class Signatures(Protocol):
    """Signatures and evidence of any declaration: who may see them is asked before, by those who call this."""

    def examine(self, registration_number: str) -> SignaturesPage | None:
        """Return the reports on a declaration, also when something does not verify; None when there is no such one."""

    def evidence(self, registration_number: str) -> bytes | None:
        """Return the evidence bundle, or None while no time-stamp covers the decision.

        Raises when it cannot be gathered from what is stored.
        """

    def declaration(self, registration_number: str) -> bytes | None:
        """Return the signed XML declaration exactly as received, or None."""

    def notice(self, registration_number: str) -> bytes | None:
        """Return the sealed XML notice of the decision, or None."""

    def record_reading(self, person: SignedIn, registration_number: str, part: ReadPart) -> None:
        """Write into the journal that an official opened this."""


class Declarations(Protocol):
    """What the declarant's pages read. Every call names whose declarations may be seen."""

    def holds(self, declarants: Sequence[str], registration_number: str) -> bool:
        """Tell whether this is the number of a declaration of one of the declarants."""

    def page_of(
        self, declarants: Sequence[str], *, outcome: Lane | None, after: int | None, limit: int, search: Search = ALL
    ) -> SummaryPage:
        """Return the declarants' declarations below `sequence` `after`, newest first, by key and never by offset."""

    def counts(self, declarants: Sequence[str]) -> Mapping[Group, int]:
        """Count the declarants' declarations by how they stand."""

    def drafts(self, owner: str, declarants: Sequence[str]) -> int:
        """Count the drafts that an organisation has begun for these declarants."""

    def find(
        self, declarants: Sequence[str], registration_number: str, language: str, version: int | None = None
    ) -> DeclarationPage | None:
        """Return a declaration of one of the declarants, the newest version unless one is named, or None."""

    def notice(self, declarants: Sequence[str], registration_number: str, version: int | None = None) -> bytes | None:
        """Return the sealed XML notice of the decision, or None."""

    def document(self, declarants: Sequence[str], registration_number: str, version: int | None = None) -> bytes | None:
        """Return the signed XML declaration exactly as received, or None."""
