"""What the package imports is what it asks for: a bare install lacks nothing."""

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugin" / "deskquorum"
RUNTIME_EXTRAS = (
    "local",
    "learn",
    "server",
    "postgres",
    "langchain",
    "agents",
    "mcp",
    "scale",
    "otel",
)


def test_every_library_that_is_imported_comes_with_the_install():
    installed = brought(asked_for())
    homes = packages_distributions()
    missing = {
        library
        for library in imported()
        if not installed & {plain(home) for home in homes.get(library, ())}
    }
    assert missing == set()


def asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return project["dependencies"] + [line for name in RUNTIME_EXTRAS for line in extras[name]]


def imported():
    """Top-level names of third-party imports, wherever in a module they stand."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import():
                    names |= {alias.name for alias in node.names}
                case ast.ImportFrom(module=str(module), level=0):
                    names.add(module)
    tops = {name.partition(".")[0] for name in names}
    return tops - sys.stdlib_module_names - {"deskquorum"}


def brought(requirements):
    """Names of all distributions that those requirements bring, as far as installed here."""
    found, wanted = set(), list(requirements)
    while wanted:
        requirement = wanted.pop().partition(";")[0]
        name = plain(re.match(r"[\w.-]+", requirement.strip())[0])
        extras = re.search(r"\[(.*?)\]", requirement)
        key = (name, extras[1] if extras else "")
        if key in found:
            continue
        found.add(key)
        wanted += needs(name, key[1].split(","))
    return {name for name, _ in found}


def needs(name, extras):
    """Requirements of an installed distribution, those of the given extras included."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return []
    plain_ones = [line for line in lines if "extra ==" not in line]
    chosen = [
        line.partition(";")[0]
        for line in lines
        if any(f'extra == "{extra}"' in line or f"extra == '{extra}'" in line for extra in extras)
    ]
    return plain_ones + chosen


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()
