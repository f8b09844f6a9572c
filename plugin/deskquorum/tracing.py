"""Spans of OpenTelemetry where the host set it up, otherwise nothing at all.

INVARIANT: a span holds names, counts and kinds, never a value of a ticket: no messages of errors,
no prompts, no answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.context import Context

__all__ = ["Note", "span"]

Note = Callable[[str, str | int], None]
"""Adds an attribute to a span."""

_API = "opentelemetry.trace"


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, str | int] | None = None,
    *,
    caller: Mapping[str, str] | None = None,
    calls_out: bool = False,
) -> Iterator[Note]:
    """What is done meanwhile is one span, below the one that it is done within.

    Args:
        name: What is done.
        attributes: What is known of it before.
        caller: Headers of a request, whose W3C trace context is gone on with.
        calls_out: Whether it asks another system.
    """
    # A host that wants traces has loaded the library; nobody else pays for it.
    if _API not in sys.modules:
        yield _nothing
        return
    from opentelemetry import trace

    tracer = trace.get_tracer("deskquorum")
    with tracer.start_as_current_span(
        name,
        context=_context(caller),
        kind=trace.SpanKind.CLIENT if calls_out else trace.SpanKind.INTERNAL,
        attributes=dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        yield current.set_attribute


def _nothing(_: str, __: str | int) -> None:
    """Nobody traces."""


def _context(caller: Mapping[str, str] | None) -> Context | None:
    if caller is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # Lower case, as W3C writes them; baggage may hold anything and is left alone.
    known = {name: caller[name] for name in ("traceparent", "tracestate") if name in caller}
    return TraceContextTextMapPropagator().extract(known)
