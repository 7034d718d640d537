"""Runs cosmic-ray on one module in a copy of the working copy; see `scripts/mutate`."""

import argparse
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
ENOUGH = 0.97

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
CONFIG = """
[cosmic-ray]
module-path = {module!r}
timeout = {timeout}
excluded-modules = []
test-command = {command!r}
[cosmic-ray.distributor]
name = "local"
[cosmic-ray.filters.operators-filter]
exclude-operators = ['^(?!core/({kept})).*']
"""
OPEN_JOBS = """
    SELECT job_id FROM mutation_specs WHERE job_id NOT IN (SELECT job_id FROM work_results)
    ORDER BY start_pos_row, start_pos_col, operator_name, occurrence
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
        tree, session = Path(folder) / "tree", Path(folder) / "session.sqlite"
        _copy(tree)
        config = _configure(tree, run)
        _tool(tree, "cosmic-ray", "init", config, session)
        _tool(tree, "cr-filter-operators", session, config)
        print(
            f"{run.module}: {_sample(session, run.most)} mutants, {' '.join(run.tests)}", flush=True
        )
        _tool(tree, "cosmic-ray", "exec", config, session)
        return _report(session)


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
    """The module's test file: in the folder of its name in tests/, or in one below."""
    folder = ROOT / "tests" / Path(*path.parts[1:-1])
    beside = folder / f"test_{path.name}.py"
    found = [beside] if beside.is_file() else sorted(folder.rglob(beside.name))
    return [str(file.relative_to(ROOT)) for file in found]


def _copy(tree: Path) -> None:
    """What git tracks, as it stands in the working copy."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def _configure(tree: Path, run: Run) -> Path:
    """cosmic-ray's configuration; the tests must pass before anything is broken."""
    python = ROOT / ".venv" / "bin" / "python"
    options = "-x -q -p no:randomly -p no:cacheprovider -o faulthandler_timeout=0"
    # PYTHONPATH: the copy goes before the working copy that .venv holds.
    command = f"env PYTHONPATH={tree} {python} -m pytest {options} {' '.join(run.tests)}"
    began = time.monotonic()
    done = subprocess.run(command.split(), cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\nthe tests fail before anything is broken")
    timeout = 10 + 3 * (time.monotonic() - began)
    config = tree.parent / "config.toml"
    config.write_text(
        CONFIG.format(module=run.module, timeout=timeout, command=command, kept="|".join(KEPT))
    )
    return config


def _tool(tree: Path, name: str, *arguments: str | Path) -> None:
    subprocess.run([TOOLS / name, *arguments], cwd=tree, check=True)


def _sample(session: Path, most: int | None) -> int:
    """Leave at most so many mutants to do, the same ones each time; how many those are."""
    with sqlite3.connect(session) as database:
        jobs = [job for (job,) in database.execute(OPEN_JOBS)]
        kept = jobs if most is None else random.Random(1).sample(jobs, min(most, len(jobs)))
        dropped = [(job,) for job in set(jobs) - set(kept)]
        database.executemany("DELETE FROM mutation_specs WHERE job_id = ?", dropped)
        database.executemany("DELETE FROM work_items WHERE job_id = ?", dropped)
    return len(kept)


def _report(session: Path) -> int:
    """Print the survivors as diffs, and the share that was killed."""
    with sqlite3.connect(session) as database:
        rows = database.execute(
            "SELECT test_outcome, diff FROM work_results WHERE worker_outcome != 'SKIPPED'"
        ).fetchall()
    survivors = [diff for outcome, diff in rows if outcome == "SURVIVED"]
    for diff in survivors:
        print(_short(diff))
    killed = len(rows) - len(survivors)
    share = killed / len(rows) if rows else 1.0
    print(f"{killed} of {len(rows)} killed ({share:.1%}), {len(survivors)} survived")
    return 0 if share >= ENOUGH else 1


def _short(diff: str) -> str:
    """The changed lines and where they are."""
    _, _, *lines = diff.lstrip().splitlines()  # the first two name the file
    return "\n".join([*(line for line in lines if line[:1] in {"@", "+", "-"}), ""])


if __name__ == "__main__":
    sys.exit(main())
