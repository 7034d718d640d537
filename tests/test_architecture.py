"""Rules that can be checked: who imports whom, who may do what, how long things are."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "appliance"
MAX_FILE_LINES = 450
MAX_FUNCTION_LINES = 50

# Imports point down this list only, and never between the packages of one layer.
LAYERS = (
    {"__init__"},
    {"languages"},
    {"clock", "config", "env_file", "errors", "outages", "printable", "write_queue"},
    {"telegram"},
    {"models", "schemas", "engines", "gates"},
    {"database"},
    {"crud"},
    {"services"},
    {"delivery"},
    {"sandbox"},
    {"bot", "routers"},
    {"frontend"},
    {"web"},
    {"runtime"},
    {"cli"},
    {"__main__"},
)
# Within one layer: settings are read and raise errors, shapes are made from rows.
FRIENDS = {
    ("config", "env_file"),
    ("config", "errors"),
    ("env_file", "errors"),
    ("schemas", "models"),
}
# Migrations are a world of their own: Alembic runs them, they see nothing newer than themselves.
OUTSIDE = {"migrations"}

FLASK = {"flask", "flask_sqlalchemy", "flask_login", "apiflask", "werkzeug"}
KNOWS = {
    **{library: {"database", "routers", "frontend", "web"} for library in FLASK},
    "flask_login": {"models", "routers"},  # `User` is what it logs in
    "telebot": {"bot", "delivery", "services"},
    "click": {"cli"},
    "waitress": {"runtime", "web"},
    "aiohttp": {"sandbox"},
    "alembic": {"migrations", "services"},
}
QUERY_WORDS = {"select", "insert", "update", "delete", "text", "union", "union_all"}
QUERIES_ALLOWED = {"crud", "database", "models", "migrations"}

# Source files without a test file of their own, each with its reason.
WITHOUT_TEST_FILE = {
    "__init__": "says the version; tests/deploy/test_wheel.py asks for it",
    "__main__": "one line; the tests of the command line run it",
    "env": "Alembic's entry point; every test with a database runs it",
}


@dataclass(frozen=True)
class Import:
    """One imported name: `target` is the whole dotted name, `line` where it stands."""

    target: str
    line: int


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def package_of(path: Path) -> str:
    """The package a file belongs to: its folder in `appliance/`, or its own stem."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, also those inside functions and under TYPE_CHECKING."""
    package = ("appliance", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*start, *filter(None, [node.module])))
            yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)


def layer(name: str) -> int | None:
    return next((number for number, names in enumerate(LAYERS) if name in names), None)


def imported_package(target: str) -> str | None:
    """The package an import leads to; None outside `appliance` and for names of its own."""
    parts = target.split(".")
    if parts[0] != "appliance" or len(parts) < 2:
        return None
    return parts[1] if layer(parts[1]) is not None or parts[1] in OUTSIDE else None


def test_every_package_has_its_layer():
    packages = {package_of(path) for path in sources()}
    assert {name for name in packages if layer(name) is None} <= OUTSIDE


def test_imports_point_down():
    assert list(_upward_imports()) == []


def _upward_imports() -> Iterator[str]:
    for path in sources():
        here = package_of(path)
        if here in OUTSIDE:
            continue
        for imported in imports(path):
            there = imported_package(imported.target)
            if there is not None and not _may_import(here, there):
                yield f"{where(path, imported.line)}: {here} imports {there}"


def _may_import(here: str, there: str) -> bool:
    if here == there or (here, there) in FRIENDS:
        return True
    above, below = layer(here), layer(there)
    return above is not None and below is not None and below < above


def test_no_file_imports_itself_by_a_way_round():
    """Lazy imports count: a circle that only runs later is one all the same."""
    files = {_module_name(path): path for path in sources()}
    graph = {
        name: {_file_of(imported.target, files) for imported in imports(path)} - {None, name}
        for name, path in files.items()
    }
    assert _circles(graph) == []


def test_folders_of_services_import_each_other_one_way():
    """A subject that needs another is above it, with all its files."""
    files = {_module_name(path): path for path in sources()}
    graph: dict[str, set[str | None]] = {}
    for name, path in files.items():
        here = _folder_of_services(name)
        if here is not None:
            there = {_folder_of_services(imported.target) for imported in imports(path)}
            graph[here] = graph.get(here, set()) | (there - {None, here})
    assert len(graph) > 5
    assert _circles(graph) == []


def _file_of(target: str, files: Mapping[str, Path]) -> str | None:
    """The file of the package that an imported name is in."""
    while target not in files and "." in target:
        target = target.rpartition(".")[0]
    return target if target in files and target != "appliance" else None


def _folder_of_services(target: str) -> str | None:
    """The folder that a dotted name in `services` is in; None for files that lie beside them."""
    parts = target.split(".")
    if parts[:2] != ["appliance", "services"] or len(parts) < 3:
        return None
    return parts[2] if (PACKAGE / "services" / parts[2]).is_dir() else None


def _circles(graph: Mapping[str, set[Any]]) -> list[str]:
    """`a -> b -> a` for each name that comes back to itself, by the shortest way."""
    ways = (_way_back(name, graph) for name in sorted(graph))
    return [" -> ".join(way) for way in ways if way]


def _way_back(start: str, graph: Mapping[str, set[Any]]) -> list[str]:
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop(0)
        for name in sorted(graph.get(way[-1], ())):
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def test_circles_are_found():
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b -> c -> b", "c -> b -> c"]


def test_no_folder_has_more_than_twenty_files():
    """Where there are more, a subject wants a folder of its own."""
    files = Counter(
        path.parent
        for path in sources()
        if path.stem != "__init__" and "versions" not in path.parts  # of migrations: history
    )
    large = {str(folder.relative_to(ROOT)): n for folder, n in files.items() if n > 20}
    assert large == {}


def test_libraries_are_known_only_where_they_belong():
    found = [
        f"{where(path, imported.line)}: {package_of(path)} knows {library}"
        for path in sources()
        for imported in imports(path)
        if (library := imported.target.split(".")[0]) in KNOWS
        and package_of(path) not in KNOWS[library]
    ]
    assert found == []


def test_queries_live_in_crud():
    found = [
        f"{where(path, line)}: {word}"
        for path in sources()
        if package_of(path) not in QUERIES_ALLOWED
        for word, line in _query_words(path)
    ]
    assert found == []


def _query_words(path: Path) -> Iterator[tuple[str, int]]:
    """Where SQLAlchemy's query functions are imported or reached for as attributes."""
    modules = set()
    for imported in imports(path):
        library, _, name = imported.target.rpartition(".")
        if imported.target.split(".")[0] != "sqlalchemy":
            continue
        if name in QUERY_WORDS:
            yield f"{library}.{name}", imported.line
        modules |= {"sa", "sqlalchemy"}
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in QUERY_WORDS
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
        ):
            yield f"{node.value.id}.{node.attr}", node.lineno


def test_the_environment_is_read_in_config_only():
    found = [
        where(path, number)
        for path in sources()
        if package_of(path) != "config"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\bos\.(environb?|getenvb?)\b|from os import .*\b(environ|getenv)", line)
    ]
    assert found == []


def test_current_app_is_known_to_the_web_layer_only():
    found = [
        where(path, imported.line)
        for path in sources()
        for imported in imports(path)
        if imported.target == "flask.current_app"
        and package_of(path) not in {"routers", "frontend", "web"}
    ]
    assert found == []


def test_files_are_short():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    }
    assert long == {}


def test_functions_are_short():
    long = {
        f"{where(path, node.lineno)} {node.name}": length
        for path in sources()
        if "versions" not in path.parts  # a migration is one list of tables
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_every_source_file_has_its_test_file():
    files = [
        path
        for path in sources()
        if path.stem not in WITHOUT_TEST_FILE
        and "versions" not in path.parts
        and "models" not in path.parts  # tests/test_models.py and test_migrations.py hold them all
        and "schemas" not in path.parts  # tests/test_schemas.py does
    ]
    stems = Counter(path.stem for path in files)
    missing = [
        str(path.relative_to(ROOT)) for path in files if not _has_test(path, stems[path.stem] == 1)
    ]
    assert missing == []


def _has_test(path: Path, unique: bool) -> bool:
    """`crud/users.py`: tests/crud/test_users.py, or test_crud_users.py anywhere.

    A name that only one source file has needs no package: test_pacer.py anywhere.
    """
    tests = ROOT / "tests"
    beside = tests / path.relative_to(PACKAGE).parent / f"test_{path.stem}.py"
    names = [
        f"test_{package_of(path)}_{path.stem}.py",
        *([f"test_{path.stem}.py"] if unique else []),
    ]
    return beside.exists() or any(any(tests.rglob(name)) for name in names)


@pytest.mark.slow
def test_importing_does_nothing():
    """No thread, no environment read, no logging set-up; tried in a process of its own."""
    modules = [_module_name(path) for path in sources() if package_of(path) not in OUTSIDE]
    done = subprocess.run(
        [sys.executable, "-c", WATCH_IMPORTS, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == []
    assert done.returncode == 0, done.stderr


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


# Reads are noticed by an `os.environ` that looks at who asks: libraries may read theirs.
WATCH_IMPORTS = """
import importlib, logging, os, sys, threading

class Watched(type(os.environ)):
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame.f_globals.get("__name__") in {"os", "collections.abc", "_collections_abc"}:
            frame = frame.f_back
        if frame.f_globals.get("__name__", "").split(".")[0] == "appliance":
            print(frame.f_globals["__name__"], "reads", name, "when it is imported")
        return super().__getitem__(name)

os.environ.__class__ = Watched
handlers = list(logging.root.handlers)
for module in sys.argv[1:]:
    if module.endswith("__main__"):
        continue
    importlib.import_module(module)
    if threading.active_count() > 1:
        sys.exit(f"{module} starts a thread when it is imported")
    if logging.root.handlers != handlers:
        sys.exit(f"{module} sets up logging when it is imported")
"""


@pytest.mark.parametrize("name", ["models", "schemas"])
def test_tables_and_shapes_know_no_driver(name):
    """What every package may import must cost little and drag nothing in."""
    files = [path for path in sources() if package_of(path) == name]
    targets = {imported.target.split(".")[0] for path in files for imported in imports(path)}
    assert files and not targets & {"flask", "telebot", "click", "aiohttp", "pycurl"}
