"""Finding what comes with the package: starter policies, prompts, an example desk, suites."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["starter_pack"]

_PACKAGE = Path(__file__).parent
_PLACES = {
    "policies": "policies",
    "prompts": "prompts",
    "northwind": "examples/northwind",
    "stress": "bench/stress",
}
"""Kind to its folder in the repository; the wheel carries the same below `_pack`."""


def starter_pack(kind: Literal["policies", "prompts", "northwind", "stress"]) -> Path:
    """The folder of the starter policies or prompts, the example desk or the stress suites.

    Raises:
        FileNotFoundError: The installation carries no such folder.
    """
    for folder in (_PACKAGE / "_pack" / kind, _PACKAGE.parents[1] / _PLACES[kind]):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"this installation of deskquorum carries no {kind}")
