"""What the OpenAPI file says beyond what FastAPI reads from the routes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from deskquorum.server.problems import MEDIA_TYPE
from deskquorum.server.shapes import ProblemOut

__all__ = ["document", "problems", "takes"]

_REF = "#/components/schemas/{model}"
_SCHEMA = "x-schema"
"""Holds the schema of a body until it stands among the others."""

_TOLD = {
    400: "The request can't be read.",
    401: "No valid key.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    409: "It is not in a state for this.",
    410: "It was erased.",
    413: "The body is too long.",
    415: "The body is not sent as JSON.",
    421: "The service does not answer for this host.",
    422: "The request is not what was expected; all that is wrong is told.",
    429: "Too many requests.",
    431: "The request's head is too long.",
    501: "Not there yet.",
    503: "Not available now; try again.",
}


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """What a route says of the body that it reads by itself."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        _SCHEMA: {model.__name__: model.model_json_schema(ref_template=_REF)},
    }


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says of the problems it may answer with; some every route may."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=ProblemOut.__name__)}}}
    return {
        status: {"description": _TOLD[status], "content": content}
        for status in sorted({*statuses, 400, 421, 431, 503})
    }


def document(app: FastAPI, *, description: str) -> None:
    """Make the app's OpenAPI file complete: bodies, problems, how keys are shown."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(_openapi(app, description))
        return made

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def _openapi(app: FastAPI, description: str) -> dict[str, Any]:
    said = get_openapi(
        title=app.title, version=app.version, description=description, routes=app.routes
    )
    schemas = said.setdefault("components", {}).setdefault("schemas", {})
    bodies = {"ProblemOut": ProblemOut.model_json_schema(ref_template=_REF)}
    for path in said["paths"].values():
        for operation in path.values():
            bodies |= operation.pop(_SCHEMA, {})
    for name, schema in bodies.items():
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    said["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "dq_..., see `deskquorum keys`"}
    }
    said["security"] = [{"key": []}]
    return said
