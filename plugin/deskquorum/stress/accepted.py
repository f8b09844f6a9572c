"""The last accepted run, one small file of learned state; it holds no word of any ticket."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from deskquorum.errors import ConfigError, Problem
from deskquorum.stress.scoring import Outcome

__all__ = ["Run", "read_accepted", "write_accepted"]

_NAME = "stress.json"
_MEND = "accept a run anew with `deskquorum stress --accept`, or remove the file"


class Run(BaseModel):
    """One run of all suites."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1] = 1
    at: AwareDatetime
    basis: dict[str, str]
    """What it was decided by: part to version or hash."""
    notices: list[str] = []
    """What the desk did without."""
    outcomes: list[Outcome]

    def differs_from(self, other: Run) -> list[str]:
        """The parts that are others than those of another run, by name."""
        names = sorted(self.basis.keys() | other.basis.keys())
        return [name for name in names if self.basis.get(name) != other.basis.get(name)]


def read_accepted(learned: Path) -> Run | None:
    """Read the accepted run of a folder of learned state; None if none was accepted.

    Raises:
        ConfigError: The file can't be used.
    """
    path = learned / _NAME
    try:
        return Run.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as exc:
        said = str(exc.strerror).lower()
        raise ConfigError([Problem(path=str(path), message=said, hint=_MEND)]) from exc
    except ValidationError as exc:
        problems = [
            Problem(
                path=str(path),
                message=f"{'.'.join(map(str, error['loc']))}: {error['msg'].lower()}",
                hint=_MEND,
            )
            for error in exc.errors(include_url=False, include_input=False)
        ]
        raise ConfigError(problems) from exc


def write_accepted(learned: Path, run: Run) -> Path:
    """Write the accepted run; readers meet the old file or the new one, never half of one."""
    path = learned / _NAME
    learned.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(run.model_dump_json(indent=1) + "\n", encoding="utf-8")
    beside.replace(path)
    return path
