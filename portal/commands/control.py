"""`shekara control`: what officers report of a declaration after its decision. See docs/feedback.md.

Exit status: 0 recorded, 1 refused, 2 misuse.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Connection

from portal import judging
from portal.casework.desk import Desk
from portal.clock import SystemClock
from portal.commands.shared import Language, writing_database
from portal.control import Closing, Mildening, close, override
from portal.keys import keyring_of
from portal.settings import Settings
from risk_gateway import judgement_store
from risk_gateway.errors import ControlRefused
from risk_gateway.profiles import Motive, Outcome

REFUSED = 1
LARGEST_TIYN = 2**63 - 1
FOUND = {"found": True, "nothing": False}
app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command("close")
def close_command(
    number: Annotated[str, typer.Argument(help="Registration number, or number of a judgement.")],
    act: Annotated[str, typer.Option(help="Number of the inspection act.")],
    by: Annotated[str, typer.Option(metavar="IIN", help="The inspector.")],
    profile: Annotated[
        list[str] | None, typer.Option(metavar="CODE=found|nothing", help="Whether this profile was right.")
    ] = None,
    amount: Annotated[str | None, typer.Option(metavar="KZT", help="What was levied in addition.")] = None,
    motive: Annotated[Motive | None, typer.Option(help="The violation that was found.")] = None,
    language: Language = "en",
) -> None:
    """Record a closed control. Profiles that led to it and are not named have found nothing."""
    closing = Closing(
        act=_text(act, "--act"),
        by=_iin(by, "--by"),
        said=_said(profile or []),
        amount_tiyn=_tiyn(amount),
        motive=motive,
    )
    desk = Desk(SystemClock(), keyring_of(Settings.load()))
    now = desk.clock.now()
    _record(lambda connection: _close(connection, desk, number, closing, now), language)
    console.print(f"Act {act} of {number} is recorded.", markup=False)


@app.command("override")
def override_command(
    number: Annotated[str, typer.Argument(help="Registration number.")],
    to: Annotated[Outcome, typer.Option(help="The milder outcome.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Code of the reason.")],
    by: Annotated[str, typer.Option(metavar="IIN", help="The officer.")],
    approver: Annotated[str, typer.Option(metavar="IIN", help="Who approved it.")],
    language: Language = "en",
) -> None:
    """Record that two officers made a decision milder."""
    officers = _iin(by, "--by"), _iin(approver, "--approver")
    made = Mildening(to_outcome=to, reason_code=_text(reason, "--reason"), officer=officers[0], approver=officers[1])
    now = SystemClock().now()
    _record(lambda connection: override(connection, number, made, now), language)
    console.print(f"The override of {number} is recorded.", markup=False)


def _close(connection: Connection, desk: Desk, number: str, closing: Closing, now: datetime) -> None:
    judged = judgement_store.find(connection, number) is not None
    (judging.close if judged else close)(connection, desk, number, closing, now)


def _record(change: Callable[[Connection], object], language: str) -> None:
    try:
        with writing_database() as connection:
            change(connection)
    except ControlRefused as error:
        errors.print(error.text(language), style="red", markup=False)
        raise typer.Exit(REFUSED) from None


def _said(given: list[str]) -> dict[str, bool]:
    said = {}
    for text in given:
        code, _, verdict = text.partition("=")
        if verdict not in FOUND or code in said:
            raise typer.BadParameter(f"{text!r} is not CODE=found or CODE=nothing, once each.", param_hint="--profile")
        said[code] = FOUND[verdict]
    return said


def _tiyn(text: str | None) -> int:
    try:
        tiyn = Decimal(text or "0") * 100
    except InvalidOperation:
        tiyn = Decimal("NaN")
    if not tiyn.is_finite() or tiyn != tiyn.to_integral_value() or not 0 <= tiyn <= LARGEST_TIYN:
        raise typer.BadParameter(f"{text!r} is no amount in tenge.", param_hint="--amount")
    return int(tiyn)


def _iin(text: str, option: str) -> str:
    if len(text) != 12 or not text.isascii() or not text.isdecimal():
        raise typer.BadParameter(f"{text!r} is no IIN of twelve digits.", param_hint=option)
    return text


def _text(text: str, option: str) -> str:
    if not text.strip() or len(text) > 40 or not text.isprintable():
        raise typer.BadParameter("give 1 to 40 printable characters", param_hint=option)
    return text
