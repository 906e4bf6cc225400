"""The option of every command that shows texts."""

from typing import Annotated, Literal

import typer

Language = Annotated[Literal["kk", "ru", "en"], typer.Option(help="The language of texts.")]
