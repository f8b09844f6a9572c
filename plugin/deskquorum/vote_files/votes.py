"""Files of votes, gold, families and strata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskquorum.vote_files.sheet import open_sheet, shown

__all__ = ["VoteFile", "read_families", "read_gold", "read_strata", "read_votes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteFile:
    """The votes of one question on many items."""

    items: tuple[str, ...]
    """In the order of first appearance, those that nobody voted on included."""
    votes: Sequence[tuple[str, str, str]]
    """Item, labeler and label of each vote; abstentions are left out."""
    repeats: Sequence[int]
    """Lines in which a labeler votes on an item again; its last vote counts."""


def read_votes(path: Path) -> VoteFile:
    """Read `item,labeler,label`; an empty label is an abstention, like a row that is not there.

    Raises:
        VoteFileError: Carries every problem of the file.
    """
    sheet = open_sheet(path, ("item", "labeler", "label"))
    # One object per distinct text: a million votes name few of them.
    known: dict[str, str] = {}
    labels: dict[tuple[str, str], str] = {}
    repeats: list[int] = []
    for item, labeler, label in sheet.rows():
        # Asked here first, because a million rows come by.
        if not (item.strip() and labeler.strip()):
            sheet.demand(item=item, labeler=labeler)
            continue
        pair = (known.setdefault(item, item), known.setdefault(labeler, labeler))
        if pair in labels:
            repeats.append(sheet.line)
        labels[pair] = known.setdefault(label, label) if label.strip() else ""
    sheet.finish(rows=bool(labels))
    return VoteFile(
        items=tuple(dict.fromkeys(item for item, _ in labels)),
        votes=[(*pair, label) for pair, label in labels.items() if label],
        repeats=repeats,
    )


def read_gold(path: Path) -> Mapping[str, str]:
    """Read `item,label`; a row with an empty label says that the item is not audited yet.

    Raises:
        VoteFileError: Carries every problem of the file.
    """
    return _read_pairs(path, "item", "label", may_be_empty=True)


def read_families(path: Path) -> Mapping[str, str]:
    """Read `labeler,family`.

    Raises:
        VoteFileError: Carries every problem of the file.
    """
    return _read_pairs(path, "labeler", "family")


def read_strata(path: Path) -> Mapping[str, str]:
    """Read `item,stratum`.

    Raises:
        VoteFileError: Carries every problem of the file.
    """
    return _read_pairs(path, "item", "stratum")


def _read_pairs(
    path: Path, key_name: str, value_name: str, *, may_be_empty: bool = False
) -> Mapping[str, str]:
    """A file that says one thing of each key; saying it twice is no fault."""
    sheet = open_sheet(path, (key_name, value_name))
    pairs: dict[str, str] = {}
    lines: dict[str, int] = {}
    for key, value in sheet.rows():
        if may_be_empty and key.strip() and not value.strip():
            continue
        if not sheet.demand(**{key_name: key, value_name: value}):
            continue
        first = lines.setdefault(key, sheet.line)
        if pairs.setdefault(key, value) != value:
            message = (
                f"{key_name} {shown(key)} has {value_name} {shown(value)} here "
                f"and {shown(pairs[key])} in line {first}"
            )
            sheet.complain(value_name, message, hint="keep one of them")
    sheet.finish()
    return pairs
