"""Addresses with places for trusted fields, each written so that it can't leave its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from deskquorum.policy.trusted_fields import check_trusted

__all__ = ["UrlTemplate"]

_PLACE = re.compile(r"\{([^{}]*)\}")


class UrlTemplate:
    """`https://shop.example/orders/{order.id}?user={requester.customer_id}`."""

    def __init__(self, written: str) -> None:
        """Read a template.

        Raises:
            ValueError: Not an address of the web, or a place where none may be.
        """
        parts = urlsplit(written)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"'{written}' is no address; start it with https://HOST/")
        # INVARIANT: no ticket chooses the host that is asked.
        if "{" in parts.netloc or "@" in parts.netloc or parts.fragment:
            raise ValueError("an address has fields in path and query only, and no password")
        for name in _PLACE.findall(written):
            check_trusted(name)
        if {"{", "}"} & set(_PLACE.sub("", written)):
            raise ValueError(f"a brace in '{written}' is not closed, or was never opened")
        self._written = written

    @property
    def places(self) -> Mapping[str, int]:
        """Each field that is asked for, to where its name first stands in the template."""
        return {place[1]: place.start(1) for place in reversed([*_PLACE.finditer(self._written)])}

    def filled(self, trusted: Callable[[str], str | None]) -> str:
        """The address for one ticket, each value percent-encoded.

        Raises:
            LookupError: The field, by name, that has no value.
            ValueError: A value that would lead to another path.
        """

        def encoded(place: re.Match[str]) -> str:
            value = trusted(place[1])
            if not value:
                raise LookupError(place[1])
            return quote(value, safe="")

        url = _PLACE.sub(encoded, self._written)
        # Encoding leaves points alone, and a segment of points is a step upwards.
        if {".", ".."} & set(urlsplit(url).path.split("/")):
            raise ValueError("a step to another path")
        return url
