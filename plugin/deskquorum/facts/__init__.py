"""The desk's own records come in, a typed snapshot with source and time of reading goes out."""

from deskquorum.facts.ticket_facts import facts_from_ticket

__all__ = ["facts_from_ticket"]
