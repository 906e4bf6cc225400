"""The service behind dossiers: refresh the column file, ask it, and lay beside it what others say."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from declarations import store as declarations_store
from declarations.audits import store
from portal import audit as journal
from portal.audits import checking, market_store, rows_store
from portal.audits.columns import Columns
from portal.audits.dossier import Comparison, Dossier, compare
from portal.audits.market_store import Month
from portal.audits.service import official
from portal.audits.sources import Sources
from portal.database import reading, writing
from portal.office import Office
from portal.views import SignedIn
from risk_gateway.bases.violations.terms import months_after
from risk_gateway.days import day_of

MONTHS: Final = 12  # that are compared with other sources


class Dossiers:
    """Raises `AuditNotFound`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._columns = Columns(office.engine, office.settings.columns_folder)
        self._sources = Sources(office)

    def open(self, person: SignedIn, number: str) -> Dossier:
        """Return the dossier of whom an audit is of; that it was read is in the journal."""
        by, now = official(person), self._office.clock.now()
        with writing(self._office.engine) as connection:
            audit = checking.found(connection, number, by, day_of(now))
            particulars = {"by": by.iin, "participant": audit.participant, "part": "dossier"}
            journal.record_one(connection, journal.Record(journal.Event.AUDIT_READ, number, now, particulars))
        self._columns.refresh()
        return self.of(audit.participant, day_of(now))

    def ask(self, person: SignedIn, number: str) -> bool:
        """Ask the tax service about whom an audit is of; tell whether it answered."""
        by, today = official(person), day_of(self._office.clock.now())
        with reading(self._office.engine) as connection:
            audit = checking.found(connection, number, by, today)
        return self._sources.ask(audit.participant, today, MONTHS)

    def of(self, participant: str, last: date) -> Dossier:
        """Return what is known of a participant up to a day, as far as the column file has come."""
        with reading(self._office.engine) as connection:
            undone = rows_store.undone_of(connection, participant)
            known = declarations_store.read_participant(connection, participant)
            record = rows_store.on_record(connection, participant, months_after(last, -24))
        picture = market_store.picture(self._columns.files(), participant, last, undone)
        return Dossier(
            participant=participant,
            name=known.name if known else participant,
            last=last,
            picture=picture,
            compared=self.compare(participant, last, picture.months),
            record=record,
        )

    def compare(self, participant: str, last: date, months: Sequence[Month]) -> Comparison:
        """Return a participant's months beside what the tax service said of them."""
        first = months_after(last.replace(day=1), -MONTHS)
        with reading(self._office.engine) as connection:
            figures = store.read_figures(connection, participant, first, last)
        return compare([each for each in months if each.month >= first], figures)
