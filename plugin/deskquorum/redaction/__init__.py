"""Tickets with personal data come in; redacted ones, with the session that can undo it, go out."""

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.finding import find
from deskquorum.redaction.language import languages_of
from deskquorum.redaction.session import Redactor, Session

__all__ = ["Entity", "EntityType", "Redactor", "Session", "find", "languages_of"]
