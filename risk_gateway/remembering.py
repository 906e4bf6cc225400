"""What is worked out once for an object that never changes, and remembered for as long as the object lives."""

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
V = TypeVar("V")


class PerObject(Generic[T, V]):
    """A function that works once for each object, told apart by identity. The value must not hold the object.

    Two threads that ask at once may both work; they get equal values.
    """

    def __init__(self, work: Callable[[T], V]) -> None:
        self._work = work
        self._known: dict[int, tuple[weakref.ref[T], V]] = {}

    def __call__(self, thing: T) -> V:
        known = self._known.get(id(thing))
        if known is not None and known[0]() is thing:
            return known[1]
        return self._remember(thing)

    def __len__(self) -> int:
        return len(self._known)

    def _remember(self, thing: T) -> V:
        place, value = id(thing), self._work(thing)

        def forget(dead: weakref.ref[T]) -> None:
            if self._known.get(place, (None,))[0] is dead:  # the place may be another's by now
                del self._known[place]

        self._known[place] = weakref.ref(thing, forget), value
        return value
