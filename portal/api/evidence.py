"""Signatures and evidence of a declaration, for its parties: the reports as JSON, and the bundle to verify offline."""

from typing import Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency

from portal.access import Permission
from portal.addresses import ADDRESS, DECLARATION, Address
from portal.api.documenting import JSON, read_operation
from portal.api.routes import ApiRequest, find_stored, language_of
from portal.errors import NotFound
from portal.office import Office
from portal.signatures import examine, write_evidence
from portal.views import SignaturesPage


class EvidenceApi(Controller):
    path = "/api/v1/declarations"
    opt = {"need": Permission.READ_DECLARATIONS}  # noqa: RUF012
    dependencies = ADDRESS

    @get(
        f"{DECLARATION}/signatures",
        sync_to_thread=True,
        operation_class=read_operation(JSON),
        summary="Read the reports on a declaration's signatures",
    )
    def signatures(
        self,
        request: ApiRequest,
        the_office: NamedDependency[Office],
        address: NamedDependency[Address],
    ) -> Response[bytes]:
        """Return a report on every signature of the declaration and on the seal of its notice, and what proves them.

        Indications are those of ETSI EN 319 102-1; a signature that does not verify is an answer with status 200.
        """
        stored = find_stored(request, the_office, address.number)
        body = as_json(examine(the_office, stored), language_of(request))
        return Response(msgspec.json.encode(body), media_type="application/json")

    @get(
        f"{DECLARATION}/evidence",
        sync_to_thread=True,
        operation_class=read_operation(JSON),
        summary="Read the evidence bundle of a decision",
    )
    def evidence(
        self,
        request: ApiRequest,
        the_office: NamedDependency[Office],
        address: NamedDependency[Address],
    ) -> Response[bytes]:
        """Return the file that `shekara verify --evidence` reads; 404 while no time-stamp covers the decision."""
        bundle = write_evidence(the_office, find_stored(request, the_office, address.number))
        if bundle is None:
            raise NotFound("evidence.not_stamped", number=address.number)
        name = address.file("evidence", "json")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(bundle, media_type="application/json", headers=headers)


def as_json(page: SignaturesPage, language: str) -> dict[str, Any]:
    """Return what is known of the signatures for the wire; texts in kk, ru or en."""
    journal = page.journal
    stamp, trouble = journal.stamp, journal.trouble
    return {
        "registration_number": page.registration_number,
        "digest": page.digest,
        "received_at": page.received_at,
        "accepted_at": page.accepted_at,
        "judged_at": page.judged_at,
        "existed_at": page.existed_at,
        "declaration": [report.as_json(language) for report in page.signatures],
        "notice": [report.as_json(language) for report in page.seals],
        "journal": {
            "index": journal.index,
            "recorded": journal.recorded,
            "signer": journal.signer,
            "checkpoint": {"size": journal.size, "signed_at": journal.signed_at} if journal.size else None,
            "time_stamp": {"at": stamp.at, "authority": stamp.name, "serial": stamp.serial} if stamp else None,
            "parts": [
                {
                    "part": each.part,
                    "outcome": each.outcome,
                    "code": each.error.code if each.error else None,
                    "text": each.error.text(language) if each.error else None,
                }
                for each in journal.parts
            ],
            "code": trouble.code if trouble else None,
            "text": trouble.texts[language] if trouble else None,
        },
    }
