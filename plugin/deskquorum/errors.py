"""The error tree; each class says whose problem it is.

```
DeskError
├── ConfigError            ops: a file of theirs is wrong; carries every problem found
│   ├── PolicyFileError    a policy file, `desk.yaml` included
│   ├── PromptFileError    a prompt or reply file
│   └── VoteFileError      a file of votes, gold or answers (`vote_files`)
├── InputError             the caller: a ticket or a data row is malformed
├── LabelerError           one vote is lost, the decision goes on
├── FactSourceError        a source's facts are missing, the decision goes on (`facts`)
├── HelpdeskError          a call to a helpdesk failed, the outbox goes on (`adapters`)
├── RedactionError         stop: nothing may leave
└── LedgerError            stop: no automatic action without a record
```
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "ConfigError",
    "DeskError",
    "InputError",
    "LabelerError",
    "LedgerError",
    "PolicyFileError",
    "Problem",
    "PromptFileError",
    "RedactionError",
]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong in a file, where it stands and how to mend it."""

    path: str
    line: int = 0
    """1-based; 0 when the problem is the file as a whole."""
    column: int = 0
    """1-based; 0 when the problem is the line as a whole."""
    message: str
    """What was found and what was expected, lower case, no full stop."""
    hint: str = ""
    """How to mend it."""

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}" + (f":{self.column}" if self.column else "")
        return f"{place}: {self.message}" + (f"; {self.hint}" if self.hint else "")


class DeskError(Exception):
    """Root of everything that deskquorum raises on purpose."""


class ConfigError(DeskError):
    """Files of ops that can't be used; `problems` holds every one, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PolicyFileError(ConfigError):
    """A policy file or `desk.yaml` that can't be used."""


class PromptFileError(ConfigError):
    """A prompt or reply file that can't be used."""


class InputError(DeskError):
    """A ticket, a request or a data row that can't be read; never shows the text itself."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        self.line = line
        super().__init__(f"line {line}: {message}" if line else message)


class LabelerError(DeskError):
    """A labeler could not vote; recorded as a failed vote, which is not an abstention."""


class RedactionError(DeskError):
    """Redaction could not finish; nothing may leave, the ticket goes to a person."""


class LedgerError(DeskError):
    """The ledger could not record; no automatic action without a record."""
