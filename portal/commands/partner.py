"""`shekara partner KIND`: a partner's system for demonstrations and tests, as a server of its own: docs/partners.md.

Exit status: 0 ended, 2 misuse.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from interop.partners import PartnerKind
from portal.clock import SystemClock
from portal.settings import Settings
from portal.stand.opening import open_stand

MISUSE = 2

app = typer.Typer()
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def partner(
    kind: Annotated[PartnerKind, typer.Argument(help="Which partner to stand in for.")],
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: a free one.")] = 0,
    home: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Its database and key; SHEKARA_HOME/partners/KIND when left out."),
    ] = None,
    salt: Annotated[str, typer.Option(help="The secret that identifiers are hashed with, for foreign customs.")] = "",
) -> None:
    """Stand in for a partner until interrupted; POST /faults makes it slow, wrong or deaf."""
    folder = home or Settings.load().home / "partners" / kind.value
    try:
        stand = open_stand(kind, folder, SystemClock(), port, salt)
    except OSError as error:
        errors.print(f"The partner cannot be opened: {error}", style="red", markup=False)
        raise typer.Exit(MISUSE) from None
    print(f"{kind.value} is at {stand.address}, its data in {folder}", flush=True)
    try:
        stand.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        stand.server_close()
