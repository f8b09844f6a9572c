"""Promises that every module of the package keeps: size, names, narrow excepts, layers."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugin" / "deskquorum"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MAY_CATCH_ANYTHING = {
    "adapters/bot_conversations.py",
    "adapters/langchain/chat_model.py",
    "adapters/langchain/middleware.py",
    "adapters/langchain/whole_turns.py",
    "desk.py",
    "execution/worker.py",
    "labeling/collect.py",
    "ledger/writing.py",
    "backfill/working.py",
    "server/watching.py",
    "tool_calls.py",
}
BROAD = {"Exception", "BaseException"}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def nodes_of(path):
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


# Alembic's own: run by it, not imported from.
IMPORTED = [path for path in MODULES if "migrations" not in path.parts]

each_module = pytest.mark.parametrize("path", MODULES, ids=name_of)
each_room = pytest.mark.parametrize("room", ROOMS)


@each_module
def test_a_module_has_at_most_500_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@each_module
def test_a_function_has_at_most_60_lines(path):
    functions = [node for node in nodes_of(path) if isinstance(node, FUNCTIONS)]
    assert [f.name for f in functions if f.end_lineno - f.lineno >= 60] == []


@each_module
def test_a_module_is_named_after_what_it_owns(path):
    assert path.stem not in {"utils", "helpers", "common", "misc"}


@each_module
def test_only_the_modules_named_catch_anything_at_all(path):
    broad = [node.lineno for node in nodes_of(path) if catches_anything(node)]
    assert broad == [] or name_of(path) in MAY_CATCH_ANYTHING


@pytest.mark.parametrize(
    "code",
    [
        "try: pass\nexcept: pass",
        "try: pass\nexcept Exception: pass",
        "try: pass\nexcept (ValueError, BaseException) as e: pass",
        "with suppress(Exception): pass",
        "with contextlib.suppress(OSError, Exception): pass",
    ],
)
def test_a_broad_except_is_recognised_in_every_spelling(code):
    assert any(catches_anything(node) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize("path", IMPORTED, ids=name_of)
def test_a_module_declares_its_public_names_once_and_has_them(path):
    dotted = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    module = importlib.import_module(dotted.removesuffix(".__init__"))
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@each_room
def test_a_room_exports_exactly_the_names_it_gathers(room):
    module = importlib.import_module(f"deskquorum.{room}")
    gathered = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert gathered - {"annotations", "TYPE_CHECKING"} == set(module.__all__)


@each_room
def test_a_room_has_no_logic_of_its_own_in_its_init(room):
    body = ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8")).body
    assert not [node for node in body if isinstance(node, (*FUNCTIONS, ast.ClassDef))]


def test_imports_keep_to_the_layers():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)  # noqa: S603 - ours
    assert ran.returncode == 0, ran.stdout + ran.stderr


def catches_anything(node):
    """Whether the node is a bare or broad `except`, or a `suppress` of the same."""
    match node:
        case ast.ExceptHandler(type=None):
            return True
        case ast.ExceptHandler(type=caught):
            return bool(names_in(caught) & BROAD)
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress")):
            return any(names_in(argument) & BROAD for argument in node.args)
    return False


def names_in(expression):
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
