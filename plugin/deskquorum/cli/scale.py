"""The options of verbs that do any number of tickets: `backfill` and `batch`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deskquorum.errors import InputError

__all__ = ["backfill", "batch_app"]

batch_app = typer.Typer(
    help="Ask the desk's models through files of the OpenAI Batch API.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Desk = Annotated[Path, typer.Option("--desk", help="Desk folder.")]
_Questions = Annotated[
    list[str] | None,
    typer.Option("--question", help="Question to answer; may stand more than once; else all."),
]
_SkipBad = Annotated[
    bool,
    typer.Option("--skip-bad", help="Write bad rows to OUT.rejected.jsonl and do the others."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


_OF_LABELING = ("FILE", "--question", "--model-url", "--no-model", "--skip-bad")
_OF_BACKTESTS = ("--against", "--since", "--until")


class EngineName(StrEnum):
    """Where the work is done."""

    LOCAL = "local"
    RAY = "ray"


_Tickets = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FILE]",
        help="Tickets or {id, text}, JSON Lines, also .gz; else the ledger's decisions.",
    ),
]
_Out = Annotated[Path, typer.Option("--out", help="Output file; unfinished work beside it.")]
_Ledger = Annotated[
    str | None,
    typer.Option("--ledger", help="Ledger file or URL instead of the one desk.yaml names."),
]
_Backtest = Annotated[
    Path | None,
    typer.Option(
        "--backtest",
        metavar="NEW",
        help="Decide the ledger's decisions again by this desk folder instead of labeling.",
    ),
]
_Against = Annotated[
    Path | None,
    typer.Option("--against", metavar="OLD", help="Compare the back-test with this desk folder."),
]
_Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Back-test from then on.")
]
_Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Back-test up to then.")
]
_Engine = Annotated[EngineName, typer.Option("--engine", help="Where to work.")]
_Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Workers; one a core if left out.")
]
_RayAddress = Annotated[
    str | None,
    typer.Option("--ray-address", help="Ray cluster to join; one is started if left out."),
]
_ChunkRows = Annotated[
    int, typer.Option("--chunk-rows", min=1, help="Rows done, and written, in one go.")
]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on where an earlier run ended.")]
_ModelUrl = Annotated[
    str | None,
    typer.Option("--model-url", help="Base URL for models that desk.yaml calls local."),
]
_NoModel = Annotated[bool, typer.Option("--no-model", help="Leave the prompt labelers out.")]


def backfill(
    tickets: _Tickets = None,
    *,
    out: _Out,
    desk: _Desk = Path(),
    question: _Questions = None,
    ledger: _Ledger = None,
    backtest: _Backtest = None,
    against: _Against = None,
    since: _Since = None,
    until: _Until = None,
    engine: _Engine = EngineName.LOCAL,
    workers: _Workers = None,
    ray_address: _RayAddress = None,
    chunk_rows: _ChunkRows = 200,
    resume: _Resume = False,
    skip_bad: _SkipBad = False,
    model_url: _ModelUrl = None,
    no_model: _NoModel = False,
    as_json: _Json = False,
) -> None:
    """Label any number of tickets anew, or back-test policies on them; goes on after any end."""
    from deskquorum.cli.backfill_run import BulkOptions

    how = BulkOptions(
        engine=engine.value,
        workers=workers,
        ray_address=ray_address,
        chunk_rows=chunk_rows,
        out=out,
        resume=resume,
        as_json=as_json,
    )
    if backtest is None:
        _refuse("labeling", _OF_BACKTESTS, (against, since, until))
        _refuse("FILE", ("--ledger",), (tickets and ledger,))
        from deskquorum.cli.backfill import label_in_bulk

        code = label_in_bulk(
            tickets,
            folder=desk,
            questions=question or (),
            ledger=ledger,
            model_url=model_url,
            models=not no_model,
            skip_bad=skip_bad,
            how=how,
        )
    else:
        _refuse("--backtest", _OF_LABELING, (tickets, question, model_url, no_model, skip_bad))
        from deskquorum.cli.backfill_policies import backtest_in_bulk

        window = (since, until)
        code = backtest_in_bulk(
            backtest, folder=desk, ledger=ledger, window=window, against=against, how=how
        )
    raise typer.Exit(code)


def _refuse(what: str, names: Sequence[str], values: Sequence[object]) -> None:
    given = [name for name, value in zip(names, values, strict=True) if value]
    if given:
        raise InputError(f"{what} takes no {', '.join(given)}; leave it out")


@batch_app.command()
def write(
    tickets: Annotated[
        Path, typer.Argument(metavar="FILE", help="Tickets or {id, text}, JSON Lines, also .gz.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="New or empty folder.")],
    desk: _Desk = Path(),
    question: _Questions = None,
    skip_bad: _SkipBad = False,
    as_json: _Json = False,
) -> None:
    """Write what the desk's models would be asked, redacted, to files for the Batch API."""
    from deskquorum.cli.batch_api import write_requests

    raise typer.Exit(
        write_requests(
            tickets,
            folder=desk,
            out=out,
            questions=question or (),
            skip_bad=skip_bad,
            as_json=as_json,
        )
    )


@batch_app.command()
def read(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="What `batch write` has written.")
    ],
    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULTS...", help="Output and error files, in any order."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="Output file.")],
    desk: _Desk = Path(),
    as_json: _Json = False,
) -> None:
    """Read the API's answers to labels; exits with 1 if a request has no answer."""
    from deskquorum.cli.batch_api import read_batch

    raise typer.Exit(read_batch(folder, results, desk=desk, out=out, as_json=as_json))
