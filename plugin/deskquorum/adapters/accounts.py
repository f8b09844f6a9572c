"""From what `desk.yaml` says of an account to something that can be told what to do."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from deskquorum.adapters.api import Api, Pace
from deskquorum.adapters.chatwoot import Chatwoot
from deskquorum.adapters.freshdesk import Freshdesk
from deskquorum.adapters.front import Front
from deskquorum.adapters.helpdesk import Helpdesk
from deskquorum.adapters.intercom import Intercom
from deskquorum.adapters.zammad import Zammad
from deskquorum.adapters.zendesk import Zendesk
from deskquorum.policy import HelpdeskSpec

__all__ = ["open_helpdesk"]

_Make = Callable[[Api, HelpdeskSpec, str], Helpdesk]
"""The helpdesk of an API, an account, and a user's token."""

_Headers = Callable[[HelpdeskSpec, str], Mapping[str, str]]
"""The headers that prove who calls: of an account and the bot's token."""


def _basic(name: str, password: str) -> Mapping[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


_HEADERS: Mapping[str, _Headers] = MappingProxyType(
    {
        "zendesk": lambda spec, token: _basic(f"{spec.user}/token", token),
        "chatwoot": lambda _, token: {"api_access_token": token},
        "zammad": lambda _, token: {"Authorization": f"Token token={token}"},
        "freshdesk": lambda _, token: _basic(token, "X"),
        "intercom": lambda _, token: {
            "Authorization": f"Bearer {token}",
            "Intercom-Version": "2.11",
        },
        "front": lambda _, token: {"Authorization": f"Bearer {token}"},
    }
)

_MAKE: Mapping[str, _Make] = MappingProxyType(
    {
        "zendesk": lambda api, s, _: Zendesk(api, bot=s.bot, team=s.team, label=s.label),
        "chatwoot": lambda api, s, user_token: Chatwoot(
            api, account=s.account or "", user_token=user_token, team=s.team
        ),
        "zammad": lambda api, s, _: Zammad(api, bot=s.bot, team=s.team, label=s.label),
        "freshdesk": lambda api, s, _: Freshdesk(api, bot=s.bot, team=s.team, label=s.label),
        "intercom": lambda api, s, _: Intercom(api, bot=s.bot or "", team=s.team, label=s.label),
        "front": lambda api, s, _: Front(api, bot=s.bot, team=s.team, label=s.label),
    }
)
"""Helpdesk to what calls it."""


@asynccontextmanager
async def open_helpdesk(spec: HelpdeskSpec, keys: Mapping[str, str]) -> AsyncIterator[Helpdesk]:
    """One account, for as long as the context lasts.

    Args:
        spec: As `desk.yaml` describes it.
        keys: Holds the tokens, by the names that it gives them.
    """
    import httpx

    token = keys.get(spec.token.name, "")
    user_token = "" if spec.user_token is None else keys.get(spec.user_token.name, "")
    async with httpx.AsyncClient(
        base_url=spec.url,
        headers={"Accept": "application/json", **_HEADERS[spec.name](spec, token)},
        timeout=spec.timeout_s,
        follow_redirects=False,
        # What stands in the environment must not reroute customers' words.
        trust_env=False,
    ) as client:
        api = Api(client, pace=Pace(per_minute=spec.per_minute))
        yield _MAKE[spec.name](api, spec, user_token)
