"""The benchmark's rules as a folder of policy files, with a case for every rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from gate_languages import as_cel
from gate_rules import FACTS, Answer, Rule, Situation, Value, actions_of, holding

__all__ = ["amount_text", "write_folder"]

Decide: TypeAlias = Callable[[Situation], Answer]

_ACTIONS_A_FILE = 5

_HEAD = """\
policy: {name}
version: "1"
clauses:
  - id: C-{name}
    text: >-
      What is written here is asked for by the terms of the shop, and holds for every order.
"""

_ACTION = "  {action}: {{args: {{order_id: string, amount: {{type: money, currency: USD}}}}}}\n"

_RULE = """\
  - id: {id}
    on: {action}
    effect: {effect}
    when: >-
      {when}
    cite: [C-{name}]
    reason: what the terms say of {action} in such a case
"""

_CASE = """\
- name: rule {id} holds
  action: {{name: {action}, args: {{order_id: A1, amount: "{amount}"}}}}
  facts:
{facts}
  expect: {effect}
"""


def write_folder(folder: Path, rules: Sequence[Rule], decide: Decide, *, seed: int) -> None:
    """Write a file of facts, and a topic with its cases for every few actions."""
    (folder / "facts.yaml").write_text(_facts(), encoding="utf-8")
    actions = actions_of(rules)
    names = list(actions)
    for start in range(0, len(names), _ACTIONS_A_FILE):
        some = names[start : start + _ACTIONS_A_FILE]
        topic = f"topic_{start // _ACTIONS_A_FILE}"
        theirs = [rule for name in some for rule in actions[name]]
        (folder / f"{topic}.yaml").write_text(_topic(topic, some, theirs), encoding="utf-8")
        cases = "".join(_case(rule, actions[rule.action], decide, seed) for rule in theirs)
        (folder / f"{topic}.cases.yaml").write_text(cases, encoding="utf-8")


def amount_text(situation: Situation) -> str:
    """The amount as callers tell it."""
    units, cents = divmod(situation.amount_minor, 100)
    return f"{units}.{cents:02}"


def _facts() -> str:
    declared = "".join(f"  {name}: {_type(domain)}\n" for name, domain in FACTS.items())
    return f'policy: facts\nversion: "1"\nfacts:\n{declared}'


def _type(domain: object) -> str:
    match domain:
        case bool():
            return "bool"
        case int():
            return "int"
        case tuple():
            return f"{{type: string, values: [{', '.join(map(str, domain))}]}}"
        case _:
            return "[string]"


def _topic(name: str, actions: Sequence[str], rules: Sequence[Rule]) -> str:
    declared = "".join(_ACTION.format(action=action) for action in actions)
    written = "".join(
        _RULE.format(
            id=rule.id, action=rule.action, effect=rule.effect, when=as_cel(rule), name=name
        )
        for rule in rules
    )
    return f"{_HEAD.format(name=name)}actions:\n{declared}rules:\n{written}"


def _case(rule: Rule, others: Sequence[Rule], decide: Decide, seed: int) -> str:
    """With the facts that rules on its action read, as ops write them."""
    situation = holding(rule, seed=seed)
    read = {test.name for other in others for group in other.groups for test in group}
    facts = {name: value for name, value in situation.facts.items() if name in read}
    records = replace(situation, facts=facts).records
    return _CASE.format(
        id=rule.id,
        action=rule.action,
        amount=amount_text(situation),
        facts="\n".join(
            f"    {n}: {_flow(record)}" for n, record in records.items() if n != "args"
        ),
        effect=decide(situation)[0],
    )


def _flow(record: dict[str, Value]) -> str:
    return "{" + ", ".join(f"{name}: {json.dumps(value)}" for name, value in record.items()) + "}"
