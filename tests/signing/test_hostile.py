"""Every hostile document is refused, with the code that says why."""

import pytest
from hostile import ATTACKS, Attack

from signing.errors import SigningError
from signing.verify import verify
from signing.xmlgate import open_document


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_hostile_document_is_refused_with_its_code(attack: Attack) -> None:
    data = attack.make()
    with pytest.raises(SigningError) as refusal:
        verify(open_document(data))
    assert refusal.value.code == attack.code
    assert all(refusal.value.text(language) for language in ("kk", "ru", "en"))
