"""What happens to trucks and to the events of their seals."""

import random
from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from declarations.movements.events import EventKind, SealEvent


def disturbed(events: Sequence[SealEvent], chance: random.Random) -> list[SealEvent]:
    """Return a journey on which something happens: opened, tampered, off the road, a stop, a clock that jumps back."""
    changed = list(events)
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(1, len(changed))
        happened = chance.choice(("opened", "tampered", "removed", "low_battery", "off", "clock", "stop"))
        if happened == "off":
            changed[at] = replace(changed[at], latitude=(changed[at].latitude or 0) + 200_000)
        elif happened == "clock":
            changed[at:] = [replace(each, at=each.at - timedelta(hours=3)) for each in changed[at:]]
        elif happened == "stop":
            stood = changed[at]
            changed[at : at + 4] = [
                replace(each, longitude=stood.longitude, latitude=stood.latitude) for each in changed[at : at + 4]
            ]
        else:
            changed[at] = replace(changed[at], kind=EventKind(happened))
    return changed


def delivered_badly(events: Sequence[SealEvent], chance: random.Random) -> list[SealEvent]:
    """Return the same events as a bad network brings them: shuffled, and some of them several times."""
    sent = [each for each in events for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    chance.shuffle(sent)
    return sent
