"""What was typed into the forms of the registry, and how its pages are shown."""

from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State

from declarations.reference import Reference
from portal import form_fields
from portal.form_fields import Given
from portal.pages import Pages, language_of
from portal.registry import reasons
from portal.registry import words as registry_words
from portal.registry.errors import RegistryRefused
from portal.registry.model import Prepared
from portal.registry.service import Registry
from portal.views import SignedIn
from signing.errors import SigningError

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
TYPED_MOST: Final = 5_000
SEARCH_MOST: Final = 60

PersonRequest = Request[SignedIn, None, State]
one: Final = partial(form_fields.one, most=TYPED_MOST)


def many(given: Given, name: str) -> tuple[str, ...]:
    """Return all texts of a field, each once."""
    return tuple(dict.fromkeys(form_fields.many(given, name)))


Refusal = RegistryRefused | SigningError


def show(
    request: PersonRequest,
    pages: Pages,
    registry: Registry,
    template: str,
    given: Given,
    refused: Refusal | None = None,
    **context: Any,
) -> Response[str]:
    """Return a page with what was typed; with a refusal it is 422, and says so at the top and beside the field."""
    language = language_of(request)
    return pages.answer(
        request,
        f"registry/{template}",
        status=UNPROCESSABLE if refused else 200,
        refused=refused.text(language) if refused else None,
        field=getattr(refused, "field", None),
        one=lambda name: one(given, name),
        many=lambda name: many(given, name),
        registry_words=registry_words,
        reasons=reasons,
        partners=registry.partner_names(),
        posts=post_names(registry.today(), language),
        now=registry.now(),
        **context,
    )


def show_signing(
    request: PersonRequest,
    pages: Pages,
    registry: Registry,
    prepared: Prepared,
    refused: Refusal | None,
    *,
    official: bool,
    back: str,
) -> Response[str]:
    """Return the page on which a statement is signed."""
    return show(request, pages, registry, "sign.html", {}, refused, prepared=prepared, official=official, back=back)


def post_names(day: date, language: str) -> dict[str, str]:
    """Return the names of the posts by code."""
    offices = Reference.shipped().on(day).offices
    return {code: office.names.get(language, code) for code, office in sorted(offices.items())}
