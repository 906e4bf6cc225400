"""The page of a change of a partner that takes a second administrator."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from interop.partners import read_key
from portal.access import Permission
from portal.errors import NotFound
from portal.pages import Pages, go, language_of
from portal.partners.errors import Refused
from portal.partners.proposing import opens
from portal.partners.sample import preview
from portal.partners.service import PartnerDesk
from portal.partners.showing import PROPOSAL, SEE_OTHER, Desk, OfficialRequest, Shown, show
from risk_gateway.bases.violations.kinds import kinds


class ProposalPages(Controller):
    path = "/administration/partners/{partner:str}/proposal"
    opt = {"need": Permission.ADMINISTER}  # noqa: RUF012

    @get(name=PROPOSAL, sync_to_thread=True)
    def proposal(
        self, request: OfficialRequest, partner: FromPath[str], pages: Shown, partner_desk: Desk
    ) -> Response[str]:
        """Show a change that waits for a second administrator: what is, what shall be, and what that opens."""
        return _proposal(request, pages, partner_desk, partner)

    @post("/confirm", name="confirm-proposal", status_code=SEE_OTHER, sync_to_thread=True)
    def confirm(
        self, request: OfficialRequest, partner: FromPath[str], pages: Shown, partner_desk: Desk
    ) -> Response[str] | Redirect:
        """Put the change into force."""
        try:
            partner_desk.confirm(request.user, partner)
        except Refused as refused:
            return _proposal(request, pages, partner_desk, partner, refused)
        return go(request, "partner", partner=partner)

    @post("/decline", name="decline-proposal", status_code=SEE_OTHER, sync_to_thread=True)
    def decline(
        self, request: OfficialRequest, partner: FromPath[str], pages: Shown, partner_desk: Desk
    ) -> Response[str] | Redirect:
        """Leave the partner as it is."""
        try:
            partner_desk.decline(request.user, partner)
        except Refused as refused:
            return _proposal(request, pages, partner_desk, partner, refused)
        return go(request, "partner", partner=partner)


def _proposal(
    request: OfficialRequest,
    pages: Pages,
    partner_desk: PartnerDesk,
    identifier: str,
    refused: Refused | None = None,
) -> Response[str]:
    shown = partner_desk.shown(identifier)
    if shown.proposal is None:
        raise NotFound("request.not_found")
    before, after, language = shown.listed.partner, shown.proposal.partner, language_of(request)
    return show(
        request,
        pages,
        "proposal.html",
        {},
        refused,
        shown=shown,
        partner=before,
        after=after,
        opened=opens(before, after),
        own=shown.proposal.by_iin == request.user.iin,
        prints=[(read_key(pem).id, pem not in before.keys) for pem in after.keys],
        kind_name=lambda code: kinds()[code].words.into(language),
        leaving=preview(after.policy),
    )
