"""What goes on beside the requests, in `serve` and in `work`: delivery, attestation, fresh trust, keys of selection."""

import threading
from collections.abc import Sequence
from datetime import timedelta

from portal.asking.refreshing import Refresher
from portal.audits.keeping import AuditKeeper
from portal.authorities import Authorities, authorities_of
from portal.casework.timer import Timer
from portal.exchange.sending import Sending
from portal.exchange.tending import ExchangeKeeper
from portal.feedback import Feedback
from portal.ledger.banking import Banking
from portal.ledger.following import Follower
from portal.movements.service import Movements
from portal.movements.watching import MovementWatch
from portal.notary import Notary
from portal.office import Office
from portal.passengers.keeping import PassengerKeeper
from portal.registry.keeping import RegistryKeeper
from portal.repeating import Repeating
from portal.selection import KeyKeeper
from portal.trusting import Keeper
from portal.webhooks.delivering import Deliveries
from portal.worker import Worker


def background(office: Office) -> list[Repeating]:
    """Return the office's repeated work, not yet started. Raises `SettingsError` without a time-stamp authority."""
    authorities = authorities_of(office.settings, office.clock)
    notary = notary_of(office, authorities)
    return [
        Repeating("worker", Worker(office.engine, office.clock, office.settings.public_url).turn),
        Repeating("webhooks", Deliveries(office.engine, office.clock, loopback=office.settings.demo).turn),
        Repeating("exchange", Sending(office).turn),
        Repeating("exchange keeper", ExchangeKeeper(office).turn),
        Repeating("notary", notary.turn),
        Repeating("keeper", Keeper(office, authorities).turn),
        Repeating("selection", KeyKeeper(office.engine, office.clock).turn),
        Repeating("casework", Timer(office.engine, office.clock, office.keyring).turn),
        Repeating("feedback", Feedback(office.engine, office.clock).turn),
        Repeating("registry", RegistryKeeper(office).turn),
        Repeating("passengers", PassengerKeeper(office).turn),
        Repeating("audits", AuditKeeper(office).turn),
        Repeating("ledger", Follower(office.engine, office.clock, office.keyring).turn),
        Repeating("bank", Banking(office).turn),
        Repeating("movements", MovementWatch(Movements(office)).turn),
        Repeating("partner facts", Refresher(office.engine, office.clock, office.asking).turn),
    ]


def notary_of(office: Office, authorities: Authorities) -> Notary:
    """Return the office's notary; from now on the office is closed when the notary says so."""
    notary = Notary(
        office.engine,
        office.clock,
        office.keyring,
        authorities,
        lambda: office.trust,
        office.settings.checkpoint_file,
        timedelta(seconds=office.settings.timestamp_grace_seconds),
    )
    office.notary = notary
    return notary


def work_until_interrupted(tasks: Sequence[Repeating]) -> None:
    """Run these until Ctrl-C or the end of the process."""
    for task in tasks:
        task.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        for task in tasks:
            task.stop()
