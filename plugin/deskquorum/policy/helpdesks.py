"""Reading `helpdesk` of `desk.yaml`: the accounts that are answered through their APIs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from deskquorum.errors import Problem
from deskquorum.policy.desk_shapes import HELPDESKS, DeskShape, HelpdeskShape
from deskquorum.policy.document import Document
from deskquorum.policy.fact_source_specs import EnvName
from deskquorum.policy.names import did_you_mean

__all__ = ["HelpdeskSpec", "read_helpdesks"]

_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NEEDED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "zendesk": {"user": "the e-mail address of the bot's agent"},
        "chatwoot": {
            "account": "the number in the address of the account",
            "user_token_env": "a user's token: an agent bot's may neither read nor label",
        },
        "intercom": {"bot": "the id of the admin in whose name the bot writes"},
    }
)
"""What a helpdesk can't be called without."""

_NUMBERS = frozenset({"zendesk", "chatwoot", "freshdesk", "intercom"})
"""Those whose teams have numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpdeskSpec:
    """One account."""

    name: str
    """Which helpdesk: `zendesk`, `chatwoot`, ..."""
    url: str
    token: EnvName
    """The variable with the token of the bot."""
    user_token: EnvName | None
    """The variable with a user's token, for what a bot's may not do."""
    user: str | None
    account: str | None
    bot: str | None
    """Id of the bot among the account's people: what is assigned to it no person has."""
    team: str | None
    """Who takes over."""
    label: str
    """Marks what a person has."""
    per_minute: float
    """Calls, at most."""
    timeout_s: float
    """For one try."""


def read_helpdesks(
    document: Document[DeskShape], problems: list[Problem]
) -> Mapping[str, HelpdeskSpec]:
    """The accounts that the file describes; faulty ones are left out and reported."""
    found: dict[str, HelpdeskSpec] = {}
    for name, shape in document.value.helpdesk.items():
        faults = list(_faults(document, name, shape))
        problems += faults
        if not faults:
            given = shape.model_dump(exclude={"token_env", "user_token_env", "url"})
            found[name] = HelpdeskSpec(
                name=name,
                url=shape.url.rstrip("/"),
                token=_env(document, name, "token_env", shape.token_env),
                user_token=(
                    None
                    if shape.user_token_env is None
                    else _env(document, name, "user_token_env", shape.user_token_env)
                ),
                **given,
            )
    return found


def _env(document: Document[DeskShape], helpdesk: str, key: str, name: str) -> EnvName:
    line, column = document.place("helpdesk", helpdesk, key)
    return EnvName(name=name, line=line, column=column)


def _faults(document: Document[DeskShape], name: str, shape: HelpdeskShape) -> Iterator[Problem]:
    keys = ("helpdesk", name)
    if name not in HELPDESKS:
        hint = did_you_mean(name, HELPDESKS, what="helpdesks")
        yield document.key_problem(f"unknown helpdesk '{name}'", *keys, hint=hint)
    for key, what in _NEEDED.get(name, {}).items():
        if getattr(shape, key) is None:
            message = f"'{key}' is missing, and {name} needs it"
            yield document.key_problem(message, *keys, hint=f"write {what}")
    if name == "front" and not shape.label.startswith("tag_"):
        message, hint = "front marks by a tag's id", "write label: tag_..., as its API shows it"
        place = document.problem if "label" in shape.model_fields_set else document.key_problem
        at = (*keys, "label") if "label" in shape.model_fields_set else keys
        yield place(message, *at, hint=hint)
    if fault := _fault(shape.url):
        yield document.problem(fault[0], *keys, "url", hint=fault[1])
    for key in ("token_env", "user_token_env"):
        variable = getattr(shape, key)
        if variable is not None and _ENV.fullmatch(variable) is None:
            message = "not the name of an environment variable"
            hint = "name the variable that holds the token, never the token itself"
            yield document.problem(message, *keys, key, hint=hint)
    if shape.team is not None and name in _NUMBERS and not shape.team.isdecimal():
        message = f"'{shape.team}' is no id of a team"
        yield document.problem(message, *keys, "team", hint=f"in {name} it is a number, in quotes")


def _fault(url: str) -> tuple[str, str] | None:
    """What is wrong with an address, and how to mend it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"'{url}' is no address", "start it with https://HOST"
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        return f"'{url}' is no address", "start it with https://HOST"
    if parts.username is not None or parts.password is not None:
        return "a password stands in this file", "the token is read from token_env"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "an address that anybody on the way can read", "write https://"
    return None
