"""Turning a template and what it shows into a page, in the reader's language."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID
from jinja2 import (
    ChainableUndefined,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
)
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import MediaType
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from litestar.template.base import csrf_token
from markupsafe import Markup, escape

from portal import judged_words, words
from portal.access import Permission, may
from portal.browser import CSRF_COOKIE, LANGUAGE_COOKIE, allow_signing, nonce_of, sent_cookie
from portal.languages import NAMES, Writing, commodity, item_numbers, negotiate, translations
from portal.views import SignedIn
from signing.usages import read_name

TEMPLATES = Path(__file__).parent.parent / "templates"
STATIC = Path(__file__).parent / "static"
XML = "application/xml; charset=utf-8"  # of what was signed or is to be signed: the gate takes nothing but UTF-8
_MACROS = "govuk_frontend_jinja"
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9]+")

SEE_OTHER: Final = 303
AnyRequest = Request[Any, Any, Any]


class _Strict(Environment):
    """Our templates: a name they do not know is an error. GOV.UK's macros rely on the opposite, and get it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, **options)
        macros = PrefixLoader({_MACROS: PackageLoader(_MACROS)})
        self._macros = Environment(
            loader=macros, undefined=ChainableUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
        )

    def get_template(self, name: str | Template, parent: str | None = None, globals: Any = None) -> Template:
        if isinstance(name, str) and name.startswith(f"{_MACROS}/"):
            return self._macros.get_template(name)
        return super().get_template(name, parent, globals)


class Pages:
    """The templates, once per language. `demo` shows the way to demo sign-in."""

    def __init__(self, *, demo: bool, static: Path = STATIC) -> None:
        manifest = static / "manifest.json"
        self._assets: Mapping[str, str] = json.loads(manifest.read_bytes()) if manifest.exists() else {}
        self._demo = demo
        self._environments = {language: self._environment(language) for language in NAMES}

    def render(self, template: str, language: str, context: Mapping[str, Any]) -> str:
        return self._environments[language].get_template(template).render(context)

    def answer(self, request: AnyRequest, template: str, *, status: int = 200, **context: Any) -> Response[str]:
        """Return the page as an answer to this request. `context` is what the template shows."""
        language = language_of(request)
        body = self.render(template, language, {**self._frame(request), **context})
        headers = {"Content-Language": language, "Vary": "Cookie, Accept-Language, HX-Request"}
        return Response(body, status_code=status, media_type=MediaType.HTML, headers=headers)

    def _frame(self, request: AnyRequest) -> dict[str, Any]:
        """What every page needs to know about the request."""
        person: SignedIn | None = request.scope.get("user")
        return {
            "person": person,
            "may_read_declarations": may(person, Permission.READ_DECLARATIONS),
            "may_read_evidence": may(person, Permission.READ_EVIDENCE),
            "may": lambda need: may(person, Permission[need]),
            "csrf": csrf_token({"request": request}) or sent_cookie(request, CSRF_COOKIE),
            "here": _address(request) if request.method == "GET" else "/",
            "nonce": nonce_of(request.scope),
            "allow_signing": partial(allow_signing, request.scope),
            "path_for": request.app.route_reverse,
        }

    def _environment(self, language: str) -> Environment:
        writing = Writing(language)
        environment = _Strict(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        # the extension i18n adds this method at run time
        environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
        environment.globals |= {
            "language": language,
            "languages": NAMES,
            "demo": self._demo,
            "judged": judged_words,
            "words": words,
            "asset": self._asset,
        }
        environment.filters |= {
            "amount": writing.amount,
            "breakable": _breakable,
            "calendar_day": writing.calendar_day,
            "certificate": _certificate,
            "commodity": commodity,
            "country": writing.country,
            "exact_moment": writing.exact_moment,
            "field_id": field_id,
            "in_fours": _in_fours,
            "item_numbers": item_numbers,
            "machine_moment": writing.machine_moment,
            "mass": writing.mass,
            "moment": writing.moment,
            "money": writing.money,
            "decimal": Decimal,
            "on_day": writing.on_day,
            "plain_number": writing.plain_number,
            "short_moment": writing.short_moment,
            "whole_money": writing.whole_money,
        }
        return environment

    def _asset(self, name: str) -> str:
        """Return the address of a built front-end file; unbuilt, the page comes without its look."""
        return f"/static/{self._assets.get(name, name)}"


def _breakable(number: str) -> Markup:
    """Let a registration number break after a slash, and nowhere else, on a narrow screen."""
    return escape(number).replace("/", Markup("/<wbr>"))


def field_id(path: str) -> str:
    """Return the id of the field on a form that asks for what stands at this path of a document."""
    return "f-" + _NOT_IN_ID.sub("-", path).strip("-")


def _in_fours(digits: str) -> str:
    """Write a long number in groups of four, so that it can be compared by eye and breaks on a narrow screen."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


class CertificateView(NamedTuple):
    """What a page shows of a certificate; names are the common names, empty when there is none."""

    serial: str
    subject: str
    issuer: str
    valid_from: datetime
    valid_until: datetime


def _certificate(certificate: x509.Certificate | None) -> CertificateView | None:
    if certificate is None:
        return None
    return CertificateView(
        serial=f"{certificate.serial_number:x}",
        subject=read_name(certificate.subject, NameOID.COMMON_NAME),
        issuer=read_name(certificate.issuer, NameOID.COMMON_NAME),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return negotiate(sent_cookie(connection, LANGUAGE_COOKIE), connection.headers.get("accept-language", ""))


def wants_fragment(request: AnyRequest) -> bool:
    """Tell whether htmx asks for a part of the page; going back in history asks for the whole."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def go(request: AnyRequest, name: str, query: str = "", **parts: Any) -> Redirect:
    """Lead to the page of a route, as a form does when what it sent was taken."""
    return Redirect(request.app.route_reverse(name, **parts) + query, status_code=SEE_OTHER)


def file_answer(content: bytes | None, name: str, media_type: str = XML) -> Response[bytes]:
    """Return an attachment. Raises `NotFoundException` when there is none."""
    if content is None:
        raise NotFoundException
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


def _address(request: AnyRequest) -> str:
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{request.url.path}?{query}" if query else request.url.path
