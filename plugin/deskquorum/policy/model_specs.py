"""The chat models of `desk.yaml`: where they are, what they cost, who stands in for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from deskquorum.errors import Problem
from deskquorum.policy.desk_shapes import DeskShape, ModelShape
from deskquorum.policy.document import Document
from deskquorum.policy.names import did_you_mean

__all__ = ["BudgetSpec", "ModelSpec", "TokenPrice", "check_models", "read_budget", "read_models"]

_PRICES = ("prompt_per_million", "completion_per_million")
_PACKAGED = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """What a model charges, in the desk's currency."""

    prompt_per_million: Decimal
    completion_per_million: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A chat model behind an OpenAI-compatible endpoint."""

    id: str
    model: str
    base_url: str
    """The endpoint's address, or `local` for the packaged model."""
    api_key_env: str
    """Environment variable that holds the key."""
    max_concurrency: int
    timeout_s: float
    price: TokenPrice | None
    """None where it costs nothing, or nothing that is counted."""
    fallback: tuple[str, ...]
    """All that stand in for it, in the order in which they are asked, theirs included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSpec:
    """The most that models may cost, in the desk's currency; None sets no limit."""

    per_ticket: Decimal | None
    """For one decision."""
    per_day: Decimal | None
    """From midnight to midnight, UTC."""


def read_models(value: DeskShape) -> Mapping[str, ModelSpec]:
    """The declared models; fallback models that do not exist are left out."""
    return {
        name: ModelSpec(
            id=name,
            model=shape.model,
            base_url=shape.base_url,
            api_key_env=shape.api_key_env,
            max_concurrency=shape.max_concurrency,
            timeout_s=shape.timeout_s,
            price=_price(shape),
            fallback=tuple(_chain(name, value.models)),
        )
        for name, shape in value.models.items()
    }


def read_budget(value: DeskShape) -> BudgetSpec:
    """The budget; one without any limit where none is declared."""
    shape = value.budget
    return BudgetSpec(
        per_ticket=None if shape is None else _amount(shape.per_ticket),
        per_day=None if shape is None else _amount(shape.per_day),
    )


def check_models(document: Document[DeskShape]) -> list[Problem]:
    """Everything that is wrong with fallbacks, prices and the budget."""
    value = document.value
    problems = [*_check_budget(document)]
    for name, shape in value.models.items():
        problems += _check_address(document, name, shape.base_url)
        problems += _check_fallback(document, name, shape.fallback)
        problems += _check_price(document, name, shape)
    return problems


def _price(shape: ModelShape) -> TokenPrice | None:
    prompt, completion = map(_amount, (shape.prompt_per_million, shape.completion_per_million))
    if prompt is None or completion is None:
        return None
    return TokenPrice(prompt_per_million=prompt, completion_per_million=completion)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _chain(name: str, models: Mapping[str, ModelShape]) -> Sequence[str]:
    """Whom to ask in its place: each fallback model, followed by its own ones, nobody twice."""
    found: list[str] = []

    def follow(of: str) -> None:
        for stand_in in models[of].fallback:
            if stand_in in models and stand_in != name and stand_in not in found:
                found.append(stand_in)
                follow(stand_in)

    follow(name)
    return found


def _check_address(document: Document[DeskShape], name: str, url: str) -> Iterator[Problem]:
    if url == _PACKAGED:
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    place = ("models", name, "base_url")
    if parts.scheme not in {"http", "https"} or not host:
        hint = "write https://HOST/v1, or local for the packaged model"
        yield document.problem("no address of a model's server", *place, hint=hint)
    elif parts.password is not None:
        hint = "put the key into the variable that api_key_env names"
        yield document.problem("a password stands in this file", *place, hint=hint)


def _check_fallback(
    document: Document[DeskShape], name: str, fallback: Sequence[str]
) -> Iterator[Problem]:
    models = document.value.models
    for index, stand_in in enumerate(fallback):
        place = ("models", name, "fallback", index)
        if stand_in not in models.keys() | document.dropped:
            hint = did_you_mean(stand_in, models, what="models")
            yield document.problem(f"unknown model '{stand_in}'", *place, hint=hint)
        elif stand_in in fallback[:index]:
            yield document.problem(f"'{stand_in}' is listed twice", *place, hint="remove one")
        elif stand_in == name:
            yield document.problem(f"'{name}' falls back on itself", *place, hint="remove it")
        elif stand_in in models and name in _chain(stand_in, models):
            message = f"'{name}' falls back on '{stand_in}', which falls back on '{name}'"
            hint = f"remove one; to have each stand in for the other declare '{name}' a second time"
            yield document.problem(message, *place, hint=hint)


def _check_price(document: Document[DeskShape], name: str, shape: ModelShape) -> Iterator[Problem]:
    told = [key for key in _PRICES if getattr(shape, key) is not None]
    if len(told) == 1:
        other = next(key for key in _PRICES if key not in told)
        hint = f'add {other}: "0" if it is free'
        yield document.problem(f"{told[0]} without {other}", "models", name, told[0], hint=hint)
    elif not told and document.value.budget is not None and shape.base_url != _PACKAGED:
        # INVARIANT: no model costs money that the budget does not see.
        yield document.key_problem(
            f"model '{name}' has no price, so the budget can't hold it back",
            *("models", name),
            hint=f'add {_PRICES[0]} and {_PRICES[1]}, "0" if it is free',
        )


def _check_budget(document: Document[DeskShape]) -> Iterator[Problem]:
    shape = document.value.budget
    if shape is None:
        return
    if shape.per_ticket is None and shape.per_day is None:
        hint = 'add per_ticket: "0.02" or per_day: "50"'
        yield document.key_problem("a budget without a limit", "budget", hint=hint)
    if document.value.currency is None:
        hint = "add currency: EUR, say"
        yield document.key_problem("a budget without the desk's currency", "budget", hint=hint)
