"""Answers, rulings and findings come in; one decision and its sentences go out."""

from deskquorum.decision.decide import ORDERED, WITHHOLD_SUGGESTION, Dossier, decide
from deskquorum.decision.sentences import SENTENCES, sentence
from deskquorum.decision.story import action_text, tell

__all__ = [
    "ORDERED",
    "SENTENCES",
    "WITHHOLD_SUGGESTION",
    "Dossier",
    "action_text",
    "decide",
    "sentence",
    "tell",
]
