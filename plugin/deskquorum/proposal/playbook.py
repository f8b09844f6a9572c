"""The desk's playbook: which action or reply is proposed where no bot proposes one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deskquorum.domain import Action, Answer, Effect, Facts, JsonValue, Proposal, Ruling
from deskquorum.errors import PolicyFileError, Problem
from deskquorum.policy import (
    ArgSpec,
    Bindings,
    CelProblem,
    Condition,
    Document,
    PolicyBook,
    UnfitError,
    bind,
    currency_of,
    decimal_text,
    read_yaml,
    told,
)
from deskquorum.proposal.replies import ReplyTemplate, load_replies
from deskquorum.proposal.slots import SlotSpec, fill_slots

__all__ = ["Play", "Playbook", "PlaybookShape", "draft_reply", "load_playbook", "propose"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ActionShape(_Strict):
    name: str
    args: dict[str, str] = {}
    """Argument to a CEL expression; money in minor units."""


class _PlayShape(_Strict):
    id: str
    when: str
    action: _ActionShape | None = None
    reply: str | None = None
    decline: str | None = None
    cite: list[str] = []


class PlaybookShape(_Strict):
    """The whole file, as ops write it."""

    playbook: str
    version: str
    slots: dict[str, SlotSpec] = {}
    plays: list[_PlayShape] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One line of the playbook; the first whose condition holds proposes."""

    id: str
    when: Condition
    action: str | None
    args: Mapping[str, Condition]
    reply: str | None
    """Reply template for an action that is not denied, or for a reply alone."""
    decline: str | None
    """Reply template that explains a denial by the clauses cited."""
    cite: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """Slots, plays and reply templates of a desk."""

    slots: Mapping[str, SlotSpec] = field(default_factory=dict)
    plays: tuple[Play, ...] = ()
    replies: Mapping[str, ReplyTemplate] = field(default_factory=dict)
    version: str = ""
    """As ops wrote it; empty for a desk without a playbook."""
    hash: str = ""
    """SHA-256 over slots, plays and replies; comments and layout of the playbook do not count."""

    def claimed(self, text: str, facts: Facts) -> Mapping[str, JsonValue]:
        """What the customer's words say, by slot; text-derived, so never trusted."""
        return fill_slots(self.slots, text=text, facts=facts)


def propose(
    playbook: Playbook,
    book: PolicyBook,
    *,
    facts: Facts,
    answers: Mapping[str, Answer],
    claimed: Mapping[str, JsonValue],
    now: datetime,
) -> Proposal | None:
    """The first fitting play's proposal, without its reply yet; None when no play fits."""
    bindings = bind(book, facts=facts, answers=answers, claimed=claimed, args={}, now=now)
    for play in playbook.plays:
        if play.when.evaluate(bindings) is True:
            return Proposal(
                source="playbook",
                play=play.id,
                action=_action(play, book, bindings, facts),
                clauses=play.cite,
            )
    return None


def draft_reply(
    playbook: Playbook,
    book: PolicyBook,
    proposal: Proposal,
    ruling: Ruling | None,
    facts: Facts,
) -> str | None:
    """The play's reply: the explanation of a denial, or what is said once the action is done."""
    play = next((play for play in playbook.plays if play.id == proposal.play), None)
    if play is None or (play.action is not None and proposal.action is None):
        # It speaks of an action that could not be filled in.
        return None
    denied = ruling is not None and ruling.effect is Effect.DENY
    template = play.decline if denied else play.reply
    if template is None:
        return None
    cited = play.cite
    if ruling is not None and (denied or (not cited and ruling.effect is Effect.ALLOW)):
        cited = ruling.clauses
    clauses = {name: clause.text for name, clause in book.clauses.items()}
    return playbook.replies[template].draft(clauses=clauses, cited=cited, facts=facts)


def _action(play: Play, book: PolicyBook, bindings: Bindings, facts: Facts) -> Action | None:
    """The action with its arguments filled; None when one of them can't be."""
    if play.action is None:
        return None
    spec = book.actions[play.action]
    args: dict[str, JsonValue] = {}
    for name, expression in play.args.items():
        try:
            args[name] = _argument(spec.args[name], expression.evaluate(bindings), facts)
        except UnfitError:
            return None
    return Action(name=play.action, args=args)


def _argument(arg: ArgSpec, value: object, facts: Facts) -> JsonValue:
    """An argument as a host writes it.

    Raises:
        UnfitError: No value, or an empty one: what a slot says where the text is unclear.
    """
    if arg.type == "money":
        currency = currency_of(arg, facts)
        if currency is None or isinstance(value, bool) or not isinstance(value, int):
            raise UnfitError("an amount")
        return decimal_text(value, currency)
    written = told(arg.spec.type, value)
    if written in ("", [], {}):
        raise UnfitError("a value")
    return written


def load_playbook(
    path: Path, *, book: PolicyBook | None, reply_folders: Sequence[Path]
) -> Playbook:
    """Read the playbook and its reply templates; a desk without one only checks proposals.

    Raises:
        PolicyFileError: Everything that is wrong in the playbook and the replies.
    """
    problems: list[Problem] = []
    replies = load_replies(reply_folders, problems)
    document = read_yaml(path, PlaybookShape, problems) if path.is_file() else None
    plays: tuple[Play, ...] = ()
    if document is not None:
        files = {path.stem for folder in reply_folders for path in folder.glob("*.md")}
        problems += _unknown_replies(document, replies.keys() | files)
    if document is not None and book is not None:
        plays = tuple(
            _play(shape, index, _Compiler(document, book, problems))
            for index, shape in enumerate(document.value.plays)
        )
    if problems:
        raise PolicyFileError(problems)
    return Playbook(
        slots={} if document is None else document.value.slots,
        plays=plays,
        replies=replies,
        version="" if document is None else document.value.version,
        hash=_hash(document, replies),
    )


def _hash(document: Document[PlaybookShape] | None, replies: Mapping[str, ReplyTemplate]) -> str:
    written = "" if document is None else document.value.model_dump_json()
    hashes = [f"{name} {reply.hash}" for name, reply in sorted(replies.items())]
    return hashlib.sha256("\n".join([written, *hashes]).encode()).hexdigest()


def _unknown_replies(
    document: Document[PlaybookShape], replies: Collection[str]
) -> Iterator[Problem]:
    """Names of replies that do not exist; a faulty reply file has a problem of its own."""
    hint = f"the replies are {', '.join(sorted(replies))}"
    for index, shape in enumerate(document.value.plays):
        for kind, name in (("reply", shape.reply), ("decline", shape.decline)):
            if name is not None and name not in replies:
                at = ("plays", index, kind)
                yield document.problem(f"unknown reply '{name}'", *at, hint=hint)


def _play(shape: _PlayShape, index: int, compiler: _Compiler) -> Play:
    at = ("plays", index)
    action = shape.action
    if action is not None:
        compiler.check_action(action, *at, "action")
    for number, clause in enumerate(shape.cite):
        if clause not in compiler.book.clauses:
            compiler.report(f"unknown clause '{clause}'", *at, "cite", number)
    args = {} if action is None else action.args
    return Play(
        id=shape.id,
        when=compiler.compile(shape.when, *at, "when", yes_or_no=True),
        action=None if action is None else action.name,
        args={
            name: compiler.compile(text, *at, "action", "args", name) for name, text in args.items()
        },
        reply=shape.reply,
        decline=shape.decline,
        cite=tuple(shape.cite),
    )


@dataclass(frozen=True, slots=True)
class _Compiler:
    document: Document[PlaybookShape]
    book: PolicyBook
    problems: list[Problem]

    def report(self, message: str, *keys: str | int, hint: str = "") -> None:
        """Note a problem at the value under the keys."""
        self.problems.append(self.document.problem(message, *keys, hint=hint))

    def compile(self, text: str, *keys: str | int, yes_or_no: bool = False) -> Condition:
        """The compiled expression; one that can't be compiled is reported and never holds."""
        try:
            return self.book.environment.compile(text, yes_or_no=yes_or_no)
        except CelProblem as exc:
            self.problems.extend(
                self.document.problem(c.message, *keys, hint=c.hint, offset=c.offset)
                for c in exc.complaints
            )
            return self.book.environment.compile("false")

    def check_action(self, action: _ActionShape, *keys: str | int) -> None:
        """Report an unknown action, and arguments that it lacks or does not take."""
        spec = self.book.actions.get(action.name)
        if spec is None:
            hint = f"the actions are {', '.join(sorted(self.book.actions))}"
            message = f"unknown action '{action.name}'"
            self.report(message, *keys, "name", hint=hint)
            return
        takes = f"it takes {', '.join(spec.args) or 'no arguments'}"
        for name in spec.args.keys() ^ action.args.keys():
            kind = "lacks" if name in spec.args else "does not take"
            message = f"'{action.name}' {kind} the argument '{name}'"
            self.report(message, *keys, hint=takes)
