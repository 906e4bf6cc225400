"""What the gateway knows on a generated day: the starter profiles, as if they had been in force all the time, and
reference values of the generated world."""

import hashlib
import hmac
from datetime import date
from functools import cache

import holidays
from msgspec.structs import replace

from declarations.reference import Codes
from portal.demo.history.planning import Plan
from portal.demo.history.rates import reference_of
from risk_gateway import knowledge
from risk_gateway.model import Knowledge
from risk_gateway.profiles import Motive


class Starter:
    """Knowledge and reference data of each day of a world. The day keys follow from the seed and are no secret."""

    def __init__(self, made: Plan) -> None:
        self._world = world = made.world
        self._parameters = knowledge.shipped_parameters(world.last)
        self._profiles = tuple(
            replace(profile, valid_from=min(profile.valid_from, world.first))
            for profile in knowledge.shipped_profiles()
            if profile.active_on(world.last)
        )
        self.motives: dict[str, Motive] = {profile.code: profile.motive for profile in self._profiles}
        self._values = made.values
        self._reference = reference_of(world)

    def knowledge(self, day: date) -> Knowledge:
        working_time = replace(self._parameters.working_time, holidays=_days_off(day.year))
        return knowledge.build(
            day=day,
            profiles=self._profiles,
            parameters=replace(self._parameters, working_time=working_time),
            reference_values=self._values,
            phrases=knowledge.shipped_phrases(),
            day_key=day_key(self._world.seed, day),
        )

    def codes(self, day: date) -> Codes:
        return self._reference.on(day)


@cache
def _days_off(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("KZ", years=(year, year + 1)))


def day_key(seed: int, day: date) -> bytes:
    """Return the key of a generated day: it was never committed to, so its draws prove nothing to anybody."""
    return hmac.digest(b"generated history", f"{seed}|{day.isoformat()}".encode(), hashlib.sha256)
