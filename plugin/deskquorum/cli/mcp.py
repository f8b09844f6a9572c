"""`deskquorum mcp`: the desk's tools for MCP clients."""

from __future__ import annotations

import os
from pathlib import Path

from deskquorum.cli.extras import needing_mcp
from deskquorum.desk import load_desk

__all__ = ["serve_mcp"]


def serve_mcp(
    folder: Path,
    *,
    listen: tuple[str, int] | None,
    trusted_caller: bool,
    ledger: str | None,
    model_url: str | None,
    models: bool,
) -> None:
    """Serve until told to end: on standard input and output, or where `listen` says.

    Raises:
        ConfigError: The desk can't be used.
        InputError: The extra `mcp` is not installed.
    """
    with needing_mcp():
        from deskquorum.adapters.mcp_server import http_app, make_server

    desk = load_desk(folder, ledger=ledger, model_url=model_url, models=models, keys=os.environ)
    server = make_server(desk, trusted_caller=trusted_caller)
    if listen is None:
        server.run("stdio")
        return
    import uvicorn

    host, port = listen
    uvicorn.run(http_app(desk, server, host=host), host=host, port=port, server_header=False)
