"""Options that several verbs take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "DeskOption",
    "JobsOption",
    "JsonOption",
    "LedgerOption",
    "ModelUrlOption",
    "NoModelOption",
    "OutOption",
]

DeskOption = Annotated[Path, typer.Option("--desk", help="Desk folder.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Output file; standard output if left out.")
]
ModelUrlOption = Annotated[
    str | None, typer.Option("--model-url", help="Base URL for models that desk.yaml calls local.")
]
NoModelOption = Annotated[
    bool,
    typer.Option("--no-model", help="Leave the prompt labelers out: rules and embeddings only."),
]
LedgerOption = Annotated[
    str | None,
    typer.Option("--ledger", help="Ledger file, or postgresql: URL, instead of desk.yaml's."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Tickets decided at the same time.")]
