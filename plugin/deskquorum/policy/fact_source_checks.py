"""Whether sources tell what policies declare."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from deskquorum.errors import Problem
from deskquorum.policy.declarations import BUILT_IN
from deskquorum.policy.desk_file import DeskFile
from deskquorum.policy.desk_shapes import SEGMENT, DeskShape
from deskquorum.policy.document import Document
from deskquorum.policy.fact_source_shapes import FieldShape, SqlShape
from deskquorum.policy.fact_types import (
    FactType,
    ListOf,
    MapOf,
    Record,
    Scalar,
    TypeSpec,
    described,
)
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.trusted_fields import check_trusted
from deskquorum.policy.url_template import UrlTemplate

__all__ = ["source_misfits"]

_Keys = tuple[str, ...]


def source_misfits(
    desk: DeskFile, facts: Mapping[str, TypeSpec], dropped: Collection[str]
) -> Iterator[Problem]:
    """Facts of sources that nobody declares or that are declared as something else.

    Args:
        desk: The desk, with the file that it was read from.
        facts: Declared facts by dotted name.
        dropped: Names whose declarations are faulty; what uses them is not reported again.
    """
    checker = _Checker(document=desk.document, facts=facts, dropped=frozenset(dropped))
    for name, shape in desk.document.value.sources.items():
        keys = ("sources", name)
        for fact, field in shape.fields.items():
            yield from checker.fact(fact, field, (*keys, "fields", fact))
        if isinstance(shape, SqlShape):
            for parameter, asked in shape.parameters.items():
                if _trusted(asked):
                    yield from checker.asked(asked, 0, (*keys, "parameters", parameter))
        else:
            for asked, offset in _places(shape.url).items():
                yield from checker.asked(asked, offset, (*keys, "url"))
    for name in desk.document.value.max_age:
        yield from checker.aged(name)
    if desk.segment != SEGMENT:
        yield from checker.segment(desk.segment)


def _places(url: str) -> Mapping[str, int]:
    try:
        return UrlTemplate(url).places
    except ValueError:
        # Reported where the template was read.
        return {}


def _trusted(name: str) -> bool:
    """Others were reported where the parameters were read."""
    try:
        check_trusted(name)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checker:
    document: Document[DeskShape]
    facts: Mapping[str, TypeSpec]
    dropped: frozenset[str]

    def fact(self, name: str, field: FieldShape, keys: _Keys) -> Iterator[Problem]:
        if name in self.facts:
            yield from self._field(name, field, self.facts[name].type, keys)
        elif name in BUILT_IN:
            yield self._at_key(f"'{name}' is told by the ticket itself", keys)
        elif name not in self.dropped:
            hint = did_you_mean(name, self.facts) or "declare it under `facts` of a topic"
            yield self._at_key(f"no policy declares the fact '{name}'", keys, hint)

    def asked(self, name: str, offset: int, keys: _Keys) -> Iterator[Problem]:
        """A field of the ticket that an address or a statement takes."""
        root = name.partition(".")[0]
        if name == "ticket.id" or root == "requester" or name in self.dropped:
            return
        spec = self.facts.get(name)
        if spec is None:
            hint = did_you_mean(name, [*self.facts, "ticket.id", "requester.customer_id"])
            hint = hint or "name ticket.id, requester.FIELD or a fact that the ticket brings"
            message = f"no policy declares the fact '{name}'"
            yield self.document.problem(message, *keys, hint=hint, offset=offset)
        elif not (isinstance(spec.type, Scalar) and spec.type.name in {"string", "int"}):
            message = f"'{name}' is {described(spec.type)}, and only texts and numbers can be sent"
            yield self.document.problem(message, *keys, offset=offset)

    def aged(self, name: str) -> Iterator[Problem]:
        known = {*self.facts, *(r for fact in self.facts for r in _records(fact))}
        if name not in known | self.dropped:
            hint = did_you_mean(name, known)
            yield self._at_key(f"'{name}' is neither a fact nor a record", ("max_age", name), hint)

    def segment(self, name: str) -> Iterator[Problem]:
        if name not in self.facts and name not in self.dropped:
            hint = did_you_mean(name, self.facts) or "declare it under `facts` of a topic"
            message = f"no policy declares the fact '{name}'"
            yield self.document.problem(message, "segment", hint=hint)

    def _field(
        self, name: str, field: FieldShape, kind: FactType, keys: _Keys
    ) -> Iterator[Problem]:
        said = f"'{name}' is declared as {described(kind)}"
        if field.currency is not None:
            if not _takes_minor(kind):
                hint = "leave `currency` out here"
                yield self._at_key(f"{said}, no whole number of minor units", keys, hint)
        elif field.flag:
            if not (isinstance(kind, Scalar) and kind.name == "bool"):
                yield self._at_key(f"{said}, no flag", keys)
        elif field.items is not None:
            yield from self._items(name, field.items, kind, keys)

    def _items(
        self, name: str, items: Mapping[str, FieldShape], kind: FactType, keys: _Keys
    ) -> Iterator[Problem]:
        record = kind.element if isinstance(kind, ListOf | MapOf) else None
        if not isinstance(record, Record):
            yield self._at_key(f"'{name}' is declared as {described(kind)}, not of records", keys)
            return
        for item, field in items.items():
            inner = (*keys, "items", item)
            if item in record.fields:
                kind = record.fields[item].type
                yield from self._field(f"{name}.{item}", field, kind, inner)
            else:
                hint = did_you_mean(item, record.fields, what="fields")
                yield self._at_key(f"records of '{name}' have no field '{item}'", inner, hint)
        for wanted, spec in record.fields.items():
            if wanted not in items and not spec.optional:
                yield self._at_key(f"records of '{name}' need the field '{wanted}'", keys)

    def _at_key(self, message: str, keys: _Keys, hint: str = "") -> Problem:
        return self.document.key_problem(message, *keys, hint=hint)


def _takes_minor(kind: FactType) -> bool:
    """Whether whole minor units fit; an amount declared with a currency is told in decimals."""
    return isinstance(kind, Scalar) and kind.name in {"int", "money"} and kind.currency is None


def _records(fact: str) -> Iterator[str]:
    while "." in fact:
        fact = fact.rpartition(".")[0]
        yield fact
