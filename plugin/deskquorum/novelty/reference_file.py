"""The reference as a file of learned state: JSON, its numbers in base64."""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from deskquorum.errors import ConfigError, Problem
from deskquorum.novelty.reference import Level, Meaning, Reference

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["read_reference", "remove_reference", "write_reference"]

_FILE = "reference.json"
"""No question's file: theirs end in `.model.json`."""

_MEND = "run `deskquorum calibrate` again, or remove the file"
_NUMBER = Field(allow_inf_nan=False)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _LevelShape(_Shape):
    above: Annotated[float, _NUMBER]
    rate: Annotated[float, Field(ge=0, le=1)]


class _MeaningShape(_Shape):
    centre: str
    centroids: str
    levels: Annotated[list[_LevelShape], Field(min_length=1)]


class _ReferenceShape(_Shape):
    format: Literal["deskquorum reference 1"] = "deskquorum reference 1"
    made_at: AwareDatetime
    texts: Annotated[int, Field(ge=1)]
    words: str
    levels: Annotated[list[_LevelShape], Field(min_length=1)]
    meaning: _MeaningShape | None


def write_reference(folder: Path, reference: Reference) -> None:
    """Write it; readers meet the old file or the new one, never half of one."""
    import numpy as np

    meaning = reference.meaning
    shape = _ReferenceShape(
        made_at=reference.made_at,
        texts=reference.texts,
        words=_coded(np.array(sorted(reference.words), dtype="<u4")),
        levels=_level_shapes(reference.levels),
        meaning=None
        if meaning is None
        else _MeaningShape(
            centre=_coded(meaning.centre.astype("<f2")),
            centroids=_coded(meaning.centroids.astype("<f2")),
            levels=_level_shapes(meaning.levels),
        ),
    )
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{_FILE}.new"
    fresh.write_text(shape.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.replace(folder / _FILE)


def remove_reference(folder: Path) -> None:
    """Forget it; fine where there is none."""
    (folder / _FILE).unlink(missing_ok=True)


def read_reference(folder: Path) -> Reference | None:
    """Read it; None where there is no file, as in folders that were calibrated before.

    Raises:
        ConfigError: The file can't be used; says why.
    """
    path = folder / _FILE
    try:
        data = path.read_bytes()
        shape = _ReferenceShape.model_validate_json(data)
        return _reference(shape, hashlib.sha256(data).hexdigest())
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise _faulty(path, f"can't be read: {str(exc.strerror).lower()}") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise _faulty(path, f"{place}: {first['msg'].lower()}") from exc
    except (ValueError, binascii.Error) as exc:
        raise _faulty(path, "its numbers are damaged") from exc


def _reference(shape: _ReferenceShape, digest: str) -> Reference:
    import numpy as np

    words = np.frombuffer(base64.b64decode(shape.words, validate=True), dtype="<u4")
    return Reference(
        made_at=shape.made_at,
        texts=shape.texts,
        words=frozenset(words.tolist()),
        levels=_levels(shape.levels),
        meaning=None if shape.meaning is None else _meaning(shape.meaning),
        hash=digest,
    )


def _meaning(shape: _MeaningShape) -> Meaning:
    centre = _floats(shape.centre)
    return Meaning(
        centre=centre,
        centroids=_floats(shape.centroids).reshape(-1, len(centre)),
        levels=_levels(shape.levels),
    )


def _levels(shapes: list[_LevelShape]) -> tuple[Level, ...]:
    return tuple(Level(above=shape.above, rate=shape.rate) for shape in shapes)


def _level_shapes(levels: tuple[Level, ...]) -> list[_LevelShape]:
    return [_LevelShape(above=level.above, rate=level.rate) for level in levels]


def _coded(numbers: npt.NDArray[np.generic]) -> str:
    return base64.b64encode(numbers.tobytes()).decode()


def _floats(text: str) -> npt.NDArray[np.float32]:
    """The numbers.

    Raises:
        ValueError: There are none, or one is none.
    """
    import numpy as np

    found = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f2").astype(np.float32)
    if not len(found) or not np.isfinite(found).all():
        raise ValueError("not a number")
    return found


def _faulty(path: Path, message: str) -> ConfigError:
    return ConfigError([Problem(path=str(path), message=message, hint=_MEND)])
