"""What the CEL compiler says, turned into words for the people who write policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from deskquorum.policy.expressions import words_of
from deskquorum.policy.names import did_you_mean

if TYPE_CHECKING:
    from deskquorum.policy.named_parts import Expanded

__all__ = [
    "ANY_ACTION",
    "LONGEST",
    "MOST_LAYERS",
    "TOO_DEEP",
    "TOO_LONG",
    "Complaint",
    "Vocabulary",
    "complaints_of",
    "function_names",
    "misused",
    "typed",
]

ANY_ACTION = "any action"
"""Stands for all actions together, where a named condition reads arguments."""

MOST_LAYERS, LONGEST = 30, 100_000
"""Brackets within each other, and characters with named parts written out: the engine's bounds."""

TOO_DEEP = f"brackets in more than {MOST_LAYERS} layers"
TOO_LONG = f"with its named parts written out, it is longer than {LONGEST:,} characters"

_ALIKE = 0.75
"""Short names of functions are a little like any other word."""

FUNCTIONS = ("days_between", "sum_of", "min_of", "max_of", "positions", "unique")
# fmt: off
_BUILT_IN = (
    "all", "exists", "exists_one", "filter", "map", "size", "contains", "startsWith", "endsWith",
    "matches", "has", "int", "string", "timestamp", "duration", "dyn", "getFullYear", "getMonth",
    "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes",
    "getSeconds", "getMilliseconds", "double", "uint", "bool", "type", "bytes",
)
# fmt: on
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?: \[INVALID_ARGUMENT\])?$", re.MULTILINE)
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']+)' applied to '\((.*)\)'")
_FIELD = re.compile(r"undefined field '([^']+)' not found in struct '([^']+)'")
_SELECT = re.compile(r"expression of type '(.+)' cannot be the operand of a select operation")
_RANGE = re.compile(r"expression of type '(.+)' cannot be the range of a comprehension")
_UNEXPECTED = re.compile(r"(?:mismatched|extraneous) input '(.*?)' expecting")
_NO_TOKEN = re.compile(r"token recognition error at: '(.*)'")
_OPERATORS = {"@in": "in", "_?_:_": "? :", "_[_]": "[ ]", "!_": "!", "-_": "-"}
_MEANT = {"and": "&&", "or": "||", "not": "!", "=": "==", "is": "==", "AND": "&&", "OR": "||"}
_TYPES = {
    "string": "text",
    "int": "a whole number",
    "double": "a number with a point",
    "bool": "true or false",
    "google.protobuf.Timestamp": "a date or time",
    "google.protobuf.Duration": "a duration",
    "null": "null",
    "dyn": "anything",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One mistake in an expression."""

    offset: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What an expression may name, for messages that point to it."""

    variables: tuple[str, ...]
    """Declared names, without `known.*`."""
    action: str | None
    """The action whose arguments can be read, if any."""
    owner_of: Callable[[str], str | None]
    """Message type to the fact whose records have it."""
    fields_of: Callable[[str], tuple[str, ...]]

    def under(self, prefix: str) -> list[str]:
        """Names below a prefix, the prefix left out."""
        return [v.removeprefix(prefix) for v in self.variables if v.startswith(prefix)]


def function_names() -> tuple[str, ...]:
    """Every function and macro that a condition can call."""
    return (*FUNCTIONS, *_BUILT_IN)


def complaints_of(said: str, text: str, vocabulary: Vocabulary) -> list[Complaint]:
    """The compiler's errors in words, those that only follow from another left out."""
    found = [
        (_offset(text, int(line), int(column)), message)
        for line, column, message in _ERROR.findall(said)
        if "'*error*'" not in message
    ]
    if "recursion" in said:
        hint = "put parts of it into conditions of fewer brackets"
        return [Complaint(offset=0, message=TOO_DEEP, hint=hint)]
    if "codepoint limit" in said:
        return [Complaint(offset=0, message=TOO_LONG, hint="write less, or use parts less often")]
    syntax = [(at, m.removeprefix("Syntax error: ")) for at, m in found if m.startswith("Syntax")]
    if syntax:
        return [_syntax(text, at, message) for at, message in syntax[:1]]
    complaints = [_complaint(text, at, message, vocabulary) for at, message in found]
    if any(c.message.startswith("unknown function") for c in complaints):
        # The variable of a misspelt `exists(i, ...)` is unknown only for that reason.
        complaints = [c for c in complaints if not re.match(r"unknown fact '\w+'$", c.message)]
    return complaints or [Complaint(offset=0, message="no valid expression")]


def misused(expanded: Expanded, declared: Collection[str]) -> list[Complaint]:
    """`has(order.x)` compiles, but it is not a test of whether a fact was read."""
    if "has" not in expanded.text:
        return []
    words = list(words_of(expanded.text))
    return [
        expanded.brought_back(
            Complaint(
                offset=word.start,
                message="has() does not tell whether a fact was read",
                hint=f"write known.{argument.text}",
            )
        )
        for word, bracket, argument, end in zip(
            words, words[1:], words[2:], words[3:], strict=False
        )
        if (word.text, bracket.text, end.text) == ("has", "(", ")") and argument.text in declared
    ]


def typed(name: str, owner_of: Callable[[str], str | None]) -> str:
    """A CEL type in words."""
    if owner := owner_of(name):
        return f"a record of {owner}"
    if inner := re.fullmatch(r"(list|wrapper|map)\((?:string, )?(.*)\)", name):
        inside = typed(inner[2], owner_of)
        kinds = {"list": f"a list of {inside}", "map": f"a mapping to {inside}"}
        return kinds.get(inner[1], inside)
    return _TYPES.get(name, name)


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    return sum(len(row) + 1 for row in lines[: line - 1]) + column - 1


def _syntax(text: str, at: int, message: str) -> Complaint:
    unexpected = _UNEXPECTED.search(message)
    if "'<EOF>'" in message.partition(" expecting ")[0]:
        hint = "a closing bracket is missing" if text.count("(") > text.count(")") else ""
        return Complaint(
            offset=len(text.rstrip()), message="the expression ends too early", hint=hint
        )
    token = _NO_TOKEN.search(message)
    shown = (token or unexpected or ("", text[at : at + 1]))[1].strip().split("\n")[0]
    before = re.findall(r"\w+", text[:at])[-1:]
    if before == ["not"]:
        return Complaint(offset=at - len("not "), message="unexpected 'not'", hint="write '!'")
    if shown[:1] in {'"', "'"} and token is not None:
        return Complaint(offset=at, message="a text without its closing quote")
    meant = _MEANT.get(shown) or _MEANT.get(shown[:1])
    hint = f"write '{meant}'" if meant else ""
    return Complaint(offset=at, message=f"unexpected '{shown}'", hint=hint)


def _complaint(text: str, at: int, message: str, vocabulary: Vocabulary) -> Complaint:
    if match := _UNDECLARED.search(message):
        return _undeclared(text, at, match[1], vocabulary)
    if match := _OVERLOAD.search(message):
        return _no_overload(text, at, match[1], match[2], vocabulary)
    if match := _FIELD.search(message):
        owner = vocabulary.owner_of(match[2]) or match[2]
        hint = did_you_mean(match[1], vocabulary.fields_of(match[2]), what="its fields")
        at += text[at:].find(match[1]) if match[1] in text[at:] else 0
        return Complaint(offset=at, message=f"'{owner}' has no field '{match[1]}'", hint=hint)
    if match := _SELECT.search(message):
        return _no_fields(text, at, match[1], vocabulary)
    if match := _RANGE.search(message):
        kind = typed(match[1], vocabulary.owner_of)
        return Complaint(offset=at, message=f"expected a list, got {kind}")
    return Complaint(offset=at, message=message)


def _no_fields(text: str, at: int, kind: str, vocabulary: Vocabulary) -> Complaint:
    for word in words_of(text):
        # `known.order` exists, so in `known.order.sttus` only a field seems to be wrong.
        if word.text.startswith("known.") and word.start <= at < word.start + len(word.text):
            message, hint = _unknown_fact(word.text.removeprefix("known."), vocabulary)
            return Complaint(offset=word.start, message=message, hint=hint)
    field = re.match(r"\.\s*(\w+)", text[at:])
    named = f" '{field[1]}'" if field else ""
    return Complaint(offset=at, message=f"{typed(kind, vocabulary.owner_of)} has no field{named}")


def _undeclared(text: str, at: int, name: str, vocabulary: Vocabulary) -> Complaint:
    if _is_call(text, at, name):
        return _unknown_function(text, at, name)
    start = _start_of(text, at, name)
    head, _, rest = name.partition(".")
    match head:
        case "answer" if rest:
            hint = did_you_mean(rest, vocabulary.under("answer."), what="questions")
            message = f"unknown question '{rest}'"
        case "claimed" if rest:
            hint = did_you_mean(rest, vocabulary.under("claimed."), what="slots")
            message = f"unknown slot '{rest}'"
        case "args" if rest:
            message, hint = _unknown_argument(rest, vocabulary)
        case _:
            known = re.sub(r"^(known|absent)\.", "", name)
            message, hint = _unknown_fact(known, vocabulary)
    return Complaint(offset=start, message=message, hint=hint)


def _unknown_argument(name: str, vocabulary: Vocabulary) -> tuple[str, str]:
    hint = did_you_mean(name, vocabulary.under("args."), what="its arguments")
    match vocabulary.action:
        case None:
            return f"no action is ruled on here, so there is no 'args.{name}'", ""
        case action if action == ANY_ACTION:
            return f"no action has an argument '{name}'", hint
        case action:
            return f"action '{action}' has no argument '{name}'", hint


def _unknown_fact(name: str, vocabulary: Vocabulary) -> tuple[str, str]:
    below = [v for v in vocabulary.variables if v.startswith(f"{name}.")]
    if below:
        hint = f"name one of its facts, such as {below[0]}, or known.{name}"
        return f"'{name}' is a record, not a fact", hint
    return f"unknown fact '{name}'", did_you_mean(name, vocabulary.variables)


def _is_call(text: str, at: int, name: str) -> bool:
    return re.match(rf"(?:\.?\s*{re.escape(name)}\s*)?\(", text[at:]) is not None


def _unknown_function(text: str, at: int, name: str) -> Complaint:
    known = function_names()
    start = text.rfind(name, 0, at + 1 + len(name))
    if name in known:
        message = f"'{name}' does not take these arguments"
        return Complaint(offset=max(start, 0), message=message)
    near = get_close_matches(name, known, n=1, cutoff=_ALIKE)
    hint = f"did you mean '{near[0]}'?" if near else f"functions: {', '.join(sorted(known))}"
    return Complaint(offset=max(start, 0), message=f"unknown function '{name}'", hint=hint)


def _start_of(text: str, at: int, name: str) -> int:
    """The compiler points at the last dot of a dotted name; this is where the name begins."""
    for word in words_of(text):
        if word.kind == "name" and word.start <= at and f"{word.text}.".startswith(f"{name}."):
            last = word.start
            if at - last <= len(name) + 2 * name.count("."):
                return last
    return at


def _no_overload(
    text: str, at: int, function: str, arguments: str, vocabulary: Vocabulary
) -> Complaint:
    kinds = [typed(kind, vocabulary.owner_of) for kind in _split(arguments)]
    name = _OPERATORS.get(function, function.strip("_"))
    message = f"'{name}' does not work on {' and '.join(kinds)}"
    hint = ""
    if function in FUNCTIONS or function.isidentifier():
        at = max(text.rfind(function, 0, at + 1), 0) if function.isidentifier() else at
    if "a number with a point" in kinds:
        hint = "write money in minor units, 2400 for 24.00"
    elif "a date or time" in kinds and "text" in kinds:
        hint = 'write a date as timestamp("2026-01-31T00:00:00Z")'
    elif name in {"&&", "||"}:
        hint = "both sides must be true or false"
    elif "text" in kinds and "a whole number" in kinds:
        hint = "numbers stand without quotes, texts in quotes"
    return Complaint(offset=at, message=message, hint=hint)


def _split(arguments: str) -> Iterable[str]:
    """Split at commas outside brackets."""
    part, depth = "", 0
    for character in arguments:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += character
    yield part.strip()
