"""What was typed into the forms of administration, and how pages show what is wrong with it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect
from msgspec import Struct

from portal.access import Role
from portal.admin import words as admin_words
from portal.admin.appointing import AT_A_POST
from portal.admin.errors import Refused
from portal.pages import Pages
from portal.people import OFFICIAL_ROLES
from portal.views import SignedIn

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
TYPED_MOST: Final = 500
SEARCH_MOST: Final = 60
ROLES: Final = tuple(role for role in Role if role in OFFICIAL_ROLES)

Given = Mapping[str, Any]
AdminRequest = Request[SignedIn, None, State]


class Search(Struct, frozen=True):
    """What a list is narrowed to: empty texts for nothing."""

    text: str = ""
    state: str = ""
    role: str = ""
    post: str = ""


def one(given: Given, name: str) -> str:
    value = given.get(name, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    return value.strip()[:TYPED_MOST] if isinstance(value, str) else ""


def many(given: Given, name: str) -> frozenset[str]:
    value = given.get(name, [])
    texts = value if isinstance(value, list) else [value]
    return frozenset(text.strip()[:TYPED_MOST] for text in texts if isinstance(text, str) and text.strip())


def day(given: Given, name: str) -> date | None:
    """Return a day that was typed, None for nothing and for what is no day."""
    try:
        return date.fromisoformat(one(given, name))
    except ValueError:
        return None


def show(
    request: AdminRequest,
    pages: Pages,
    template: str,
    given: Given,
    refused: Refused | None = None,
    **context: Any,
) -> Response[str]:
    """Return a page with what was typed; with a refusal it is 422, and says so at the top and beside the field."""
    return pages.answer(
        request,
        f"admin/{template}",
        status=UNPROCESSABLE if refused else 200,
        refused=refused,
        one=lambda name: one(given, name),
        many=lambda name: many(given, name),
        admin_words=admin_words,
        roles=ROLES,
        at_a_post=AT_A_POST,
        **context,
    )


def go(request: AdminRequest, name: str, query: str = "", **parts: Any) -> Redirect:
    return Redirect(request.app.route_reverse(name, **parts) + query, status_code=SEE_OTHER)
