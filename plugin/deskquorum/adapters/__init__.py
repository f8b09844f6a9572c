"""Payloads of helpdesks come in, and tickets go out."""

from deskquorum.adapters.payloads import PAYLOADS, TicketRowOf

__all__ = ["PAYLOADS", "TicketRowOf"]
