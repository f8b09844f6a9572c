"""`deskquorum policy`: the verbs for the people who write policies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["policy_app"]

policy_app = typer.Typer(
    help="Check policy files, try them out and compare them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of policy files, or a desk folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@policy_app.command()
def lint(folder: Folder = Path(), *, as_json: Json = False) -> None:
    """Name everything that is wrong, or probably not meant; exits with 1 if there is anything."""
    from deskquorum.cli.policy_lint import lint_folder

    raise typer.Exit(lint_folder(folder, as_json=as_json))


@policy_app.command("test")
def run(folder: Folder = Path(), *, as_json: Json = False) -> None:
    """Run the cases beside the policies; exits with 1 if one is ruled otherwise."""
    from deskquorum.cli.policy_cases import run_folder

    raise typer.Exit(run_folder(folder, as_json=as_json))


@policy_app.command()
def coverage(folder: Folder = Path(), *, as_json: Json = False) -> None:
    """List the rules and clauses that no case exercises; exits with 1 if there are any."""
    from deskquorum.cli.policy_cases import coverage_of_folder

    raise typer.Exit(coverage_of_folder(folder, as_json=as_json))


@policy_app.command()
def explain(
    folder: Folder = Path(),
    *,
    action: Annotated[
        str | None, typer.Option("--action", help="An action, or `ticket` or `reply`.")
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option("--facts", help="JSON file: facts, or a situation with facts and action."),
    ] = None,
    row: Annotated[
        str | None, typer.Option("--row", help="The `id` of one row, if the file is JSON Lines.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the rules on an action and, given facts, how each one turns out and why."""
    from deskquorum.cli.policy_explain import explain_action

    raise typer.Exit(explain_action(folder, action=action, facts=facts, row=row, as_json=as_json))


@policy_app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="OLD", help="Folder of policy files.")],
    after: Annotated[Path, typer.Argument(metavar="NEW", help="Folder of policy files.")],
    *,
    as_json: Json = False,
) -> None:
    """Compare two sets of policies, and their rulings on the cases of both; 1 if they differ."""
    from deskquorum.cli.policy_diff import diff_folders

    raise typer.Exit(diff_folders(before, after, as_json=as_json))


@policy_app.command()
def backtest(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Desk folder.")] = Path(),
    *,
    ledger: Annotated[
        str | None,
        typer.Option("--ledger", help="Ledger file or URL instead of the one desk.yaml names."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Recorded then or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Recorded before.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="OLD",
            help="Compare with what this desk folder decides instead of what was recorded.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="List at most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """Decide recorded evidence again, without a model call; exits with 1 if a decision changes."""
    from deskquorum.cli.policy_backtest import backtest_folder

    raise typer.Exit(
        backtest_folder(
            folder,
            ledger=ledger,
            since=since,
            until=until,
            against=against,
            limit=limit,
            as_json=as_json,
        )
    )


@policy_app.command()
def schema(
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder to write schema.json into."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print or write the JSON Schema by which editors complete and check policy files."""
    from deskquorum.cli.policy_schema import write_schema

    raise typer.Exit(write_schema(out, as_json=as_json))


@policy_app.command()
def authorize(
    rows: Annotated[
        Path, typer.Argument(metavar="CASES", help="JSON Lines: id, action, facts, expected?.")
    ],
    *,
    policies: Annotated[Path, typer.Option("--policies", help="Folder of policy files.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Output file; standard output if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rule on every row of a file; exits with 1 if one is ruled otherwise than expected."""
    from deskquorum.cli.policy_authorize import authorize_file

    raise typer.Exit(authorize_file(rows, policies=policies, out=out, as_json=as_json))
