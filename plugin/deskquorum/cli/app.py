"""The verbs and their options; each verb's work stands in a module of its own."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from deskquorum.cli.audit import audit_app
from deskquorum.cli.drift import drift
from deskquorum.cli.execution import execution_app
from deskquorum.cli.keys import keys_app
from deskquorum.cli.ledger import ledger_app
from deskquorum.cli.options import (
    DeskOption,
    JobsOption,
    JsonOption,
    LedgerOption,
    ModelUrlOption,
    NoModelOption,
    OutOption,
)
from deskquorum.cli.policy import policy_app
from deskquorum.cli.queue import queue_app
from deskquorum.cli.report import report
from deskquorum.cli.scale import backfill, batch_app
from deskquorum.cli.serving import mcp, serve, worker
from deskquorum.cli.stress_verbs import gate_change, stress
from deskquorum.errors import DeskError, InputError

__all__ = ["app", "main"]

app = typer.Typer(
    name="deskquorum",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(policy_app, name="policy")
app.add_typer(ledger_app, name="ledger")
app.add_typer(execution_app, name="execution")
app.add_typer(keys_app, name="keys")
app.add_typer(batch_app, name="batch")
app.add_typer(queue_app, name="queue")
app.add_typer(audit_app, name="audit")

_GOLD = "CSV of audited items: item,label."


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands it over like that
    if wanted:
        typer.echo(version("deskquorum"))
        raise typer.Exit


@app.callback(epilog="Exit codes: 0 ok, 1 found something, 2 bad input.")
def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Lets a support desk's bot act on its own without being confidently wrong."""


PlotOption = Annotated[
    Path | None, typer.Option("--plot", help="Folder for two plots (SVG) against the gold.")
]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="New or empty folder.")],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", help="JSON object, label to description: a desk with one question."
        ),
    ] = None,
    examples: Annotated[
        Path | None, typer.Option("--examples", help="JSON Lines of past tickets with their label.")
    ] = None,
    question: Annotated[str, typer.Option("--question", help="Name of that question.")] = "route",
    per_label: Annotated[
        int | None, typer.Option("--per-label", min=1, help="Use at most so many examples a label.")
    ] = None,
) -> None:
    """Make a desk folder: the starter pack, or a routing desk from labels and past tickets."""
    from deskquorum.cli.init import make_desk

    make_desk(folder, labels=labels, examples=examples, question=question, per_label=per_label)


@app.command()
def demo(
    *,
    no_model: NoModelOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide the example desk's tickets and print what happened to each."""
    from deskquorum.cli.demo import run_demo

    raise typer.Exit(run_demo(models=not no_model, as_json=as_json))


@app.command()
def decide(
    tickets: Annotated[Path, typer.Argument(metavar="FILE", help="Tickets, JSON Lines.")],
    *,
    desk: DeskOption = Path(),
    out: OutOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
    ledger: LedgerOption = None,
    jobs: JobsOption = 2,
    as_json: JsonOption = False,
) -> None:
    """Decide every ticket of a file; order and ids are kept, a bad row becomes an error row."""
    from deskquorum.cli.decide import decide_file

    raise typer.Exit(
        decide_file(
            tickets,
            folder=desk,
            out=out,
            model_url=model_url,
            models=not no_model,
            ledger=ledger,
            jobs=jobs,
            as_json=as_json,
        )
    )


@app.command()
def explain(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Decision id or ticket id.")],
    *,
    desk: DeskOption = Path(),
    ledger: LedgerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell one decision's whole story in plain sentences."""
    from deskquorum.cli.explain import explain_decision

    raise typer.Exit(explain_decision(identity, folder=desk, ledger=ledger, as_json=as_json))


ActionArgument = Annotated[
    str, typer.Argument(metavar="[ACTION]", help="An action or `reply`; everything if left out.")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who; the user of this machine.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why, in words for colleagues.")]


@app.command()
def stop(
    action: ActionArgument = "",
    *,
    why: WhyOption,
    by: ByOption = None,
    desk: DeskOption = Path(),
    ledger: LedgerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send an action, or everything, to people from the next decision on, in every process."""
    from deskquorum.cli.switch import stop_desk

    raise typer.Exit(stop_desk(action, folder=desk, ledger=ledger, by=by, why=why, as_json=as_json))


@app.command()
def resume(
    action: ActionArgument = "",
    *,
    why: WhyOption,
    by: ByOption = None,
    desk: DeskOption = Path(),
    ledger: LedgerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Undo a stop of the same name."""
    from deskquorum.cli.switch import resume_desk

    raise typer.Exit(
        resume_desk(action, folder=desk, ledger=ledger, by=by, why=why, as_json=as_json)
    )


@app.command()
def label(
    rows: Annotated[
        Path, typer.Argument(metavar="FILE", help="Tickets or {id, text}, JSON Lines.")
    ],
    *,
    question: Annotated[str, typer.Option("--question", help="Question of the desk to answer.")],
    desk: DeskOption = Path(),
    out: OutOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
    jobs: JobsOption = 2,
    as_json: JsonOption = False,
) -> None:
    """Answer one question about every row of a file, with the votes behind each answer."""
    from deskquorum.cli.label import label_file

    raise typer.Exit(
        label_file(
            rows,
            folder=desk,
            question=question,
            out=out,
            model_url=model_url,
            models=not no_model,
            jobs=jobs,
            as_json=as_json,
        )
    )


@app.command("check-reply")
def check_reply(
    replies: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Replies with policy_text or clauses, JSON Lines."),
    ],
    *,
    out: OutOption = None,
    desk: Annotated[
        Path | None,
        typer.Option("--desk", help="Desk folder whose clauses count for rows without their own."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check what replies promise, claim by claim; exits with 1 if a claim is not backed."""
    from deskquorum.cli.check_reply import check_replies

    raise typer.Exit(check_replies(replies, folder=desk, out=out, as_json=as_json))


@app.command()
def redact(
    rows: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines: {id?, text, record?}.")],
    *,
    out: OutOption = None,
    languages: Annotated[
        str, typer.Option("--languages", help="Languages served, with commas: en,de.")
    ] = "en",
    regions: Annotated[
        str | None,
        typer.Option("--regions", help="Countries of phone numbers instead: US,GB."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hide personal data in every row of a file; says what was found, and where."""
    from deskquorum.cli.redact import redact_file

    raise typer.Exit(
        redact_file(
            rows,
            out=out,
            languages=languages.split(","),
            regions=regions.split(",") if regions else None,
            as_json=as_json,
        )
    )


@app.command()
def calibrate(
    audited: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Audited tickets, JSON Lines, with the right label by question."
        ),
    ] = None,
    *,
    from_ledger: Annotated[
        bool,
        typer.Option("--from-ledger", help="Take what auditors and reviewers said of decisions."),
    ] = False,
    desk: DeskOption = Path(),
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
    jobs: JobsOption = 4,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure and certify, and write nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure the desk's labelers on audited tickets and certify its actions."""
    from deskquorum.cli.calibrate import calibrate_desk

    if (audited is None) is not from_ledger:
        raise InputError("name a file of audited tickets, or use --from-ledger")
    raise typer.Exit(
        calibrate_desk(
            audited,
            folder=desk,
            model_url=model_url,
            models=not no_model,
            jobs=jobs,
            dry_run=dry_run,
            as_json=as_json,
        )
    )


@app.command()
def distill(
    past: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Past tickets, JSON Lines; some with the right label, if any."
        ),
    ] = None,
    *,
    from_ledger: Annotated[
        bool,
        typer.Option("--from-ledger", help="Take recorded tickets, and what people said of some."),
    ] = False,
    question: Annotated[str, typer.Option("--question", help="Whose student is taught.")],
    desk: DeskOption = Path(),
    fine_tuning: Annotated[
        Path | None,
        typer.Option("--fine-tuning", help="Write a file for fine-tuning hosted models, too."),
    ] = None,
    weights: Annotated[
        Literal["repeats", "sampled"],
        typer.Option(
            "--weights", help="How the file teaches what is surer more: more often, or likelier."
        ),
    ] = "repeats",
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
    jobs: JobsOption = 4,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Teach and measure, and write no student.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Teach a stronger labeler what the desk's labelers agree on."""
    from deskquorum.cli.distill import distill_question

    if (past is None) is not from_ledger:
        raise InputError("name a file of past tickets, or use --from-ledger")
    raise typer.Exit(
        distill_question(
            past,
            folder=desk,
            question=question,
            fine_tuning=fine_tuning,
            weights=weights,
            model_url=model_url,
            models=not no_model,
            jobs=jobs,
            dry_run=dry_run,
            as_json=as_json,
        )
    )


@app.command()
def reconcile(
    votes: Annotated[Path, typer.Argument(metavar="VOTES", help="CSV: item,labeler,label.")],
    *,
    gold: Annotated[Path | None, typer.Option("--gold", help=_GOLD)] = None,
    families: Annotated[
        Path | None,
        typer.Option("--families", help="CSV of who errs together: labeler,family."),
    ] = None,
    desk: Annotated[
        Path | None, typer.Option("--desk", help="Desk folder to take the families from.")
    ] = None,
    question: Annotated[
        str | None, typer.Option("--question", help="That desk's question, if not all of them.")
    ] = None,
    out: OutOption = None,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a file of votes into one answer an item, with its probability."""
    from deskquorum.cli.reconcile import reconcile_file

    raise typer.Exit(
        reconcile_file(
            votes,
            gold_path=gold,
            families_path=families,
            desk=desk,
            question=question,
            out=None if out == Path("-") else out,
            plot=plot,
            as_json=as_json,
        )
    )


@app.command()
def certify(
    posterior: Annotated[
        Path, typer.Argument(metavar="POSTERIOR", help="CSV that `deskquorum reconcile` wrote.")
    ],
    *,
    gold: Annotated[Path, typer.Option("--gold", help=_GOLD)],
    max_error: Annotated[
        float, typer.Option("--max-error", help="Error allowed among accepted answers: 0.05.")
    ],
    confidence: Annotated[
        float, typer.Option("--confidence", help="Confidence that it is kept: 0.95.")
    ],
    strata: Annotated[
        Path | None,
        typer.Option("--strata", help="CSV item,stratum, where strata were audited unequally."),
    ] = None,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the probability from which answers may be acted on; exits with 1 if there is none."""
    from deskquorum.cli.certify import certify_file

    raise typer.Exit(
        certify_file(
            posterior,
            gold_path=gold,
            max_error=max_error,
            confidence=confidence,
            strata_path=strata,
            plot=plot,
            as_json=as_json,
        )
    )


@app.command()
def doctor(*, desk: DeskOption = Path(), as_json: JsonOption = False) -> None:
    """Check the installation and a desk: what works, what is missing, how to mend it."""
    from deskquorum.cli.doctor import examine

    raise typer.Exit(examine(desk, as_json=as_json))


for command in (report, drift, backfill, serve, worker, mcp, stress, gate_change):
    app.command()(command)


def main() -> None:
    """Run the command line; problems in files of ops exit with 2 and list every one."""
    try:
        app()
    except DeskError as exc:
        typer.echo(str(exc), err=True)
        raise SystemExit(2) from exc
    except OSError as exc:
        # A file that can't be read or written is its owner's to mend; anything else is ours.
        if exc.filename is None or exc.strerror is None:
            raise
        typer.echo(f"{exc.filename}: {exc.strerror.lower()}", err=True)
        raise SystemExit(2) from exc
