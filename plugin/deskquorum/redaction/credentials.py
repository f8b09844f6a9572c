"""Passwords, codes, keys and tokens: whatever opens an account to whoever holds it."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import common_words, words

__all__ = ["credential_entities"]

_PASSWORD = Matcher(
    r"\b(?:password|passwort|pass[ \t]?code|pass[ \t]?phrase|passwd|pwd|pw|kennwort|contrase[ñn]a"
    r"|mot[ \t]+de[ \t]+passe|mdp"
    r"|senha|wachtwoord|palavra-?passe|parola[ \t]+d['’]ordine|pass(?=[ \t]*[:=]))"
    r"(?P<is>[ \t]*(?:[:=]|\b(?:is|was|ist|war"
    r"|lautet|es|est|é|è)\b[ \t]*:?))?"
    r"[ \t]*(?P<quote>[\"'“”‘’«»`]?)(?P<value>[^\s\"“”«»`]{4,64})",
    needs="pass|pwd|pw|wachtwoord|kennwort|contrase|mdp|senha|parola|mot",
    ignore_case=True,
)
_CODE = Matcher(
    r"\b(?:(?:otp|2fa|mfa)(?:[ \-]?(?:code|pin))?|(?:(?:sign|log)[\- ]?(?:in|on)|verification"
    r"|verify|security|access|login"
    r"|one[\- ]time|auth\w*|2fa|reset|pick[\- ]?up|locker|gate|door|gift[\- ]?card|voucher"
    r"|activation|backup|recovery)"
    r"[\- ]?(?:code|pin|token|key|number|passcode)|(?:anmelde|best[äa]tigungs|verifizierungs"
    r"|sicherheits|zugangs)[\- ]?(?:code|pin))"
    r"(?:[ \t]+(?:i[ \t]+got|you[ \t]+sent|sent|texted)(?:[ \t]+(?:to[ \t]+)?me)?)?(?:[ \t]+(?:is"
    r"|was|ist|lautet))?[ \t]*[:=#]?[ \t]*"
    r"(?P<value>\d{3}[ \-]\d{3}|\d{4,10}"
    r"|(?=[A-Z0-9\-]*\d)[A-Z0-9]{4,}(?:-[A-Z0-9]{3,}){0,4})(?![\w/]|[.,\-]\d)",
    needs="0|code|pin|token|key|number|otp|2fa|mfa",
    gate=r"otp|2fa|mfa|(?:in|on|verification|verify|security|access|time|auth\w*|reset|up|locker|gate"
    r"|door|card|voucher|activation|backup|recovery|anmelde|tigungs|zierungs|sicherheits|zugangs)"
    r"[\- ]?(?:code|pin|token|key|number|pass)",
    ignore_case=True,
)
_FOREIGN_CODE = Matcher(
    r"\b(?:c[óo]digo|code|codice|zugangscode)[ \t]+(?:de|di|d['’])[ \t]*(?:verifica\w*"
    r"|v[ée]rification|acc[eèé]s\w*|connexion|inicio|s[ée]curit[ée]|login|confirma\w*)"
    r"(?:[ \t]+de[ \t]+sesi[óo]n)?(?:[ \t]+(?:es|est|é"
    r"|è))?[ \t]*:?[ \t]*(?P<value>\d{3}[ \-]?\d{3}|\d{4,10})(?!\d)",
    needs="0|code|codice|digo",
    ignore_case=True,
)
_NEXT_LINE = Matcher(
    r"\b(?:password|passwort|kennwort|contrase[ñn]a|mot[ \t]+de[ \t]+passe|senha|wachtwoord)"
    r"[ \t]*:?[ \t]*\r?\n[ \t]*(?P<value>(?=\S*\d)(?=\S*\p{L})[^\s\"<>]{6,64})[ \t]*$",
    needs="0|passw|kennwort|contrase|passe|senha|wachtwoord",
    ignore_case=True,
)
_SENT_CODE = Matcher(
    r"(?<!\b(?:error|zip|post|postal|promo|discount|coupon|product|country|area|item|status|colou?r"
    r"|bar|qr|dress|source)[ \-])\b(?:code|pin|otp)\b[^\n\d.]{0,40}?"
    r"(?:\b(?:sent|texted|got|received|is|was)\b|:)[^\n\d.]{0,12}"
    r"(?<=\b(?:sent|texted|got|received|my|your|card|bank|atm|otp)\b[^\n.]{0,50})"
    r"(?P<value>\d{4,8}|\d{2,3}(?:[ \-]\d{2,3}){1,3})(?![\w/]|[.,\-]\d)",
    needs="0|=code|=pin|=otp",
    ignore_case=True,
)
_PRIVATE_KEY = Matcher(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^\-]{1,8000}"
    r"(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?",
    needs="private key",
)
_SCHEME = Matcher(
    r"\b(?:basic|bearer)[ ]+(?P<value>(?=\S*[\d=])[A-Za-z0-9+/_.\-]{8,}={0,2})(?!\w)",
    needs="=basic|=bearer",
    ignore_case=True,
)
_PIN = Matcher(
    r"\bPIN\b(?:[ \t]+(?:code|is|ist|es))*[ \t]*[:=]?[ \t]*(?P<value>\d{4,8})(?!\d)", needs="0|pin"
)
_KEY = Matcher(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|api|key|tok|whsec)[-_](?:[a-z]{2,8}[-_])?[A-Za-z0-9_\-]{12,}"
    r"|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}"
    r"|github_pat_\w{20,}|xox[abprs]-[A-Za-z0-9\-]{10,}|AIza[\w\-]{30,}"
    r"|eyJ[\w\-]{8,}(?:\.[\w\-]+){0,4}|glpat-[\w\-]{16,})",
    needs="sk-|sk_|pk-|pk_|rk-|rk_|api-|api_|key-|key_|tok-|tok_|whsec|akia|ghp_|gho_|ghu_|ghs_|ghr_"
    "|github_pat_|xox|aiza|eyj|glpat-",
)
_CUED_KEY = Matcher(
    r"\b(?:api[ \-]?key|secret(?:[ \-]key)?|access[ \-]key|(?:bearer|auth|session|reset"
    r"|access)?[ \-]?token|session[ \-]?id|creds|credentials)"
    r"(?:[ \t]+(?:is"
    r"|was))?[ \t]*[:=]?[ \t]*[\"'“]?(?P<value>(?=[^\s\"'“”,;&]*\d)[^\s\"'“”,;&]{8,})",
    needs="0|key|secret|token|session|creds|credentials",
    ignore_case=True,
)
_QUERY = Matcher(
    r"[?&;#](?:amp;)?[\w\-]*(?:token|code|key|sig|signature|auth|session|sid|otp|secret"
    r"|passw(?:or)?d|pwd|hash|ticket|jwt|magic|reset|invite|k|t)"
    r"=(?P<value>[^\s&#\"'<>]{4,})",
    needs="=",
    ignore_case=True,
)
_LINK = Matcher(r"https?://[^\s<>\"']+", needs="http", ignore_case=True)
_SEGMENT = Matcher(r"(?<=[/=])[A-Za-z0-9_\-.~]{20,}(?=$|[/?#&.,;)\s])")
_LONG = Matcher(r"(?<![A-Za-z0-9+/_\-=])[A-Za-z0-9+/_\-]{16,}={0,2}(?![A-Za-z0-9+/_\-=])")
_LONG_ENOUGH = re.compile(r"[A-Za-z0-9+/_\-]{16}")
_LINK_REACH = 400
_LEAST_TOKEN = 24
_LEAST_BITS = 3.6

Reader = Callable[[str], bool]
"""Says whether a text has personal data in it."""


def credential_entities(view: View, *, has_personal_data: Reader) -> Iterator[Entity]:
    """Find what opens an account, and encoded text that hides personal data."""
    text = view.text
    yield from _passwords(view)
    for matcher in (
        *(_CODE, _FOREIGN_CODE, _PIN, _SENT_CODE, _NEXT_LINE),
        *(_CUED_KEY, _SCHEME, _QUERY),
    ):
        for hit in matcher.find_in(view):
            yield _secret(*hit.span("value"))
    for matcher in (_KEY, _PRIVATE_KEY):
        for hit in matcher.find_in(view):
            yield _secret(*hit.span())
    yield from _link_tokens(view)
    for hit in _LONG.finditer(text) if _LONG_ENOUGH.search(text) else ():
        in_link = "://" in text[max(0, hit.start() - _LINK_REACH) : hit.start()].rpartition(" ")[2]
        if not in_link and _hides_something(hit[0], has_personal_data):
            yield _secret(*hit.span())


def _passwords(view: View) -> Iterator[Entity]:
    for hit in _PASSWORD.find_in(view):
        end = _password_end(hit["value"], cued=bool(hit["is"] or hit["quote"]))
        if end:
            yield _secret(hit.start("value"), hit.start("value") + end)


def _link_tokens(view: View) -> Iterator[Entity]:
    for link in _LINK.find_in(view):
        for hit in _SEGMENT.finditer(link[0]):
            if _is_random(hit[0]):
                yield _secret(link.start() + hit.start(), link.start() + hit.end())


def _password_end(value: str, *, cued: bool) -> int:
    """Length of the password at the start of a word, 0 when the word is none."""
    bare = value.rstrip(".,;:)]}'’\"")
    if bare.lower().strip("!?'’") in common_words() | words("said_of_passwords"):
        return 0
    telling = any(char.isdecimal() for char in bare) or any(
        not char.isalnum() and char not in "-'’/!?" for char in bare[:-1]
    )
    return len(bare) if len(bare) >= 4 and (telling or cued) else 0  # noqa: PLR2004 - shorter is a word


def _hides_something(token: str, has_personal_data: Reader) -> bool:
    decoded = _decoded(token)
    if decoded is not None:
        return has_personal_data(decoded)
    return len(token) >= _LEAST_TOKEN and "/" not in token[:2] and _is_random(token)


def _decoded(token: str) -> str | None:
    """Text that the token is base64 of; None when it is of no text."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=None, validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (
        text if text.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in text) else None
    )


def _is_random(token: str) -> bool:
    classes = sum(
        any(test(char) for char in token) for test in (str.isdecimal, str.islower, str.isupper)
    )
    counts = Counter(token)
    bits = -sum(n / len(token) * math.log2(n / len(token)) for n in counts.values())
    mixed = classes == 3 or (classes == 2 and "-" not in token and any(map(str.isdecimal, token)))  # noqa: PLR2004 - figures, small and capital letters
    return mixed and bits >= _LEAST_BITS


def _secret(start: int, end: int) -> Entity:
    return Entity(start=start, end=end, type=EntityType.SECRET, score=0.9, source="pattern")
