"""Redacted tickets come in; votes, abstentions and failures of labelers go out."""

from deskquorum.labeling.collect import Choose, Collected, collect_votes
from deskquorum.labeling.embedding import Embedder, load_embedder
from deskquorum.labeling.labeler import Askable, AsksModel, Labeler
from deskquorum.labeling.nearest import Example, NearestLabeler
from deskquorum.labeling.prompt import PromptLabeler
from deskquorum.labeling.rule import RuleLabeler
from deskquorum.labeling.student import StudentLabeler
from deskquorum.labeling.student_file import read_student, write_student
from deskquorum.labeling.student_model import Student, traces
from deskquorum.labeling.wording import Wording, fit_wording

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
    "Student",
    "StudentLabeler",
    "Wording",
    "collect_votes",
    "fit_wording",
    "load_embedder",
    "read_student",
    "traces",
    "write_student",
]
