"""Postal addresses, each as one stretch from house number or unit to postcode and country."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterator

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Hit, Matcher
from deskquorum.redaction.record import fold
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import words

__all__ = ["address_entities"]

_S = r"(?:[ \t\u00a0]*[,;][ \t\u00a0]*(?:\r?\n[ \t>]*)?|[ \t\u00a0]*\r?\n[ \t>]*|[ \t\u00a0]+)"
"""What stands between the lines of an address."""
_G = r"[ \t\u00a0]+"
_CAP = r"\p{Lu}[\p{L}\p{M}'’.\-]*"
_LINK = (
    r"(?:de|del|des|du|la|las|los|le|les|l['’]|d['’]|da|das|do|dos|di|della|dei|an|am|der|den|in"
    r"|im|auf|upon|on|of|the|sur|sous|en|y|e|van|von|zu|zur|zum)"
)
_TOWN = r"(?:\p{Lu}\p{L}{0,2}\.|\p{Lu}[\p{L}\p{M}'’\-]*(?:\.\p{L}[\p{L}\p{M}'’\-]*)*)"
"""A word of a town's name; a full stop ends the sentence, except after `St.` and the like."""
_CITY = rf"{_TOWN}(?:[ \-](?:{_LINK}[ ])*{_TOWN}){{0,3}}"
_ANY_CITY = r"[\p{L}][\p{L}\p{M}'’.\-]+(?:[ ][\p{L}][\p{L}\p{M}'’.\-]+){0,3}"
_COUNTRY = (
    rf"(?:{_S}(?i:u\.?s\.?a?\.?|united[ ]states(?:[ ]of[ ]america)?|uk|u\.k\.|united[ ]kingdom"
    rf"|england|scotland|wales|ireland|canada|australia|new[ ]zealand|germany|deutschland|austria"
    rf"|österreich"
    r"|switzerland|schweiz|suisse|france|spain|españa|portugal|italy|italia|mexico|méxico|brazil"
    r"|brasil|netherlands|nederland|belgium|belgique|belgië|india|poland|polska)(?![\p{L}]))?"
)
_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI"
    r"|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]"
    r"|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia"
    r"|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland"
    r"|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada"
    r"|New[ ](?:Hampshire|Jersey|Mexico|York)|North[ ](?:Carolina|Dakota)|Ohio|Oklahoma|Oregon"
    r"|Pennsylvania"
    r"|Rhode[ ]Island|South[ ](?:Carolina|Dakota)|Tennessee|Texas|Utah|Vermont|Virginia"
    r"|Washington|West[ ]Virginia|Wisconsin|Wyoming)(?![\p{L}])"
)
_ZIP = r"\d{5}(?:-\d{4})?(?![\d\-])"
_UNIT_WORD = (
    r"(?:unit|apt|apartment|suite|ste|flat|floor|fl|bldg|building|room|rm|lot|space|penthouse|ph"
    r"|house|block)"
)
_UNIT = (
    rf"(?:(?i:{_UNIT_WORD})\.?[ ]?(?:no\.?[ ]|\#[ ]?)?(?:\d[\w\-]*|[A-Z]\d*)(?![\p{{L}}])"
    rf"|\#[ ]?\d[\w\-]*|\d(?:st|nd|rd|th)[ ](?i:floor))"
)
_SUFFIX = (
    r"(?:street|str|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl"
    r"|terrace|ter|way|highway|hwy|parkway|pkwy|circle|cir|trail|trl|loop|alley|plaza|plz|square"
    r"|sq"
    r"|crescent|cres|close|gardens|gdns|grove|mews|hill|walk|row|rise|view|point|crossing|xing"
    r"|ridge|run|path|pike|turnpike|green|quay|wharf|park|bend|cove|heights|hollow|landing"
    r"|meadows?|pass|expressway|freeway)"
)
_SAFE_SUFFIX = (
    r"(?:street|str|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|terrace"
    r"|highway|hwy|parkway|pkwy|circle|cir)"
)
_DIRECTION = (
    r"(?:[NSEW]\.?|[NS]\.?[EW]\.?|North|South|East|West|Northeast|Northwest|Southeast|Southwest)"
)
_NUMBER = r"(?<![\w\-/#.,$€£])\d{1,6}(?:[ ]?[A-Za-z](?![\p{L}])|-\d{1,4}|[ ]?½|[ ]1/2)?"
_STREET = (
    rf"(?:{_DIRECTION}{_G})?(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd"
    rf"|th)){_G}){{1,4}}(?i:{_SUFFIX})\b\.?(?:{_G}{_DIRECTION}(?![\p{{L}}]))?"
)
_LOW_STREET = (
    rf"(?:(?:[\p{{L}}'’.]+|\d{{1,3}}(?:st|nd|rd"
    rf"|th)){_G}){{1,4}}(?:{_SAFE_SUFFIX})\b\.?(?:{_G}[nsew]{{1,2}}\b)?"
)


def _named(suffixes: str) -> str:
    """A street has one of these words in its name."""
    return "|".join(f"={word}" for word in re.findall(r"[a-z]+", suffixes))


_UNIT_BEFORE = Matcher(rf"(?<![\p{{L}}\p{{N}}]){_UNIT},?{_S}\Z")
_UNIT_REACH = 24
_UNIT_AFTER = rf"(?:{_S}{_UNIT}){{0,2}}"
_US_TAIL = rf"{_S}{_CITY}{_S}{_STATE}(?:{_S}{_ZIP})?"
_UK_CODE = r"[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}(?![\p{L}\d])"
_CA_CODE = r"[A-Z]{2}[ ,]+[A-Z]\d[A-Z][ \-]?\d[A-Z]\d(?![\p{L}\d])"
_AU_CODE = r"(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT)[ ,]+\d{4}(?!\d)"
_PLACES = rf"(?:{_S}{_CITY}){{1,4}}?"

_SHAPES = (
    Matcher(
        rf"{_NUMBER}{_G}{_STREET}{_UNIT_AFTER}(?:{_US_TAIL}|{_PLACES}{_S}(?:{_UK_CODE}|{_CA_CODE}"
        rf"|{_AU_CODE})|{_S}(?:{_UK_CODE}|{_ZIP}))?{_COUNTRY}",
        needs=f"0|A|{_named(_SUFFIX)}|=meadow|=meadows",
    ),
    Matcher(
        rf"{_NUMBER}{_G}{_LOW_STREET}{_UNIT_AFTER}(?:{_S}{_ANY_CITY}{_S}{_STATE}{_S}{_ZIP}"
        rf"|{_S}{_ANY_CITY}{_S}{_ZIP}|{_S}{_ANY_CITY}{_S}{_UK_CODE})?{_COUNTRY}",
        needs=f"0|{_named(_SAFE_SUFFIX)}",
        ignore_case=True,
    ),
    Matcher(
        rf"{_NUMBER}{_G}{_CAP}"
        rf"(?:{_G}{_CAP}){{0,4}}{_UNIT_AFTER}{_S}{_CITY}{_S}{_STATE}{_S}{_ZIP}{_COUNTRY}",
        needs="0|A",
        gate=r"(?<![a-z\d])\d{5}(?!\d)",
    ),
    Matcher(
        rf"{_NUMBER}{_G}{_CAP}(?:{_G}{_CAP}){{0,4}}{_PLACES}{_S}{_UK_CODE}{_COUNTRY}",
        needs="0|A",
        gate=r"[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}",
    ),
    Matcher(
        rf"\b(?i:p\.?[ ]?o\.?[ ]?box|postfach|apartado(?:[ ]de[ ]correos)?|bo[îi]te[ ]postale|bp"
        rf"|caixa[ ]postal)[ ]\d{{1,6}}(?:{_US_TAIL}"
        rf"|{_S}(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:-\d{{3}})?[ ]{_CITY})?{_COUNTRY}",
        needs="0|box|postfach|apartado|postal|bp",
        gate=r"p\.? ?o\.? ?box|postfach|apartado|postal|\bbp ",
    ),
)

_AFTER_CODE = (
    rf"{_S}(?:[A-Z]{{1,2}}[\- ])?\d{{4,5}}(?:-\d{{3}})?(?:[ ][A-Z]{{2}}(?=[ ]))?(?!\d){_G}{_CITY}"
    rf"(?:[ ]\([A-Z]{{2}}\)|[ ][A-Z]{{2}}(?![\p{{L}}]))?"
)
_CODE_AND_TOWN = r"(?<![a-z\d])(?<!\d-)\d{4,5}(?:-\d{3})?(?: [a-z]{2})?[ \t\u00a0]+[^\W\d_]"
_HOUSE = (
    r"(?:n[.º°o]{0,2}[ ]?|nr\.?[ ]?)?\d{1,5}(?:[ ]?[a-zA-Z](?![\p{L}])|[ ]?[-/][ ]?\d{1,4}[a-z]?)?"
)
_EXTRA = (
    r"(?:[ ]?[,\-–/][ ]?(?:(?i:piso|planta|puerta|pta|esc|escalera|bajo|ático|bloque|portal|apto?"
    r"|apartamento|andar|bloco|casa|dto|esq|r/c|int|interno|scala|bât|bâtiment|appt?|étage"
    r"|résidence|whg|hinterhaus"
    r"|etage)\b\.?[ ]?)?(?!\d{4})[\wº°ª.]{1,8}(?:[ ][\wº°ª.]{1,6}){0,2}(?=[ ]?[,\n\-–])){0,3}"
)
_GERMAN_STREET = (
    rf"(?:(?:{_CAP}[ \-]){{0,3}}[\p{{Lu}}][\p{{L}}\-.]*(?i:straße|strasse|str\.|str|weg|allee"
    rf"|platz|gasse|ring|ufer|damm|chaussee|steig|markt|hof|gracht|straat|laan|plein|kade|gaten"
    rf"|vägen|vej|gade)"
    rf"|(?:{_CAP}[ \-]){{1,3}}(?i:straße|strasse|str\.|weg|allee|platz|gasse|ring|ufer|damm|markt"
    rf"|hof)"
    rf"|(?:Am|An[ ]der|An[ ]den|Auf[ ]der|Auf[ ]dem|Im|In[ ]der|In[ ]den|Unter[ ]den|Zum|Zur"
    rf"|Bei[ ]der|Vor[ ]dem)[ ]{_CAP}(?:[ \-]{_CAP}){{0,2}})"
)
_ROMANCE = (
    r"(?:Calle|C/|Cl\.|Avda\.?|Avenida|Avinguda|Av\.|Paseo|P[º°]\.?|Plaza|Plza\.?|Pza\.?|Carrer"
    r"|Carretera|Ctra\.?|Ronda|Travesía|Camino|Glorieta|Passeig|Gran[ ]Vía|Rambla"
    r"|Rua|R\.|Praça|Travessa|Largo|Estrada|Alameda|Rodovia|Beco|Calçada|Via|Viale|Piazza"
    r"|Piazzale|Corso|Vicolo|Strada|Lungomare|Lungotevere)"
)
_WORDS = rf"(?:{_LINK}[ ]?|{_CAP}[ ]?|\d{{1,2}}[ ](?:de[ ])?(?=\p{{L}})){{1,7}}"
_EUROPE = (
    Matcher(
        rf"(?<![\w]){_GERMAN_STREET}[ ]?{_HOUSE}(?:{_EXTRA}{_AFTER_CODE}){_COUNTRY}",
        gate=_CODE_AND_TOWN,
        needs="0|A|stra|str|weg|allee|platz|gasse|ring|ufer|damm|chaussee|steig|markt|hof|gracht"
        "|laan"
        "|plein|kade|gaten|vägen|vej|gade|am |an der|an den|auf de|im |in de|unter den|zum |zur "
        "|bei der|vor dem",
    ),
    Matcher(
        rf"(?<![\w])(?:{_CAP}[ \-]){{0,3}}[\p{{Lu}}][\p{{L}}\-.]*(?i:straße|strasse|str\.|weg"
        rf"|allee|platz|gasse|straat)[ ]{_HOUSE}(?![\p{{L}}\d])",
        needs="0|A|stra|str.|weg|allee|platz|gasse",
    ),
    Matcher(
        rf"(?<![\w]){_CAP}(?:[ \-]{_CAP}){{0,3}}[ ]\d{{1,4}}[ ]?[a-z]?(?![\p{{L}}\d])(?:,[ ]?"
        rf"|[ ]*\n[ ]*)(?:[A-Z]{{1,2}}-)?\d{{4,5}}[ ](?:[A-Z]{{2}}[ ])?{_CITY}{_COUNTRY}",
        needs="0|A",
        gate=r"\d ?[a-z]?(?:, ?| *\n *)(?:[a-z]{1,2}-)?\d{4,5} ",
    ),
    Matcher(
        rf"(?<![\w\-/#.,$€£])\d{{1,4}}(?:[ ]?(?:bis|ter|quater|[A-D])\b)?,?[ ](?i:rue|avenue"
        rf"|av\.?|boulevard|bd\.?|boul\.?|place|pl\.|chemin|ch\.|allée|impasse|quai|route|rte"
        rf"|cours|square|passage|faubourg|fbg|ruelle|sentier|villa|cité|résidence|esplanade"
        rf"|promenade)"
        rf"[ ](?:(?:{_LINK}[ ]?|\p{{L}}[\p{{L}}'’.\-]*[ ]?"
        rf"|\d{{1,2}}[ ](?=\p{{L}})){{1,6}}?)(?:{_EXTRA}{_AFTER_CODE}|(?=[,.;\n]|$)){_COUNTRY}",
        needs="0|rue|av|boul|bd|pl|ch|all|impasse|quai|route|rte|cours|square|passage|faubourg"
        "|fbg|sentier|villa|cit|sidence|esplanade|promenade",
        gate=r"\d(?: ?(?:bis|ter|quater|[a-d]))?,? (?:rue|avenue|av|boul|bd|place|pl\.|chemin|ch\."
        r"|allée|impasse|quai|route|rte|cours|square|passage|faubourg|fbg|ruelle|sentier|villa|cité"
        r"|résidence|esplanade|promenade)",
    ),
    Matcher(
        rf"(?<![\w]){_ROMANCE}[ ]?{_WORDS},?[ ]?{_HOUSE}(?:{_EXTRA}(?:{_S}{_CITY}"
        rf"(?:[ ]?[\-–/,][ ]?[A-Z]{{2}})?)?{_AFTER_CODE}"
        rf"|{_EXTRA}{_S}{_CITY}[ ]?[\-–/,][ ]?[A-Z]{{2}},?[ ]?"
        rf"(?:CEP[: ]*)?\d{{5}}-?\d{{3}})?{_COUNTRY}",
        needs="0|A|calle|c/|cl.|av|paseo|pº|p°|plaza|pza|plza|carre|ctra|ronda|traves|camino"
        "|glorieta|passeig|gran|rambla|rua|r.|praça|largo|estrada|alameda|rodovia|beco"
        "|calçada|via|vicolo|strada|lungo|piazza|corso",
    ),
)


_HOUSE_NUMBER = re.compile(r"(?<![\w#$€£.,/\-])\d{1,6}[a-zA-Z]?(?![\d_])")
"""Every address has a number that stands for itself."""


def address_entities(view: View) -> Iterator[Entity]:
    """Find postal addresses of the forms used in North America, Britain and western Europe."""
    if not _HOUSE_NUMBER.search(view.text):
        return
    for matcher in (*_SHAPES, *_EUROPE):
        for hit in matcher.find_in(view):
            end = _end(view.text, hit)
            if end > hit.start() and not _counts_things(view.text[hit.start() : end]):
                yield Entity(
                    start=_start(view.text, hit.start()),
                    end=end,
                    type=EntityType.ADDRESS,
                    score=0.8,
                    source="pattern",
                )


def _counts_things(found: str) -> bool:
    """Whether the number counts something ('10 days for Drive ...') rather than a house."""
    if any(map(str.isdecimal, found.partition(" ")[2])):
        return False
    after = [fold(word.strip(",.;")) for word in found.split()[1:4]]
    return (
        found[:1].isdecimal() and bool(after) and (after[0] in words("counted") or "for" in after)
    )


def _start(text: str, start: int) -> int:
    """Where the address starts: at the flat or unit, if one stands before the house number."""
    unit = _UNIT_BEFORE.search(text, max(0, start - _UNIT_REACH), start)
    return start if unit is None else unit.start()


def _end(text: str, hit: Hit) -> int:
    """Where the address ends, without words of the sentence that goes on behind it."""
    end = hit.end()
    while end > hit.start():
        found = text[hit.start() : end].rstrip(" \t\r\n,;")
        found = found if _abbreviated(found) else found.rstrip(".")
        end = hit.start() + len(found)
        last = max(found.rfind(mark) for mark in " \t\n,") + 1
        if fold(found[last:].strip(".")) not in words("after_address"):
            return end
        end = hit.start() + last
    return end


def _abbreviated(found: str) -> bool:
    """Whether a full stop at the end belongs to the street's name rather than the sentence."""
    return False if not found.endswith(".") else found.endswith(("U.S.", "U.S.A.", "U.K."))
