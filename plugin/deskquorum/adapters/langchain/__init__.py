"""LangChain 1.x: `DeskMiddleware` for `create_agent`, and for any graph with a `ToolNode`."""

from deskquorum.adapters.bot_conversations import Conversation
from deskquorum.adapters.langchain.chat_model import LangChainChat
from deskquorum.adapters.langchain.middleware import DeskMiddleware

__all__ = ["Conversation", "DeskMiddleware", "LangChainChat"]
