"""Measures in the server's own process how long an answer took, however busy the machine is.

`X-Took-S` is the time from the request's head to the head of its answer. `X-Waited-S` is the part
of it in which the thread of the event loop could have run and the kernel ran other processes: what
the scheduler itself counts (proc(5), schedstat). A loop that is held up by work of its own, or by
waiting for a database, waits for no processor, so that nothing of the service's is excused.
"""

import time
from pathlib import Path

_SCHEDULED = Path("/proc/thread-self/schedstat")


class Punctual:
    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        began, waited = time.monotonic(), _waited_s()

        async def sending(message):
            if message["type"] == "http.response.start":
                told = {
                    b"x-took-s": time.monotonic() - began,
                    b"x-waited-s": _waited_s() - waited,
                }
                message["headers"] = [
                    *message["headers"],
                    *((name, f"{seconds:.4f}".encode()) for name, seconds in told.items()),
                ]
            await send(message)

        await self._app(scope, receive, sending)


def _waited_s():
    if not _SCHEDULED.exists():
        return 0.0
    return int(_SCHEDULED.read_text(encoding="ascii").split()[1]) / 1e9
