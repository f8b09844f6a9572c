"""Tickets with personal data come in; redacted ones, with the session that can undo it, go out."""

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.finding import find
from deskquorum.redaction.language import languages_of
from deskquorum.redaction.logs import RedactingFilter, scrub, scrub_error
from deskquorum.redaction.models import in_time, presidio_finder, spacy_finder
from deskquorum.redaction.scope import Finder, Scope
from deskquorum.redaction.session import Redactor, Session
from deskquorum.redaction.streams import (
    LeakCheckStream,
    RedactingStream,
    RestoringStream,
    TextStream,
    through,
)

__all__ = [
    "Entity",
    "EntityType",
    "Finder",
    "LeakCheckStream",
    "RedactingFilter",
    "RedactingStream",
    "Redactor",
    "RestoringStream",
    "Scope",
    "Session",
    "TextStream",
    "find",
    "in_time",
    "languages_of",
    "presidio_finder",
    "scrub",
    "scrub_error",
    "spacy_finder",
    "through",
]
