"""The page on which anybody reads the keys of random selection."""

from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from portal.access import Permission
from portal.pages import Pages
from portal.views import Draws


class SelectionPages(Controller):
    path = "/selection"
    opt = {"need": Permission.SEE_PUBLIC_PAGES}  # noqa: RUF012

    @get(name="selection-keys", sync_to_thread=True)
    def keys_page(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        draws: NamedDependency[Draws],
        before: FromQuery[date | None] = None,
    ) -> Response[str]:
        """Show the days, newest first: what was published of each key before its day, and the key after it."""
        return pages.answer(request, "selection/keys.html", found=draws.days(before))
