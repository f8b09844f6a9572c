"""What a run was decided by: every version and hash that can change how it comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deskquorum.assembly import Parts
from deskquorum.policy import DeskFile, LabelerSpec, NearestSpec, PromptSpec

__all__ = ["basis_of"]


def basis_of(parts: Parts) -> Mapping[str, str]:
    """Name of a part (`policies`, `prompt.route`, `model.small`, ...) to its version or hash."""
    desk = parts.desk
    found = {
        **parts.rules.versions,
        "policies": parts.rules.book.hash,
        "desk.yaml": desk.hash,
        "deskquorum": _own_version(),
    }
    for spec in desk.labelers.values():
        found |= dict(_file(spec))
    for spec in parts.prompt_specs:
        found[f"prompt.{spec.prompt}"] = parts.prompts[spec.prompt].hash
        found |= dict(_models(desk, spec.model))
    if parts.checks is not None and desk.reply_check is not None:
        found |= {f"check.{name}": prompt.hash for name, prompt in parts.checks.prompts.items()}
        found |= dict(_models(desk, desk.reply_check.model))
    return dict(sorted(found.items()))


def _models(desk: DeskFile, name: str) -> Iterator[tuple[str, str]]:
    """A model and those that stand in for it."""
    for asked in (name, *desk.models[name].fallback):
        yield f"model.{asked}", desk.models[asked].model


def _file(spec: LabelerSpec) -> Iterator[tuple[str, str]]:
    path: Path | None = None
    if isinstance(spec, NearestSpec):
        path = spec.examples
    elif not isinstance(spec, PromptSpec):
        path = spec.file
    if path is not None and path.is_file():
        yield f"labeler.{spec.id}", hashlib.sha256(path.read_bytes()).hexdigest()


def _own_version() -> str:
    try:
        return version("deskquorum")
    except PackageNotFoundError:
        return "unknown"
