"""Identity numbers, dates of birth and maiden names: by their checksum or by the word before."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

from collections.abc import Iterator

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.views import View

__all__ = ["identity_entities"]

_IS = (
    r"(?:[ \t]*(?:number|nummer|n[úu]mero|num[ée]ro|(?:no|nr|num|is|was|ist|lautet|es|est|é"
    r"|è)\b\.?|n[°º]|[#:=]))*"
)
_ID_VALUE = (
    r"[\s:#.=]{0,3}(?P<id>(?=[\w\-./]*\d|[A-Z]{1,3}[ ]\d)"
    r"(?=[\w\-./ ]{0,12}\d[\w\-./ ]{0,6}\d[\w\-./ ]{0,6}\d)[A-Z0-9][A-Z0-9]*"
    r"(?:[\-./][A-Z0-9]+|[ ](?=[A-Z0-9]*\d)[A-Z0-9]{1,8}(?![^\W_])){0,6})"
)
_SSN = Matcher(r"(?<![\w\-.])(?!000)\d{3}[\-‐-― ]\d{2}[\-‐-― ]\d{4}(?![\w\-])", needs="0")
_CUED_ID = Matcher(
    r"\b(?:driv(?:er|ing)(?:['’]?s)?[ \t]+licen[sc]e|licen[sc]e(?=[ \t]*(?:no|number|#|:))|passport"
    r"|(?:national|government|state|tax|personal|veteran|military"
    r"|student)[ \t]+id(?:entification)?(?:[ \t]+card)?|id[ \t]+(?:card|number|no)"
    r"|identity[ \t]+(?:card|number)"
    r"|ssn|social(?:[ \t]+security)?(?:[ \t]+(?:number|no))?|national[ \t]+insurance"
    r"|ni[ \t]+number|nino|tax[ \t]+(?:id|number|file)"
    r"|nif|dni|cpf|cnpj|curp|aadhaar|aadhar|medicare|nhs|personalausweis(?:nummer)?"
    r"|ausweis(?:nummer)?"
    r"|reisepass(?:nummer)?|f[üu]hrerschein(?:nummer)?|steuer-?id(?:nummer)?"
    r"|sozialversicherungsnummer"
    r"|carte[ \t]+d['’]identit[ée]|passeport|permis[ \t]+de[ \t]+conduire"
    r"|num[ée]ro[ \t]+de[ \t]+s[ée]curit[ée][ \t]+sociale"
    r"|pasaporte|permiso[ \t]+de[ \t]+conducir|seguridad[ \t]+social|carta[ \t]+d['’]identit[àa]"
    r"|codice[ \t]+fiscale|passaporto"
    r"|cart[ãa]o[ \t]+de[ \t]+cidad[ãa]o|bilhete[ \t]+de[ \t]+identidade|contribuinte"
    r"|carta[ \t]+de[ \t]+condu[çc][ãa]o)" + _IS + _ID_VALUE,
    # Parts of words, since a value may stand right behind its cue.
    needs="0|licen|passport| id|\tid|id c|id n|id  |id\t|identi|ssn|social|insurance|number|nino"
    "|tax|nif|dni|cpf|cnpj|curp|aadhaar|aadhar|medicare|nhs|ausweis|reisepass|führerschein"
    "|fuhrerschein|steuer|sozial"
    "|carte|passeport|permis|pasaporte|seguridad|carta|codice|passaporto|cart|bilhete"
    "|contribuinte|numero|numéro",
    ignore_case=True,
)
_ACRONYM = Matcher(
    r"\b(?:SIN|TIN|NIE|RFC|PAN|RG|BSN|AHV|INSEE|DL|VIN|(?i:vin)(?=\W{1,3}[A-Z\d]{17}\b))\b"
    + _IS
    + _ID_VALUE,
    needs="0|A|=sin|=tin|=nie|=rfc|=pan|=rg|=bsn|=ahv|=insee|=dl|=vin",
)

_MONTH = (
    r"(?:jan|feb|m[äa]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|set|dic|janv"
    r"|f[ée]v|avr|juin|juil"
    r"|ao[ûu]|d[ée]c|fev|out|gen|mag|giu|lug|ott)[\p{L}]*"
)
_DATE = (
    r"(?P<date>\d{1,4}[./\-]\d{1,2}[./\-]\d{2,4}|\d{1,2}(?:st|nd|rd|th|er)?\.?[ ](?:de[ ]|of[ ])?"
    + _MONTH
    + r"\.?,?[ ](?:de[ ])?(?:(?:19|20)\d\d|['’]?\d\d)(?!\d)|"
    + _MONTH
    + r"\.?[ ]\d{1,2}(?:st|nd|rd|th)?,?[ ](?:19|20)\d\d"
    r"|\d{8}|(?:19|20)\d\d)(?!\d)"
)
_BIRTH = Matcher(
    r"\b(?:d\.?o\.?b\b\.?|date[ \t]+of[ \t]+birth|birth[ \t]?-?date|birthday|b[\- ]?day"
    r"|(?:i[ \t]+was[ \t]+)?born"
    r"|geb(?:oren|\.|urtsdatum|urtstag|oortedatum)?|n[ée]e?\(?e?\)?[ \t]+le"
    r"|date[ \t]+de[ \t]+naissance"
    r"|nac(?:id[oa]|[ií]|imiento)"
    r"|fecha[ \t]+de[ \t]+nacimiento|nasc(?:id[oa]|i|imento)|data[ \t]+de[ \t]+nascimento|nat[oa]"
    r"|data[ \t]+di[ \t]+nascita)"
    r"(?:[ \t]+(?:is|was|on|op|in|am|ist|den|dem|el|es|en|em|a|le|est|é|è|il|de|d[ií]a"
    r"|dia))*(?:[.?]?[ ]+(?:it['’]?s|it[ ]is))?[\s:=,(\-]{0,3}" + _DATE,
    needs="0",
    gate=r"do\.?b|d\.o|birth|b[\- ]?day|born|geb|n[ée]\S{0,4}[ \t]+le|naissance|na[cst]",
    ignore_case=True,
)
_MAIDEN = Matcher(
    r"(?:\b(?i:maiden[ \t]+name|m[äa]dchenname|geburtsname|nom[ \t]+de[ \t]+jeune[ \t]+fille"
    r"|nom[ \t]+de[ \t]+naissance"
    r"|apellido[ \t]+de[ \t]+solter[ao]|nome[ \t]+de[ \t]+solteir[ao]|cognome[ \t]+da[ \t]+nubile)"
    r"(?i:[ \t]+(?:is|was|ist|war|es|est|é|è"
    r"|of[ \t]+my[ \t]+mother))*[\s:=,\"'“]{0,3}(?P<name>\p{Lu}[\p{L}'’\-]+"
    r"(?:[ ]\p{Lu}[\p{L}'’\-]+)?)"
    r"|(?i:maiden[ \t]+name(?:[ \t]+(?:is|was)|[:=]))[ ]?(?P<low>(?:(?:de|del|della|di|da|dos|van"
    r"|von|der|den|la|le)[ ]){0,2}\p{L}[\p{L}'’\-]+))",
    needs="maiden|dchenname|geburtsname|jeune|naissance|solter|solteir|nubile",
)


def identity_entities(view: View) -> Iterator[Entity]:
    """Find identity numbers, dates of birth and maiden names."""
    text = view.text
    for hit in _MAIDEN.find_in(view):
        group = "name" if hit["name"] else "low"
        yield _entity(*hit.span(group), EntityType.PERSON, 0.9)
    if not any(map(str.isdecimal, text)):
        return
    for hit in _BIRTH.find_in(view):
        yield _entity(*hit.span("date"), EntityType.BIRTH_DATE, 0.9)
    for hit in _SSN.find_in(view):
        yield _entity(*hit.span(), EntityType.SSN, 0.9)
    for cue in (_CUED_ID, _ACRONYM):
        for hit in cue.find_in(view):
            yield _entity(*hit.span("id"), EntityType.NATIONAL_ID, 0.8)


def _entity(start: int, end: int, kind: EntityType, score: float) -> Entity:
    return Entity(start=start, end=end, type=kind, score=score, source="pattern")
