"""What officers are told to do with what a profile found, in their own language."""

from typing import Any

import pytest
from msgspec.structs import replace

from risk_gateway.instructions import instruction_in, shipped_instructions
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.officer_view import for_officer
from risk_gateway.profiles import MeasureCode, MeasureOrder

KAZAKH = frozenset("әғқңөұүһі")  # letters that Russian does not have


def test_each_instruction_of_a_shipped_profile_has_its_words_and_no_words_are_left_over() -> None:
    told = {order.instruction for profile in shipped_profiles() for order in profile.measures if order.instruction}
    assert set(shipped_instructions()) == told


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_an_instruction_is_in_the_letters_of_its_language(language: str) -> None:
    instructions = [words.into(language) for words in shipped_instructions().values()]
    assert [text for text in instructions if text.isascii()] == []
    assert [text for text in instructions if KAZAKH.isdisjoint(text.casefold()) is (language == "kk")] == []
    assert len(set(instructions)) == len(instructions)


def test_an_officer_reads_it_in_his_language(case: Any, known: Any, profile: Any, assess: Any) -> None:
    order = MeasureOrder(MeasureCode.DOCUMENTARY_CONTROL, "Send an enquiry to the carrier.")
    knowledge = known(replace(profile("T-7"), measures=(order,)))
    (note,) = for_officer(assess(case({}), knowledge), knowledge, "kk").notes
    assert note.instructions == ("Тасымалдаушыға сұрау жіберіңіз.",)


def test_what_an_analyst_wrote_is_shown_as_written() -> None:
    assert instruction_in("ru", "Спросить Асель.") == "Спросить Асель."
