"""The helpdesks that a service answers: open while it runs, read before a ticket is decided."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Literal

import anyio
import structlog

from deskquorum.adapters import Conversation, Helpdesk, HelpdeskError, open_helpdesk, row_of
from deskquorum.adapters.lag import holds
from deskquorum.adapters.port import HelpdeskPort
from deskquorum.domain import Ticket
from deskquorum.errors import DeskError
from deskquorum.execution import ActionPort
from deskquorum.formats import read_ticket
from deskquorum.ledger.orders import HAND_OFF, REPLY
from deskquorum.policy import HelpdeskSpec
from deskquorum.server.records import Records

__all__ = ["Helpdesks"]

_READ_S = 20.0
"""Longer than that no slow helpdesk keeps other tickets waiting."""
_BEHIND_S = 2.0
"""Between two looks at an API that is behind its own webhook."""

_log = structlog.get_logger("deskquorum.helpdesks")


class Helpdesks:
    """Accounts by the name of their helpdesk; those of the files that the service began with."""

    def __init__(self) -> None:
        self._open: dict[str, Helpdesk] = {}
        self.ports: Mapping[str, ActionPort] = {}
        """What is told to them, by the names of its orders."""

    @asynccontextmanager
    async def opened(
        self, specs: Mapping[str, HelpdeskSpec], keys: Mapping[str, str], records: Records
    ) -> AsyncIterator[None]:
        """Keep them open.

        Args:
            specs: As `desk.yaml` describes them.
            keys: Holds the tokens.
            records: Tells how orders stand.
        """
        ports: dict[str, ActionPort] = {}
        async with AsyncExitStack() as stack:
            for name, spec in specs.items():
                helpdesk = await stack.enter_async_context(open_helpdesk(spec, keys))
                port = HelpdeskPort(
                    helpdesk, name, label=spec.label, stand=partial(_stand, records)
                )
                self._open[name] = helpdesk
                ports |= {f"{REPLY}{name}": port, f"{HAND_OFF}{name}": port}
            self.ports = ports
            yield
        self._open, self.ports = {}, {}

    async def read_anew(self, source: str, ticket: Ticket) -> Ticket | None:
        """The ticket with the whole conversation, as it stands; None where it can't be read.

        Webhooks come late, twice, and out of order, and tell of one message only.
        """
        helpdesk = self._open.get(source)
        if helpdesk is None:
            return ticket
        try:
            with anyio.fail_after(_READ_S):
                seen = await _caught_up(helpdesk, ticket.id.removeprefix(f"{source}:"), ticket)
            return read_ticket(row_of(source, seen))
        except TimeoutError:
            _log.warning("a conversation can't be read", helpdesk=source, why="too slow")
        except HelpdeskError as exc:
            _log.warning("a conversation can't be read", helpdesk=source, why=exc.why)
        except DeskError as exc:
            _log.warning("a conversation is none", helpdesk=source, kind=type(exc).__name__)
        return None


async def _caught_up(helpdesk: Helpdesk, conversation: str, ticket: Ticket) -> Conversation:
    """The conversation once it holds what its webhook told."""
    while True:
        seen = await helpdesk.read(conversation)
        if holds(seen, ticket.messages[-1]):
            return seen
        await anyio.sleep(_BEHIND_S)


async def _stand(records: Records, key: str) -> Literal["done", "pending", "failed"]:
    from deskquorum.ledger.outbox import State, execution

    found = await records.read(partial(execution, key=key))
    if found is None or found.state in {State.FAILED, State.CANCELLED}:
        return "failed"
    if found.handed_us is not None:
        return "failed"
    return "done" if found.state is State.DONE else "pending"
