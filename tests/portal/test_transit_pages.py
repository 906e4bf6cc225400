"""The pages of a transit declaration and of the movement under it lead to each other, for those who may open them."""

from pathlib import Path
from typing import Any

import carrying
import pki
import pytest
from builders import transit_xml
from carrying import Desk
from cast import PARTICIPANTS
from evidencing import browsing_stored

from portal.pipeline import lodge
from portal.stages import Lodged

TYPED = {"reference": "CMR-1", "vehicle": "123 ABC 05", "container": "", "departure": "", "destination": ""}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return carrying.desk(tmp_path)


def declared(desk: Desk, **changes: Any) -> str:
    data = pki.sign_as("anna", transit_xml(**changes))
    return lodge(Lodged(data, desk.clock.now()), desk.office).stored.registration_number


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_declaration_and_movement_lead_to_each_other(desk: Desk, language: str) -> None:
    number = declared(desk)
    with browsing_stored(desk.office, "aigerim", language) as opened:
        answer = opened.post("/movements/new", {**TYPED, "declaration": number})
        assert answer.status_code == 303, answer.text
        moving = answer.headers["location"].rpartition("/")[2]
        shown = opened.get(f"/movements/{moving}").text
        assert PARTICIPANTS["altyn"].name in shown
        assert f'href="/declarations/{number}' not in shown
    with browsing_stored(desk.office, "anna", language) as opened:
        shown = opened.get(f"/declarations/{number}").text
        assert moving in shown.replace("<wbr>", "")
        assert f'href="/movements/{moving}"' not in shown
    with browsing_stored(desk.office, "aidos", language) as opened:
        shown = opened.get(f"/control/movements/{moving}").text
        link = shown.partition(f'">{number}</a>')[0].rpartition('href="')[2]
        assert f'href="/control/movements/{moving}"' in opened.get(link).text
    with browsing_stored(desk.office, "dana", language) as opened:
        shown = opened.get(f"/control/movements/{moving}").text
        assert number in shown
        assert f'">{number}</a>' not in shown


def test_a_declaration_of_another_carrier_is_refused_at_its_field_with_the_words_of_none(desk: Desk) -> None:
    others = declared(desk, carrier="zhibek")
    told = []
    with browsing_stored(desk.office, "aigerim") as opened:
        for number in (others, "30301/241126/0000099"):
            answer = opened.post("/movements/new", {**TYPED, "declaration": number})
            assert answer.status_code == 422
            told.append(answer.text.partition('id="declaration-error"')[2].partition("</p>")[0])
    assert told[0]
    assert told[0] == told[1]
