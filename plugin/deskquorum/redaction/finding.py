"""Everything that finds, run over one text and joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from deskquorum.domain import JsonValue
from deskquorum.redaction.address_blocks import address_blocks
from deskquorum.redaction.addresses import address_entities
from deskquorum.redaction.credentials import credential_entities
from deskquorum.redaction.emails import email_entities
from deskquorum.redaction.entities import Entity, EntityType, merge
from deskquorum.redaction.identity import identity_entities
from deskquorum.redaction.known import known_entities
from deskquorum.redaction.names import Role, named_entities, repeated_names
from deskquorum.redaction.national_ids import national_id_entities
from deskquorum.redaction.payment import payment_entities
from deskquorum.redaction.phones import phone_entities
from deskquorum.redaction.presidio import presidio_entities
from deskquorum.redaction.record import KnownRecord, fold, read_record
from deskquorum.redaction.scope import Scope
from deskquorum.redaction.views import View, views_of

__all__ = ["find", "finds", "known_in", "names_in", "repeats_in"]

_EVERYTHING = Scope()


def find(
    text: str, record: Mapping[str, JsonValue] | None = None, *, scope: Scope = _EVERYTHING
) -> tuple[Entity, ...]:
    """Find personal data and secrets in a text.

    Args:
        text: Any text.
        record: What is known of the person it is about; lists and nested records are read too.
        scope: Countries, words that stay, further recognizers.

    Returns:
        Entities in order, not overlapping, with offsets in `text`.

    Raises:
        RedactionError: Something that looks for personal data failed.
    """
    known, views = read_record(record or {}), views_of(text)
    found = finds(views, known, scope=scope)
    return merge((*found, *repeats_in(views, names_in(text, found))))


def finds(
    views: Sequence[View],
    record: KnownRecord,
    *,
    role: Role = "customer",
    scope: Scope = _EVERYTHING,
) -> tuple[Entity, ...]:
    """What `find` finds, before it is joined; what the scope keeps stays."""
    found: list[Entity] = []
    for view in views:
        guessed = _guessed(view, role=role, scope=scope)
        found.extend(_placed(view, (e for e in guessed if not _kept(view, e, scope.keep))))
        found.extend(_placed(view, known_entities(view, record)))
    return tuple(found)


def known_in(text: str, record: KnownRecord) -> tuple[Entity, ...]:
    """Only what the record names."""
    return merge(e for view in views_of(text) for e in _placed(view, known_entities(view, record)))


def names_in(text: str, entities: Iterable[Entity]) -> frozenset[str]:
    """Names among the entities that no record gave, as the text reads."""
    named = (e for e in entities if e.type is EntityType.PERSON and e.source != "known")
    return frozenset(views_of(text[e.start : e.end])[-1].text.strip() for e in named)


def repeats_in(views: Iterable[View], names: Iterable[str]) -> Iterator[Entity]:
    """Names that were found elsewhere, found again here."""
    wanted = tuple(names)
    for view in views if wanted else ():
        yield from _placed(view, repeated_names(view, wanted))


def _guessed(view: View, *, role: Role, scope: Scope) -> Iterator[Entity]:
    if view.has_digit:
        yield from national_id_entities(view)
        yield from address_entities(view)
    yield from address_blocks(view)
    yield from payment_entities(view)
    yield from identity_entities(view)
    yield from email_entities(view)
    yield from phone_entities(view, regions=scope.regions)
    yield from credential_entities(view, has_personal_data=_has_personal_data)
    yield from presidio_entities(view, recognizers=scope.recognizers)
    yield from named_entities(view, role=role)
    for finder in scope.finders:
        yield from finder(view.text)


def _has_personal_data(text: str) -> bool:
    """For text that was encoded inside another; names alone are not enough to hide it."""
    return any(
        True
        for view in views_of(text)
        for find_in in (
            payment_entities,
            identity_entities,
            national_id_entities,
            email_entities,
            partial(phone_entities, regions=()),
        )
        for _ in find_in(view)
    )


def _kept(view: View, entity: Entity, keep: frozenset[str]) -> bool:
    if not keep:
        return False
    value = fold(view.text[entity.start : entity.end])
    if entity.type is EntityType.PERSON:
        return not keep.isdisjoint((value, *value.split()))
    return value in keep


def _placed(view: View, entities: Iterable[Entity]) -> Iterator[Entity]:
    """Entities of a view, moved to where they stand in the original."""
    for entity in entities:
        if entity.start < entity.end:
            start, end = view.span(entity.start, entity.end)
            yield Entity(
                start=start, end=end, type=entity.type, score=entity.score, source=entity.source
            )
