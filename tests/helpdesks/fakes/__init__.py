"""Helpdesks that behave like the real ones, served over loopback by aiohttp."""

from fakes.base import Fake, Fault, Talk
from fakes.chatwoot import FakeChatwoot
from fakes.zammad import FakeZammad
from fakes.zendesk import FakeZendesk

FAKES = (FakeChatwoot, FakeZammad, FakeZendesk)

__all__ = ["FAKES", "Fake", "Fault", "Talk"]
