"""The verbs that serve until they are told to end, and their options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deskquorum.cli.options import DeskOption, LedgerOption, ModelUrlOption, NoModelOption

__all__ = ["Jobs", "mcp", "serve", "worker"]

_GraceOption = Annotated[
    float, typer.Option("--grace-s", min=0, help="For finishing what is in hand at the end.")
]


class Jobs(StrEnum):
    """Who does what replicas share."""

    OWN = "own"
    PROCRASTINATE = "procrastinate"


def serve(
    *,
    desk: DeskOption = Path(),
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port.")] = 8080,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    grace_s: _GraceOption = 20.0,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="Answer only for this Host.")
    ] = None,
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option("--trust-proxy", help="Address of a proxy whose X-Forwarded-For counts."),
    ] = None,
    jobs: Annotated[
        Jobs, typer.Option("--jobs", help="`procrastinate` leaves shared jobs to a worker.")
    ] = Jobs.OWN,
    ledger: LedgerOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
) -> None:
    """Serve the desk over HTTP until told to end."""
    from deskquorum.cli.serve import Serving
    from deskquorum.cli.serve import serve as run

    run(
        Serving(
            folder=str(desk),
            host=host,
            port=port,
            workers=workers,
            grace_s=grace_s,
            allowed_hosts=tuple(name.lower() for name in allow_host or ()),
            trusted_proxies=tuple(trust_proxy or ()),
            ledger=ledger,
            model_url=model_url,
            models=not no_model,
            jobs=jobs.value,
        )
    )


def worker(
    *,
    desk: DeskOption = Path(),
    grace_s: _GraceOption = 20.0,
    ledger: LedgerOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
) -> None:
    """Do what replicas of a desk share, by procrastinate on PostgreSQL, until told to end."""
    from deskquorum.cli.serve import Serving, work

    work(
        Serving(
            folder=str(desk),
            grace_s=grace_s,
            ledger=ledger,
            model_url=model_url,
            models=not no_model,
            jobs="procrastinate",
        )
    )


def mcp(
    *,
    desk: DeskOption = Path(),
    http: Annotated[bool, typer.Option("--http", help="Streamable HTTP instead of stdio.")] = False,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port.")] = 8090,
    trusted_caller: Annotated[
        bool,
        typer.Option(
            "--trusted-caller", help="The caller is your own program: take its facts and requester."
        ),
    ] = False,
    ledger: LedgerOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
) -> None:
    """Serve the desk's tools to MCP clients, on stdio or over HTTP for holders of a key."""
    from deskquorum.cli.mcp import serve_mcp

    serve_mcp(
        desk,
        listen=(host, port) if http else None,
        trusted_caller=trusted_caller,
        ledger=ledger,
        model_url=model_url,
        models=not no_model,
    )
