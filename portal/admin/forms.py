"""What was typed into the forms of administration, and how pages show what is wrong with it."""

from datetime import date
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State
from msgspec import Struct

from portal import form_fields
from portal.access import Role
from portal.admin import words as admin_words
from portal.admin.appointing import AT_A_POST
from portal.admin.errors import Refused
from portal.form_fields import Given
from portal.pages import Pages
from portal.people import OFFICIAL_ROLES
from portal.views import SignedIn

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
TYPED_MOST: Final = 500
SEARCH_MOST: Final = 60
ROLES: Final = tuple(role for role in Role if role in OFFICIAL_ROLES)

one: Final = partial(form_fields.one, most=TYPED_MOST)


def many(given: Given, name: str) -> frozenset[str]:
    return frozenset(form_fields.many(given, name, TYPED_MOST))


AdminRequest = Request[SignedIn, None, State]


class Search(Struct, frozen=True):
    """What a list is narrowed to: empty texts for nothing."""

    text: str = ""
    state: str = ""
    role: str = ""
    post: str = ""


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
