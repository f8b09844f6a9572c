"""What a backfill was begun with, written beside its parts; only the same goes on with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

__all__ = ["InputShape", "Manifest"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputShape(_Shape):
    """The input as it was surveyed."""

    items: int
    sha256: str
    last: int


class Manifest(_Shape):
    """The whole file."""

    format: Literal["deskquorum backfill 1"] = "deskquorum backfill 1"
    input: InputShape
    desk: dict[str, str]
    """What the answers depend on, by kind of file, as `desk_identity` tells it."""
    chunk_rows: int
    options: dict[str, str | int | bool | list[str] | None]
    started_at: AwareDatetime
    """Counts as the time of messages that tell none."""

    def differences(self, other: Manifest) -> Iterator[str]:
        """What is not the same there, in words."""
        if self.input != other.input:
            yield "the input"
        kinds = sorted(self.desk.keys() | other.desk.keys())
        yield from (f"the desk's {k}" for k in kinds if self.desk.get(k) != other.desk.get(k))
        if self.chunk_rows != other.chunk_rows:
            yield "the option --chunk-rows"
        names = sorted(self.options.keys() | other.options.keys())
        for name in names:
            if self.options.get(name) != other.options.get(name):
                yield f"the option --{name}"
