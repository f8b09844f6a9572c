"""A batch as a sheet (CSV) that people fill in, and the filled-in sheet.

The sheet shows the redacted conversation and nothing that software thought of it, so that nobody is
led.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TextIO

from deskquorum.auditing.cases import NO_FAILURE
from deskquorum.domain import Question
from deskquorum.ledger import Entry
from deskquorum.ledger.audits import Audit, DrawnAudit
from deskquorum.ledger.verdict_labels import FAILURE_MODE
from deskquorum.policy.names import did_you_mean
from deskquorum.reading import readable
from deskquorum.vote_files.sheet import Sheet, open_sheet, shown

__all__ = ["CHOSEN", "GivenLabels", "read_audit_sheet", "write_audit_sheet"]

CHOSEN = "chosen"
"""Stands in place of an inclusion probability: the decision was not drawn."""

_PREFIX = "label:"
_WANTED = ("decision", "inclusion", "failure_mode", "by")
_FORMULA = re.compile(r'(?:\A|(?<=[;\t\n]))(?=[ "]*[=+\-@\uff1d\uff0b\uff0d\uff20])')
"""Where a spreadsheet would see a formula to run: in front of a cell, and behind whatever would
begin a cell if the spreadsheet takes semicolons or tabs for separators, as it does in many
countries."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST = 30_000
"""Characters of a cell; spreadsheets cut what is longer than 32,767."""

_CLOSE = 0.01
"""Spreadsheets shorten numbers; what counts is the probability in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLabels:
    """What one auditor said of one decision."""

    decision: str
    by: str
    answers: Mapping[str, str]
    """Question to label, what went wrong included (`FAILURE_MODE`)."""


def write_audit_sheet(
    file: TextIO,
    batch: Iterable[tuple[Audit, Entry]],
    questions: Iterable[str],
) -> None:
    """Write a row for each decision, with empty cells for its labels."""
    questions = list(questions)
    writer = csv.writer(file, lineterminator="\n")
    asked = [f"{_PREFIX}{name}" for name in questions]
    known = ["decision", "ticket", "batch", "inclusion", "language", "text"]
    writer.writerow([*known, *asked, "failure_mode", "by"])
    for audit, entry in batch:
        ticket = entry.evidence.ticket
        text = "\n\n".join(f"{m.role}: {readable(m.text)}" for m in ticket.messages)
        cells = [
            audit.decision,
            audit.ticket,
            audit.batch,
            f"{audit.inclusion:.9g}" if isinstance(audit, DrawnAudit) else CHOSEN,
            next(iter(ticket.languages), "und"),
            text,
        ]
        writer.writerow([*map(_inert, cells), *("" for _ in questions), "", ""])


def _inert(cell: str) -> str:
    """A cell that no spreadsheet runs or breaks."""
    lines = cell.replace("\r\n", "\n").replace("\r", "\n")
    shortened = lines if len(lines) <= _LONGEST else f"{lines[:_LONGEST]} [...]"
    return _FORMULA.sub("'", _CONTROL.sub(" ", shortened))


def read_audit_sheet(
    path: Path,
    *,
    drawn: Mapping[str, DrawnAudit],
    chosen: Collection[str],
    questions: Mapping[str, Question],
    modes: Iterable[str],
    by: str,
) -> tuple[GivenLabels, ...]:
    """Read a filled-in sheet; rows without any label are left out.

    Args:
        path: The sheet.
        drawn: Decision to how it was drawn.
        chosen: Decisions that were chosen.
        questions: The desk's.
        modes: Ids of failure modes that may be named, beside `none`.
        by: Who labelled rows whose cell `by` is empty.

    Raises:
        VoteFileError: Every cell that can't be used.
    """
    sheet = open_sheet(path, _WANTED, prefix=_PREFIX)
    asked = [name.removeprefix(_PREFIX) for name in sheet.columns[len(_WANTED) :]]
    for name in asked:
        if name not in questions:
            hint = did_you_mean(name, questions, what="questions")
            sheet.complain(f"{_PREFIX}{name}", f"the desk asks no {shown(name)}", hint=hint)
    _check_ignored(sheet)
    allowed = {name: question.labels.keys() for name, question in questions.items()}
    allowed[FAILURE_MODE] = dict.fromkeys([NO_FAILURE, *modes]).keys()
    lines: dict[tuple[str, str], int] = {}
    found: list[GivenLabels] = []
    for written_id, inclusion, mode, person, *labels in sheet.rows():
        if not sheet.demand(decision=written_id):
            continue
        decision = written_id.strip()
        who = person.strip() or by
        first = lines.setdefault((decision, who), sheet.line)
        if first != sheet.line:
            message = f"decision {shown(decision)} by {shown(who)} stands in line {first} too"
            sheet.complain("decision", message)
        _check_asked(sheet, decision, inclusion, drawn, chosen)
        written = dict(zip(asked, labels, strict=True)) | {FAILURE_MODE: mode}
        answers = {name: label.strip() for name, label in written.items() if label.strip()}
        for name, label in answers.items():
            if name in allowed and label not in allowed[name]:
                _complain_of_label(sheet, name, label, allowed[name])
        if answers:
            found.append(GivenLabels(decision=decision, by=who, answers=answers))
    sheet.finish(rows=bool(lines))
    return tuple(found)


def _check_ignored(sheet: Sheet) -> None:
    """Nobody's labels are left out because of how the column's name is written."""
    for name in sheet.header:
        plain = name.strip().casefold()
        if plain.startswith("label") and name not in sheet.columns:
            question = re.sub(r"^labels?[\s:_-]*", "", plain) or "QUESTION"
            message = f"column {shown(name)} would not be read"
            sheet.complain(name, message, hint=f"name it {_PREFIX}{question}")


def _check_asked(
    sheet: Sheet,
    decision: str,
    inclusion: str,
    drawn: Mapping[str, DrawnAudit],
    chosen: Collection[str],
) -> None:
    known = drawn.get(decision)
    if known is None and decision not in chosen:
        hint = "rows come from: deskquorum audit sample"
        sheet.complain("decision", f"{shown(decision)} was not drawn at this desk", hint=hint)
        return
    if decision in chosen and inclusion.strip() == CHOSEN:
        return
    if known is None:
        message = f"{shown(inclusion)}, but the decision was chosen, not drawn"
        sheet.complain("inclusion", message, hint=f"write {CHOSEN}")
        return
    written = sheet.probability("inclusion", inclusion)
    if not isclose(written, known.inclusion, rel_tol=_CLOSE):
        message = f"{shown(inclusion)} is not the probability that it was drawn with"
        sheet.complain("inclusion", message, hint=f"write {known.inclusion:.9g}")


def _complain_of_label(sheet: Sheet, name: str, label: str, allowed: Iterable[str]) -> None:
    if name == FAILURE_MODE:
        hint = did_you_mean(label, allowed, what="failure modes")
        sheet.complain("failure_mode", f"{shown(label)} is no failure mode", hint=hint)
        return
    hint = did_you_mean(label, allowed, what="its labels")
    sheet.complain(f"{_PREFIX}{name}", f"{shown(label)} is no label of {name}", hint=hint)
