"""Errors as problem documents (RFC 9457): the only place that gives an error its status and its words."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from declarations.errors import DeclarationRefused, DeclarationsError, NotAuthorised
from portal import errors
from portal.casework.errors import MOVED_MEANWHILE, CaseRefused
from portal.registry.errors import RegistryRefused
from signing import errors as signing

LANGUAGES = ("kk", "ru", "en")
MEDIA_TYPE = "application/problem+json"
REVOCATION_RETRY_SECONDS = 30

PROBLEMS: tuple[tuple[type[Exception], int], ...] = (
    (signing.LimitExceeded, 422),
    (signing.MalformedXml, 422),
    (signing.SignerNotAuthorised, 403),
    (signing.RevocationUnknown, 503),
    (signing.JournalBroken, 500),
    (signing.EvidenceInvalid, 500),
    (signing.TimestampInvalid, 500),
    (signing.SigningError, 401),
    (NotAuthorised, 403),
    (DeclarationsError, 422),
    (errors.TokenRefused, 401),
    (errors.SignatureRefused, 401),
    (errors.ExchangeRefused, 403),
    (errors.CursorLost, 410),
    (errors.SenderNotParty, 403),
    (errors.DuplicateReference, 409),
    (errors.AmendmentRefused, 409),
    (errors.NotFound, 404),
    (CaseRefused, 422),
    (RegistryRefused, 422),
    (errors.EvidenceLost, 500),
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
)
_SCHEMES: Mapping[type[Exception], str] = {errors.TokenRefused: "Bearer", errors.SignatureRefused: "Signature"}
_CODES_OF_HTTP = {
    400: "request.malformed",
    403: "request.forbidden",
    404: "request.not_found",
    405: "request.method",
    413: "body.too_large",
}


@cache
def words() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "problems.toml").read_text(encoding="utf-8"))


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error: 500 for one that nobody expected."""
    if isinstance(error, signing.LimitExceeded) and error.params.get("limit") == "bytes":
        return 413
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, CaseRefused) and error.code == MOVED_MEANWHILE:
        return 409
    return next((status for kind, status in PROBLEMS if isinstance(error, kind)), 500)


def problem_of(error: Exception, language: str) -> dict[str, Any]:
    """Return the problem document: code, what is wrong and what to do, in the reader's language and in all three."""
    status = status_of(error)
    code = code_of(error, status)
    document: dict[str, Any] = {
        "type": f"urn:shekara:problem:{code}",
        "title": words()[f"status.{status}"][language] if f"status.{status}" in words() else code,
        "status": status,
        "code": code,
        "detail": text_of(error, code, language),
        "texts": {each: text_of(error, code, each) for each in LANGUAGES},
    }
    if isinstance(error, DeclarationRefused):
        document["defects"] = [defect.as_json(language) for defect in error.defects]
    return document


def code_of(error: Exception, status: int) -> str:
    if isinstance(error, HTTPException):
        return _CODES_OF_HTTP.get(status, "request.refused" if status < 500 else "portal.failed")
    return str(getattr(error, "code", "portal.failed"))


def text_of(error: Exception, code: str, language: str) -> str:
    if isinstance(error, signing.SigningError | DeclarationsError | CaseRefused | RegistryRefused):
        return error.text(language)
    params = error.params if isinstance(error, errors.PortalError) else {}
    return words()[code][language].format_map(params)


def response_to(error: Exception, language: str) -> Response[bytes]:
    """Return the answer to a machine."""
    status = status_of(error)
    headers = {}
    if isinstance(error, errors.TooManyRequests | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, signing.RevocationUnknown):
        headers["Retry-After"] = str(REVOCATION_RETRY_SECONDS)
    if status == 401:
        headers["WWW-Authenticate"] = _SCHEMES.get(type(error), "XMLSignature")
    return Response(
        msgspec.json.encode(problem_of(error, language)), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )
