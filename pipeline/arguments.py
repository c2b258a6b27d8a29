"""Arguments that several verbs have."""

from typing import Annotated

import typer

Preset = Annotated[str, typer.Argument(metavar="PRESET|FILE.yaml", help="A shipped preset or a file.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, for example trainer.epochs=3."),
]
Span = Annotated[int | None, typer.Option(help="Which instalment to read where `files` has {SPAN}; else the newest.")]
