"""Declarations of named conditions, values and tables, with their parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pydantic import JsonValue

from deskquorum.policy.complaints import function_names
from deskquorum.policy.expressions import CONDITION, TABLE, VALUE
from deskquorum.policy.named_parts import PART_KINDS
from deskquorum.policy.names import BUILT_IN_RECORDS, NAMING, TYPE_NAMES, is_name
from deskquorum.policy.scopes import Anatomy

if TYPE_CHECKING:
    from deskquorum.policy.declarations import Declarations, Topic

__all__ = ["NamedPart", "Signature", "check_parameters", "declare_parts", "signature_of"]

_SIGNATURE = re.compile(r"([^()]*?)\s*\(([^()]*)\)\s*")


class Signature(NamedTuple):
    """A key under `conditions` or `values`: `name`, or `name(a, b)`."""

    name: str
    parameters: tuple[str, ...] | None
    """None without brackets, empty where nothing stands in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPart:
    """A condition, a value or a table, with where it stands."""

    topic: Topic
    keys: tuple[str, str]
    text: str
    """In CEL."""
    parameters: tuple[str, ...] = ()


def signature_of(key: str) -> Signature:
    """A key taken apart; what is no signature counts as a name, and is no good one."""
    match = _SIGNATURE.fullmatch(key)
    if match is None:
        return Signature(key, None)
    parameters = tuple(name.strip() for name in match[2].split(","))
    return Signature(match[1], () if parameters == ("",) else parameters)


def declare_parts(topic: Topic, found: Declarations) -> None:
    """Gather a file's named parts; what is wrong goes to the declarations' `problems`."""
    sections: tuple[tuple[str, str, str, Mapping[str, str]], ...] = (
        (CONDITION, "condition", "conditions", topic.value.conditions),
        (VALUE, "value", "values", topic.value.values),
        (TABLE, "table", "tables", dict(_tables(topic, found))),
    )
    for head, what, section, parts in sections:
        for key, text in parts.items():
            keys, signature = (section, key), signature_of(key)
            name = signature.name
            if not is_name(name) or signature.parameters == ():
                message = f"'{key}' is no name for a {what}"
                found.problems.append(topic.key_problem(message, *keys, hint=NAMING))
                found.dropped.add(name.partition("(")[0])
            elif signature.parameters and head == TABLE:
                message = f"table '{name}' takes no parameters"
                hint = f"name the columns where it is used: table.{name}[KEY]"
                found.problems.append(topic.key_problem(message, *keys, hint=hint))
                found.dropped.add(name)
            elif not found.taken(what, name, topic, *keys):
                found.parts[f"{head}.{name}"] = NamedPart(
                    topic=topic, keys=keys, text=text, parameters=signature.parameters or ()
                )


def _tables(topic: Topic, found: Declarations) -> Iterator[tuple[str, str]]:
    for name, written in topic.value.tables.items():
        faults = list(_table_faults(written, ()))
        for keys, message, hint in faults:
            problem = topic.problem(message, "tables", name, *keys, hint=hint)
            found.problems.append(problem)
        if faults:
            found.dropped.add(name)
        else:
            # Texts, numbers, lists and mappings are written in CEL as they are in JSON.
            yield name, json.dumps(written, ensure_ascii=False)


def _table_faults(
    written: JsonValue, keys: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    match written:
        case dict() | list() if written:
            inner = written.items() if isinstance(written, dict) else enumerate(written)
            for key, value in inner:
                yield from _table_faults(value, (*keys, key))
        case float():
            hint = "write money in minor units, 2400 for 24.00"
            yield keys, "no number of a table has a point", hint
        case None | dict() | list():
            yield keys, "nothing is written here", ""
        case str() | bool() | int() if not keys:
            yield keys, "expected a list or a mapping", "write a single value into `values`"


def check_parameters(found: Declarations, facts: Iterable[str]) -> None:
    """Refuse parameters that are called like something else, or that their part does not use."""
    built_in = {*BUILT_IN_RECORDS, *function_names(), *TYPE_NAMES}
    taken = dict.fromkeys(built_in, "is built in")
    taken |= {name.partition(".")[0]: "is a fact, or a record of facts" for name in facts}
    for name in found.parts:
        head, _, short = name.partition(".")
        taken.setdefault(short, f"is the name of a {PART_KINDS[head]}")
    for name, part in [item for item in found.parts.items() if item[1].parameters]:
        faults = list(_parameter_faults(part, taken))
        for message, hint in faults:
            found.problems.append(part.topic.key_problem(message, *part.keys, hint=hint))
        if faults:
            found.dropped.add(name.partition(".")[2])
            del found.parts[name]


def _parameter_faults(part: NamedPart, taken: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    anatomy = Anatomy(text=part.text)
    named = {name for name, _ in anatomy.names}
    loops = {scope.variable for scope in anatomy.scopes}
    for at, name in enumerate(part.parameters):
        if not is_name(name):
            yield f"'{name}' is no name for a parameter", NAMING
        elif name in part.parameters[:at]:
            yield f"parameter '{name}' twice", "call one of them something else"
        elif name in taken:
            yield f"'{name}' {taken[name]}, so no parameter can be called that", "rename it"
        elif name in loops:
            yield f"a loop calls its elements '{name}', like the parameter", "rename one of them"
        elif name not in named:
            yield f"parameter '{name}' is not used", "remove it"
