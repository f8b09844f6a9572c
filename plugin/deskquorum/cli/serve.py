"""`deskquorum serve`: the HTTP service, in one process or several."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.cli.extras import needing_server
from deskquorum.desk import load_desk
from deskquorum.errors import ConfigError, Problem
from deskquorum.host_key import HOST_KEY, read_host_key

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["Serving", "app", "serve"]

_OPTIONS = "DESKQUORUM_SERVING"
"""Hands the options on to further processes."""

_WEBHOOK_SECRET = "DESKQUORUM_WEBHOOK_"  # noqa: S105 - the start of a variable's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What the command line says."""

    folder: str
    host: str
    port: int
    workers: int
    grace_s: float
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    ledger: str | None
    model_url: str | None
    models: bool


def serve(serving: Serving) -> None:
    """Serve until told to end.

    Raises:
        ConfigError: The desk can't be used, or there is no host key.
        InputError: The extra `server` is not installed.
    """
    with needing_server():
        import uvicorn

        made = _app(serving)
        several = serving.workers > 1
        if several:
            os.environ[_OPTIONS] = json.dumps(asdict(serving))
        uvicorn.run(
            "deskquorum.cli.serve:app" if several else made,
            factory=several,
            workers=serving.workers,
            host=serving.host,
            port=serving.port,
            # It bounds the size of a request's head, which httptools does not.
            http="h11",
            h11_max_incomplete_event_size=32_768,
            server_header=False,
            access_log=False,
            log_config=None,
            proxy_headers=bool(serving.trusted_proxies),
            forwarded_allow_ips=list(serving.trusted_proxies),
            timeout_graceful_shutdown=5,
        )


def app() -> ASGIApp:
    """The app of a further process."""
    said = json.loads(os.environ[_OPTIONS])
    lists = {name: tuple(said[name]) for name in ("allowed_hosts", "trusted_proxies")}
    return _app(Serving(**(said | lists)))


def _app(serving: Serving) -> ASGIApp:
    from deskquorum.server import Settings, create_app
    from deskquorum.server.logs import log_as_json

    host_key = read_host_key(os.environ)
    if host_key is None:
        raise ConfigError([_no_host_key()])
    desk = load_desk(
        Path(serving.folder),
        model_url=serving.model_url,
        models=serving.models,
        ledger=serving.ledger,
        keys=os.environ,
    )
    log_as_json()
    settings = Settings(
        grace_s=serving.grace_s,
        allowed_hosts=serving.allowed_hosts,
        host_key=host_key,
        webhook_secrets=_webhook_secrets(os.environ),
    )
    return create_app(desk, settings)


def _webhook_secrets(environment: Mapping[str, str]) -> Mapping[str, str]:
    return {
        name.removeprefix(_WEBHOOK_SECRET).lower(): value
        for name, value in environment.items()
        if name.startswith(_WEBHOOK_SECRET) and value
    }


def _no_host_key() -> Problem:
    return Problem(
        path=HOST_KEY,
        message="not set, and what the service accepts is kept sealed with it",
        hint="make one with `deskquorum keys host`, keep it safe and set it",
    )
