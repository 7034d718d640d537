"""The table of commands, and that asking for help loads none of them."""

import subprocess
import sys

import click
import pytest

from appliance import __version__
from appliance.cli import main
from appliance.cli.root import COMMANDS

HEAVY = {"sqlalchemy", "flask", "telebot", "alembic", "aiohttp", "pydantic", "requests", "pycurl"}

LOADED = """
import sys
from appliance.cli import main
for words in sys.argv[1:]:
    try:
        main(words.split())
    except SystemExit as error:
        assert error.code in {0, 2}, error.code  # 2: no command, so help
print("loaded:", *{name.split(".")[0] for name in sys.modules})
"""


def test_help_loads_next_to_nothing():
    words = ["--help", "-h", "--version", "", "broadcast --help"]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True
    )
    assert "Usage: " in done.stdout
    loaded = set(done.stdout.rpartition("loaded:")[2].split())
    assert "click" in loaded
    assert loaded & HEAVY == set()


def commands(group=main, path=()):
    """Every command and group, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_every_command_can_be_loaded():
    assert main.get_command(click.Context(main), "nonsense") is None
    assert {path[0] for path, _ in commands()} == set(COMMANDS)


def test_every_command_explains_itself_with_an_example(invoke):
    helps = {" ".join(path): command.help or "" for path, command in commands()}
    assert [path for path, text in helps.items() if "Example" not in text] == []
    helps = {path: invoke(*path, "--help") for path, _ in commands()}
    assert {path for path, result in helps.items() if result.exit_code} == set()
    assert len(helps) > 40


@pytest.mark.parametrize("flag", ["--json", "--quiet"])
def test_every_command_knows_the_common_options(flag):
    leaves = {path: it for path, it in commands() if not isinstance(it, click.Group)}
    known = {path: {o for param in it.params for o in param.opts} for path, it in leaves.items()}
    assert [" ".join(path) for path, options in known.items() if flag not in options] == []


def test_the_version(invoke):
    assert invoke("--version").stdout == f"appliance, version {__version__}\n"


@pytest.mark.parametrize(
    "words", [["nonsense"], ["status", "--nonsense"], ["user", "nonsense"], ["broadcast", "show"]]
)
def test_what_nobody_understands_is_usage(invoke, words):
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (2, "")


def test_an_error_is_one_line(invoke, refused):
    assert "there is no database yet" in refused(invoke("status"), 1)
