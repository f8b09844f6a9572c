"""The shape of `sources` in `desk.yaml`, as ops write it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

__all__ = ["AnySource", "FieldShape", "HeaderShape", "HttpShape", "SourceShape", "SqlShape"]

_Text = Annotated[str, Field(min_length=1)]
_Seconds = Annotated[float, Field(gt=0)]
_Count = Annotated[int, Field(ge=1)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Short(_Shape):
    """A mapping whose only needed key may be written as a text alone."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, written: object) -> object:
        return {cls._main_key(): written} if isinstance(written, str) else written

    @classmethod
    def _main_key(cls) -> str:
        return next(iter(cls.model_fields))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made = handler(schema)
        text = {"type": "string", "minLength": 1}
        return {"anyOf": [text, made]}


class FieldShape(_Short):
    """Where a fact stands in the record: a path, or a path with what it needs."""

    at: _Text
    currency: _Text | None = None
    flag: bool = False
    items: dict[str, FieldShape] | None = None
    optional: bool = False


class HeaderShape(_Short):
    """A header's value: a text, or a variable of the environment, with what precedes it."""

    prefix: str = ""
    env: _Text | None = None


class SourceShape(_Shape):
    """What every source says of itself."""

    fields: Annotated[dict[str, FieldShape], Field(min_length=1)]
    as_of: _Text | None = None


class HttpShape(SourceShape):
    """A system that answers JSON."""

    kind: Literal["http"]
    url: _Text
    headers: dict[str, HeaderShape] = {}
    timeout_s: _Seconds = 2.0
    tries: _Count = 3


class SqlShape(SourceShape):
    """A database."""

    kind: Literal["sql"]
    url: _Text | None = None
    url_env: _Text | None = None
    query: _Text | None = None
    file: _Text | None = None
    parameters: dict[str, _Text] = {}
    rows: Literal["one", "all"] = "one"
    timeout_s: _Seconds = 5.0


AnySource = Annotated[HttpShape | SqlShape, Field(discriminator="kind")]
