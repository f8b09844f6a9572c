"""`deskquorum redact`: a file of texts to a file of redacted ones, with what was found where."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from deskquorum.cli.batch import to_line, wide_console, writing
from deskquorum.domain import JsonValue, Message, Requester, Ticket
from deskquorum.errors import InputError, RedactionError
from deskquorum.formats import parse_json
from deskquorum.redaction import Redactor

__all__ = ["redact_file"]


def redact_file(
    path: Path,
    *,
    out: Path | None,
    languages: Sequence[str],
    regions: Sequence[str] | None,
    as_json: bool,
) -> int:
    """Redact a file; returns 1 when a row was malformed or could not be redacted, else 0.

    Raises:
        InputError: The file can't be read or written.
    """
    redactor = Redactor(served_languages=languages, regions=regions)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc
    found: Counter[str] = Counter()
    rows = errors = 0
    with writing(out) as file:
        for result in _results(lines, redactor):
            file.write(to_line(result))
            rows += 1
            errors += "error" in result
            found.update(_types(result))
    # Rows and summary never share a stream.
    _report(rows, errors, found, wide_console(stderr=out is None), as_json=as_json)
    return int(errors > 0)


def _results(lines: Sequence[bytes], redactor: Redactor) -> Iterator[dict[str, object]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        identity: JsonValue = None
        try:
            row = parse_json(_text(line, number), number=number)
            identity = row.get("id")
            yield {"id": identity} | _redacted(row, redactor, number)
        except (InputError, RedactionError) as exc:
            # The text itself is in neither the row nor the message.
            yield {"id": identity, "line": number, "error": str(exc)}


def _text(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as exc:
        raise InputError(
            f"not UTF-8 at byte {exc.start + 1}; save the file as UTF-8", line=number
        ) from None


def _redacted(row: Mapping[str, JsonValue], redactor: Redactor, number: int) -> dict[str, object]:
    text, record = row.get("text"), row.get("record")
    if not isinstance(text, str):
        raise InputError("field 'text' is missing or no string", line=number)
    if not isinstance(record, dict | None):
        raise InputError("field 'record' is no object", line=number)
    session = redactor.open(_ticket(record or {}))
    entities = session.find(text)
    return {
        "redacted": session.hide(text, entities),
        "entities": [
            {
                "start": entity.start,
                "end": entity.end,
                "type": entity.type.value,
                "score": round(entity.score, 2),
                "source": entity.source,
            }
            for entity in entities
        ],
    }


def _ticket(record: Mapping[str, JsonValue]) -> Ticket:
    """A conversation without a word yet, of the person whom the record describes."""
    empty = Message(role="customer", text="", at=datetime.fromtimestamp(0, UTC))
    # Redaction reads nested records as well; the rest of a desk has no use for them.
    known: Any = record
    return Ticket(id="", messages=(empty,), requester=Requester(record=known))


def _types(result: Mapping[str, object]) -> Iterator[str]:
    entities = result.get("entities")
    if isinstance(entities, list):
        yield from (str(entity["type"]) for entity in entities)


def _report(
    rows: int, errors: int, found: Counter[str], console: Console, *, as_json: bool
) -> None:
    types = dict(found.most_common())
    if as_json:
        console.print_json(json.dumps({"rows": rows, "entities": types, "errors": errors}))
        return
    said = ", ".join(f"{count} {kind}" for kind, count in types.items())
    console.print(f"{rows} rows redacted: {said or 'nothing found'}; {errors} rows left out")
