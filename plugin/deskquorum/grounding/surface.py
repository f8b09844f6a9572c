"""What a reply must not hold whatever it claims: personal data, foreign links, gaps, abuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from deskquorum.domain import Finding, Verdict
from deskquorum.grounding.lexicon import ABUSE, word_set
from deskquorum.grounding.patterns import Pattern, vocabulary
from deskquorum.grounding.words import words_of

__all__ = ["surface_findings"]


def surface_findings(
    reply: str, *, allowed_links: Sequence[str], known: frozenset[str]
) -> Iterator[Finding]:
    """One finding for each place that alone keeps a reply from going out.

    Args:
        reply: The drafted reply, with vault placeholders.
        allowed_links: Hosts that the reply may link to or name in a mail address.
        known: Values of the facts; an order number is no phone number.
    """
    hosts = {host.casefold().removeprefix("www.") for host in allowed_links}
    yield from _privacy(reply, hosts, known)
    yield from _links(reply, hosts)
    yield from _matches(reply, "placeholder", _GAPS, "a gap that was not filled")
    yield from _matches(reply, "leakage", _LEAKS, "speaks of its own instructions")
    yield from _matches(reply, "secret", _SECRETS, "looks like a key or a password")
    met = vocabulary(reply)
    if met.untold or not met.words.isdisjoint(_RUDE_WORDS) or _SHOUTED.search(reply):
        yield from _matches(reply, "tone", _RUDE, "a tone that no desk takes")
    for word in words_of(reply):
        if word.text in ABUSE:
            yield _finding(reply, "abuse", (word.start, word.end), "a word that insults")


_EMAIL = Pattern(r"(?<![\w.+-])[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,4})", needs=({"@"},))
_IBAN = Pattern(
    r"(?<![\p{L}\d])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?(?![\p{L}\d])",
    needs=({"0"},),
)
_DIGIT_RUN = Pattern(
    r"(?<![\p{L}\d.,-])\+?\(?\d(?:[\s().\-/]{0,2}\d){7,18}(?![\p{L}\d]|[.,]\d)", needs=({"0"},)
)
_TIME = Pattern(r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})(?:[ T].*)?")
_SHORTEST_IBAN = 15
_CARD_LENGTHS = range(13, 20)
_PHONE_LENGTHS = range(9, 16)

_ENDS = (
    "com|net|org|io|co|info|biz|app|dev|shop|store|me|ly|gl|xyz|online|site|example|test|eu|uk|de"
    "|fr|es|pt|it|nl|ch|at|us|ca|br|mx|ru|cn|in"
)
_URL = Pattern(
    r"(?<![\w@.])(?:[a-z][a-z0-9+.-]{1,20}:(?://|\\\\)[^\s<>\"'⟦⟧]+|(?:javascript|data|vbscript|"
    r"file):[^\s<>\"']+"
    r"|www\.[^\s<>\"']+"
    rf"|(?:[\p{{L}}\d-]{{1,63}}\.){{1,4}}(?:{_ENDS})"
    r"(?![\p{L}\d.-]*[@\p{L}\d])(?:[/?#:][^\s<>\"']*)?)",
    needs=({":", "~www.", *(f"~.{end}" for end in _ENDS.split("|"))},),
    ignore_case=True,
)
_HTML = (
    r"/?(?:a|b|br|p|i|em|strong|ul|ol|li|div|span|u|h[1-6]|table|tr|td|th|tbody|hr|img|code|pre)"
)
_GAPS = Pattern(
    r"\{\{[^{}\n]{0,80}\}\}|\{\{|\}\}|\{%[^\n]{0,80}?%\}|(?<!\{)\{[A-Za-z_][\w .]{0,40}\}(?!\})"
    r"|\[[A-Z][A-Z_ ]{1,40}\](?!\()"
    r"|\[(?:(?i:your|insert|customer|agent|order|name|date|amount|link|company|nombre|nom|votre|ihr))\b[^\]\n]{0,60}\](?!\()"
    rf"|<(?!{_HTML}(?:\s[^<>]*)?/?>)[a-zA-Z_][\w .-]{{1,40}}>"
    r"|(?<!\w)(?:X{3,}|TBD|TBC|TODO|FIXME|_{4,})(?!\w)|(?i:lorem ipsum)|⟦(?![^⟦⟧\n]{1,80}⟧)",
    needs=(word_set("{ } [ < ⟦ ~xxx tbd tbc todo fixme ~____ ~lorem"),),
)
_LEAKS = Pattern(
    r"(?<!\p{L})(?:as an? (?:ai|artificial intelligence)(?: language)? (?:model|assistant)"
    r"|as a language model"
    r"|i(?:'m| am) (?:just |only )?an ai(?: language)? (?:model|assistant)"
    r"|(?:my|the) system (?:prompt|message)|system prompt"
    r"|my (?:instructions|prompt) (?:say|says|are|is|tell)"
    r"|i (?:was|am|have been) (?:instructed|programmed|prompted) to"
    r"|(?:ignore|disregard) (?:all |any )?(?:the )?previous instructions|large language model"
    r"|knowledge cutoff"
    r"|como (?:un )?modelo de lenguaje|en tant que modèle de langage|als (?:ki-)?sprachmodell"
    r"|como (?:um )?modelo de linguagem)(?!\p{L})",
    needs=(
        word_set(
            "model assistant system instructions prompt instructed programmed prompted "
            "previous cutoff modelo modèle sprachmodell"
        ),
    ),
    ignore_case=True,
)


_SECRETS = Pattern(
    r"(?<![\w-])(?:sk-[\w-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|xox[abpr]-[\w-]{10,}|"
    r"AIza[\w-]{30,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})(?![\w-])"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
    r"|(?i:\b(?:password|passwort|contraseña|mot de passe|senha|api[ _-]?key)\s?(?:is|:|=|ist|es|"
    r"est|é)\s?"
    r"(?=\S*\d)(?=\S*\p{L})[^\s.,;]{6,})",
    needs=(
        word_set(
            "~sk- ~akia ~ghp_ ~gho_ ~ghu_ ~ghs_ ~ghr_ ~xox ~aiza ~eyj ~-----begin ~password "
            "~passwort ~contraseña ~passe ~senha ~api"
        ),
    ),
)
_SHOUTED = re.compile(r"[!?]{3}|(?:[^\W\d_a-z]{2,}[ ,]+){5}")
"""Cheap, and in every text that is rude without one of these words."""
_RUDE_WORDS = word_set(
    "fault calm problem already properly whining complaining whatever luck lost shut culpa "
    "problema faute problème schuld"
)
_RUDE = Pattern(
    r"(?<!\p{L})(?:(?:that's|that is|it's|it is|this is) (?:all )?your (?:own )?fault|calm down|"
    r"not my problem|"
    r"not our problem|as i (?:have )?already (?:told|said|explained)|read (?:it|the (?:policy|"
    r"terms)) properly|"
    r"stop (?:whining|complaining)|whatever you say|good luck with that|get lost|shut up|"
    r"es (?:su|tu) (?:propia )?culpa|no es (?:mi|nuestro) problema|c'est votre faute|ce n'est "
    r"pas mon problème|"
    r"das ist ihre (?:eigene )?schuld|nicht mein problem|a culpa é sua|não é problema (?:meu|"
    r"nosso))(?!\p{L})"
    r"|[!?]{3,}|(?-i:(?:\b\p{Lu}{2,}\b[ ,]+){5,})",
    ignore_case=True,
)


def _privacy(reply: str, hosts: set[str], known: frozenset[str]) -> Iterator[Finding]:
    for match in _EMAIL.finditer(reply):
        if match.group(1).casefold() not in hosts:
            yield _finding(reply, "privacy", match.span(), "an e-mail address")
    for match in _IBAN.finditer(reply):
        if len(match.group().replace(" ", "")) < _SHORTEST_IBAN or match.group() in known:
            continue
        yield _finding(reply, "privacy", match.span(), "an account number")
    for match in _DIGIT_RUN.finditer(
        _IBAN.compiled.sub(lambda iban: "x" * len(iban.group()), reply)
    ):
        kind = _number_kind(match.group())
        if kind is not None and match.group() not in known:
            yield _finding(reply, "privacy", match.span(), kind)


def _number_kind(text: str) -> str | None:
    digits = "".join(c for c in text if c.isdecimal())
    if _TIME.fullmatch(text):
        return None
    if len(digits) in _CARD_LENGTHS and _passes_luhn(digits):
        return "a card number"
    return "a phone number" if len(digits) in _PHONE_LENGTHS else None


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - sum of two digits
    return total % 10 == 0


def _links(reply: str, hosts: set[str]) -> Iterator[Finding]:
    for match in _URL.finditer(reply):
        url = match.group().rstrip(".,;:!?)]}*_")
        if _host(url) not in hosts:
            span = (match.start(), match.start() + len(url))
            yield _finding(reply, "link", span, "a link to a host that is not allowed")


def _host(url: str) -> str | None:
    """The host a browser would open; None when that is not plain to see."""
    if "://" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    # Browsers read `\` as `/`, and what stands before `@` only looks like a host.
    if "\\" in url or "@" in parts.netloc or parts.scheme not in {"http", "https"}:
        return None
    return host.removeprefix("www.") if host else None


def _matches(reply: str, check: str, pattern: Pattern, why: str) -> Iterator[Finding]:
    for match in pattern.finditer(reply):
        yield _finding(reply, check, match.span(), why)


def _finding(reply: str, check: str, span: tuple[int, int], why: str) -> Finding:
    return Finding(
        check=check,
        verdict=Verdict.UNSUPPORTED,
        start=span[0],
        end=span[1],
        text=reply[slice(*span)],
        why=why,
    )
