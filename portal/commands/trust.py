"""`shekara trust`: whom the portal trusts, and what is known of their certificates."""

import typer
from rich.console import Console
from rich.table import Table

from portal.app import opened
from portal.authorities import authorities_of
from portal.languages import KAZAKHSTAN_TIME
from portal.settings import Settings
from portal.trusting import Fetched, Keeper, trust_of

FAILED = 1
trust = typer.Typer(no_args_is_help=True, help="Trusted authorities, and evidence on certificates.")
console = Console(highlight=False)


@trust.command()
def refresh() -> None:
    """Fetch revocation lists and OCSP answers now; `serve` and `work` do so by themselves."""
    with opened(Settings.load()) as office:
        fetched = Keeper(office, authorities_of(office.settings, office.clock)).refresh()
    table = Table("kind", "of", "produced", "good until", "")
    for each in fetched:
        table.add_row(
            each.kind, each.subject[:60], _moment(each, "this_update"), _moment(each, "next_update"), each.trouble
        )
    console.print(table)
    raise typer.Exit(FAILED if any(each.trouble for each in fetched) else 0)


@trust.command()
def show() -> None:
    """Show the authorities that the portal trusts."""
    for certificate in trust_of(Settings.load()).certificates():
        until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        console.print(f"{certificate.subject.rfc4514_string()}, until {until}", markup=False)


def _moment(fetched: Fetched, name: str) -> str:
    moment = getattr(fetched, name)
    return f"{moment.astimezone(KAZAKHSTAN_TIME):%Y-%m-%d %H:%M}" if moment else ""
