"""`deskquorum reconcile`: a file of votes to a file of answers with their probabilities."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

import typer

from deskquorum.cli.batch import wide_console, writing
from deskquorum.cli.extras import needing_learn
from deskquorum.cli.plots import reliability_svg, risk_coverage_svg
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.policy import DeskFile, load_desk_file
from deskquorum.vote_files import (
    VoteFile,
    VoteFileError,
    read_families,
    read_gold,
    read_votes,
    write_posterior,
)

if TYPE_CHECKING:
    from deskquorum.reconciliation import Reconciled

__all__ = ["collected", "listed", "reconcile_file"]

_T = TypeVar("_T")
_MOST_NAMED = 5


def reconcile_file(
    path: Path,
    *,
    gold_path: Path | None,
    families_path: Path | None,
    desk: Path | None,
    question: str | None,
    out: Path | None,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Reconcile a file of votes; returns 0.

    Raises:
        InputError: Options that don't go together, or the extra `learn` is not installed.
        VoteFileError: Carries the problems of all files together.
    """
    if plot is not None and gold_path is None:
        raise InputError("--plot compares answers with gold; name a file with --gold")
    if desk is not None and families_path is not None:
        raise InputError("--families and --desk both name families; give one of them")
    if question is not None and desk is None:
        raise InputError("--question is one of a desk's; name its folder with --desk")
    problems: list[Problem] = []
    file = collected(problems, lambda: read_votes(path))
    gold = collected(problems, lambda: read_gold(gold_path) if gold_path else {})
    families = collected(
        problems,
        lambda: read_families(families_path) if families_path else _of_desk(desk, question),
    )
    if problems or file is None or gold is None or families is None:
        raise VoteFileError(problems)
    with needing_learn():
        result = _reconciled(file, gold, families)
        with _writing(out) as stream:
            write_posterior(stream, result)
        audited = _audited(result, gold)
        if plot is not None and audited:
            probability, right = zip(*audited, strict=True)
            reliability_svg(plot / "reliability.svg", probability, right)
            risk_coverage_svg(plot / "risk-coverage.svg", probability, right)
    notices = [*_notices(file, gold, families, gold_path), *result.notes]
    if plot is not None and not audited:
        notices.append("no item has both votes and gold: nothing is plotted")
    _report(file, result, audited, notices, as_json=as_json, to_stderr=out is None)
    return 0


def collected(problems: list[Problem], load: Callable[[], _T]) -> _T | None:
    """What was loaded, or None, its problems added to those of the other files."""
    try:
        return load()
    except ConfigError as exc:
        problems += exc.problems
        return None


def listed(names: Sequence[str]) -> str:
    """The first few names."""
    left = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {left} more" if left > 0 else "")


def _of_desk(folder: Path | None, question: str | None) -> Mapping[str, str]:
    """Families as `desk.yaml` has them, of one question's labelers or of all."""
    if folder is None:
        return {}
    problems: list[Problem] = []
    path = folder / "policies" / "desk.yaml"
    if not path.is_file():
        hint = "name a desk folder, or make one with `deskquorum init FOLDER`"
        problems.append(Problem(path=str(path), message="no such file", hint=hint))
        raise ConfigError(problems)
    desk = load_desk_file(path, problems)
    if problems or desk is None:
        raise ConfigError(problems)
    _check_question(desk, question)
    return {
        name: spec.family
        for name, spec in desk.labelers.items()
        if question is None or spec.question == question
    }


def _check_question(desk: DeskFile, question: str | None) -> None:
    if question is not None and question not in desk.questions:
        known = ", ".join(desk.questions)
        raise InputError(f"the desk has no question '{question}'; it asks {known}")


def _reconciled(file: VoteFile, gold: Mapping[str, str], families: Mapping[str, str]) -> Reconciled:
    from deskquorum.reconciliation import reconcile_table, vote_table

    table = vote_table(file.votes, families=families, items=file.items, labels=gold.values())
    return reconcile_table(table, gold=gold)


def _audited(result: Reconciled, gold: Mapping[str, str]) -> list[tuple[float, bool]]:
    """Probability of each answer that has gold, and whether it was right."""
    pairs = []
    for n, item in enumerate(result.items):
        if item in gold and result.voted[n]:
            best = int(result.posterior[n].argmax())
            pairs.append((float(result.posterior[n, best]), result.labels[best] == gold[item]))
    return pairs


@contextmanager
def _writing(out: Path | None) -> Iterator[TextIO]:
    if out is None or out.suffix != ".gz":
        with writing(out) as file:
            yield file
        return
    try:
        # No name and no time inside: same votes, same bytes.
        raw = out.open("wb")
    except OSError as exc:
        raise InputError(f"{out}: {str(exc.strerror).lower()}") from exc
    with (
        raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="") as file,
    ):
        yield file


def _notices(
    file: VoteFile, gold: Mapping[str, str], families: Mapping[str, str], gold_path: Path | None
) -> Iterator[str]:
    """What the files say that finds no use."""
    if file.repeats:
        rows = f"{len(file.repeats)} rows vote again, the first of them in line {file.repeats[0]}"
        yield f"{rows}: a labeler's last vote on an item counts"
    if gold_path is not None and not gold:
        yield f"{gold_path} holds no gold: reconciled without"
    absent = gold.keys() - set(file.items)
    if absent:
        yield f"gold of {len(absent)} items without votes is left out: {listed(sorted(absent))}"
    voters = {labeler for _, labeler, _ in file.votes}
    silent = sorted(families.keys() - voters)
    if silent:
        yield f"{len(silent)} labelers with a family never vote: {listed(silent)}"


def _report(
    file: VoteFile,
    result: Reconciled,
    audited: Sequence[tuple[float, bool]],
    notices: Sequence[str],
    *,
    as_json: bool,
    to_stderr: bool,
) -> None:
    """Say what was read and how it came out; rows and summary never share a stream."""
    summary: dict[str, object] = {
        "items": len(result.items),
        "votes": len(file.votes),
        "labelers": len({labeler for _, labeler, _ in file.votes}),
        "labels": len(result.labels),
        "answered": int(result.voted.sum()),
        "calibrated": result.calibrated,
    }
    if audited:
        summary["gold"] = len(audited)
        summary["accuracy"] = round(sum(right for _, right in audited) / len(audited), 4)
    console = wide_console(stderr=to_stderr)
    if as_json:
        summary["notes"] = list(notices)
    # JSON on standard error carries the notes itself, so that it stays JSON.
    if not (as_json and to_stderr):
        for notice in notices:
            typer.echo(f"note: {notice}", err=True)
    if as_json:
        console.print_json(data=summary)
        return
    said = "calibrated" if summary.pop("calibrated") else "uncalibrated"
    counts = ", ".join(f"{key} {value}" for key, value in summary.items())
    console.print(f"{counts}; {said}", markup=False)
