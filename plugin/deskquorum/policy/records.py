"""Message types generated from declared records, so that a misspelt field can't compile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from deskquorum.policy.fact_types import CelInput, FactType, ListOf, Record, Scalar, TypeSpec

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

__all__ = ["RecordTypes"]

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
    """One message type per declared record; values of lists of records become messages."""

    def __init__(self, declared: Mapping[str, TypeSpec]) -> None:
        self._names: dict[int, str] = {}
        self._shown: dict[str, str] = {}
        self._pool: DescriptorPool | None = None
        records = {
            name: spec.type.element
            for name, spec in declared.items()
            if isinstance(spec.type, ListOf) and isinstance(spec.type.element, Record)
        }
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
        """The declared name of the list whose records have this message type."""
        return self._shown.get(message_name)

    def fields_of(self, message_name: str) -> tuple[str, ...]:
        """Field names of a message type."""
        if self._pool is None:
            return ()
        return tuple(self._pool.FindMessageTypeByName(message_name).fields_by_name)

    def bound(self, kind: FactType, value: CelInput) -> object:
        """The value with every record in it as a message."""
        match kind, value:
            case ListOf(element=element), list():
                return [self.bound(element, item) for item in value]
            case Record(), dict():
                return self._message(kind, value)
            case _:
                return value

    def _build(self, records: Mapping[str, Record]) -> None:
        from google.protobuf import timestamp_pb2, wrappers_pb2
        from google.protobuf.descriptor_pb2 import FileDescriptorProto
        from google.protobuf.descriptor_pool import DescriptorPool

        file = FileDescriptorProto(name="records.proto", package=_PACKAGE, syntax="proto3")
        pool = DescriptorPool()
        for known in (timestamp_pb2, wrappers_pb2):
            pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
            file.dependency.append(known.DESCRIPTOR.name)
        for name, record in records.items():
            self._declare(file.message_type.add(name=name.replace(".", "_dot_")), record, name)
        pool.AddSerializedFile(file.SerializeToString())
        self._pool = pool

    def _declare(self, message: DescriptorProto, record: Record, shown: str) -> None:
        full = f"{_PACKAGE}.{message.name}"
        self._names[id(record)] = full
        self._shown[full] = shown
        for number, (name, spec) in enumerate(record.fields.items(), start=1):
            # An own JSON name, because the default ones of `a_b` and `a__b` would be the same.
            field = message.field.add(name=name, number=number, json_name=f"f{number}")
            _describe(field, spec)

    def _message(self, record: Record, value: Mapping[str, CelInput]) -> Message:
        from google.protobuf.message_factory import GetMessageClass

        assert self._pool is not None  # noqa: S101 - records are declared, or there is no Record
        made = GetMessageClass(self._pool.FindMessageTypeByName(self.message_name(record)))()
        for name, item in value.items():
            _fill(made, name, item, wrapped=record.fields[name].optional)
        return made


def _describe(field: FieldDescriptorProto, spec: TypeSpec) -> None:
    kind = spec.type
    field.label = field.LABEL_OPTIONAL
    if isinstance(kind, ListOf):
        field.label, kind = field.LABEL_REPEATED, kind.element
    assert isinstance(kind, Scalar)  # noqa: S101 - `read_type` lets no record into a record
    if kind.name in {"date", "time"}:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{_TIMESTAMP}"
    elif spec.optional:
        # A wrapper that is not set reads as null; a plain field would read as 0 or "".
        field.type, field.type_name = field.TYPE_MESSAGE, f".google.protobuf.{_WRAPPERS[kind.name]}"
    else:
        field.type = getattr(field, f"TYPE_{_SCALARS[kind.name]}")


def _fill(message: Message, name: str, item: CelInput, *, wrapped: bool) -> None:
    if isinstance(item, list):
        for element in item:
            if isinstance(element, datetime):
                _set_moment(getattr(message, name).add(), element)
            else:
                getattr(message, name).append(element)
    elif isinstance(item, datetime):
        _set_moment(getattr(message, name), item)
    elif wrapped:
        getattr(message, name).value = item
    else:
        setattr(message, name, item)


def _set_moment(timestamp: object, moment: datetime) -> None:
    seconds = int(moment.timestamp() // 1)
    setattr(timestamp, "seconds", seconds)  # noqa: B010 - the class is made at run time
    setattr(timestamp, "nanos", moment.microsecond * 1000)  # noqa: B010 - the same
