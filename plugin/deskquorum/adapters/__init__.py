"""Payloads of helpdesks come in; their signatures are checked, and tickets go out."""

from deskquorum.adapters.payloads import PAYLOADS, TicketRowOf
from deskquorum.signatures import SCHEMES, Scheme, SignatureError, check_signature, sign

__all__ = [
    "PAYLOADS",
    "SCHEMES",
    "Scheme",
    "SignatureError",
    "TicketRowOf",
    "check_signature",
    "sign",
]
