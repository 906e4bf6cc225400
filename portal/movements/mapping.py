"""The pictures of movements in the reader's language."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from declarations.movements.events import State
from declarations.movements.lifecycle import UNDER_WAY
from declarations.movements.model import Movement
from declarations.movements.network import network
from portal.languages import marked as _
from portal.languages import translations
from portal.movements.forms import post_names
from portal.movements.picture import Spot, draw, spots_of

OF_POST = _("Movements on the network")
OF_ONE = _("The way of the movement")
ABOUT = _("A scheme, no map: posts, resting places and roads of the demonstration, and where seals were last.")


def map_of(language: str, now: datetime, movement: Movement, state: State, *, alarm: bool) -> Markup | None:
    """Return the picture of one movement's way, None before it has one."""
    if not movement.route:
        return None
    spots = list(spots_of(movement.number, state, alarm))
    return _drawn(language, now, OF_ONE, spots, movement.route)


def map_of_post(language: str, now: datetime, shown: Sequence[tuple[Movement, State, bool]]) -> Markup:
    """Return the network with the movements that are on their way."""
    spots = [
        spot
        for movement, state, alarm in shown
        if movement.status in UNDER_WAY
        for spot in spots_of(movement.number, state, alarm)
    ]
    return _drawn(language, now, OF_POST, spots, ())


def _drawn(language: str, now: datetime, title: str, spots: Sequence[Spot], route: Sequence[str]) -> Markup:
    say = translations(language).gettext
    return draw(network(), say(title), say(ABOUT), post_names(now, language), spots, route)
