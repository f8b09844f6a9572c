"""Redacted tickets come in; votes, abstentions and failures of labelers go out."""

from deskquorum.labeling.collect import Choose, Collected, collect_votes
from deskquorum.labeling.embedding import Embedder, load_embedder
from deskquorum.labeling.labeler import Askable, AsksModel, Labeler
from deskquorum.labeling.nearest import Example, NearestLabeler
from deskquorum.labeling.prompt import PromptLabeler
from deskquorum.labeling.rule import RuleLabeler

__all__ = [
    "Askable",
    "AsksModel",
    "Choose",
    "Collected",
    "Embedder",
    "Example",
    "Labeler",
    "NearestLabeler",
    "PromptLabeler",
    "RuleLabeler",
    "collect_votes",
    "load_embedder",
]
