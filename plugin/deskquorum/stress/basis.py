"""What a run was decided by: every version and hash that can change how it comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deskquorum.assembly import Parts
from deskquorum.policy import LabelerSpec, NearestSpec, PromptSpec

__all__ = ["basis_of"]


def basis_of(parts: Parts) -> Mapping[str, str]:
    """Name of a part (`policies`, `prompt.route`, `model.small`, ...) to its version or hash."""
    asked = {spec.id for spec in parts.prompt_specs}
    found = dict(parts.rules.versions) | {"policies": parts.rules.book.hash}
    found["deskquorum"] = _own_version()
    for spec in parts.desk.labelers.values():
        if not isinstance(spec, PromptSpec):
            found |= dict(_file(spec))
        elif spec.id in asked:
            found[f"prompt.{spec.prompt}"] = parts.prompts[spec.prompt].hash
            found[f"model.{spec.model}"] = parts.desk.models[spec.model].model
    return dict(sorted(found.items()))


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
