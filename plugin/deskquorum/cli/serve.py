"""`deskquorum serve`: the HTTP service, in one process or several."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from deskquorum.cli.extras import needing_scale, needing_server
from deskquorum.desk import Desk, load_desk
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.host_key import HOST_KEY, read_host_key
from deskquorum.ledger import is_database_url

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from deskquorum.server import Settings

__all__ = ["Serving", "app", "serve", "work"]

_OPTIONS = "DESKQUORUM_SERVING"
"""Hands the options on to further processes."""

_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus_client lets processes count together."""

_WEBHOOK_SECRET = "DESKQUORUM_WEBHOOK_"  # noqa: S105 - the start of a variable's name

_PROXY_SECRET = "DESKQUORUM_PROXY_SECRET"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What the command line says."""

    folder: str
    grace_s: float
    ledger: str | None
    model_url: str | None
    models: bool
    jobs: Literal["own", "procrastinate"]
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()


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
        run = partial(
            uvicorn.run,
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
            # Longer than balancers keep idle connections, or they send into one that is closing.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
        if not several:
            run()
            return
        with TemporaryDirectory(prefix="deskquorum-metrics-") as counts:
            os.environ[_OPTIONS] = json.dumps(asdict(serving))
            os.environ[_COUNTS] = counts
            run()


def app() -> ASGIApp:
    """The app of a further process."""
    said = json.loads(os.environ[_OPTIONS])
    lists = {name: tuple(said[name]) for name in ("allowed_hosts", "trusted_proxies")}
    return _app(Serving(**(said | lists)))


def work(serving: Serving) -> None:
    """Do the shared jobs of a desk until told to end.

    Raises:
        ConfigError: The desk can't be used, or there is no host key.
        InputError: An extra is not installed, or the ledger is no PostgreSQL database.
    """
    with needing_server(), needing_scale():
        import anyio

        from deskquorum.server.running import make_service
        from deskquorum.server.worker import work as work_on

        desk, settings = _prepared(serving)
        place = desk.parts.ledger_place
        if not is_database_url(place):
            raise InputError("the ledger is a file; `deskquorum worker` needs PostgreSQL")
        anyio.run(work_on, make_service(desk, settings), str(place))


def _app(serving: Serving) -> ASGIApp:
    from deskquorum.server import create_app

    return create_app(*_prepared(serving))


def _prepared(serving: Serving) -> tuple[Desk, Settings]:
    from deskquorum.server import Settings
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
    notify = desk.parts.desk.reviews.notify
    settings = Settings(
        notify_url="" if notify is None else os.environ.get(notify.url_env, ""),
        grace_s=serving.grace_s,
        allowed_hosts=serving.allowed_hosts,
        host_key=host_key,
        proxy_secret=os.environ.get(_PROXY_SECRET, ""),
        webhook_secrets=_webhook_secrets(os.environ),
        keys=os.environ,
        jobs=serving.jobs,
        metrics_folder=os.environ.get(_COUNTS),
    )
    return desk, settings


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
