"""Answers, facts and the customer's words come in; an action and a drafted reply go out."""

from deskquorum.proposal.playbook import Play, Playbook, draft_reply, load_playbook, propose
from deskquorum.proposal.replies import ReplyTemplate, load_replies
from deskquorum.proposal.slots import SlotSpec, facts_of_slot, fill_slots

__all__ = [
    "Play",
    "Playbook",
    "ReplyTemplate",
    "SlotSpec",
    "draft_reply",
    "facts_of_slot",
    "fill_slots",
    "load_playbook",
    "load_replies",
    "propose",
]
