"""What a model is shown of a run's items, and what is made of those that it answers with.

The run's items, and so its saved state, hold the values; placeholders live in calls of the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from deskquorum.adapters.shown import WITHHELD, shown_result
from deskquorum.domain import Action, JsonValue
from deskquorum.errors import InputError

if TYPE_CHECKING:
    from agents import TResponseInputItem, TResponseOutputItem

    from deskquorum.redaction import Session

__all__ = ["restored", "shown"]

_Where = Literal["customer", "agent"]


def shown(
    said: str | Sequence[TResponseInputItem], session: Session
) -> str | list[TResponseInputItem]:
    """A model's input with placeholders for personal data: texts, arguments and results.

    Raises:
        InputError: An item of a kind that is not known to be redacted whole.
        RedactionError: Personal data could not be looked for, or some would remain.
    """
    if isinstance(said, str):
        return session.redact(said)
    return [cast("TResponseInputItem", _shown(item, session)) for item in said]


def restored(output: Iterable[TResponseOutputItem], session: Session) -> list[TResponseOutputItem]:
    """A model's answer with the values back in its texts and arguments.

    Raises:
        RedactionError: It holds a placeholder that is broken or of another conversation.
    """
    return [_restored(item, session) for item in output]


def _shown(item: Mapping[str, Any], session: Session) -> Mapping[str, Any]:
    match item:
        case {"role": str(role), "content": content}:
            by: _Where = "customer" if role == "user" else "agent"
            return {**item, "content": _content(content, session, by)}
        case {"type": "function_call", "name": str(name), "arguments": str(arguments)}:
            return {**item, "arguments": _shown_arguments(name, arguments, session)}
        case {"type": "function_call_output", "output": str(output)}:
            return {**item, "output": shown_result(output, session)}
        case {"type": "function_call_output", "output": list(parts)}:
            return {**item, "output": [_result_part(part, session) for part in parts]}
        case {"type": "reasoning"}:
            # Its words need not go back; what is encrypted was written about placeholders.
            return {key: kept for key, kept in item.items() if key != "content"} | {"summary": []}
    kind = item.get("type", "nameless")
    raise InputError(
        f"a run's '{kind}' item can't be shown to a model; use messages and function tools"
    )


def _content(content: object, session: Session, where: _Where) -> object:
    if isinstance(content, str):
        return session.redact(content, where)
    return [_part(part, session, where) for part in cast("list[Any]", content)]


def _part(part: Mapping[str, Any], session: Session, where: _Where) -> Mapping[str, Any]:
    match part:
        case {"type": "input_text" | "output_text" as kind, "text": str(text)}:
            plain = {"type": kind, "text": session.redact(text, where)}
            return plain if kind == "input_text" else plain | {"annotations": []}
        case {"type": "refusal", "refusal": str(text)}:
            return {"type": "refusal", "refusal": session.redact(text, where)}
    return {"type": "input_text", "text": WITHHELD}


def _result_part(part: Mapping[str, Any], session: Session) -> Mapping[str, Any]:
    match part:
        case {"type": "input_text", "text": str(text)}:
            return {"type": "input_text", "text": shown_result(text, session)}
    return {"type": "input_text", "text": WITHHELD}


def _shown_arguments(name: str, arguments: str, session: Session) -> str:
    args = _object(arguments)
    if args is None:
        return session.redact(arguments, "note")
    hidden = session.redact_action(Action(name=name, args=args))
    return json.dumps(dict(hidden.args), ensure_ascii=False)


def _restored(item: TResponseOutputItem, session: Session) -> TResponseOutputItem:
    if item.type == "function_call":
        return item.model_copy(update={"arguments": _restored_text(item.arguments, session)})
    if item.type == "message":
        parts = [
            part.model_copy(update={"text": _restored_text(part.text, session)})
            if part.type == "output_text"
            else part.model_copy(update={"refusal": session.restore(part.refusal)})
            for part in item.content
        ]
        return item.model_copy(update={"content": parts})
    return item


def _restored_text(text: str, session: Session) -> str:
    """A text; of a JSON object only its values change, so that it stays JSON."""
    value = _object(text)
    if value is None:
        return session.restore(text)
    whole = session.restore_value(value)
    return text if whole == value else json.dumps(whole, ensure_ascii=False)


def _object(text: str) -> dict[str, JsonValue] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
