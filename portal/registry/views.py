"""What the pages of the registry show."""

from datetime import date, datetime

from msgspec import Struct

from portal.registry.errors import RegistryRefused
from risk_gateway.bases.registry.applying import Appeal, Application
from risk_gateway.bases.registry.criteria import Criteria, Finding
from risk_gateway.bases.registry.model import EntryStep, Status
from risk_gateway.model import Category


class Firm(Struct, frozen=True):
    number: str
    name: str


class Standing(Struct, frozen=True, kw_only=True):
    """How a participant stands, for itself or its broker. `trouble` is why it cannot apply now, by language.

    `findings` are those of the newest application; `contestable` what can be appealed against.
    """

    firm: Firm
    principals: tuple[Firm, ...]
    status: Status | None
    steps: tuple[EntryStep, ...]
    applications: tuple[Application, ...]
    findings: tuple[Finding, ...]
    appeals: tuple[Appeal, ...]
    contestable: str | None
    criteria: Criteria
    offices: tuple[str, ...]
    trouble: Exception | None
    renewal: bool
    due: datetime | None


class Waiting(Struct, frozen=True, kw_only=True):
    """A line of the officer's list: an application with what was found of it, and by when it is to be decided."""

    application: Application
    name: str
    findings: tuple[Finding, ...]
    due: datetime
    overdue: bool


class OpenAppeal(Struct, frozen=True):
    appeal: Appeal
    name: str
    own: bool


class Worklist(Struct, frozen=True):
    waiting: tuple[Waiting, ...]
    appeals: tuple[OpenAppeal, ...]
    decided: tuple[tuple[Application, str], ...]


class ApplicationPage(Struct, frozen=True, kw_only=True):
    """All that an officer sees of an application. `rounds` are all verifications, oldest first; `obstacle` is why it
    cannot be granted now, though the newest of them found nothing against it."""

    application: Application
    firm: Firm
    registered_on: date | None
    category: Category
    rounds: tuple[tuple[Finding, ...], ...]
    criteria: Criteria
    status: Status | None
    steps: tuple[EntryStep, ...]
    due: datetime
    admissible: bool
    obstacle: RegistryRefused | None
    unknown: tuple[str, ...]
    unmet: tuple[str, ...]
    valid_to: date
    own: bool


class Entry(Struct, frozen=True):
    """A line of the list of entries. `since` is when the status began."""

    firm: Firm
    status: Status
    since: datetime
    valid_to: date


class EntryPage(Struct, frozen=True, kw_only=True):
    """All that an officer sees of an entry. `offered` are the steps that can be taken, each with its reasons."""

    firm: Firm
    status: Status
    category: Category
    steps: tuple[EntryStep, ...]
    offered: dict[str, tuple[str, ...]]
    applications: tuple[Application, ...]
    appeals: tuple[Appeal, ...]


class AppealPage(Struct, frozen=True, kw_only=True):
    appeal: Appeal
    firm: Firm
    application: Application | None
    step: EntryStep | None
    own: bool
