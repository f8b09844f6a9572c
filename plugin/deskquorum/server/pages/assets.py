"""Style sheet and scripts: read once, and kept by browsers for as long as they do not change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from deskquorum.server.problems import ProblemError

__all__ = ["asset_routes", "asset_version"]

asset_routes = APIRouter(include_in_schema=False)

_STATIC = Path(__file__).parent / "static"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asset:
    body: bytes
    kind: str


@cache
def _assets() -> dict[str, _Asset]:
    paths = sorted(path for path in _STATIC.iterdir() if path.suffix in _KINDS)
    return {path.name: _Asset(body=path.read_bytes(), kind=_KINDS[path.suffix]) for path in paths}


@cache
def asset_version() -> str:
    """Stands in the address of every asset: another one for every change."""
    digest = sha256()
    for name, asset in _assets().items():
        digest.update(name.encode() + b"\n" + asset.body)
    return digest.hexdigest()[:16]


@asset_routes.get("/static/{version}/{name}")
async def read_asset(version: str, name: str) -> Response:
    """One file; scripts name each other without a path, so they come in the same version."""
    asset = _assets().get(name) if re.fullmatch(r"[0-9a-f]{16}", version) else None
    if asset is None:
        raise ProblemError(status=404, code="not-found")
    kept = _FOR_EVER if version == asset_version() else "no-store"
    return Response(asset.body, media_type=asset.kind, headers={"Cache-Control": kept})
