"""Redacted texts come in; how unlike past ones each is, and which terms are new, goes out."""

from deskquorum.novelty.reference import (
    LEAST_TEXTS,
    Embed,
    Level,
    Meaning,
    Reference,
    fit_reference,
)
from deskquorum.novelty.reference_file import read_reference, remove_reference, write_reference
from deskquorum.novelty.terms import Term, new_terms
from deskquorum.novelty.words import words_of

__all__ = [
    "LEAST_TEXTS",
    "Embed",
    "Level",
    "Meaning",
    "Reference",
    "Term",
    "fit_reference",
    "new_terms",
    "read_reference",
    "remove_reference",
    "words_of",
    "write_reference",
]
