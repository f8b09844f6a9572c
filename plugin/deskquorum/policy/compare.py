"""What changed from one set of policies to another, in what is written and in what is ruled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Literal

from deskquorum.domain import Ruling
from deskquorum.policy.book import ArgSpec, Case, PolicyBook, Rule
from deskquorum.policy.cases import CaseResult, run_cases
from deskquorum.policy.expressions import CONDITION, TABLE, VALUE
from deskquorum.policy.fact_types import FactType, ListOf, MapOf, Record, TypeSpec, described

__all__ = ["WRITTEN_OUT", "Change", "Comparison", "PartChange", "RulingChange", "compare"]

Kind = Literal[
    "policy",
    "fact",
    "slot",
    "question",
    "condition",
    "value",
    "table",
    "clause",
    "action",
    "rule",
]
_Parts = Mapping[str, str]
"""What one thing says, part by part, in words."""

_ELSEWHERE = frozenset({"id", "name", "path", "line", "version", "conditions"})
"""Fields that say where a thing stands, or that are compared in another way."""

WRITTEN_OUT = "when, conditions written out"
"""The part of a rule that changes with the conditions that it names, though it reads the same."""

_WHEN = "when"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChange:
    """One part of a thing that says something else now."""

    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was added, removed or changed."""

    kind: Kind
    name: str
    state: Literal["added", "removed", "changed"]
    parts: tuple[PartChange, ...] = ()
    """For what was changed: how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulingChange:
    """A case on which the two sets rule differently."""

    case: Case
    before: Ruling
    after: Ruling

    @property
    def turned(self) -> bool:
        """Whether the effect is another one, not only the rules, clauses or obligations."""
        return self.before.effect is not self.after.effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that differs between two sets of policies."""

    changes: tuple[Change, ...]
    rulings: tuple[RulingChange, ...]
    cases: int
    """Cases of both sets together, each situation once."""
    same: bool
    """Whether nothing differs that can change a ruling, listed here or not."""


def compare(before: PolicyBook, after: PolicyBook) -> Comparison:
    """Compare two loaded sets, and what each of them rules on the cases of both."""
    cases = tuple(_each_once([*after.cases, *before.cases]))
    return Comparison(
        changes=tuple(_changes(before, after)),
        rulings=tuple(_rulings(before, after, cases)),
        cases=len(cases),
        same=before.hash == after.hash,
    )


def _changes(before: PolicyBook, after: PolicyBook) -> Iterator[Change]:
    old, new = dict(_things(before)), dict(_things(after))
    for kind, things in new.items():
        was = old[kind]
        for name in [*things, *(name for name in was if name not in things)]:
            change = _change(kind, name, was.get(name), things.get(name))
            if change is not None:
                yield change


def _change(kind: Kind, name: str, was: _Parts | None, now: _Parts | None) -> Change | None:
    if was is None or now is None:
        return Change(kind=kind, name=name, state="added" if was is None else "removed")
    differing = [part for part in {**was, **now} if was.get(part, "") != now.get(part, "")]
    if _WHEN in differing and WRITTEN_OUT in differing:
        differing.remove(WRITTEN_OUT)
    parts = tuple(
        PartChange(part=part, before=was.get(part, ""), after=now.get(part, ""))
        for part in differing
    )
    return Change(kind=kind, name=name, state="changed", parts=parts) if parts else None


def _things(book: PolicyBook) -> Iterator[tuple[Kind, Mapping[str, _Parts]]]:
    """Everything a book holds, as text; a new field of a clause, action or rule comes along."""
    versions = {clause.policy: {"version": clause.version} for clause in book.clauses.values()}
    yield "policy", versions
    yield "fact", {name: {"type": _told(spec)} for name, spec in book.facts.items()}
    yield "slot", {name: {"type": _told(spec)} for name, spec in book.slots.items()}
    yield "question", {name: {"labels": _told(labels)} for name, labels in book.labels.items()}
    yield "condition", _named_parts(book, CONDITION)
    yield "value", _named_parts(book, VALUE)
    yield "table", _named_parts(book, TABLE)
    yield "clause", {name: _parts(clause) for name, clause in book.clauses.items()}
    yield "action", {name: _parts(action) for name, action in book.actions.items()}
    yield "rule", {rule.id: _parts(rule) | _written_out(rule) for rule in book.rules}


def _named_parts(book: PolicyBook, head: str) -> Mapping[str, _Parts]:
    """Conditions, values or tables, those that they name written out."""
    return {
        name.removeprefix(f"{head}."): {
            "parameters": ", ".join(part.parameters or ()),
            "text": _on_one_line(part.text),
        }
        for name, part in book.environment.parts.items()
        if name.startswith(f"{head}.")
    }


def _parts(thing: object) -> dict[str, str]:
    if not is_dataclass(thing):
        return {}
    parts = ((field.name, getattr(thing, field.name)) for field in fields(thing))
    return {name: _told(value) for name, value in parts if name not in _ELSEWHERE}


def _written_out(rule: Rule) -> dict[str, str]:
    """The conditions that a rule names, so that it changes with them."""
    texts = {guarded.condition.text for guarded in rule.conditions.values() if guarded is not None}
    named = texts - {rule.when}
    return {WRITTEN_OUT: " | ".join(sorted(map(_on_one_line, named)))} if named else {}


def _told(value: object) -> str:
    match value:
        case TypeSpec(type=kind, optional=optional):
            return _type_told(kind) + (", may be absent" if optional else "")
        case ArgSpec(spec=spec, currency=currency):
            return _told(spec) + (f" in {currency}" if currency else "")
        case Mapping():
            return "; ".join(f"{name}: {_told(item)}" for name, item in value.items())
        case tuple():
            return ", ".join(_told(item) for item in value)
        case _ if is_dataclass(value):
            return _told({name: text for name, text in _parts(value).items() if text})
        case _:
            return "" if value is None else _on_one_line(str(value))


def _type_told(kind: FactType) -> str:
    match kind:
        case ListOf(element=element):
            return f"a list, each {_type_told(element)}"
        case MapOf(element=element):
            return f"a mapping, each {_type_told(element)}"
        case Record(fields=fields):
            return f"a record ({_told(fields)})"
        case _:
            return described(kind)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _each_once(cases: Iterable[Case]) -> Iterator[Case]:
    """Each situation once; what the cases expect of it does not matter here."""
    seen: set[str] = set()
    for case in cases:
        situation = (case.action, case.facts, case.answers, case.claimed, case.now)
        if (key := repr(situation)) not in seen:
            seen.add(key)
            yield case


def _rulings(
    before: PolicyBook, after: PolicyBook, cases: tuple[Case, ...]
) -> Iterator[RulingChange]:
    old, new = (run_cases(replace(book, cases=cases)) for book in (before, after))
    for case, was, now in zip(cases, old, new, strict=True):
        if _ruled(was) != _ruled(now):
            yield RulingChange(case=case, before=was.ruling, after=now.ruling)


def _ruled(result: CaseResult) -> tuple[object, ...]:
    """What the host and the customer notice of a ruling; order means nothing."""
    ruling = result.ruling
    return (
        ruling.effect,
        ruling.mode,
        sorted(ruling.rules),
        sorted(ruling.clauses),
        sorted(ruling.obligations),
        sorted(reason.code for reason in ruling.reasons),
    )
