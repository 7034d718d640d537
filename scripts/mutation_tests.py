"""Runs the tests for `scripts/mutate`: once for each line it reads, and writes the exit code.

    mutation_tests.py MODULE SECONDS [PYTEST ARGUMENT…]

Imports are most of a short run, so this process has imported all that does not depend on MODULE,
and each run is a fork of it. A run that takes more than so many seconds has failed.
"""

import ast
import contextlib
import os
import select
import signal
import sys
from pathlib import Path

import pytest

NO_TIME = 99
"""Tests that never end have noticed, too."""


def main() -> None:
    module, seconds, *arguments = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    pytest.main(arguments)  # for what it imports, some of that late
    sys.dont_write_bytecode = True  # two mutants of a second and a size would look the same
    _forget(module.removesuffix(".py").replace("/", "."))
    for _ in sys.stdin:
        answers.write(f"{_run(arguments, float(seconds))}\n")
        answers.flush()


def _run(arguments: list[str], seconds: float) -> int:
    child = os.fork()
    if child == 0:
        os.setsid()
        os._exit(pytest.main(arguments))
    watched = os.pidfd_open(child)
    ended, _, _ = select.select([watched], [], [], seconds)
    os.close(watched)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # and what it has started
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if ended else NO_TIME


def _forget(module: str) -> None:
    """Whatever has imported the module, or has imported that: each run imports these anew."""
    here = str(Path.cwd())
    ours = {
        name: file
        for name, loaded in sys.modules.items()
        if (file := getattr(loaded, "__file__", None) or "").startswith(here)
    }
    imports = {name: _imports(name, Path(file)) for name, file in ours.items()}
    stale = {module} | {name for name in ours if not name.startswith("appliance")}
    while more := {name for name in ours if imports[name] & stale} - stale:
        stale |= more
    for name in stale & set(ours):
        del sys.modules[name]
        parent, _, last = name.rpartition(".")
        if parent in sys.modules:
            vars(sys.modules[parent]).pop(last, None)


def _imports(name: str, path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


if __name__ == "__main__":
    main()
