"""`deskquorum policy explain`: the rules on one action, and how each turns out on given facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_folder import indented, open_policies, refusing
from deskquorum.cli.policy_parts import Part, Taker, telling
from deskquorum.cli.policy_situation import Situation, read_situation
from deskquorum.decision import sentence
from deskquorum.domain import Effect, Ruling
from deskquorum.errors import InputError
from deskquorum.policy import REPLY, TICKET, UNDECLARED, PolicyBook, Rule
from deskquorum.policy.fact_types import described
from deskquorum.policy.names import did_you_mean

__all__ = ["explain_action"]

_EFFECTS = {Effect.ALLOW: "allow", Effect.HUMAN: "require_human", Effect.DENY: "deny"}
_SPOKEN = {
    "matched": "holds",
    "not-matched": "does not hold",
    "error": "can't be relied on",
}


def explain_action(
    folder: Path, *, action: str | None, facts: Path | None, row: str | None, as_json: bool
) -> int:
    """Print the rules on an action and, given facts, the ruling and why; returns 0.

    Raises:
        InputError: No such action, or a file of facts that can't be read.
        ConfigError: Every problem of files that can't be used, where no JSON was asked for.
    """
    if row is not None and facts is None:
        raise InputError("--row is one of a file's; name the file with --facts")
    return refusing(
        lambda: _explain(open_policies(folder), action, facts, row, as_json=as_json),
        as_json=as_json,
    )


def _explain(
    book: PolicyBook, action: str | None, facts: Path | None, row: str | None, *, as_json: bool
) -> int:
    situation = None if facts is None else read_situation(facts, book, row=row)
    name = _action(book, action, situation)
    story = _Story(book=book, action=name, situation=situation)
    if as_json:
        wide_console().print_json(data=_data(story))
    else:
        _tell(story)
    return 0


def _action(book: PolicyBook, named: str | None, situation: Situation | None) -> str:
    told = None if situation is None or situation.action is None else situation.action.name
    name = named or told
    known = {*book.actions, REPLY, TICKET, UNDECLARED}
    if name is None:
        raise InputError(f"name an action with --action: {', '.join(sorted(known))}")
    if name not in known:
        hint = did_you_mean(name, known, what="actions")
        raise InputError(f"no policy declares the action '{name}'; {hint}")
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    rule: Rule
    state: str | None
    """`matched`, `not-matched` or `error`; None without a situation."""
    missing: tuple[str, ...]
    """Facts that it needs and that were not read, or don't fit."""
    absent: tuple[str, ...] = ()
    """Those of them that were read as null."""
    condition: Part | None
    """None where it always holds, or without a situation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    book: PolicyBook
    action: str
    situation: Situation | None

    @property
    def ruling(self) -> Ruling | None:
        return None if self.situation is None else self.situation.ruling(self.book, self.action)

    @property
    def rules(self) -> Sequence[Rule]:
        return self.book.by_action.get(self.action, ())

    def told(self) -> Iterator[_Told]:
        """Each rule with how it turned out."""
        if self.situation is None:
            for rule in self.rules:
                yield _Told(rule=rule, state=None, missing=(), condition=None)
            return
        bindings = self.situation.bindings(self.book, self.action)
        scope = self.action if self.action in self.book.actions else None
        taker = Taker(environment=self.book.environment, bindings=bindings, action=scope)
        trace = self.situation.ruling(self.book, self.action).trace
        for rule in self.rules:
            guarded = rule.conditions[self.action]
            needs = () if guarded is None else (*guarded.needs, *bindings.unfit)
            names = frozenset[str]() if guarded is None else guarded.condition.names
            missing = tuple(n for n in needs if n in names and n not in bindings.present)
            yield _Told(
                rule=rule,
                state=trace[rule.id],
                missing=missing,
                absent=tuple(n for n in missing if n in bindings.absent),
                condition=None if rule.when is None else taker.take(rule.when),
            )


def _data(story: _Story) -> dict[str, object]:
    spec = story.book.actions.get(story.action)
    ruling = story.ruling
    return {
        "action": story.action,
        "risk": None if spec is None else spec.risk,
        "mode": None if spec is None else spec.mode.value,
        "args": {} if spec is None else dict(_arguments(story)),
        "ruling": None if ruling is None else _ruling_row(ruling),
        "rules": [_rule_row(story.book, told) for told in story.told()],
    }


def _ruling_row(ruling: Ruling) -> dict[str, object]:
    return {
        "effect": ruling.effect.value,
        "rules": list(ruling.rules),
        "clauses": list(ruling.clauses),
        "obligations": list(ruling.obligations),
        "reasons": [{"code": r.code, "text": sentence(r)} for r in ruling.reasons],
    }


def _rule_row(book: PolicyBook, told: _Told) -> dict[str, object]:
    rule = told.rule
    return {
        "id": rule.id,
        "effect": _EFFECTS[rule.effect],
        "when": rule.when,
        "cite": [{"id": name, "text": book.clauses[name].text} for name in rule.cite],
        "reason": rule.reason,
        "obligations": list(rule.obligations),
        "path": rule.path,
        "line": rule.line,
        "state": told.state,
        "missing": list(told.missing),
        "condition": None if told.condition is None else asdict(told.condition),
    }


def _arguments(story: _Story) -> Iterator[tuple[str, str]]:
    for name, arg in story.book.actions[story.action].args.items():
        kind = "an amount" if arg.type == "money" else described(arg.spec.type)
        currency = f" in {arg.currency}" if arg.currency else ""
        yield name, f"{kind}{currency}" + (", may be absent" if arg.spec.optional else "")


def _tell(story: _Story) -> None:
    spec = story.book.actions.get(story.action)
    if spec is not None:
        typer.echo(f"{spec.name}: risk {spec.risk}, mode {spec.mode}")
        for name, kind in _arguments(story):
            indented(f"{name}: {kind}", 1)
    ruling = story.ruling
    if ruling is not None:
        typer.echo(f"ruling: {ruling.effect}" + _with(" citing ", ruling.clauses))
        for reason in ruling.reasons:
            indented(sentence(reason), 1)
        if ruling.obligations:
            indented(_with("with ", ruling.obligations), 1)
    if not story.rules:
        typer.echo(f"no rule is on {story.action}")
    for told in story.told():
        typer.echo()
        _tell_rule(story.book, told)


def _with(words: str, names: Sequence[str]) -> str:
    return words + ", ".join(names) if names else ""


def _tell_rule(book: PolicyBook, told: _Told) -> None:
    rule = told.rule
    turned = "" if told.state is None else f": {_SPOKEN[told.state]}"
    typer.echo(f"{_EFFECTS[rule.effect]} {rule.id} ({rule.path}:{rule.line}){turned}")
    if told.state is None:
        indented(f"because {rule.reason}", 1)
        indented(f"when {' '.join((rule.when or 'always').split())}", 1)
        for name in rule.cite:
            indented(f"{name}: {book.clauses[name].text}", 1)
        if rule.obligations:
            indented(_with("with ", rule.obligations), 1)
        return
    if told.state == "error":
        unread = [name for name in told.missing if name not in told.absent]
        for what, names in (("not read", unread), ("absent (null)", told.absent)):
            if names:
                indented(_with(f"{what}: ", names), 1)
    for part in () if told.condition is None else telling(told.condition):
        indented(_said(part), 1)


def _said(part: Part) -> str:
    mark = {"holds": "yes", "fails": "no", "unknown": "?"}[part.state]
    values = f"   [{'; '.join(part.values)}]" if part.values else ""
    return f"{mark:<4}{part.text}{values}"
