"""How the pages of partners show what was typed and what is wrong with it."""

from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency

from interop.partners import PartnerKind
from portal.form_fields import Given
from portal.pages import Pages
from portal.partners import forms, words
from portal.partners.errors import Refused
from portal.partners.forms import many, one
from portal.partners.service import PartnerDesk
from portal.views import SignedIn

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
PROPOSAL: Final = "partner-proposal"  # the name of a route

OfficialRequest = Request[SignedIn, None, State]
Desk = NamedDependency[PartnerDesk]
Shown = NamedDependency[Pages]


def show(
    request: OfficialRequest,
    pages: Pages,
    template: str,
    given: Given,
    refused: Refused | None = None,
    **context: Any,
) -> Response[str]:
    """Return a page with what was typed; with a refusal it is 422, and says so at the top and beside the field."""
    return pages.answer(
        request,
        f"partners/{template}",
        status=UNPROCESSABLE if refused else 200,
        refused=refused,
        one=lambda name: one(given, name, most=forms.PEM_MOST),
        many=lambda name: many(given, name),
        partner_words=words,
        admin_words=words,
        partner_kinds=tuple(PartnerKind),
        **context,
    )
