"""Tickets in bulk and recorded decisions come in; labels anew, or back-tests, go out.

Work is cut into chunks; an engine gives them to workers, and each finished one is on the disk at
once, so that a run that was ended in any way goes on from there.
"""

from deskquorum.backfill.batch_reading import (
    BatchAnswers,
    batch_rows,
    open_batch,
    read_answers,
)
from deskquorum.backfill.batch_shapes import BatchManifest
from deskquorum.backfill.batch_writing import write_batch
from deskquorum.backfill.chunks import Source, Survey
from deskquorum.backfill.engines import Engine
from deskquorum.backfill.identity import desk_identity
from deskquorum.backfill.jobs import Job
from deskquorum.backfill.local import LocalEngine
from deskquorum.backfill.manifest import InputShape, Manifest
from deskquorum.backfill.on_ray import RayEngine
from deskquorum.backfill.parts import PartsFolder, begun_at
from deskquorum.backfill.redeciding import Redecide, Ruleset
from deskquorum.backfill.relabeling import Relabel, RelabelRules
from deskquorum.backfill.running import Finished, begin, finish
from deskquorum.backfill.sources import RecordedDecisions, TicketFile

__all__ = [
    "BatchAnswers",
    "BatchManifest",
    "Engine",
    "Finished",
    "InputShape",
    "Job",
    "LocalEngine",
    "Manifest",
    "PartsFolder",
    "RayEngine",
    "RecordedDecisions",
    "Redecide",
    "Relabel",
    "RelabelRules",
    "Ruleset",
    "Source",
    "Survey",
    "TicketFile",
    "batch_rows",
    "begin",
    "begun_at",
    "desk_identity",
    "finish",
    "open_batch",
    "read_answers",
    "write_batch",
]
