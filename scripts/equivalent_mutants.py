"""Mutants that no test can notice, and why: one table a module in `tests/mutants/`.

    [[equivalent]]
    because = "libcurl takes every number but 0 as a yes"
    mutants = ["Client.upload: (pycurl.FRESH_CONNECT, 1), -> (pycurl.FRESH_CONNECT, 2),"]

A mutant has the name that `scripts/mutate` prints: where it is, the line as it was, as it became.
A name that ends with * stands for all that begin so.
"""

import ast
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

ENOUGH = 0.97


def name_of(code: str, broken: str) -> str:
    """What a mutant is called: the same for the same change, wherever in its function it is."""
    changes = list(unified_diff(code.splitlines(), broken.splitlines(), n=0, lineterm=""))[2:]
    place = _place(code, int(changes[0].split()[1].split(",")[0].lstrip("-")))
    was, now = (_brief([line[1:] for line in changes if line[0] == sign]) for sign in "-+")
    return f"{place}: {was} -> {now}" if place else f"{was} -> {now}"


def _brief(lines: list[str]) -> str:
    first, *more = [" ".join(line.split()) for line in lines if line.strip()] or ["nothing"]
    return f"{first} …" if more else first


def _place(code: str, line: int) -> str:
    """`Client.poll`: the function or class around a line."""
    names = []
    inside: list[ast.stmt] = ast.parse(code).body
    while around := [node for node in inside if _holds(node, line)]:
        names.append(around[0].name)
        inside = around[0].body
    return ".".join(names)


def _holds(node: ast.stmt, line: int) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return False
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first - 1 <= line <= (node.end_lineno or line)  # a decorator's blank line goes with it


def read(table: Path) -> dict[str, str]:
    """Each mutant's reason, by its name; nothing where the module has no table."""
    if not table.is_file():
        return {}
    entries = tomllib.loads(table.read_text(encoding="utf-8"))["equivalent"]
    return {name: entry["because"] for entry in entries for name in entry["mutants"]}


def _means(entry: str, name: str) -> bool:
    return name.startswith(entry[:-1]) if entry.endswith("*") else name == entry


@dataclass
class Tally:
    """Counts what became of each mutant, against those that are called equivalent."""

    equivalent: Collection[str]
    killed: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)

    def add(self, name: str, *, died: bool) -> None:
        (self.killed if died else self.survived).append(name)

    def is_equivalent(self, name: str) -> bool:
        """Whether somebody has called it so."""
        return any(_means(entry, name) for entry in self.equivalent)

    @property
    def gaps(self) -> list[str]:
        """Survivors that nobody has called equivalent."""
        return [name for name in self.survived if not self.is_equivalent(name)]

    @property
    def wrong(self) -> list[str]:
        """Called equivalent, and noticed each time, or none of this module's mutants."""
        return [
            entry
            for entry in self.equivalent
            if not any(_means(entry, name) for name in self.survived)
        ]

    def report(self, *, sampled: bool) -> tuple[str, bool]:
        """The last lines to print, and whether all is well."""
        wrong = [
            entry
            for entry in self.wrong
            if not sampled or any(_means(entry, name) for name in self.killed)
        ]
        sensible = len(self.killed) + len(self.gaps)
        share = len(self.killed) / sensible if sensible else 1.0
        lines = [f"called equivalent, but killed or gone: {name}" for name in wrong]
        lines.append(
            f"{len(self.killed)} of {sensible} killed ({share:.1%}), {len(self.gaps)} survived, "
            f"{len(self.survived) - len(self.gaps)} equivalent"
        )
        return "\n".join(lines), share >= ENOUGH and not wrong
