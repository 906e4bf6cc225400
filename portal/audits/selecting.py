"""Choosing whom to audit: every participant of the last twelve months is judged by the risk gateway, once a quarter.

Each judgement is recorded, sealed and in the journal, and nobody outside is told. Who is judged worth it, or is drawn,
becomes a candidate. What could not be judged in full is left for the next run: no candidate by a breakdown.
"""

from datetime import date, datetime
from typing import Final

import structlog
from msgspec import Struct
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from declarations.audits import store
from declarations.audits.model import Chosen
from portal import judging
from portal.audits import market_store, moving, rows_store
from portal.audits.columns import Columns
from portal.audits.dossiers import MONTHS, Dossiers
from portal.audits.market_store import Market
from portal.audits.sources import Sources
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.errors import Outdated
from portal.office import Office
from risk_gateway import judgement_store
from risk_gateway.audit_facts import Known, gather, series_of
from risk_gateway.bases.registry import store as registry_store
from risk_gateway.bases.violations.terms import months_after
from risk_gateway.days import day_of
from risk_gateway.profiles import Outcome

MOMENT: Final = "selection"


class Run(Struct, frozen=True):
    """What a run did: how many were judged, which audits began, and how many were left for the next run."""

    judged: int
    chosen: tuple[str, ...]
    left: int


class Selecting:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)
        self._columns = Columns(office.engine, office.settings.columns_folder)
        self._dossiers = Dossiers(office)
        self._sources = Sources(office)

    def run(self, most: int | None = None) -> Run:
        """Judge everybody who was not judged this quarter and is not being audited, at most so many."""
        now = self._office.clock.now()
        self._columns.refresh()
        waiting = [each for each in self._markets(day_of(now)) if self._is_due(each.declarant, now)][:most]
        judged, chosen, left = 0, [], 0
        for market in waiting:
            number = self._judge(market, now)
            judged += number is not None
            left += number is None
            chosen += [number] if number else []
        return Run(judged, tuple(chosen), left)

    def known(self, market: Market, now: datetime) -> Known:
        """Return what is known of a participant: the market's figures, other sources', and the office's own record."""
        last, participant = day_of(now), market.declarant
        self._ask_once(participant, last)
        months = market_store.months(self._columns.files(), participant, last)
        compared = self._dossiers.compare(participant, last, months)
        with reading(self._office.engine) as connection:
            record = rows_store.on_record(connection, participant, months_after(last, -24))
            category = registry_store.category_at(connection, participant, now)
        return Known(
            participant=participant,
            category=category,
            classification_drift_percent=market.classification_drift_percent,
            origin_shift_percent=market.origin_shift_percent,
            value_to_peers_percent=market.value_to_peers_percent,
            vat_return_difference_percent=compared.vat_difference_percent,
            invoice_difference_percent=compared.invoice_difference_percent,
            findings_24_months=record.findings,
            exports_without_exit=record.exports_without_exit,
            flagged_declarations_36_months=market.flagged_declarations,
            broker_changes_12_months=market.broker_changes_12_months,
            declarations=market.declarations,
        )

    def _markets(self, last: date) -> tuple[Market, ...]:
        return market_store.markets(self._columns.files(), last)

    def _ask_once(self, participant: str, last: date) -> None:
        """Ask the tax service unless it said something of the last full months already."""
        with reading(self._office.engine) as connection:
            until = months_after(last.replace(day=1), -1)
            known = store.read_figures(connection, participant, until, until)
        if not known:
            self._sources.ask(participant, last, MONTHS)

    def _is_due(self, participant: str, now: datetime) -> bool:
        with reading(self._office.engine) as connection:
            if store.at_work(connection, participant) is not None:
                return False
            return not judgement_store.of_subject(connection, subject_of(participant, now))

    def _judge(self, market: Market, now: datetime) -> str | None:
        """Judge one, and return the number of the audit that begins, "" for none; None when it has to be done again."""
        judged = judging.judge(self._office, gather(self.known(market, now), now))
        if judged.decision.degraded:
            structlog.get_logger().warning("audits.degraded", problem=judged.assessment.problem)
            return None
        try:
            with writing(self._office.engine) as connection:
                return self._record(connection, judged, market.declarant, now)
        except (Outdated, IntegrityError):
            return None

    def _record(self, connection: Connection, judged: judging.Judged, participant: str, now: datetime) -> str:
        subject = subject_of(participant, now)
        kept = judging.record(
            connection, self._desk, judged, subject=subject, moment=MOMENT, participant=participant, tell=False
        )
        if judged.decision.outcome is Outcome.SIMPLIFIED_RELEASE:
            return ""
        fired = [each.profile for each in judged.assessment.findings if each.selected]
        drawn = judged.assessment.by_findings is Outcome.SIMPLIFIED_RELEASE
        chosen = Chosen.RANDOM if drawn else Chosen.JUDGED
        objective = "random" if drawn else ", ".join(fired)
        made = moving.select(connection, self._desk, participant, chosen, objective, now, judgement=kept.number)
        return made.number


def subject_of(participant: str, moment: datetime) -> str:
    """Return the subject of a participant's judgements in a quarter."""
    return "PA-" + series_of(participant, moment).removeprefix("audit:").replace(":", "-")
