"""The shape of `desk.yaml`, as ops write it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskquorum.policy.fact_source_shapes import AnySource

__all__ = [
    "HELPDESKS",
    "SEGMENT",
    "SETTLE_S",
    "AnyLabeler",
    "BudgetShape",
    "DeskShape",
    "ExecutionShape",
    "HelpdeskShape",
    "LabelerShape",
    "ModelShape",
    "NearestShape",
    "NotifyShape",
    "PromptShape",
    "QuestionShape",
    "ReplyCheckShape",
    "RetentionShape",
    "ReviewsShape",
    "RuleShape",
    "ServiceShape",
    "StudentShape",
]


SEGMENT = "customer.segment"
"""The fact that tells a customer's segment, where the desk names no other."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Text = Annotated[str, Field(min_length=1)]
_Share = Annotated[float, Field(gt=0, le=1)]
_Seconds = Annotated[float, Field(gt=0)]
_Count = Annotated[int, Field(ge=1)]
_Amount = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]
"""Of money, in quotes: a number without them would be a float."""


class ModelShape(_Shape):
    """A chat model."""

    model: _Text
    base_url: _Text
    api_key_env: _Text = "OPENAI_API_KEY"
    max_concurrency: _Count = 4
    timeout_s: _Seconds = 6.0
    prompt_per_million: _Amount | None = None
    completion_per_million: _Amount | None = None
    fallback: list[_Text] = []


class BudgetShape(_Shape):
    """The most that models may cost."""

    per_ticket: _Amount | None = None
    per_day: _Amount | None = None


class QuestionShape(_Shape):
    """A closed choice about a ticket."""

    ask: _Text
    labels: Annotated[dict[str, str], Field(min_length=2)]
    labelers: Annotated[list[str], Field(min_length=1)]
    settle_at: _Share = 0.6
    quorum: _Count = 1


class LabelerShape(_Shape):
    """What every labeler says of itself."""

    accuracy: Annotated[float, Field(gt=0, lt=1)]
    wave: _Count = 1
    price: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    family: _Text | None = None


class RuleShape(LabelerShape):
    """A labeler of word lists and patterns."""

    kind: Literal["rule"]
    file: _Text


class NearestShape(LabelerShape):
    """A labeler by the nearest examples."""

    kind: Literal["nearest"]
    examples: _Text | None = None
    text: _Text = "text"
    label: _Text = "label"
    per_label: _Count | None = None
    descriptions: bool = True
    calm: _Text | None = None
    abstain_below: Annotated[float, Field(ge=-1, le=1)] | None = None


class PromptShape(LabelerShape):
    """A labeler that asks a chat model."""

    kind: Literal["prompt"]
    prompt: _Text
    model: _Text
    wave: _Count = 2
    price: Annotated[Decimal, Field(ge=0)] = Decimal(1)


class StudentShape(LabelerShape):
    """A labeler that `deskquorum distill` teaches from the votes of the others."""

    kind: Literal["student"]


AnyLabeler = Annotated[
    RuleShape | NearestShape | PromptShape | StudentShape, Field(discriminator="kind")
]


class ReplyCheckShape(_Shape):
    """The model that is asked about the claims of drafted replies."""

    model: _Text
    accuracy: Annotated[float, Field(gt=0, lt=1)] = 0.75
    calls: Literal["per_claim", "one"] = "per_claim"


_Origin = Annotated[
    str,
    Field(
        pattern=r"^https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?$",
        description="`https://acme.zendesk.com`",
    ),
]


class SignInShape(_Shape):
    """How a proxy that knows the people tells of them; needs `DESKQUORUM_PROXY_SECRET`."""

    name_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")]
    groups_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")]
    roles: Annotated[dict[str, Literal["agent", "lead", "ops"]], Field(min_length=1)]


class ServiceShape(_Shape):
    """What one process of the HTTP service takes on, and who sees its pages."""

    max_in_flight: _Count = 100
    body_bytes: Annotated[int, Field(ge=1024)] = 1_000_000
    rate_per_s: Annotated[float, Field(gt=0)] = 50.0
    burst: _Count = 100
    streams: _Count = 200
    frames: dict[_Text, Annotated[list[_Origin], Field(min_length=1)]] = {}
    sign_in: SignInShape | None = None


_Length = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}[smhd]$", description="`15m`, `8h`")]


class NotifyShape(_Shape):
    """Where notices of the review queue go: an incoming webhook, as Slack takes them."""

    url_env: _Text
    opened: bool = True
    overdue: bool = True


class ReviewsShape(_Shape):
    """The review queue."""

    due: dict[Literal["none", "reply", "close", "account", "disclosure", "money"], _Length] = {}
    lease: _Length = "15m"
    link: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    notify: NotifyShape | None = None


SETTLE_S = 300.0
"""Longer than servers commonly let a request run."""


class ExecutionShape(_Shape):
    """The endpoint that carries out one action."""

    url: _Text
    secret_env: _Text
    timeout_s: Annotated[float, Field(gt=0, le=50)] = 10.0
    settle_s: Annotated[float, Field(ge=0, le=3600)] = SETTLE_S
    read: _Text | None = None
    undo: _Text | None = None
    idempotent: bool = False


HELPDESKS = ("zendesk", "chatwoot", "zammad", "freshdesk", "intercom", "front")
"""Those that can be answered."""


class HelpdeskShape(_Shape):
    """An account of a helpdesk, which is answered through its API."""

    url: _Text
    token_env: _Text
    user_token_env: _Text | None = None
    user: _Text | None = None
    account: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")] | None = None
    bot: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    team: _Text | None = None
    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "needs-person"
    per_minute: Annotated[float, Field(gt=0)] = 200.0
    timeout_s: Annotated[float, Field(gt=0, le=15)] = 10.0


class RetentionShape(_Shape):
    """How long what is about persons can be read."""

    days: _Count


class DeskShape(_Shape):
    """The whole file."""

    desk: _Text
    version: _Text
    languages: Annotated[list[_Text], Field(min_length=1)]
    deadline_s: _Seconds = 8.0
    ledger: _Text = "state/ledger.sqlite"
    learned: _Text = "learned"
    currency: _Text | None = None
    budget: BudgetShape | None = None
    models: dict[str, ModelShape] = {}
    questions: dict[str, QuestionShape] = {}
    labelers: dict[str, AnyLabeler] = {}
    links: list[_Text] = []
    sources: dict[str, AnySource] = {}
    max_age: dict[str, _Text] = {}
    reply_check: ReplyCheckShape | None = None
    reviews: ReviewsShape = ReviewsShape()
    service: ServiceShape = ServiceShape()
    execution: dict[str, ExecutionShape] = {}
    helpdesk: Annotated[
        dict[str, HelpdeskShape],
        Field(json_schema_extra={"propertyNames": {"enum": [*HELPDESKS]}}),
    ] = {}
    retention: RetentionShape | None = None
    segment: _Text = SEGMENT
