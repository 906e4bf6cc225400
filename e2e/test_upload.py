"""Declarations made in another program: uploaded, checked without lodging, signed in the browser and lodged."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.visitor import Visitor

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import builders

from portal.demo.lodgements import key_of
from portal.languages import KAZAKHSTAN_TIME
from portal.settings import Settings
from signing.signer import sign

LOOKS = [("kk", 320, False), ("ru", 1280, True)]


def declaration(reference: str) -> bytes:
    here = datetime.now(UTC).astimezone(KAZAKHSTAN_TIME)
    issued_at = (here - timedelta(minutes=5)).isoformat(timespec="seconds")
    return builders.declaration_xml(
        reference=reference, signatory="anna", issued_at=issued_at, rate_date=here.date().isoformat()
    )


def upload(visitor: Visitor, name: str, data: bytes) -> None:
    visitor.open("/check")
    visitor.page.set_input_files("#file", {"name": name, "mimeType": "application/xml", "buffer": data})
    visitor.page.click("main form button")


def fresh(name: str) -> str:
    return f"{name}-{datetime.now(UTC):%H%M%S%f}"


@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_a_declaration_with_errors_is_reported(
    visit: Callable[..., Visitor], language: str, width: int, dark: bool
) -> None:
    look = f"{language}-{width}{'-dark' if dark else ''}"
    anna = visit(language=language, width=width, dark=dark)
    anna.sign_in("anna")
    anna.open("/check")
    anna.look(f"upload-1-form-{look}")
    upload(anna, "bomb.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    expect(anna.page.locator(".govuk-error-summary")).to_be_focused()
    anna.look(f"upload-2-refused-{look}")
    wrong = declaration(fresh("BAD")).replace(b"<OriginCountryCode>CN", b"<OriginCountryCode>XX")
    upload(anna, "declaration-with-errors.xml", wrong)
    expect(anna.page.locator("#errors")).to_be_visible()
    anna.look(f"upload-3-errors-{look}")
    upload(anna, "declaration.xml", declaration(fresh("GOOD")))
    expect(anna.page.locator(".check-state--well")).to_be_visible()
    anna.look(f"upload-4-ready-{look}")


def test_anna_signs_in_the_browser_what_she_uploaded_and_sees_the_decision(
    visit: Callable[..., Visitor], portal_folder: Path
) -> None:
    anna = visit()
    anna.sign_in("anna")
    upload(anna, "declaration.xml", declaration(fresh("SIGN")))
    sign_with_key(anna.page, portal_folder / "demo" / "keys" / "anna.p12")
    anna.page.wait_for_url("**/declarations/*/*/*")
    expect(anna.page.locator("h1")).to_be_visible()
    anna.look("upload-5-lodged")


def test_a_signed_file_is_verified_and_lodged_without_javascript(
    visit: Callable[..., Visitor], portal_folder: Path
) -> None:
    key = key_of(Settings(home=portal_folder, database_url="", demo=True), "anna")
    signed = sign(declaration(fresh("SIGNED")), key, datetime.now(UTC))
    anna = visit(javascript=False)
    anna.sign_in("anna")
    upload(anna, "signed.xml", signed)
    expect(anna.page.get_by_text("this person may sign for the declarant")).to_be_visible()
    anna.page.get_by_role("button", name="Lodge the declaration").click()
    anna.page.wait_for_url("**/declarations/*/*/*")


def test_what_was_uploaded_opens_as_a_draft(visit: Callable[..., Visitor]) -> None:
    anna = visit()
    anna.sign_in("anna")
    upload(anna, "declaration.xml", declaration(fresh("DRAFT")))
    anna.page.get_by_role("button", name="Open as a draft").click()
    anna.page.wait_for_url("**/drafts/*")


def test_words_in_the_calculator_offer_codes(visit: Callable[..., Visitor]) -> None:
    somebody = visit(width=390)
    somebody.open("/tools/calculator")
    somebody.page.get_by_label("Commodity code").press_sequentially("smartphones")
    somebody.page.locator("[data-commodity='8517130000']").click()
    expect(somebody.page.get_by_label("Commodity code")).to_have_value("8517130000")
    expect(somebody.page.get_by_label("Commodity code")).to_be_focused()
    somebody.page.get_by_label("Price of the goods").fill("1000")
    somebody.page.get_by_role("button", name="Calculate").click()
    expect(somebody.page.locator("#bill")).to_be_visible()
