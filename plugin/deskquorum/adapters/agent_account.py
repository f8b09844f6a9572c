"""What helpdesks have in common in which the bot works as an agent of its own."""

from __future__ import annotations

from deskquorum.adapters.api import Api

__all__ = ["AgentAccount"]


class AgentAccount:
    """One account, and whom the bot is in it."""

    shows_after_s = 1.0

    def __init__(self, api: Api, *, bot: str | None, team: str | None, label: str) -> None:
        """Take the bot.

        Args:
            api: With the bot's key or token.
            bot: Id of its agent, whose tickets are the bot's.
            team: The group that takes over, as the helpdesk names it; None leaves it.
            label: Marks what a person has.
        """
        self._api, self._bot, self._team, self._label = api, bot, team, label
