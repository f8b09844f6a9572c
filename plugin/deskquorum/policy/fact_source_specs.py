"""The systems that facts are read from, as `desk.yaml` describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deskquorum.policy.fact_fields import FactField

__all__ = ["EnvName", "HeaderSpec", "HttpSourceSpec", "SourceSpec", "SqlSourceSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvName:
    """An environment variable that the file names, and where."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderSpec:
    """A header's value: `prefix`, then what the variable holds."""

    prefix: str
    env: EnvName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSourceSpec:
    """A system that answers JSON over HTTP."""

    id: str
    url: str
    """Template, as `UrlTemplate` reads it."""
    headers: Mapping[str, HeaderSpec]
    fields: Mapping[str, FactField]
    as_of: str | None
    timeout_s: float
    """For one try."""
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSourceSpec:
    """A database that is read by one statement."""

    id: str
    url: str | EnvName
    """The address, or the variable that holds it."""
    folder: Path
    """What a relative path of an SQLite file is relative to."""
    query: str
    file: Path | None
    """Where the query stands, if not in `desk.yaml`."""
    parameters: Mapping[str, str]
    rows: Literal["one", "all"]
    fields: Mapping[str, FactField]
    as_of: str | None
    timeout_s: float


SourceSpec = HttpSourceSpec | SqlSourceSpec
