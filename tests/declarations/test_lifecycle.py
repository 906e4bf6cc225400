import pytest

from declarations.defects import LANGUAGES
from declarations.errors import MoveNotAllowed
from declarations.lifecycle import MOVES, Status, move, moves_from

NOTICES = {
    (Status.LODGED, Status.REJECTED): "03",
    (Status.LODGED, Status.ACCEPTED): "01",
    (Status.ACCEPTED, Status.RELEASED): "08",
    (Status.ACCEPTED, Status.DOCUMENTS_REQUESTED): "06",
    (Status.ACCEPTED, Status.INSPECTION_ORDERED): "05",
}


@pytest.mark.parametrize("source", Status)
@pytest.mark.parametrize("target", Status)
def test_only_the_moves_of_the_table_are_allowed(source, target):
    if (source, target) in NOTICES:
        assert move(source, target).notice == NOTICES[source, target]
        return
    with pytest.raises(MoveNotAllowed) as refused:
        move(source, target)
    for language in LANGUAGES:
        assert target in refused.value.text(language)


def test_no_two_moves_share_their_ends():
    assert len({(each.source, each.target) for each in MOVES}) == len(MOVES)


def test_every_decision_of_the_gateway_is_journalled():
    assert {each.event for each in moves_from(Status.ACCEPTED)} == {"declaration.decided"}
    assert moves_from(Status.REJECTED) == ()
