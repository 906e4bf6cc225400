"""The pages of payments: a participant's own, and an officer's over all."""

from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect

from portal.access import Permission
from portal.ledger.errors import LedgerRefused
from portal.ledger.forms import SEE_OTHER, PersonRequest, one, show, tiyn_of
from portal.ledger.service import Payments
from portal.ledger.sheets import as_workbook
from portal.pages import Pages, file_answer, go, language_of

SEARCH_MOST = 60
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Sent = URLEncodedBody[dict[str, str]]


class PaymentPages(Controller):
    path = "/payments"
    opt = {"need": Permission.SEE_LEDGER}  # noqa: RUF012

    @get(name="payments", sync_to_thread=True)
    def own(
        self, request: PersonRequest, pages: NamedDependency[Pages], payments: NamedDependency[Payments]
    ) -> Response[str]:
        """Show what is due, the balance, securities and what has happened."""
        return show(request, pages, payments, "own.html", {}, page=payments.own(request.user))

    @get("/document", name="payment", sync_to_thread=True)
    def document(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        payments: NamedDependency[Payments],
        number: FromQuery[str] = "",
    ) -> Response[str] | Redirect:
        """Show what a document owes by payment code, and each entry about it."""
        if not number:
            return go(request, "payments")
        page = payments.own_document(request.user, number[:SEARCH_MOST])
        return show(request, pages, payments, "document.html", {}, page=page, official=False)

    @get("/notice", name="payment-notice", sync_to_thread=True)
    def notice(
        self, request: PersonRequest, payments: NamedDependency[Payments], sequence: FromQuery[str] = ""
    ) -> Response[bytes] | Redirect:
        """Give a sealed notice."""
        if not sequence.isdecimal() or len(sequence) > 18:
            return go(request, "payments")
        return file_answer(payments.own_notice(request.user, int(sequence)), f"payment-notice-{sequence}.xml")

    @get("/statement", name="payments-file", sync_to_thread=True)
    def statement(self, request: PersonRequest, payments: NamedDependency[Payments]) -> Response[bytes]:
        """Give the history as a workbook."""
        page = payments.own(request.user)
        content = as_workbook(page.history, language_of(request))
        return file_answer(content, f"payments-{page.holder}.xlsx", WORKBOOK)

    @post("/refunds", name="ask-refund", status_code=SEE_OTHER, sync_to_thread=True)
    def ask_refund(
        self,
        request: PersonRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        payments: NamedDependency[Payments],
    ) -> Response[str] | Redirect:
        """Ask for prepaid money back."""
        try:
            payments.ask_refund(request.user, tiyn_of(one(data, "amount")), one(data, "account"), one(data, "reason"))
        except LedgerRefused as refused:
            return show(request, pages, payments, "own.html", data, refused, page=payments.own(request.user))
        return go(request, "payments")


class LedgerPages(Controller):
    path = "/ledger"
    opt = {"need": Permission.KEEP_LEDGER}  # noqa: RUF012

    @get(name="ledger", sync_to_thread=True)
    def desk(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        payments: NamedDependency[Payments],
        search: FromQuery[str] = "",
    ) -> Response[str]:
        """Show debts, refunds and payments that wait for somebody."""
        return _desk(request, pages, payments, {"search": search[:SEARCH_MOST]})

    @get("/holder", name="ledger-holder", sync_to_thread=True)
    def holder(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        payments: NamedDependency[Payments],
        number: FromQuery[str] = "",
    ) -> Response[str] | Redirect:
        """Show how somebody stands."""
        if not number:
            return go(request, "ledger")
        page = payments.holder(request.user, number[:SEARCH_MOST])
        return show(request, pages, payments, "holder.html", {}, page=page)

    @get("/document", name="ledger-document", sync_to_thread=True)
    def document(
        self,
        request: PersonRequest,
        pages: NamedDependency[Pages],
        payments: NamedDependency[Payments],
        number: FromQuery[str] = "",
    ) -> Response[str] | Redirect:
        """Show what a document owes."""
        if not number:
            return go(request, "ledger")
        page = payments.document(request.user, number[:SEARCH_MOST])
        return show(request, pages, payments, "document.html", {}, page=page, official=True)

    @post("/refunds", name="move-refund", status_code=SEE_OTHER, sync_to_thread=True)
    def move_refund(
        self,
        request: PersonRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        payments: NamedDependency[Payments],
    ) -> Response[str] | Redirect:
        """Propose, approve or refuse a refund."""
        number, step = one(data, "number"), one(data, "step")
        try:
            if step == "propose":
                payments.propose(request.user, number)
            else:
                payments.decide(request.user, number, approved=step == "approve", text=one(data, "reason"))
        except LedgerRefused as refused:
            return _desk(request, pages, payments, data, refused)
        return go(request, "ledger")

    @post("/payments", name="allocate-payment", status_code=SEE_OTHER, sync_to_thread=True)
    def allocate(
        self,
        request: PersonRequest,
        data: Sent,
        pages: NamedDependency[Pages],
        payments: NamedDependency[Payments],
    ) -> Response[str] | Redirect:
        """Say whose a payment is."""
        holder = one(data, "holder")
        try:
            payments.allocate(request.user, one(data, "payment"), holder)
        except LedgerRefused as refused:
            return _desk(request, pages, payments, data, refused)
        return go(request, "ledger-holder", "?" + urlencode({"number": holder}))


def _desk(
    request: PersonRequest,
    pages: Pages,
    payments: Payments,
    given: dict[str, str],
    refused: LedgerRefused | None = None,
) -> Response[str]:
    work = payments.desk(one(given, "search"))
    return show(request, pages, payments, "desk.html", given, refused, work=work)
