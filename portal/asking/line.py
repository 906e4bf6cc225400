"""The line to partners: what every question to them has in common, whoever asks it and whatever about."""

import asyncio
from asyncio import wait_for
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog

from interop.calls import NotUnderstood, Reply, Request
from interop.partners import Partner
from portal import audit
from portal.asking.breaker import Breaker
from portal.asking.transport import Call, NoAnswer
from portal.clock import Clock

PARTNERS_KEPT_SECONDS: Final = 2.0  # for lodgements; who is new or ended is known to them so late
SHARE: Final = 0.75  # of the time that a lodgement waits; the rest is for keeping what they say
NOT_ASKED: Final = "not asked"
RESTING: Final = f"{NOT_ASKED}: it failed a moment ago"
PURPOSE, LEGAL_BASIS = "customs_control", "Customs Code, article 18 [?]"

Said = TypeVar("Said")


class Line:
    """Posts to partners through `call`. Who fails rests, for all kinds of questions together."""

    def __init__(self, clock: Clock, call: Call) -> None:
        self.call = call
        self._breaker = Breaker(clock.monotonic)

    async def ask(
        self, partner: Partner, seconds: float, answers: Callable[[], Awaitable[Said]], silent: Callable[[str], Said]
    ) -> Said:
        """Return what `answers` gives; where it fails, or the partner rests, what `silent` makes of the reason."""
        if not self._breaker.may_ask(partner.id, seconds):
            return silent(RESTING)
        try:
            return await answers()
        except (NoAnswer, NotUnderstood) as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 whatever a partner sends: it is not known, and nobody else suffers
            trouble = type(error).__name__
            structlog.get_logger().error("asking.failed", partner=partner.id, error=trouble)
        return silent(trouble)

    async def post(self, partner: Partner, request: Request, seconds: float) -> Reply:
        """Raises `NoAnswer`, after which the partner rests."""
        try:
            reply = await self.call(partner, request, seconds)
        except (NoAnswer, asyncio.CancelledError):
            self._breaker.failed(partner.id, seconds)
            raise
        self._breaker.answered(partner.id, seconds)
        return reply

    async def known_soon(
        self,
        wait_milliseconds: Callable[[], int],
        partners: Callable[[], Sequence[Partner]],
        begin: Callable[[Sequence[Partner], float], "asyncio.Task[Any]"],
    ) -> bool:
        """Wait a moment for what partners that are well say; tell whether it is known now, be it only that they are
        silent. `begin` starts asking them, with so many seconds to answer.

        Never raises, and never waits longer than that: what comes later is there for the next lodgement.
        """
        try:
            wait = wait_milliseconds() / 1000
            share = wait * SHARE
            well = [each for each in partners() if self._breaker.is_well(each.id, share)]
            return bool(well) and bool(await wait_for(asyncio.shield(begin(well, share)), wait))
        except TimeoutError:
            return False
        except Exception as error:  # noqa: BLE001 whatever breaks here must not stop a lodgement
            structlog.get_logger().error("asking.failed", error=type(error).__name__)
            return False


class Lately:
    """The partners that `read` gives, as of at most `PARTNERS_KEPT_SECONDS` ago."""

    def __init__(self, clock: Clock, read: Callable[[], tuple[Partner, ...]]) -> None:
        self._clock = clock
        self._read = read
        self._kept: tuple[float, tuple[Partner, ...]] | None = None

    def __call__(self) -> tuple[Partner, ...]:
        ticks = self._clock.monotonic()
        if self._kept is None or ticks - self._kept[0] > PARTNERS_KEPT_SECONDS:
            self._kept = ticks, self._read()
        return self._kept[1]


def log_failure(task: "asyncio.Task[Any]") -> None:
    """Tell the operator of asking that ended in an error when nobody waited for it any more."""
    if not task.cancelled() and (error := task.exception()) is not None:
        structlog.get_logger().error("asking.failed", error=type(error).__name__)


def was_asked(detail: str) -> bool:
    """Tell whether silence with this reason was a partner's, and not ours."""
    return not detail.startswith(NOT_ASKED)


def asked_record(participant: str, partners: Iterable[str], purpose: str, basis: str, at: datetime) -> audit.Record:
    """Return the entry of the journal: who was asked about whom, and never what was answered.

    The journal's hashes are public, and a yes or a no could be guessed by trying.
    """
    particulars = {"partners": " ".join(sorted(set(partners))), "purpose": purpose, "legal_basis": basis}
    return audit.Record(audit.Event.PARTNER_ASKED, participant, at, particulars)
