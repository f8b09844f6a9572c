"""A worker process of its own: `work.py LEDGER URL`; works until it is killed."""

import sys

import anyio
from aiohttp import ClientSession, TCPConnector

from deskquorum.executing import LedgerBook
from deskquorum.execution import HttpPort, OutboxWorker
from deskquorum.ledger import open_ledger

SECRET = "s"  # noqa: S105 - of a test


class Lent:
    def __init__(self, ports):
        self.ports = ports

    async def __aenter__(self):
        return self.ports

    async def __aexit__(self, *_):
        pass


async def main(place, url):
    ledger = open_ledger(place, tenant="north", host_key=b"k" * 32, busy_timeout_s=30)
    book = LedgerBook(database=ledger.database, lease_s=0.3)
    async with ClientSession(connector=TCPConnector(force_close=True)) as session:
        port = HttpPort(
            session,
            url=url,
            secret=SECRET,
            timeout_s=0.4,
            settle_s=0.1,
            read=f"{url}/{{key}}",
            undo=f"{url}/undo",
        )
        # So that a lease that nobody holds any more ends within the test.
        worker = OutboxWorker(
            book, lambda: Lent({"issue_refund": port}), backoff_s=0.1, looks=20, margin_s=0.3
        )
        print("up", flush=True)  # noqa: T201 - tells the test
        await worker.run(every_s=0.02)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2])
