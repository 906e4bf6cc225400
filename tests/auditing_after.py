"""An office in which Qorgan has declared, and short ways to do what the pages of audits after release do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import offices
import pki
from builders import declaration_xml
from caseworking import person
from cast import PARTICIPANTS

from declarations.audits import store
from declarations.audits.lifecycle import Action
from declarations.audits.model import Audit, DebtLine, Direction
from declarations.ledger.model import Outstanding
from declarations.lifecycle import Action as Release
from declarations.lifecycle import Status as Goods
from portal.audits.debts import NOT_TYPED
from portal.audits.model import Intent, Prepared
from portal.audits.service import Audits
from portal.casework import store as casework_store
from portal.casework.model import Wanted
from portal.casework.work import CaseWork
from portal.database import reading, writing
from portal.ledger import books
from portal.office import Office
from portal.pipeline import judge, lodge
from portal.stages import Lodged
from risk_gateway.days import day_of
from risk_gateway.profiles import Outcome

Signing = Callable[[str, bytes, datetime], bytes]  # whose key, what, when
QORGAN = PARTICIPANTS["qorgan"].identifier
TEXT = "The declarations do not fit the invoices"
MINUTE = timedelta(minutes=1)


@dataclass
class Desk:
    office: Office
    audits: Audits
    clock: Any  # stands still, but in a served portal
    number: str  # of Qorgan's released declaration
    signing: Signing = pki.sign_as
    firm: str = "qorgan"
    key: str = "yerkin"

    def choose(self) -> str:
        participant = PARTICIPANTS[self.firm].identifier
        return self.audits.choose(person("marat"), participant, "Prices below those of peers")

    def audit(self, number: str) -> Audit:
        with reading(self.office.engine) as connection:
            found = store.find(connection, number)
        assert found is not None
        return found

    def prepare(self, key: str, action: Action, number: str, **particulars: Any) -> Prepared:
        usual: dict[str, Any] = {"after": self.audit(number).moves, "text": TEXT}
        return self.audits.prepare(person(key), Intent(action=action, audit=number, **{**usual, **particulars}))

    def take(self, key: str, prepared: Prepared, signer: str | None = None) -> Intent:
        signed = self.signing(signer or key, prepared.document, self.clock.now())
        return self.audits.accept(person(key), prepared.id, signed)

    def sign(self, key: str, action: Action, number: str, signer: str | None = None, **particulars: Any) -> Audit:
        """Have somebody prepare, sign and hand in a statement; return the audit as it is then."""
        self.take(key, self.prepare(key, action, number, **particulars), signer)
        self.later()
        return self.audit(number)

    def later(self) -> None:
        """Let a minute pass, where the clock stands still."""
        if isinstance(self.clock, offices.StillClock):
            self.clock.at += MINUTE

    def plan(self, number: str, key: str = "marat", **particulars: Any) -> Audit:
        usual: dict[str, Any] = {
            "directions": (Direction.VALUE, Direction.CLASSIFICATION),
            "first": date(2025, 1, 1),
            "last": day_of(self.clock.now()),
        }
        return self.sign(key, Action.PREPARE, number, **{**usual, **particulars})

    def open(self) -> str:
        """Have Qorgan chosen, the plan made by Marat and the audit opened by Bolat."""
        number = self.choose()
        self.plan(number)
        self.sign("bolat", Action.OPEN, number)
        return number

    def act(self, number: str, **particulars: Any) -> Audit:
        usual: dict[str, Any] = {"directions": (Direction.VALUE,), "declarations": (self.number,)}
        return self.sign("marat", Action.SIGN_DIRECTED_ACT, number, **{**usual, **particulars})

    def line(self, **changes: Any) -> DebtLine:
        """Return a line that finds a million tenge of import duty due."""
        usual: dict[str, Any] = {
            "declaration": self.number,
            "item": 1,
            "payment_code": "2010",
            "declared_tiyn": NOT_TYPED,
            "due_tiyn": 1_000_000_00,
            "since": date.min,
            "interest_tiyn": NOT_TYPED,
        }
        return DebtLine(**{**usual, **changes})

    def notify(self, number: str, **particulars: Any) -> Audit:
        usual: dict[str, Any] = {"kind": "understated_value", "lines": (self.line(),)}
        return self.sign("marat", Action.NOTIFY_DEBT, number, **{**usual, **particulars})

    def debt(self) -> str:
        """Return the number of an audit that has come to a notification of debt."""
        number = self.open()
        self.act(number)
        self.notify(number)
        return number

    def standing(self, number: str) -> Outstanding:
        with reading(self.office.engine) as connection:
            found = books.outstanding(connection, number)
        assert found is not None
        return found

    def prepay(self, tiyn: int, document: str = "") -> None:
        """Have money of Qorgan come in."""
        with writing(self.office.engine) as connection:
            key = f"bank:{self.clock.now().isoformat()}"
            books.pay(
                connection, self.clock.now(), key=key, holder=QORGAN, document=document, tiyn=tiyn, source="bank:1"
            )


def desk(home: Path, mark: Callable[[str], None] = lambda point: None) -> Desk:
    """Return an office in which a declaration of Qorgan was released."""
    clock = offices.StillClock()
    office = offices.office(home, clock)
    offices.journal_keys(office)
    offices.journal_profiles(office)
    return at(office, mark)


def release(office: Office, number: str) -> None:
    """Have the document officer of the post let the goods go, unless the gateway did."""
    work, nurlan = CaseWork(office), person("nurlan")
    case = work.case(nurlan, number)
    status = case.status
    if status is Goods.INSPECTION_ORDERED:  # whatever this office lodges is inspected: take it that it was
        with writing(office.engine) as connection:
            assert casework_store.put_status(connection, case.stored.key, status, Goods.RELEASED)
    elif status is not Goods.RELEASED:
        work.move(Wanted(number=number, action=Release.RELEASE, expected=status, by=work.mover(nurlan)))


def at(
    office: Office,
    mark: Callable[[str], None] = lambda point: None,
    signing: Signing = pki.sign_as,
    firm: str = "qorgan",
    key: str = "yerkin",
    **changes: Any,
) -> Desk:
    """Return the audits of an office that is there already, with a declaration of a firm that was released.

    `changes` are of that declaration.
    """
    now = office.clock.now()
    local = now.astimezone(offices.KAZAKHSTAN_TIME)
    for attempt in range(20):  # until the day's draw leaves it alone
        document = declaration_xml(
            reference=f"{firm.upper()}-AUDITED-{attempt}",
            declarant=firm,
            signatory=key,
            issued_at=(local - MINUTE).isoformat(timespec="seconds"),
            rate_date=local.date().isoformat(),
            **changes,
        )
        lodged = Lodged(signing(key, document, now), now)
        judged = judge(lodged, office.snapshot, office.clock.monotonic, 20_000)
        if judged.decision.outcome is not Outcome.INSPECTION_ORDER:
            break
    stored = lodge(lodged, office).stored
    release(office, stored.registration_number)
    return Desk(office, Audits(office, mark), office.clock, stored.registration_number, signing, firm, key)


def things(
    office: Office, signing: Signing = pki.sign_as, firm: str = "qorgan", key: str = "yerkin", **changes: Any
) -> dict[str, dict[str, str]]:
    """Have a firm audited up to a debt, with a reply that is not signed; a second act is prepared and not signed.

    Return what addresses name. `changes` are of the declaration that is audited.
    """
    desk = at(office, signing=signing, firm=firm, key=key, **changes)
    number = desk.open()
    act = desk.prepare(
        "marat", Action.SIGN_DIRECTED_ACT, number, directions=(Direction.VALUE,), declarations=(desk.number,)
    )
    desk.act(number)
    desk.notify(number)
    reply = desk.prepare(key, Action.REPLY, number)
    served = next(each.made.statement for each in desk.audits.own_page(person(key), number).documents[1:])
    assert served is not None
    audit = {"number": number, "action": "REPLY", "statement": served}
    return {
        "audit": audit,
        "audit_served": audit,
        "audit_act": {"statement": act.id},
        "audit_reply": {"statement": reply.id},
    }
