"""Requests of bots, agents and helpdesks come in over HTTP; decisions go out."""

from deskquorum.server.app import create_app
from deskquorum.server.service import Settings

__all__ = ["Settings", "create_app"]
