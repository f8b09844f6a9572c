"""The desk's own records come in, a typed snapshot with source and time of reading goes out."""

from deskquorum.facts.freshness import fresh
from deskquorum.facts.gather import gather_facts
from deskquorum.facts.http_facts import HttpFacts
from deskquorum.facts.opening import ClosedSource, open_sources, unset_variables
from deskquorum.facts.probing import probed
from deskquorum.facts.source import FactRequest, FactSource, FactSourceError, StaticFacts
from deskquorum.facts.sql_facts import SqlFacts
from deskquorum.facts.ticket_facts import facts_from_ticket
from deskquorum.policy import FactField

__all__ = [
    "ClosedSource",
    "FactField",
    "FactRequest",
    "FactSource",
    "FactSourceError",
    "HttpFacts",
    "SqlFacts",
    "StaticFacts",
    "facts_from_ticket",
    "fresh",
    "gather_facts",
    "open_sources",
    "probed",
    "unset_variables",
]
