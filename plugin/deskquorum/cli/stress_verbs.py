"""The verbs that look at a desk before it changes: `stress` and `gate-change`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskquorum.cli.options import (
    DeskOption,
    JobsOption,
    JsonOption,
    LedgerOption,
    ModelUrlOption,
    NoModelOption,
)

__all__ = ["gate_change", "stress"]

SuitesOption = Annotated[
    Path | None,
    typer.Option("--suites", help="Folder of suites; the desk's `stress`, or the package's own."),
]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a page, too.")]


def stress(
    *,
    desk: DeskOption = Path(),
    suites: SuitesOption = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take this run as what later ones are held against.")
    ] = False,
    html: HtmlOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Decide suites of hard tickets; exits with 1 if it became worse at something."""
    from deskquorum.cli.stress import stress_desk

    raise typer.Exit(
        stress_desk(
            desk,
            suites=suites,
            accept=accept,
            html=html,
            model_url=model_url,
            models=not no_model,
            jobs=jobs,
            json_wanted=as_json,
        )
    )


def gate_change(
    candidate: Annotated[
        Path, typer.Option("--candidate", help="Changed copy of the desk folder.")
    ],
    *,
    desk: DeskOption = Path(),
    suites: SuitesOption = None,
    new_auto: Annotated[
        int,
        typer.Option(
            "--new-auto", min=0, help="So many recorded decisions may newly go by themselves."
        ),
    ] = 0,
    html: HtmlOption = None,
    ledger: LedgerOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Hold a change of model, prompt or policy against the desk; exits with 1 if it is worse."""
    from deskquorum.cli.gate_change import hold_change

    raise typer.Exit(
        hold_change(
            desk,
            candidate,
            suites=suites,
            new_auto=new_auto,
            html=html,
            ledger=ledger,
            model_url=model_url,
            models=not no_model,
            jobs=jobs,
            json_wanted=as_json,
        )
    )
