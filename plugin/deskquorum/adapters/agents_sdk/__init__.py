"""OpenAI Agents SDK: what its model sees, what its tools do and what is told is the desk's word.

```python
tools = guarded_tools(desk, [cancel_order, issue_refund], ticket=lambda chat: chat.ticket)
agent = Agent(name="desk", tools=tools)
shown = RunConfig(model=RedactingModel(desk, model, ticket=ticket), tracing_disabled=True)
result = await Runner.run(agent, text, context=chat, run_config=shown)
reply = await checked_reply(desk, ticket, result.final_output)
```
"""

from deskquorum.adapters.agents_sdk.model import RedactingModel
from deskquorum.adapters.agents_sdk.replies import checked_reply, stream_checked
from deskquorum.adapters.agents_sdk.tools import guarded_tools, reject_call

__all__ = ["RedactingModel", "checked_reply", "guarded_tools", "reject_call", "stream_checked"]
