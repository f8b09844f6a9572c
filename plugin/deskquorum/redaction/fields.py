"""Facts that are personal data, or sentences, by the name of their field."""

from __future__ import annotations

import re

from deskquorum.redaction.entities import EntityType

__all__ = ["is_free_text", "personal_field"]

_PERSONAL_FIELDS = (
    (re.compile(r"e_?mail(_address)?$"), EntityType.EMAIL),
    (re.compile(r"(phone|mobile|fax)(_number)?$"), EntityType.PHONE),
    (
        re.compile(
            r"address(_?line)?_?[0-9]?$"
            r"|address[a-z_]*\.(street|line|zip|post_?code|postal_code)[a-z_]*_?[0-9]?$"
        ),
        EntityType.ADDRESS,
    ),
    (
        re.compile(
            r"(^|[._])(first|middle|last|full|given|family|sur|recipient|customer|user|contact"
            r"|holder|passenger|guest)s?[._]?name$"
        ),
        EntityType.PERSON,
    ),
)
"""Fields of records whose value is personal data; what is not listed here may be an article's name
or a country, which rules compare."""

_FREE_TEXT = re.compile(r"(^|[._])(note|comment|message|memo|remark|instruction)s?$")
"""Fields that people write whole sentences into."""


def personal_field(path: str) -> EntityType | None:
    """What a field holds by its name: `order.delivery_address`, `passengers.first_name`."""
    return next((kind for named, kind in _PERSONAL_FIELDS if named.search(path.lower())), None)


def is_free_text(path: str) -> bool:
    """Whether people write whole sentences into a field: `order.note`."""
    return _FREE_TEXT.search(path.lower()) is not None
