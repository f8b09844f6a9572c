"""What tells one state of a desk's files from another, as far as answers depend on them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from deskquorum.assembly import Parts
from deskquorum.errors import InputError
from deskquorum.policy import NearestSpec, RuleSpec

__all__ = ["demand_identity", "desk_identity"]


def desk_identity(parts: Parts) -> Mapping[str, str]:
    """Kind of file to one hash over all of that kind, and the version of this package.

    Raises:
        InputError: A file of a labeler can't be read.
    """
    desk, rules = parts.desk, parts.rules
    prompts = {spec.id: parts.prompts[spec.prompt].hash for spec in parts.prompt_specs}
    return {
        "deskquorum": version("deskquorum"),
        "desk.yaml": desk.hash,
        "policies": rules.book.hash,
        "playbook": rules.playbook.hash,
        "learned state": rules.learned.hash,
        "prompts": _hash(f"{name} {found}" for name, found in sorted(prompts.items())),
        # Those that could be loaded here: embeddings are a package of their own.
        "labelers": _hash(sorted(labeler.id for labeler in parts.labelers)),
        "labelers' files": _hash(
            f"{spec.id} {_file_hash(file)}"
            for spec in desk.labelers.values()
            for file in _files(spec)
        ),
    }


def demand_identity(parts: Parts, expected: Mapping[str, str]) -> None:
    """Refuse files that are others than those that the work began with.

    Raises:
        InputError: They are; says of which kind.
    """
    found = desk_identity(parts)
    changed = [name for name in expected if found.get(name) != expected[name]]
    if changed:
        raise InputError(
            f"{parts.desk.folder}: the desk's {', '.join(changed)} changed since the work began;"
            " put them back, or start again"
        )


def _files(spec: object) -> Iterable[Path]:
    match spec:
        case RuleSpec(file=file) | NearestSpec(examples=Path() as file):
            return (file,)
    return ()


def _file_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
