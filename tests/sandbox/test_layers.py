"""The simulator is a tower: every part imports only what lies below it, and little else."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "appliance"
SIMULATOR = "appliance.sandbox"

# From the top down. Parts of one layer do not import each other.
LAYERS = (
    {"server"},
    {"bot_api", "client"},
    {"control", "methods"},
    {"people"},
    {"api_types"},
    {"world"},
    {"protocol"},
)
OF_THE_PRODUCT = {"config", "errors", "telegram"}
"""The simulator judges what the product sends: with more in common both would be wrong alike."""


# What the product takes from the simulator: the site forwards its requests, and checks them first.
PRODUCT_USES = {
    "routers": {"control.requests", "control.views"},
    "runtime": {"server"},
    "cli": {"client", "server", "world.faults", "world.flood_control"},
}


def test_imports_point_down():
    assert list(misplaced(simulator_imports())) == []


def test_the_product_is_all_but_unknown():
    assert list(product_imports(simulator_imports())) == []


@pytest.mark.slow
def test_the_product_takes_only_what_it_must():
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        package = path.relative_to(PACKAGE).parts[0]
        for name in imported_names(path) if package != "sandbox" else ():
            if name.startswith(f"{SIMULATOR}."):
                module = name.removeprefix(f"{SIMULATOR}.").rpartition(".")[0]
                found.setdefault(package, set()).add(module)
    assert found == PRODUCT_USES


def test_no_files_import_each_other_in_a_circle():
    assert circle(simulator_imports()) == []


def test_the_rules_can_fail():
    people, methods = f"{SIMULATOR}.people.names", f"{SIMULATOR}.methods.pins"
    control, model = f"{SIMULATOR}.control.views", f"{SIMULATOR}.world.model"
    assert list(misplaced([(methods, people), (people, model)])) == []
    for upward_or_sideways in [(people, methods), (control, methods), (model, people)]:
        assert list(misplaced([upward_or_sideways])) == [upward_or_sideways]
    assert list(misplaced([(people, f"{SIMULATOR}.lobby")])), "a part without a layer"
    ok, forbidden = (people, "appliance.telegram.html"), (people, "appliance.services.inbox")
    assert list(product_imports([ok, forbidden])) == [forbidden]
    assert set(circle([(people, model), (model, control), (control, people)])) == {
        people,
        model,
        control,
    }


@pytest.mark.slow
def test_only_the_simulator_loads_its_http_server():
    """250 ms and 12 MB that a process without a simulator does not pay; a process of its own."""
    modules = [
        module_name(path)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in {"sandbox", "migrations", "__main__.py"}
    ]
    assert "appliance.runtime.runtime" in modules
    assert not loads_aiohttp(modules)
    assert loads_aiohttp(["appliance.sandbox.server"]), "the question can be answered with yes"


def loads_aiohttp(modules: list[str]) -> bool:
    """Whether a new process that imports all of these has loaded aiohttp."""
    program = "import importlib, sys; [*map(importlib.import_module, sys.argv[1:])]"
    command = [sys.executable, "-c", f"{program}; print('aiohttp' in sys.modules)", *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout == "True\n"


def simulator_imports() -> list[tuple[str, str]]:
    """(importing module, imported name) of every file, lazy imports too."""
    found = []
    for path in sorted((PACKAGE / "sandbox").rglob("*.py")):
        found += [(module_name(path), name) for name in imported_names(path)]
    assert len(found) > 100
    return found


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def misplaced(imports: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Imports that go up, sideways, or between parts that have no layer."""
    for module, name in imports:
        here, there = part(module), part(name)
        if here is None or there is None or here == there:
            continue
        above, below = layer(here), layer(there)
        if above is None or below is None or above >= below:
            yield module, name


def product_imports(imports: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Imports of the product's packages that the simulator must not know."""
    for module, name in imports:
        first, _, rest = name.partition(".")
        if first == "appliance" and rest.split(".")[0] not in {*OF_THE_PRODUCT, "sandbox"}:
            yield module, name


def circle(imports: Iterable[tuple[str, str]]) -> list[str]:
    """The modules of one import circle; empty where there is none."""
    modules = {module for module, _ in imports}
    graph: dict[str, set[str]] = {module: set() for module in modules}
    for module, name in imports:
        target = name if name in modules else name.rpartition(".")[0]
        if target in modules and target != module:
            graph[module].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def part(name: str) -> str | None:
    """The simulator's part that a name belongs to; None for all else."""
    return name.removeprefix(f"{SIMULATOR}.").split(".")[0] if f"{SIMULATOR}." in name else None


def layer(name: str) -> int | None:
    return next((number for number, names in enumerate(LAYERS) if name in names), None)
