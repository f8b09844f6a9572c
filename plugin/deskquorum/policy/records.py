"""Message types generated from declared records, so that a misspelt field can't compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deskquorum.policy.fact_types import FactType, ListOf, MapOf, Record, Scalar, TypeSpec
from deskquorum.policy.fitting import CelInput, fit_for

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        FieldDescriptorProto,
        FileDescriptorProto,
    )
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

__all__ = ["RecordTypes", "read_back"]

_PACKAGE = "record"
_SCALARS = {"string": "STRING", "int": "INT64", "money": "INT64", "bool": "BOOL"}
_WRAPPERS = {
    "string": "StringValue",
    "int": "Int64Value",
    "money": "Int64Value",
    "bool": "BoolValue",
}
_TIMESTAMP = "google.protobuf.Timestamp"


class RecordTypes:
    """One message type per declared record; values that hold records become messages."""

    def __init__(self, declared: Iterable[tuple[str, TypeSpec]]) -> None:
        self._names: dict[int, str] = {}
        self._shown: dict[str, str] = {}
        self._classes: dict[int, type[Message]] = {}
        self._pool: DescriptorPool | None = None
        records = [
            (name, record)
            for name, spec in declared
            if (record := _record_in(spec.type)) is not None
        ]
        if records:
            self._build(records)

    @property
    def pool(self) -> DescriptorPool | None:
        """Where the types are registered; None when no record is declared."""
        return self._pool

    def message_name(self, record: Record) -> str:
        """The full name of a record's message type."""
        return self._names[id(record)]

    def owner_of(self, message_name: str) -> str | None:
        """The declared name of the fact whose records have this message type."""
        return self._shown.get(message_name)

    def fields_of(self, message_name: str) -> tuple[str, ...]:
        """Field names of a message type."""
        if self._pool is None:
            return ()
        return tuple(self._pool.FindMessageTypeByName(message_name).fields_by_name)

    def fit_for(self, kind: FactType) -> Callable[[object], object]:
        """Bring values into a type, with every record in them as a message.

        What is returned raises `UnfitError` for a value of another type.
        """
        fit = fit_for(kind)
        if _record_in(kind) is None:
            return fit
        return lambda value: self._bound(kind, fit(value))

    def _bound(self, kind: FactType, value: CelInput) -> object:
        match kind, value:
            case ListOf(element=Record() as record), list():
                return [self._bound(record, item) for item in value]
            case MapOf(element=Record() as record), dict():
                return {name: self._bound(record, item) for name, item in value.items()}
            case Record(), dict():
                made = self._class_of(kind)()
                _fill(made, kind, value)
                return made
            case _:
                return value

    def _build(self, records: Sequence[tuple[str, Record]]) -> None:
        from google.protobuf import timestamp_pb2, wrappers_pb2
        from google.protobuf.descriptor_pb2 import FileDescriptorProto
        from google.protobuf.descriptor_pool import DescriptorPool

        file = FileDescriptorProto(name="records.proto", package=_PACKAGE, syntax="proto3")
        pool = DescriptorPool()
        for known in (timestamp_pb2, wrappers_pb2):
            pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
            file.dependency.append(known.DESCRIPTOR.name)
        for shown, record in records:
            self._declare(file, record, shown)
        pool.AddSerializedFile(file.SerializeToString())
        self._pool = pool

    def _declare(self, file: FileDescriptorProto, record: Record, shown: str) -> str:
        """Add a record's type, those of its fields first, and name it."""
        if id(record) in self._names:
            return self._names[id(record)]
        inner_names = {
            name: self._declare(file, inner, f"{shown}.{name}")
            for name, spec in record.fields.items()
            if (inner := _record_in(spec.type)) is not None
        }
        # Numbered, because dots can't stand in such a name and every substitute could clash.
        message = file.message_type.add(name=f"Record{len(file.message_type)}")
        full = f"{_PACKAGE}.{message.name}"
        self._names[id(record)] = full
        self._shown[full] = shown
        for number, (name, spec) in enumerate(record.fields.items(), start=1):
            # An own JSON name, because the default ones of `a_b` and `a__b` would be the same.
            field = message.field.add(name=name, number=number, json_name=f"f{number}")
            if isinstance(spec.type, MapOf):
                entry = message.nested_type.add(name=_entry_name(name))
                _describe_entry(entry, spec.type, inner_names.get(name))
                field.label, field.type = field.LABEL_REPEATED, field.TYPE_MESSAGE
                field.type_name = f".{full}.{entry.name}"
            else:
                _describe(field, spec, inner_names.get(name))
        return full

    def _class_of(self, record: Record) -> type[Message]:
        from google.protobuf.message_factory import GetMessageClass

        if id(record) not in self._classes:
            assert self._pool is not None  # noqa: S101 - a record is declared: this one
            found = self._pool.FindMessageTypeByName(self.message_name(record))
            self._classes[id(record)] = GetMessageClass(found)
        return self._classes[id(record)]


def read_back(message: Message) -> dict[str, object]:
    """The record that a message holds; what is absent is left out."""
    return dict(_held(message))


def _held(message: Message) -> Iterator[tuple[str, object]]:
    for field in message.DESCRIPTOR.fields:
        inner, value = field.message_type, getattr(message, field.name)
        if inner is not None and inner.GetOptions().map_entry:
            yield field.name, {key: _read_value(value[key]) for key in value}
        elif field.is_repeated:
            yield field.name, [_read_value(item) for item in value]
        elif inner is None or message.HasField(field.name):
            yield field.name, _read_value(value)


# Messages and their containers have classes that exist at run time only.
def _read_value(value: Any) -> object:  # noqa: ANN401 - see above
    if not hasattr(value, "DESCRIPTOR"):
        return value
    name = value.DESCRIPTOR.full_name
    if name == _TIMESTAMP:
        seconds = datetime.fromtimestamp(value.seconds, UTC)
        return seconds + timedelta(microseconds=value.nanos // 1000)
    # Else a record, or the wrapper of a value that may be absent.
    return read_back(value) if name.startswith(f"{_PACKAGE}.") else value.value


def _entry_name(field: str) -> str:
    """The one name that protobuf allows for the entries of a map."""
    return "".join(part[:1].upper() + part[1:] for part in field.split("_")) + "Entry"


def _record_in(kind: FactType) -> Record | None:
    inner = kind.element if isinstance(kind, ListOf | MapOf) else kind
    return inner if isinstance(inner, Record) else None


def _describe_entry(entry: DescriptorProto, kind: MapOf, inner: str | None) -> None:
    """A map in a message is a list of entries with two fields."""
    entry.options.map_entry = True
    key = entry.field.add(name="key", number=1)
    key.label, key.type = key.LABEL_OPTIONAL, key.TYPE_STRING
    _describe(entry.field.add(name="value", number=2), TypeSpec(type=kind.element), inner)


def _describe(field: FieldDescriptorProto, spec: TypeSpec, inner: str | None) -> None:
    kind = spec.type
    field.label = field.LABEL_OPTIONAL
    if isinstance(kind, ListOf):
        field.label, kind = field.LABEL_REPEATED, kind.element
    if not isinstance(kind, Scalar):
        field.type, field.type_name = field.TYPE_MESSAGE, f".{inner}"
    elif kind.name in {"date", "time"}:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{_TIMESTAMP}"
    elif spec.optional and kind is spec.type:
        # A wrapper that is not set reads as null; a plain field would read as 0 or "".
        field.type, field.type_name = field.TYPE_MESSAGE, f".google.protobuf.{_WRAPPERS[kind.name]}"
    else:
        field.type = getattr(field, f"TYPE_{_SCALARS[kind.name]}")


def _fill(message: Message, record: Record, value: Mapping[str, CelInput]) -> None:
    for name, item in value.items():
        spec = record.fields[name]
        match spec.type, item:
            case ListOf(element=element), list():
                for one in item:
                    _append(getattr(message, name), element, one)
            case MapOf(element=element), dict():
                for key, one in item.items():
                    _put(getattr(message, name), key, element, one)
            case Record() as inner, dict():
                getattr(message, name).SetInParent()
                _fill(getattr(message, name), inner, item)
            case _, datetime():
                _set_moment(getattr(message, name), item)
            case _ if spec.optional:
                getattr(message, name).value = item
            case _:
                setattr(message, name, item)


# The containers' classes exist at run time only.
def _append(items: Any, kind: Scalar | Record, item: CelInput) -> None:  # noqa: ANN401 - see above
    if isinstance(kind, Record) and isinstance(item, dict):
        _fill(items.add(), kind, item)
    elif isinstance(item, datetime):
        _set_moment(items.add(), item)
    else:
        items.append(item)


def _put(items: Any, key: str, kind: Scalar | Record, item: CelInput) -> None:  # noqa: ANN401 - see above
    if isinstance(kind, Record) and isinstance(item, dict):
        _fill(items[key], kind, item)
    elif isinstance(item, datetime):
        _set_moment(items[key], item)
    else:
        items[key] = item


def _set_moment(timestamp: object, moment: datetime) -> None:
    seconds = int(moment.timestamp() // 1)
    setattr(timestamp, "seconds", seconds)  # noqa: B010 - the class is made at run time
    setattr(timestamp, "nanos", moment.microsecond * 1000)  # noqa: B010 - the same
