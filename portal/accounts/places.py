"""Where people are sent: within the portal only, and first to where their role has work."""

from typing import Final
from urllib.parse import SplitResult, urlsplit

from litestar.exceptions import NoRouteMatchFoundException

from portal.access import Permission, may
from portal.accounts.sessions import Keeper
from portal.pages import AnyRequest
from portal.views import SignedIn

SEE_OTHER: Final = 303
# The first place for which a person has the right is where they begin.
_WORK: Final = (
    (Permission.READ_DECLARATIONS, "declarations"),
    (Permission.WORK_CASES, "worklist"),
    (Permission.STEER_RISK, "needs-you"),
    (Permission.AUDIT, "audits"),
    (Permission.KEEP_REGISTRY, "registry"),
    (Permission.INSPECT_PASSENGERS, "passengers"),
    (Permission.CARRY, "own-movements"),
    (Permission.ADMINISTER, "administration"),
)


def secret_of(request: AnyRequest, keeper: Keeper) -> str | None:
    return request.cookies.get(keeper.cookie_name)


def first_page(request: AnyRequest, person: SignedIn) -> str:
    """Return where somebody of this role begins."""
    for need, name in _WORK:
        if may(person, need):
            try:
                return request.app.route_reverse(name)
            except NoRouteMatchFoundException:
                continue
    return "/"


def shown_before(request: AnyRequest) -> SplitResult | None:
    """Return the address of the page that sent a request, None where the browser says nothing that is one."""
    try:
        return urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None


def local_address(given: str) -> str:
    """Return the address when it lies within the portal, else the first page."""
    safe = given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable()
    return given if safe else "/"
