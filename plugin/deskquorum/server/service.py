"""What the parts of one running service share."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import anyio
from fastapi import Request

from deskquorum.desk import Desk
from deskquorum.execution import OutboxWorker
from deskquorum.ledger.api_keys import ApiKeys
from deskquorum.policy import ServiceSpec
from deskquorum.server.flight import Flight
from deskquorum.server.frame_tokens import FrameTokens
from deskquorum.server.helpdesks import Helpdesks
from deskquorum.server.metrics import Metrics
from deskquorum.server.rates import Rates
from deskquorum.server.records import Records
from deskquorum.server.sessions import Sessions
from deskquorum.server.streams import Streams

if TYPE_CHECKING:
    from deskquorum.server.deciding import Deciding

__all__ = ["Service", "Settings", "service_of"]


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a service is run, beside what `desk.yaml` says."""

    grace_s: float = 20.0
    """From the signal to end until what is unfinished goes to a person."""
    allowed_hosts: tuple[str, ...] = ()
    """Values of `Host` that are answered; empty answers all."""
    host_key: bytes = field(repr=False)
    """The host's key: seals what is accepted and signs frame tokens."""
    metrics_folder: str | None = None
    """Where several processes of one service keep their counts together."""
    jobs: Literal["own", "procrastinate"] = "own"
    """Who does what replicas share: each of them by itself, or `deskquorum worker`."""
    notify_url: str = field(default="", repr=False)
    """Incoming webhook for notices of the review queue; empty sends none."""
    proxy_secret: str = field(default="", repr=False)
    """With it a proxy shows that it may tell who somebody is; empty believes no proxy."""
    webhook_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Helpdesk to the secret that it signs with."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Tokens of helpdesks, by the names that `desk.yaml` gives them."""


@dataclass(kw_only=True)
class Service:
    """One process of the service."""

    desk: Desk
    settings: Settings
    records: Records
    flight: Flight
    metrics: Metrics
    tokens: FrameTokens
    sessions: Sessions
    """Of people at the pages."""
    streams: Streams
    key_rates: Rates
    stranger_rates: Rates
    """By address, for requests whose key was not valid."""
    owner: str = field(default_factory=lambda: secrets.token_hex(8))
    """Names this process in leases."""
    keys: ApiKeys | None = None
    """None until they could be read."""
    now: Callable[[], datetime] = _clock
    arrived: anyio.Event = field(default_factory=anyio.Event)
    """Set when a ticket came in for which nobody waits."""
    helpdesks: Helpdesks = field(default_factory=Helpdesks)
    """The accounts that are answered through their APIs; open while the service runs."""
    executor: OutboxWorker = field(init=False)
    """Carries out what decisions ordered."""
    deciding: Deciding = field(init=False)
    """Decides tickets; there while the service runs."""

    def __post_init__(self) -> None:
        """One executor for as long as the process runs: its name stands in leases."""
        self.executor = self.desk.worker(told=lambda: self.helpdesks.ports)

    @property
    def limits(self) -> ServiceSpec:
        """What `desk.yaml` allows."""
        return self.desk.parts.desk.service

    @property
    def tenant(self) -> str:
        """Name of the desk."""
        return self.desk.parts.desk.desk


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    service: Service = request.app.state.service
    return service
