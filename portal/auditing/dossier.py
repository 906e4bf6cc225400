"""One declaration's papers, and what can be worked out of them without believing anything else that is stored."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, overload

from lxml import etree
from msgspec.structs import replace

from declarations import lifecycle, schema, tariff, xml
from declarations.model import Declaration
from declarations.participants import Authority, authority
from declarations.reference import Codes
from declarations.store import Key, Stored
from declarations.tariff import Payables
from interop.notices import Registered, decision_notice
from portal.auditing.archive import Archive, Attested, Papers, StoredDecision, StoredMessage
from portal.entry import STATUS_AFTER
from risk_gateway import canonical, facts
from risk_gateway.days import day_of
from risk_gateway.decision import decide
from risk_gateway.knowledge import ready
from risk_gateway.model import Assessment, Case, Decision, HeaderFacts, ItemFacts, Knowledge, ParticipantFacts
from risk_gateway.packing import unpack
from risk_gateway.replay import assess_anew
from risk_gateway.transit_facts import facts_of
from signing import journal, verify, xmlgate
from signing.holders import Sealer, Signer
from signing.journal_check import Entry, EntryRow, read_entry
from signing.verdict import Report, judge_signature
from signing.verify import VerifiedSignature

Value = TypeVar("Value")

# What no declaration tells of itself: taken from the stored case. See risk_gateway/facts.py.
OF_PARTICIPANTS = (
    "declarant_category",
    "declarant_age_months",
    "declarant_declarations",
    "declarant_violations_24_months",
    "declarant_amendments_after_notice",
    "declarant_exports_without_exit",
    "invoice_reused",
    "control_pending",
    "full_control_pending",
    "agent_category",
    "agent_violations_24_months",
    "agent_declarations",
    "carrier_non_deliveries_24_months",
)
OF_PARTICIPANTS_GOODS = (
    "certificate_exceeded",
    "certificate_unknown",
    "first_commodity",
    "first_origin",
    "exact_precedent",
)


class Unfounded(Exception):
    """A check cannot be made: what it stands on is missing or broken, which another check has told."""


class ground(Generic[Value]):
    """What checks stand on, worked out once. The check that asks first meets the error, later ones `Unfounded`."""

    def __init__(self, work: Callable[[Any], Value]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, dossier: None, owner: type) -> "ground[Value]": ...

    @overload
    def __get__(self, dossier: "Dossier", owner: type) -> Value: ...

    def __get__(self, dossier: "Dossier | None", owner: type) -> "Value | ground[Value]":
        if dossier is None:
            return self
        name = self._work.__name__
        if name not in dossier.worked_out:
            dossier.worked_out[name] = None
            dossier.worked_out[name] = (self._work(dossier),)
        if dossier.worked_out[name] is None:
            raise Unfounded(name)
        value: Value = dossier.worked_out[name][0]
        return value


class Dossier:
    """Of one version of a declaration: what is stored, and what can be worked out of it, when a check first asks."""

    def __init__(self, key: Key, archive: Archive) -> None:
        self.key = key
        self.archive = archive
        self.worked_out: dict[str, Any] = {}

    # --- what is stored ---------------------------------------------------------------------------------------------

    @ground
    def papers(self) -> Papers:
        return self.archive.papers(self.key)

    @property
    def stored(self) -> Stored:
        return self.papers.stored

    @property
    def kept(self) -> StoredDecision:
        return _there(self.papers.decision)

    @property
    def row(self) -> EntryRow:
        return _there(self.papers.entry)

    @property
    def message(self) -> StoredMessage:
        return _there(self.papers.message)

    # --- the journal ------------------------------------------------------------------------------------------------

    @ground
    def entry(self) -> Entry:
        """What the entry at the declaration's journal index says. Raises ValueError when it is not canonical."""
        return read_entry(self.row[3])

    @ground
    def attested(self) -> Attested:
        return self.archive.attested(self.stored.sequence)

    @ground
    def included(self) -> bool:
        """Whether a path leads from the entry to the root of the tree."""
        leaf = journal.leaf_hash(self.row[3])
        attested = self.attested
        return journal.includes(attested.root, attested.size, self.stored.sequence, leaf, attested.path)

    # --- the document -----------------------------------------------------------------------------------------------

    @ground
    def data(self) -> bytes:
        """The bytes as received."""
        return unpack(_there(self.papers.document))

    @ground
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @ground
    def document(self) -> xmlgate.Document:
        return xmlgate.open_document(self.data)

    @ground
    def defects(self) -> tuple[str, ...]:
        """The codes of what the schema refuses; read before the signature is taken out of the tree."""
        return tuple(defect.code for defect in schema.validate(self.document.root))

    @ground
    def signature(self) -> VerifiedSignature:
        if self.defects:
            raise Unfounded("schema")
        return verify.verify(self.document)

    @ground
    def reports(self) -> tuple[Report, ...]:
        """What can be said of each signature, at the moment that a time-stamp proves, or else at receipt."""
        at = self._proven_at
        moment = at or self.stored.received_at
        return judge_signature(self.data, self.archive.trust(moment), moment, at)

    @property
    def recorded_verdict(self) -> str | None:
        """The verdict in the journal's entry, None where there is no entry to read."""
        try:
            return self.entry.particulars.get("signature")
        except Unfounded:
            return None

    @ground
    def signer(self) -> Signer:
        signer = self.reports[-1].signer
        if not isinstance(signer, Signer):
            raise Unfounded("signer")
        return signer

    @ground
    def declaration(self) -> Declaration:
        """What was signed, read from the signed tree only."""
        return xml.read(self.signature.root)

    @ground
    def granted(self) -> Authority:
        """The right under which it was signed, by the powers of attorney of that day. Raises `NotAuthorised`."""
        signer, declarant = self.signer, self.declaration.declarant.identifier
        givers = sorted({party for party in (declarant and declarant.value, signer.bin) if party})
        powers = self.archive.powers(givers, self.stored.sequence)
        day = day_of(self.stored.received_at)
        return authority(self.declaration, signer.iin, signer.bin, signer.may_sign_for_organisation, powers, day)

    # --- what is owed -----------------------------------------------------------------------------------------------

    @ground
    def codes(self) -> Codes:
        """The reference data of the day of receipt, with the tariff in force at acceptance."""
        day = day_of(self.stored.received_at)
        return self.archive.reference(self.stored.accepted_at).on(day)

    @ground
    def payables(self) -> Payables:
        return tariff.payable(self.declaration, self.codes)

    # --- the decision -----------------------------------------------------------------------------------------------

    @ground
    def knowledge(self) -> Knowledge | None:
        return self.archive.knowledge(self.kept.knowledge_version)

    @ground
    def case(self) -> Case:
        """The case as stored."""
        return canonical.loads(unpack(self.kept.case), Case)

    @ground
    def gathered(self) -> Case:
        """The case as the declaration gives it; only what concerns the participants is the stored one's.

        Raises `Unfounded` for a case that was gathered by other rules than today's: they would give other facts.
        """
        if self.case.facts_version != facts.FACTS_VERSION:
            raise Unfounded("facts of other rules")
        case, granted, known, declaration = self.case, self.granted, self.known, self.declaration
        stake, day = tariff.at_stake(declaration, self.payables, self.codes), day_of(self.stored.received_at)
        transit = declaration.type_code == tariff.TRANSIT
        declarant = ParticipantFacts(
            granted.declarant,
            case.header.declarant_category,
            partner_facts=case.partner_facts,
            register_facts=case.register_facts,
        )
        agent = ParticipantFacts(granted.agent, case.header.declarant_category) if granted.agent else None
        made = facts.gather(
            declaration,
            stake,
            declarant,
            agent,
            known.reference_values,
            self.stored.received_at,
            self.digest,
            load=case.load,
            earlier=case.earlier,
            published=self.codes.published,
            delivery=lambda: facts_of(declaration, stake, self.codes, None, day) if transit else {},
        )
        header: HeaderFacts = replace(made.header, **{name: getattr(case.header, name) for name in OF_PARTICIPANTS})
        items: tuple[ItemFacts, ...] = tuple(
            replace(item, **{name: getattr(stored, name) for name in OF_PARTICIPANTS_GOODS})
            for item, stored in zip(made.items, case.items, strict=True)
        )
        return replace(made, header=header, items=items)

    @ground
    def known(self) -> Knowledge:
        """The knowledge, where it is what its version says. Raises `KnowledgeTampered`."""
        if self.knowledge is None:
            raise Unfounded("knowledge")
        return ready(self.knowledge).knowledge

    @ground
    def assessment(self) -> Assessment:
        """The assessment anew: where the stored one stopped for lack of time, this one stops too."""
        return assess_anew(self.case, unpack(self.kept.assessment), self.known)

    @ground
    def decision(self) -> Decision:
        """The decision anew, from the assessment anew."""
        return decide(self.assessment, self.case, self.known)

    @ground
    def stored_decision(self) -> Decision:
        return canonical.loads(unpack(self.kept.decision), Decision)

    # --- the notice -------------------------------------------------------------------------------------------------

    @ground
    def notice(self) -> bytes:
        return unpack(self.kept.notice)

    @ground
    def seal(self) -> VerifiedSignature:
        return verify.verify(xmlgate.open_document(self.notice))

    @ground
    def seal_reports(self) -> tuple[Report, ...]:
        at = self._proven_at
        moment = at or self.stored.accepted_at
        return judge_signature(self.notice, self.archive.trust(moment), moment, at, seal=True)

    @ground
    def sealer(self) -> Sealer:
        sealer = self.seal_reports[-1].signer
        if not isinstance(sealer, Sealer):
            raise Unfounded("sealer")
        return sealer

    @property
    def due_status(self) -> lifecycle.Status:
        """The status that follows from the stored decision, and of a correction from what was done before too."""
        if self.key.version > 1:
            return lifecycle.Status(self.entry.particulars["status"])
        return lifecycle.Status(STATUS_AFTER[self.stored_decision.outcome])

    @ground
    def versions(self) -> tuple[Stored, ...]:
        """Every version of this declaration, oldest first."""
        return self.archive.versions(self.stored.registration_number)

    @ground
    def due_notice(self) -> etree._Element:
        """The notice that is due for what is stored of declaration and decision."""
        stored, decision = self.stored, self.stored_decision
        registered = Registered(
            registration_number=stored.registration_number,
            functional_reference_id=stored.key.functional_reference_id,
            version=stored.key.version,
            declarant=stored.key.declarant,
            status=self.due_status.value,
            code=lifecycle.move(lifecycle.Status.ACCEPTED, lifecycle.Status(STATUS_AFTER[decision.outcome])).notice
            or "",
            digest=stored.digest,
            received_at=stored.received_at.astimezone(UTC),
            accepted_at=stored.accepted_at.astimezone(UTC),
            journal_index=stored.sequence,
        )
        return etree.fromstring(decision_notice(registered, decision))

    @property
    def _proven_at(self) -> datetime | None:
        """When a time-stamp proves that the entry, which holds the digests of what was signed, was there."""
        try:
            return self.attested.at if self.included else None
        except Unfounded:
            return None


def _there(paper: Value | None) -> Value:
    """Return the paper. Raises `Unfounded` when there is none, which the check `papers` tells."""
    if paper is None:
        raise Unfounded("papers")
    return paper
