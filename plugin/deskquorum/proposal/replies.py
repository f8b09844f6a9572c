"""Reply templates: Markdown files with a header, filled from clauses and facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.domain import Facts, JsonValue
from deskquorum.errors import Problem

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["ReplyTemplate", "load_replies"]

_VARIABLES = frozenset({"clauses", "cited", "facts"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTemplate:
    """A reply with gaps; `cited` are the clauses of the ruling it explains."""

    id: str
    version: str
    hash: str
    template: Template

    def draft(
        self, *, clauses: Mapping[str, str], cited: Sequence[str], facts: Facts
    ) -> str | None:
        """Fill the template; None when it reaches for what is not there."""
        from jinja2 import TemplateRuntimeError

        try:
            text = self.template.render(
                clauses=clauses,
                cited=[clauses[clause] for clause in cited if clause in clauses],
                facts=_nested(facts),
            )
        except TemplateRuntimeError:
            return None
        return text.strip()


def load_replies(folders: Sequence[Path], problems: list[Problem]) -> Mapping[str, ReplyTemplate]:
    """Read `*.md` of the folders, the first folder winning; what is wrong goes to `problems`."""
    replies: dict[str, ReplyTemplate] = {}
    for folder in folders:
        found: dict[str, ReplyTemplate] = {}
        for path in sorted(folder.glob("*.md")):
            reply = _load(path, problems)
            if reply is not None and reply.id in found:
                problems.append(Problem(path=str(path), message=f"reply '{reply.id}' twice"))
            elif reply is not None:
                found[reply.id] = reply
        replies = found | replies
    return replies


def _load(path: Path, problems: list[Problem]) -> ReplyTemplate | None:
    from jinja2 import StrictUndefined, TemplateSyntaxError, meta
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    source = path.read_text(encoding="utf-8")
    header, body, first_line = _split(source)
    missing = {"id", "version"} - header.keys()
    if missing:
        problems.append(
            Problem(
                path=str(path),
                line=1,
                message=f"reply without {' and '.join(sorted(missing))}",
                hint="start the file with ---, `id:`, `version:` and ---",
            )
        )
        return None
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    try:
        unknown = meta.find_undeclared_variables(environment.parse(body)) - _VARIABLES
        template = environment.from_string(body)
    except TemplateSyntaxError as exc:
        line = first_line + exc.lineno - 1
        problems.append(Problem(path=str(path), line=line, message=str(exc.message).lower()))
        return None
    for name in sorted(unknown):
        line = first_line + next((i for i, text in enumerate(body.splitlines()) if name in text), 0)
        problems.append(
            Problem(
                path=str(path),
                line=line,
                message=f"unknown variable '{name}'",
                hint=f"a reply knows {', '.join(sorted(_VARIABLES))}",
            )
        )
    digest = hashlib.sha256(source.encode()).hexdigest()
    return ReplyTemplate(id=header["id"], version=header["version"], hash=digest, template=template)


def _split(source: str) -> tuple[dict[str, str], str, int]:
    """Header fields, body and the body's first line number."""
    lines = source.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in (x.strip() for x in lines[1:]):
        return {}, source, 1
    end = next(i for i, text in enumerate(lines[1:], start=1) if text.strip() == "---")
    fields = (line.partition(":") for line in lines[1:end])
    header = {key.strip(): value.strip().strip("\"'") for key, _, value in fields}
    return header, "\n".join(lines[end + 1 :]), end + 2


def _nested(facts: Facts) -> dict[str, JsonValue]:
    root: dict[str, JsonValue] = {}
    for name, fact in facts.values.items():
        *parents, leaf = name.split(".")
        node = root
        for parent in parents:
            child = node.setdefault(parent, {})
            if not isinstance(child, dict):
                break
            node = child
        else:
            if fact.value is not None:
                node[leaf] = fact.value
    return root
