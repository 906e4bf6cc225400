"""Work beside the requests ends when the portal ends, whatever a turn is waiting for."""

import threading

from portal.repeating import Repeating


def test_stopping_waits_for_the_turn_that_is_being_taken() -> None:
    began, ended = threading.Event(), threading.Event()

    def turn() -> float:
        began.set()
        ended.set()
        return 60.0

    work = Repeating("work", turn)
    work.start()
    assert began.wait(60)
    work.stop()
    assert ended.is_set()


def test_a_turn_that_does_not_end_does_not_keep_the_portal_from_ending() -> None:
    began, free = threading.Event(), threading.Event()

    def turn() -> float:
        began.set()
        free.wait(60)
        return 60.0

    work = Repeating("work", turn, patience=0.0)
    work.start()
    assert began.wait(60)
    work.stop()
    assert not free.is_set()
    free.set()
