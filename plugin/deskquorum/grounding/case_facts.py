"""The verdict on a claim about this case: every word of it must come out of the facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

import regex

from deskquorum.domain import Facts, JsonValue, Verdict
from deskquorum.grounding.claims import Claim
from deskquorum.grounding.lexicon import DOING, NEUTRAL, STATUSES
from deskquorum.grounding.patterns import Pattern
from deskquorum.grounding.quantities import CalendarDay, Quantity, QuantityKind, find_quantities
from deskquorum.grounding.support import Support
from deskquorum.grounding.words import Word, content_words, words_of

__all__ = ["Case", "action_support", "case_support", "read_case"]


def case_support(claim: Claim, case: Case) -> Support:
    """Compare a claim about the order or the case with the facts.

    Supported only when each value agrees with a fact of that name and no word is left over that
    neither a fact nor plain grammar explains.
    """
    return _judged(claim, case.records, NEUTRAL)


def action_support(claim: Claim, case: Case) -> Support | None:
    """Compare a claim with the action that goes out together with the reply, None without one.

    The facts `action.name` and `action.<argument>` hold that action; `We have refunded you 24.00
    USD` is then supported by `issue_refund` of that amount, and by no other fact.
    """
    done = case.done
    told = [word for word in words_of(claim.text) if set(content_words([word])) & done]
    if not done or done - set(content_words(told)):
        return None
    neutral = NEUTRAL | DOING | {word.text for word in told}
    support = _judged(claim, case.of_action, neutral, matched=_ACTION_NAME)
    return None if support.verdict is Verdict.UNKNOWN else support


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the facts tell of a case, in plain values."""

    records: tuple[_Record, ...]
    of_action: tuple[_Record, ...]
    """The action's own arguments, and what names a thing."""
    done: frozenset[str]
    """Stems of the action's name that tell it from others; empty without one."""


def read_case(facts: Facts) -> Case:
    """Read facts for holding claims against them."""
    records = tuple(_records(facts))
    name = facts.get(_ACTION_NAME)
    stems = content_words(words_of(name.replace("_", " "))) if isinstance(name, str) else ()
    return Case(
        records=records,
        of_action=tuple(r for r in records if r.name.startswith("action.") or r.leaf in _LABELS),
        done=frozenset(stems) - _VAGUE,
    )


_ACTION_NAME = "action.name"
_VAGUE = frozenset(content_words(words_of("issue make do order item ticket")))
"""Parts of an action's name that do not tell it from another."""


def _judged(
    claim: Claim, records: Sequence[_Record], neutral: frozenset[str], matched: str | None = None
) -> Support:
    reading = _Reading(text=claim.text, words=words_of(claim.text))
    reading.matched += [matched] if matched else []
    for check in (_check_ids, _check_status, _check_quantities, _check_values):
        check(reading, records)
    if reading.against is not None:
        why = f"fact {reading.against} says otherwise"
        return Support(verdict=Verdict.CONTRADICTED, why=why, risk=1.0)
    leftover = [w for w in reading.words if w not in reading.explained and w.text not in neutral]
    if leftover or not reading.matched:
        return Support(verdict=Verdict.UNKNOWN, why="the facts do not say this in full")
    why = f"fact {', '.join(dict.fromkeys(reading.matched))}"
    return Support(verdict=Verdict.SUPPORTED, why=why, risk=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """One plain value of the facts."""

    name: str
    value: str | int

    @property
    def leaf(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def role(self) -> frozenset[str]:
        """Stems of the name's last part: `delivered_at` is about `deliver`."""
        return frozenset(content_words(words_of(self.leaf.replace("_", " "))))


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What is understood of a claim so far."""

    text: str
    words: tuple[Word, ...]
    explained: set[Word] = field(default_factory=set)
    matched: list[str] = field(default_factory=list)
    """Names of the facts that agree."""
    against: str | None = None
    """Name of a fact that says otherwise."""

    def agree(self, record: _Record, words: Iterable[Word]) -> None:
        self.matched.append(record.name)
        self.explained.update(words)


_ID = Pattern(r"(?=[\p{L}-]*\d)[\p{L}\d]+(?:[-._][\p{L}\d]+)*")
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "KWD": 3, "BHD": 3, "TND": 3}
_PAST_STAGES = frozenset({"shipped", "dispatched", "delivered"})


def _records(facts: Facts) -> Iterator[_Record]:
    for name, fact in facts.values.items():
        yield from _plain_values(name, fact.value)


def _plain_values(name: str, value: JsonValue) -> Iterator[_Record]:
    match value:
        case None | bool():
            return
        case list():
            for item in value:
                yield from _plain_values(name, item)
        case dict():
            for key, item in value.items():
                yield from _plain_values(f"{name}.{key}", item)
        case _:
            yield _Record(name=name, value=value)


def _check_ids(reading: _Reading, records: Sequence[_Record]) -> None:
    """`order W59` against every fact that holds an id."""
    ids = [r for r in records if isinstance(r.value, str) and r.leaf in _ID_NAMES]
    for word in reading.words:
        if word.text.isalpha() or word.text.isdecimal() or not _ID.fullmatch(word.text):
            continue
        same = next((r for r in ids if str(r.value).casefold().lstrip("#") == word.text), None)
        if same is not None:
            reading.agree(same, [word])
        else:
            other = next((r for r in ids if _shape(str(r.value)) == _shape(word.text)), None)
            reading.against = reading.against or (other.name if other else None)


_ID_NAMES = frozenset({"id", "order_id", "number", "order_number", "tracking_number", "item_id"})


def _shape(text: str) -> str:
    """`W59` and `w61` have one shape: a letter and two digits."""
    return "".join("9" if c.isdecimal() else "a" if c.isalpha() else "" for c in text)


def _check_status(reading: _Reading, records: Sequence[_Record]) -> None:
    """`is shipped` against the fact called status; stages that lie behind are no mismatch."""
    states = [r for r in records if r.leaf == "status" and isinstance(r.value, str)]
    if len(states) != 1:
        return
    state = states[0]
    actual = str(state.value).replace("_", " ").casefold()
    stage = STATUSES.get(actual)
    said = [w for w in reading.words if w.text in STATUSES]
    for word in said:
        dated = any(r.leaf == f"{word.text}_at" for r in records)
        if word.text == actual:
            reading.agree(state, [word])
        elif dated:
            reading.explained.add(word)
        elif stage is not None and not (word.text in _PAST_STAGES and STATUSES[word.text] < stage):
            reading.against = reading.against or state.name
    if actual in reading.text.casefold() and " " in actual:
        reading.agree(state, [w for w in reading.words if w.text in actual.split()])


def _check_quantities(reading: _Reading, records: Sequence[_Record]) -> None:
    """Amounts and dates against facts of that name; two of one kind are not told apart."""
    quantities = find_quantities(reading.text)
    for quantity in quantities:
        if sum(other.kind is quantity.kind for other in quantities) > 1:
            continue
        named = [
            (r, v)
            for r in records
            if (r.role & quantity.role or r.name.startswith("action."))
            and (v := _as(quantity, r, records))
        ]
        inside = [w for w in reading.words if quantity.start <= w.start < quantity.end]
        agreeing = next((r for r, value in named if value.equals(quantity)), None)
        if agreeing is not None:
            about = [w for w in reading.words if set(content_words([w])) & agreeing.role]
            reading.agree(agreeing, [*inside, *about])
        elif named:
            reading.against = reading.against or named[0][0].name


def _as(quantity: Quantity, record: _Record, records: Sequence[_Record]) -> Quantity | None:
    """A fact's value read as a quantity of the same kind, None when it is none."""
    value: Decimal | CalendarDay | None = None
    unit = ""
    match quantity.kind:
        case QuantityKind.DATE:
            value = _day(record.value)
        case QuantityKind.MONEY:
            unit = _currency(records)
            # Without a known currency an amount that names one can't be compared.
            value = _money(record, unit) if unit or not quantity.unit else None
        case _:
            return None
    if value is None:
        return None
    return Quantity(kind=quantity.kind, value=value, unit=unit, start=0, end=0)


def _day(value: str | int) -> CalendarDay | None:
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return CalendarDay(month=day.month, day=day.day, year=day.year)


def _currency(records: Sequence[_Record]) -> str:
    named = {str(r.value).upper() for r in records if r.leaf == "currency"}
    return named.pop() if len(named) == 1 else ""


def _money(record: _Record, currency: str) -> Decimal | None:
    if isinstance(record.value, int):
        if not record.leaf.endswith("_minor"):
            return None
        return Decimal(record.value).scaleb(-_MINOR_DIGITS.get(currency, 2))
    try:
        return Decimal(record.value) if regex.fullmatch(r"\d+\.\d{2,3}", record.value) else None
    except InvalidOperation:
        return None


def _check_values(reading: _Reading, records: Sequence[_Record]) -> None:
    """Names of things: a fact's words that stand in the claim in the same order."""
    texts = [word.text for word in reading.words]
    for record in records:
        if not isinstance(record.value, str) or record.leaf not in _THING_NAMES:
            continue
        wanted = [word.text for word in words_of(record.value)]
        for place in range(len(texts) - len(wanted) + 1):
            if wanted and texts[place : place + len(wanted)] == wanted:
                reading.agree(record, reading.words[place : place + len(wanted)])


_THING_NAMES = frozenset({"name", "title", "product", "carrier", "plan", "currency"})
_LABELS = _ID_NAMES | _THING_NAMES
