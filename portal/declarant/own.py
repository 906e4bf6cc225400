"""A person's own declarations: the stored ones, seen only through the question whose they are."""

from collections.abc import Mapping

from declarations.search import ALL, Group, Search
from portal.access import Role
from portal.clock import Clock
from portal.views import (
    DeclarationPage,
    Declarations,
    Draws,
    Lane,
    Principals,
    RandomDraw,
    Signatures,
    SignaturesPage,
    SignedIn,
    SummaryPage,
)
from risk_gateway.days import day_of


class OwnDeclarations:
    """Reads for a person what that person may see at this moment, and finds nothing else."""

    def __init__(
        self, declarations: Declarations, signatures: Signatures, draws: Draws, principals: Principals, clock: Clock
    ) -> None:
        self._declarations = declarations
        self._signatures = signatures
        self._draws = draws
        self._principals = principals
        self._clock = clock

    def page_of(
        self, person: SignedIn, *, outcome: Lane | None, after: int | None, limit: int, search: Search = ALL
    ) -> SummaryPage:
        mine = self._declarants(person)
        return self._declarations.page_of(mine, outcome=outcome, after=after, limit=limit, search=search)

    def counts(self, person: SignedIn) -> Mapping[Group, int]:
        return self._declarations.counts(self._declarants(person))

    def drafts(self, person: SignedIn) -> int:
        return self._declarations.drafts(person.organisation or "", self._declarants(person))

    def find(
        self, person: SignedIn, registration_number: str, language: str, version: int | None = None
    ) -> DeclarationPage | None:
        return self._declarations.find(self._declarants(person), registration_number, language, version)

    def notice(self, person: SignedIn, registration_number: str, version: int | None = None) -> bytes | None:
        return self._declarations.notice(self._declarants(person), registration_number, version)

    def document(self, person: SignedIn, registration_number: str, version: int | None = None) -> bytes | None:
        return self._declarations.document(self._declarants(person), registration_number, version)

    def signatures(self, person: SignedIn, registration_number: str) -> SignaturesPage | None:
        return self._signatures.examine(registration_number) if self.holds(person, registration_number) else None

    def evidence(self, person: SignedIn, registration_number: str) -> bytes | None:
        return self._signatures.evidence(registration_number) if self.holds(person, registration_number) else None

    def random_draw(self, person: SignedIn, registration_number: str) -> RandomDraw | None:
        return self._draws.random_draw(registration_number) if self.holds(person, registration_number) else None

    def holds(self, person: SignedIn, registration_number: str) -> bool:
        """Tell whether this is the number of a declaration that the person may see."""
        return self._declarations.holds(self._declarants(person), registration_number)

    def _declarants(self, person: SignedIn) -> tuple[str, ...]:
        """Return the own organisation, and for a broker the principals with a power of attorney valid today."""
        if person.organisation is None:
            return ()
        if person.role is not Role.BROKER:
            return (person.organisation,)
        today = day_of(self._clock.now())
        return (person.organisation, *self._principals.principals_of(person.organisation, today))
