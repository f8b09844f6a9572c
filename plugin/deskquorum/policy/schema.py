"""The JSON Schema by which editors complete and check the files of a policy folder.

It is made from the shapes that the files are read with, so the two can't drift apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from deskquorum.policy.desk_shapes import (
    BudgetShape,
    DeskShape,
    HelpdeskShape,
    LabelerShape,
    ModelShape,
    QuestionShape,
)
from deskquorum.policy.fact_source_shapes import (
    FieldShape,
    HeaderShape,
    HttpShape,
    SourceShape,
    SqlShape,
)
from deskquorum.policy.fact_types import ScalarName
from deskquorum.policy.failure_modes import FailureModeShape, FailureModesShape
from deskquorum.policy.shapes import (
    ActionShape,
    CaseShape,
    CasesShape,
    ClauseShape,
    LimitShape,
    RuleShape,
    TopicShape,
)

__all__ = ["SCHEMA_FILE", "editor_schema", "schema_text"]

SCHEMA_FILE = "schema.json"
"""Its name in a policy folder; the files there point to it in their first line."""

_TYPES = [name + absent for name in get_args(ScalarName) for absent in ("", "?")]
_FORMS: JsonSchemaValue = {
    "anyOf": [
        {"enum": _TYPES},
        {"type": "array", "minItems": 1, "maxItems": 1},
        {"type": "object", "minProperties": 1},
    ]
}
"""How a type is written; what stands in the longer forms is checked when the files are read."""

_WORD = "[a-z][a-z0-9_]*"
_SIGNATURE = f"^{_WORD}( *\\( *{_WORD} *(, *{_WORD} *)*\\))?$"
"""The key of a named part: `row`, or `row(f, g)`."""

_HELP: Mapping[type[BaseModel], Mapping[str, str]] = {
    FailureModesShape: {"failure_modes": "What wrong means at this desk; audits use the ids."},
    FailureModeShape: {
        "id": "A name in kebab case; audits and reports show it.",
        "what": "What goes wrong, in a sentence.",
        "severity": "How bad it is.",
        "detector": "What would notice it.",
        "owner": "Who mends it.",
        "stress": "Folders of the stress suites that provoke it.",
    },
    TopicShape: {
        "policy": "The topic's name.",
        "version": "Your version of it, in quotes; every decision records it.",
        "facts": "Names and types of what your systems tell: `order.total_minor: int`, `date?`.",
        "conditions": "Named conditions of any file: `cond.NAME`, and of NAME(a): `cond.NAME(x)`.",
        "values": "Named expressions of any type: `value.NAME`, and of NAME(a): `value.NAME(x)`.",
        "tables": "Lookup tables; used as `table.NAME`.",
        "clauses": "The sentences of your written policy; rules cite them, replies quote them.",
        "actions": "What may be done: arguments, risk, mode, autonomy.",
        "rules": "What is allowed, held back, declined; their order never matters.",
        "tests": "Cases, as in a .cases.yaml file.",
    },
    ClauseShape: {
        "id": "A short name; rules cite it, decisions and findings show it.",
        "text": "The sentence, as a customer may read it.",
        "scope": "To whom or what it applies: {FACT: VALUE} or {FACT: [VALUE, VALUE]}.",
    },
    ActionShape: {
        "args": "Each argument's type: `string`, `int`, `bool`, `{type: money, currency: FACT}`.",
        "risk": "What can go wrong; left out, money (a reply: reply).",
        "mode": "shadow: recorded only. suggest: a person presses the button. auto: by itself.",
        "autonomy": "Auto rests on: {max_error, confidence}, or {uncertified: {by, date, why}}.",
        "limits": "How often and for how much, in a window of time; beyond it a person decides.",
    },
    LimitShape: {
        "id": "A name in kebab case; under one id several actions share one allowance.",
        "per": "The fact whose every value has its own allowance, or desk.",
        "within": "The window that counts: 24h, 90d.",
        "count": "So many actions.",
        "amount": "So much money, in quotes.",
        "of": "Which amount counts, where the action has several.",
        "currency": "Of the amount; left out, the argument's or the desk's.",
        "cite": "Clause ids, the deciding one first.",
        "reason": "Why, in words for a colleague.",
    },
    RuleShape: {
        "id": "A name in kebab case; decisions and hand-offs show it.",
        "on": "An action, a list of actions, any, ticket or reply.",
        "effect": "deny beats require_human beats allow.",
        "when": "The condition, in CEL; left out, the rule always holds.",
        "cite": "Clause ids, the deciding one first.",
        "reason": "Why, in words for a colleague.",
        "obligations": "What comes with the ruling, as short names for the host.",
    },
    CaseShape: {
        "name": "What the case shows, as a sentence.",
        "facts": "Facts, nested or dotted; all that the action's rules read.",
        "answers": "Question to label; a question left out is unsettled.",
        "claimed": "Slot to value.",
        "used": "Limit to what earlier actions took from it: {count, amount}.",
        "now": "The moment, with its zone: 2026-01-31T09:00:00Z.",
        "action": "The action that is ruled on, with its arguments; {name: reply} for a reply.",
        "ticket": "true asks about the ticket as a whole, in place of an action.",
        "expect": "What the ruling must be.",
        "because": "Rules that must be among those that decide; a name, or a list.",
    },
    DeskShape: {
        "desk": "The desk's name.",
        "version": "Your version of this file, in quotes.",
        "languages": "Languages that the desk serves by itself.",
        "deadline_s": "Seconds for one decision; what takes longer goes to a person.",
        "ledger": "The record: a file relative to the desk folder, or a postgresql: URL.",
        "learned": "Folder of what `deskquorum calibrate` measured.",
        "currency": "Used where an action's amount names no currency fact.",
        "budget": "The most that models may cost; beyond it they are not asked.",
        "models": "Chat models for labelers of kind prompt.",
        "questions": "Closed choices about every ticket; rules read them as `answer.NAME`.",
        "labelers": "Who votes on the questions; each labeler serves one.",
        "links": "Hosts that a reply may link to.",
        "sources": "Your own systems, which facts are read from; see docs/facts.md.",
        "max_age": "A fact, or a record, to the oldest that a source may tell: `order: 1h`.",
        "helpdesk": "Accounts that are answered through their APIs; see docs/helpdesks.",
    },
    HelpdeskShape: {
        "url": "The account's address: https://acme.zendesk.com.",
        "token_env": "Environment variable that holds the bot's token.",
        "user_token_env": "Chatwoot: variable with a user's token, for reading and labels.",
        "user": "Zendesk: the e-mail address of the bot's agent.",
        "account": "Chatwoot: the account's number, in quotes.",
        "bot": "Id of the bot among the account's people, in quotes.",
        "team": "Who takes over: a group, team or inbox, as the helpdesk names it.",
        "label": "Marks what a person has; the bot is silent where it stands.",
        "per_minute": "Calls to the helpdesk, at most.",
        "timeout_s": "Seconds for one try.",
    },
    SourceShape: {
        "fields": "Fact to its place in the record: a path, or {at: PATH, currency: EUR}.",
        "as_of": "Where the record says of which moment it is; left out, of its reading.",
    },
    HttpShape: {
        "url": "Address; takes {requester.FIELD}, {ticket.id} and facts that the ticket brings.",
        "headers": "Header to its value: a text, or {env: NAME, prefix: 'Bearer '}.",
        "timeout_s": "Seconds for one try.",
        "tries": "Tries a reading, the first one included.",
    },
    SqlShape: {
        "url": "sqlite:///FILE, relative to the desk folder, or an address without a password.",
        "url_env": "Environment variable that holds the address.",
        "query": "One SELECT, with :name for each value.",
        "file": "File that holds the query, relative to the desk folder.",
        "parameters": "Each :name to requester.FIELD, ticket.id or a fact of the ticket.",
        "timeout_s": "Seconds for the statement.",
        "rows": "one: exactly one row. all: a list, under the path `rows`.",
    },
    FieldShape: {
        "at": "Path of keys and positions: data.order.status, addresses.0.country.",
        "currency": "For a decimal amount: its code, or the path of it; becomes minor units.",
        "flag": "0 and 1 stand for false and true.",
        "items": "For records in a list or mapping: field to its place in each.",
        "optional": "A record without the key says that there is none.",
    },
    HeaderShape: {
        "prefix": "What stands before the variable's value.",
        "env": "Environment variable that holds the value.",
    },
    QuestionShape: {
        "ask": "The question, as a labeler reads it.",
        "labels": "Two or more labels, each with one line that tells it from the others.",
        "labelers": "Who answers it.",
        "settle_at": "Least probability at which an answer counts as settled.",
        "quorum": "Families of labelers that must agree before software acts alone.",
    },
    LabelerShape: {
        "accuracy": "What you assume until audits measure it.",
        "wave": "1 is asked first.",
        "price": "What asking once costs, in any unit, the same for all.",
        "family": "Labelers of one family err together.",
    },
    ModelShape: {
        "model": "The model's name at its server.",
        "base_url": "An OpenAI-compatible address, or local for the packaged model.",
        "api_key_env": "Environment variable that holds the key.",
        "max_concurrency": "Requests at the same time.",
        "timeout_s": "Seconds for one request.",
        "prompt_per_million": 'Price of a million tokens sent, in quotes: "0.15".',
        "completion_per_million": 'Price of a million tokens answered, in quotes: "0.60".',
        "fallback": "Models that are asked in its place, in order, when it gives no answer.",
    },
    BudgetShape: {
        "per_ticket": 'For one decision, in the desk\'s currency, in quotes: "0.02".',
        "per_day": 'For one day in UTC, in the desk\'s currency, in quotes: "50".',
    },
}
"""What an editor shows for a key; `docs/policy-files.md` says it at length."""

_DECLARATIONS: Mapping[type[BaseModel], str] = {TopicShape: "facts", ActionShape: "args"}
"""Where types are declared."""


def editor_schema(playbook: type[BaseModel]) -> JsonSchemaValue:
    """One schema for every file of a policy folder; it tells them apart by their first keys.

    Args:
        playbook: The shape of `playbook.yaml`, which belongs to the room that reads it.
    """
    shapes: Mapping[str, type[BaseModel]] = {
        "topic": TopicShape,
        "cases": CasesShape,
        "desk": DeskShape,
        "playbook": playbook,
        "failure_modes": FailureModesShape,
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A policy file, a file of cases, desk.yaml, playbook.yaml or failure_modes.yaml",
        "$comment": "Made by `deskquorum policy schema`; do not edit.",
        "if": {"type": "array"},
        "then": _ref("cases"),
        "else": _having("desk", _having("playbook", _having("failure_modes", _ref("topic")))),
        "definitions": {kind: _schema_of(kind, shape) for kind, shape in shapes.items()},
    }


def schema_text(playbook: type[BaseModel]) -> str:
    """The schema as it stands in its file."""
    return json.dumps(editor_schema(playbook), indent=1, ensure_ascii=False) + "\n"


def _ref(kind: str) -> JsonSchemaValue:
    return {"$ref": f"#/definitions/{kind}"}


def _having(kind: str, otherwise: JsonSchemaValue) -> JsonSchemaValue:
    """The schema of a kind of file for those that have its name as a key."""
    return {"if": {"required": [kind]}, "then": _ref(kind), "else": otherwise}


def _schema_of(kind: str, shape: type[BaseModel]) -> JsonSchemaValue:
    template = f"#/definitions/{kind}/$defs/{{model}}"
    return shape.model_json_schema(ref_template=template, schema_generator=_Generator)


class _Generator(GenerateJsonSchema):
    """Adds what editors show, and leaves out titles that only repeat a key."""

    # The library's own signatures say Any.
    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - see above
        """No title for a field: its key says as much."""
        del schema
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A model with the help for its keys."""
        made = super().model_schema(schema)
        made.pop("title", None)
        shape: type[BaseModel] = schema["cls"]
        for base in shape.__mro__:
            for key, text in _HELP.get(base, {}).items():
                made["properties"][key]["description"] = text
        if shape is TopicShape:
            for section in ("conditions", "values"):
                made["properties"][section]["propertyNames"] = {"pattern": _SIGNATURE}
        if shape in _DECLARATIONS:
            made["properties"][_DECLARATIONS[shape]]["additionalProperties"] = _FORMS
        return made

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """A list that may be written as one name; the shapes check nothing else beforehand."""
        made = super().function_before_schema(schema)
        return {"anyOf": [made["items"], made]} if made.get("type") == "array" else made
