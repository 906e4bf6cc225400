"""Which adapter speaks to which kind of partner, and which kind keeps which register: one line each."""

from collections.abc import Mapping
from typing import Protocol

from interop.adapters.foreign_customs import client as foreign_customs
from interop.adapters.law_enforcement import client as law_enforcement
from interop.adapters.tax_service import client as tax_service
from interop.calls import Answered, Query, Reply, Request
from interop.partners import PartnerKind
from risk_gateway.bases.partner_facts.model import Question
from risk_gateway.bases.registers.model import Register


class Adapter(Protocol):
    """What every client can do; all of it raises `NotUnderstood`."""

    @property
    def QUESTIONS(self) -> tuple[Question, ...]: ...

    def ask(self, query: Query) -> Request: ...

    def read(self, query: Query, reply: Reply) -> tuple[Answered, ...]: ...


ADAPTERS: Mapping[PartnerKind, Adapter] = {
    PartnerKind.TAX_SERVICE: tax_service,
    PartnerKind.LAW_ENFORCEMENT: law_enforcement,
    PartnerKind.FOREIGN_CUSTOMS: foreign_customs,
}
KEEPERS: Mapping[PartnerKind, Register] = {
    PartnerKind.PERMIT_REGISTER: Register.PERMIT,
    PartnerKind.CURRENCY_REGISTER: Register.CURRENCY_CONTRACT,
}
