"""What is worked out of an object is remembered for as long as the object lives."""

import gc
from typing import Any

from msgspec.structs import replace

from risk_gateway.remembering import PerObject


def test_work_is_done_once_for_an_object_and_anew_for_its_equal(profile: Any) -> None:
    asked: list[str] = []

    def work(thing: Any) -> str:
        asked.append(thing.code)
        return f"of {thing.code}"

    remembered = PerObject(work)
    one, equal = profile("T-1"), profile("T-1")
    assert [remembered(one), remembered(one), remembered(equal)] == ["of T-1"] * 3
    assert asked == ["T-1", "T-1"]


def test_nothing_is_remembered_of_an_object_that_is_gone(profile: Any) -> None:
    remembered = PerObject(lambda thing: thing.weight)
    kept = profile("T-1")
    remembered(kept)
    for weight in range(50):  # a new object often has the place in memory of one that is gone
        assert remembered(replace(kept, weight=weight)) == weight
    gc.collect()
    assert len(remembered) == 1
