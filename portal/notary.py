"""The notary: signs a checkpoint when the journal has grown, and has it time-stamped by an outside authority.

Every event holds the digests of what was signed, so one token over a checkpoint proves the time of every signature
before it. Embedded in `serve` and in `work`; any number may run.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from portal.authorities import Authorities, AuthorityUnreachable
from portal.clock import Clock
from portal.database import reading, writing
from portal.journal import demand_signed, make_checkpoint, unstamped_since
from signing import store, timestamp
from signing.errors import SigningError
from signing.keyring import Keyring
from signing.timestamp import CLOCKS_DIFFER_MOST
from signing.trust import TrustStore

EVENTS_MAX = 1_000
PAUSE_SECONDS = 1.0
LOOK_SECONDS = 0.1


class Notary:
    """`unstamped_since` is the time of the oldest event that no token covers yet, None when all are covered.

    `trouble` says why the last attempt failed. `kept` is the file that holds the newest checkpoint, `grace` how long
    the journal may be without a token before nothing more is accepted.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        keyring: Keyring,
        authorities: Authorities,
        trust: Callable[[], TrustStore],
        kept: Path,
        grace: timedelta,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._keyring = keyring
        self._authorities = authorities
        self._trust = trust
        self._kept = kept
        self._grace = grace
        self._due = 0.0
        self.trouble = ""
        self._refused = False
        self.unstamped_since: datetime | None = None
        self._look()

    def closed(self) -> bool:
        """Tell whether nothing more may be accepted: the journal is refused, or too long without a token.

        An event of the future is not waited for: it is not signed, so nothing after it is. Whatever the turn that is
        being taken waits for, the database is looked at once a second.
        """
        self._look_again()
        since, now = self.unstamped_since, self._clock.now()
        return self._refused or (since is not None and not now - self._grace <= since <= now + CLOCKS_DIFFER_MOST)

    def turn(self) -> float:
        """Attest what is new, once a second or when there is very much of it; return when to look again."""
        self._look_again()
        with reading(self._engine) as connection:
            new = store.count_unsigned(connection)
        ticks = self._clock.monotonic()
        if new >= EVENTS_MAX or (ticks >= self._due and (new or self.unstamped_since or self._refused)):
            self._due = ticks + PAUSE_SECONDS
            self.attest()
        return LOOK_SECONDS

    def attest(self) -> None:
        """Sign a checkpoint and have it stamped. Raises what `make_checkpoint` does, `AuthorityUnreachable`."""
        try:
            make_checkpoint(self._engine, self._keyring, self._clock, self._kept)
            self._look()  # what is new counts from now on, however long the authority takes
            self._stamp()
            self.trouble = ""
        except (AuthorityUnreachable, SigningError, OSError) as error:
            self.trouble = str(error)
            raise
        finally:
            self._look()

    def _look_again(self) -> None:
        """Look, unless that was done within the last second."""
        if self._clock.monotonic() - self._looked >= PAUSE_SECONDS:
            self._look()

    def _look(self) -> None:
        """See whether the database is the one that was signed, and since when something in it is not stamped."""
        self._looked = self._clock.monotonic()
        try:
            demand_signed(self._engine, self._kept)
            with reading(self._engine) as connection:
                self.unstamped_since = unstamped_since(connection)
        except (SigningError, OSError) as error:
            self._refused, self.trouble = True, str(error)
        else:
            if self._refused:
                self._refused, self.trouble = False, ""

    def _stamp(self) -> None:
        """Have the newest checkpoint time-stamped, unless it is: the token covers all that came before.

        A token is never replaced, so one that states another time than ours is not taken.
        """
        with reading(self._engine) as connection:
            newest = store.read_newest_checkpoint(connection)
        if newest is None or newest.token is not None:
            return
        signed = newest.note.encode()
        request = timestamp.request(signed)
        token = timestamp.read(self._authorities.timestamp(request.as_bytes()), request)
        stamp = timestamp.verify(token, signed, self._trust())
        timestamp.demand_now(stamp.at, self._clock.now())
        timestamp.demand_after(stamp.at, newest.signed_at)
        with writing(self._engine) as connection:
            store.set_token(connection, newest.size, token, stamp.at)
