"""Signing in with a key: is it our challenge, genuinely signed, for the first time, by somebody in the records?"""

import math
from typing import Protocol

from msgspec import Struct

from portal.accounts.challenges import LIFETIME, Challenges
from portal.clock import Clock
from portal.database import writing
from portal.errors import TooManyRequests
from portal.office import Office
from portal.signing_forms import FormRefused, Genuine, verified
from portal.store import use_challenge
from portal.views import People, SignedIn
from signing.holders import Signer
from signing.xmlgate import SIGN_IN

ATTEMPTS_PER_MINUTE = 20
_ADDRESSES_MOST = 10_000


class Gate(Protocol):
    """What the entrance asks of the office."""

    def genuine(self, data: bytes) -> Genuine:
        """Return the signed challenge, verified and trusted now. Raises SigningError."""

    def first_use(self, nonce: str) -> bool:
        """Tell whether nobody has signed in with this challenge before, and remember that now somebody has."""


class OfficeGate:
    """The `Gate` of an office."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def genuine(self, data: bytes) -> Genuine:
        return verified(data, self._office, self._office.clock.now(), SIGN_IN)

    def first_use(self, nonce: str) -> bool:
        with writing(self._office.engine) as connection:
            return use_challenge(connection, nonce, self._office.clock.now(), LIFETIME)


class Entered(Struct, frozen=True):
    """Whom a certificate names, and in what capacities they may act: () for somebody who is in no record."""

    signer: Signer
    capacities: tuple[SignedIn, ...]


class Entrance:
    """`origin` is the one address of the portal; where it is empty, challenges name the host that was asked for."""

    def __init__(self, gate: Gate, people: People, clock: Clock, secret: str, origin: str = "") -> None:
        self.origin = origin
        self._gate = gate
        self._people = people
        self._clock = clock
        self._challenges = Challenges(secret)
        self._buckets: dict[str, tuple[float, float]] = {}  # address -> (attempts left, moment)

    def challenge(self, origin: str, browser: str) -> bytes:
        return self._challenges.make(origin, browser, self._clock.now())

    def enter(self, data: bytes, origin: str, browser: str) -> Entered:
        """Return who has signed the challenge, which is used up. Raises SigningError."""
        genuine = self._gate.genuine(data)
        nonce = self._challenges.nonce_of(genuine.root, origin, browser, self._clock.now())
        if not self._gate.first_use(nonce):
            raise FormRefused("sign_in.used")
        signer = genuine.signer
        return Entered(signer, self._people.capacities(signer.iin, signer.bin, signer.name))

    def count(self, address: str) -> None:
        """Count an attempt from this address; the bucket fills evenly. Raises TooManyRequests."""
        now, size = self._clock.monotonic(), float(ATTEMPTS_PER_MINUTE)
        left, since = self._buckets.get(address, (size, now))
        left = min(size, left + (now - since) * size / 60)
        if left < 1:
            raise TooManyRequests(math.ceil((1 - left) * 60 / size))
        if len(self._buckets) >= _ADDRESSES_MOST:
            self._buckets.clear()
        self._buckets[address] = (left - 1, now)
