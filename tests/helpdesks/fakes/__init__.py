"""Helpdesks that behave like the real ones, served over loopback by aiohttp."""

from fakes.base import Fake, Fault, Talk
from fakes.chatwoot import FakeChatwoot
from fakes.freshdesk import FakeFreshdesk
from fakes.front import FakeFront
from fakes.intercom import FakeIntercom
from fakes.zammad import FakeZammad
from fakes.zendesk import FakeZendesk

FAKES = (FakeChatwoot, FakeFreshdesk, FakeFront, FakeIntercom, FakeZammad, FakeZendesk)

__all__ = ["FAKES", "Fake", "Fault", "Talk"]
