"""A redactor opens one session a ticket; the session hides and restores, and forgets at its end."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from deskquorum.domain import (
    Action,
    Facts,
    JsonValue,
    Message,
    RedactedTicket,
    Requester,
    Ticket,
)
from deskquorum.errors import RedactionError
from deskquorum.redaction.entities import SENSITIVE, Entity, EntityType, merge
from deskquorum.redaction.fields import is_free_text, personal_field
from deskquorum.redaction.finding import finds, known_in, names_in, repeats_in
from deskquorum.redaction.language import languages_of
from deskquorum.redaction.names import Role
from deskquorum.redaction.phones import check_regions
from deskquorum.redaction.placeholders import Vault, nonces, without_placeholders
from deskquorum.redaction.presidio import load_recognizers
from deskquorum.redaction.record import KnownRecord, fold, read_record
from deskquorum.redaction.remains import remains
from deskquorum.redaction.scope import Finder, Scope, scope_of
from deskquorum.redaction.sealing import binding, seal, unseal
from deskquorum.redaction.values import ValueVault
from deskquorum.redaction.views import View, views_of

__all__ = ["Redactor", "Session"]

Where = Literal["customer", "agent", "reply", "note"]
"""Who wrote a text; the desk's own people greet and sign by name."""

_Reading = tuple[tuple[View, ...], tuple[Entity, ...]]
_LATELY = 8
"""Texts that a session remembers having read."""
_SAMPLE = (
    "Hello, this is Sam Sampel of 1 Main St, Bend OR 97701, sam@example.com, 415-555-0132."
    " Please tell me where my order is, it has not arrived yet. Thanks, Sam"
)


class Redactor:
    """Opens sessions; safe to share between threads.

    Args:
        served_languages: Languages that the desk serves; they choose the countries whose phone
            numbers are known by their national form, where `regions` does not.
        regions: Those countries (ISO 3166: `US`, `GB`), instead of the languages' own.
        keep: What is nobody's personal data: the desk's own name (no word of it is then part of a
            person's name), its addresses and phone numbers.
        recognizers: Presidio's entities to look for besides (`US_PASSPORT`, `UK_POSTCODE`).
        finders: The host's own, an NER model say; what one raises stops the redaction.
        nonce: Gives a fresh mark for each session's placeholders; random by default.

    Raises:
        RedactionError: Presidio has no recognizer of an entity named, or a region is none.
    """

    def __init__(
        self,
        *,
        served_languages: Sequence[str] = ("en",),
        regions: Sequence[str] | None = None,
        keep: Collection[str] = (),
        recognizers: Sequence[str] = (),
        finders: Sequence[Finder] = (),
        nonce: Callable[[], str] | None = None,
    ) -> None:
        check_regions(regions or ())
        kept = (text for phrase in map(fold, keep) for text in (phrase, *phrase.split()))
        self._scope = scope_of(
            served_languages,
            regions=regions,
            keep=frozenset(kept),
            recognizers=recognizers,
            finders=finders,
        )
        if recognizers:
            load_recognizers(self._scope.recognizers)
        fresh = nonces(secrets.randbits(32), secrets.randbits(32))
        self._nonce = nonce or fresh.__next__

    def open(self, ticket: Ticket, *, nonce: str | None = None) -> Session:
        """Redact a ticket.

        Args:
            ticket: The ticket.
            nonce: Marks this session's placeholders; None takes a fresh one.

        Raises:
            RedactionError: Personal data could not be looked for, or some would remain.
        """
        return Session(ticket, vault=Vault(nonce or self._nonce()), scope=self._scope)

    def resume(self, ticket: Ticket, sealed: bytes, *, key: bytes) -> Session:
        """Redact a ticket again with the vault that an earlier session of it sealed.

        Placeholders of then mean the same now; the record of the requester must be the same.

        Raises:
            RedactionError: The vault does not open, or the ticket could not be redacted.
        """
        bound_to = binding(ticket.id, ticket.requester.record)
        return Session(ticket, vault=unseal(sealed, key=key, bound_to=bound_to), scope=self._scope)

    def warm_up(self) -> None:
        """Load what the first ticket would otherwise wait for."""
        at = datetime.fromtimestamp(0, UTC)
        message = Message(role="customer", text=_SAMPLE, at=at)
        record = {"name": "Sam Sample", "phone": "555-0100"}
        self.open(Ticket(id="", messages=(message,), requester=Requester(record=record)))


class Session:
    """One ticket's redaction: its values live in memory, as long as the session does."""

    def __init__(self, ticket: Ticket, *, vault: Vault, scope: Scope) -> None:
        self._vault = vault
        self._scope = scope
        self._binding = binding(ticket.id, ticket.requester.record)
        self._values = ValueVault(
            vault, hide=self.redact, hide_id=self._redacted_fact, kind_of=self._kind_of
        )
        self._record = read_record(dict(ticket.requester.record))
        self._names: frozenset[str] = frozenset()
        self._lately: dict[tuple[str, Role], _Reading] = {}
        self._ticket = self._redacted(ticket)

    @property
    def ticket(self) -> RedactedTicket:
        """The ticket with placeholders."""
        return self._ticket

    def redact(self, text: str, where: Where = "customer") -> str:
        """Hide personal data in a text; brackets that look like placeholders lose that meaning.

        Raises:
            RedactionError: Personal data could not be looked for, or some would remain.
        """
        return self.redact_after("", text, where)

    def redact_after(self, before: str, text: str, where: Where = "customer") -> str:
        """Hide personal data in a text that stands right behind another, which is only read.

        Raises:
            RedactionError: As `redact`.
        """
        offset = len(before)
        entities = (
            replace(entity, start=max(0, entity.start - offset), end=entity.end - offset)
            for entity in self.find(before + text, where)
            if entity.end > offset
        )
        return self._hide(text, tuple(entities))

    def hide(self, text: str, entities: Sequence[Entity]) -> str:
        """Put placeholders in place of what `find` found in this very text.

        Raises:
            RedactionError: Some personal data would remain.
        """
        return self._hide(text, entities)

    def find(self, text: str, where: Where = "customer") -> tuple[Entity, ...]:
        """Personal data in a text, in order; names found are known from then on.

        Raises:
            RedactionError: Personal data could not be looked for.
        """
        role: Role = "customer" if where == "customer" else "agent"
        views, found = self._read(text, role)
        self._names |= names_in(text, found)
        return merge((*found, *repeats_in(views, self._names)))

    def restore(self, text: str) -> str:
        """Put the values back, in one pass.

        Raises:
            RedactionError: A placeholder is broken, unknown or of another conversation.
        """
        return self._vault.restore(text)

    def redact_facts(self, facts: Facts) -> Facts:
        """Hide the requester's values, fields that are personal by name, and what notes tell.

        Ids and all else that rules compare stay as they are.

        Raises:
            RedactionError: Personal data could not be looked for, or some would remain.
        """
        return replace(
            facts,
            values={
                name: replace(fact, value=self._redacted_value(name, fact.value))
                for name, fact in facts.values.items()
            },
        )

    def redact_action(self, action: Action) -> Action:
        """Hide personal data in an action's arguments, however deep they are nested."""
        args = {name: self._values.hide(name, value) for name, value in action.args.items()}
        return replace(action, args=args)

    @property
    def values(self) -> Mapping[str, JsonValue]:
        """Each placeholder with the raw value that it stands for; to be sealed wherever it goes."""
        return {made: self._values.restore(made) for made, _, _ in self._vault.held()}

    def redact_result(self, value: JsonValue, name: str = "") -> JsonValue:
        """Hide personal data in what a tool gave back; `name` is what it was asked for, if any.

        Raises:
            RedactionError: Personal data could not be looked for, or some would remain.
        """
        return self._values.hide(name, value)

    def restore_value(self, value: JsonValue) -> JsonValue:
        """Undo `redact_result`, or put values into arguments that a model wrote.

        Raises:
            RedactionError: A placeholder is broken, unknown or of another conversation.
        """
        return self._values.restore(value)

    def redact_error(self, error: BaseException) -> str:
        """An exception with its causes as text, without personal data.

        Raises:
            RedactionError: Personal data could not be looked for, or some would remain.
        """
        return self.redact("".join(traceback.format_exception(error)), "note")

    def seal(self, key: bytes) -> bytes:
        """The vault, encrypted and bound to this conversation and requester.

        Args:
            key: 32 bytes from the host's own key store.

        Raises:
            RedactionError: The key has another length.
        """
        return seal(self._vault, key=key, bound_to=self._binding)

    def restore_action(self, action: Action) -> Action:
        """Put the values back into an action's arguments.

        Raises:
            RedactionError: A placeholder is broken, unknown or of another conversation.
        """
        args = {name: self._values.restore(value) for name, value in action.args.items()}
        return replace(action, args=args)

    def leaks(self, text: str) -> tuple[str, ...]:
        """Types of personal data in a reply that should not go to the requester.

        The requester's own values and what the conversation already holds may go; cards, identity
        numbers and secrets may not, not even as a placeholder.
        """
        plain = without_placeholders(text)
        _, found = self._read(plain, "agent")
        types = {
            entity.type.value
            for entity in merge(found)
            if entity.type in SENSITIVE or not self._may_be_said(plain, entity)
        }
        types |= {kind.value for kind in self._vault.held_types(text) if kind in SENSITIVE}
        return tuple(sorted(types))

    def _may_be_said(self, text: str, entity: Entity) -> bool:
        value = text[entity.start : entity.end]
        if entity.source == "known" or value in self._vault:
            return True
        return entity.type is EntityType.PERSON and any(value in name for name in self._names)

    def _redacted(self, ticket: Ticket) -> RedactedTicket:
        read = [self._read(m.text, m.role) for m in ticket.messages]
        # A name that one message gives away is a name in all of them.
        self._names = frozenset().union(
            *(names_in(m.text, found) for m, (_, found) in zip(ticket.messages, read, strict=True))
        )
        messages = tuple(
            replace(m, text=self._hide(m.text, (*found, *repeats_in(views, self._names))))
            for m, (views, found) in zip(ticket.messages, read, strict=True)
        )
        return RedactedTicket(
            id=ticket.id,
            messages=messages,
            languages=languages_of(ticket),
            tags=tuple(self._hide(tag, known_in(tag, self._record)) for tag in ticket.tags),
            redactions=dict(self._vault.counts),
        )

    def _read(self, text: str, role: Role) -> _Reading:
        """A text's views and what is found in them; a draft is looked at for leaks, then hidden."""
        known = self._lately.get((text, role))
        if known is None:
            views = views_of(text)
            known = views, finds(views, self._record, role=role, scope=self._scope)
            if len(self._lately) >= _LATELY:
                self._lately = {}
            self._lately[text, role] = known
        return known

    def _hide(self, text: str, entities: Sequence[Entity]) -> str:
        hidden = self._vault.hide(text, merge(entities))
        # INVARIANT: no value of the requester's record is in a redacted text.
        if remains(hidden, self._record):
            raise RedactionError("a value of the requester's record would remain in the text")
        return hidden

    def _kind_of(self, text: str) -> EntityType | None:
        found = merge(self._read(text, "customer")[1])
        return found[0].type if found else None

    def _redacted_value(self, path: str, value: JsonValue) -> JsonValue:
        match value:
            case list():
                return [self._redacted_value(path, item) for item in value]
            case dict():
                # A key of a mapping may be a value of the record, and is looked up by it.
                return {
                    self._redacted_fact(key): self._redacted_value(f"{path}.{key}", item)
                    for key, item in value.items()
                }
            case str() if value and (kind := personal_field(path)) is not None:
                return self._vault.placeholder(value, kind)
            case str() if is_free_text(path):
                return self.redact(value, "note")
            case str():
                return self._redacted_fact(value)
            case _:
                return value

    def _redacted_fact(self, text: str) -> str:
        return self._vault.hide(text, merge(_exact_values(text, self._record)))


def _exact_values(text: str, record: KnownRecord) -> Iterator[Entity]:
    for value, kind in record.exact:
        start = text.find(value)
        while start >= 0:
            end = start + len(value)
            if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                yield Entity(start=start, end=end, type=kind, score=1.0, source="known")
            start = text.find(value, start + 1)
