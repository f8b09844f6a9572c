"""Votes, gold and posteriors as CSV files: values come out, or every problem of a file at once."""

from deskquorum.vote_files.posterior import PosteriorFile, read_posterior, write_posterior
from deskquorum.vote_files.sheet import VoteFileError
from deskquorum.vote_files.votes import (
    VoteFile,
    read_families,
    read_gold,
    read_strata,
    read_votes,
)

__all__ = [
    "PosteriorFile",
    "VoteFile",
    "VoteFileError",
    "read_families",
    "read_gold",
    "read_posterior",
    "read_strata",
    "read_votes",
    "write_posterior",
]
