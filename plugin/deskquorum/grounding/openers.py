"""Words that open or join the pieces of a sentence, and what each piece then does."""

from __future__ import annotations

from enum import StrEnum

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.patterns import Pattern

__all__ = [
    "AFTER_COMMA",
    "BELOW_THAT",
    "EXCEPTED",
    "INCLUSION",
    "INNER",
    "IS_INCLUSION",
    "JOINT",
    "OPENERS",
    "OPENING",
    "SUBJECT",
    "TOPIC",
    "Part",
]


class Part(StrEnum):
    """What a segment does in its sentence."""

    MAIN = "main"
    CONDITION = "condition"
    EXCEPTION = "exception"
    CONCESSION = "concession"
    REASON = "reason"
    RESULT = "result"
    INCLUSION = "inclusion"
    """`Sundays included`: what holds for these too."""
    DEFAULT = "default"
    """`Otherwise`, `all others`: what holds where nothing named does."""


OPENERS: dict[Part, str] = {
    Part.EXCEPTION: (
        "unless|except(?:ing)?(?: for)?|save for|apart from|other than|with the exception of|"
        "but not|excluding|not counting|aside from|"
        r"(?<=\b(?:all|every|everything|everybody|everyone|nothing|no)\b[^.;]{0,60})"
        r"but(?=\s(?:the\s)?\p{L}+(?:\s\p{L}+)?\s?[.;])|"
        r"(?<=\b(?:all|every|any|each|everything|everybody|"
        r"everyone)\s(?:\p{L}+\s)?)but(?!\s(?:also|only))|"
        "salvo|excepto|menos|a menos que|sauf|hormis|excepté|à moins que|außer|ausgenommen|"
        "es sei denn|exceto|a não ser"
    ),
    Part.CONCESSION: (
        "even though|although|though|even if|despite|in spite of|albeit|"
        "aunque|a pesar de|bien que|même si|malgré|obwohl|obgleich|auch wenn|embora|apesar de"
    ),
    Part.CONDITION: (
        r"(?:but )?only if|(?:but )?only when|if|when|(?<!(?:is|are|be|was|were|been) )"
        r"provided(?: that)?(?!\s(?:by|with|for|in|on|at|free)\b)|as long as|so long as|"
        r"in case|once(?=\s(?:you|we|it|they|the|your|a|an)\b)|while|on condition that|"
        r"where(?!ver)|"
        r"si|cuando|siempre que|en caso de|quand|lorsque|pourvu que|wenn|falls|sofern|sobald|"
        r"se(?=\s(?:você|não|for|houver|estiver|tiver|os|as)\b)|quando|caso|desde que"
    ),
    Part.DEFAULT: (
        "otherwise|for (?:all|everybody|everyone|anybody) (?:other|else)\\w*|below that|above "
        "that|"
        "all others?|in all other cases|for the rest|elsewhere|"
        "de lo contrario|en otro caso|en los demás|sinon|autrement|sonst|andernfalls|ansonsten|"
        "caso contrário|senão"
    ),
    Part.REASON: (
        "because|since|as|given that|seeing that|now that|porque|como|ya que|puesto que|parce que|"
        "puisque|comme|car|weil|da|denn|como|já que"
    ),
    Part.RESULT: (
        "so|therefore|which means|that means|meaning|hence|thus|and so|which is why|that is why|"
        "así que|por eso|por lo que|donc|c'est pourquoi|daher|deshalb|also|somit|por isso|então"
    ),
}  # fmt: skip
_TOLD: dict[Part, frozenset[str]] = {
    Part.EXCEPTION: word_set(
        "unless except excepting save apart than exception but excluding counting aside salvo "
        "excepto menos sauf hormis excepté moins außer ausgenommen denn exceto ser"
    ),
    Part.CONCESSION: word_set(
        "though although if despite spite albeit aunque pesar bien si malgré obwohl obgleich wenn "
        "embora apesar"
    ),
    Part.CONDITION: word_set(
        "if when provided long case once while condition where si cuando siempre caso quand "
        "lorsque pourvu wenn falls sofern sobald se quando desde"
    ),
    Part.DEFAULT: word_set(
        "otherwise for below above other others rest elsewhere contrario otro demás sinon "
        "autrement sonst andernfalls ansonsten contrário senão"
    ),
    Part.REASON: word_set(
        "because since as given seeing now porque como ya puesto parce puisque comme car weil da "
        "denn já"
    ),
    Part.RESULT: word_set(
        "so therefore means meaning hence thus why así eso que donc pourquoi daher deshalb also "
        "somit isso então"
    ),
}
"""One word of every opener of that kind."""
_INNER = (Part.EXCEPTION, Part.CONCESSION, Part.CONDITION)
INNER = Pattern(
    "|".join(
        rf"(?P<{part.value}>(?<![\p{{L}}'])(?:{words})(?![\p{{L}}']))"
        for part, words in OPENERS.items()
        if part in _INNER
    ),
    needs=(frozenset().union(*(_TOLD[part] for part in _INNER)),),
    ignore_case=True,
)
AFTER_COMMA = Pattern(
    r"[,:]\s+(?:(?:and|but|yet|or|y|pero|et|mais|und|aber|e|mas)\s+)?(?:"
    + "|".join(rf"(?P<{part.value}>(?:{words})(?![\p{{L}}']))" for part, words in OPENERS.items())
    + r")",
    needs=({",", ":"}, frozenset().union(*_TOLD.values())),
    ignore_case=True,
)
OPENING = Pattern(
    r"\s*(?:(?:and|but|yes|no|sure),?\s+)?(?:"
    + "|".join(rf"(?P<{part.value}>(?:{words})(?![\p{{L}}']))" for part, words in OPENERS.items())
    + r")",
    ignore_case=True,
)
JOINT = Pattern(
    r";\s+|\s+[—\u2013-]\s+|:\s+"
    r"|,\s+(?=(?:and|but|yet|while|whereas|though|y|pero|mientras|et|mais|tandis|und|aber|sondern|"
    r"während|e|mas|enquanto|plus|nor)\s)"
    r"|\s(?=(?:but|whereas|pero|mais|aber|sondern|mas)\s)"
    r"|,\s+(?=(?:you|we|it|they|there|that|the|your|our|this|he|she|i|please|however|not)\b)"
    r"|,\s+(?=(?:nicht|nur|als|pas|no|não|der|die|das|ihre?|el|los|las|le|les|su|tu)\s)"
    r"|,\s+(?=(?:[\p{L}'-]+\s){1,4}(?:excepted|exempted|not excepted|being the exception|being "
    r"no exception|ausgenommen|excepté)\b)"
    r"|,\s+(?=(?:[\p{L}'-]+\s){1,3}(?:pay|pays|get|gets|is|are|can|may|must|costs?|receives?)\s)"
    r"|\sand\s(?=(?:we|you|they|it)\s|\p{L}+(?:ed|en|wn|id)\sby\s)"
    r"|,\s+(?=(?:\p{L}+\s){1,3}\d+\s?%)",
    needs=(word_set("; — \u2013 - : , but whereas pero mais aber sondern mas and"),),
    ignore_case=True,
)
INCLUSION = Pattern(
    r",\s+(?=(?:and\s)?(?:[\p{L}'-]+\s){1,4}(?:included|too|as well|among them|alike|likewise|"
    r"inbegriffen|"
    r"eingeschlossen|incluidos?|incluidas?|también|compris(?:es)?|aussi|incluídos?|também)\b)"
    r"|,?\s+(?=(?:including|inclusive of|einschließlich|incluyendo|incluso|y compris|"
    r"incluindo)\s)",
    needs=(
        word_set(
            "included too well them alike likewise inbegriffen eingeschlossen incluido incluidos "
            "incluida incluidas también compris comprises aussi incluído incluídos também "
            "including inclusive einschließlich incluyendo incluso incluindo"
        ),
    ),
    ignore_case=True,
)
IS_INCLUSION = Pattern(
    r"\s*(?!.*\b(?:is|are|isn't|aren't|not|be|was|"
    r"were)\b)(?:(?:and\s)?(?:[\p{L}'-]+\s){1,4}(?:included|too|as well|among them|alike|"
    r"likewise|inbegriffen|"
    r"eingeschlossen|incluidos?|incluidas?|también|compris(?:es)?|aussi|incluídos?|"
    r"também)[\s.,;]*$"
    r"|(?:including|inclusive of|einschließlich|incluyendo|incluso|y compris|incluindo)\s)",
    ignore_case=True,
)
EXCEPTED = Pattern(
    r"\s*(?!.*\b(?:is|are|be|was|were)\b)(?:[\p{L}'-]+\s){1,4}(?:excepted|exempted|exempt|aside|"
    r"ausgenommen|excepté|"
    r"exceptuados?)[\s.,;]*$",
    ignore_case=True,
)
BELOW_THAT = Pattern(
    r"(?<!\p{L})(?:below that|above that|under that|over that|beyond that|otherwise|sonst|"
    r"darunter|darüber)(?!\p{L})",
    ignore_case=True,
)
SUBJECT = Pattern(
    r"(?<=\s)(?:you|you'll|you'd|we|we'll|we'd|it|it's|it'll|there's|there|they|they'll|"
    r"then)(?=\s\p{L}+\s)",
    ignore_case=True,
)
TOPIC = Pattern(
    r"(?<=\s)(?:the|your|our)(?=\s(?:[^\s,;]+\s){1,6}(?:is|are|will|can|must|may|has|have)\s)",
    ignore_case=True,
)
