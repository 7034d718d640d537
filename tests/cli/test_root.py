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
try:
    main(sys.argv[1:])
except SystemExit as error:
    assert not error.code, error.code
print("loaded:", *{name.split(".")[0] for name in sys.modules})
"""


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], [], ["broadcast", "--help"]])
def test_help_loads_next_to_nothing(words):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *(words or ["--help"])],
        capture_output=True,
        text=True,
        check=True,
    )
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


@pytest.mark.parametrize(
    ("path", "command"),
    list(commands()),
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_every_command_explains_itself(invoke, path, command):
    result = invoke(*path, "--help")
    assert result.exit_code == 0
    assert command.help
    if not isinstance(command, click.Group):
        assert "--json" in result.stdout
        assert "--quiet" in result.stdout


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
