"""Options that are handed over as one object."""

from dataclasses import dataclass

import click
import pytest
from click.testing import CliRunner

from appliance.cli.options import bundled


@dataclass(frozen=True)
class Colours:
    front: str
    back: str | None


@dataclass(frozen=True)
class Picture:
    title: str
    colours: Colours


COLOURS = bundled(
    Colours, (click.option("--front", default="red"), click.option("--back")), "colours"
)
PICTURE = bundled(Picture, (click.argument("title"), COLOURS), "picture")


@pytest.fixture
def paint():
    """A command with a bundle inside a bundle, and an option of its own."""

    @click.command()
    @PICTURE
    @click.option("--wait", is_flag=True)
    def paint(picture, wait):
        """Paint."""
        click.echo((picture, wait))

    return lambda *words: CliRunner().invoke(paint, words).stdout


def test_a_command_gets_one_object(paint):
    assert paint("x", "--back", "blue") == f"{(Picture('x', Colours('red', 'blue')), False)}\n"
    assert paint("x", "--wait") == f"{(Picture('x', Colours('red', None)), True)}\n"


def test_help_shows_the_options_in_their_order(paint):
    shown = paint("--help")
    assert "Paint." in shown
    assert shown.index("--front") < shown.index("--back") < shown.index("--wait")
