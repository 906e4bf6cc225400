"""`shekara token`: the API tokens of participants."""

import secrets
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from declarations import store as declarations_store
from portal import audit
from portal.clock import SystemClock
from portal.commands.shared import reading_database, show_whole, writing_database
from portal.store import add_token, read_tokens, revoke_token, token_hash

REFUSED, MISUSE = 1, 2
OFFICE = "office"  # who did it, in the journal
Participant = Annotated[str, typer.Argument(help="BIN or IIN of a participant.")]

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@app.command()
def issue(
    participant: Participant,
    label: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    days: Annotated[int, typer.Option(min=1, max=3650)] = 90,
) -> None:
    """Issue an API token to a participant and print it; only its hash is kept."""
    now = SystemClock().now()
    made, expires_at = secrets.token_urlsafe(32), now + timedelta(days=days)
    with writing_database() as connection:
        if declarations_store.read_participant(connection, participant) is None:
            errors.print(f"There is no participant {participant}.", style="red")
            raise typer.Exit(MISUSE)
        add_token(connection, token_hash(made), participant, label, now, expires_at)
        particulars = {"label": label, "expires_at": expires_at.isoformat(), "by": OFFICE}
        audit.record_one(connection, audit.Record(audit.Event.TOKEN_ISSUED, participant, now, particulars))
        declarations_store.bump_revision(connection)
    print(made)


@app.command(name="list")
def show(participant: Participant) -> None:
    """List the tokens of a participant, those that no longer open anything too."""
    now = SystemClock().now()
    with reading_database() as connection:
        tokens = read_tokens(connection, participant)
    table = Table("id", "what it is for", "issued", "by", "valid until", "")
    for each in tokens:
        state = "revoked" if each.revoked_at else "valid" if now < each.expires_at else "ended"
        moments = (f"{moment:%Y-%m-%d %H:%M}" for moment in (each.created_at, each.expires_at))
        issued, until = moments
        table.add_row(each.id, each.label, issued, each.issued_by or OFFICE, until, state)
    show_whole(console, table)


@app.command()
def revoke(
    participant: Participant,
    token: Annotated[str, typer.Argument(metavar="ID", help="As `shekara token list` shows it.")],
) -> None:
    """Revoke a token. Every process refuses it within a second."""
    now = SystemClock().now()
    with writing_database() as connection:
        revoked = revoke_token(connection, participant, token, now, None)
        if revoked:
            particulars = {"token": token, "by": OFFICE}
            audit.record_one(connection, audit.Record(audit.Event.TOKEN_REVOKED, participant, now, particulars))
            declarations_store.bump_revision(connection)
    if not revoked:
        errors.print(f"{participant} has no valid token {token}.", style="red")
        raise typer.Exit(REFUSED)
    console.print(f"Token {token} is revoked.")
