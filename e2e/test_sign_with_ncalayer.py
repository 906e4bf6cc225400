"""A declaration is signed with NCALayer: the window that asks, a refusal in it, and the signature that comes back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from e2e.keys import pretend_ncalayer
from e2e.test_upload import declaration, fresh, upload
from e2e.visitor import Visitor
from signing.signer import SigningKey, sign_like_ncalayer

CANCELLED = {"status": True, "body": {}}


def sign_here(visitor: Visitor) -> None:
    visitor.page.check("#signing-way-ncalayer")
    visitor.page.click(".signing button[type=submit]")


@pytest.mark.parametrize(("language", "width"), [("kk", 390), ("ru", 1280), ("en", 1280)])
def test_anna_lodges_with_ncalayer(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, language: str, width: int
) -> None:
    key = SigningKey.from_pkcs12((portal_folder / "demo" / "keys" / "anna.p12").read_bytes(), "demo")
    answers: list[Callable[[dict[str, Any]], Any]] = [lambda _: CANCELLED, signed_by(key)]
    anna = visit(language=language, width=width)
    heard = pretend_ncalayer(anna.page, lambda request: answers.pop(0)(request))
    anna.sign_in("anna")
    upload(anna, "declaration.xml", declaration(fresh("NCALAYER")))
    sign_here(anna)
    expect(anna.page.locator("[data-failure]")).to_be_visible()
    anna.look(f"ncalayer-1-cancelled-{language}")
    sign_here(anna)
    anna.page.wait_for_url("**/declarations/*/*/*")
    expect(anna.page.locator("#decision")).to_be_visible()
    anna.look(f"ncalayer-2-decision-{language}")
    assert [request["args"]["format"] for request in heard] == ["xml", "xml"]
    assert "urn:shekara:ccd:1" in heard[1]["args"]["data"]


def signed_by(key: SigningKey) -> Callable[[dict[str, Any]], Any]:
    def answer(request: dict[str, Any]) -> Any:
        signed = sign_like_ncalayer(request["args"]["data"].encode(), key)
        return {"status": True, "body": {"result": [signed.decode()]}}

    return answer
