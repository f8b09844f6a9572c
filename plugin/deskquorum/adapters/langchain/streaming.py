"""A model that is asked within writes no word into the graph's streams.

What the node returns is streamed by LangGraph all the same: the reply, once it has been checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables.config import var_child_runnable_config

# There is no public name for what LangGraph and `astream_events` listen with.
from langchain_core.tracers._streaming import _StreamingCallbackHandler, _V2StreamingCallbackHandler

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler

__all__ = ["unheard"]


@contextmanager
def unheard() -> Iterator[None]:
    """Within it, tokens reach nobody who streams them on; traces still see the redacted call."""
    config = var_child_runnable_config.get()
    if config is None:
        yield
        return
    token = var_child_runnable_config.set({**config, "callbacks": _quiet(config.get("callbacks"))})
    try:
        yield
    finally:
        var_child_runnable_config.reset(token)


def _quiet(
    callbacks: list[BaseCallbackHandler] | BaseCallbackManager | None,
) -> list[BaseCallbackHandler] | BaseCallbackManager | None:
    if not isinstance(callbacks, BaseCallbackManager):
        return [one for one in callbacks or [] if not _listens(one)]
    quiet = callbacks.copy()
    for handler in [*quiet.handlers, *quiet.inheritable_handlers]:
        if _listens(handler):
            quiet.remove_handler(handler)
    return quiet


def _listens(handler: BaseCallbackHandler) -> bool:
    return isinstance(handler, _StreamingCallbackHandler | _V2StreamingCallbackHandler)
