"""Breaks one module in a copy of the working copy as cosmic-ray does; see `scripts/mutate`."""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec
from equivalent_mutants import Tally, name_of, read

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
EQUIVALENT = ROOT / "tests" / "mutants"

# cosmic-ray turns every operator into every other one; `+` into `>>` says no more than `+` into
# `-` and takes as long. One replacement an operator is kept, two for a comparison.
KEPT = (
    "ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul|BitOr_BitAnd"
    "|BitAnd_BitOr)",
    "ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt"
    "|GtE_Lt|Is_IsNot|IsNot_Is|In_NotIn|NotIn_In)",
    "NumberReplacer|AddNot|Replace(False|True|Or|And)|ReplaceUnary|ReplaceBreak|ReplaceContinue"
    "|RemoveDecorator|ExceptionReplacer|ZeroIterationForLoop",
)
# Another number for a limit that has a name is another choice, and no fault (0 and 1 are seldom
# limits); and mypy, not a test, sees to it that nobody changes what is frozen or gives an argument
# no name.
CHOICES = re.compile(
    r"_?[A-Z][A-Z_]* = [\d_.]+\b|@dataclass\(|\s+\w+: (int|float) = [1-9][\d_.]+,$|\s+\*,$"
)
DOTTED = re.compile(r"except \(?[\w, ]*\w\.\w")
TYPE = re.compile(r"\s+[\w.]+: [^=]+ = ")
PYTEST = "-x -q -p no:randomly -p no:cacheprovider -o faulthandler_timeout=0"
CONFIG = """
[cosmic-ray]
module-path = {module!r}
timeout = 0
excluded-modules = []
test-command = ""
[cosmic-ray.distributor]
name = "local"
[cosmic-ray.filters.operators-filter]
exclude-operators = ['^(?!core/({kept})).*']
"""


@dataclass(frozen=True)
class Run:
    """One module, the tests that are to notice, and how many mutants at most."""

    module: str
    tests: list[str]
    most: int | None


def main() -> int:
    run = _arguments()
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        tree = Path(folder) / "tree"
        _copy(tree)
        os.chdir(tree)
        mutants = _sample(_mutants(run.module, Path(folder)), run.most)
        table = EQUIVALENT / Path(run.module).relative_to("appliance").with_suffix(".toml")
        tally = Tally(read(table))
        with _tests(run) as tests:
            print(f"{run.module}: {len(mutants)} mutants, {' '.join(run.tests)}", flush=True)
            for mutant in mutants:
                _try(mutant, tests, tally)
    words, well = tally.report(sampled=run.most is not None)
    print(words)
    return 0 if well else 1


def _arguments() -> Run:
    parser = argparse.ArgumentParser(prog="scripts/mutate", allow_abbrev=False)
    parser.add_argument("module", help="like delivery/pacer")
    parser.add_argument("--most", type=int, metavar="N", help="a random sample of so many mutants")
    given, tests = parser.parse_known_args()
    path = Path("appliance") / given.module.removeprefix("appliance/").removesuffix(".py")
    module = path.with_suffix(".py")
    if not (ROOT / module).is_file():
        parser.error(f"there is no {module}")
    own = tests or _own_tests(path)
    if not own:
        parser.error(f"there is no test_{path.name}.py: name the tests that are to notice")
    return Run(str(module), own, given.most)


def _own_tests(path: Path) -> list[str]:
    """The module's test files: in the folder of its name in tests/, or in one below."""
    folder = ROOT / "tests" / Path(*path.parts[1:-1])
    own = f"test_{path.name}.py"
    found = [folder / own] if (folder / own).is_file() else sorted(folder.rglob(own))
    more = [
        file
        for first in found
        for file in sorted(first.parent.glob(f"test_{path.name}_*.py"))
        if not (ROOT / path.parent / file.name.removeprefix("test_")).is_file()  # that one's own
    ]
    return [str(file.relative_to(ROOT)) for file in [*found, *more]]


def _copy(tree: Path) -> None:
    """What git tracks, as it stands in the working copy."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def _mutants(module: str, folder: Path) -> list[MutationSpec]:
    session, config = folder / "session.sqlite", folder / "config.toml"
    config.write_text(CONFIG.format(module=module, kept="|".join(KEPT)))
    subprocess.run([TOOLS / "cosmic-ray", "init", config, session], check=True)
    subprocess.run([TOOLS / "cr-filter-operators", session, config], check=True)
    with use_db(session, WorkDB.Mode.open) as database:
        mutants = [item.mutations[0] for item in database.pending_work_items]
    lines = Path(module).read_text(encoding="utf-8").splitlines()
    mutants = [mutant for mutant in mutants if _sensible(mutant, lines[mutant.start_pos[0] - 1])]
    return sorted(mutants, key=lambda m: (m.start_pos, m.operator_name, m.occurrence))


def _sensible(mutant: MutationSpec, line: str) -> bool:
    """Also that cosmic-ray can make it: of `except module.Error` it finds no name to replace.

    And that Python evaluates it, as it does no type of a variable in a function.
    """
    dotted = mutant.operator_name.endswith("ExceptionReplacer") and DOTTED.search(line)
    kind = mutant.operator_name.split("_")[-1] == "BitAnd" and TYPE.match(line)
    unread = kind and mutant.end_pos[1] <= kind.end()
    return not CHOICES.match(line) and not dotted and not unread


def _sample(mutants: list[MutationSpec], most: int | None) -> list[MutationSpec]:
    """At most so many, the same ones each time."""
    if most is None or most >= len(mutants):
        return mutants
    return [mutants[n] for n in sorted(random.Random(1).sample(range(len(mutants)), most))]


@contextmanager
def _tests(run: Run) -> Iterator[subprocess.Popen[str]]:
    """A process of `mutation_tests.py`; its tests must pass before anything is broken."""
    # PYTHONPATH: the copy goes before the working copy that .venv holds.
    python = ["env", f"PYTHONPATH={Path.cwd()}", str(ROOT / ".venv" / "bin" / "python")]
    arguments = [*PYTEST.split(), *run.tests]
    began = time.monotonic()
    done = subprocess.run(
        [*python, "-m", "pytest", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nthe tests fail before anything is broken")
    timeout = 10 + 3 * (time.monotonic() - began)
    command = [*python, "scripts/mutation_tests.py", run.module, str(timeout), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as tests:
        if _ask(tests) != 0:
            sys.exit("the tests fail in a process that has imported the rest already")
        yield tests
        tests.stdin.close()


def _ask(tests: subprocess.Popen[str]) -> int:
    """Run the tests once: pytest's exit code."""
    print(file=tests.stdin, flush=True)
    return int(tests.stdout.readline())


def _try(mutant: MutationSpec, tests: subprocess.Popen[str], tally: Tally) -> None:
    """Whether a test notices; where none does that should, the change is printed."""
    operator = get_operator(mutant.operator_name)(**mutant.operator_args)
    with use_mutation(mutant.module_path, operator, mutant.occurrence) as (code, broken):
        if broken is None:
            return
        name = name_of(code, broken)
        died = _ask(tests) != 0
    tally.add(name, died=died)
    if not died and not tally.is_equivalent(name):
        print(f"{mutant.start_pos[0]} {name}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
