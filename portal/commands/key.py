"""`shekara key`: the keys with which the office seals, and those that follow them. See docs/keys.md."""

import json
from datetime import datetime
from typing import Annotated

import typer
from cryptography.hazmat.primitives.hashes import SHA256
from rich.console import Console

from portal.app import opened
from portal.clock import SystemClock
from portal.keys import add_key, keyring_of, open_successor, running_out, states
from portal.languages import KAZAKHSTAN_TIME
from portal.settings import Settings
from signing.keyring import Use

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each key.")] = False) -> None:
    """Show the office's certificates: since when in use, and until when valid. Warns 60 days before the last ends."""
    keyring, now = keyring_of(Settings.load()), SystemClock().now()
    for use, state in states(keyring, now):
        if as_json:
            print(json.dumps({"state": state, **_described(use)}, ensure_ascii=False))
        else:
            console.print(state, style="bold")
            for name, value in _described(use).items():
                console.print(f"  {name:12} {value}", markup=False)
    ends = running_out(keyring, now)
    if ends is not None:
        warning = f"After {_local(ends)} the office has no key in use. Add one now: shekara key add."
        errors.print(warning, style="yellow", markup=False)


@app.command()
def add(
    source: Annotated[str, typer.Argument(metavar="FILE|URI", help="A PKCS#12 file, or pkcs11:... of a token's key.")],
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="ISO date or date-time from which it seals; now when left out.")
    ] = None,
) -> None:
    """Let a key follow the office's own from a moment on; portals that run take it up by themselves."""
    settings = Settings.load()
    key = open_successor(settings, source, lambda: str(typer.prompt(f"Password of {source}", hide_input=True)))
    with opened(settings) as office:
        use = add_key(office, key, source, _moment(since))
    console.print(
        f"In use from {_local(use.begins)} until {_local(use.ends)}: {_described(use)['subject']}", markup=False
    )


def _described(use: Use) -> dict[str, str]:
    certificate = use.key.certificate
    return {
        "since": _local(use.begins),
        "until": _local(use.ends),
        "subject": certificate.subject.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "certificate": certificate.fingerprint(SHA256()).hex(),
        "source": use.source,
    }


def _local(moment: datetime) -> str:
    return moment.astimezone(KAZAKHSTAN_TIME).isoformat(timespec="seconds")


def _moment(text: str | None) -> datetime | None:
    """Return the moment that `--since` names: of a date, the first one of that day in Kazakhstan."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no ISO date or date-time.", param_hint="--since") from None
    return moment.replace(tzinfo=KAZAKHSTAN_TIME) if moment and moment.tzinfo is None else moment
