"""Loads the desk once and forks replicas of its service, so that a new one is there at once.

Run as `python zygote.py FOLDER LEDGER CLOCK OPTIONS`: each line on standard input is the place of a
new replica's log, and is answered with `PID PORT`. CLOCK is a file of seconds by which the wall
clocks of all replicas are wrong; it may change at any time. An empty line ends it all.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import anyio
import time_machine
import uvicorn
from punctual import Punctual

from deskquorum.desk import load_desk
from deskquorum.host_key import read_host_key
from deskquorum.server import Settings, create_app
from deskquorum.server.logs import log_as_json
from deskquorum.testing import make_ticket

_LOOK_S = 0.02


def main(folder, ledger, clock, options):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    desk = load_desk(Path(folder), ledger=ledger or None, keys=os.environ, **json.loads(options))
    anyio.run(_warm, desk)
    print("loaded", flush=True)  # noqa: T201 - how it answers
    children = []
    for line in sys.stdin:
        if not line.strip():
            break
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            door.listen(128)
            child = os.fork()
            if child == 0:
                # However it ends, the copy of the parent's own work is never gone on with.
                try:
                    _serve(desk, door, clock, line.strip())
                finally:
                    os._exit(1)
            children.append(child)
            print(child, door.getsockname()[1], flush=True)  # noqa: T201
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


async def _warm(desk):
    """Load what a first ticket loads."""
    async with desk:
        await desk.gather(make_ticket("Just a note: all is well, thank you."))


def _serve(desk, door, clock, log):
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    traveller = time_machine.travel(time.time() + _wrong_by(clock), tick=True)
    threading.Thread(target=_keep_wrong, args=(traveller.start(), clock), daemon=True).start()
    log_as_json()
    app = Punctual(create_app(desk, Settings(host_key=read_host_key(os.environ))))
    config = uvicorn.Config(app, http="h11", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[door])


def _keep_wrong(travelled, clock):
    """Set the clock as often as its file changes."""
    now = _wrong_by(clock)
    while True:
        time.sleep(_LOOK_S)
        told = _wrong_by(clock)
        if told != now:
            travelled.shift(told - now)
            now = told


def _wrong_by(clock):
    return float(Path(clock).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:])
