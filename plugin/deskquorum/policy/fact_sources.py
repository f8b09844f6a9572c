"""Reading `sources` and `max_age` of `desk.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from deskquorum.errors import Problem
from deskquorum.policy.desk_shapes import DeskShape
from deskquorum.policy.document import Document
from deskquorum.policy.durations import read_duration
from deskquorum.policy.fact_fields import FactField, is_path
from deskquorum.policy.fact_source_shapes import (
    AnySource,
    FieldShape,
    HeaderShape,
    HttpShape,
    SqlShape,
)
from deskquorum.policy.fact_source_specs import (
    EnvName,
    HeaderSpec,
    HttpSourceSpec,
    SourceSpec,
    SqlSourceSpec,
)
from deskquorum.policy.names import is_name
from deskquorum.policy.trusted_fields import check_trusted
from deskquorum.policy.url_template import UrlTemplate

__all__ = ["query_places", "read_max_ages", "read_sources"]

_Keys = tuple[str | int, ...]

_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SECRET = re.compile(r"auth|cookie|key|pass|secret|signature|token", re.IGNORECASE)
_BIND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""As SQLAlchemy reads it: `:name`, but neither `::type` nor `\\:name`."""
_TICKET = "ticket"
_DATABASES = ("sqlite", "postgresql")
_NO_SECRETS = "put it into an environment variable and name that: {env: NAME}"


def read_sources(
    document: Document[DeskShape], problems: list[Problem]
) -> Mapping[str, SourceSpec]:
    """The sources that the file describes; faulty ones are left out and reported."""
    found: dict[str, SourceSpec] = {}
    for name, shape in document.value.sources.items():
        before = len(problems)
        reader = _Reader(document=document, keys=("sources", name), problems=problems)
        reader.check_name(name)
        spec = reader.source(name, shape)
        if spec is not None and len(problems) == before:
            found[name] = spec
    return found


def read_max_ages(
    document: Document[DeskShape], problems: list[Problem]
) -> Mapping[str, timedelta]:
    """How old facts may be, by the name of a fact or of a record."""
    ages: dict[str, timedelta] = {}
    for name, written in document.value.max_age.items():
        age = read_duration(written)
        if age is None:
            message = f"expected an age such as 90s, 15m, 1h or 7d, got '{written}'"
            problems.append(document.problem(message, "max_age", name))
        else:
            ages[name] = age
    return ages


def query_places(query: str) -> frozenset[str]:
    """The names of the values that a statement takes, written `:name`."""
    return frozenset(_BIND.findall(query))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads one source, and reports what is wrong with it in its place."""

    document: Document[DeskShape]
    keys: _Keys
    problems: list[Problem]

    def check_name(self, name: str) -> None:
        hint = "use lower-case letters, digits and _"
        if name == _TICKET:
            hint = "that is what decisions call the ticket itself"
        if name == _TICKET or not is_name(name):
            message = f"'{name}' is no name"
            self.problems.append(self.document.key_problem(message, *self.keys, hint=hint))

    def source(self, name: str, shape: AnySource) -> SourceSpec | None:
        fields = {fact: self.field(field, "fields", fact) for fact, field in shape.fields.items()}
        if shape.as_of is not None and not is_path(shape.as_of):
            self.report(f"'{shape.as_of}' is no path", "as_of")
        read = {fact: field for fact, field in fields.items() if field is not None}
        match shape:
            case HttpShape():
                return self.http(name, shape, read)
            case SqlShape():
                return self.sql(name, shape, read)

    def http(self, name: str, shape: HttpShape, fields: Mapping[str, FactField]) -> HttpSourceSpec:
        try:
            UrlTemplate(shape.url)
        except ValueError as exc:
            self.report(str(exc), "url")
        for key, value in parse_qsl(urlsplit(shape.url).query):
            if _SECRET.search(key) and "{" not in value:
                self.report(f"'{key}' of the address stands in the file", "url", hint=_NO_SECRETS)
        return HttpSourceSpec(
            id=name,
            url=shape.url,
            headers={header: self.header(header, h) for header, h in shape.headers.items()},
            fields=fields,
            as_of=shape.as_of,
            timeout_s=shape.timeout_s,
            tries=shape.tries,
        )

    def header(self, name: str, shape: HeaderShape) -> HeaderSpec:
        keys = ("headers", name)
        if _HEADER.fullmatch(name) is None:
            self.problems.append(
                self.document.key_problem(f"'{name}' is no name of a header", *self.keys, *keys)
            )
        if shape.env is None:
            # INVARIANT: no secret stands in a file of the desk.
            if _SECRET.search(name):
                self.report(f"the header '{name}' stands in the file", *keys, hint=_NO_SECRETS)
            return HeaderSpec(prefix=shape.prefix, env=None)
        return HeaderSpec(prefix=shape.prefix, env=self.env(shape.env, *keys, "env"))

    def sql(
        self, name: str, shape: SqlShape, fields: Mapping[str, FactField]
    ) -> SqlSourceSpec | None:
        query = self.query(shape)
        self.one_of("url", shape.url, "url_env", shape.url_env)
        if shape.url is not None:
            self.check_database(shape.url)
        if query is not None:
            self.check_parameters(query, shape.parameters)
        env = None if shape.url_env is None else self.env(shape.url_env, "url_env")
        if query is None or (url := shape.url or env) is None:
            return None
        return SqlSourceSpec(
            id=name,
            url=url,
            folder=self.folder,
            query=query,
            file=None if shape.file is None else self.folder / shape.file,
            parameters=shape.parameters,
            rows=shape.rows,
            fields=fields,
            as_of=shape.as_of,
            timeout_s=shape.timeout_s,
        )

    @property
    def folder(self) -> Path:
        return self.document.path.parent.parent

    def query(self, shape: SqlShape) -> str | None:
        self.one_of("query", shape.query, "file", shape.file)
        if shape.file is None:
            return shape.query
        try:
            return (self.folder / shape.file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            hint = f"paths are relative to the desk folder, {self.folder}"
            self.report(f"no file '{shape.file}' of text", "file", hint=hint)
            return None

    def check_database(self, url: str) -> None:
        scheme = url.partition(":")[0].partition("+")[0]
        if scheme not in _DATABASES:
            hint = "write sqlite:///FILE or postgresql+psycopg://HOST/DATABASE"
            self.report(f"no address of SQLite or PostgreSQL: '{scheme}'", "url", hint=hint)
        elif urlsplit(url).password is not None:
            hint = "put the whole address into an environment variable and name that: url_env"
            self.report("a password stands in the file", "url", hint=hint)

    def check_parameters(self, query: str, parameters: Mapping[str, str]) -> None:
        places = query_places(query)
        for place in sorted(places - parameters.keys()):
            hint = f"write parameters: {{{place}: requester.customer_id}}, or another trusted field"
            self.report(f"the query takes ':{place}', which has no value", hint=hint)
        for name, trusted in parameters.items():
            if name not in places:
                message = f"the query takes no ':{name}'"
                keys = (*self.keys, "parameters", name)
                self.problems.append(self.document.key_problem(message, *keys))
            try:
                check_trusted(trusted)
            except ValueError as exc:
                self.report(str(exc), "parameters", name)

    def field(self, shape: FieldShape, *keys: str) -> FactField | None:
        inner = {
            name: self.field(item, *keys, "items", name)
            for name, item in (shape.items or {}).items()
        }
        try:
            return FactField(
                at=shape.at,
                optional=shape.optional,
                currency=shape.currency,
                flag=shape.flag,
                items=None
                if shape.items is None
                else {name: field for name, field in inner.items() if field is not None},
            )
        except ValueError as exc:
            self.report(str(exc), *keys)
            return None

    def env(self, name: str, *keys: str) -> EnvName:
        if _ENV.fullmatch(name) is None:
            hint = "name the variable that holds the secret, not the secret itself"
            self.report("no name of an environment variable", *keys, hint=hint)
        line, column = self.document.place(*self.keys, *keys)
        return EnvName(name=name, line=line, column=column)

    def one_of(self, first: str, one: object, second: str, other: object) -> None:
        if (one is None) == (other is None):
            self.report(f"expected either {first} or {second}")

    def report(self, message: str, *keys: str, hint: str = "") -> None:
        self.problems.append(self.document.problem(message, *self.keys, *keys, hint=hint))
