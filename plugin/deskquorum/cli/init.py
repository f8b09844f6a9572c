"""`deskquorum init`: a desk folder to start from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import typer

from deskquorum.errors import InputError
from deskquorum.pack import starter_pack

__all__ = ["make_desk"]

_TICKETS = Path(__file__).parent / "templates" / "tickets.jsonl"
"""Two for the starter policies, to see something decided."""


def make_desk(
    folder: Path,
    *,
    labels: Path | None,
    examples: Path | None,
    question: str,
    per_label: int | None,
) -> None:
    """Write the desk's files and say what to do next.

    Raises:
        InputError: The folder is not empty, or a file given can't be used.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder; name a new one")
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; name a new folder")
    if examples is not None and not examples.is_file():
        raise InputError(f"{examples}: no such file")
    if labels is None:
        for part in ("policies", "prompts"):
            shutil.copytree(
                starter_pack(part), folder / part, ignore=shutil.ignore_patterns(".keep")
            )
        shutil.copyfile(_TICKETS, folder / "tickets.jsonl")
        tickets = folder / "tickets.jsonl"
        next_step = f"deskquorum decide {tickets} --desk {folder} --out decisions.jsonl"
    else:
        _routing_desk(folder, _labels(labels), examples, question, per_label)
        next_step = f"deskquorum label tickets.jsonl --desk {folder} --question {question}"
    typer.echo(f"made {folder}; look into {folder / 'policies'}, then:\n  {next_step}")


def _routing_desk(
    folder: Path,
    labels: Mapping[str, str],
    examples: Path | None,
    question: str,
    per_label: int | None,
) -> None:
    """A desk with one question, answered from descriptions and past tickets."""
    from ruamel.yaml import YAML

    (folder / "policies").mkdir(parents=True)
    (folder / "labelers").mkdir()
    nearest: dict[str, object] = {"kind": "nearest", "accuracy": 0.75, "label": question}
    if examples is not None:
        shutil.copyfile(examples, folder / "labelers" / "examples.jsonl")
        nearest["examples"] = "labelers/examples.jsonl"
        if per_label is not None:
            nearest["per_label"] = per_label
    desk = {
        "desk": folder.name,
        "version": "1",
        "languages": ["en"],
        "questions": {
            question: {
                "ask": f"Which {question} fits this ticket?",
                "labels": dict(labels),
                "labelers": [f"{question}-nearest"],
                "settle_at": 0.5,
            }
        },
        "labelers": {f"{question}-nearest": nearest},
    }
    with (folder / "policies" / "desk.yaml").open("w", encoding="utf-8") as file:
        file.write("# One question, answered by nearest past tickets; add labelers beside it.\n")
        YAML().dump(desk, file)


def _labels(path: Path) -> Mapping[str, str]:
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"{path}: not a JSON file that can be read") from exc
    if not isinstance(labels, dict) or len(labels) < 2:  # noqa: PLR2004 - a choice needs two labels
        raise InputError(f"{path}: expected an object of at least two labels to descriptions")
    if not all(isinstance(text, str) for text in labels.values()):
        raise InputError(f"{path}: every label needs a description in one line of text")
    return labels
