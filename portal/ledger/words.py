"""Words of the pages of payments in English; templates/texts/ has the other two languages."""

from collections.abc import Mapping

from declarations.ledger.model import DEMANDED_CODE, INTEREST_CODE, AccountKind, ClaimKind, EntryKind
from declarations.ledger.refund_store import State
from portal.languages import marked as _

ENTRIES: Mapping[EntryKind, str] = {
    EntryKind.CHARGED: _("Charged"),
    EntryKind.ADJUSTED: _("Amount changed"),
    EntryKind.RECEIVED: _("Payment received"),
    EntryKind.SETTLED: _("Paid from the balance"),
    EntryKind.OVERDUE: _("Not paid in time: became debt"),
    EntryKind.INTEREST: _("Interest added"),
    EntryKind.HELD: _("Security held"),
    EntryKind.RELEASED: _("Security given back"),
    EntryKind.FORFEITED: _("Security taken for what was owed"),
    EntryKind.REFUND_APPROVED: _("Refund approved"),
    EntryKind.REFUND_PAID: _("Refund paid out"),
    EntryKind.ALLOCATED: _("Payment assigned to its payer"),
}
ACCOUNTS: Mapping[AccountKind, str] = {
    AccountKind.BANK: _("Bank"),
    AccountKind.PREPAID: _("Balance"),
    AccountKind.UNALLOCATED: _("Not assigned"),
    AccountKind.PAYABLE: _("To pay"),
    AccountKind.DEBT: _("Debt"),
    AccountKind.INTEREST: _("Interest"),
    AccountKind.SECURITY: _("Security"),
    AccountKind.GUARANTOR: _("Guarantee on paper"),
    AccountKind.REFUND: _("Refund"),
    AccountKind.BUDGET: _("State budget"),
}
CLAIMS: Mapping[ClaimKind, str] = {
    ClaimKind.DECLARATION: _("Declaration"),
    ClaimKind.CRO: _("Customs receipt order"),
    ClaimKind.RECOVERY: _("Recovery of payments"),
    ClaimKind.AUDIT: _("Audit after release"),
}
REFUNDS: Mapping[State, Mapping[str, str]] = {
    State.ASKED: {"name": _("Asked for"), "colour": "blue"},
    State.PROPOSED: {"name": _("Proposed"), "colour": "yellow"},
    State.APPROVED: {"name": _("Approved"), "colour": "turquoise"},
    State.ORDERED: {"name": _("At the bank"), "colour": "turquoise"},
    State.PAID: {"name": _("Paid out"), "colour": "green"},
    State.REFUSED: {"name": _("Refused"), "colour": "red"},
}
CODES: Mapping[str, str] = {
    DEMANDED_CODE: _("Demanded by an officer"),
    INTEREST_CODE: _("Interest"),
}
NOTICES: Mapping[str, str] = {
    "13": _("What is to be paid"),
    "14": _("The balance does not reach"),
    "15": _("Reminder of the last day"),
}
COLUMNS = (_("Date"), _("What happened"), _("Document"), _("Balance"), _("Owed"), _("Security"), _("Source"))
SHEET = _("Payments")
