"""Finding the starter policies, prompts and the example desk that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["starter_pack"]

_PACKAGE = Path(__file__).parent
_PLACES = {"policies": "policies", "prompts": "prompts", "northwind": "examples/northwind"}
"""Kind to its folder in the repository; the wheel carries the same below `_pack`."""


def starter_pack(kind: Literal["policies", "prompts", "northwind"]) -> Path:
    """The folder of the starter policies, the starter prompts or the example desk.

    Raises:
        FileNotFoundError: The installation carries no such folder.
    """
    for folder in (_PACKAGE / "_pack" / kind, _PACKAGE.parents[1] / _PLACES[kind]):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"this installation of deskquorum carries no {kind}")
