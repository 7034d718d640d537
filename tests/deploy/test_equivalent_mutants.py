"""Which mutants count, and what `scripts/mutate` says of those that are called equivalent."""

import importlib.util
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = sorted((ROOT / "tests" / "mutants").rglob("*.toml"))

specification = importlib.util.spec_from_file_location(
    "equivalent_mutants", ROOT / "scripts" / "equivalent_mutants.py"
)
mutants = importlib.util.module_from_spec(specification)
specification.loader.exec_module(mutants)

CODE = """\
LIMIT = 3

class Pacer:
    rate = 0

    @property
    def slow(self):
        return self.rate < LIMIT

def take(count):
    return count + 1
"""


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("LIMIT = 3", "LIMIT = 4", "LIMIT = 3 -> LIMIT = 4"),
        ("rate = 0", "rate = 1", "Pacer: rate = 0 -> rate = 1"),
        (
            "rate < LIMIT",
            "rate <= LIMIT",
            "Pacer.slow: return self.rate < LIMIT -> return self.rate <= LIMIT",
        ),
        ("\n    @property\n", "\n", "Pacer.slow: @property -> nothing"),
        (
            "    rate = 0\n\n    @property\n",
            "    rate = 1\n",
            "Pacer: rate = 0 … -> rate = 1",
        ),
        ("count + 1", "count - 1", "take: return count + 1 -> return count - 1"),
    ],
)
def test_a_mutant_is_named_by_its_place_and_what_changed(old, new, name):
    assert mutants.name_of(CODE, CODE.replace(old, new)) == name


def test_a_module_without_a_table_has_no_equivalent_mutants(tmp_path):
    assert mutants.read(tmp_path / "none.toml") == {}


def test_a_table_gives_each_mutant_its_reason(tmp_path):
    table = tmp_path / "table.toml"
    table.write_text('[[equivalent]]\nbecause = "why"\nmutants = ["a -> b", "a -> c"]\n')

    assert mutants.read(table) == {"a -> b": "why", "a -> c": "why"}


@pytest.mark.parametrize(
    ("equivalent", "killed", "survived", "sampled", "well", "words"),
    [
        ([], ["k"] * 97, ["s"] * 3, False, True, "97 of 100 killed (97.0%), 3 survived"),
        ([], ["k"] * 96, ["s"] * 4, False, False, "96 of 100 killed (96.0%), 4 survived"),
        (["s"], ["k"], ["s"], False, True, "1 of 1 killed (100.0%), 0 survived, 1 equivalent"),
        (["k"], ["k"], [], False, False, "but killed or gone: k"),
        (["k"], ["k"], [], True, False, "but killed or gone: k"),
        (["twice"], ["k", "twice"], ["twice"], False, True, "2 of 2 killed"),
        (["a: *"], ["k"], ["a: b", "a: c"], False, True, "1 of 1 killed (100.0%), 0 survived, 2"),
        (["a: *"], ["a: b"], ["ab"], False, False, "but killed or gone: a: *"),
        (["gone"], ["k"], [], False, False, "but killed or gone: gone"),
        (["not in the sample"], ["k"], [], True, True, "1 of 1 killed"),
        ([], [], [], False, True, "0 of 0 killed (100.0%)"),
    ],
)
def test_what_is_said_in_the_end(equivalent, killed, survived, sampled, well, words):
    tally = mutants.Tally(equivalent)
    for name in killed:
        tally.add(name, died=True)
    for name in survived:
        tally.add(name, died=False)

    said, good = tally.report(sampled=sampled)

    assert words in said
    assert good is well


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_each_table_is_about_a_module_and_gives_reasons(table):
    module = ROOT / "appliance" / table.relative_to(ROOT / "tests" / "mutants").with_suffix(".py")
    entries = tomllib.loads(table.read_text(encoding="utf-8"))["equivalent"]

    assert module.is_file()
    assert all(entry["because"] for entry in entries)
    names = [name for entry in entries for name in entry["mutants"]]
    assert all(" -> " in name or name.endswith("*") for name in names)
    assert len(names) == len(set(names))
