"""The dossier of an audit: charts with their tables, and the question to the tax service."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from portal.access import Permission
from portal.audits.dossiers import Dossiers
from portal.audits.forms import SEE_OTHER, PersonRequest
from portal.audits.pictures import pictures_of
from portal.pages import Pages, go, language_of


class DossierPages(Controller):
    path = "/audits/{number:str}/dossier"
    opt = {"need": Permission.AUDIT}  # noqa: RUF012

    @get(name="audit-dossier", sync_to_thread=True)
    def dossier(
        self,
        request: PersonRequest,
        number: FromPath[str],
        pages: NamedDependency[Pages],
        dossiers: NamedDependency[Dossiers],
    ) -> Response[str]:
        """Show years of declarations, held against peers and other sources."""
        found = dossiers.open(request.user, number)
        charts = pictures_of(found, language_of(request))
        return pages.answer(request, "audits/dossier.html", number=number, dossier=found, charts=charts)

    @post("/sources", name="ask-for-dossier", status_code=SEE_OTHER, sync_to_thread=True)
    def ask(self, request: PersonRequest, number: FromPath[str], dossiers: NamedDependency[Dossiers]) -> Redirect:
        """Ask the tax service what was returned and invoiced."""
        dossiers.ask(request.user, number)
        return go(request, "audit-dossier", number=number)
