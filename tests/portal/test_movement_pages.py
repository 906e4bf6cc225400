"""The pages of movements: what a carrier and the posts see, in every language, and what they never see."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import carrying
import pytest
from browsing import Browser
from carrying import GOODS, PNG, Desk, event
from evidencing import browsing_stored

from declarations.movements.events import EventKind
from declarations.movements.lifecycle import Status
from portal.movements.model import Notice


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return carrying.desk(tmp_path)


@contextmanager
def browser(desk: Desk, who: str, language: str = "en") -> Iterator[Browser]:
    with browsing_stored(desk.office, who, language) as opened:
        yield opened


def typed(notice: Notice) -> dict[str, str]:
    form = {name: getattr(notice, name) for name in notice.__struct_fields__ if name != "goods"}
    for place, goods in enumerate(notice.goods, start=1):
        row = {"code": goods.code, "description": goods.description, "mass": goods.mass_kg}
        form |= {f"{name}-{place}": value for name, value in row.items()}
        form |= {f"value-{place}": goods.value, f"origin-{place}": goods.origin}
    return form


def press(opened: Browser, number: str, action: str, files: Any = None, **fields: str) -> Any:
    address = f"/control/movements/{number}"
    opened.get(address)
    form = {"_csrf_token": opened.client.cookies["shekara_csrf"], **fields}
    sent = files or {"files": ("", b"")}
    return opened.client.post(f"{address}/do/{action}", data=form, files=sent, follow_redirects=False)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_movement_goes_its_whole_way_by_forms(desk: Desk, language: str) -> None:
    with browser(desk, "aigerim", language) as opened:
        answer = opened.post("/movements/new", typed(carrying.notice()))
        assert answer.status_code == 303, answer.text
        number = answer.headers["location"].rpartition("/")[2]
        assert number in opened.get("/movements").text
        assert opened.get(f"/movements/{number}").status_code == 200
    with browser(desk, "aidos", language) as opened:
        assert press(opened, number, "clear", expected="NOTIFIED").status_code == 303
        seals = {"seal-1": "es-0001", "operator-1": "seals", "guarantee": "100 000 000"}
        assert press(opened, number, "seal", expected="CLEARED", **seals).status_code == 303
        assert press(opened, number, "let-go", expected="SEALED").status_code == 303
        assert '<svg class="network"' in opened.get("/control/movements").text
    desk.tell(number, event(desk, number, EventKind.OPENED, off=True))
    with browser(desk, "dana", language) as opened:
        shown = opened.get("/control/movements").text
        assert shown.count("movement-alarm") > 1
        assert press(opened, number, "arrive", expected="MOVING", **{"found-1": "broken"}).status_code == 303
        answer = press(opened, number, "discharge", expected="ARRIVED")
        assert answer.status_code == 422
        inspected = {"text": "Boxes are missing", "inspection": "Opened", "arrived-1": "900"}
        picture = {"files": ("scan.png", PNG)}
        answer = press(opened, number, "find-discrepancy", picture, expected="ARRIVED", **inspected)
        assert answer.status_code == 303
        assert press(opened, number, "recover", expected="DISCREPANCY").status_code == 303
        assert opened.get(f"/control/movements/{number}").status_code == 200
    assert desk.movement(number).status is Status.RECOVERY


def test_what_was_typed_stays_and_the_error_stands_at_its_field(desk: Desk) -> None:
    with browser(desk, "aigerim") as opened:
        answer = opened.post("/movements/new", {**typed(carrying.notice()), "vehicle": "?", "reference": "KEEP-ME"})
        assert answer.status_code == 422
        assert 'href="#vehicle"' in answer.text
        assert 'id="vehicle-error"' in answer.text
        assert 'value="KEEP-ME"' in answer.text
        assert GOODS.description in answer.text


def test_a_form_that_is_sent_twice_says_that_somebody_was_faster(desk: Desk) -> None:
    number = desk.notify()
    with browser(desk, "aidos") as opened:
        assert press(opened, number, "clear", expected="NOTIFIED").status_code == 303
        assert press(opened, number, "clear", expected="NOTIFIED").status_code == 409
        assert press(opened, number, "explode", expected="CLEARED").status_code == 404


def test_a_carrier_reads_nothing_of_profiles_inspections_or_officials(desk: Desk) -> None:
    number = desk.moving()
    desk.tell(number, event(desk, number, EventKind.OPENED, off=True))
    desk.arrive(number)
    desk.discrepancy(number, (1, "600"), inspection="A secret remark")
    with browser(desk, "aigerim") as opened:
        shown = opened.get(f"/movements/{number}").text
    assert "A secret remark" not in shown
    assert not re.search(r"TT-0\d", shown)
    assert "Dana" not in shown
    assert "Aidos" not in shown
    assert "scan.png" not in shown
    assert "Seal opened" not in shown  # what is watched is not told
    assert "Boxes are missing" in shown


def test_notices_are_sent_to_both_sides_and_to_nobody_else(desk: Desk) -> None:
    number = desk.notify()
    sequence = desk.movements.dossier(carrying.person("aigerim"), number).happened[0].sequence
    for who, address, status in (
        ("aigerim", "/movements", 200),
        ("aidos", "/control/movements", 200),
        ("dana", "/control/movements", 200),
        ("anna", "/movements", 403),
    ):
        with browser(desk, who) as opened:
            assert opened.get(f"{address}/{number}/notices/{sequence}").status_code == status
            if status == 200:
                assert opened.get(f"{address}/{number}/notices/{sequence + 1000}").status_code == 404


def test_an_enquiry_is_answered_by_the_carrier(desk: Desk) -> None:
    number = desk.moving()
    desk.later(days=3)
    desk.watch()
    with browser(desk, "aigerim") as opened:
        page = f"/movements/{number}"
        assert opened.post(f"{page}/explain", {"expected": "NOT_DELIVERED", "text": ""}).status_code == 422
        answer = opened.post(f"{page}/explain", {"expected": "NOT_DELIVERED", "text": "<b>Snow</b>"})
        assert answer.status_code == 303
        assert "&lt;b&gt;Snow" in opened.get(page).text
