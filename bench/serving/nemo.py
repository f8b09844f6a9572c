"""NeMo Guardrails: self-check rails for message, action and reply, gathered; masking by hand."""

from __future__ import annotations

import asyncio
from typing import Any

from serving.floors import masked
from serving.jobs import CHECKS, LIMIT, POLICY, Job, Outcome

_CONFIG = """
models:
  - type: main
    engine: openai
    model: simulated
    parameters:
      base_url: {url}/nemo/v1
      api_key: none
rails:
  input: {{flows: [self check input]}}
  output: {{flows: [self check output]}}
prompts:
  - task: self_check_input
    content: |
      {check} Should it be blocked? Answer Yes or No.
      {{{{ user_input }}}}
  - task: self_check_output
    content: |
      {reply} Should it be blocked? Answer Yes or No.
      {{{{ bot_response }}}}
"""


class Rails:
    """One set of rails for the message and the reply, one for the action."""

    async def start(self, url: str) -> None:
        """Load both."""
        import os

        from nemoguardrails import LLMRails, RailsConfig

        os.environ.setdefault("OPENAI_API_KEY", "none")
        reply = CHECKS["reply"].partition("\n")[0] + " ".join(POLICY)
        self._rails: dict[str, Any] = {
            name: LLMRails(
                RailsConfig.from_content(
                    yaml_content=_CONFIG.format(
                        url=url,
                        check=CHECKS[name].partition("\n")[0].replace("{action}", "it"),
                        reply=reply,
                    )
                )
            )
            for name in ("message", "action")
        }

    async def job(self, job: Job) -> Outcome:
        """All three at once."""
        message = masked(job.message)
        flagged = await asyncio.gather(
            self._blocks("message", [{"role": "user", "content": message}], "input"),
            self._blocks(
                "action", [{"role": "user", "content": f"{job.action}\n{message}"}], "input"
            ),
            self._blocks(
                "message",
                [{"role": "user", "content": ""}, {"role": "assistant", "content": job.reply}],
                "output",
            ),
        )
        denied = flagged[0] or flagged[1]
        over = float(job.amount) > LIMIT
        action = "deny" if denied else "pause" if over else "allow"
        return Outcome(action=action, reply="block" if flagged[2] else "ok")

    async def _blocks(self, name: str, messages: list[dict[str, str]], rail: str) -> bool:
        options = {"rails": [rail], "log": {"activated_rails": True}}
        answer = await self._rails[name].generate_async(messages=messages, options=options)
        ran = [one for one in answer.log.activated_rails if one.type == rail]
        if not ran:
            raise RuntimeError("no rail ran")
        return any(one.stop for one in ran)

    async def stop(self) -> None:
        """Nothing to close."""
