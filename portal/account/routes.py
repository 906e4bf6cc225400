"""The pages of the own account: record, API tokens, and what the organisation was told."""

from typing import Final

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.account import words
from portal.account.service import LABEL_MAX, LIFETIMES, Account, AccountRefused
from portal.pages import Pages, file_answer, wants_fragment
from portal.views import SignedIn
from risk_gateway.bases.violations.kinds import words_of
from risk_gateway.bases.violations.law import law_in_words

SEE_OTHER: Final = 303
REFUSED: Final = 422
_LIFETIME_SHOWN: Final = 90

PersonRequest = Request[SignedIn, None, State]
Sent = URLEncodedBody[dict[str, str]]


class RecordPages(Controller):
    path = "/account"
    opt = {"need": Permission.KEEP_ACCOUNT}  # noqa: RUF012

    @get(name="account", sync_to_thread=True)
    def record(
        self, request: PersonRequest, pages: NamedDependency[Pages], account: NamedDependency[Account]
    ) -> Response[str]:
        """Show what customs holds on record of the organisation."""
        return pages.answer(
            request,
            "account/record.html",
            record=account.record(request.user),
            endpoints=account.endpoints(request.user),
            account_words=words,
            kind_words=words_of,
            law_in_words=law_in_words,
        )


class TokenPages(Controller):
    path = "/account/tokens"
    opt = {"need": Permission.KEEP_ACCOUNT}  # noqa: RUF012

    @get(name="tokens", sync_to_thread=True)
    def list_page(
        self, request: PersonRequest, pages: NamedDependency[Pages], account: NamedDependency[Account]
    ) -> Response[str]:
        return self._page(request, pages, account, {})

    @post(name="issue-token", sync_to_thread=True)
    def issue(
        self,
        request: PersonRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        account: NamedDependency[Account],
    ) -> Response[str]:
        """Issue a token and show it, this once: it is kept nowhere, so the answer is the page itself."""
        days = data.get("days", "")
        try:
            made = account.issue_token(request.user, data.get("label", ""), int(days) if days.isdecimal() else 0)
        except AccountRefused as refused:
            return self._page(request, pages, account, data, refused)
        return pages.answer(request, "account/shown_once.html", token=made, label=data["label"].strip(), status=201)

    @post("/{token:str}/revoke", name="revoke-token", sync_to_thread=True)
    def revoke(self, request: PersonRequest, token: FromPath[str], account: NamedDependency[Account]) -> Redirect:
        """Revoke a token; one that is revoked already stays so."""
        if not account.revoke_token(request.user, token) and token not in {
            each.id for each in account.tokens(request.user)
        }:
            raise NotFoundException
        return _to(request, "tokens")

    def _page(
        self,
        request: PersonRequest,
        pages: Pages,
        account: Account,
        sent: dict[str, str],
        refused: AccountRefused | None = None,
    ) -> Response[str]:
        return pages.answer(
            request,
            "account/tokens.html",
            status=REFUSED if refused else 200,
            tokens=account.tokens(request.user),
            now=account.now(),
            sent=sent,
            refused=refused,
            lifetimes=LIFETIMES,
            chosen=sent.get("days", str(_LIFETIME_SHOWN)),
            label_max=LABEL_MAX,
            account_words=words,
        )


class NotificationPages(Controller):
    path = "/account/notifications"
    opt = {"need": Permission.KEEP_ACCOUNT}  # noqa: RUF012

    @get(name="notifications", sync_to_thread=True)
    def log_page(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        account: NamedDependency[Account],
        before: FromQuery[int | None] = None,
        sent: FromQuery[int | None] = None,
    ) -> Response[str]:
        """Show what the organisation was told, newest first; with htmx only a page of it."""
        template = "account/_notifications.html" if wants_fragment(request) else "account/notifications.html"
        return pages.answer(
            request,
            template,
            log=account.log(request.user, before),
            before=before,
            sent=sent,
            account_words=words,
        )

    @get("/notice", name="sent-notice", sync_to_thread=True)
    def notice(
        self, request: PersonRequest, account: NamedDependency[Account], message: FromQuery[str] = ""
    ) -> Response[bytes]:
        """Send a sealed notice again as it was sent, as a file."""
        found = account.notice(request.user, message)
        if found is None:
            raise NotFoundException
        kept, content = found
        return file_answer(content, f"notice-{kept.subject.replace('/', '-')}-{kept.sequence}.xml")

    @post("/resend", name="resend", sync_to_thread=True)
    def resend(self, request: PersonRequest, data: Sent, account: NamedDependency[Account]) -> Redirect:
        """Send a notice to the own webhooks again."""
        to = account.resend(request.user, data.get("message", ""))
        if to is None:
            raise NotFoundException
        before = data.get("before", "")
        address = request.app.route_reverse("notifications")
        page = f"&before={before}" if before.isdecimal() else ""
        return Redirect(f"{address}?sent={to}{page}", status_code=SEE_OTHER)


def _to(request: PersonRequest, name: str) -> Redirect:
    return Redirect(request.app.route_reverse(name), status_code=SEE_OTHER)
