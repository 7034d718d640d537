"""The examples of the help, and commands inside a sentence, are run as they are written.

Whether they find what they are for depends on those before them; none is refused as it stands.
"""

import re
from pathlib import Path

import click
import pytest

from appliance.cli import main as root
from support.shell import SERVER, Shell

ROOT = Path(__file__).resolve().parents[2]
REFUSED = {2, 126, 127}
# They make or run a home of their own; tests/cli and tests/documents/test_commands.py do.
# Bare `retry` is for what missed its time: tests/cli/broadcast/test_changes.py.
ELSEWHERE = re.compile(r"\binit\b|^appliance bot\b|broadcast retry 7$")
PLACES = {
    r"51235": "51234",
    r"5551234567": "51234",
    r"2026-12-24": "2030-12-24",
}


def examples(context):
    """What stands indented below `Example:` or `Examples:`, of the command and all below it."""
    command = context.command
    found = re.search(r"^ *Examples?:\n((?: {2,}.*\n?)+)", command.help or "", re.MULTILINE)
    lines = re.sub(r"\\\n *", "", found[1]).splitlines() if found else []
    yield from (re.sub(r"\s{3,}.*", "", line.strip()) for line in lines if line.strip())
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from examples(click.Context(below, info_name=name, parent=context))


def sentences():
    """Commands with a text in quotes that stand inside a sentence."""
    for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        yield from re.findall(r"`(appliance [^`\n]*\"[^`\n]*)`", path.read_text(encoding="utf-8"))


def to_run():
    found = [*examples(click.Context(root, info_name="appliance")), *sentences()]
    return [line for line in found if not SERVER.search(line) and not ELSEWHERE.search(line)]


def test_examples_are_found():
    assert len(to_run()) > 60


@pytest.mark.slow
def test_no_example_is_refused(site, work, tmp_path):
    for name in ("members.csv", "singers.csv"):
        (work / name).write_text(f"chat_id\n{site.person}\n")
    (work / "message.ru").write_text("Снова открыто")
    places = {**PLACES, r"\b51234\b": str(site.person), r"-1001234567890": str(site.group)}
    shell = Shell(tmp_path, places, [work], APPLIANCE_HOME=site.home)
    ended = shell.run(work, [to_run()])
    refused = [each for each in ended if each.code in REFUSED]
    # What is not there is for those before it to make.
    assert [each for each in refused if not each.output.startswith("appliance: there is no")] == []
