"""Berik sees the declarations of his principals, and not those of a firm he has no power of attorney from."""

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.visitor import Visitor


def test_berik_sees_altyn_and_tengri_and_not_qorgan(visit: Callable[..., Visitor]) -> None:
    yerkin = visit()
    yerkin.sign_in("yerkin")
    foreign = yerkin.path_of_first()
    assert yerkin.open(foreign) == 200

    zarina = visit()
    zarina.sign_in("zarina")
    of_tengri = zarina.path_of_first()

    berik = visit()
    berik.sign_in("berik")
    berik.look("broker-1-list")
    expect(berik.page.get_by_text("Altyn Dala Trade LLP").first).to_be_visible()
    expect(berik.page.get_by_text("Qorgan Import LLP")).to_have_count(0)
    assert berik.open(of_tengri) == 200
    expect(berik.page.get_by_text("Tengri Export LLP").first).to_be_visible()
    for file in ("", "/notice", "/declaration"):
        assert berik.open(foreign + file) == 404
    berik.look("broker-2-not-found")
