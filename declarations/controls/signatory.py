"""Box 54: who signs, and when."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import ROOT
from declarations.model import Declaration
from declarations.values import KAZAKHSTAN

SINCE: Final = date(2011, 1, 1)


@control("C-951", box="54", source="Law of Kazakhstan on the electronic document, article 10", since=SINCE)
def signatory_is_the_signer(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The person named in box 54 must be the one whose certificate signed the document."""
    named, signer = declaration.signatory.iin, context.signer_iin
    if named is not None and signer is not None and named != signer:
        yield Place(f"{ROOT}/Signatory/ID", params={"named": named, "signer": signer})


@control("C-952", box="54", source="EEC Decision 257, box 54", since=SINCE)
def not_signed_in_the_future(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The date of signing in box 54 must not be in the future."""
    signed = declaration.signatory.signing_date
    if signed > context.today:
        params = {"date": signed.isoformat(), "today": context.today.isoformat()}
        yield Place(f"{ROOT}/Signatory/SigningDate", params=params)


@control("C-953", box="54", source="EEC Decision 257, box 54", since=SINCE)
def not_signed_after_it_was_issued(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The date of signing in box 54 must not be later than the day of the declaration."""
    signed = declaration.signatory.signing_date
    issued = declaration.issued_at.astimezone(KAZAKHSTAN).date()
    if issued < signed <= context.today:
        params = {"date": signed.isoformat(), "issued": issued.isoformat()}
        yield Place(f"{ROOT}/Signatory/SigningDate", params=params)
