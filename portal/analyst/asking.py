"""What the routes of the analyst's desk share: how a page knows its analyst, and how refusals are shown."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import State

from portal.analyst import words as analyst_words
from portal.analyst.forms import Wrong
from portal.analyst.telling import told
from portal.pages import Pages, language_of
from portal.views import SignedIn
from risk_gateway.catalog import fields
from risk_gateway.errors import MoveRefused, RiskGatewayError
from risk_gateway.instructions import instruction_in

SEE_OTHER: Final = 303
UNPROCESSABLE: Final = 422
AnalystRequest = Request[SignedIn, None, State]


def show(
    request: AnalystRequest,
    pages: Pages,
    template: str,
    *,
    wrong: Sequence[Wrong] = (),
    status: int = 0,
    **context: Any,
) -> Response[str]:
    """Return a page; with something wrong it is 422, and says so at the top and beside the fields."""
    language = language_of(request)
    beside: dict[str, str] = {}
    for each in wrong:
        beside.setdefault(each.field, each.text.into(language))
    return pages.answer(
        request,
        f"analyst/{template}",
        status=status or (UNPROCESSABLE if wrong else 200),
        wrong=[(each.field, each.text.into(language)) for each in wrong],
        beside=beside,
        word=partial(_word, language),
        instruction=partial(instruction_in, language),
        fact_names={name: field.label.into(language) for name, field in fields().items()},
        **context,
    )


def _word(language: str, name: str, code: object) -> str:
    return analyst_words.word(name, code, language)


def refusals(error: RiskGatewayError, field: str = "") -> list[Wrong]:
    """Return what a refusal says, and what is wrong with the profile itself."""
    problems = error.problems if isinstance(error, MoveRefused) else ()
    return [Wrong(field, told(error)), *(Wrong(field, told(problem)) for problem in problems)]
