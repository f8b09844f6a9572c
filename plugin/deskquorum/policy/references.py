"""Which variables a compiled expression reads, as the compiler itself found them.

Text alone does not tell: `(order).status`, `.order.status` and a comment between the names are all
the same variable. The compiler writes down what each name stands for, in the checked expression
that it can serialize (`cel.expr.CheckedExpr` of github.com/google/cel-spec, in a
`google.protobuf.Any`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ["references_of"]

_TABLE = 2
"""Field of `CheckedExpr` with the references: a map from a part's id to what it refers to."""


def references_of(serialized: bytes) -> frozenset[str]:
    """Full names of all variables and functions that a serialized expression refers to."""
    from google.protobuf.any_pb2 import Any as Envelope

    # Its fields exist at run time only.
    checked: Any = _checked()()
    checked.ParseFromString(Envelope.FromString(serialized).value)
    return frozenset(entry.refers.name for entry in checked.entries)


@cache
def _checked() -> type[Message]:
    """The part of `CheckedExpr` that is read here; a map is a list of entries on the wire."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    file = FileDescriptorProto(name="references.proto", package="references", syntax="proto3")
    name = file.message_type.add(name="Reference").field.add(name="name", number=1)
    name.type, name.label = name.TYPE_STRING, name.LABEL_OPTIONAL
    refers = file.message_type.add(name="Entry").field.add(name="refers", number=2)
    refers.type, refers.type_name = refers.TYPE_MESSAGE, ".references.Reference"
    refers.label = refers.LABEL_OPTIONAL
    entries = file.message_type.add(name="Checked").field.add(name="entries", number=_TABLE)
    entries.type, entries.type_name = entries.TYPE_MESSAGE, ".references.Entry"
    entries.label = entries.LABEL_REPEATED
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("references.Checked"))
