"""A decision in a database, with or without a time-stamp, and ways to damage what is stored of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import builders
import offices
import pki
from browsing import Browser
from cast import PARTICIPANTS
from litestar import Controller, Litestar, Request
from litestar.di import Provide
from litestar.testing import TestClient
from portal_fakes import MemoryPeople, MemoryPrincipals, MemorySessions, MovableClock, World, app_lent
from sqlalchemy import delete, update

from declarations import store as declarations_store
from declarations.store import Stored
from portal import store as portal_store
from portal.access import guard
from portal.accounts.entrance import OfficeGate
from portal.api.callers import TokenMiddleware
from portal.api.evidence import EvidenceApi
from portal.api.routes import language_of
from portal.app import services_of
from portal.authorities import DemoAuthorities
from portal.background import notary_of
from portal.database import writing
from portal.declarant.stored import StoredDeclarations
from portal.live import Live
from portal.office import Office
from portal.pipeline import lodge
from portal.problems import response_to
from portal.signatures import StoredSignatures
from portal.stages import Lodged
from portal.stored_draws import StoredDraws
from portal.website import website
from risk_gateway.packing import pack
from signing import store as signing_store
from signing.trust import TrustStore


@dataclass(frozen=True)
class Decided:
    """A declaration of Anna's that was decided at offices.NOW, and the office that decided."""

    office: Office
    stored: Stored
    declaration: bytes
    notice: bytes

    def attest(self) -> "Decided":
        """Have the journal signed and time-stamped."""
        notary_of(self.office, DemoAuthorities(pki.authority(), self.office.clock)).attest()
        return self

    def seen_with(self, trust: TrustStore) -> Office:
        """Return the office of another process on the same database, which trusts others."""
        return offices.reopen(self.office.settings, offices.StillClock(self.office.clock.now()), trust=trust)

    def replace_document(self, content: bytes) -> None:
        """Put these bytes, as they are, where the compressed declaration is stored."""
        table, key = declarations_store.document, self.stored.key
        with writing(self.office.engine) as connection:
            connection.execute(update(table).where(table.c.declarant == key.declarant).values(content=content))

    def change_document(self, change: Callable[[bytes], bytes]) -> None:
        self.replace_document(pack(change(self.declaration)))

    def drop_entry(self) -> None:
        """Take the decision's row out of the journal."""
        table = signing_store.journal
        with writing(self.office.engine) as connection:
            connection.execute(delete(table).where(table.c.index == self.stored.sequence))


def decided(home: Path, reference: str = "SIGN-1") -> Decided:
    office = offices.office(home)
    declaration = pki.sign_as("anna", builders.declaration_xml(reference=reference))
    answer = lodge(Lodged(declaration, offices.NOW, PARTICIPANTS["altyn"].identifier), office)
    return Decided(office, answer.stored, declaration, answer.notice)


def give_token(office: Office, participant: str) -> dict[str, str]:
    """Return the header with which a program of this participant calls."""
    token = f"token-of-{participant}"
    now = office.clock.now()
    with writing(office.engine) as connection:
        owner = PARTICIPANTS[participant].identifier
        hashed = portal_store.token_hash(token)
        portal_store.add_token(connection, hashed, owner, "tests", now, now.replace(year=now.year + 1))
    office.refresh()
    return {"Authorization": f"Bearer {token}"}


def evidence_api(office: Office, *controllers: type[Controller]) -> Litestar:
    """Return the addresses of these, by default for signatures and evidence, with nothing going on beside them."""

    def answer(request: Request, error: Exception):
        return response_to(error, language_of(request))

    return Litestar(
        controllers or [EvidenceApi],
        middleware=[TokenMiddleware(office)],
        dependencies={"the_office": Provide(lambda: office, sync_to_thread=False)},
        guards=[guard],
        exception_handlers={Exception: answer},
        openapi_config=None,
    )


@contextmanager
def browsing_stored(office: Office, person: str | None, language: str = "en") -> Iterator[Browser]:
    """Open a browser on the website over this office's database."""
    sessions, clock, stored = MemorySessions(), MovableClock(office.clock.now()), StoredDeclarations(office)
    people = MemoryPeople()
    site = website(
        sessions=sessions,
        declarations=stored,
        signatures=StoredSignatures(office),
        draws=StoredDraws(office),
        principals=stored,
        people=people,
        gate=OfficeGate(office),
        services={"live": Live(office.engine), **services_of(office)},
        clock=clock,
        csrf_secret="for-tests-only",
        demo=True,
        secure=False,
    )
    with app_lent(site) as app, TestClient(app) as client:
        world = World(app, site, sessions, MemoryPrincipals(), people, clock)
        browser = Browser(client, world).speak(language)
        yield browser.sign_in(person) if person else browser
