"""The words after which a name stands, in the languages that desks write in most.

Every pattern has a group `name`; how far it may be trusted is said beside it.
"""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from deskquorum.redaction.matching import Matcher

__all__ = ["AGENT_CUES", "CUES", "Cue", "Trust"]

Trust = Literal[
    "any",
    "titled",
    "signed",
    "whole",
    "listed",
    "listed-or-pair",
    "unknown",
    "unknown-pair",
    "small",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A pattern and what its name must be: anything, all of it a name, or a listed first name."""

    matcher: Matcher
    trust: Trust = "any"


_TAIL = r"(?:['’\-][\p{L}\p{M}]{2,})*"
_TITLE = r"(?:\p{Lu}['’])?\p{Lu}\p{M}*(?:[\p{Lu}\p{M}]*\p{Ll}[\p{L}\p{M}]*)" + _TAIL
_CAPS = r"(?:\p{Lu}['’])?\p{Lu}[\p{Lu}\p{M}]+" + _TAIL
_INITIAL = r"\p{Lu}\.(?:[ ]?\p{Lu}\.)?"
_BETWEEN = (
    r"[ \t\u00a0]+(?:(?:de|del|della|di|da|das|do|dos|du|van|von|der|den|zu|la|le|bin|ibn|al|el"
    r"|ten|ter|y)[ ]+){0,2}"
)
_FULL = rf"(?:{_TITLE}|{_INITIAL})(?:{_BETWEEN}(?:{_TITLE}|{_INITIAL}|\p{{Lu}}\b)){{0,3}}"
_LOUD = rf"(?:{_TITLE}|{_CAPS}|{_INITIAL})(?:{_BETWEEN}(?:{_TITLE}|{_CAPS}|{_INITIAL})){{0,3}}"
_LOW = r"\p{Ll}[\p{Ll}\p{M}'’\-]{2,}(?:[ ]\p{Ll}[\p{Ll}\p{M}'’\-]+)?"
_NAME = rf"(?P<name>{_FULL})"
_GOES_ON = (
    r"(?=[ \t]*(?:[.,!?;:()\r\n\-–<]|$)|[ \t]+(?:and|i|from|here|at|with|writing|calling|again|um"
    r"|uh|y|et|und|aus|e|de|da|di|en|uit|bol|hoon|hun|hai|hain)\b)"
)
_LINE_END = r"(?=[ \t]*[.,!;]?[ \t]*(?:$|[\r\n]|[:;][)\-]))"

_RELATION = (
    "(?:ex(?:[ \\-](?:husband|wife|boyfriend|girlfriend|partner))?|husband|wife|hubby|spouse"
    "|partner|fianc[ée]e?|boyfriend|girlfriend|bf|gf"
    "|son|daughter|kid|child|baby|toddler|boy|girl|stepson|stepdaughter|grandson|granddaughter"
    "|grandchild|godson|goddaughter"
    "|mother|father|mum|mom|mam|mommy|mummy|dad|daddy|parent|grandmother|grandfather|grandma"
    "|grandpa|gran|nan|nana"
    "|brother|sister|sibling|twin|cousin|uncle|aunt|auntie|nephew|niece|(?:mother|father|brother"
    "|sister|son|daughter)-in-law"
    "|friend|mate|buddy|pal|roommate|flatmate|housemate|neighbou?r|landlord|landlady|tenant"
    "|colleague|coworker|co-worker|boss"
    "|manager|assistant|secretary|treasurer|accountant|lawyer|attorney|solicitor|doctor|nurse"
    "|teacher|coach|client|employee|carer|caregiver|nanny|intern"
    "|hija|hijo|marido|esposo|esposa|mujer|novio|novia|pareja|hermano|hermana|madre|padre|amigo"
    "|amiga|vecino|vecina|compañero|compañera|primo|prima|jefe|jefa|abuela|abuelo|sobrino|sobrina"
    "|fille|fils|mari|femme|épouse|époux|conjoint|conjointe|compagne|compagnon|copain|copine"
    "|frère|sœur|soeur|mère|père|ami|amie|voisin|voisine|collègue|cousine|belle-mère|neveu|nièce"
    "|tochter|sohn|mann|ehemann|frau|ehefrau|freund|freundin|bruder|schwester|mutter|vater"
    "|nachbar|nachbarin|kollege|kollegin|mitbewohner|mitbewohnerin|oma|opa|chef|chefin|neffe"
    "|nichte"
    "|filha|filho|esposo|marido|mulher|namorado|namorada|irmão|irmã|mãe|pai|vizinho|vizinha|colega"
    "|figlia|figlio|marito|moglie|fidanzato|fidanzata|fratello|sorella|madre|padre|amico|amica"
    "|vicino|vicina|collega"
    "|zoon|dochter|vrouw|vriend|vriendin|broer|zus|zusje|moeder|vader|buurman|buurvrouw"
    "|bhai|behen|beti|beta|pati|patni|biwi|dost|mummy|papa)"
)
_RELATED = "A|=neighbor|=fiancé|=fiancée|=fiance|=fiancee|" + "|".join(
    f"={word}" for word in re.findall(r"[^\W\d_]+", _RELATION.replace("-in-law", ""))
)
"""Its words, but for what only follows one, and those that it spells with a choice of letters."""
_POSSESSIVE = (
    r"(?:my|our|his|her|their|your|mi|mis|mon|ma|mein(?:e[rnms]?)?|meu|minha|o[ ]meu|a[ ]minha"
    r"|mio|mia|nuestr[oa]|notre|unser(?:e[rnms]?)?|nosso|nossa|nostr[oa]|su|mijn|onze"
    r"|mer[aei])"
)
_ADJECTIVE = (
    r"(?:[ ](?:late|best|old|older|younger|eldest|little|big|dear|good|former|then|new|elderly"
    r"|teenage|\d+[ \-]year[ \-]old))?"
)
_CALLED = r"(?:called|named|llamad[oa]|appelée?|namens|genaamd|chamad[oa]|di[ ]nome)"
_SIGN_OFF = (
    r"(?:(?:many[ ]|kind[ ])?thanks(?:[ ](?:so[ ]much|again|a[ ]lot|in[ ]advance"
    r"|for[ ][^\n,]{1,40}))?|thank[ ]you(?:[ ](?:so[ ]much|very[ ]much|again|in[ ]advance"
    r"|for[ ][^\n,]{1,40}))?|thx|ty|cheers"
    r"|(?:with[ ])?(?:kind|best|warm|kindest|warmest)?[ ]?regards|best(?:[ ]wishes)?"
    r"|all[ ]the[ ]best|warmly|sincerely(?:[ ]yours)?|yours(?:[ ](?:truly|sincerely|faithfully))?"
    r"|respectfully|cordially|take[ ]care|love|xx?o?x?o?|bye|rgds|br|signed|sent[ ]by"
    r"|mfg|(?:mit[ ])?(?:freundlichen?|vielen?|lieben?|besten?|herzlichen?"
    r"|schönen?)[ ](?:grüße?n?|grüssen?|gruß|gruss|dank)|grüße|grüsse|gruß|lg|vg"
    r"|danke(?:[ ]schön)?|ihre?|euer|eure"
    r"|(?:un[ ])?(?:cordial[ ])?saludos?(?:[ ]cordial(?:es)?)?|muchas[ ]gracias|gracias"
    r"|atentamente|atte\.?|un[ ]abrazo|besos"
    r"|(?:bien[ ])?cordialement|bien[ ]à[ ]vous|merci(?:[ ](?:beaucoup|d['’]avance))?"
    r"|(?:meilleures[ ])?salutations|bonne[ ]journée|cdlt|bises"
    r"|(?:muito[ ])?obrigad[oa]|atenciosamente|(?:com[ ]os[ ]melhores[ ])?cumprimentos|att"
    r"|abraços?|beijos|grat[oa]"
    r"|grazie(?:[ ]mille)?|(?:cordiali|distinti)[ ]saluti|saluti|un[ ]saluto"
    r"|(?:met[ ])?(?:vriendelijke|hartelijke)[ ]groet(?:en)?|groet(?:en|jes)?|mvg"
    r"|(?:alvast[ ])?bedankt|dank[ ](?:je|u)(?:[ ]?wel)?|dhanyavaad|dhanyawad|shukriya)"
)
_GREETING = (
    r"(?:hi|hiya|hello|hey|dear|good[ ](?:morning|afternoon|evening|day)|hola|estimad[oa]s?"
    r"|querid[oa]s?|buen[oa]s[ ](?:días|tardes|noches)|bonjour|bonsoir|salut|cher|chère|coucou"
    r"|hallo|liebe[rs]?|guten[ ](?:tag|morgen|abend)|moin|servus|olá|oi|car[oa]|prezad[oa]"
    r"|bom[ ]dia|boa[ ](?:tarde|noite)|ciao|salve|gentile|buongiorno|buonasera"
    r"|beste|geachte|goede(?:morgen|middag|navond)|namaste|namaskar)"
)
_TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Messrs|Mister|Dr|Prof|Rev|Capt|Sgt|Herrn?|Frau|Fräulein|Sr|Sra|Srta"
    r"|Señora?|Señorita|Doña|Mme|Mlle|Monsieur|Madame|Mademoiselle|Sig|Sig\.ra|Signora?"
    r"|Dott(?:\.ssa)?|Senhora?|Mevrouw|Mevr|Dhr|Meneer|Heer|Shri|Smt|MR|MRS|MS|DR|HERR|FRAU)"
)
_SIGNING = (
    "A|=thanks|=thank|=thx|=ty|=cheers|=regards|=best|=wishes|=all|=warmly|=sincerely|=yours"
    "|=respectfully|=cordially|=take|=love|=x|=xx|=xo|=xox|=xoxo|=xxo|=xxox|=xxoxo|=bye|=rgds"
    "|=br|=signed|=sent|=mfg|=freundlichen|=freundliche|=vielen|=viele|=lieben|=liebe|=besten"
    "|=beste|=herzlichen|=herzliche|=schönen|=schöne|=grüße|=grüßen|=grüss|=grüsse|=grüssen"
    "|=gruß|=gruss|=lg|=vg|=danke|=ihr|=ihre|=euer|=eure|=saludo|=saludos|=gracias"
    "|=atentamente|=atte|=abrazo|=besos|=cordialement|=vous|=merci|=salutations|=journée"
    "|=cdlt|=bises|=obrigado|=obrigada|=atenciosamente|=cumprimentos|=att|=abraço|=abraços"
    "|=beijos|=grato|=grata|=grazie|=saluti|=saluto|=groet|=groeten|=groetjes|=mvg|=bedankt"
    "|=dank|=dhanyavaad|=dhanyawad|=shukriya"
)
"""What a text that signs off has; without the `A` where a name may be small."""
_GREETED = (
    "A|^hi|^hiya|^hello|^hey|^dear|^morning|^afternoon|^evening|^day|^hola|^estimado"
    "|^estimada|^estimados|^estimadas|^querido|^querida|^queridos|^queridas|^días"
    "|^tardes|^noches|^bonjour|^bonsoir|^salut|^cher|^chère|^coucou|^hallo|^liebe"
    "|^lieber|^liebes|^tag|^morgen|^abend|^moin|^servus|^olá|^oi|^caro|^cara"
    "|^prezado|^prezada|^dia|^tarde|^noite|^ciao|^salve|^gentile|^buongiorno"
    "|^buonasera|^beste|^geachte|^goedemorgen|^goedemiddag|^goedenavond|^namaste"
    "|^namaskar"
)
"""What a text that greets somebody by name has."""


def _cue(
    pattern: str,
    trust: Trust = "any",
    *,
    needs: str = "A",
    gate: str = "",
    ignore_case: bool = False,
) -> Cue:
    matcher = Matcher(pattern, needs=needs, gate=gate, ignore_case=ignore_case)
    return Cue(matcher=matcher, trust=trust)


CUES = (
    _cue(
        rf"(?<![^\W_]){_TITLES}\b\.?[ \t]+(?P<name>{_LOUD})",
        "titled",
        needs="A|=mr|=mrs|=ms|=miss|=mx|=messrs|=mister|=dr|=prof|=rev|=capt|=sgt|=herr|=herrn"
        "|=frau"
        "|=fräulein|=sr|=sra|=srta|=señor|=señora|=señorita|=doña|=mme|=mlle|=monsieur|=madame"
        "|=mademoiselle|=sig|=signor|=signora|=dott|=senhor|=senhora|=mevrouw|=mevr|=dhr|=meneer"
        "|=heer|=shri|=smt",
    ),
    _cue(r"(?<![^\W_])M\.[ ]" + _NAME, "titled", needs="A|m."),
    _cue(rf"\b(?:mr|mrs|ms|dr)\.?[ ](?P<name>{_LOW})", "unknown", needs="=mr|=mrs|=ms|=dr"),
    _cue(
        r"\b(?i:my[ ](?:full[ ])?name(?:[ ]is|['’]s|:)|name['’]?s|the[ ]name[ ]is|(?:spelled"
        r"|spelt|addressed[ ]to|made[ ]out[ ]to|in[ ]the[ ]name[ ]of|on[ ]behalf[ ]of"
        r"|registered[ ]to|belongs[ ]to)"
        r"|me[ ]llamo|mi[ ]nombre[ ]es|a[ ]nombre[ ]de|je[ ]m['’]appelle|mon[ ]nom[ ]est"
        r"|au[ ]nom[ ]de|ich[ ](?:heiße|heisse)|mein[ ]name[ ](?:ist|lautet)|auf[ ]den[ ]namen"
        rf"|(?:eu[ ])?(?:chamo-me|me[ ]chamo)|(?:o[ ])?meu[ ]nome[ ]é|em[ ]nome[ ]de|mi[ ]chiamo"
        rf"|il[ ]mio[ ]nome[ ]è|a[ ]nome[ ]di|mijn[ ]naam[ ]is|ik[ ]heet|op[ ]naam[ ]van"
        rf"|mera[ ]naam|naam[ ]hai)[ ]+(?P<name>{_LOUD})",
        needs="A|name|spel|address|made out|registered|belongs|llamo|nombre|appelle|nom |hei|cham"
        "|nome|chiamo|heet|naam|behalf"
        "|>my|>name|>names|>the|>spelled|>spelt|>addressed|>made|>in|>on|>registered|>belongs|>me"
        "|>mi|>a|>je|>mon|>au|>ich|>mein|>auf|>eu|>chamo|>o|>meu|>em|>il|>mijn|>ik|>op|>mera|>naam",
    ),
    _cue(
        r"\b(?:my[ ]name(?:[ ]is|['’]s)|me[ ]llamo|je[ ]m['’]appelle|ich[ ]heiße|me[ ]chamo"
        r"|chamo-me|mi[ ]chiamo|mijn[ ]naam[ ]is|ik[ ]heet|mera[ ]naam|meu[ ]nome[ ]é)[ ]"
        rf"(?P<name>{_LOW}){_GOES_ON}",
        "whole",
        needs="name|llamo|appelle|heiß|chamo|chiamo|heet|naam|nome|>my|>me|>je|>ich|>chamo|>mi|>mijn"
        "|>ik|>mera|>meu",
    ),
    _cue(
        r"\b(?i:i[ ]am|i['’]m|this[ ]is|it['’]s|here[ ]is|soy|je[ ]suis|c['’]est|ich[ ]bin"
        r"|hier[ ](?:ist|spricht)|eu[ ]sou|sou[ ][oa]|aqui[ ]é[ ][oa]|sono|qui[ ]è|ik[ ]ben"
        r"|main)[ ]"
        rf"(?P<name>{_FULL}){_GOES_ON}",
        "listed-or-pair",
        needs="A|^am|^m|^is|^s|^soy|^suis|^est|^bin|^ist|^spricht|^sou|^o|^a|^é|^sono|^è|^ben"
        "|^main|>i|>this|>it|>here|>soy|>je|>c|>ich|>hier|>eu|>sou|>aqui|>sono|>qui|>ik|>main",
    ),
    _cue(
        r"\b(?:this[ ]is|it['’]?s|i am|i['’]?m|soy|je suis|ich bin|sono|ik ben|main|eu sou)[ ]"
        rf"(?P<name>{_LOW}){_GOES_ON}",
        "small",
        needs="=this|=its|=it|=am|=m|=im|=soy|=suis|=bin|=sono|=ben|=main|=sou"
        "|>this|>it|>its|>i|>im|>soy|>je|>ich|>sono|>ik|>main|>eu",
        ignore_case=True,
    ),
    _cue(
        rf"\b(?i:{_POSSESSIVE}){_ADJECTIVE}[ ](?i:{_RELATION}),?[ ](?:(?i:is"
        rf"|{_CALLED}),?[ ]){{0,2}}" + _NAME,
        needs=_RELATED,
    ),
    _cue(
        rf"\b(?i:{_RELATION})[ ]?:[ ]{{0,2}}" + _NAME,
        "unknown",
        needs=_RELATED,
    ),
    _cue(
        rf"\b{_CALLED}[ ](?<=\b(?i:who|s?he|they|guy|man|woman|lady|girl|boy|gentleman|someone"
        rf"|somebody|person|agent|rep|driver|courier|clerk|{_RELATION})"
        rf"(?:['’]s|[ ](?:is|was|are))?[ ]{_CALLED}[ ])" + _NAME,
        needs="A|called|named|llamad|appel|namens|chamad|di nome|genaamd",
    ),
    _cue(
        r"^[> \t|*]{0,12}(?i:from|to|cc|bcc|sender|reply-to|von|an|gesendet von|de|para|à|da"
        r"|a)[ ]?:\*?[ ]*\"?"
        rf"(?P<name>{_FULL})\"?[ ]*(?=[<\[(;,\r\n]|$)",
        "whole",
        needs="A|:",
    ),
    _cue(
        r"\b(?i:(?:full[ ]|first[ ]|last[ ]|customer[ ]|contact[ ]|card(?:holder)?[ ]?"
        r"|account[ ]?)?(?:name|holder)|attn\.?|attention|c/o|recipient|ship[ ]to|bill[ ]to"
        r"|cardholder"
        rf"|nombre|apellidos?|titular|nom|prénom|titulaire|vorname|nachname|kontoinhaber(?:in)?"
        rf"|empfänger|nome|cognome|intestatario|destinat[áa]rio|naam|voornaam|achternaam|naam)[ ]?"
        rf"[:=][ ]*\"?(?P<name>{_LOUD})",
        needs="A|:|=",
    ),
    _cue(
        rf"(?P<name>{_FULL})[ ]*[<(\[][ ]*(?:mailto:)?[^\s<>()@\[\]]{{1,64}}@",
        needs="A|@",
        gate=r"[<(\[] *(?:mailto:)?[^\s<>()@\[\]]{1,64}@",
    ),
    _cue(
        rf"\b(?i:by|with|to|from|per|von|por|par|da)[ ](?P<name>{_TITLE}[ ]\p{{Lu}}\.)",
        needs="A|.|^by|^with|^to|^from|^per|^von|^por|^par|^da",
    ),
    _cue(
        rf"^[> \t]{{1,12}}[^\n]{{0,40}}\b{_GREETING},?[ ]"
        rf"(?P<name>{_FULL})(?=[ \t]*(?:[,!.:;\r\n]|$))",
        "whole",
        ignore_case=False,
    ),
    _cue(
        rf"(?:^|[.!?>\n])[ \t>]{{0,6}}(?i:{_GREETING}),?[ ]" + _NAME,
        "listed",
        needs=_GREETED,
    ),
    _cue(
        rf"(?<=[\r\n][ \t>\-–~]{{0,3}})(?=\p{{Lu}})(?<=(?:^|[.!?;,…)>]"
        rf"|\s)[ \t]*(?i:{_SIGN_OFF})[ \t]{{0,2}}[,.!–\-]?[ \t]{{0,2}}[\r\n]+[ \t>]{{0,3}}"
        rf"(?:[\r\n]{{1,2}}[ \t>]{{0,3}})?[\-–~]?[ ]?)"
        rf"(?P<name>{_FULL}){_LINE_END}",
        "signed",
        needs=_SIGNING,
    ),
    _cue(
        rf"(?<=[,\-–][ \t]?)(?=(?P<name>{_FULL}){_LINE_END})"
        rf"(?<=\b(?i:{_SIGN_OFF})[ \t]?[,\-–][ \t]?)",
        "signed",
        needs=_SIGNING,
    ),
    _cue(
        rf"\b(?i:mfg|lg|vg|gruß|grüße|regards|rgds|saludos|cordialement|saluti|cumprimentos|cdlt"
        rf"|atte|groeten|groetjes|mvg|dhanyavaad|dhanyawad|shukriya)\.?[ \t]+(?P<name>{_FULL})"
        rf"{_LINE_END}",
        "signed",
        needs="A|>mfg|>lg|>vg|>gruß|>grüße|>regards|>rgds|>saludos|>cordialement|>saluti"
        "|>cumprimentos|>cdlt|>atte|>groeten|>groetjes|>mvg|>dhanyavaad|>dhanyawad"
        "|>shukriya",
    ),
    _cue(rf"(?:^|[\r\n])[ ]?[-–—~][ ]?(?P<name>{_FULL}){_LINE_END}", "listed", needs="A|-|–|—|~"),
    _cue(
        rf"\b(?i:says|said|asks|asked|replied|explains|told|tells|tell|ask|contact|emailed|met"
        rf"|thank|directed[ ]by|written[ ]by|signed[ ]by|starring|produced[ ]by|founded[ ]by"
        rf"|hosted[ ]by|sung[ ]by|according[ ]to|assistant[ ]to|spoke[ ](?:to|with)"
        rf"|speak[ ](?:to|with)|talk(?:ed)?[ ]to|heard|on[ ]behalf[ ]of|call[ ]me|called"
        rf"|known[ ]as|names?[ ]h(?:im|er)|named[ ]h(?:im|er)|fan[ ]of|add|remove|invite)[ \t:]+"
        rf"(?P<name>{_FULL})(?![ ]?[&]|[ ](?i:inc|ltd|llc|gmbh|corp|group|company)\b)",
        "unknown",
        needs="A|^says|^said|^asks|^asked|^replied|^explains|^told|^tells|^tell|^ask|^contact"
        "|^emailed|^met|^thank|^by|^starring|^to|^with|^heard|^of|^me|^called|^as|^him"
        "|^her|^add|^remove|^invite",
    ),
    _cue(
        rf"(?<![\p{{L}}\p{{N}}])(?P<name>{_TITLE}(?:[ ]{_TITLE}|[ ]\p{{Lu}}\.){{0,2}})"
        rf"[ ](?i:said|says|told|tells|asked|asks|wants|wanted|works|worked|lives|lived|called|paid"
        rf"|bought|ordered|signed|promised|assured|spent|grew|wrote|writes|speaks|claims|claimed"
        rf"|thinks|thought|retired|married|moved|refused|forgot|died|was[ ]born|began)\b",
        "unknown",
        needs="A|=said|=says|=told|=tells|=asked|=asks|=wants|=wanted|=works|=worked|=lives|=lived"
        "|=called|=paid|=bought|=ordered|=signed|=promised|=assured|=spent|=grew|=wrote|=writes"
        "|=speaks|=claims|=claimed|=thinks|=thought|=retired|=married|=moved|=refused|=forgot"
        "|=died|=born|=began",
    ),
    _cue(
        rf"\b(?i:(?:your|full|first|last|middle|family|sur|user|nick)?[ ]?name)[ ]?[?:][ ]*"
        rf"(?P<name>{_FULL})",
        "unknown",
        needs="A|name",
    ),
    _cue(
        rf"\bname[ ]?[?:][ ]*(?P<name>{_LOW})[ ]*(?:$|[\r\n.,])",
        "unknown",
        needs="name",
        ignore_case=True,
    ),
    _cue(rf"\b(?i:call|calls)[ ]me[ ](?P<name>{_LOW}){_LINE_END}", "unknown", needs=" me "),
    _cue(
        rf"(?<![\p{{L}}\p{{N}}])(?P<name>{_TITLE}(?:[ ]{_TITLE})?)['’]s[ ](?i:{_RELATION}|fault"
        rf"|birthday|funeral|wedding)\b",
        "unknown",
        needs="A|'s |’s ",
    ),
    _cue(
        rf"\b(?i:player|actor|actress|singer|author|director|president|ceo|founder|commenter"
        rf"|writer|poet|painter|minister|senator|judge|officer|detective|captain|agent|driver"
        rf"|technician|courier|representative|rep|coach|therapist|dentist|vet|surgeon)[ ]"
        rf"(?P<name>{_FULL})",
        "unknown",
        needs="A|=player|=actor|=actress|=singer|=author|=director|=president|=ceo|=founder"
        "|=commenter|=writer|=poet|=painter|=minister|=senator|=judge|=officer|=detective|=captain"
        "|=agent|=driver|=technician|=courier|=representative|=rep|=coach|=therapist|=dentist"
        "|=vet|=surgeon",
    ),
    _cue(
        rf"\b(?i:the)[ ](?P<name>{_TITLE})[ ](?i:family|famil(?:y|ies)|account|case|household"
        rf"|residence|wedding|party|couple|brothers|sisters|twins|estate|claim|novel|album|film"
        rf"|song|book|trust)\b",
        "unknown",
        needs="A|=the",
    ),
    _cue(
        rf"\b(?i:by|under|with)[ ](?P<name>{_TITLE}(?:[ ](?:{_TITLE}|{_INITIAL})){{1,2}})"
        rf"(?=['’]s\b|[ \t]*(?:[.,;:!?)\r\n]|$))",
        "unknown-pair",
        needs="A|^by|^under|^with",
    ),
    _cue(
        rf"^[ \t]*(?P<name>{_TITLE}(?:[ ](?:{_TITLE}|{_INITIAL})){{1,3}})[ \t]*$",
        "unknown-pair",
    ),
    _cue(rf"^--[ ]?[\r\n]+(?P<name>{_FULL}){_LINE_END}", "signed", needs="A|--"),
    _cue(
        rf"[\r\n][>\s]*(?P<name>{_TITLE}[ ]{_TITLE}(?:[ ]{_TITLE})?)[ ]*\|",
        "whole",
        needs="A",
        gate=r"\|",
    ),
    _cue(
        # What it starts with is read, not looked back for, so that most of a text is passed by.
        rf"[\r\n,\-–][ \t]?(?=(?P<name>{_LOW}){_LINE_END})"
        rf"(?<=\b(?i:{_SIGN_OFF})[ \t]?[,.!\-–]{{0,2}}[ \t]?[\r\n]{{0,3}}[ \t]?[\-–~]?)",
        "small",
        needs=_SIGNING.removeprefix("A|"),
        gate=r"[\r\n,\-–][ \t]?[^\r\n.,!;:]{3,}[ \t]*[.,!;]?[ \t]*(?:$|[\r\n]|[:;][)\-])",
    ),
    _cue(
        rf"\b(?P<name>{_TITLE})[ ](?:replied|confirmed|mentioned|dijo|sagte|schrieb|disse|a[ ]dit"
        rf"|ha[ ]detto|zei|schreef)\b",
        "listed",
        needs="A|replied|confirmed|mentioned|dijo|sagte|schrieb|disse|dit|detto|zei|schreef",
    ),
)
"""For every message."""

AGENT_CUES = (
    _cue(
        rf"(?:^|[.!?\n])[ \t]{{0,6}}(?i:{_GREETING}),?[ ]"
        rf"(?P<name>{_FULL})(?=[ \t]*(?:[,!.:;\r\n–\-]|$))",
        "whole",
        needs=_GREETED,
    ),
    _cue(
        rf"(?:[.!?][ \t]+|[\r\n][ \t]*"
        rf"|[–\-][ ])(?P<name>{_TITLE}(?:[ ]{_TITLE})?)"
        rf"(?:,[ ]\p{{Lu}}[\p{{L}} .&'’]{{1,40}})?[ \t]*\.?\s*\Z",
        "whole",
    ),
    _cue(
        rf"(?:[.!?][ \t]+|[\r\n][ \t]*|[–\-][ ])(?P<name>{_TITLE}(?:[ ]{_TITLE})?)[ ]?(?:[|/]"
        rf"|[\r\n]+|[ ](?:from|at|von|de|da)[ ])[ ]?\p{{Lu}}[\p{{L}} .&'’]{{1,40}}\s*\Z",
        "whole",
    ),
)
"""For messages of the desk's own people, who greet and sign by name."""
