"""The tree of a checked expression, as the engine hands it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

__all__ = ["Tree", "names_of", "tree_of"]

Kind = Literal["constant", "name", "call", "select", "list", "map", "loop", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """An expression; trees that are equal stand for the same value."""

    kind: Kind
    name: str = ""
    """Of the variable, the function, or the field that is selected."""
    value: str | int | bool | None = None
    """Of a constant."""
    type: str = ""
    """`bool`, `int`, `string`, `time`, `duration`, `map` or a record's; "" for every other type."""
    parts: tuple[Tree, ...] = ()
    """Arguments, elements, keys and values in turn, or the parts of a loop."""
    variables: tuple[str, ...] = ()
    """What a loop calls its element, and what it has so far."""
    at: int = field(default=0, compare=False)
    """Where its operator or name stands in the text."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Proofs look trees up again and again, and a tree's parts never change.
        of = (self.kind, self.name, self.value, self.type, self.parts, self.variables)
        object.__setattr__(self, "_hash", hash(of))

    def __hash__(self) -> int:
        return self._hash


def tree_of(serialized: bytes) -> Tree:
    """The tree in an expression that the engine has checked and serialized."""
    # The engine wraps the message into an `Any`: a type's name, then the message.
    wrapped = _messages()["Any"].FromString(serialized)
    checked = _messages()["CheckedExpr"].FromString(wrapped.value)
    types = {entry.key: _type(entry.value) for entry in checked.type_map}
    places = {entry.key: entry.value for entry in checked.source_info.positions}
    return _Reader(types=types, places=places).tree(checked.expr)


def names_of(tree: Tree) -> Iterator[str]:
    """The variables that an expression reads; those of its own loops are not among them.

    Text alone does not tell: `(order).status`, `.order.status` and a comment between the names are
    all the same variable.
    """
    # A dot before a name passes by the loops around it.
    return (name.removeprefix(".") for name in _names_of(tree))


def _names_of(tree: Tree) -> Iterator[str]:
    if tree.kind == "name":
        yield tree.name
    for part in tree.parts:
        yield from (name for name in _names_of(part) if name not in tree.variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    types: Mapping[int, str]
    places: Mapping[int, int]

    # Generated at run time, the messages have no types of their own.
    def tree(self, found: Any) -> Tree:  # noqa: ANN401, PLR0911 - see above; a return a kind
        kind, of, at = found.WhichOneof("expr_kind"), self._type_of(found), self._place_of(found)
        match kind:
            case "const_expr":
                return Tree(kind="constant", type=of, at=at, **_constant(found.const_expr))
            case "ident_expr":
                return Tree(kind="name", name=found.ident_expr.name, type=of, at=at)
            case "call_expr":
                call = found.call_expr
                target = [call.target] if call.HasField("target") else []
                parts = self._all([*target, *call.args])
                return Tree(kind="call", name=call.function, parts=parts, type=of, at=at)
            case "select_expr":
                select = found.select_expr
                name = f"has {select.field}" if select.test_only else select.field
                parts = self._all([select.operand])
                return Tree(kind="select", name=name, parts=parts, type=of, at=at)
            case "list_expr":
                return Tree(kind="list", parts=self._all(found.list_expr.elements), at=at)
            case "struct_expr":
                entries = found.struct_expr.entries
                inside = [part for entry in entries for part in (entry.map_key, entry.value)]
                name = found.struct_expr.message_name
                made: Kind = "other" if name else "map"
                return Tree(kind=made, name=name, parts=self._all(inside), at=at)
            case "comprehension_expr":
                return self._loop(found.comprehension_expr, of, at)
            case _:
                return Tree(kind="other", name=f"#{found.id}", at=at)

    def _type_of(self, found: Any) -> str:  # noqa: ANN401 - see above
        return self.types.get(found.id, "")

    def _place_of(self, found: Any) -> int:  # noqa: ANN401 - see above
        return self.places.get(found.id, 0)

    def _all(self, found: Any) -> tuple[Tree, ...]:  # noqa: ANN401 - see above
        return tuple(self.tree(part) for part in found)

    def _loop(self, loop: Any, of: str, at: int) -> Tree:  # noqa: ANN401 - see above
        body = self._all([loop.loop_condition, loop.loop_step, loop.result])
        variables = tuple(v for v in (loop.iter_var, loop.iter_var2, loop.accu_var) if v)
        # The range and the start are read outside, where the loop's variables are not yet known.
        outside = self._all([loop.iter_range, loop.accu_init])
        inner = Tree(kind="other", name="body", parts=body, variables=variables)
        return Tree(kind="loop", parts=(*outside, inner), type=of, at=at)


def _constant(found: Any) -> dict[str, Any]:  # noqa: ANN401 - see `_Reader`
    match found.WhichOneof("constant_kind"):
        case "bool_value" | "int64_value" | "string_value" as kind:
            return {"value": getattr(found, kind)}
        case kind:
            return {"name": f"{kind} {getattr(found, str(kind))!r}"}


def _type(found: Any) -> str:  # noqa: ANN401 - see `_Reader`
    match found.WhichOneof("type_kind"):
        case "primitive":
            return {1: "bool", 2: "int", 5: "string"}.get(found.primitive, "")
        case "well_known":
            return {2: "time", 3: "duration"}.get(found.well_known, "")
        case "message_type":
            return str(found.message_type)
        case "map_type":
            return "map"
        case _:
            return ""


_SHAPES = """
Any: 1 type_url string, 2 value bytes
CheckedExpr: 3 type_map *TypeEntry, 4 expr Expr, 5 source_info SourceInfo
SourceInfo: 4 positions *Position
Position: 1 key int64, 2 value int32
TypeEntry: 1 key int64, 2 value Type
Type: type_kind= 3 primitive int32, 5 well_known int32, 7 map_type MapType, 9 message_type string
MapType: 1 key_type Type, 2 value_type Type
Constant: constant_kind= 1 null_value int64, 2 bool_value bool, 3 int64_value int64, \
4 uint64_value uint64, 5 double_value double, 6 string_value string, 7 bytes_value bytes
Expr: 2 id int64, expr_kind= 3 const_expr Constant, 4 ident_expr Ident, 5 select_expr Select, \
6 call_expr Call, 7 list_expr CreateList, 8 struct_expr CreateStruct, 9 comprehension_expr Loop
Ident: 1 name string
Select: 1 operand Expr, 2 field string, 3 test_only bool
Call: 1 target Expr, 2 function string, 3 args *Expr
CreateList: 1 elements *Expr
CreateStruct: 1 message_name string, 2 entries *Entry
Entry: 3 map_key Expr, 4 value Expr
Loop: 1 iter_var string, 2 iter_range Expr, 3 accu_var string, 4 accu_init Expr, \
5 loop_condition Expr, 6 loop_step Expr, 7 result Expr, 8 iter_var2 string
"""
"""The parts that are read of `cel/expr/checked.proto` and `syntax.proto`: field numbers, names and
types; `*` is repeated, and what stands behind `NAME=` is one of several."""


@cache
def _messages() -> dict[str, Any]:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    file = FileDescriptorProto(name="checked.proto", package="cel", syntax="proto3")
    for line in _SHAPES.strip().splitlines():
        name, _, fields = line.partition(": ")
        _describe(file.message_type.add(name=name), fields.split(", "))
    pool = DescriptorPool()
    pool.Add(file)
    return {
        shape.name: GetMessageClass(pool.FindMessageTypeByName(f"cel.{shape.name}"))
        for shape in file.message_type
    }


def _describe(shape: Any, fields: list[str]) -> None:  # noqa: ANN401 - see `_Reader`
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

    for written in fields:
        choice, _, rest = written.rpartition("= ")
        if choice:
            shape.oneof_decl.add(name=choice)
        number, name, of = rest.split(" ")
        repeated, of = of.startswith("*"), of.removeprefix("*")
        field = shape.field.add(
            name=name,
            number=int(number),
            label=Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL,
        )
        if of[0].isupper():
            field.type, field.type_name = Field.TYPE_MESSAGE, f".cel.{of}"
        else:
            field.type = Field.Type.Value(f"TYPE_{of.upper()}")
        if shape.oneof_decl:
            field.oneof_index = 0
