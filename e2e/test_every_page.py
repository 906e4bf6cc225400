"""Every page in every language, light and dark, from a small phone to a wide screen."""

from collections.abc import Callable

import pytest

from e2e.visitor import Visitor

LOOKS = [(320, False), (390, False), (390, True), (768, False), (1280, False), (1280, True)]


@pytest.mark.parametrize(("width", "dark"), LOOKS, ids=[f"{w}-{'dark' if d else 'light'}" for w, d in LOOKS])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_page_fits_and_is_accessible(
    visit: Callable[..., Visitor], language: str, width: int, dark: bool
) -> None:
    berik = visit(language=language, width=width, dark=dark)
    look = f"{language}-{width}-{'dark' if dark else 'light'}"
    for name, path in (("home", "/"), ("keys", "/selection"), ("sign-in", "/demo/sign-in")):
        berik.open(path)
        berik.look(f"{name}-{look}")
    berik.sign_in("berik")
    berik.look(f"list-{look}")
    for lane in ("release", "documents", "inspection"):
        berik.open(berik.path_of_first(lane))
        berik.look(f"{lane}-{look}")
    berik.open(f"{berik.path_of_first()}/signatures")
    berik.look(f"signatures-{look}")
    berik.open(f"{berik.path_of_first()}/selection")
    berik.look(f"selection-{look}")
    assert berik.open("/no-such-page") == 404
    berik.look(f"not-found-{look}")
