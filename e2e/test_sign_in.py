"""Signing in with a key in a real browser: by a file, with NCALayer, without JavaScript; and all that can go wrong."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from cast import PERSONS
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from playwright.sync_api import Page, Route

from e2e.keys import NCALAYER, overheard, pretend_ncalayer, sign_with_key
from e2e.test_signing_modules import gost_key_file
from e2e.visitor import Visitor
from signing.authority import DemoAuthority
from signing.signer import SigningKey, sign_like_ncalayer
from signing.xmlgate import SIGN_IN, SIGNATURES

NAMESPACES = SIGNATURES | {SIGN_IN}
PASSWORD = "Құпия-сөз 2026"
LANGUAGES = ("kk", "ru", "en")


@pytest.fixture
def keys(portal_address: str, portal_folder: Path) -> Path:
    return portal_folder / "demo" / "keys"


@pytest.fixture
def authority(portal_address: str, portal_folder: Path) -> DemoAuthority:
    return DemoAuthority.load(portal_folder / "demo" / "authority", "demo")


def key_in(keys: Path, person: str) -> SigningKey:
    return SigningKey.from_pkcs12((keys / f"{person}.p12").read_bytes(), "demo")


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "key.p12"
    path.write_bytes(data)
    return path


def failure(page: Page) -> str:
    page.wait_for_selector("[data-failure]:not([hidden])")
    assert page.evaluate("document.activeElement.hasAttribute('data-failure')")
    assert page.title().split(":")[0] in ("Error", "Қате", "Ошибка")
    return page.inner_text("[data-failure] li")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("person", "first"), [("anna", "/declarations"), ("berik", "/declarations")])
def test_a_key_file_signs_in_and_nothing_of_it_leaves_the_page(
    visit: Callable[..., Visitor], keys: Path, tmp_path: Path, language: str, person: str, first: str
) -> None:
    visitor = visit(language=language)
    page, key = visitor.page, key_in(keys, person)
    with overheard(visitor.address) as (address, sent):
        page.goto(f"{address}/sign-in?next=" + quote(first))
        sign_with_key(page, kept(tmp_path, key.to_pkcs12(PASSWORD)), PASSWORD)
        page.wait_for_url(lambda url: urlsplit(url).path == first)
        assert PERSONS[person].name in page.inner_text("header")
        page.goto("about:blank")
    assert b"<ds:SignatureValue>" in sent
    for secret in _secrets(key, tmp_path / "key.p12"):
        assert secret not in sent


def _secrets(key: SigningKey, file: Path) -> list[bytes]:
    """Return how password, key file and private key could look in a request."""
    private = key.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    secrets = [
        PASSWORD.encode(),
        PASSWORD.encode("utf-16-le"),
        quote(PASSWORD).encode(),
        base64.b64encode(PASSWORD.encode())[:-4],
    ]
    for data in (file.read_bytes(), private):
        for start in range(0, len(data) - 48, 48):
            part = data[start : start + 48]
            secrets += [part, part.hex().encode(), base64.b64encode(part)]
    certificates = [each.public_bytes(Encoding.DER) for each in (key.certificate, *key.chain)]
    public = b"\n".join([*certificates, *map(base64.b64encode, certificates)])
    return [secret for secret in secrets if secret not in public]


def test_the_form_of_signing_in_is_beautiful_and_whole(visit: Callable[..., Visitor]) -> None:
    for language in LANGUAGES:
        for width in (320, 390, 1280):
            visitor = visit(language=language, width=width, dark=width == 390)
            visitor.open("/sign-in")
            visitor.look(f"sign-in-{language}-{width}")
            for way in ("ncalayer", "upload"):
                visitor.page.check(f"#signing-way-{way}")
                visitor.look(f"sign-in-{way}-{language}-{width}")


def cases(keys: Path, authority: DemoAuthority) -> dict[str, tuple[bytes, str]]:
    """Return key files that cannot be used, with the code of what is told."""
    key, now = key_in(keys, "anna"), authority.made_at
    lone = pkcs12.serialize_key_and_certificates(b"k", key.private_key, None, None, BestAvailableEncryption(b"demo"))
    expired = authority.person(
        "Anna", PERSONS["anna"].iin, since=now - timedelta(days=60), until=now - timedelta(days=2)
    )
    later = authority.person("Anna", PERSONS["anna"].iin, since=now + timedelta(days=60))
    return {
        "password": (key.to_pkcs12("another"), "password"),
        "not_a_key_file": (b"hello", "key"),
        "gost": (gost_key_file(), "key"),
        "expired": (expired.to_pkcs12("demo"), "key"),
        "not_yet_valid": (later.to_pkcs12("demo"), "key"),
        "no_certificate": (lone, "key"),
        "not_for_signing": (authority.issuing.to_pkcs12("demo"), "key"),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_trouble_with_a_key_is_told_beside_its_field(
    visit: Callable[..., Visitor], keys: Path, authority: DemoAuthority, tmp_path: Path, language: str
) -> None:
    visitor = visit(language=language, width=390)
    page = visitor.page
    visitor.open("/sign-in")
    page.click(".signing button")
    told = {failure(page)}
    for code, (data, field) in cases(keys, authority).items():
        sign_with_key(page, kept(tmp_path, data))
        text = failure(page)
        assert "{" not in text
        assert page.inner_text(f"#signing-{field}-error") == text
        assert f"signing-{field}-error" in str(page.get_attribute(f"#signing-{field}", "aria-describedby"))
        page.click("[data-failure] a")
        assert page.evaluate("document.activeElement.id") == f"signing-{field}"
        told.add(text)
        if code in ("password", "gost", "expired"):
            visitor.look(f"sign-in-{code}-{language}")
    assert len(told) == 8
    sign_with_key(page, keys / "anna.p12")
    page.wait_for_url("**/declarations")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_valid_key_of_nobody_is_told_what_to_do(
    visit: Callable[..., Visitor], authority: DemoAuthority, tmp_path: Path, language: str
) -> None:
    visitor = visit(language=language, width=390)
    stranger = authority.person("Жаңа Адамұлы", "850412450128", "250140012345", "Жаңа Фирма ЖШС")
    visitor.open("/sign-in")
    sign_with_key(visitor.page, kept(tmp_path, stranger.to_pkcs12("demo")))
    visitor.page.wait_for_selector(".govuk-summary-list")
    assert "Жаңа Адамұлы" in visitor.page.inner_text("main")
    visitor.look(f"sign-in-nobody-{language}")


def test_a_refusal_of_the_portal_is_shown_on_the_page(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    visitor = visit()
    stranger = DemoAuthority.create(_now(), "Another Authority").person("Anna", PERSONS["anna"].iin)
    visitor.open("/sign-in")
    sign_with_key(visitor.page, kept(tmp_path, stranger.to_pkcs12("demo")))
    visitor.page.wait_for_selector("main .govuk-error-summary:not([hidden])")
    assert "Another Authority" in visitor.page.inner_text("main .govuk-error-summary:not([hidden])")
    visitor.look("sign-in-refused")


def _now() -> datetime:
    return datetime.now(UTC)


def ncalayer_with(key: SigningKey) -> Callable[[dict[str, Any]], Any]:
    def answer(request: dict[str, Any]) -> Any:
        data = request["args"]["data"].encode()
        signed = sign_like_ncalayer(data, key, namespaces=NAMESPACES)
        return {"status": True, "body": {"result": [signed.decode()]}}

    return answer


def with_ncalayer(visitor: Visitor) -> None:
    visitor.open("/sign-in")
    visitor.page.check("#signing-way-ncalayer")
    visitor.page.click(".signing button[type=submit]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_ncalayer_signs_in(visit: Callable[..., Visitor], keys: Path, language: str) -> None:
    visitor = visit(language=language)
    heard = pretend_ncalayer(visitor.page, ncalayer_with(key_in(keys, "berik")))
    with_ncalayer(visitor)
    visitor.page.wait_for_url("**/declarations")
    [request] = heard
    assert request["module"] == "kz.gov.pki.knca.basics"
    assert request["args"]["format"] == "xml"
    assert request["args"]["locale"] == {"kk": "kk", "ru": "ru", "en": "ru"}[language]
    assert request["args"]["signerParams"]["extKeyUsageOids"] == ["1.3.6.1.5.5.7.3.4"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"status": True, "body": {}}, "Signing was cancelled in NCALayer."),
        (
            {"status": False, "code": "500", "message": "no token", "details": "-"},
            "NCALayer could not sign: 500: no token",
        ),
        ({"status": True, "body": {"result": []}}, "NCALayer could not sign"),
    ],
)
def test_what_ncalayer_did_not_sign_is_told(visit: Callable[..., Visitor], answer: Any, told: str) -> None:
    visitor = visit()
    pretend_ncalayer(visitor.page, lambda request: answer)
    with_ncalayer(visitor)
    assert told in failure(visitor.page)
    assert visitor.page.is_enabled(".signing button[type=submit]")


def test_that_ncalayer_is_not_running_is_told(visit: Callable[..., Visitor]) -> None:
    visitor = visit(width=390)
    visitor.page.route_web_socket(NCALAYER, lambda socket: socket.close())
    with_ncalayer(visitor)
    assert "NCALayer does not answer" in failure(visitor.page)
    visitor.look("sign-in-no-ncalayer")


def test_a_page_that_browsers_do_not_trust_says_why_it_cannot_sign(
    visit: Callable[..., Visitor], keys: Path, portal_address: str
) -> None:
    visitor = visit()

    def fetch(route: Route) -> None:
        address = route.request.url.replace("http://portal.test", portal_address)
        route.fulfill(response=route.fetch(url=address))

    visitor.page.route("http://portal.test/**", fetch)
    visitor.page.goto("http://portal.test/sign-in")
    assert visitor.page.evaluate("isSecureContext") is False
    sign_with_key(visitor.page, keys / "anna.p12")
    assert "https" in failure(visitor.page)
    visitor.complaints = [each for each in visitor.complaints if "Cross-Origin-Opener-Policy" not in each]  # expected


def test_without_javascript_the_challenge_is_signed_elsewhere(visit: Callable[..., Visitor], keys: Path) -> None:
    visitor = visit(javascript=False, width=390)
    page = visitor.page
    visitor.open("/sign-in")
    address = page.get_attribute(".signing a[download]", "href")
    challenge = page.request.get(visitor.address + str(address)).body()
    signed = sign_like_ncalayer(challenge, key_in(keys, "zarina"), namespaces=NAMESPACES)
    page.set_input_files("#signing-signed", {"name": "signed.xml", "mimeType": "application/xml", "buffer": signed})
    page.click(".signing button")
    page.wait_for_url("**/declarations")


def test_the_keyboard_is_enough(visit: Callable[..., Visitor], keys: Path) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/sign-in")
    page.set_input_files("#signing-key", keys / "anna.p12")  # a window of the system, which no page can drive
    page.focus("#signing-key")
    page.keyboard.press("Tab")
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/declarations")
