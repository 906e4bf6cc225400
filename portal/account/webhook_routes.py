"""The pages of webhooks: the list, and one endpoint with what was sent to it."""

from typing import Final

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from portal.access import Permission
from portal.account import words
from portal.account.routes import REFUSED, SEE_OTHER, PersonRequest, Sent
from portal.account.service import Account, AccountRefused
from portal.pages import Pages

ENDPOINT: Final = "/{endpoint:str}"


class WebhookPages(Controller):
    path = "/account/webhooks"
    opt = {"need": Permission.KEEP_ACCOUNT}  # noqa: RUF012

    @get(name="webhooks", sync_to_thread=True)
    def list_page(
        self, request: PersonRequest, pages: NamedDependency[Pages], account: NamedDependency[Account]
    ) -> Response[str]:
        return self._list(request, pages, account, "", None)

    @post(name="add-webhook", sync_to_thread=True)
    def add(
        self,
        request: PersonRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        account: NamedDependency[Account],
    ) -> Response[str]:
        """Add an endpoint and show its secret, this once."""
        url = data.get("url", "")
        try:
            made = account.add_endpoint(request.user, url)
        except AccountRefused as refused:
            return self._list(request, pages, account, url, refused)
        return pages.answer(request, "account/secret.html", endpoint=made, rotated=False, status=201)

    @get(ENDPOINT, name="webhook", sync_to_thread=True)
    def endpoint_page(
        self,
        request: PersonRequest,
        endpoint: FromPath[str],
        pages: NamedDependency[Pages],
        account: NamedDependency[Account],
    ) -> Response[str]:
        found = account.endpoint(request.user, endpoint)
        if found is None:
            raise NotFoundException
        return pages.answer(
            request, "account/webhook.html", page=found, endpoint=found.endpoint, now=account.now(), account_words=words
        )

    @post(f"{ENDPOINT}/rotate", name="rotate-secret", sync_to_thread=True)
    def rotate(
        self,
        request: PersonRequest,
        endpoint: FromPath[str],
        pages: NamedDependency[Pages],
        account: NamedDependency[Account],
    ) -> Response[str]:
        """Give the endpoint a new secret and show it, this once."""
        found = account.rotate(request.user, endpoint)
        if found is None:
            raise NotFoundException
        return pages.answer(request, "account/secret.html", endpoint=found, rotated=True, status=201)

    @post(f"{ENDPOINT}/test", name="test-webhook", sync_to_thread=True)
    def test(self, request: PersonRequest, endpoint: FromPath[str], account: NamedDependency[Account]) -> Redirect:
        return _back(request, endpoint, account.test(request.user, endpoint))

    @post(f"{ENDPOINT}/enable", name="enable-webhook", sync_to_thread=True)
    def enable(self, request: PersonRequest, endpoint: FromPath[str], account: NamedDependency[Account]) -> Redirect:
        return _back(request, endpoint, account.switch(request.user, endpoint, on=True))

    @post(f"{ENDPOINT}/disable", name="disable-webhook", sync_to_thread=True)
    def disable(self, request: PersonRequest, endpoint: FromPath[str], account: NamedDependency[Account]) -> Redirect:
        return _back(request, endpoint, account.switch(request.user, endpoint, on=False))

    @post(f"{ENDPOINT}/remove", name="remove-webhook", sync_to_thread=True)
    def remove(self, request: PersonRequest, endpoint: FromPath[str], account: NamedDependency[Account]) -> Redirect:
        if not account.remove(request.user, endpoint):
            raise NotFoundException
        return Redirect(request.app.route_reverse("webhooks"), status_code=SEE_OTHER)

    def _list(
        self, request: PersonRequest, pages: Pages, account: Account, url: str, refused: AccountRefused | None
    ) -> Response[str]:
        return pages.answer(
            request,
            "account/webhooks.html",
            status=REFUSED if refused else 200,
            endpoints=account.endpoints(request.user),
            url=url,
            refused=refused,
            account_words=words,
        )


def _back(request: PersonRequest, endpoint: str, found: bool) -> Redirect:
    if not found:
        raise NotFoundException
    return Redirect(request.app.route_reverse("webhook", endpoint=endpoint), status_code=SEE_OTHER)
